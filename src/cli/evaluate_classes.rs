//! `evaluate` for classifiers trained here.

use std::path::{Path, PathBuf};

use crate::experiment::Experiment;
use crate::run::{DepthRow, PerClassRow};
use crate::study::accuracy::{Request, each};
use crate::study::evaluation::Evaluation;

use super::context::Context;
use super::output::result;

/// Folder of the tables and figures, in that of the data set.
const FOLDER: &str = "evaluation";
/// Number of confused pairs and of classes that are printed.
const SHOWN: usize = 5;
const PERCENT: f64 = 100.0;

/// Results for the networks of a request.
pub(super) struct Evaluated {
    /// One row per network.
    pub(super) rows: Vec<DepthRow>,
    /// What is printed below them.
    details: Vec<String>,
    /// One folder per network, with its tables and figures.
    pub(super) folders: Vec<PathBuf>,
}

impl Evaluated {
    /// Prints what the networks confuse.
    pub(super) fn print_details(&self) {
        for line in &self.details {
            result(line);
        }
    }
}

/// Measures the networks, and writes and draws what each predicted into a folder of its own.
pub(super) fn perform(
    context: &Context,
    request: &Request,
    out: Option<&Path>,
) -> anyhow::Result<Evaluated> {
    let networks = (
        &request.trials[..],
        request.base.as_deref(),
        &request.seeds[..],
    );
    let output = context.output_on::<Experiment>(out, networks, &[FOLDER])?;
    let (mut details, mut folders) = (Vec::new(), Vec::new());
    let rows = each(&context.runs, request, context, |found| {
        let set = output.stage()?;
        let folder = found.folder();
        found.write(&set.path().join(&folder))?;
        context.finish(set, &folder, &[])?;
        folders.push(output.path().join(&folder));
        details.extend(described(found));
        anyhow::Ok(())
    })?;
    Ok(Evaluated {
        rows,
        details,
        folders,
    })
}

/// Returns lines about the calibration and the errors of a network.
fn described(found: &Evaluation) -> Vec<String> {
    let row = &found.summary;
    let error = PERCENT * row.calibration_error;
    let network = format!("{} seed {}, epoch {}", row.trial, row.seed, row.epoch);
    let mut lines = vec![format!(
        "{network}: expected calibration error {error:.1} % (15 bins) on the {} split",
        row.split
    )];
    let mut lowest: Vec<(&PerClassRow, f64)> = (found.classes.iter())
        .filter_map(|class| Some((class, class.accuracy?)))
        .collect();
    lowest.sort_by(|a, b| a.1.total_cmp(&b.1));
    let lowest: Vec<String> = (lowest.iter().take(SHOWN))
        .map(|(class, accuracy)| format!("{} {:.0} %", class.class, PERCENT * accuracy))
        .collect();
    lines.push(format!("  lowest accuracy: {}", lowest.join(", ")));
    let names = found.confusion.classes();
    let worst = found.confusion.worst(SHOWN).into_iter().map(|pair| {
        let [truth, predicted] = [pair.truth, pair.predicted].map(|class| &names[class]);
        format!("{truth} as {predicted} {} of {}", pair.count, pair.images)
    });
    let worst: Vec<String> = worst.collect();
    if !worst.is_empty() {
        lines.push(format!("  confused most: {}", worst.join(", ")));
    }
    lines
}
