//! Maps of every hidden state from one forward and one backward pass.

use burn::tensor::activation::sigmoid;
use burn::tensor::{Tensor, TensorData};

use crate::data::Mask;
use crate::explain::evidence::check_finite;
use crate::explain::{ExplainError, LayerEvidence, Method, Needs, Plane, evidence::layer_evidence};
use crate::kernels::{sum, sum_dim};
use crate::model::tap::Tap;
use crate::model::{Predictor, place};

/// Absolute correlation with the predicted frame from which a map only repeats it.
///
/// For the newest state of the last layer under a 1 x 1 head, Grad-CAM of the summed prediction is
/// a weighted sum of the logits, and so the prediction itself.
pub const REPEATS: f64 = 0.95;

/// The result of one forward and one backward pass over a batch of clips. No tensor has an autodiff
/// graph.
#[derive(Debug, Clone)]
pub struct SequenceEvidence {
    /// The predicted frame after the last shown one, `[batch, height, width]`, 0 to 1.
    pub prediction: Tensor<3>,
    /// The sum of the predicted frame over each clip's region, `[batch]`.
    pub scores: Tensor<1>,
    /// Activation and gradient of the hidden states: layers from the lowest, each with its states
    /// from the oldest.
    pub layers: Vec<Vec<LayerEvidence>>,
}

/// Returns the evidence at every hidden state for the score S: the predicted frame after the last
/// of `frames`, summed over each clip's region.
///
/// The gradient at a state includes every path to the prediction except those through its own cell
/// state, which is held constant.
///
/// # Shapes
/// - `frames`: `[batch, time, 1, height, width]`, 0 to 1
/// - `regions`: `[batch]` masks of `[height, width]`
///
/// # Errors
/// [`ExplainError::NonFiniteEvidence`] if a value is not finite.
///
/// # Panics
/// If there is no clip, or not one region of the frames' size per clip.
pub fn gather_states(
    network: &dyn Predictor,
    frames: Tensor<5>,
    regions: &[Mask],
) -> Result<SequenceEvidence, ExplainError> {
    let [batch, time, _, height, width] = frames.dims();
    let device = frames.device();
    let inside: Vec<f32> = regions.iter().flat_map(Mask::values).collect();
    let inside = Tensor::<3>::from_data(TensorData::new(inside, [batch, height, width]), &device);
    let mut tap = Tap::on(network.places(time));
    let logits = network.forward(frames.without_autodiff(), &mut tap);
    let predicted = sigmoid(logits.narrow(1, time - 1, 1)).reshape([batch, height, width]);
    let prediction = predicted.clone().without_autodiff();
    check_finite(&prediction, "output", "the network")?;
    let inside = (predicted * inside).reshape([batch, height * width]);
    let scores: Tensor<1> = sum_dim(inside, 1).squeeze_dim(1);
    let mut found = layer_evidence(sum(scores.clone()), tap)?;
    let layers = network.state_names().into_iter().map(|state| {
        let states = (0..time).map(|step| {
            let name = place(&state, step);
            let at = found.iter().position(|state| state.name == name);
            found.swap_remove(at.expect("the forward passes every place once"))
        });
        states.collect()
    });
    let layers = layers.collect();
    Ok(SequenceEvidence {
        prediction,
        scores: scores.without_autodiff(),
        layers,
    })
}

/// Returns the map of each clip at one state, before its ReLU, at native size.
///
/// # Shapes
/// - returned: `[batch, height, width]` of the state
///
/// # Errors
/// [`ExplainError::NotGradient`] for a method that needs more than the gradient,
/// [`ExplainError::NonFiniteMap`].
pub fn signed_maps(method: Method, state: &LayerEvidence) -> Result<Tensor<3>, ExplainError> {
    if method.needs() != Needs::Gradient {
        return Err(method.not_gradient());
    }
    let maps = method.signed_map(state);
    if !maps.clone().is_finite().all().into_scalar::<bool>() {
        return Err(ExplainError::NonFiniteMap {
            method: method.name().to_owned(),
            layer: state.name.clone(),
        });
    }
    Ok(maps)
}

/// Returns a frame at the size of a state: the mean over each cell's pixels.
///
/// # Panics
/// If the cells do not tile the frame.
pub fn pooled(frame: &Plane, [rows, columns]: [usize; 2]) -> Plane {
    let [height, width] = frame.size();
    assert!(
        height.is_multiple_of(rows) && width.is_multiple_of(columns),
        "{rows} x {columns} cells do not tile {height} x {width} pixels"
    );
    let (down, across) = (height / rows, width / columns);
    let cells = (0..rows * columns).map(|cell| {
        let (top, left) = (cell / columns * down, cell % columns * across);
        let pixels =
            (0..down * across).map(|place| frame.at(top + place / across, left + place % across));
        pixels.sum::<f32>() / (down * across) as f32
    });
    Plane::new([rows, columns], cells.collect())
}

/// Returns Pearson's correlation of a map with the predicted frame averaged over the map's cells;
/// `None` if one of them is constant.
///
/// # Panics
/// As [`pooled`].
pub fn likeness(map: &Plane, prediction: &Plane) -> Option<f64> {
    let cells = pooled(prediction, map.size());
    let count = map.values().len() as f64;
    let mean = |plane: &Plane| plane.values().iter().map(|v| f64::from(*v)).sum::<f64>() / count;
    let (a, b) = (mean(map), mean(&cells));
    let product = |x: &Plane, mx: f64, y: &Plane, my: f64| -> f64 {
        let pairs = x.values().iter().zip(y.values());
        pairs
            .map(|(x, y)| (f64::from(*x) - mx) * (f64::from(*y) - my))
            .sum()
    };
    let spread = (product(map, a, map, a) * product(&cells, b, &cells, b)).sqrt();
    (spread > 0.0).then(|| product(map, a, &cells, b) / spread)
}

#[cfg(test)]
#[path = "maps_tests.rs"]
mod tests;
