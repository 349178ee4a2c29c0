//! `export`: a trained network's weights for PyTorch. Called by [`super::run`].

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::data::Normalisation;
use crate::model::weights::{DATASET_NOTE, NETWORK_NOTE, TRIAL_NOTE, export_safetensors};
use crate::run::write_atomically;

use super::DONE;
use super::arguments::CheckpointArguments;
use super::context::Context;
use super::failure::Complaint;
use super::network::find;
use super::output::result;

/// Arguments of `export`.
#[derive(Debug, Clone, Args)]
pub(super) struct ExportArguments {
    /// Experiment, such as trial-d
    pub(super) trial: String,
    #[command(flatten)]
    pub(super) checkpoint: CheckpointArguments,
    /// Form of the file
    #[arg(long, value_enum, default_value_t = ExportFormat::Safetensors)]
    pub(super) format: ExportFormat,
    /// File to write [default: TRIAL-seed-N.safetensors]
    #[arg(long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
    /// Write over a file that is there
    #[arg(long)]
    pub(super) force: bool,
}

/// A form of exported weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ExportFormat {
    /// A state dict, as PyTorch's safetensors package reads it
    Safetensors,
}

/// Writes the weights and prints where they are.
pub(super) fn run(context: &Context, arguments: &ExportArguments) -> anyhow::Result<u8> {
    let which = &arguments.checkpoint;
    let trained = find(
        context,
        &arguments.trial,
        which.base.as_deref(),
        which.seed(),
    )?;
    let opened = trained.open(context, which.which())?;
    let experiment = &trained.experiment.experiment;
    let data = context.data(&trained.experiment)?;
    let (trial, seed) = (trained.run.trial(), trained.run.seed());
    let Normalisation { mean, std } = data.normalisation;
    let classes = serde_json::to_string(data.test.class_names())?;
    let notes = [
        (TRIAL_NOTE, trial.to_string()),
        ("seed", seed.to_string()),
        ("epoch", opened.epoch.to_string()),
        (NETWORK_NOTE, experiment.architecture(data.test.classes())),
        (DATASET_NOTE, data.test.dataset_name().to_string()),
        ("mean", format!("{mean:?}")),
        ("std", format!("{std:?}")),
        ("classes", classes),
    ];
    let ExportFormat::Safetensors = arguments.format;
    let tensors = opened.network.network().tensors();
    let content = export_safetensors(&tensors, &notes)?;
    let path = match &arguments.out {
        Some(path) => path.clone(),
        None => format!("{trial}-seed-{seed}.safetensors").into(),
    };
    if path.exists() && !arguments.force {
        let message = format!("\"{}\" is there already", path.display());
        let hint = "name another file with --out, or write over it with --force";
        return Err(Complaint::failed(message, hint).into());
    }
    write_atomically(&path, &content)?;
    result(path.display());
    Ok(DONE)
}
