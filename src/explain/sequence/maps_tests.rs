//! Maps of hidden states: against the formula, against the trivial case, and by hand.

use burn::module::Module;
use burn::tensor::Device;

use super::*;
use crate::data::clips::CANVAS_SIDE;
use crate::model::{ConvLstm, ForecastSpec, PredictorName};

/// Rounding of float32 sums over a few thousand cells, in another order.
const SUM_ORDER: f64 = 1e-4;

fn network(hidden: &[usize], patch: usize) -> ConvLstm {
    let spec = ForecastSpec {
        network: PredictorName::default(),
        hidden: hidden.to_vec(),
        kernel: 3,
        patch,
        forget_bias: 1.0,
        head_bias: -1.0,
    };
    ConvLstm::new(&spec, CANVAS_SIDE, 5, &Device::flex()).valid()
}

/// Returns frames between 0 and 1 from a formula.
fn frames(batch: usize, time: usize) -> Tensor<5> {
    let count = batch * time * CANVAS_SIDE * CANVAS_SIDE;
    let values: Vec<f32> = (0..count).map(|i| (i as f32 * 0.37).sin().abs()).collect();
    let shape = [batch, time, 1, CANVAS_SIDE, CANVAS_SIDE];
    Tensor::from_data(TensorData::new(values, shape), &Device::flex())
}

fn whole() -> Mask {
    let mut mask = Mask::new(CANVAS_SIDE, CANVAS_SIDE);
    for place in 0..CANVAS_SIDE * CANVAS_SIDE {
        mask.insert(place % CANVAS_SIDE, place / CANVAS_SIDE);
    }
    mask
}

fn corner() -> Mask {
    let mut mask = Mask::new(CANVAS_SIDE, CANVAS_SIDE);
    for place in 0..16 * 16 {
        mask.insert(place % 16, place / 16);
    }
    mask
}

fn method(name: &str) -> Method {
    Method::parse(name).expect("listed")
}

#[test]
fn states_come_by_layer_from_the_oldest_and_clips_do_not_see_each_other() {
    let network = network(&[3, 2], 4);
    let both = gather_states(&network, frames(2, 3), &[whole(), corner()]).expect("finite");
    let names = |layer: usize| -> Vec<String> {
        both.layers[layer]
            .iter()
            .map(|state| state.name.clone())
            .collect()
    };
    assert_eq!(names(0), ["hidden-0/0", "hidden-0/1", "hidden-0/2"]);
    assert_eq!(names(1), ["hidden-1/0", "hidden-1/1", "hidden-1/2"]);
    let second = frames(2, 3).narrow(0, 1, 1);
    let alone = gather_states(&network, second, &[corner()]).expect("finite");
    let difference =
        both.layers[0][1].gradient.clone().narrow(0, 1, 1) - alone.layers[0][1].gradient.clone();
    assert!(difference.abs().max().into_scalar::<f32>() < 1e-6);
    // The score is the prediction's sum over the region.
    let [_, height, width] = alone.prediction.dims();
    let values: Vec<f32> = alone.prediction.into_data().iter::<f32>().collect();
    let sum: f32 = (0..height * width)
        .filter(|place| place % width < 16 && place / width < 16)
        .map(|place| values[place])
        .sum();
    let score: f32 = alone.scores.into_scalar();
    assert!((score - sum).abs() < 1e-3, "{score} {sum}");
}

