//! `epochs.csv`: one row per epoch.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::metrics::write_metrics;
use super::{BestCheckpoint, CheckpointName, Checksum, Quality, RunDir, RunError, TableRow};

/// One epoch of training, as a row of `epochs.csv`. Epoch 0 is the untrained network and has only
/// validation values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EpochRow {
    /// Completed epochs, from 0.
    pub epoch: u32,
    /// Mean cross-entropy over the epoch's training batches, in nats, during training (with dropout
    /// and augmentation).
    pub train_loss: Option<f64>,
    /// Share of training images predicted correctly, 0 to 1, during training.
    pub train_accuracy: Option<f64>,
    /// Mean cross-entropy on the validation split, in nats.
    pub validation_loss: f64,
    /// Share of validation images predicted correctly, 0 to 1.
    pub validation_accuracy: f64,
    /// Learning rate at the end of the epoch.
    pub learning_rate: Option<f64>,
    /// Training images per second, without validation.
    pub images_per_second: Option<f64>,
    /// Wall time of the epoch's training steps, including those before a stop, and of its
    /// validation, in seconds.
    pub seconds: f64,
}

impl TableRow for EpochRow {
    const FILE: &'static str = "epochs.csv";
}

/// One epoch of training a next-frame predictor, as a row of `epochs.csv`. Epoch 0 is the untrained
/// network and has only validation values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ForecastRow {
    /// Completed epochs, from 0.
    pub epoch: u32,
    /// Mean of the experiment's loss over the epoch's training clips.
    pub train_loss: Option<f64>,
    /// Squared error of a training frame, one step ahead, summed over its pixels.
    pub train_frame_error: Option<f64>,
    /// Mean loss on the validation clips.
    pub validation_loss: f64,
    /// Squared error of a validation frame, one step ahead, summed over its pixels.
    pub validation_frame_error: f64,
    /// Learning rate at the end of the epoch.
    pub learning_rate: Option<f64>,
    /// Training clips per second, without validation.
    pub clips_per_second: Option<f64>,
    /// Wall time of the epoch's training steps, including those before a stop, and of its
    /// validation, in seconds.
    pub seconds: f64,
}

impl TableRow for ForecastRow {
    const FILE: &'static str = "epochs.csv";
}

/// A row of `epochs.csv`.
pub trait EpochRecord: Clone + TableRow {
    /// Constructor of the quality in the rows, from a number.
    const QUALITY: fn(f64) -> Quality;

    /// Returns the number of completed epochs, from 0.
    fn epoch(&self) -> u32;

    /// Returns its record as the best epoch.
    fn candidate(&self) -> BestCheckpoint;
}

impl EpochRecord for EpochRow {
    const QUALITY: fn(f64) -> Quality = Quality::Accuracy;

    fn epoch(&self) -> u32 {
        self.epoch
    }

    fn candidate(&self) -> BestCheckpoint {
        BestCheckpoint {
            epoch: self.epoch,
            validation_accuracy: Some(self.validation_accuracy),
            validation_loss: self.validation_loss,
        }
    }
}

impl EpochRecord for ForecastRow {
    const QUALITY: fn(f64) -> Quality = Quality::FrameError;

    fn epoch(&self) -> u32 {
        self.epoch
    }

    fn candidate(&self) -> BestCheckpoint {
        BestCheckpoint {
            epoch: self.epoch,
            validation_accuracy: None,
            validation_loss: self.validation_loss,
        }
    }
}

/// Returns the rows of the file at `path`, or none if there is no file. A last row without a line
/// end was cut off by a killed process and is dropped.
///
/// # Errors
/// [`RunError::Damaged`] with the line of any other row that does not parse.
pub fn read_epoch_records<R: EpochRecord>(path: &Path) -> Result<Vec<R>, RunError> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(source) if source.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(RunError::io("read", path, source)),
    };
    let whole = text.rfind('\n').map_or("", |end| &text[..=end]);
    R::parse(path, whole)
}

/// Returns the median of the seconds of the epochs in the table at `path`; `None` if it has none. The
/// untrained network is not an epoch.
///
/// # Errors
/// A table that cannot be read.
pub fn epoch_seconds(path: &Path) -> Result<Option<f64>, RunError> {
    /// The columns of either kind of row.
    #[derive(Deserialize)]
    struct Seconds {
        epoch: u32,
        seconds: f64,
    }
    let damaged = |reason| RunError::damaged(path, reason);
    let mut reader = csv::Reader::from_path(path).map_err(damaged)?;
    let rows: Vec<Seconds> = reader
        .deserialize()
        .collect::<Result<_, _>>()
        .map_err(damaged)?;
    let trained = rows.into_iter().filter(|row| row.epoch > 0);
    let mut seconds: Vec<f64> = trained.map(|row| row.seconds).collect();
    seconds.sort_by(f64::total_cmp);
    Ok(seconds.get(seconds.len() / 2).copied())
}

/// Appends `row` to the table of `run`, whose epochs have `steps` steps each, by rewriting the whole
/// file atomically. Rows of that epoch or later, left by a run that was killed before its checkpoint,
/// are replaced.
///
/// # Errors
/// As [`read_epoch_records`] and [`write_atomically`](super::write_atomically).
pub fn append_epoch_record<R: EpochRecord>(
    run: &RunDir,
    steps: u64,
    row: R,
) -> Result<(), RunError> {
    let mut rows: Vec<R> = read_epoch_records(&run.epochs())?;
    rows.retain(|old| old.epoch() < row.epoch());
    rows.push(row);
    write_epoch_records(run, steps, &rows)
}

