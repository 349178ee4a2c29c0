//! `export-runs`: runs with their settings and curves for another program.

use std::path::{PathBuf, absolute};

use clap::{Args, ValueEnum};

use crate::study::mlflow::{export, find};
use crate::study::{StudyError, Watch};

use super::context::Context;
use super::output::{DONE, note, result, result_table};

/// Arguments of `export-runs`.
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "MLflow 3 reads such a store only with MLFLOW_ALLOW_FILE_STORE=true; \
    `mlflow migrate-filestore` moves it into a database. For Weights & Biases and others, every run \
    folder has metrics.jsonl."
)]
pub(super) struct ExportRunsArguments {
    /// Runs as `list` names them, such as shapes/trial-a or trial-d/seed-0, sweeps, or folders with
    /// runs [default: all]
    #[arg(value_name = "RUN")]
    named: Vec<String>,
    /// Program to write for
    #[arg(long, value_enum, default_value_t = RunsFormat::Mlflow)]
    format: RunsFormat,
    /// Folder of the store; runs that others logged there stay
    #[arg(long, value_name = "DIR", default_value = "mlruns")]
    out: PathBuf,
}

/// A program that reads runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum RunsFormat {
    /// A local file store of MLflow
    Mlflow,
}

/// Writes the runs, lists them, and prints how to open them.
pub(super) fn run(context: &Context, arguments: &ExportRunsArguments) -> anyhow::Result<u8> {
    let RunsFormat::Mlflow = arguments.format;
    let runs = find(&context.runs, &arguments.named)?;
    let output = context.output(Some(&arguments.out), &[])?;
    let place = |source| crate::run::RunError::io("find", &arguments.out, source);
    let store = absolute(&arguments.out).map_err(place)?;
    let set = output.stage()?;
    let mut rows = vec![["run", "experiment", "run id"].map(str::to_string).to_vec()];
    for run in &runs {
        if context.should_stop() {
            return Err(StudyError::Stopped.into());
        }
        let exported = export(run, set.path(), &store)?;
        if exported.training {
            note(format!(
                "{} is still training: its epochs so far are exported; export again to update them",
                exported.name
            ));
        }
        if !exported.cut.is_empty() {
            let names = exported.cut.join(", ");
            note(format!("{}: cut to MLflow's limit: {names}", exported.name));
        }
        rows.push(vec![exported.name, exported.experiment, exported.run_id]);
    }
    context.replace(set, &[])?;
    result_table(&rows);
    result(arguments.out.display());
    let words = [
        "ui",
        "--backend-store-uri",
        &arguments.out.display().to_string(),
    ];
    let words = shlex::try_join(words).unwrap_or_default();
    note(format!(
        "to see them: MLFLOW_ALLOW_FILE_STORE=true mlflow {words}"
    ));
    Ok(DONE)
}
