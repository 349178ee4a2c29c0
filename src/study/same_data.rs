//! The images of a run, if they are still those that it was trained on.

use crate::data::{Splits, fingerprint};
use crate::run::RunManifest;
use crate::train::TrainError;

use super::error::StudyError;
use super::runs::{Runs, Trained};

/// Part of the name of a source of test images only: new ones may be measured.
const TEST_SOURCE: &str = "/test:";

impl Trained {
    /// Returns the images of the run.
    ///
    /// # Errors
    /// Absent or damaged data; [`TrainError::DataChanged`] if images other than those of a separate
    /// test split are not those of the training: where splits are cut, test images may have been
    /// training images, and where classes were renamed, their order may have changed.
    pub(super) fn images(&self, runs: &Runs) -> Result<Splits, StudyError> {
        let images = runs.images(&self.experiment)?;
        let before = RunManifest::read(&self.run.manifest())?.data;
        let now = fingerprint(&images).into_iter();
        let mut now = now.filter(|(source, _)| !source.contains(TEST_SOURCE));
        let changed = now.any(|(source, sha256)| before.get(&source) != Some(&sha256));
        match changed && !before.is_empty() {
            true => Err(TrainError::DataChanged {
                path: self.run.path(),
            }
            .into()),
            false => Ok(images),
        }
    }
}
