//! The epochs of a run as TensorBoard reads them, in the folder `tensorboard` of the run.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::event_file::{Event, Shown, append};
use super::{RunDir, RunError, RunManifest, read_regular};

/// Columns of `metrics.jsonl` that are no scalars.
const KEYS: [&str; 4] = ["trial", "seed", "step", "epoch"];
/// Folder of the event files, in that of the run.
const FOLDER: &str = "tensorboard";
/// Name of the event file; TensorBoard looks for "tfevents".
const EVENTS: &str = "events.out.tfevents.0.camtrail";

/// Appends the epochs of `run` that its event file does not have yet, and returns the file. The step is the
/// epoch; a tag is "loss/train", "accuracy/validation", "learning_rate" and so on.
///
/// # Errors
/// [`RunError::Io`]; [`RunError::Damaged`] with the file that cannot be read.
pub fn log_epochs(run: &RunDir) -> Result<PathBuf, RunError> {
    let table = run.metrics();
    let content = read_regular(&table).map_err(|source| RunError::io("read", &table, source))?;
    let text = String::from_utf8(content).map_err(|reason| RunError::damaged(&table, reason))?;
    let wall_time = RunManifest::now() as f64;
    let mut rows = Vec::new();
    for line in text.lines() {
        let row: Map<String, Value> =
            serde_json::from_str(line).map_err(|reason| RunError::damaged(&table, reason))?;
        let values = row
            .iter()
            .filter(|(name, _)| !KEYS.contains(&name.as_str()));
        let values = values
            .filter_map(|(name, value)| Some((tag(name), Shown::Scalar(value.as_f64()? as f32))));
        rows.push(Event {
            step: row.get("epoch").and_then(Value::as_u64).unwrap_or_default(),
            wall_time,
            values: values.collect(),
        });
    }
    let file = events(&run.path().join(FOLDER))?;
    append(&file, &rows)?;
    Ok(file)
}

/// A picture of a checkpoint.
#[derive(Debug, Clone, PartialEq)]
pub struct LoggedPicture {
    /// Epoch of the checkpoint.
    pub epoch: u32,
    /// Its name, such as "grad-cam/shapes/test/0".
    pub tag: String,
    /// The PNG file.
    pub png: Vec<u8>,
    /// Height and width in pixels.
    pub size: [usize; 2],
}

/// Appends `pictures`, of rising epochs, to the file of pictures of `run`, and returns it; those of epochs
/// that it has are skipped. TensorBoard reads one file per folder, so pictures have their own.
///
/// # Errors
/// As [`log_epochs`].
pub fn log_pictures(run: &RunDir, pictures: &[LoggedPicture]) -> Result<PathBuf, RunError> {
    let wall_time = RunManifest::now() as f64;
    let of_epoch = pictures.chunk_by(|one, next| one.epoch == next.epoch);
    let rows: Vec<Event> = of_epoch
        .map(|pictures| Event {
            step: u64::from(pictures[0].epoch),
            wall_time,
            values: pictures
                .iter()
                .map(|one| (one.tag.clone(), Shown::Picture(one.png.clone(), one.size)))
                .collect(),
        })
        .collect();
    let file = events(&run.path().join(FOLDER).join("maps"))?;
    append(&file, &rows)?;
    Ok(file)
}

/// Returns the event file in `folder`, which is created if missing.
fn events(folder: &Path) -> Result<PathBuf, RunError> {
    fs::create_dir_all(folder).map_err(|source| RunError::io("create", folder, source))?;
    Ok(folder.join(EVENTS))
}

/// Returns "loss/train" for the column "train_loss", so that both splits share a chart.
fn tag(column: &str) -> String {
    for split in ["train", "validation"] {
        if let Some(what) = column
            .strip_prefix(split)
            .and_then(|rest| rest.strip_prefix('_'))
        {
            return format!("{what}/{split}");
        }
    }
    column.to_string()
}

#[cfg(test)]
mod tests {
    use super::tag;

    #[test]
    fn splits_share_a_chart() {
        assert_eq!(tag("train_loss"), "loss/train");
        assert_eq!(tag("validation_frame_error"), "frame_error/validation");
        assert_eq!(tag("learning_rate"), "learning_rate");
    }
}
