//! `evaluate` for networks that predict frames: scores one step ahead and rolled out, beside forecasts
//! that need no network. Called by `evaluate`.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::data::clips::{Clip, OfficialTestSet};
use crate::data::{ClipSplits, Clips, DataError, load_clips};
use crate::evaluate::{
    BASELINES, Baseline, ForecastScores, baseline_scores, mean_image, network_scores,
};
use crate::experiment::ForecastExperiment;
use crate::figure::{Figure, FrameScores};
use crate::run::{FrameScoreRow, TableRow};

use super::DONE;
use super::arguments::{EvaluateArguments, at_least_one};
use super::context::Context;
use super::evaluate::{not_trained, seeds_of};
use super::failure::Complaint;
use super::frame_tables::print;
use super::measure::progress;
use super::network::{Trained, find_run};
use super::output::{grouped, note, result};
use super::titles::network_title;
use super::train::named_twice;

/// Training clips that the mean image is the mean of.
const MEAN_IMAGE_CLIPS: usize = 1000;
/// Folder of the table and the figure below that of the data set.
const FOLDER: &str = "frames";

/// Options of `evaluate` for networks that predict frames.
#[derive(Debug, Clone, Args)]
pub(super) struct FrameArguments {
    /// Networks that predict frames: score the first N clips [default: all]
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub(super) limit: Option<usize>,
    /// Networks that predict frames: score the clips of this file, Moving MNIST's official
    /// mnist_test_seq.npy, in place of the experiment's test clips
    #[arg(long, value_name = "FILE")]
    pub(super) official: Option<PathBuf>,
    /// Networks that predict frames: folder for table and figure [default: figures/DATASET/frames]
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
}

impl FrameArguments {
    /// Returns the name of an option that was given, if any was.
    pub(super) fn given(&self) -> Option<&'static str> {
        let given = [
            ("--limit", self.limit.is_some()),
            ("--official", self.official.is_some()),
            ("--out", self.out.is_some()),
        ];
        let mut given = given.into_iter().filter(|(_, given)| *given);
        given.next().map(|(name, _)| name)
    }
}

/// Scores every trained seed of the given experiments, and lists the files.
pub(super) fn run(context: &Context, arguments: &EvaluateArguments) -> anyhow::Result<u8> {
    for path in draw(context, arguments)? {
        result(path.display());
    }
    Ok(DONE)
}

/// Scores every trained seed of the given experiments; prints tables, writes CSV and figure, and
/// returns the files.
pub(super) fn draw(
    context: &Context,
    arguments: &EvaluateArguments,
) -> anyhow::Result<Vec<PathBuf>> {
    let networks = networks(context, &arguments.trials, arguments.base.as_deref())?;
    let Some(first) = networks.first() else {
        return Err(Complaint::misused("no experiment is named", "name one").into());
    };
    let options = &first.experiment.experiment.clips;
    let splits = load_clips(options, &context.search)?;
    let mut scored = Scored::open(&splits, &arguments.frames)?;
    let (count, train) = (scored.count, &splits.train);
    let mean = mean_image(MEAN_IMAGE_CLIPS, |number| {
        context.go_on()?;
        anyhow::Ok(train.clip(number as u64))
    })?;
    let mut rows = Vec::new();
    for trained in &networks {
        let opened = trained.open_predictor(context, &arguments.checkpoint)?;
        let (name, seed) = (trained.run.trial(), trained.run.seed());
        let device = &context.device.device;
        let label = format!("{name} seed {seed}");
        let next = scored.each(context, &label);
        let scores = network_scores(&opened.network, count, next, device)?;
        rows.extend(scored.rows(&scores, |row| FrameScoreRow {
            forecast: name.to_string(),
            network_title: network_title(name),
            seed: Some(seed),
            epoch: Some(opened.epoch),
            checkpoint: Some(opened.rule.clone()),
            ..row
        }));
    }
    let next = scored.each(context, "baselines");
    let baselines = baseline_scores(&mean, count, next)?;
    for (baseline, scores) in BASELINES.into_iter().zip(&baselines) {
        rows.extend(scored.rows(scores, |row| FrameScoreRow {
            forecast: baseline.name().to_string(),
            training_clips: (baseline == Baseline::MeanImage).then_some(MEAN_IMAGE_CLIPS),
            ..row
        }));
    }
    print(&rows, MEAN_IMAGE_CLIPS);
    let dataset = options.dataset.name();
    write(context, arguments, dataset, &rows)
}

