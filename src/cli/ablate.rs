//! `ablate`: the same pictures explained by every trial, and by one trial along its training.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::experiment::{Experiment, Resolved};
use crate::run::check_folder;
use crate::study::ablation::{self, Request, missing};
use crate::study::series::{PLAIN, Series};
use crate::study::{Selection, StudyError};

use super::commands::Commands;
use super::context::Context;
use super::evaluate::print;
use super::modes::Mode;
use super::output::{listed, note};
use super::progress::Following;
use super::shared::{
    CheckpointArguments, OverlayArguments, at_least_one, base_of, in_series, series,
};
use super::train::train_missing;

/// Arguments of `ablate`.
#[derive(Debug, Clone, Args)]
pub(super) struct AblateArguments {
    /// Experiments to compare, shallowest first
    #[arg(default_values = PLAIN.trials, value_name = "EXPERIMENT")]
    trials: Vec<String>,
    /// A series of experiments, with their base
    #[arg(long, value_name = "NAME", value_parser = series(), conflicts_with_all = ["trials", "base"])]
    series: Option<Series>,
    #[command(flatten)]
    checkpoint: CheckpointArguments,
    /// Experiment whose checkpoints are drawn [default: the last one]
    #[arg(long, value_name = "EXPERIMENT")]
    along: Option<String>,
    /// Number of images to draw
    #[arg(long, default_value_t = 6, value_parser = at_least_one)]
    images: usize,
    /// Images of the test split by number, from 0, instead of --images
    #[arg(long, value_delimiter = ',', value_name = "N,N")]
    test_index: Vec<usize>,
    /// Class to explain: "predicted", "true" or a class name
    #[arg(long, default_value = "predicted", value_name = "CLASS")]
    class: String,
    /// Train a linear head on each layer's pooled activation where the network has none, so that
    /// CAM can explain it; cached in the run's folder
    #[arg(long)]
    retrain_head: bool,
    #[command(flatten)]
    overlay: OverlayArguments,
    /// Train missing runs
    #[arg(long)]
    train: bool,
    /// Folder for the figures
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

impl AblateArguments {
    /// Returns the mode: how the pictures are chosen.
    pub(super) fn mode(&self) -> Mode {
        match self.test_index.is_empty() {
            true => Mode::Chosen,
            false => Mode::Numbered,
        }
    }

    fn request(&self) -> anyhow::Result<Request> {
        Ok(Request {
            trials: in_series(self.series, &self.trials),
            base: base_of(self.series, self.checkpoint.base.as_deref()),
            seed: self.checkpoint.seed(),
            seeds: self.checkpoint.seed.into_iter().collect(),
            which: self.checkpoint.which()?,
            along: self.along.clone(),
            selection: match self.test_index.is_empty() {
                true => Selection::FirstOfEachClass(self.images),
                false => Selection::Numbers(self.test_index.clone()),
            },
            class: self.class.clone(),
            retrain_head: self.retrain_head,
            overlay: self.overlay.overlay(),
        })
    }
}

/// Trains missing runs if requested, draws every figure of the ablation, and lists them.
pub(super) fn run(context: &Context, arguments: &AblateArguments) -> anyhow::Result<u8> {
    let request = arguments.request()?;
    // Before hours of training.
    arguments.out.as_deref().map_or(Ok(()), check_folder)?;
    let missing = missing(&context.runs, &request, arguments.train)?;
    if !missing.is_empty() && !arguments.train {
        return Err(StudyError::Untrained {
            experiments: missing,
            base: request.base,
            seed: request.seed,
        }
        .into());
    }
    for (place, trial) in missing.iter().enumerate() {
        // The others are about as long.
        context
            .following
            .set(Following::Alike(missing.len() - 1 - place));
        let base = request.base.as_deref();
        let resolved: Resolved = context.runs.experiment(trial, base, &[])?;
        if let Some(code) = train_missing(context, &resolved, request.seed)? {
            note(format!("to go on: {}", Commands::again()));
            return Ok(code);
        }
    }
    let files = perform(context, &request, arguments.out.as_deref())?;
    Ok(listed(files))
}

/// Runs the ablation, prints its table, draws every figure, and returns the files to open.
pub(super) fn perform(
    context: &Context,
    request: &Request,
    out: Option<&Path>,
) -> anyhow::Result<Vec<PathBuf>> {
    let networks = (
        &request.trials[..],
        request.base.as_deref(),
        &[request.seed][..],
    );
    let output = context.output_on::<Experiment>(out, networks, &[])?;
    let found = ablation::measure(&context.runs, request, context)?;
    let set = output.stage()?;
    let table = set.placed(&found.write(set.path())?);
    print(&found.depth);
    let figures = ["trail", "ablation", "training-time", "depth", "curves"];
    let outdated = context.left_in(output.path(), &figures);
    let mut files = context.finish(set, "", &outdated)?;
    files.push(table);
    Ok(files)
}
