//! `[forecast]` of an experiment: the next-frame predictor to build.

use serde::{Deserialize, Serialize};

/// Maximum number of hidden channels of a layer.
const MOST_HIDDEN: usize = 4096;
/// Maximum number of layers.
const MOST_LAYERS: usize = 32;
/// Supported sides of a patch.
const PATCHES: [usize; 3] = [1, 2, 4];

/// The network of an experiment that names none.
const USUAL_NETWORK: &str = "conv-lstm";

/// The name of a next-frame predictor in the list of predictors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PredictorName(String);

impl PredictorName {
    /// Returns the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns whether it is the network of an experiment that names none.
    pub fn is_usual(&self) -> bool {
        self.0 == USUAL_NETWORK
    }
}

impl Default for PredictorName {
    fn default() -> Self {
        Self(USUAL_NETWORK.to_owned())
    }
}

impl From<&str> for PredictorName {
    fn from(name: &str) -> Self {
        Self(name.to_owned())
    }
}

/// A next-frame predictor: its kind and its layers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForecastSpec {
    /// The network. An experiment that omits it has a ConvLSTM.
    #[serde(default, skip_serializing_if = "PredictorName::is_usual")]
    pub network: PredictorName,
    /// Hidden channels of each layer, lowest first.
    pub hidden: Vec<usize>,
    /// Side of the gates' convolution kernel, odd, in cells.
    pub kernel: usize,
    /// Side of the squares of pixels that are folded into channels: 1, 2 or 4.
    pub patch: usize,
    /// Initial value of the forget gates' biases, instead of a random one (Jozefowicz et al. 2015).
    pub forget_bias: f64,
    /// Initial value of the head's biases: the log-odds of a white pixel, so that training does not
    /// start by learning that frames are mostly black (as in Lin et al. 2017, section 4.1).
    pub head_bias: f64,
}

/// A `[forecast]` that cannot be built.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ForecastSpecError {
    /// There is no network with this name.
    #[error("no such network, known are \"{}\"", .known.join("\", \""))]
    UnknownNetwork {
        /// The name given.
        network: String,
        /// The names of all predictors.
        known: Vec<&'static str>,
    },
    /// There is no layer, or there are too many.
    #[error("hidden has {layers} layers; give 1 to {MOST_LAYERS}, such as [64, 64]")]
    Layers {
        /// Number of layers requested.
        layers: usize,
    },
    /// A layer has no channels, or too many.
    #[error("hidden has a layer of {channels} channels; give 1 to {MOST_HIDDEN}")]
    Channels {
        /// Number of channels requested.
        channels: usize,
    },
    /// The layers break a rule of this network alone.
    #[error("{rule}")]
    Hidden {
        /// What is wrong with `hidden` and what to give.
        rule: &'static str,
    },
    /// The kernel has no centre, or is larger than the picture.
    #[error("kernel = {kernel}; give an odd number from 1 to {most}")]
    Kernel {
        /// Side requested.
        kernel: usize,
        /// Largest side.
        most: usize,
    },
    /// The frames cannot be divided into such patches.
    #[error("patch = {patch}, frames of {side} pixels can be cut into patches of 1, 2 or 4")]
    Patch {
        /// Side requested.
        patch: usize,
        /// Side of a frame.
        side: usize,
    },
}

impl ForecastSpec {
    /// Returns the network's description, such as "conv-lstm 64-64 kernel 3 patch 4".
    pub fn describe(&self) -> String {
        let hidden: Vec<String> = self.hidden.iter().map(ToString::to_string).collect();
        let hidden = hidden.join("-");
        format!(
            "{} {hidden} kernel {} patch {}",
            self.network.as_str(),
            self.kernel,
            self.patch
        )
    }

    /// Checks the ranges of the layers' numbers for frames of `side` x `side` pixels.
    ///
    /// # Errors
    /// [`ForecastSpecError`] with what is wrong and what is allowed.
    pub fn check(&self, side: usize) -> Result<(), ForecastSpecError> {
        let layers = self.hidden.len();
        if !(1..=MOST_LAYERS).contains(&layers) {
            return Err(ForecastSpecError::Layers { layers });
        }
        let allowed = |channels: &&usize| !(1..=MOST_HIDDEN).contains(*channels);
        if let Some(&channels) = self.hidden.iter().find(allowed) {
            return Err(ForecastSpecError::Channels { channels });
        }
        let patch = self.patch;
        if !PATCHES.contains(&patch) || !side.is_multiple_of(patch) {
            return Err(ForecastSpecError::Patch { patch, side });
        }
        let (kernel, most) = (self.kernel, side / patch);
        if kernel.is_multiple_of(2) || kernel > most {
            return Err(ForecastSpecError::Kernel { kernel, most });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_built_is_bounded() {
        let spec = ForecastSpec {
            network: PredictorName::default(),
            hidden: vec![8, 4],
            kernel: 3,
            patch: 2,
            forget_bias: 1.0,
            head_bias: 0.0,
        };
        assert_eq!(spec.check(64), Ok(()));
        assert_eq!(spec.describe(), "conv-lstm 8-4 kernel 3 patch 2");
        let with = |change: &dyn Fn(&mut ForecastSpec)| {
            let mut changed = spec.clone();
            change(&mut changed);
            changed.check(64)
        };
        use ForecastSpecError as E;
        assert_eq!(with(&|s| s.hidden.clear()), Err(E::Layers { layers: 0 }));
        assert_eq!(with(&|s| s.hidden[1] = 0), Err(E::Channels { channels: 0 }));
        let (kernel, most) = (4, 32);
        assert_eq!(with(&|s| s.kernel = 4), Err(E::Kernel { kernel, most }));
        let (patch, side) = (3, 64);
        assert_eq!(with(&|s| s.patch = 3), Err(E::Patch { patch, side }));
    }
}
