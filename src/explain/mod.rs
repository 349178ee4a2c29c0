//! Explanations: the image regions that a network's class score depends on.
//!
//! The steps: [`TargetSpec`] selects a class for each image and the [`Quantity`] of it to explain;
//! [`gather`] runs one forward and one backward pass and returns activations and gradients; each
//! [`Method`] turns them into a raw map, some with more forward passes, their [`Questions`];
//! [`saliency`] resizes and normalises that map. [`explain`] does all of it for a list of layers
//! and methods, [`survey`](survey()) also computes the baselines, and [`explain_score`] explains
//! any score of any network. [`confidence`] then measures the network's confidence on the
//! explanation map. Networks are used only through [`Explainable`].
//!
//! # Examples
//!
//! Your own network: its forward pass reports its activations to the tap.
//!
//! ```
//! use burn::tensor::{Device, Tensor};
//! use camtrail::explain::{ExplainRequest, Explainable, Method, TargetSpec, explain};
//! use camtrail::model::tap::Tap;
//!
//! /// Two classes: bright and dark.
//! struct Brightness;
//!
//! impl Explainable for Brightness {
//!     fn forward_tapped(&self, images: Tensor<4>, tap: &mut Tap) -> Tensor<2> {
//!         let pixels = tap.observe("pixels", images);
//!         let bright = pixels.flatten::<2>(1, 3).sum_dim(1);
//!         Tensor::cat(vec![bright.clone(), -bright], 1)
//!     }
//!
//!     fn layers(&self) -> Vec<String> {
//!         vec!["pixels".to_owned()]
//!     }
//! }
//!
//! let image = Tensor::<4>::from_floats([[[[0.0, 1.0], [2.0, 4.0]]]], &Device::flex());
//! let request = ExplainRequest {
//!     layers: Brightness.layers(),
//!     methods: vec![Method::parse("grad-cam")?, Method::parse("hires-cam")?],
//!     target: TargetSpec::predicted(),
//! };
//! let found = explain(&Brightness, image, &request)?;
//! assert_eq!(found[1].saliency.raw.values(), [0.0, 1.0, 2.0, 4.0]);
//! assert_eq!(found[1].saliency.normalised.values(), [0.0, 0.25, 0.5, 1.0]);
//! # Ok::<(), camtrail::explain::ExplainError>(())
//! ```

use burn::tensor::Tensor;

use crate::model::tap::Tap;

mod backbone;
pub mod baseline;
mod chunk;
pub mod confidence;
pub mod consistency;
pub mod error;
pub mod evidence;
pub mod explanation;
#[cfg(test)]
mod laws;
mod layer_maps;
pub mod localize;
mod map_source;
pub mod method;
pub mod metrics;
pub mod own_score;
pub mod placement;
mod plain_cnn;
pub mod plane;
pub mod quantity;
pub mod questions;
pub mod retrained;
pub mod saliency;
pub mod sanity;
pub mod sequence;
pub mod signed;
pub mod survey;
pub mod target;
#[cfg(test)]
mod testing;
mod trained;
pub mod verdict;

pub use crate::data::statistics::{Interval, bootstrap, rank_correlation};
pub use baseline::Baseline;
pub use confidence::{Standardisation, confidences, confidences_on_explanations};
pub use error::ExplainError;
pub use evidence::{Evidence, LayerEvidence, gather};
pub use explanation::{ExplainRequest, Explanation, explain, explain_watched};
pub use layer_maps::LayerMaps;
pub use map_source::MapSource;
pub use method::{Formula, Map, Method, Needs};
pub use own_score::{ScoreExplanation, ScoreRequest, explain_score, masked_region};
pub use placement::placed;
pub use plane::Plane;
pub use quantity::Quantity;
pub use questions::{Question, Questions};
pub use retrained::WithHeads;
pub use saliency::Saliency;
pub use sanity::{Deviation, Likeness, cam_is_grad_cam, completeness};
pub use signed::{Common, SignedMaps, SignedSurvey, signed_survey};
pub use survey::{SourceMaps, Survey, SurveyRequest, survey, survey_watched};
pub use target::{TargetRule, TargetSpec};
pub use verdict::{Checks, Found, judge};

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

/// What a network provides to be explained: a forward pass that reports activations to a tap, and
/// the names of its layers. The rest is optional.
///
/// The network must be in inference mode: call [`valid`](burn::module::Module::valid) first, even
/// if it was loaded on a device without autodiff. Otherwise its dropout and batch normalisation
/// start to train as soon as a probe starts an autodiff graph, and [`gather`] rejects it.
pub trait Explainable {
    /// Returns the logits of a forward pass that calls [`Tap::observe`] at each of
    /// [`layers`](Self::layers).
    ///
    /// # Shapes
    ///
    /// - `images`: `[batch, channels, height, width]`, standardised
    /// - returned: `[batch, classes]`
    fn forward_tapped(&self, images: Tensor<4>, tap: &mut Tap) -> Tensor<2>;

    /// Returns the names of the layers that a tap can observe, in forward order.
    fn layers(&self) -> Vec<String>;

    /// Returns the weights of the final linear layer, if `layer` reaches the logits through only
    /// global average pooling and that linear layer; otherwise `None`, which is the default.
    ///
    /// # Shapes
    ///
    /// - returned: `[classes, channels]`, the transpose of the weights in Burn's `Linear`
    fn pooled_linear_weights(&self, layer: &str) -> Option<Tensor<2>> {
        let _ = layer;
        None
    }

    /// Returns the logits for `activation` at `layer`, by running only what comes after it.
    ///
    /// Methods that change activations use it. `None`, the default, is always correct: the whole
    /// network is then run, and the activation replaced on the way. Return logits only if they
    /// depend on the images through that activation alone, without a shortcut around it.
    ///
    /// # Shapes
    ///
    /// - `activation`: `[batch, channels, height, width]`, as a tap at `layer` sees it
    /// - returned: `[batch, classes]`
    fn forward_from(&self, layer: &str, activation: Tensor<4>) -> Option<Tensor<2>> {
        let _ = (layer, activation);
        None
    }

    /// Returns the layers of the convolutional blocks, in forward order, each with the cells per
    /// side of its activation for images of `side` x `side` pixels. Comparisons by depth select
    /// their layers from them. The default is none.
    fn blocks(&self, side: usize) -> Vec<(String, usize)> {
        let _ = side;
        Vec::new()
    }

    /// Returns a description of what lies between the last layer and the logits, for error
    /// messages.
    fn head(&self) -> &str {
        "a head of its own"
    }
}
