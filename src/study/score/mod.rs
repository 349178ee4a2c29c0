//! How faithful maps are over a whole split or folder: every metric of every map, means with
//! intervals, and each method against Grad-CAM on the same images.

mod sheets;
mod tables;

use std::path::{Path, PathBuf};

use crate::explain::MapSource;
use crate::run::{Cell, RunError, ScorePair, ScoreRow, ScoreSummary, TableRow, write_wide};

use super::choice::rule_name;
use super::error::StudyError;
use super::measure::{self, Measurement};
use super::metrics::{METRICS, Metric, measured};
use super::runs::{Runs, Trained};
use super::watch::Watch;

pub use sheets::{Scored, Sheet};
use tables::summarise;
pub use tables::{Scope, ScoreTables};

/// Default number of steps of the insertion and deletion curves.
pub const CURVE_STEPS: usize = 16;

/// What to score.
#[derive(Debug, Clone)]
pub struct Request {
    /// The networks, images and maps.
    pub measurement: measure::Request,
    /// Number of steps of the insertion and deletion curves, each of which costs two forward passes
    /// per map; `None` omits the curves.
    pub steps: Option<usize>,
}

/// Without insertion and deletion curves.
impl From<measure::Request> for Request {
    fn from(measurement: measure::Request) -> Self {
        Self {
            measurement,
            steps: None,
        }
    }
}

/// The result of a measurement.
#[derive(Debug)]
pub struct Scores {
    /// The measured images, class and metrics.
    pub scope: Scope,
    /// The networks, seed by seed within a trial.
    pub networks: Vec<Scored>,
    /// Means and comparisons.
    pub tables: ScoreTables,
}

/// Scores the maps of all networks.
///
/// # Errors
/// [`StudyError::Stopped`]; absent runs or data; [`StudyError::NothingAllowed`].
pub fn measure(runs: &Runs, request: &Request, watch: &dyn Watch) -> Result<Scores, StudyError> {
    let measurement = Measurement::new(runs, &request.measurement)?;
    let [height, width] = measurement.pictures.size;
    let pixels = height * width;
    if let Some(steps) = request.steps.filter(|steps| *steps > pixels) {
        return Err(StudyError::TooManySteps { steps, pixels });
    }
    let metrics = measured(request.steps.is_some());
    let mut networks = Vec::new();
    for trained in &measurement.networks {
        networks.push(score(
            runs,
            &measurement,
            trained,
            (&metrics, request.steps),
            watch,
        )?);
    }
    note_omitted(&measurement.sources, &networks, watch)?;
    let scope = Scope {
        pictures: measurement.pictures,
        target: measurement.target,
        metrics,
        steps: request.steps,
    };
    Ok(Scores::new(scope, networks))
}

impl Scores {
    /// Returns the scores of `networks` with their means and comparisons.
    pub fn new(scope: Scope, networks: Vec<Scored>) -> Self {
        Self {
            tables: summarise(&scope, &networks),
            scope,
            networks,
        }
    }

    /// Writes the rows of every map, the means and the comparisons into `folder`, and returns the
    /// files.
    ///
    /// # Errors
    /// A folder that cannot be written.
    pub fn write(&self, folder: &Path) -> Result<[PathBuf; 3], RunError> {
        let files = [ScoreRow::FILE, ScoreSummary::FILE, ScorePair::FILE];
        let paths = files.map(|name| folder.join(name));
        let [every_map, means, pairs] = &paths;
        let columns: Vec<&str> = METRICS.iter().map(|metric| metric.column).collect();
        write_wide(every_map, &columns, self.rows())?;
        ScoreSummary::write(means, &self.tables.means)?;
        ScorePair::write(pairs, &self.tables.pairs)?;
        Ok(paths)
    }

    /// Returns one row per map, created on demand.
    fn rows(&self) -> impl Iterator<Item = (ScoreRow, Vec<Cell>)> + '_ {
        self.networks.iter().flat_map(move |network| {
            network.sheets.iter().flat_map(move |sheet| {
                let images = 0..sheet.confidence.len();
                images.map(move |image| self.row(network, sheet, image))
            })
        })
    }

    fn row(&self, network: &Scored, sheet: &Sheet, image: usize) -> (ScoreRow, Vec<Cell>) {
        let pictures = &self.scope.pictures;
        let [native_height, native_width] = sheet.native_size;
        let row = ScoreRow {
            dataset: pictures.dataset.clone(),
            generated: pictures.generated,
            split: pictures.split.clone(),
            image: pictures.ids[image].clone(),
            trial: network.name.clone(),
            seed: network.seed,
            epoch: network.epoch,
            checkpoint: network.checkpoint.clone(),
            layer: sheet.layer.clone(),
            native_height,
            native_width,
            method: sheet.source.name().to_string(),
            target_class: pictures.class_names[network.target_class[image]].clone(),
            target_rule: rule_name(self.scope.target).to_string(),
            correct: network.correct[image],
            confidence: sheet.confidence[image].image,
            explanation_confidence: sheet.confidence[image].explanation,
            empty: sheet.empty[image],
        };
        let cell = |metric: &Metric| {
            let measured = &self.scope.metrics;
            let place = measured.iter().position(|other| other.name == metric.name);
            cell(metric, place.map(|place| sheet.values[place][image]))
        };
        (row, METRICS.iter().map(cell).collect())
    }
}

/// Returns a value as in `scores.csv`; an empty cell if it was not measured.
fn cell(metric: &Metric, value: Option<f64>) -> Cell {
    match value.filter(|value| !value.is_nan()) {
        Some(value) if metric.is_flag => Cell::Flag(value != 0.0),
        value => Cell::Number(value),
    }
}

/// Notes the methods that no layer allows.
///
/// # Errors
/// [`StudyError::NothingAllowed`] if nothing was measured.
pub fn note_omitted(
    sources: &[MapSource],
    networks: &[Scored],
    watch: &dyn Watch,
) -> Result<(), StudyError> {
    let sheets = || networks.iter().flat_map(|network| &network.sheets);
    for source in sources {
        if sheets().all(|sheet| sheet.source != *source) {
            let title = source.title();
            watch.note(&format!(
                "{title} is omitted: no measured layer has the head that it needs"
            ));
        }
    }
    match sheets().next() {
        Some(_) => Ok(()),
        None => Err(StudyError::NothingAllowed),
    }
}

/// Returns the scores of every map of one network.
fn score(
    runs: &Runs,
    measurement: &Measurement,
    trained: &Trained,
    (metrics, steps): (&[&'static Metric], Option<usize>),
    watch: &dyn Watch,
) -> Result<Scored, StudyError> {
    let (subject, layers) = measurement.open(runs, trained, watch)?;
    let mut scored = Scored::of(&subject);
    let question = measurement.question(runs, &layers);
    question.each_group(
        subject.network(),
        &measurement.pictures,
        (watch, &trained.label()),
        |group| {
            scored.prepare(group, (&subject, &layers, &measurement.verdicts), metrics);
            scored.add(
                subject.network(),
                &measurement.pictures,
                group,
                (metrics, steps),
                watch,
            )
        },
    )?;
    Ok(scored)
}
