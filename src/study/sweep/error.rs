//! Errors of sweeps.

use std::path::PathBuf;

use crate::experiment::{ExperimentError, Located, line_of};

/// Why a sweep cannot be planned, run or merged.
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    /// It has more cells than it allows.
    #[error("sweep {name:?} has {cells} cells; at most {most} are allowed")]
    TooLarge {
        /// The sweep.
        name: String,
        /// The number of its cells.
        cells: u64,
        /// The largest number allowed.
        most: u64,
    },
    /// A key of the grid has no value.
    #[error("\"grid\" gives no value for \"{key}\"")]
    NoValues {
        /// The key.
        key: String,
    },
    /// Two cells are one run.
    #[error("cells {first} and {second} are the same run, \"{run}\"")]
    SameRun {
        /// The first cell.
        first: u64,
        /// The second cell.
        second: u64,
        /// Their run.
        run: String,
    },
    /// A cell's experiment cannot be resolved.
    #[error("{setting}{source}{}", line_of(place))]
    Setting {
        /// The experiment and its changes, before a colon; empty without changes.
        setting: String,
        /// Where the fault is in the sweep's file, if it is there.
        place: Option<Box<Located>>,
        /// Whether the sweep has a file.
        in_file: bool,
        /// The error.
        source: Box<ExperimentError>,
    },
    /// A plan is to be replaced while its cells run.
    #[error("cells of sweep {name:?} are running: {}", cells.iter().map(u64::to_string).collect::<Vec<_>>().join(", "))]
    Running {
        /// The sweep.
        name: String,
        /// The numbers of the cells.
        cells: Vec<u64>,
    },
    /// Frames are predicted, and have no test accuracy.
    #[error("\"test\" is true, and {experiment} predicts frames, which have no accuracy")]
    NoTest {
        /// The experiment.
        experiment: String,
    },
    /// Cells of different data sets cannot be ranked together.
    #[error("{experiment} is trained on {second}, others on {first}")]
    TwoDatasets {
        /// The first data set.
        first: &'static str,
        /// The other data set.
        second: &'static str,
        /// The experiment on it.
        experiment: String,
    },
    /// A plan is to be replaced without a description.
    #[error("sweep {name:?} has no file to plan it from")]
    NotDescribed {
        /// The sweep.
        name: String,
    },
    /// There is no plan.
    #[error("sweep {name:?} has no plan at {path:?}")]
    NoPlan {
        /// The sweep.
        name: String,
        /// The expected path.
        path: PathBuf,
    },
    /// The plan has no such cell.
    #[error("sweep {name:?} has no cell {cell}: it has cells 0 to {last}")]
    NoCell {
        /// The sweep.
        name: String,
        /// The requested number.
        cell: u64,
        /// The last number.
        last: u64,
    },
    /// The plan is that of another version.
    #[error("sweep {name:?} was planned by camtrail {planned}, this is {ours}")]
    OtherVersion {
        /// The sweep.
        name: String,
        /// The version in the plan.
        planned: String,
        /// This version.
        ours: String,
    },
    /// The sweep or one of its experiments changed since it was planned.
    #[error("cell {cell} of sweep {name:?} changed since it was planned{}", .now.as_ref().map_or(String::new(), |now| format!(": it is {now} now")))]
    Changed {
        /// The sweep.
        name: String,
        /// The first cell that differs.
        cell: u64,
        /// The run that the cell is now, if the number of cells did not change before it.
        now: Option<String>,
    },
}
