//! The source of a step's images: prepared on the host and transferred, or prepared on the device
//! from the whole split, which is stored there. Both give the same values.

use burn::tensor::{Device, Int, Tensor};
use rand_chacha::ChaCha8Rng;

use crate::data::image_set::CHANNELS;
use crate::data::{Augmentation, Splits, fill_batch};
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

    /// Returns the training images at `indices`, each placed according to `draws`, with their
    /// classes.
    ///
    /// # Shapes
    /// - returned: `[batch, channels, height, width]`, standardised, and `[batch]`; for autodiff
    pub(super) fn batch(
        &mut self,
        data: &Splits,
        indices: &[usize],
        (augmentation, draws): (&Augmentation, &mut ChaCha8Rng),
        device: &Device,
    ) -> (Tensor<4>, Tensor<1, Int>) {
        match self {
            Self::Host { images, labels } => {
                let augmented = Some((augmentation, draws));
                let normalisation = &data.normalisation;
                fill_batch(
                    &data.train,
                    indices,
                    augmented,
                    normalisation,
                    images,
                    labels,
                );
                to_tensor(&data.train, images, labels, &device.clone().autodiff())
            }
            Self::Resident(resident) => {
                let placements: Vec<_> = indices.iter().map(|_| augmentation.draw(draws)).collect();
                let (images, labels) = resident.batch(indices, &placements);
                (images.autodiff(), labels.autodiff())
            }
        }
    }
}
