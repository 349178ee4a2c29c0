//! Explanations: where a network looks when it gives an image to a class.
//!
//! A value's walk: [`TargetSpec`] names a class for each image, [`gather`] runs one forward and one
//! gradient pass and returns activations and gradients, each [`Method`] turns them into a raw map,
//! [`saliency`] resizes and normalises that map, and [`explain`] does all of it for a list of
//! layers and methods. [`confidence`] then asks the network what it still sees through a map.
//! Called by the command line; knows networks only through [`Explainable`].

use burn::tensor::Tensor;

use crate::model::tap::Tap;

pub mod baseline;
pub mod confidence;
pub mod error;
pub mod evidence;
pub mod explanation;
pub mod method;
mod plain_cnn;
pub mod plane;
pub mod retrained;
pub mod saliency;
pub mod sanity;
pub mod statistics;
pub mod survey;
pub mod target;
#[cfg(test)]
mod testing;
pub mod verdict;

pub use baseline::Baseline;
pub use confidence::{Standardisation, confidences, confidences_on_explanations};
pub use error::ExplainError;
pub use evidence::{Evidence, LayerEvidence, gather};
pub use explanation::{ExplainRequest, Explanation, explain};
pub use method::{Formula, Method, Needs};
pub use plane::Plane;
pub use retrained::WithHeads;
pub use saliency::Saliency;
pub use sanity::{Deviation, Likeness, cam_is_grad_cam, completeness};
pub use statistics::{Interval, bootstrap, rank_correlation};
pub use survey::{MapSource, SourceMaps, Survey, SurveyRequest, survey};
pub use target::{TargetRule, TargetSpec};
pub use verdict::{Checks, Found, judge};

method::methods! {
    cam::Cam,
    grad_cam::GradCam,
    grad_cam_pp::GradCamPlusPlus,
}

/// What a network offers to be explained.
///
/// It is explained in inference mode: call [`valid`](burn::module::Module::valid) first, also on a
/// network that was loaded on a device without autodiff. Its dropout and batch normalisation
/// otherwise start to train as soon as a probe brings a tape, and [`gather`] refuses it.
pub trait Explainable {
    /// The logits of a forward that calls [`Tap::observe`] at each of [`layers`](Self::layers).
    ///
    /// # Shapes
    ///
    /// - `images`: `[batch, channels, height, width]`, standardised
    /// - returned: `[batch, classes]`
    fn forward_tapped(&self, images: Tensor<4>, tap: &mut Tap) -> Tensor<2>;

    /// The names of the places a tap can be set at, in forward order.
    fn layers(&self) -> Vec<String>;

    /// The weights of the final linear layer, if `layer` reaches the logits through global average
    /// pooling and that one linear layer alone; otherwise `None`.
    ///
    /// # Shapes
    ///
    /// - returned: `[classes, channels]`, the transpose of what Burn's `Linear` stores
    fn pooled_linear_weights(&self, layer: &str) -> Option<Tensor<2>>;

    /// What stands between the last layer and the logits, for the text of an error.
    fn head(&self) -> &str {
        "a head of its own"
    }
}
