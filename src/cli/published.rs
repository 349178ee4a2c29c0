//! Where the published runs are, and the note about each that is used.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use crate::run::{PUBLISHED, RunDir, RunManifest};
use crate::study::PublishedRuns;

use super::output::note;

/// Variable that names the folder; empty for none.
const VARIABLE: &str = "CAMTRAIL_PUBLISHED";
/// The folder beside the source that this program was built from.
const BESIDE_SOURCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/checkpoints/published");

/// Returns the published runs: those in the folder that the variable names, otherwise among the user's
/// own `runs` or beside the source of this program.
pub(super) fn published_runs(runs: &Path) -> Option<PublishedRuns> {
    let folder = match std::env::var_os(VARIABLE) {
        Some(named) => Some(PathBuf::from(named)).filter(|folder| !folder.as_os_str().is_empty()),
        None => [runs.join(PUBLISHED), PathBuf::from(BESIDE_SOURCE)]
            .into_iter()
            .find(|folder| folder.is_dir()),
    };
    folder.map(|folder| PublishedRuns {
        folder,
        used: note_used,
    })
}

/// Notes once that `run` is used.
fn note_used(run: &RunDir) {
    static NOTED: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());
    let noted = NOTED.lock().map(|mut noted| noted.insert(run.path()));
    if !noted.unwrap_or(true) {
        return;
    }
    let dataset = match RunManifest::read(&run.manifest()) {
        Ok(record) => format!("trained on {}, ", record.dataset),
        // A damaged record is reported where it is needed.
        Err(_) => String::new(),
    };
    let best = run.read_best();
    let best = best.map_or(String::new(), |best| {
        format!("validation {}, ", best.in_words())
    });
    note(format!(
        "there is no {} of your own; this is the published one: {dataset}{best}\"{}\"",
        run.trial(),
        run.path().display()
    ));
}