/// Writes the table, draws the figure, and returns the files.
fn write(
    context: &Context,
    arguments: &EvaluateArguments,
    dataset: &str,
    rows: &[FrameScoreRow],
) -> anyhow::Result<Vec<PathBuf>> {
    let folder = context.figures(arguments.frames.out.as_deref(), &[dataset, FOLDER]);
    let figure = FrameScores { rows };
    let mut files = vec![folder.join(FrameScoreRow::FILE)];
    files.extend(arguments.csv.clone());
    for file in &files {
        FrameScoreRow::write(file, rows)?;
    }
    files.extend(figure.save(&folder)?);
    Ok(files)
}

/// Returns the trained runs of `names`, all of which are scored on the same clips.
fn networks(
    context: &Context,
    names: &[String],
    base: Option<&str>,
) -> anyhow::Result<Vec<Trained<ForecastExperiment>>> {
    if let Some(twice) = named_twice(names) {
        let message = format!("experiment {twice:?} is named twice");
        return Err(Complaint::misused(message, "name each once").into());
    }
    let mut networks: Vec<Trained<ForecastExperiment>> = Vec::new();
    for name in names {
        let seeds = seeds_of(context, &context.plain::<ForecastExperiment>(name, base)?)?;
        if seeds.is_empty() {
            return Err(not_trained(context, name, base).into());
        }
        for seed in seeds {
            networks.push(find_run(context, name, base, seed)?);
        }
    }
    check_same_clips(&networks)?;
    Ok(networks)
}

/// Fails where two networks were trained with other test clips.
pub(super) fn check_same_clips(networks: &[Trained<ForecastExperiment>]) -> Result<(), Complaint> {
    let clips = |trained: &Trained<ForecastExperiment>| {
        let clips = &trained.experiment.experiment.clips;
        (clips.dataset, clips.test_clips, clips.seed)
    };
    if let Some(pair) = networks
        .windows(2)
        .find(|pair| clips(&pair[0]) != clips(&pair[1]))
    {
        let [a, b] = [&pair[0], &pair[1]].map(|trained| {
            let (name, seed) = (trained.run.trial(), trained.run.seed());
            format!("{name} seed {seed}")
        });
        let message = format!("{a} and {b} were trained with other test clips");
        return Err(Complaint::misused(message, "take them one at a time"));
    }
    Ok(())
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
    /// Opens the clips that the user asks for.
    fn open(splits: &'a ClipSplits, arguments: &FrameArguments) -> anyhow::Result<Self> {
        let test = &splits.test;
        let (source, all, name, generated) = match &arguments.official {
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
        let count = arguments.limit.unwrap_or(all);
        if count > all {
            let message = format!("{name} has {} clips", grouped(all as u64));
            let hint = format!("give --limit {all} at most");
            return Err(Complaint::misused(message, hint).into());
        }
        note(format!("scoring {} clips of {name}", grouped(count as u64)));
        Ok(Self {
            source,
            count,
            name,
            generated,
        })
    }

    /// Returns what gives one clip after the other, shows `label` before the progress on a terminal,
    /// and ends where a signal asks to stop.
    fn each(
        &mut self,
        context: &Context,
        label: &str,
    ) -> impl FnMut(usize) -> anyhow::Result<Clip> {
        let bar = progress(self.count, label);
        let (count, source) = (self.count, &mut self.source);
        move |number| {
            context.go_on()?;
            bar.inc(1);
            if number + 1 == count {
                bar.finish_and_clear();
            }
            Ok(source.clip(number)?)
        }
    }

    /// Returns the rows of `scores`; `named` says whose they are.
    fn rows(
        &self,
        scores: &ForecastScores,
        named: impl Fn(FrameScoreRow) -> FrameScoreRow,
    ) -> Vec<FrameScoreRow> {
        let rows = scores.summaries().into_iter().map(|summary| FrameScoreRow {
            forecast: String::new(),
            network_title: String::new(),
            seed: None,
            epoch: None,
            checkpoint: None,
            clips: self.name.clone(),
            generated: self.generated,
            training_clips: None,
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

/// Returns the last part of `path`, or all of it where it has none.
fn file_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}