/// The score's gradient at a state is the change of the score per small change of that state,
/// through later states and upper layers.
#[test]
fn the_gradient_at_a_past_state_meets_finite_differences() {
    let network = network(&[2, 2], 4);
    let evidence = gather_states(&network, frames(1, 3), &[corner()]).expect("finite");
    let state = &evidence.layers[0][0];
    let step = 2e-2f32;
    let largest: f32 = state.gradient.clone().abs().max().into_scalar();
    let direction = state.gradient.clone() / largest;
    let slope: f32 = (state.gradient.clone() * direction.clone())
        .sum()
        .into_scalar();
    let score = |factor: f32| -> f64 {
        let moved = state.activation.clone() + direction.clone() * factor;
        let mut tap = Tap::replacing(state.name.clone(), moved);
        let logits = network.forward(frames(1, 3), &mut tap);
        let predicted = sigmoid(logits.narrow(1, 2, 1));
        let region: Vec<f32> = corner().values().collect();
        let shape = [1, 1, 1, CANVAS_SIDE, CANVAS_SIDE];
        let region = Tensor::<5>::from_data(TensorData::new(region, shape), &Device::flex());
        f64::from((predicted * region).sum().into_scalar::<f32>())
    };
    let difference = (score(step) - score(-step)) / f64::from(2.0 * step);
    let error = (difference - f64::from(slope)).abs() / f64::from(slope).abs();
    // Central differences of a float32 sum over 256 pixels near 0.3.
    assert!(error < 5e-3, "{difference} {slope}");
}

/// The trivial case: under a 1 x 1 head without patches, Grad-CAM of the newest state of the last
/// layer, for the whole frame and as far as the sigmoid is linear, is the predicted frame.
#[test]
fn the_newest_map_of_the_last_layer_repeats_the_prediction_and_older_ones_do_not() {
    let network = network(&[3], 1);
    let evidence = gather_states(&network, frames(1, 4), &[whole()]).expect("finite");
    let prediction = Plane::from_batch(evidence.prediction).swap_remove(0);
    let of = |time: usize| {
        let maps = signed_maps(method("grad-cam"), &evidence.layers[0][time]).expect("a map");
        likeness(&Plane::from_batch(maps)[0], &prediction).expect("not constant")
    };
    assert!(of(3) > 0.999, "{}", of(3));
    assert!(of(1).abs() < REPEATS, "{}", of(1));
}

#[test]
fn maps_keep_their_sign_and_are_those_of_the_formula() {
    let network = network(&[3], 4);
    let evidence = gather_states(&network, frames(1, 2), &[corner()]).expect("finite");
    let state = &evidence.layers[0][0];
    let found = Plane::from_batch(signed_maps(method("hires-cam"), state).expect("a map"));
    let product = (state.activation.clone() * state.gradient.clone()).sum_dim(1);
    let expected: Vec<f32> = product.into_data().iter::<f32>().collect();
    let largest = expected
        .iter()
        .fold(0.0f32, |most, value| most.max(value.abs()));
    for (found, expected) in found[0].values().iter().zip(&expected) {
        // A float32 sum over three channels in another order.
        assert!(
            (found - expected).abs() < 1e-6 * largest,
            "{found} {expected}"
        );
    }
    assert_eq!(found[0].values().len(), expected.len());
    assert!(expected.iter().any(|value| *value < 0.0));
}

#[test]
fn a_method_that_needs_more_is_refused_with_those_that_do_not() {
    let network = network(&[2], 4);
    let evidence = gather_states(&network, frames(1, 1), &[whole()]).expect("finite");
    let state = &evidence.layers[0][0];
    for name in ["cam", "score-cam"] {
        let error = signed_maps(method(name), state)
            .expect_err("refused")
            .to_string();
        let start = format!("method \"{name}\" cannot explain hidden states; known: \"grad-cam\"");
        assert!(error.starts_with(&start), "{error}");
    }
}

#[test]
fn likeness_by_hand() {
    let frame = Plane::new([2, 4], vec![0., 2., 4., 4., 2., 0., 4., 4.]);
    assert_eq!(pooled(&frame, [1, 2]).values(), [1.0, 4.0]);
    // Cells 1 and 4 rise with 10 and 40, and fall against 3 and 2.
    let like = |values: [f32; 2]| likeness(&Plane::new([1, 2], values.to_vec()), &frame);
    assert!((like([10.0, 40.0]).expect("varies") - 1.0).abs() < SUM_ORDER);
    assert!((like([3.0, 2.0]).expect("varies") + 1.0).abs() < SUM_ORDER);
    assert_eq!(like([2.0, 2.0]), None);
}
