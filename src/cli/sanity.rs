//! `sanity`: whether maps depend on the network's parameters and on the class, and whether
//! identities hold.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::explain::MapSource;
use crate::run::{CascadeSeedsRow, SanityTables, TableRow, Verdict, VerdictRow};
use crate::study::Subject;
use crate::study::sanity::{Checks, Request, read};

use super::context::{Context, SANITY};
use super::explain::after_method;
use super::output::{listed, note, result, result_table};
use super::shared::{MeasureArguments, at_least_one};

/// Arguments of `sanity`.
#[derive(Debug, Clone, Args)]
pub(super) struct SanityArguments {
    #[command(flatten)]
    pub(super) measure: MeasureArguments,
    /// Number of random re-initialisations
    #[arg(long, default_value_t = 3, value_name = "N", value_parser = at_least_one)]
    draws: usize,
    /// Number of pictures of the cascade
    #[arg(long, default_value_t = 2, value_name = "N", value_parser = at_least_one)]
    pictures: usize,
}

/// Checks every network and lists the files.
pub(super) fn run(context: &Context, arguments: &SanityArguments) -> anyhow::Result<u8> {
    let request = Request {
        measurement: context.measurement(&arguments.measure)?,
        draws: arguments.draws,
        pictures: arguments.pictures,
    };
    let files = perform(context, &request, arguments.measure.out.as_deref())?;
    Ok(listed(files))
}

/// Checks every network, prints and writes the tables, draws the figures, and returns the files.
pub(super) fn perform(
    context: &Context,
    request: &Request,
    out: Option<&Path>,
) -> anyhow::Result<Vec<PathBuf>> {
    let output = context.measured(out, &request.measurement, SANITY)?;
    let checks = Checks::new(&context.runs, request)?;
    // A problem with earlier tables is reported before anything is measured.
    let earlier = read(output.path())?;
    let mut measured = Vec::new();
    checks.each(context, |found| {
        print(&found.subject, &found.tables);
        measured.push(found.subject.label());
        let set = output.stage()?;
        found.write_after(output.path(), set.path())?;
        context.replace(set, &[])
    })?;
    let mut kept: Vec<String> = earlier
        .cascade
        .iter()
        .map(|row| format!("{} seed {}", row.trial, row.seed))
        .collect();
    kept.dedup();
    kept.retain(|label| !measured.contains(label));
    if !kept.is_empty() {
        note(format!(
            "the tables and figures also hold what earlier calls measured of {}, with their own \
             options",
            kept.join(", ")
        ));
    }
    let tables = SanityTables::FILES
        .into_iter()
        .chain([CascadeSeedsRow::FILE]);
    let tables = tables.map(|name| output.path().join(name));
    Ok(tables.chain(context.draw(output.path())?).collect())
}

/// Prints the results for one network: a table, the identities, and the methods that fail.
fn print(subject: &Subject, tables: &SanityTables) {
    let network = format!("{} epoch {}", subject.label(), subject.epoch);
    result(format!(
        "{network}: rank correlation with the trained network's maps"
    ));
    result_table(&cascade_rows(subject, tables));
    result("");
    result(format!(
        "{network}: maps for the explained class against those for another"
    ));
    result_table(&class_rows(tables));
    for row in &tables.identities {
        let holds = if row.holds { "holds" } else { "DOES NOT HOLD" };
        result(format!(
            "{}: {} {holds}: largest deviation {:.1e} over {} images (up to {:.0e} is rounding)",
            row.layer, row.identity, row.deviation, row.images, row.tolerance
        ));
    }
    let is_baseline = |row: &&VerdictRow| matches!(row.method.parse(), Ok(MapSource::Baseline(_)));
    let (baselines, methods): (Vec<&VerdictRow>, Vec<_>) =
        tables.verdicts.iter().partition(is_baseline);
    for row in methods.iter().filter(|row| row.verdict != Verdict::Pass) {
        result(format!(
            "{} at {} {}: {}",
            row.method,
            row.layer,
            said(row.verdict),
            row.reason
        ));
    }
    if !baselines.is_empty() && baselines.iter().all(|row| row.verdict == Verdict::Fail) {
        result("the baselines fail, as maps that never look at the network must");
    }
    result("");
}

fn said(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "passes",
        Verdict::Fail => "FAILS",
        Verdict::Undecided => "is undecided",
    }
}

/// Returns one row per layer and method: the mean at every stage, the interval at the last, the
/// verdict.
fn cascade_rows(subject: &Subject, tables: &SanityTables) -> Vec<Vec<String>> {
    let stages = tables
        .cascade
        .iter()
        .map(|row| row.stage)
        .max()
        .unwrap_or(0);
    let mut header: Vec<String> = ["layer", "native", "method"].map(str::to_string).to_vec();
    let down_to = |stage| tables.cascade.iter().find(|row| row.stage == stage);
    for stage in 1..=stages {
        let name = down_to(stage).map_or("", |row| row.down_to.as_str());
        header.push(if stage == 1 {
            name.to_string()
        } else {
            format!("+ {name}")
        });
    }
    header.extend(["all, 95 %", "undefined", "verdict"].map(str::to_string));
    let mut rows = vec![header];
    for verdict in &tables.verdicts {
        let here = tables.cascade.iter();
        let here = here.filter(|row| row.layer == verdict.layer && row.method == verdict.method);
        let here: Vec<_> = here.collect();
        let Some(last) = here.last() else { continue };
        let head = subject.retrained_head(&verdict.method, &verdict.layer);
        let mut cells = vec![
            verdict.layer.clone(),
            format!("{} x {}", last.native_height, last.native_width),
            format!(
                "{}{}",
                verdict.method,
                head.map_or(String::new(), after_method)
            ),
        ];
        cells.extend(
            here.iter()
                .filter(|row| row.stage > 0)
                .map(|row| number(row.mean)),
        );
        cells.push(range(last.low, last.high));
        cells.push(format!(
            "{} of {}",
            last.undefined,
            last.images * last.draws
        ));
        cells.push(verdict.verdict.to_string());
        rows.push(cells);
    }
    rows
}

fn class_rows(tables: &SanityTables) -> Vec<Vec<String>> {
    let header = [
        "layer",
        "method",
        "other class",
        "rank correlation",
        "95 %",
        "difference",
        "95 %",
        "undefined",
    ];
    let mut rows = vec![header.map(str::to_string).to_vec()];
    rows.extend(tables.classes.iter().map(|row| {
        vec![
            row.layer.clone(),
            row.method.clone(),
            row.other.clone(),
            number(row.correlation),
            range(row.correlation_low, row.correlation_high),
            number(row.difference),
            range(row.difference_low, row.difference_high),
            format!("{} of {}", row.undefined, row.images),
        ]
    }));
    rows
}

fn number(value: Option<f64>) -> String {
    value.map_or("-".to_string(), |value| format!("{value:.2}"))
}

fn range(low: Option<f64>, high: Option<f64>) -> String {
    match (low, high) {
        (Some(low), Some(high)) => format!("{low:.2} to {high:.2}"),
        _ => "-".to_string(),
    }
}
