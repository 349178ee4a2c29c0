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
#[cfg(test)]
mod laws;
pub mod method;
pub mod own_score;
mod plain_cnn;
pub mod plane;
pub mod quantity;
pub mod questions;
pub mod saliency;
pub mod statistics;
pub mod survey;
pub mod target;
#[cfg(test)]
mod testing;

pub use baseline::Baseline;
pub use confidence::{Standardisation, confidences, confidences_on_explanations};
pub use error::ExplainError;
pub use evidence::{Evidence, LayerEvidence, gather};
pub use explanation::{ExplainRequest, Explanation, explain, explain_watched};
pub use method::{Formula, Map, Method, Needs};
pub use own_score::{ScoreExplanation, ScoreRequest, explain_score, masked_region};
pub use plane::Plane;
pub use quantity::Quantity;
pub use questions::{Question, Questions};
pub use saliency::Saliency;
pub use statistics::{Interval, bootstrap, rank_correlation};
pub use survey::{MapSource, SourceMaps, Survey, SurveyRequest, survey, survey_watched};
pub use target::{TargetRule, TargetSpec};

method::methods! {
    cam,
    grad_cam,
    grad_cam_pp,
    layer_cam,
    hires_cam,
    xgrad_cam,
    score_cam,
    ablation_cam,
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

    /// The logits where `activation` stands at `layer`, by running only what comes after it.
    ///
    /// It serves the methods that ask about changed activations. `None`, which is the default, is
    /// always right: the whole network is then run, and the activation replaced on the way. Give
    /// logits only where they depend on the images through that activation alone, which no shortcut
    /// goes around.
    ///
    /// # Shapes
    ///
    /// - `activation`: `[batch, channels, height, width]`, as a tap at `layer` sees it
    /// - returned: `[batch, classes]`
    fn forward_from(&self, layer: &str, activation: Tensor<4>) -> Option<Tensor<2>> {
        let _ = (layer, activation);
        None
    }

    /// What stands between the last layer and the logits, for the text of an error.
    fn head(&self) -> &str {
        "a head of its own"
    }
}
