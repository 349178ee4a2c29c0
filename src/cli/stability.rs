//! `stability`: how alike the maps of several training seeds are.

use clap::Args;

use crate::run::StabilitySummaryRow;
use crate::study::joined_seeds;
use crate::study::stability::{Request, measure};

use super::context::Context;
use super::output::{listed, result, result_table};
use super::shared::{MeasureArguments, at_least_one};

/// Folder of the tables and figures, in that of the data set.
const FOLDER: &str = "stability";

/// Arguments of `stability`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Without --limit, the first 200 images of the split are taken.")]
pub(super) struct StabilityArguments {
    #[command(flatten)]
    pub(super) measure: MeasureArguments,
    /// Number of pictures in the figure
    #[arg(long, default_value_t = 4, value_name = "N", value_parser = at_least_one)]
    pictures: usize,
}

/// Compares the maps, prints and writes the tables, draws the figures, and lists the files.
pub(super) fn run(context: &Context, arguments: &StabilityArguments) -> anyhow::Result<u8> {
    let request = Request {
        measurement: context.measurement(&arguments.measure)?,
        pictures: arguments.pictures,
    };
    let out = arguments.measure.out.as_deref();
    let output = context.measured(out, &request.measurement, FOLDER)?;
    let found = measure(&context.runs, &request, context)?;
    print(&found.summary);
    let set = output.stage()?;
    let tables = found.write(set.path())?.map(|table| set.placed(&table));
    let outdated = context.left_in(output.path(), &["stability"]);
    let figures = context.finish(set, "", &outdated)?;
    Ok(listed(tables.into_iter().chain(figures)))
}

fn print(rows: &[StabilitySummaryRow]) {
    let header = [
        "trial",
        "layer",
        "native",
        "method",
        "seeds",
        "same sign %",
        "by chance %",
        "between seeds",
        "between experiments",
        "between pictures",
        "zero maps",
    ];
    let mut cells = vec![header.map(str::to_string).to_vec()];
    for row in rows {
        let mark = if row.signed { "" } else { " *" };
        let share = |value: f64| format!("{:.1}", 100.0 * value);
        let half = 100.0 * (row.agreed_high - row.agreed_low) / 2.0;
        let (experiments, pictures) = (
            [
                row.between_experiments,
                row.between_experiments_low,
                row.between_experiments_high,
            ],
            [
                row.between_pictures,
                row.between_pictures_low,
                row.between_pictures_high,
            ],
        );
        let seeds = [
            row.between_seeds,
            row.between_seeds_low,
            row.between_seeds_high,
        ];
        cells.push(vec![
            row.trial.clone(),
            row.layer.clone(),
            format!("{} x {}", row.native_height, row.native_width),
            row.method.clone(),
            row.seeds.clone(),
            format!("{} ±{half:.1}{mark}", share(row.agreed)),
            share(row.agreed_by_chance),
            with_ends(seeds),
            with_ends(experiments),
            with_ends(pictures),
            format!("{} of {}", row.empty, row.maps),
        ]);
    }
    result_table(&cells);
    let Some(first) = rows.first() else { return };
    let generated = if first.generated { " (generated)" } else { "" };
    let class = match first.target.as_str() {
        "true" => "the true class".to_string(),
        name => format!("the class {name:?}"),
    };
    result(format!(
        "{} {} images{generated} of {}; every map explains {class}, whatever the seed predicts",
        first.pictures, first.split, first.dataset
    ));
    result(
        "same sign: cells whose evidence has one sign in all seeds, after by chance: with \
         independent signs; between: Spearman's rank correlation of signed maps, in brackets and \
         after ± 95 % bootstrap intervals over images",
    );
    result(
        "between seeds: of one experiment; between experiments: the same image and class; between \
         pictures: an image and the next one, by one network",
    );
    if rows.iter().any(|row| !row.signed) {
        result("*: maps of this method are never negative, so that equal signs mean nothing");
    }
    result("");
}

/// Returns a mean with the ends of its interval.
fn with_ends(values: [Option<f64>; 3]) -> String {
    match values {
        [Some(mean), Some(low), Some(high)] => format!("{mean:.2} [{low:.2}, {high:.2}]"),
        _ => "-".to_string(),
    }
}

/// Returns the option that names all `seeds`.
pub(super) fn with_seeds(seeds: impl IntoIterator<Item = u64>) -> Vec<String> {
    let seeds = joined_seeds(seeds).replace(' ', ",");
    vec!["--seeds".to_string(), seeds]
}
