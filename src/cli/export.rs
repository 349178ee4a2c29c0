//! `export`: a trained network's weights for PyTorch.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::run::{check_file, short_name, write_atomically};
use crate::study::Trained;
use crate::study::export::export;

use super::context::Context;
use super::failure::Complaint;
use super::output::{DONE, result};
use super::shared::CheckpointArguments;

/// Arguments of `export`.
#[derive(Debug, Clone, Args)]
pub(super) struct ExportArguments {
    /// Experiment, such as trial-d
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
    let which = &arguments.checkpoint;
    let base = which.base.as_deref();
    let trained: Trained = context.runs.find(&arguments.trial, base, which.seed())?;
    let ExportFormat::Safetensors = arguments.format;
    let path = match &arguments.out {
        Some(path) => path.clone(),
        None => {
            let (trial, seed) = (trained.run.trial(), trained.run.seed());
            let stem = short_name(&format!("{trial}-seed-{seed}"));
            format!("{stem}.safetensors").into()
        }
    };
    check_file(&path)?;
    if path.exists() && !arguments.force {
        let message = format!("\"{}\" is there already", path.display());
        let hint = "name another file with --out, or write over it with --force";
        return Err(Complaint::failed(message, hint).into());
    }
    let content = export(&context.runs, &trained, which.which()?)?;
    write_atomically(&path, &content)?;
    result(path.display());
    Ok(DONE)
}
