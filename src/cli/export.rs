//! `export`: a trained network's weights for PyTorch.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::experiment::ForecastExperiment;
use crate::run::{RunDir, check_file, short_name, write_atomically};
use crate::study::Trained;
use crate::study::export::{export, export_predictor};

use super::context::Context;
use super::evaluate::predicts_frames;
use super::failure::Complaint;
use super::output::{DONE, result};
use super::shared::CheckpointArguments;

/// Arguments of `export`.
#[derive(Debug, Clone, Args)]
pub(super) struct ExportArguments {
    /// Experiment, such as trial-d or convlstm
    trial: String,
    #[command(flatten)]
    checkpoint: CheckpointArguments,
    /// File format
    #[arg(long, value_enum, default_value_t = ExportFormat::Safetensors)]
    format: ExportFormat,
    /// File to write [default: TRIAL-seed-N.safetensors]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Overwrite an existing file
    #[arg(long)]
    force: bool,
}

/// A format of exported weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ExportFormat {
    /// A state dict for PyTorch's safetensors package
    Safetensors,
}

/// Writes the weights and prints their path.
pub(super) fn run(context: &Context, arguments: &ExportArguments) -> anyhow::Result<u8> {
    let (which, runs) = (&arguments.checkpoint, &context.runs);
    let (name, base, seed) = (&arguments.trial, which.base.as_deref(), which.seed());
    let ExportFormat::Safetensors = arguments.format;
    if predicts_frames(runs, name, base)? {
        let trained: Trained<ForecastExperiment> = runs.find(name, base, seed)?;
        let path = place(arguments, &trained.run)?;
        return written(&path, &export_predictor(runs, &trained, which.which()?)?);
    }
    let trained: Trained = runs.find(name, base, seed)?;
    let path = place(arguments, &trained.run)?;
    written(&path, &export(runs, &trained, which.which()?)?)
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
    if path.exists() && !arguments.force {
        let message = format!("\"{}\" is there already", path.display());
        let hint = "name another file with --out, or write over it with --force";
        return Err(Complaint::failed(message, hint).into());
    }
    Ok(path)
}

fn written(path: &Path, content: &[u8]) -> anyhow::Result<u8> {
    write_atomically(path, content)?;
    result(path.display());
    Ok(DONE)
}
