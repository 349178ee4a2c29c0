//! What all stacks of recurrent layers under a 1x1 head share: channels, states and size.

use burn::tensor::{Device, Tensor};

use crate::model::forecast_spec::ForecastSpec;
use crate::model::size::{NetworkSize, product, sum};

/// Returns the channels of the input and of the hidden state of each layer, lowest first.
pub(super) fn channels(spec: &ForecastSpec) -> Vec<[usize; 2]> {
    let mut input = spec.patch * spec.patch;
    let layers = spec.hidden.iter().map(|&hidden| {
        let channels = [input, hidden];
        input = hidden;
        channels
    });
    layers.collect()
}

/// Returns a state of zeros with `channels` channels.
///
/// # Shapes
/// - `patches`: `[batch, patch * patch, height, width]`
/// - returned: `[batch, channels, height, width]`
pub(super) fn zeros(patches: &Tensor<4>, channels: usize) -> Tensor<4> {
    let [batch, _, height, width] = patches.dims();
    let device: Device = patches.device();
    Tensor::zeros([batch, channels, height, width], &device)
}

/// The parameters of one layer.
#[derive(Debug, Clone, Copy)]
pub(super) struct LayerSize {
    /// Weights of convolutions, each used once per cell of a frame.
    pub(super) weights: u64,
    pub(super) biases: u64,
}

/// Returns the size of a stack, for one frame of `side` x `side` pixels. `layer` gets the channels of
/// a layer's input and of its hidden state.
pub(super) fn size(
    spec: &ForecastSpec,
    side: usize,
    layer: impl Fn([u64; 2]) -> LayerSize,
) -> NetworkSize {
    let [patch, side] = [spec.patch, side].map(|count| count as u64);
    let pixels = product(&[patch, patch]);
    let cells = product(&[side / patch, side / patch]);
    let (mut weights, mut biases, mut top) = (0, pixels, pixels);
    for channels in channels(spec) {
        let [input, hidden] = channels.map(|count| count as u64);
        let found = layer([input, hidden]);
        weights = sum(&[weights, found.weights]);
        biases = sum(&[biases, found.biases]);
        top = hidden;
    }
    weights = sum(&[weights, product(&[top, pixels])]);
    NetworkSize {
        parameters: sum(&[weights, biases]),
        multiply_adds: product(&[cells, weights]),
    }
}
