//! `draw`: every figure of a folder again, from its tables and maps.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::figure::{draw_below, inputs};
use crate::run::check_folder;

use super::context::{Context, not_drawn, note_empty_boxes};
use super::failure::Complaint;
use super::output::{DONE, result};

/// Arguments of `draw`.
#[derive(Debug, Clone, Args)]
pub(super) struct DrawArguments {
    /// Folder with tables and maps, such as "figures/shapes" or a run folder; folders below it are
    /// drawn too
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
    /// Folder for the figures, laid out as FOLDER is [default: FOLDER itself]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Draws every figure, and lists the files as they are drawn.
pub(super) fn run(context: &Context, arguments: &DrawArguments) -> anyhow::Result<u8> {
    let stop = || context.signals.stop();
    let drawn = draw(arguments, &stop, &mut |file| result(file.display()));
    note_empty_boxes();
    drawn.map(|()| DONE)
}

/// Draws every figure until `stop` returns true, and passes each file to `drawn`.
fn draw(
    arguments: &DrawArguments,
    stop: &dyn Fn() -> bool,
    drawn: &mut dyn FnMut(&Path),
) -> anyhow::Result<()> {
    let folder = &arguments.folder;
    if !folder.is_dir() {
        let message = format!("there is no folder {folder:?}");
        let hint = "name a folder with tables and maps, such as \"figures\"";
        return Err(Complaint::misused(message, hint).into());
    }
    let out = arguments.out.as_ref().unwrap_or(folder);
    check_folder(out)?;
    let mut count = 0;
    draw_below(folder, out, stop, &mut |file| {
        count += 1;
        drawn(file);
    })
    .map_err(not_drawn)?;
    if count == 0 {
        let message = format!("there is nothing to draw in {folder:?} or below it");
        let hint = format!("figures are drawn from {}", inputs().join(", "));
        return Err(Complaint::failed(message, hint).into());
    }
    Ok(())
}
