//! A network inside the page: its description and its weights, for the page's own program.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use safetensors::{Dtype, SafeTensors};
use serde::Serialize;
use serde_json::Value;

use crate::figure::network_title;
use crate::run::{ImageRecord, PixelStatistics};

/// The program that reads pictures and runs embedded networks, as JavaScript. It defines `Picture`,
/// `Layers` and `Network`, and uses nothing else of the page.
pub const NETWORK_PROGRAM: &str = concat!(
    include_str!("picture.js"),
    include_str!("layers.js"),
    include_str!("network.js"),
);

/// The networks that the program runs, as `model.network` names them.
const PLAIN_CNN: &str = "plain-cnn";

/// What is known of a network that is to run in the page.
#[derive(Debug, Clone, Copy)]
pub struct NetworkSource<'a> {
    /// Name of its experiment, such as "trial-d".
    pub trial: &'a str,
    /// Training seed.
    pub seed: u64,
    /// Epoch of its weights.
    pub epoch: u32,
    /// `[model]` of its experiment.
    pub model: &'a Value,
    /// Its images and classes.
    pub images: &'a ImageRecord,
    /// How its input is standardised.
    pub statistics: &'a PixelStatistics,
    /// Its exported weights: a `.safetensors` file of floats. With 16 bits the page is half as large;
    /// with those of the training, its maps are those of the command line.
    pub weights: &'a [u8],
}

/// A network as the page's program reads it: the arguments of `Network.load`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EmbeddedNetwork {
    spec: Spec,
    tensors: Vec<EmbeddedTensor>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct Spec {
    trial: String,
    title: String,
    seed: u64,
    epoch: u32,
    model: Value,
    side: usize,
    classes: Vec<String>,
    mean: Vec<f32>,
    std: Vec<f32>,
}

/// A tensor: floats, row-major, little-endian, in base64.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct EmbeddedTensor {
    name: String,
    shape: Vec<usize>,
    /// "F16" or "F32".
    dtype: String,
    values: String,
}

/// Why a network cannot run in the page.
#[derive(Debug, thiserror::Error)]
pub enum NetworkError {
    /// The page's program has no such layers.
    #[error("{trial} is not made of plain blocks, so it does not run in the page")]
    NotPlain {
        /// The experiment.
        trial: String,
    },
    /// The weights cannot be read.
    #[error("the weights of {trial} cannot be read: {reason}")]
    Damaged {
        /// The experiment.
        trial: String,
        /// What is wrong.
        reason: String,
    },
    /// The weights are of a type that the page's program cannot read.
    #[error("tensor \"{tensor}\" of {trial} is stored as {found}, not as F16 or F32")]
    NotFloats {
        /// The experiment.
        trial: String,
        /// The tensor.
        tensor: String,
        /// How it is stored.
        found: Dtype,
    },
}

impl EmbeddedNetwork {
    /// Returns the network of `source`.
    ///
    /// # Errors
    /// [`NetworkError`]: a network that is not a plain CNN or has shortcuts; weights that are no
    /// `.safetensors` file of 16-bit or 32-bit floats.
    pub fn new(source: &NetworkSource<'_>) -> Result<Self, NetworkError> {
        let trial = || source.trial.to_string();
        let key = |name: &str| source.model.get(name);
        let is_plain = key("network").is_none_or(|network| *network == *PLAIN_CNN);
        let bypasses = key("shortcut").is_some_and(|shortcut| *shortcut == true);
        if !is_plain || bypasses {
            return Err(NetworkError::NotPlain { trial: trial() });
        }
        let file = SafeTensors::deserialize(source.weights);
        let file = file.map_err(|reason| NetworkError::Damaged {
            trial: trial(),
            reason: reason.to_string(),
        })?;
        // The library lists them in no fixed order.
        let mut stored = file.tensors();
        stored.sort_by(|(one, _), (other, _)| one.cmp(other));
        let mut tensors = Vec::new();
        for (name, tensor) in stored {
            if !matches!(tensor.dtype(), Dtype::F16 | Dtype::F32) {
                return Err(NetworkError::NotFloats {
                    trial: trial(),
                    tensor: name,
                    found: tensor.dtype(),
                });
            }
            tensors.push(EmbeddedTensor {
                name,
                shape: tensor.shape().to_vec(),
                dtype: tensor.dtype().to_string(),
                values: STANDARD.encode(tensor.data()),
            });
        }
        Ok(Self {
            spec: Spec {
                trial: trial(),
                // A run on another base is called "shapes/trial-d".
                title: network_title("", source.trial.rsplit('/').next().unwrap_or(source.trial)),
                seed: source.seed,
                epoch: source.epoch,
                model: source.model.clone(),
                side: source.images.side,
                classes: source.images.class_names.clone(),
                mean: source.statistics.mean.clone(),
                std: source.statistics.std.clone(),
            },
            tensors,
        })
    }

