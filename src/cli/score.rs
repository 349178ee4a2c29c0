//! `score`: how faithful the maps of trained networks are over a whole split, by depth, method and
//! layer.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::study::score::{CURVE_STEPS, Request, measure};

use super::context::Context;
use super::modes::Mode;
use super::output::listed;
use super::score_text::print;
use super::shared::{MeasureArguments, at_least_one};

/// Folder of the tables and the figure.
pub(super) const FOLDER: &str = "scores";

/// Arguments of `score`.
#[derive(Debug, Clone, Args)]
pub(super) struct ScoreArguments {
    #[command(flatten)]
    pub(super) measure: MeasureArguments,
    /// Also measure insertion and deletion; costs 2 x STEPS forward passes per map
    #[arg(long)]
    insertion_deletion: bool,
    /// Number of steps of the insertion and deletion curves
    #[arg(long, value_name = "STEPS", default_value_t = CURVE_STEPS, value_parser = at_least_one)]
    steps: usize,
}

impl ScoreArguments {
    /// Returns the mode: whether curves are measured.
    pub(super) fn mode(&self) -> Mode {
        match self.insertion_deletion {
            true => Mode::Curves,
            false => Mode::Maps,
        }
    }
}

/// Scores the maps, prints the tables and lists the files.
pub(super) fn run(context: &Context, arguments: &ScoreArguments) -> anyhow::Result<u8> {
    let request = Request {
        measurement: context.measurement(&arguments.measure)?,
        steps: arguments.insertion_deletion.then_some(arguments.steps),
    };
    let files = perform(context, &request, arguments.measure.out.as_deref())?;
    Ok(listed(files))
}

/// Scores the maps, prints and writes the tables, draws the figure, and returns the files.
pub(super) fn perform(
    context: &Context,
    request: &Request,
    out: Option<&Path>,
) -> anyhow::Result<Vec<PathBuf>> {
    let output = context.measured(out, &request.measurement, FOLDER)?;
    let scores = measure(&context.runs, request, context)?;
    let set = output.stage()?;
    let tables = scores.write(set.path())?;
    let mut files = tables.map(|file| set.placed(&file)).to_vec();
    let which = match request.measurement.limit {
        Some(_) => "the first",
        None => "all",
    };
    print(&scores.tables, which);
    let outdated = context.left_in(output.path(), &["score-depth"]);
    files.extend(context.finish(set, "", &outdated)?);
    Ok(files)
}
