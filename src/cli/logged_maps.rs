//! Maps along training for TensorBoard.

use crate::figure::overlay_png;
use crate::run::{ExplanationSet, LoggedPicture, RunDir, log_pictures};
use crate::study::ablation::along_training;
use crate::study::{Trained, saved_experiment};

use super::context::{Context, not_drawn};
use super::output::note;

/// Test images whose maps are logged.
const PICTURES: usize = 4;
/// The method.
const METHOD: &str = "grad-cam";
/// Longer side of a picture in pixels.
const SIDE: usize = 224;

/// Writes the maps of every checkpoint of a trained run, blended over a few pictures.
pub(super) fn log_maps(context: &Context, run: RunDir) -> anyhow::Result<()> {
    let trained: Trained = Trained {
        experiment: saved_experiment(&run)?,
        run,
    };
    let set = along_training(&context.runs, &trained, PICTURES, context)?;
    let file = log_pictures(&trained.run, &pictures(&set)?)?;
    note(format!("maps for TensorBoard in \"{}\"", file.display()));
    Ok(())
}

/// Returns the overlays of the finer layer, by epoch.
fn pictures(set: &ExplanationSet) -> anyhow::Result<Vec<LoggedPicture>> {
    let mut found: Vec<LoggedPicture> = Vec::new();
    for record in set.records.iter().filter(|record| record.method == METHOD) {
        let tag = format!("{METHOD}/{}", record.image);
        // The finer layer comes first.
        if found
            .iter()
            .any(|known| known.epoch == record.epoch && known.tag == tag)
        {
            continue;
        }
        let (png, size) = overlay_png(set, record, SIDE).map_err(not_drawn)?;
        found.push(LoggedPicture {
            epoch: record.epoch,
            tag,
            png,
            size,
        });
    }
    found.sort_by_key(|picture| picture.epoch);
    Ok(found)
}
