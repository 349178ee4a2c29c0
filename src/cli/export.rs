//! `export`: a trained network's weights for PyTorch, as a file or as a run to share.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::experiment::{Experiment, ExperimentKind, ForecastExperiment};
use crate::model::weights::{ExportedTensor, Precision};
use crate::run::{RunDir, check_file, check_folder, short_name, write_atomically};
use crate::study::export::{Exported, export, export_predictor, share, shared_run};
use crate::study::{Runs, StudyError, Trained, Which};

use super::context::Context;
use super::evaluate::predicts_frames;
use super::failure::Complaint;
use super::output::{DONE, result};
use super::shared::CheckpointArguments;

/// Arguments of `export`.
#[derive(Debug, Clone, Args)]
pub(super) struct ExportArguments {
    /// Experiment, such as trial-d or convlstm
    #[arg(value_name = "EXPERIMENT")]
    trial: String,
    #[command(flatten)]
    checkpoint: CheckpointArguments,
    /// File format
    #[arg(long, value_enum, default_value_t = ExportFormat::Safetensors)]
    format: ExportFormat,
    /// Write 16-bit floats
    #[arg(long)]
    half: bool,
    /// File to write [default: EXPERIMENT-seed-N.safetensors], or with --format run the folder of the runs
    #[arg(long, value_name = "PATH")]
    out: Option<PathBuf>,
    /// Overwrite an existing file or run
    #[arg(long)]
    force: bool,
}

/// A format of exported weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ExportFormat {
    /// A state dict for PyTorch's safetensors package
    Safetensors,
    /// A run folder with the state dict of the best checkpoint, for --runs
    Run,
}

/// Writes the weights and prints their path.
pub(super) fn run(context: &Context, arguments: &ExportArguments) -> anyhow::Result<u8> {
    let (base, runs) = (arguments.checkpoint.base.as_deref(), &context.runs);
    match predicts_frames(runs, &arguments.trial, base)? {
        true => write::<ForecastExperiment>(runs, arguments),
        false => write::<Experiment>(runs, arguments),
    }
}

/// A kind of network that can be exported.
trait Export: ExperimentKind + Clone {
    /// Returns the weights of a checkpoint.
    fn exported(
        runs: &Runs,
        trained: &Trained<Self>,
        what: (Which, Precision),
    ) -> Result<Exported, StudyError>;

    /// Returns the tensors of the best checkpoint.
    fn tensors(runs: &Runs, trained: &Trained<Self>) -> Result<Vec<ExportedTensor>, StudyError>;
}

impl Export for Experiment {
    fn exported(
        runs: &Runs,
        trained: &Trained,
        what: (Which, Precision),
    ) -> Result<Exported, StudyError> {
        export(runs, trained, what)
    }

    fn tensors(runs: &Runs, trained: &Trained) -> Result<Vec<ExportedTensor>, StudyError> {
        let subject = trained.open(Which::Best, runs)?;
        let network = subject.trained_network();
        Ok(network.map_or(Vec::new(), |network| network.network().tensors()))
    }
}

impl Export for ForecastExperiment {
    fn exported(
        runs: &Runs,
        trained: &Trained<Self>,
        what: (Which, Precision),
    ) -> Result<Exported, StudyError> {
        export_predictor(runs, trained, what)
    }

    fn tensors(runs: &Runs, trained: &Trained<Self>) -> Result<Vec<ExportedTensor>, StudyError> {
        Ok(trained.open(Which::Best, runs)?.network.tensors())
    }
}

fn write<E: Export>(runs: &Runs, arguments: &ExportArguments) -> anyhow::Result<u8> {
    let checkpoint = &arguments.checkpoint;
    let base = checkpoint.base.as_deref();
    let trained: Trained<E> = runs.find(&arguments.trial, base, checkpoint.seed())?;
    let which = checkpoint.which()?;
    let precision = match arguments.half {
        true => Precision::Half,
        false => Precision::Single,
    };
    let exported = || E::exported(runs, &trained, (which, precision));
    let path = match arguments.format {
        ExportFormat::Safetensors => {
            let path = place(arguments, &trained.run)?;
            write_atomically(&path, &exported()?.content)?;
            path
        }
        ExportFormat::Run => {
            if which != Which::Best {
                let hint = "leave --checkpoint out";
                return Err(
                    Complaint::misused("a shared run has its best checkpoint", hint).into(),
                );
            }
            let Some(root) = &arguments.out else {
                let hint = "name the folder of the runs with --out, such as --out shared";
                return Err(Complaint::misused("no folder is named", hint).into());
            };
            check_free(&shared_run(&trained, root).path(), arguments.force)?;
            check_folder(root)?;
            share(&trained, &exported()?, root, |trained| {
                E::tensors(runs, trained)
            })?
            .path()
        }
    };
    result(path.display());
    Ok(DONE)
}

/// Returns the file to write, which is not there or may be written over.
fn place(arguments: &ExportArguments, run: &RunDir) -> anyhow::Result<PathBuf> {
    let path = match &arguments.out {
        Some(path) => path.clone(),
        None => {
            let stem = short_name(&format!("{}-seed-{}", run.trial(), run.seed()));
            format!("{stem}.safetensors").into()
        }
    };
    check_file(&path)?;
    check_free(&path, arguments.force)?;
    Ok(path)
}

/// Fails if there is something at `path` that may not be written over.
fn check_free(path: &Path, force: bool) -> Result<(), Complaint> {
    if !path.exists() || force {
        return Ok(());
    }
    let message = format!("\"{}\" is there already", path.display());
    let hint = "name another place with --out, or write over it with --force";
    Err(Complaint::failed(message, hint))
}
