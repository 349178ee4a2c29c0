//! Average-pooled activations of a split, and the network's accuracy on it.

use burn::tensor::Device;

use crate::data::{ImageSet, Normalisation, fill_batch};

use super::Classifier;
use super::predict::to_tensor;
use super::tap::Tap;
use crate::kernels::averaged;

/// Number of images per forward pass; bounds memory and does not change a result.
const BATCH_IMAGES: usize = 250;

/// The result of one pass over a split.
#[derive(Debug, Clone, PartialEq)]
pub struct PooledSplit {
    /// Each layer's activation averaged over its cells, `[images, channels]` row by row, in the
    /// order of the request.
    pub layers: Vec<Vec<f32>>,
    /// Share of images that the network itself predicts correctly, 0 to 1; among equal logits, the
    /// first.
    pub accuracy: f64,
}

/// Returns the pooled activations of `layers` of `network`, in validation mode, for every image of
/// `set`, not augmented; `None` if `go_on`, called before each batch, returns false.
///
/// # Panics
/// If the network has no such layer.
pub fn pooled_split(
    network: &dyn Classifier,
    (set, normalisation): (&ImageSet, &Normalisation),
    layers: &[String],
    device: &Device,
    mut go_on: impl FnMut(usize) -> bool,
) -> Option<PooledSplit> {
    let (mut images, mut labels) = (Vec::new(), Vec::new());
    let mut pooled = vec![Vec::new(); layers.len()];
    let mut right = 0;
    let indices: Vec<usize> = (0..set.len()).collect();
    for chunk in indices.chunks(BATCH_IMAGES) {
        if !go_on(chunk[0]) {
            return None;
        }
        fill_batch(set, chunk, None, normalisation, &mut images, &mut labels);
        let (input, truth) = to_tensor(set, &images, &labels, device);
        let mut tap = Tap::activations_only(layers);
        let logits = network.logits(input, &mut tap);
        let predicted = logits.argmax(1).squeeze_dim::<1>(1);
        right += predicted.equal(truth).int().sum().into_scalar::<i64>() as usize;
        let observations = tap.into_observations();
        for (layer, values) in layers.iter().zip(&mut pooled) {
            let found = observations.iter().find(|found| found.name() == layer);
            let Some(found) = found else {
                panic!("the network has no layer \"{layer}\"");
            };
            let means = averaged(found.activation());
            values.extend(means.into_data().iter::<f32>());
        }
    }
    Some(PooledSplit {
        layers: pooled,
        accuracy: right as f64 / set.len() as f64,
    })
}
