//! `sanity`: whether maps depend on the network's parameters and on the class, and whether the sums
//! that must come out do. Called by [`super::run`].

use std::path::{Path, PathBuf};

use crate::data::random::{below, stream};
use crate::data::{DataError, ImageShape};
use crate::explain::{MapSource, WithHeads};
use crate::figure::{Figure, SanityCascade, SanityPictures};
use crate::model::{TrainedNetwork, fresh_linear_weights};
use crate::run::{RunError, SanityTables, Verdict, VerdictRow};

use super::DONE;
use super::arguments::{MeasureArguments, SanityArguments};
use super::context::Context;
use super::failure::Complaint;
use super::heads::behind_method;
use super::measure::Measurement;
use super::network::{Opened, Trained};
use super::output::{note, result, table};
use super::sanity_checks::{Checked, check};
use super::sanity_pictures::pictures;

/// Images of the split where the user gives no limit; the cascade explains each some twenty times.
const DEFAULT_IMAGES: usize = 200;
/// Folder of the tables and figures, below that of the data set.
pub(super) const FOLDER: &str = "sanity";

/// A network whose layers are drawn anew one after the other.
pub(super) struct Cascade<'a> {
    /// The trained network, with its heads.
    pub(super) trained: &'a WithHeads<TrainedNetwork>,
    /// One untrained network a draw, with a fresh head for each retrained one.
    pub(super) fresh: Vec<WithHeads<TrainedNetwork>>,
    /// The layers from the logits downwards.
    pub(super) layers: Vec<String>,
}

impl<'a> Cascade<'a> {
    /// Draws the untrained networks from the real initialiser. A draw's seed follows from the
    /// training seed and the draw's number, and is none that a training is given by hand.
    fn new(
        context: &Context,
        trained: &Trained,
        network: &'a WithHeads<TrainedNetwork>,
        opened: &Opened,
        draws: usize,
    ) -> Result<Self, DataError> {
        let dataset = trained.experiment.experiment.data.dataset;
        let ImageShape { side, classes } = dataset.shape(&context.search)?;
        let device = &context.device.device;
        let fresh = (0..draws as u64).map(|draw| {
            let mut rng = stream(trained.run.seed(), "sanity/draw", draw);
            let seed = u64::from(u32::MAX) + below(&mut rng, u64::from(u32::MAX));
            let model = &trained.experiment.experiment.model;
            let drawn = TrainedNetwork::untrained(model, (side, side), classes, seed, device);
            let heads = opened.heads.iter();
            heads.fold(WithHeads::new(drawn), |network, head| {
                let weights = fresh_linear_weights(head.channels, classes, seed, device);
                network.with_head(&head.layer, weights)
            })
        });
        Ok(Self {
            fresh: fresh.collect(),
            layers: network.network().layers_from_the_top(),
            trained: network,
        })
    }

    /// Returns the network of `draw` with its first `count` layers drawn anew; the retrained heads
    /// stand where the dense layer does, and are the first to go with it.
    pub(super) fn network(&self, draw: usize, count: usize) -> WithHeads<TrainedNetwork> {
        let fresh = &self.fresh[draw];
        let network = self.trained.network().with_top_of(fresh.network(), count);
        let heads = if count > 0 { fresh } else { self.trained };
        heads.with_network(network)
    }

    /// Returns the name of the lowest layer drawn anew at a stage.
    pub(super) fn down_to(&self, stage: usize) -> String {
        match stage.checked_sub(1) {
            Some(place) => self.layers[place].clone(),
            None => "none".to_string(),
        }
    }
}

/// Checks every network and lists the files.
pub(super) fn run(context: &Context, arguments: &SanityArguments) -> anyhow::Result<u8> {
    for path in draw(context, arguments)? {
        result(path.display());
    }
    Ok(DONE)
}

/// Checks every network, prints and writes the tables, draws the figures, and returns the files.
pub(super) fn draw(context: &Context, arguments: &SanityArguments) -> anyhow::Result<Vec<PathBuf>> {
    let measure = MeasureArguments {
        limit: Some(arguments.measure.limit.unwrap_or(DEFAULT_IMAGES)),
        ..arguments.measure.clone()
    };
    let measurement = Measurement::new(context, &measure)?;
    let dataset = measurement.images.dataset_name();
    let out = context.figures(measure.out.as_deref(), &[dataset, FOLDER]);
    let mut tables = SanityTables::read(&out).map_err(|error| unreadable(&error, &out))?;
    let mut files = Vec::new();
    note(format!(
        "{} images of the {} split{}, parameters drawn {} times",
        measurement.images.len(),
        measurement.images.split(),
        if measurement.images.is_generated() {
            " (generated)"
        } else {
            ""
        },
        arguments.draws
    ));
    for trained in &measurement.networks {
        let (opened, layers) = measurement.open(context, trained, &measure)?;
        let cascade = Cascade::new(context, trained, &opened.network, &opened, arguments.draws)?;
        let checked = Checked {
            trained,
            opened: &opened,
            layers: &layers,
            cascade: &cascade,
        };
        let new = check(context, &measurement, &checked)?;
        print(&opened, trained, &new);
        // The files are written network by network: a signal loses the one at hand alone.
        tables.replace(new.clone());
        tables.write(&out)?;
        files.extend(SanityCascade { rows: &new.cascade }.save(&out)?);
        for (layer, set) in pictures(context, &measurement, &checked, arguments.pictures)? {
            let name = format!(
                "{}-seed-{}-{layer}",
                trained.run.trial(),
                trained.run.seed()
            );
            set.write(&out.join("maps").join(name))?;
            files.extend(SanityPictures { pictures: &set }.save(&out)?);
        }
    }
    let tables = tables.write(&out)?.into_iter().map(|name| out.join(name));
    Ok(tables.chain(files).collect())
}

/// Returns the complaint about tables of an earlier run that cannot be read.
pub(super) fn unreadable(error: &RunError, folder: &Path) -> Complaint {
    let hint = format!("remove {folder:?}, and run the sanity checks anew");
    Complaint::failed(error.to_string(), hint)
}

/// Prints what was found of one network: a table, the identities, and which methods fail.
fn print(opened: &Opened, trained: &Trained, tables: &SanityTables) {
    let network = format!(
        "{} seed {} epoch {}",
        trained.run.trial(),
        trained.run.seed(),
        opened.epoch
    );
    result(format!(
        "{network}: rank correlation with the trained network's maps"
    ));
    result(table(&cascade_rows(opened, tables)));
    result(format!(
        "\n{network}: maps for the explained class against those for another"
    ));
    result(table(&class_rows(tables)));
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

/// One row a layer and method: the mean at every stage, the interval at the last, the verdict.
fn cascade_rows(opened: &Opened, tables: &SanityTables) -> Vec<Vec<String>> {
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
        let head = opened.retrained(&verdict.method, &verdict.layer);
        let mut cells = vec![
            verdict.layer.clone(),
            format!("{} x {}", last.native_height, last.native_width),
            format!(
                "{}{}",
                verdict.method,
                head.map_or(String::new(), behind_method)
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
