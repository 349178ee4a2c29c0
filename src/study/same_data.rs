//! The images of a run, if they are still those that it was trained on, and what it knows without them.

use crate::data::image_set::CHANNELS;
use crate::data::photo::View;
use crate::data::{ImageShape, Normalisation, Splits, fingerprint};
use crate::run::{ImageRecord, RunManifest};
use crate::train::TrainError;

use super::error::StudyError;
use super::photos::Sight;
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

    /// Returns how the network sees other pictures: as recorded or, for one of the first runs, as its
    /// images show.
    ///
    /// # Errors
    /// A lost or damaged record; absent images, if they are needed.
    pub(super) fn sight(&self, runs: &Runs) -> Result<Sight, StudyError> {
        let record = RunManifest::read(&self.run.manifest())?;
        let values = |values: Vec<f32>| <[f32; CHANNELS]>::try_from(values).ok();
        let normalisation = record.statistics.and_then(|statistics| {
            Some(Normalisation {
                mean: values(statistics.mean)?,
                std: values(statistics.std)?,
            })
        });
        match (record.images, normalisation) {
            (Some(ImageRecord { side, class_names }), Some(normalisation)) => Ok(Sight {
                view: View::LargestSquare { side },
                normalisation,
                class_names,
            }),
            _ => Ok(Sight::of_images(&self.images(runs)?)),
        }
    }

    /// Returns the side and number of classes of the images: as recorded or, for one of the first runs,
    /// as the data set has them.
    ///
    /// # Errors
    /// Absent files, if they are needed.
    pub(super) fn shape(&self, runs: &Runs) -> Result<ImageShape, StudyError> {
        // A lost record is an error where the images are compared with it.
        let record = RunManifest::read(&self.run.manifest()).ok();
        match record.and_then(|record| record.images) {
            Some(images) => Ok(ImageShape {
                side: images.side,
                classes: images.class_names.len(),
            }),
            None => runs.shape(&self.experiment.experiment),
        }
    }
}
