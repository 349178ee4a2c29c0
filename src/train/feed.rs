//! The source of a step's images: prepared on the host and transferred, or prepared on the device
//! from the whole split, which is stored there. Both give the same values.

use burn::tensor::{Device, Tensor, TensorData};

use super::ImageBatch;
use crate::data::image_set::CHANNELS;
use crate::data::{Augmentation, Draws, Splits, fill_batch};
use crate::model::{ResidentImages, to_tensor};

/// Largest number of bytes of images that are stored on the device; more are prepared by the CPU.
const MOST_RESIDENT: usize = 8 << 30;

/// The source of training batches.
#[derive(Debug)]
pub(super) enum Feed {
    /// Prepared by the CPU; the buffers are reused between steps.
    Host {
        /// Standardised pixels.
        images: Vec<f32>,
        /// Classes.
        labels: Vec<i64>,
    },
    /// Prepared by the device from images stored there.
    Resident(Box<ResidentImages>),
}

/// What is done to the images and classes of a split before a step.
#[derive(Debug, Clone, Copy)]
pub(super) struct Recipe<'a> {
    /// Random changes of images.
    pub(super) augmentation: &'a Augmentation,
    /// Share of the target that is spread evenly over all classes.
    pub(super) label_smoothing: f64,
}

impl Feed {
    /// Returns the source for `device`, which has no autodiff; `resident` stores the training split
    /// on it, unless that is too large.
    pub(super) fn new(resident: bool, data: &Splits, device: &Device) -> Self {
        let train = &data.train;
        let bytes = train.len() * CHANNELS * train.height() * train.width();
        if resident && bytes <= MOST_RESIDENT {
            let images = ResidentImages::new(train, &data.normalisation, device);
            return Self::Resident(Box::new(images));
        }
        Self::Host {
            images: Vec::new(),
            labels: Vec::new(),
        }
    }

    /// Returns the training images at `indices`, changed according to `draws`, with their classes;
    /// for autodiff. Images that are mixed are the first and the last, the second and the last but
    /// one, and so on.
    pub(super) fn batch(
        &mut self,
        data: &Splits,
        indices: &[usize],
        (recipe, draws): (Recipe, &mut Draws),
        device: &Device,
    ) -> ImageBatch {
        let augmentation = recipe.augmentation;
        let set = &data.train;
        let (mut images, labels) = match self {
            Self::Host { images, labels } => {
                let augmented = Some((augmentation, &mut *draws));
                let normalisation = &data.normalisation;
                fill_batch(set, indices, augmented, normalisation, images, labels);
                to_tensor(set, images, labels, &device.clone().autodiff())
            }
            Self::Resident(resident) => {
                let size = [set.height(), set.width()];
                let mut place = |_| augmentation.draw(draws, size).placement;
                let placements: Vec<_> = indices.iter().map(&mut place).collect();
                let (images, labels) = resident.batch(indices, &placements);
                (images.autodiff(), labels.autodiff())
            }
        };
        let share = augmentation.share(draws);
        if let Some(share) = share {
            images = images.clone() * share + images.flip([0]) * (1.0 - share);
        }
        let targets = (share.is_some() || recipe.label_smoothing > 0.0).then(|| {
            let classes: Vec<usize> = indices.iter().map(|&i| set.label(i)).collect();
            let share = share.unwrap_or(1.0);
            let values = targets(&classes, set.classes(), share, recipe.label_smoothing);
            let shape = [indices.len(), set.classes()];
            Tensor::from_data(TensorData::new(values, shape), &device.clone().autodiff())
        });
        ImageBatch {
            images,
            labels,
            targets,
        }
    }
}

/// Returns the share of every class in the target of every image, `[images, classes]`: `share` of its
/// own class and the rest of the class of the image it is mixed with, then smoothed.
///
/// # Source
/// Szegedy et al., "Rethinking the Inception Architecture for Computer Vision", CVPR 2016, section 7:
/// the smoothed share is spread over all classes, the true one included.
fn targets(labels: &[usize], classes: usize, share: f64, smoothing: f64) -> Vec<f32> {
    let even = smoothing / classes as f64;
    let mut all = vec![even; labels.len() * classes];
    let pairs = labels.iter().zip(labels.iter().rev());
    for ((own, other), row) in pairs.zip(all.chunks_exact_mut(classes)) {
        row[*own] += (1.0 - smoothing) * share;
        row[*other] += (1.0 - smoothing) * (1.0 - share);
    }
    all.into_iter().map(|share| share as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Smoothing 0.2 over four classes leaves 0.05 for each and 0.8 for the labels; a share of 0.75
    /// splits that into 0.6 and 0.2. The middle image is mixed with itself.
    #[test]
    fn targets_by_hand() {
        let found = targets(&[0, 1, 3], 4, 0.75, 0.2);
        let expected = [
            [0.65, 0.05, 0.05, 0.25],
            [0.05, 0.85, 0.05, 0.05],
            [0.25, 0.05, 0.05, 0.65],
        ];
        for (found, expected) in found.iter().zip(expected.concat()) {
            assert!((found - expected).abs() < 1e-7, "{found} {expected}");
        }
    }
}
