//! How faithful maps are over a whole split or folder: every metric of every map, means with
//! intervals, and each method against Grad-CAM on the same images.

use std::path::{Path, PathBuf};

use crate::explain::metrics::{ConfidenceChange, ScoreRequest, score_maps};
use crate::explain::{Explainable, MapSource, TargetRule};
use crate::run::{
    Cell, LayerPlace, RunError, ScorePair, ScoreRow, ScoreSummary, TableRow, write_wide,
};

use super::caveat::{Caveat, Verdicts};
use super::choice::rule_name;
use super::error::StudyError;
use super::groups::Group;
use super::measure::Measurement;
use super::metrics::{Metric, ScoredMap, measured};
use super::pictures::Pictures;
use super::runs::{Runs, Trained};
use super::score_tables::{ScoreTables, summarise};
use super::subject::{Layers, Subject};
use super::watch::Watch;

/// Steps of the insertion and deletion curves where none are named.
pub const CURVE_STEPS: usize = 16;

/// What to score.
#[derive(Debug, Clone)]
pub struct Request {
    /// Which networks, images and maps.
    pub measurement: super::measure::Request,
    /// Steps of the insertion and deletion curves, which cost twice as many forward passes per map;
    /// none omits them.
    pub steps: Option<usize>,
}

/// Every map's scores of one network.
#[derive(Debug, Clone)]
pub struct Scored {
    /// Its name: that of its trial, or of the architecture.
    pub name: String,
    /// Training seed, 0 where it is not known.
    pub seed: u64,
    /// Convolution blocks; 0 for a network that is not made of them.
    pub blocks: usize,
    /// Epoch of its checkpoint, 0 where it is not known.
    pub epoch: u32,
    /// Rule that picked the checkpoint, or the weight file's name.
    pub checkpoint: String,
    /// The class each image is explained for.
    pub target_class: Vec<usize>,
    /// Whether each image's predicted class is its true one, where that is known.
    pub correct: Vec<Option<bool>>,
    /// The scores, by layer and by method within a layer.
    pub sheets: Vec<Sheet>,
}

/// The scores of one method or baseline at one layer of one network.
#[derive(Debug, Clone)]
pub struct Sheet {
    /// The layer's name.
    pub layer: String,
    /// Which of an ablation's two layers it is.
    pub place: LayerPlace,
    /// Height and width of the maps before they are resized, in cells.
    pub native_size: [usize; 2],
    /// What made the maps.
    pub source: MapSource,
    /// What stands after its name in a table.
    pub caveat: Caveat,
    /// The confidence on each image and on its explanation map.
    pub confidence: Vec<ConfidenceChange>,
    /// Whether each map is constant, and so shows nothing.
    pub empty: Vec<bool>,
    /// One entry per metric: each map's value.
    pub values: Vec<Vec<f64>>,
}

/// What a measurement leaves.
#[derive(Debug)]
pub struct Scores {
    /// The images.
    pub pictures: Pictures,
    /// Which class each is explained for.
    pub target: TargetRule,
    /// The metrics, in the order of [`Sheet::values`].
    pub metrics: Vec<&'static Metric>,
    /// Steps of the insertion and deletion curves, where they were measured.
    pub steps: Option<usize>,
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
    let (pictures, target) = (measurement.pictures, measurement.target);
    Ok(Scores::new(
        pictures,
        target,
        (metrics, request.steps),
        networks,
    ))
}

impl Scores {
    /// Returns the scores of `networks` with their means and comparisons.
    pub fn new(
        pictures: Pictures,
        target: TargetRule,
        (metrics, steps): (Vec<&'static Metric>, Option<usize>),
        networks: Vec<Scored>,
    ) -> Self {
        let mut scores = Self {
            pictures,
            target,
            metrics,
            steps,
            networks,
            tables: ScoreTables::default(),
        };
        scores.tables = summarise(&scores);
        scores
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
        let columns: Vec<&str> = self.metrics.iter().map(|metric| metric.column).collect();
        write_wide(every_map, &columns, self.rows())?;
        ScoreSummary::write(means, &self.tables.means)?;
        ScorePair::write(pairs, &self.tables.pairs)?;
        Ok(paths)
    }

    /// Returns one row per map, made as they are asked for.
    fn rows(&self) -> impl Iterator<Item = (ScoreRow, Vec<Cell>)> + '_ {
        self.networks.iter().flat_map(move |network| {
            network.sheets.iter().flat_map(move |sheet| {
                let images = 0..sheet.confidence.len();
                images.map(move |image| self.row(network, sheet, image))
            })
        })
    }

