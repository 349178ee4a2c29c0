//! Scores of next-frame predictors: one step ahead and rolled out, next to forecasts that need no
//! network.

use std::path::{Path, PathBuf};

use crate::data::clips::{Clip, OfficialTestSet};
use crate::data::{ClipSplits, Clips, DataError, load_clips};
use crate::evaluate::{
    BASELINES, Baseline, ForecastScores, baseline_scores, mean_image, network_scores,
};
use crate::experiment::ForecastExperiment;
use crate::run::FrameScoreRow;

use super::error::StudyError;
use super::heads::grouped;
use super::named::ClipUse;
use super::runs::{Runs, Trained};
use super::titles::network_title;
use super::watch::{Progress, Watch};
use super::which::Which;

/// Number of training clips averaged for the mean image.
pub const MEAN_IMAGE_CLIPS: usize = 1000;

/// The predictors and clips to score.
#[derive(Debug, Clone)]
pub struct Request {
    /// Experiments.
    pub experiments: Vec<String>,
    /// Base that the runs were trained on, if not the experiments' own.
    pub base: Option<String>,
    /// Training seeds; every trained seed if empty.
    pub seeds: Vec<u64>,
    /// The checkpoint.
    pub which: Which,
    /// Number of clips, from the first; all if `None`.
    pub limit: Option<usize>,
    /// Score the clips of this file, Moving MNIST's official `mnist_test_seq.npy`, instead of the
    /// experiment's test clips.
    pub official: Option<PathBuf>,
}

/// The scores of all forecasts.
#[derive(Debug, Clone)]
pub struct Forecasts {
    /// Data set of the predictors' training.
    pub dataset: String,
    /// One row per forecast, horizon, score and frame.
    pub rows: Vec<FrameScoreRow>,
}

/// Scores every trained seed of the experiments, and the forecasts that need no network.
///
/// # Errors
/// Absent runs or data; predictors of different test clips; [`StudyError::TooFewClips`];
/// [`StudyError::Stopped`].
pub fn measure(runs: &Runs, request: &Request, watch: &dyn Watch) -> Result<Forecasts, StudyError> {
    let base = request.base.as_deref();
    let networks: Vec<Trained<ForecastExperiment>> =
        runs.find_all(&request.experiments, base, &request.seeds)?;
    check_same_clips(&networks)?;
    let first = networks
        .first()
        .ok_or(StudyError::NoneNamed { what: "experiment" })?;
    let options = &first.experiment.experiment.clips;
    let splits = load_clips(options, &runs.data)?;
    let mut scored = Scored::open(&splits, (request.official.as_deref(), request.limit), watch)?;
    let (count, train) = (scored.count, &splits.train);
    let mean = mean_image(MEAN_IMAGE_CLIPS, |number| {
        watch.go_on()?;
        Ok::<_, StudyError>(train.clip(number as u64))
    })?;
    let mut rows = Vec::new();
    for trained in &networks {
        let device = &runs.device.device;
        let opened = trained.open(request.which, runs)?;
        let next = scored.each(watch, &trained.label());
        let scores = network_scores(opened.network.as_ref(), count, next, device)?;
        rows.extend(scored.rows(&scores, |row| FrameScoreRow {
            forecast: trained.run.trial().to_string(),
            network_title: network_title(trained.run.trial()),
            seed: Some(trained.run.seed()),
            epoch: Some(opened.epoch),
            checkpoint: Some(opened.checkpoint.clone()),
            ..row
        }));
    }
    let next = scored.each(watch, "baselines");
    let baselines = baseline_scores(&mean, count, next)?;
    for (baseline, scores) in BASELINES.into_iter().zip(&baselines) {
        rows.extend(scored.rows(scores, |row| FrameScoreRow {
            forecast: baseline.name().to_string(),
            training_clips: (baseline == Baseline::MeanImage).then_some(MEAN_IMAGE_CLIPS),
            ..row
        }));
    }
    Ok(Forecasts {
        dataset: options.dataset.name().to_string(),
        rows,
    })
}

/// Fails if two predictors were trained with different test clips.
///
/// # Errors
/// [`StudyError::DifferentClips`].
pub fn check_same_clips(networks: &[Trained<ForecastExperiment>]) -> Result<(), StudyError> {
    let clips = |trained: &Trained<ForecastExperiment>| {
        let clips = &trained.experiment.experiment.clips;
        (clips.dataset, clips.test_clips, clips.seed)
    };
    let other = |pair: &&[Trained<ForecastExperiment>]| clips(&pair[0]) != clips(&pair[1]);
    match networks.windows(2).find(other) {
        Some(pair) => Err(StudyError::DifferentClips {
            first: pair[0].label(),
            second: pair[1].label(),
        }),
        None => Ok(()),
    }
}

