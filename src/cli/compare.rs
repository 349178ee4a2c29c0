//! `compare`: runs next to each other.

use std::path::PathBuf;

use clap::Args;

use crate::run::{
    CURVES_FILE, ComparedRow, ConsistencyRow, DifferenceRow, PairedRow, TableRow, safe_name,
};
use crate::study::compare::{CompareError, Request, Sides, find, measure};
use crate::study::{Runs, Selection, StudyError, Which, joined_seeds};

use super::compare_text;
use super::context::Context;
use super::evaluate::predicts_frames;
use super::failure::Complaint;
use super::modes::{Chosen, Mode};
use super::output::{listed, note};
use super::shared::at_least_one;

/// Folder of all comparisons.
const FOLDER: &str = "compare";
/// What stands between the runs in the name of a comparison's folder.
const AND: &str = "-vs-";

/// Arguments of `compare`.
#[derive(Debug, Clone, Args)]
pub(super) struct CompareArguments {
    /// Runs: an experiment or run name for all its seeds, NAME/seed-N for one, a sweep, or a folder with
    /// runs
    /// [default: every run on --base]
    #[arg(value_name = "RUN", required_unless_present = "base")]
    named: Vec<String>,
    /// Compare runs trained on this base, such as "shapes"
    #[arg(long, value_name = "NAME")]
    base: Option<String>,
    /// "best" on the validation split, "last", or an epoch's number
    #[arg(long, default_value = "best", value_name = "WHICH")]
    checkpoint: String,
    /// Number of pictures whose maps are drawn
    #[arg(long, default_value_t = 4, value_parser = at_least_one)]
    images: usize,
    /// Images of the test split by number, from 0, instead of --images
    #[arg(long, value_delimiter = ',', value_name = "N,N")]
    test_index: Vec<usize>,
    /// Number of test images whose maps are compared; 0 for none
    #[arg(long, default_value_t = 500, value_name = "N")]
    maps: usize,
    /// Folder for tables and figures [default: figures/compare/RUN-vs-RUN]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Returns the mode: the kind of the networks, and how pictures are chosen. Runs that cannot be compared
/// are reported later.
pub(super) fn mode(runs: &Runs, arguments: &CompareArguments) -> Chosen {
    let name = arguments.named.first().map_or("", String::as_str);
    let base = arguments.base.as_deref();
    let (first, are_predictors) = match find(runs, &arguments.named, base) {
        Ok(sides) => (
            sides.labels()[0].to_string(),
            matches!(sides, Sides::Predictors(_)),
        ),
        Err(_) => {
            let predicts = predicts_frames(runs, name, base).unwrap_or(false);
            (name.to_string(), predicts)
        }
    };
    let mode = match (are_predictors, arguments.test_index.is_empty()) {
        (true, _) => Mode::Frames,
        (false, true) => Mode::Chosen,
        (false, false) => Mode::Numbered,
    };
    Chosen::new(mode, &first)
}

fn sides(runs: &Runs, arguments: &CompareArguments) -> anyhow::Result<Sides> {
    find(runs, &arguments.named, arguments.base.as_deref()).map_err(complaint)
}

/// Compares the runs, prints the tables, draws every figure, and lists the files.
pub(super) fn run(context: &Context, arguments: &CompareArguments) -> anyhow::Result<u8> {
    let request = Request {
        which: arguments.checkpoint.parse::<Which>()?,
        selection: match arguments.test_index.is_empty() {
            true => Selection::FirstOfEachClass(arguments.images),
            false => Selection::Numbers(arguments.test_index.clone()),
        },
        maps: arguments.maps,
    };
    let sides = sides(&context.runs, arguments)?;
    for (name, unfinished, skipped) in sides.incomplete() {
        if !unfinished.is_empty() {
            let seeds = joined_seeds(unfinished);
            note(format!(
                "warning: the training of {name} has not ended, seeds: {seeds}; its checkpoints so far are \
                 compared"
            ));
        }
        if !skipped.is_empty() {
            let seeds = joined_seeds(skipped.iter().copied());
            note(format!(
                "warning: seeds of {name} without a complete epoch are skipped: {seeds}"
            ));
        }
    }
    let name = safe_name(&sides.labels().join(AND), "+=.,");
    let output = context.output(arguments.out.as_deref(), &[FOLDER, &name])?;
    let found = measure(&context.runs, &sides, &request, context).map_err(complaint)?;
    let set = output.stage()?;
    found.write(set.path())?;
    compare_text::print(&found);
    let mut tables = vec![
        DifferenceRow::FILE,
        ComparedRow::FILE,
        PairedRow::FILE,
        CURVES_FILE,
    ];
    tables.extend(found.agreement.as_ref().map(|_| ConsistencyRow::FILE));
    let mut files: Vec<PathBuf> = tables.iter().map(|file| output.path().join(file)).collect();
    let outdated = context.left_in(output.path(), &["compared", "compared-maps", "curves"]);
    files.extend(context.finish(set, "", &outdated)?);
    Ok(listed(files))
}

fn complaint(error: CompareError) -> anyhow::Error {
    let message = error.to_string();
    let failed = |hint: String| Complaint::failed(message.clone(), hint).into();
    let misused = |hint: &str| Complaint::misused(message.clone(), hint).into();
    match error {
        CompareError::NoneOnBase { .. } => failed("list runs shows every run".to_string()),
        CompareError::One { .. } => misused("name two or more: compare RUN RUN"),
        CompareError::Twice { .. } => misused("name each run once"),
        CompareError::NoBest { .. } => {
            failed("let its training complete an epoch, or compare without it".to_string())
        }
        CompareError::TwoKinds { .. } => misused("compare networks of one kind"),
        CompareError::OtherData { .. } => misused("compare runs of one data set"),
        CompareError::Study(StudyError::DifferentRuns {
            ref experiment,
            seeds: [first, second],
            ..
        }) => failed(format!(
            "compare them with each other: compare {experiment}/seed-{first} {experiment}/seed-{second}"
        )),
        CompareError::Study(error) => error.into(),
    }
}
