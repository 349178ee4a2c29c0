use std::path::PathBuf;

use burn::tensor::TensorData;
use burn::tensor::activation::sigmoid;
use safetensors::SafeTensors;

use super::*;
use crate::model::{Predictor, PredictorName};

/// The agreement that the golden file states for float32: `max|a - b| / max|b|`.
const GOLDEN: f32 = 1e-4;
/// Rounding of float32 sums over a kernel's cells, in another order.
const SUM_ORDER: f32 = 1e-5;

fn spec(hidden: &[usize], kernel: usize, patch: usize) -> ForecastSpec {
    ForecastSpec {
        network: PredictorName::default(),
        hidden: hidden.to_vec(),
        kernel,
        patch,
        forget_bias: 1.0,
        head_bias: -2.0,
    }
}

/// Returns frames between 0 and 1 from a formula, `[batch, time, 1, side, side]`.
fn frames([batch, time, side]: [usize; 3]) -> Tensor<5> {
    let values: Vec<f32> = (0..batch * time * side * side)
        .map(|i| (i as f32 * 12.9898).sin().abs())
        .collect();
    let data = TensorData::new(values, [batch, time, 1, side, side]);
    Tensor::from_data(data, &Device::flex())
}

#[track_caller]
fn assert_close<const D: usize>(a: &Tensor<D>, b: &Tensor<D>, tolerance: f32) {
    assert_eq!(a.dims(), b.dims());
    let largest: f32 = b.clone().abs().max().into_scalar();
    let difference: f32 = (a.clone() - b.clone()).abs().max().into_scalar();
    assert!(
        difference <= tolerance * largest,
        "{difference} of {largest}"
    );
}

/// One pixel, one channel, by hand: kernel weights 1 for the input and 0.5 for the hidden state in
/// every gate, no bias.
#[test]
fn two_steps_of_one_cell_by_hand() {
    let device = Device::flex();
    let mut network = ConvLstm::new(&spec(&[1], 1, 1), 4, 0, &device);
    let kernel = Tensor::<1>::from_floats([1., 0.5, 1., 0.5, 1., 0.5, 1., 0.5], &device);
    network.cells[0].gates.weight = Param::from_tensor(kernel.reshape([4, 2, 1, 1]));
    network.cells[0].gates.bias = Some(Param::from_tensor(Tensor::zeros([4], &device)));
    let ones: Tensor<5> = Tensor::ones([1, 2, 1, 4, 4], &device);
    let mut tap = Tap::activations_only(["hidden-0/0", "hidden-0/1"]);
    let _ = network.forward(ones, &mut tap);
    let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
    let first_cell = sigmoid(1.0) * 1f64.tanh();
    let first = sigmoid(1.0) * first_cell.tanh();
    let gate = 1.0 + 0.5 * first;
    let second_cell = sigmoid(gate) * first_cell + sigmoid(gate) * gate.tanh();
    let second = sigmoid(gate) * second_cell.tanh();
    for (observation, expected) in tap.into_observations().iter().zip([first, second]) {
        let found: f32 = observation.activation().max().into_scalar();
        assert!(
            (f64::from(found) - expected).abs() < 1e-6,
            "{found} {expected}"
        );
    }
}

#[test]
fn a_roll_out_is_the_forward_over_its_own_predictions() {
    let network = ConvLstm::new(&spec(&[3, 2], 3, 2), 8, 1, &Device::flex());
    let seen = frames([2, 3, 8]);
    let rolled = network.roll_out(seen.clone(), 3, &mut Tap::off());
    assert_eq!(rolled.dims(), [2, 3, 1, 8, 8]);
    let mut all = seen;
    for step in 0..3 {
        let [_, time, ..] = all.dims();
        let logits = network.forward(all.clone(), &mut Tap::off());
        let next = logits.narrow(1, time - 1, 1);
        assert_close(&rolled.clone().narrow(1, step, 1), &next, SUM_ORDER);
        all = Tensor::cat(vec![all, sigmoid(next)], 1);
    }
}