/// Drops the rows after `epoch`, to resume from that epoch's checkpoint.
///
/// # Errors
/// As [`append_epoch_record`].
pub fn truncate_epoch_records<R: EpochRecord>(
    run: &RunDir,
    steps: u64,
    epoch: u32,
) -> Result<(), RunError> {
    let mut rows: Vec<R> = read_epoch_records(&run.epochs())?;
    rows.retain(|row| row.epoch() <= epoch);
    write_epoch_records(run, steps, &rows)
}

/// Writes the table and its copy for other programs. The copy comes first: a kill in between leaves a
/// run without the checkpoint of that epoch, and resuming writes both again.
fn write_epoch_records<R: EpochRecord>(
    run: &RunDir,
    steps: u64,
    rows: &[R],
) -> Result<(), RunError> {
    let lines = rows.iter().map(|row| (u64::from(row.epoch()) * steps, row));
    write_metrics(run, lines)?;
    R::write(&run.epochs(), rows)
}

/// Fails if the table of `run` does not begin with the rows that its latest checkpoint recorded, or
/// lacks an epoch.
///
/// # Errors
/// [`RunError::Damaged`] with the table; [`RunError::Io`] if it cannot be read.
pub fn check_epoch_records(run: &RunDir) -> Result<(), RunError> {
    let (path, Some(state)) = (run.epochs(), run.latest_state()?) else {
        return Ok(());
    };
    let content = match std::fs::read(&path) {
        Ok(content) => content,
        Err(source) if source.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(source) => return Err(RunError::io("read", &path, source)),
    };
    let end = CheckpointName::of(&state);
    let lacks = |reason: String| Err(RunError::damaged(&path, reason));
    match &state.epochs {
        Some(sealed) => {
            let recorded = content.get(..sealed.bytes as usize);
            if recorded.is_none_or(|recorded| Checksum::of(recorded) != *sealed) {
                return lacks(format!(
                    "its rows up to {end} are not those that were written"
                ));
            }
        }
        // The first runs' checkpoints do not record the table.
        None => {
            let rows = content.iter().filter(|byte| **byte == b'\n').count();
            let expected = state.epoch as usize + 2;
            if rows < expected {
                return lacks(format!(
                    "it has {rows} lines, expected {expected} up to {end}"
                ));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(epoch: u32) -> EpochRow {
        EpochRow {
            epoch,
            train_loss: (epoch > 0).then_some(2.5),
            train_accuracy: (epoch > 0).then_some(0.25),
            validation_loss: 2.25,
            validation_accuracy: 0.5,
            learning_rate: (epoch > 0).then_some(1e-3),
            images_per_second: (epoch > 0).then_some(400.0),
            seconds: 1.5,
        }
    }

    /// Steps of an epoch.
    const STEPS: u64 = 7;

    fn read(run: &RunDir) -> Vec<EpochRow> {
        read_epoch_records(&run.epochs()).expect("read")
    }

    /// Returns the lines of the metrics, which hold what the table holds.
    fn metrics(run: &RunDir) -> Vec<serde_json::Value> {
        let text = std::fs::read_to_string(run.metrics()).expect("metrics");
        let lines = text.lines().map(serde_json::from_str);
        let lines: Vec<serde_json::Value> = lines.collect::<Result<_, _>>().expect("JSON");
        let rows = lines.iter().map(|line| {
            let mut row = line.clone();
            let fields = row.as_object_mut().expect("an object");
            let own = ["trial", "seed", "step"].map(|key| fields.remove(key));
            assert!(own.iter().all(Option::is_some), "{line}");
            serde_json::from_value::<EpochRow>(row).expect("the columns of the table")
        });
        assert_eq!(rows.collect::<Vec<_>>(), read(run));
        lines
    }

    #[test]
    fn rows_survive_the_disk_and_a_torn_last_one_is_dropped() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let run = RunDir::new(folder.path(), "trial-d", 3);
        std::fs::create_dir_all(run.path()).expect("a folder");
        for epoch in 0..3 {
            append_epoch_record(&run, STEPS, row(epoch)).expect("appended");
        }
        assert_eq!(read(&run), [row(0), row(1), row(2)]);
        let lines = metrics(&run);
        assert_eq!(lines[2]["step"], 14);
        assert_eq!(lines[2]["trial"], "trial-d");
        assert_eq!(lines[2]["seed"], 3);
        assert_eq!(lines[0]["train_loss"], serde_json::Value::Null);
        let mut text = std::fs::read_to_string(run.epochs()).expect("text");
        text.push_str("3,2.5,0.2");
        std::fs::write(run.epochs(), &text).expect("torn");
        assert_eq!(read(&run).len(), 3);
        truncate_epoch_records::<EpochRow>(&run, STEPS, 1).expect("truncated");
        assert_eq!(read(&run), [row(0), row(1)]);
        assert_eq!(metrics(&run).len(), 2);
    }

    #[test]
    fn a_damaged_row_is_named_by_its_line() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let run = RunDir::new(folder.path(), "trial-d", 0);
        std::fs::create_dir_all(run.path()).expect("a folder");
        append_epoch_record(&run, STEPS, row(1)).expect("appended");
        let path = run.epochs();
        let text = std::fs::read_to_string(&path)
            .expect("text")
            .replace("0.25", "none");
        std::fs::write(&path, text).expect("damaged");
        let error = read_epoch_records::<EpochRow>(&path)
            .expect_err("damaged")
            .to_string();
        assert!(error.contains("line: 2"), "{error}");
    }
}