    fn row(&self, network: &Scored, sheet: &Sheet, image: usize) -> (ScoreRow, Vec<Cell>) {
        let pictures = &self.pictures;
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
            target_rule: rule_name(self.target).to_string(),
            correct: network.correct[image],
            confidence: sheet.confidence[image].image,
            explanation_confidence: sheet.confidence[image].explanation,
            empty: sheet.empty[image],
        };
        let values = self.metrics.iter().zip(&sheet.values);
        let cells = values.map(|(metric, values)| cell(metric, values[image]));
        (row, cells.collect())
    }
}

/// Returns a value as `scores.csv` has it; an empty cell where it was not measured.
fn cell(metric: &Metric, value: f64) -> Cell {
    match metric.is_flag {
        true => Cell::Flag(value != 0.0),
        false => Cell::Number((!value.is_nan()).then_some(value)),
    }
}

/// Notes which methods found no layer that allows them.
///
/// # Errors
/// [`StudyError::NothingAllowed`] where nothing was measured.
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

impl Scored {
    /// Returns the scores of `subject` before any image.
    pub fn of(subject: &Subject) -> Self {
        Self {
            name: subject.name.clone(),
            seed: subject.seed,
            blocks: subject.blocks,
            epoch: subject.epoch,
            checkpoint: subject.checkpoint.clone(),
            target_class: Vec::new(),
            correct: Vec::new(),
            sheets: Vec::new(),
        }
    }

    /// Makes a sheet for each of a group's maps, in their order, where there is none yet.
    pub fn prepare(
        &mut self,
        group: &Group,
        (subject, layers, verdicts): (&Subject, &Layers, &Verdicts),
        metrics: &[&'static Metric],
    ) {
        if !self.sheets.is_empty() {
            return;
        }
        let maps = group.survey.maps.iter();
        let sheets = maps.map(|maps| Sheet {
            layer: maps.layer.clone(),
            place: layers.place(&maps.layer, maps.native_size),
            native_size: maps.native_size,
            source: maps.source,
            caveat: Caveat::of(verdicts, subject, &maps.layer, maps.source),
            confidence: Vec::new(),
            empty: Vec::new(),
            values: vec![Vec::new(); metrics.len()],
        });
        self.sheets = sheets.collect();
    }

    /// Scores the maps of a group by `network` and adds them to their sheets.
    ///
    /// # Errors
    /// [`StudyError::Stopped`]; what the network's answers fail of.
    pub fn add(
        &mut self,
        network: &dyn Explainable,
        pictures: &Pictures,
        group: &Group,
        (metrics, steps): (&[&'static Metric], Option<usize>),
        watch: &dyn Watch,
    ) -> Result<(), StudyError> {
        let survey = &group.survey;
        let predicted = survey.predicted_class.iter().zip(&group.labels);
        let correct = predicted.map(|(class, label)| label.map(|label| label == *class));
        self.correct.extend(correct);
        self.target_class.extend(&survey.target_class);
        let request = ScoreRequest {
            pixels: &group.pixels,
            standardisation: pictures.standardisation(),
            target_class: &survey.target_class,
            confidence: &survey.confidence,
            steps,
        };
        for (sheet, maps) in self.sheets.iter_mut().zip(&survey.maps) {
            // The curves of one method may take as long as a group.
            watch.go_on()?;
            let scores = score_maps(network, &maps.saliency, &request)?;
            for (score, map) in scores.iter().zip(&maps.saliency) {
                let scored = ScoredMap {
                    map,
                    confidence: score.confidence,
                    curves: score.curves,
                };
                sheet.confidence.push(score.confidence);
                sheet.empty.push(score.empty);
                for (metric, values) in metrics.iter().zip(&mut sheet.values) {
                    values.push((metric.value)(&scored));
                }
            }
        }
        Ok(())
    }
}
