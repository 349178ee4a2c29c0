//! Plain networks with every ingredient, against PyTorch in float64 (`tests/reference/plain_cnn.py`).

use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{Device, Tensor, TensorData};
use serde::Deserialize;

use super::PlainCnn;
use super::testing::{farthest, formula, images, inputs_first};
use crate::model::ingredients::{BlockActivation, BlockNormalisation, Head};
use crate::model::spec::ModelSpec;
use crate::model::tap::Tap;

const CLASSES: usize = 3;
const LABELS: [usize; 2] = [1, 2];
/// Largest difference, as a share of the largest value: six convolutions, and normalisations over as
/// few as 8 values per channel.
const TOLERANCE: f64 = 2e-5;

/// A network and what PyTorch gives for it.
#[derive(Debug, Deserialize)]
struct Case {
    activation: BlockActivation,
    convolutions: usize,
    kernel: usize,
    batch_norm: bool,
    shortcut: bool,
    average: bool,
    logits: Vec<f64>,
    /// The gradient of the labels' logits at the fourth row of the first image's second channel.
    slope: Vec<f64>,
}

impl Case {
    fn spec(&self) -> ModelSpec {
        ModelSpec {
            activation: self.activation,
            convolutions_per_block: self.convolutions,
            kernel: self.kernel,
            shortcut: self.shortcut,
            normalisation: match self.batch_norm {
                true => BlockNormalisation::Batch,
                false => BlockNormalisation::None,
            },
            head: match self.average {
                true => Head::AveragePool,
                false => Head::Flatten,
            },
            ..ModelSpec::plain(&[4, 5])
        }
    }
}

/// Sets every learned parameter by the formula, in network order.
#[derive(Default)]
struct ByFormula(usize);

impl ModuleMapper for ByFormula {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let (id, tensor, mapper) = param.consume();
        if !tensor.is_require_grad() {
            // A running statistic.
            return Param::from_mapped_value(id, tensor, mapper);
        }
        let shape = tensor.dims();
        let mut values = formula(shape.iter().product(), self.0 as f64, [0.3, 0.02]);
        self.0 += 1;
        if D == 2 {
            // The dense layer; PyTorch has [outputs, inputs].
            let [inputs, outputs] = [shape[0], shape[1]];
            values = inputs_first(&values, [inputs, outputs]);
        }
        let set = Tensor::from_data(TensorData::new(values, shape), &tensor.device());
        Param::from_mapped_value(id, set.require_grad(), mapper)
    }
}

#[track_caller]
fn assert_near<const D: usize>(found: Tensor<D>, expected: &[f64], case: &Case) {
    let found: Vec<f32> = found.into_data().iter::<f32>().collect();
    let off = farthest(&found, expected);
    assert!(off <= TOLERANCE, "{off}: {found:?} {case:?}");
}

fn cases() -> Vec<Case> {
    let text = include_str!("../../../tests/reference/plain_cnn.json");
    serde_json::from_str(text).expect("cases")
}

#[test]
fn every_ingredient_gives_the_numbers_of_pytorch() {
    let device = Device::flex().autodiff();
    for case in cases() {
        let network = PlainCnn::new(&case.spec(), (8, 8), CLASSES, 1, &device);
        let network = network.map(&mut ByFormula::default());
        let given = images(&device).require_grad();
        let logits = network.forward(given.clone(), &mut Tap::off());
        assert_near(logits.clone(), &case.logits, &case);
        let chosen = LABELS.iter().enumerate().map(|(image, label)| {
            let row = logits.clone().narrow(0, image, 1);
            row.narrow(1, *label, 1)
        });
        let gradients = Tensor::cat(chosen.collect(), 0).sum().backward();
        let slope = given.grad(&gradients).expect("a gradient");
        let row = slope.slice([0..1, 1..2, 3..4, 0..8]);
        assert_near(row, &case.slope, &case);
    }
}

/// A tap, which separates a pool, changes no bit, and a walk from a tap point gives the same logits;
/// for a name in the export, one tensor.
#[test]
fn taps_walks_and_names_hold_for_every_ingredient() {
    let device = Device::flex();
    for case in cases() {
        let network = PlainCnn::new(&case.spec(), (8, 8), CLASSES, 4, &device).valid();
        let logits = network.forward(images(&device), &mut Tap::off());
        let mut tap = Tap::activations_only(network.layers());
        let tapped = network.forward(images(&device), &mut tap);
        assert_eq!(tapped.into_data(), logits.to_data());
        assert_eq!(tap.seen(), network.layers());
        for observation in tap.into_observations() {
            let walked = network.forward_from(observation.name(), observation.activation());
            assert_eq!(walked.expect("a tap point").into_data(), logits.to_data());
        }
        let mut names: Vec<String> = (network.tensors().into_iter())
            .map(|tensor| tensor.name)
            .collect();
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count, "{case:?}");
        let first = if case.shortcut {
            "blocks.0.convolutions.0.weight"
        } else {
            "features.0.weight"
        };
        assert!(names.iter().any(|name| name == first), "{names:?}");
    }
}

/// With Kaiming's bound, sqrt(6 / fan in) for the second block's 4 x 9 inputs is 0.408; PyTorch's is
/// 1 / 6.
#[test]
fn weights_stay_within_the_bound_of_their_initialisation() {
    use crate::model::ingredients::Initialisation;
    for (initialisation, bound) in [
        (Initialisation::Pytorch, 1.0 / 6.0),
        (Initialisation::Kaiming, f32::sqrt(6.0 / 36.0)),
    ] {
        let spec = ModelSpec {
            initialisation,
            ..ModelSpec::plain(&[4, 64])
        };
        let network = PlainCnn::new(&spec, (8, 8), CLASSES, 1, &Device::flex());
        let tensor = |name: &str| {
            let found = network.tensors().into_iter().find(|one| one.name == name);
            found.expect("a tensor").values
        };
        let largest = |values: &[f32]| values.iter().fold(0f32, |most, x| most.max(x.abs()));
        let weights = largest(&tensor("features.3.weight"));
        // 2304 draws come closer than a hundredth.
        assert!(
            weights <= bound && weights > 0.99 * bound,
            "{weights} {bound}"
        );
        let biases = largest(&tensor("features.3.bias"));
        assert_eq!(biases == 0.0, initialisation == Initialisation::Kaiming);
    }
}