/// Returns the epoch and the scores of each of `networks` on all their test clips, which are the same.
///
/// # Errors
/// As [`measure`].
pub(super) fn scores_of(
    runs: &Runs,
    networks: &[Trained<ForecastExperiment>],
    which: Which,
    watch: &dyn Watch,
) -> Result<Vec<(u32, ForecastScores)>, StudyError> {
    check_same_clips(networks)?;
    let first = networks
        .first()
        .ok_or(StudyError::NoneNamed { what: "experiment" })?;
    let splits = load_clips(&first.experiment.experiment.clips, &runs.data)?;
    let mut scored = Scored::open(&splits, (None, None), watch)?;
    let count = scored.count;
    let mut found = Vec::new();
    for trained in networks {
        let opened = trained.open(which, runs)?;
        let next = scored.each(watch, &trained.label());
        let network = opened.network.as_ref();
        found.push((
            opened.epoch,
            network_scores(network, count, next, &runs.device.device)?,
        ));
    }
    Ok(found)
}

/// The clips that are scored.
struct Scored<'a> {
    source: ClipSource<'a>,
    count: usize,
    /// Their name in tables, such as "moving-mnist/test".
    name: String,
    generated: bool,
}

enum ClipSource<'a> {
    Made(&'a Clips),
    File(OfficialTestSet),
}

impl ClipSource<'_> {
    fn clip(&mut self, number: usize) -> Result<Clip, DataError> {
        match self {
            Self::Made(clips) => Ok(clips.clip(number as u64)),
            Self::File(file) => file.clip(number),
        }
    }
}

impl<'a> Scored<'a> {
    /// Opens the test clips, or those of the `official` file: the first of them, or all.
    fn open(
        splits: &'a ClipSplits,
        (official, limit): (Option<&Path>, Option<usize>),
        watch: &dyn Watch,
    ) -> Result<Self, StudyError> {
        let test = &splits.test;
        let (source, all, name, generated) = match official {
            Some(path) => {
                let file = OfficialTestSet::open(path)?;
                let all = file.len();
                (ClipSource::File(file), all, file_name(path), false)
            }
            None => {
                let name = format!("{}/{}", test.dataset(), test.split());
                let generated = test.dataset().is_generated();
                (ClipSource::Made(test), test.len(), name, generated)
            }
        };
        let count = limit.unwrap_or(all);
        if count > all {
            return Err(StudyError::TooFewClips {
                split: name,
                count: grouped(all as u64),
                available: all,
                wanted: ClipUse::Scoring,
            });
        }
        watch.note(&format!(
            "scoring {} clips of {name}",
            grouped(count as u64)
        ));
        Ok(Self {
            source,
            count,
            name,
            generated,
        })
    }

    /// Returns a function that reads a clip by number, and fails when the study should stop.
    fn each<'b>(
        &'b mut self,
        watch: &'b dyn Watch,
        label: &str,
    ) -> impl FnMut(usize) -> Result<Clip, StudyError> + 'b {
        let progress: Box<dyn Progress> = watch.begin(label, Some(self.count));
        let source = &mut self.source;
        move |number| {
            watch.go_on()?;
            progress.advance(1);
            Ok(source.clip(number)?)
        }
    }

    /// Returns the rows of `scores`; `named` adds the forecast's name.
    fn rows(
        &self,
        scores: &ForecastScores,
        named: impl Fn(FrameScoreRow) -> FrameScoreRow,
    ) -> Vec<FrameScoreRow> {
        let rows = scores.summaries().into_iter().map(|summary| FrameScoreRow {
            forecast: String::new(),
            network_title: String::new(),
            training_clips: None,
            seed: None,
            epoch: None,
            checkpoint: None,
            clips: self.name.clone(),
            generated: self.generated,
            horizon: summary.horizon.name().to_string(),
            score: summary.measure.name().to_string(),
            frame: summary.frame,
            mean: summary.interval.mean,
            low: summary.interval.low,
            high: summary.interval.high,
            n: scores.clips(),
        });
        rows.map(named).collect()
    }
}

/// Returns the last part of `path`, or the whole path if it has none.
fn file_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}