    /// Returns the side of its images in pixels, and the number of its classes.
    pub(super) fn sight(&self) -> (usize, usize) {
        (self.spec.side, self.spec.classes.len())
    }

    /// Returns the name of its experiment.
    pub fn trial(&self) -> &str {
        &self.spec.trial
    }

    /// Returns how much of the page its weights take, in bytes.
    pub fn bytes(&self) -> usize {
        let tensors = self.tensors.iter();
        tensors.map(|tensor| tensor.values.len()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use safetensors::serialize;
    use safetensors::tensor::TensorView;
    use serde_json::json;

    /// 1, -2 and 0.5 as 16-bit floats.
    const HALVES: [u8; 6] = [0x00, 0x3c, 0x00, 0xc0, 0x00, 0x38];

    fn embedded(model: &Value, weights: &[u8]) -> Result<EmbeddedNetwork, NetworkError> {
        EmbeddedNetwork::new(&NetworkSource {
            trial: "trial-x",
            seed: 3,
            epoch: 7,
            model,
            images: &ImageRecord {
                side: 8,
                class_names: vec!["</script>".to_string(), "two".to_string()],
            },
            statistics: &PixelStatistics {
                mean: vec![0.5, 0.25, 0.125],
                std: vec![1.0, 2.0, 4.0],
            },
            weights,
        })
    }

    fn file(dtype: Dtype, shape: Vec<usize>) -> Vec<u8> {
        let [one, two] = ["b", "a"].map(|name| {
            let view = TensorView::new(dtype, shape.clone(), &HALVES);
            (name, view.expect("the shape fits"))
        });
        serialize([one, two], None).expect("written")
    }

    #[test]
    fn a_network_by_hand() {
        let model = json!({"network": "plain-cnn", "filters": [4], "shortcut": false});
        let network = embedded(&model, &file(Dtype::F16, vec![1, 3])).expect("a plain CNN");
        let written = serde_json::to_value(&network).expect("JSON");
        let tensor = |name: &str| json!({"name": name, "shape": [1, 3], "dtype": "F16", "values": "ADwAwAA4"});
        let expected = json!({
            "spec": {
                "trial": "trial-x", "title": "Trial X", "seed": 3, "epoch": 7, "model": model, "side": 8,
                "classes": ["</script>", "two"],
                "mean": [0.5, 0.25, 0.125], "std": [1.0, 2.0, 4.0],
            },
            "tensors": [tensor("a"), tensor("b")],
        });
        assert_eq!(written, expected);
        assert_eq!((network.trial(), network.bytes()), ("trial-x", 16));
    }

    #[test]
    fn networks_that_the_program_cannot_run_are_refused() {
        let half = file(Dtype::F16, vec![3]);
        let refused = |model: Value, weights: &[u8]| {
            let error = embedded(&model, weights).expect_err("refused");
            error.to_string()
        };
        for model in [
            json!({"network": "vgg16"}),
            json!({"network": "plain-cnn", "shortcut": true}),
        ] {
            assert_eq!(
                refused(model, &half),
                "trial-x is not made of plain blocks, so it does not run in the page"
            );
        }
        let plain = json!({"filters": [4]});
        assert!(
            embedded(&plain, &half).is_ok(),
            "older runs name no network"
        );
        let cut = refused(plain.clone(), &half[..half.len() - 1]);
        assert!(
            cut.starts_with("the weights of trial-x cannot be read: "),
            "{cut}"
        );
        assert_eq!(
            refused(plain, &file(Dtype::U8, vec![6])),
            "tensor \"a\" of trial-x is stored as U8, not as F16 or F32"
        );
    }
}