#[test]
fn a_prediction_sees_no_later_frame() {
    let network = ConvLstm::new(&spec(&[3], 3, 1), 8, 1, &Device::flex());
    let whole = network.forward(frames([1, 5, 8]), &mut Tap::off());
    let part = network.forward(frames([1, 5, 8]).narrow(1, 0, 3), &mut Tap::off());
    assert_close(&part, &whole.narrow(1, 0, 3), SUM_ORDER);
}

#[test]
fn the_places_are_those_a_forward_passes() {
    let network = ConvLstm::new(&spec(&[2, 2], 3, 2), 8, 1, &Device::flex());
    let mut tap = Tap::activations_only(Vec::<String>::new());
    let _ = network.forward(frames([1, 3, 8]), &mut tap);
    assert_eq!(tap.seen(), network.places(3));
    let mut tap = Tap::activations_only(Vec::<String>::new());
    let _ = network.roll_out(frames([1, 3, 8]), 3, &mut tap);
    // The last prediction is not fed back.
    let mut seen = tap.seen().to_vec();
    let mut expected = network.places(5);
    seen.sort();
    expected.sort();
    assert_eq!(seen, expected);
}

#[test]
fn forget_biases_start_where_told_and_nothing_else_does() {
    let network = ConvLstm::new(&spec(&[2], 3, 1), 8, 1, &Device::flex());
    let bias = network.cells[0].bias().expect("a bias");
    let bias: Vec<f32> = bias.into_data().iter::<f32>().collect();
    assert_eq!(bias[2..4], [1.0, 1.0]);
    // 1 / sqrt(3 channels * 9 cells) = 0.19.
    assert!(bias[..2].iter().chain(&bias[4..]).all(|b| b.abs() < 0.2));
    let head = network.head.bias.as_ref().expect("a bias").val();
    assert_eq!(head.into_scalar::<f32>(), -2.0);
}

/// The gradient through time at every hidden state, compared with central differences.
#[test]
fn gradients_through_time_meet_finite_differences() {
    let network = ConvLstm::new(&spec(&[2, 2], 3, 1), 4, 3, &Device::flex());
    let clip = frames([1, 4, 4]);
    let score = |logits: Tensor<5>| sigmoid(logits.narrow(1, 3, 1)).sum();
    let places = network.places(4);
    let mut tap = Tap::on(places.clone());
    let mut gradients = score(network.forward(clip.clone(), &mut tap)).backward();
    for observation in tap.into_observations() {
        // Only the upper layer reads the lower layer's last state, so all states have a gradient.
        let gradient = observation.gradient(&mut gradients).expect("a gradient");
        let found: f32 = gradient.flatten::<1>(0, 3).narrow(0, 5, 1).into_scalar();
        let moved = |by: f32| -> f32 {
            let change = |name: &str, state: Tensor<4>| {
                if name != observation.name() {
                    return state;
                }
                let mut values: Vec<f32> = state.to_data().iter::<f32>().collect();
                values[5] += by;
                Tensor::from_data(TensorData::new(values, state.dims()), &state.device())
            };
            score(forward_changed(&network, clip.clone(), &change)).into_scalar()
        };
        let step = 1e-2;
        let expected = (moved(step) - moved(-step)) / (2.0 * step);
        // Float32 scores of about 8 are exact to 5e-7: 5e-5 over two steps of 1e-2.
        assert!(
            (found - expected).abs() < 1e-4 + 1e-2 * expected.abs(),
            "{}: {found} against {expected}",
            observation.name()
        );
    }
}

