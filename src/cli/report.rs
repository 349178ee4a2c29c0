//! `report`: one page of all results.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::report::{PAGE, ReportError, Request, write};
use crate::study::StudyError;

use super::context::{Context, FIGURES};
use super::failure::Complaint;
use super::output::{DONE, result};

/// Arguments of `report`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Example: camtrail report figures/shapes")]
pub(super) struct ReportArguments {
    /// Folder with figures, tables and maps; the page is written into it
    #[arg(value_name = "FOLDER", default_value = FIGURES)]
    folder: PathBuf,
}

/// Writes the page and names it.
pub(super) fn run(context: &Context, arguments: &ReportArguments) -> anyhow::Result<u8> {
    let path = write_page(context, &arguments.folder)?;
    result(format!("open {} in a browser", path.display()));
    Ok(DONE)
}

/// Writes the page of `folder`, and returns its path.
pub(super) fn write_page(context: &Context, folder: &Path) -> anyhow::Result<PathBuf> {
    if !folder.is_dir() {
        let message = format!("there is no folder {folder:?}");
        let hint = format!(
            "make results first: {}",
            context.command(["reproduce", "--quick"])
        );
        return Err(Complaint::misused(message, hint).into());
    }
    let name = folder.to_string_lossy();
    let published = context.runs.published.as_ref();
    let own = std::iter::once(context.runs.checkpoints.as_path());
    let runs: Vec<&Path> = own
        .chain(published.map(|published| published.folder.as_path()))
        .collect();
    let request = Request {
        folder,
        runs: &runs,
        command: &context.command(["report", &name]),
    };
    write(&request, &|| context.signals.stop()).map_err(|error| match error {
        ReportError::Stopped => StudyError::Stopped.into(),
        ReportError::Nothing { .. } => {
            let hint = format!(
                "make results first: {}",
                context.command(["reproduce", "--quick"])
            );
            Complaint::failed(error.to_string(), hint).into()
        }
        ReportError::Run(error) => error.into(),
        error => anyhow::Error::new(error).context(format!("cannot write {PAGE:?}")),
    })
}
