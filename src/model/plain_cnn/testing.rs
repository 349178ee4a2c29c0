//! Weights and images by a formula that PyTorch can repeat, and the comparison with its numbers.

use burn::tensor::{Device, Tensor, TensorData};

/// Step of the formula between two values, in radians: no two of them are equal.
const STEP: f64 = 1.7;

/// Returns `count` values between `offset - scale` and `offset + scale`.
pub(super) fn formula(count: usize, phase: f64, [scale, offset]: [f64; 2]) -> Vec<f32> {
    let value = |at: usize| ((at as f64 * STEP + phase).sin() * scale + offset) as f32;
    (0..count).map(value).collect()
}

/// Returns two images, `[2, 3, 8, 8]`.
pub(super) fn images(device: &Device) -> Tensor<4> {
    let values = formula(2 * 3 * 64, 0.5, [1.5, 0.2]);
    Tensor::from_data(TensorData::new(values, [2, 3, 8, 8]), device)
}

/// Returns PyTorch's dense weights, `[outputs, inputs]`, in Burn's order, `[inputs, outputs]`.
pub(super) fn inputs_first(values: &[f32], [inputs, outputs]: [usize; 2]) -> Vec<f32> {
    let places = (0..inputs * outputs).map(|at| (at % outputs, at / outputs));
    places.map(|(o, i)| values[o * inputs + i]).collect()
}

/// Returns the largest difference, as a share of the largest expected value.
#[track_caller]
pub(super) fn farthest(found: &[f32], expected: &[f64]) -> f64 {
    assert_eq!(found.len(), expected.len());
    let largest = expected.iter().fold(0.0f64, |most, x| most.max(x.abs()));
    let pairs = found.iter().zip(expected);
    let differences = pairs.map(|(found, expected)| (f64::from(*found) - expected).abs());
    // NaN is farther than any number.
    let farther = |most: f64, x: f64| if most.is_nan() || x <= most { most } else { x };
    differences.fold(0.0, farther) / largest
}