/// Returns the forward pass written out time step by time step, with `change` applied to every
/// hidden state.
fn forward_changed(
    network: &ConvLstm,
    clip: Tensor<5>,
    change: &dyn Fn(&str, Tensor<4>) -> Tensor<4>,
) -> Tensor<5> {
    let [_, time, ..] = clip.dims();
    let mut memories: Vec<Option<Memory>> = vec![None; network.cells.len()];
    let mut logits = Vec::new();
    for step in 0..time {
        let mut input: Tensor<4> = clip.clone().narrow(1, step, 1).squeeze_dim(1);
        for (layer, cell) in network.cells.iter().enumerate() {
            let [batch, _, height, width] = input.dims();
            let [hidden] = cell
                .bias()
                .expect("a bias")
                .dims()
                .map(|gates| gates / GATES);
            let before = memories[layer].take().unwrap_or_else(|| Memory {
                hidden: Tensor::zeros([batch, hidden, height, width], &input.device()),
                cell: Tensor::zeros([batch, hidden, height, width], &input.device()),
            });
            let gates = cell
                .gates
                .forward(Tensor::cat(vec![input, before.hidden], 1));
            let gate = |index: usize| gates.clone().narrow(1, index * hidden, hidden);
            let kept = sigmoid(gate(1)) * before.cell + sigmoid(gate(0)) * gate(3).tanh();
            let hidden = sigmoid(gate(2)) * kept.clone().tanh();
            let hidden = change(&place(&hidden_state(layer), step), hidden);
            input = hidden.clone();
            memories[layer] = Some(Memory { hidden, cell: kept });
        }
        logits.push(network.head.forward(input).unsqueeze_dim(1));
    }
    Tensor::cat(logits, 1)
}

#[test]
#[ignore = "needs the golden files in $CAMTRAIL_GOLDEN"]
fn states_predictions_and_gradients_are_those_of_the_golden_file() {
    let folder = std::env::var_os("CAMTRAIL_GOLDEN")
        .expect("set CAMTRAIL_GOLDEN to the folder of the golden files to run this test");
    let path = PathBuf::from(folder).join("convlstm.safetensors");
    let bytes = std::fs::read(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
    let file = SafeTensors::deserialize(&bytes).expect("a safetensors file");
    let device = Device::flex();
    let data = |name: &str| {
        let view = file
            .tensor(name)
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let floats = view.data().chunks_exact(4);
        let values: Vec<f32> = floats
            .map(|bytes| f32::from_le_bytes(bytes.try_into().expect("four bytes")))
            .collect();
        TensorData::new(values, view.shape().to_vec())
    };
    let layers = (0..)
        .take_while(|layer| file.tensor(&format!("cell{layer}.conv.weight")).is_ok())
        .count();
    let hidden: Vec<usize> = (0..layers)
        .map(|layer| data(&format!("cell{layer}.conv.bias")).shape()[0] / GATES)
        .collect();
    let kernel = data("cell0.conv.weight").shape()[2];
    let clip: Tensor<5> = Tensor::from_data(data("frames"), &device);
    let [_, time, _, side, _] = clip.dims();
    let mut network = ConvLstm::new(&spec(&hidden, kernel, 1), side, 0, &device);
    for (layer, cell) in network.cells.iter_mut().enumerate() {
        let of = |part: &str| data(&format!("cell{layer}.conv.{part}"));
        cell.gates.weight = Param::from_tensor(Tensor::from_data(of("weight"), &device));
        cell.gates.bias = Some(Param::from_tensor(Tensor::from_data(of("bias"), &device)));
    }
    let head = |part: &str| data(&format!("head.{part}"));
    network.head.weight = Param::from_tensor(Tensor::from_data(head("weight"), &device));
    network.head.bias = Some(Param::from_tensor(Tensor::from_data(head("bias"), &device)));

    let mut tap = Tap::on((0..time).map(|step| place(&hidden_state(layers - 1), step)));
    let logits = network.forward(clip, &mut tap);
    let score = sigmoid(logits.clone().narrow(1, time - 1, 1)).sum();
    let expected: Tensor<5> = Tensor::from_data(data("logits"), &device);
    assert_close(&logits.without_autodiff(), &expected, GOLDEN);
    let states: Tensor<5> = Tensor::from_data(data("hidden"), &device);
    let slopes: Tensor<5> = Tensor::from_data(data("hidden_gradient"), &device);
    let mut gradients = score.backward();
    for (step, observation) in tap.into_observations().iter().enumerate() {
        let at = |all: &Tensor<5>| all.clone().narrow(1, step, 1).squeeze_dim::<4>(1);
        assert_close(&observation.activation(), &at(&states), GOLDEN);
        let gradient = observation.gradient(&mut gradients).expect("a gradient");
        assert_close(&gradient, &at(&slopes), GOLDEN);
    }
}
