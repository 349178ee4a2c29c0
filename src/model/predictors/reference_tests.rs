//! Every predictor of the list against its paper's equations in PyTorch: `tests/reference/predictors.py`
//! writes the files.

use std::path::Path;

use burn::module::{ModuleMapper, ModuleVisitor, Param};
use burn::tensor::activation::sigmoid;
use burn::tensor::{Device, Gradients, Tensor, TensorData};
use safetensors::SafeTensors;

use super::*;
use crate::model::predictor::place;
use crate::model::tap::Tap;

/// Rounding of float32 against double precision, as a share of the largest value. Found: 2.1e-7 at most
/// for states and logits, 3.4e-7 for gradients.
const TOLERANCE: f64 = 1e-6;

const SIDE: usize = 8;
const TIME: usize = 3;
const LAYERS: usize = 2;

/// Returns `count` values of a formula, computed in double precision.
fn formula(count: usize, value: impl Fn(f64) -> f64) -> Vec<f32> {
    (0..count).map(|place| value(place as f64) as f32).collect()
}

/// Sets every parameter by the formula of its number.
#[derive(Default)]
struct Set(usize);

impl ModuleMapper for Set {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let (id, tensor, mapper) = param.consume();
        let number = self.0 as f64;
        self.0 += 1;
        let values = formula(tensor.shape().num_elements(), |place| {
            0.5 * (12.9898 * (place + 1.0) + 78.233 * number).sin()
        });
        let set = Tensor::from_data(TensorData::new(values, tensor.dims()), &tensor.device());
        Param::from_mapped_value(id, set.require_grad(), mapper)
    }
}

/// The gradients of the parameters, in network order.
struct Slopes<'a>(&'a Gradients, Vec<Vec<f32>>);

impl ModuleVisitor for Slopes<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let gradient = param.val().grad(self.0).expect("a parameter that is used");
        self.1.push(numbers(gradient));
    }
}

fn numbers<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().iter::<f32>().collect()
}

#[track_caller]
fn assert_near(what: &str, found: &[f32], expected: &[f32]) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let largest = expected.iter().fold(0.0f32, |most, x| most.max(x.abs()));
    let pairs = found.iter().zip(expected);
    let difference = pairs.fold(0.0f32, |most, (a, b)| most.max((a - b).abs()));
    let share = f64::from(difference) / f64::from(largest);
    assert!(share <= TOLERANCE, "{what}: {share:e} of {largest}");
}

/// Checks the states, the logits and all gradients of `N`.
pub(super) fn check<N: Recurrent>() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference");
    let file = file.join(N::NAME).with_extension("safetensors");
    let bytes = std::fs::read(&file).unwrap_or_else(|error| panic!("{file:?}: {error}"));
    let file = SafeTensors::deserialize(&bytes).expect("a safetensors file");
    let expected = |name: &str| -> Vec<f32> {
        let view = file
            .tensor(name)
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let values = view.data().as_chunks::<4>().0.iter();
        values.map(|bytes| f32::from_le_bytes(*bytes)).collect()
    };

    let spec = ForecastSpec {
        network: N::NAME.into(),
        hidden: vec![2; LAYERS],
        kernel: 3,
        patch: 2,
        forget_bias: 1.0,
        head_bias: 0.0,
    };
    let device = Device::flex().autodiff();
    let network = N::build(&spec, SIDE, 0, &device).map(&mut Set::default());
    let shape = [1, TIME, 1, SIDE, SIDE];
    let frames = formula(shape.iter().product(), |place| {
        (12.9898 * place).sin().abs()
    });
    let frames = Tensor::from_data(TensorData::new(frames, shape), &device);

    // As the file has them: the layers of one step after each other.
    let steps = (0..TIME).flat_map(|step| (0..LAYERS).map(move |layer| (step, layer)));
    let names = steps.map(|(step, layer)| place(&network.states()[layer], step));
    let names: Vec<String> = names.collect();
    let mut tap = Tap::on(names.clone());
    let logits = network.forward(frames, &mut tap);
    assert_near("logits", &numbers(logits.clone()), &expected("logits"));
    let mut gradients = sigmoid(logits.narrow(1, TIME - 1, 1)).sum().backward();
    let mut slopes = Slopes(&gradients, Vec::new());
    network.visit(&mut slopes);
    for (number, found) in slopes.1.iter().enumerate() {
        let name = format!("gradient-{number}");
        assert_near(&name, found, &expected(&name));
    }
    let observed = tap.into_observations();
    let (mut states, mut of_states) = (Vec::new(), Vec::new());
    for name in &names {
        let state = observed.iter().find(|state| state.name() == name);
        let state = state.expect("the tap sees every state");
        states.extend(numbers(state.activation()));
        of_states.extend(numbers(state.gradient(&mut gradients).expect("a gradient")));
    }
    assert_near("states", &states, &expected("states"));
    assert_near(
        "gradients of states",
        &of_states,
        &expected("state-gradients"),
    );
}
