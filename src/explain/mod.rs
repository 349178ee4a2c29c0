//! Explanations: where a network looks when it gives an image to a class.
//!
//! A value's walk: [`TargetSpec`] names a class for each image and the [`Quantity`] of it that is
//! explained; [`gather`] runs one forward and one gradient pass and returns activations and
//! gradients; each [`Method`] turns them into a raw map, some after asking [`Questions`] of the
//! network; [`saliency`] resizes and normalises that map. [`explain`] does all of it for a list of
//! layers and methods, [`survey`](survey()) also makes the baselines, and [`explain_score`] explains
//! any score of any network. [`confidence`] then asks the network what it still sees through a map.
//! Networks are known only through [`Explainable`].
//!
//! # Examples
//!
//! Your own network: its forward pass reports to the tap what it computes.
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

/// What a network offers to be explained: a forward that tells a tap what it passes, and the names it
/// uses. The rest is optional.
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
    /// pooling and that one linear layer alone; otherwise `None`, which is the default.
    ///
    /// # Shapes
    ///
    /// - returned: `[classes, channels]`, the transpose of what Burn's `Linear` stores
    fn pooled_linear_weights(&self, layer: &str) -> Option<Tensor<2>> {
        let _ = layer;
        None
    }

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

    /// The convolutional blocks' layers, in forward order, each with the cells a side of its activation
    /// for images of `side` x `side` pixels: what a comparison by depth picks its layers from. None is
    /// the default.
    fn blocks(&self, side: usize) -> Vec<(String, usize)> {
        let _ = side;
        Vec::new()
    }

    /// What stands between the last layer and the logits, for the text of an error.
    fn head(&self) -> &str {
        "a head of its own"
    }
}
