//! Runs compared: what differs in their experiments, their scores with intervals, paired tests on the
//! same test images or clips, their learning curves, and the agreement of their maps.

mod agreement;
mod comparison;
mod error;
mod frames;
mod images;
mod scores;
mod sides;
pub mod significance;

pub use agreement::{Agreements, Compared};
pub use comparison::{Comparison, Request};
pub use error::CompareError;
pub use sides::{Side, Sides, find};

use super::runs::Runs;
use super::watch::Watch;

/// Compares the runs.
///
/// # Errors
/// Absent data or checkpoints; a picture that does not exist; a stop.
pub fn measure(
    runs: &Runs,
    sides: &Sides,
    request: &Request,
    watch: &dyn Watch,
) -> Result<Comparison, CompareError> {
    match sides {
        Sides::Classifiers(sides) => images::measure(runs, sides, request, watch),
        Sides::Predictors(sides) => frames::measure(runs, sides, request, watch),
    }
}
