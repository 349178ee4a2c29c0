//! Shared by the unit tests of `explain`: tensors from formulas, and a small network with a pool,
//! batch normalisation and dropout that ends in global average pooling and one linear layer.

use burn::module::{Module, Param};
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::pool::{MaxPool2d, MaxPool2dConfig};
use burn::nn::{BatchNorm, BatchNormConfig, Dropout, DropoutConfig, Linear, LinearConfig};
use burn::nn::{PaddingConfig2d, pool::AdaptiveAvgPool2dConfig};
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor, TensorData};

use super::Explainable;
use crate::model::tap::Tap;

pub(super) const CLASSES: usize = 4;

/// Returns numbers between -1 and 1 without a pattern that a test could depend on.
fn numbers(count: usize, phase: f32) -> Vec<f32> {
    (0..count)
        .map(|i| ((i as f32 + 1.0) * 12.9898 + phase * 78.233).sin())
        .collect()
}

fn shaped<const D: usize>(shape: [usize; D], phase: f32) -> Tensor<D> {
    let values = numbers(shape.iter().product(), phase);
    Tensor::from_data(TensorData::new(values, shape), &Device::flex())
}

pub(super) fn wave(shape: [usize; 4], phase: f32) -> Tensor<4> {
    shaped(shape, phase)
}

pub(super) fn wave3(shape: [usize; 3], phase: f32) -> Tensor<3> {
    shaped(shape, phase)
}

pub(super) fn tensor4(shape: [usize; 4], values: &[f32]) -> Tensor<4> {
    Tensor::from_data(TensorData::new(values.to_vec(), shape), &Device::flex())
}

pub(super) fn tensor3(shape: [usize; 3], values: &[f32]) -> Tensor<3> {
    Tensor::from_data(TensorData::new(values.to_vec(), shape), &Device::flex())
}

/// Returns images of 8 x 8, `[count, 3, 8, 8]`.
pub(super) fn images(count: usize) -> Tensor<4> {
    wave([count, 3, 8, 8], 0.5)
}

/// Asserts `max|a - b| <= tolerance * max|b|`, and the same shape.
#[track_caller]
pub(super) fn assert_close<const D: usize>(a: &Tensor<D>, b: &Tensor<D>, tolerance: f32) {
    assert_eq!(a.dims(), b.dims());
    let largest: f32 = b.clone().abs().max().into_scalar();
    let difference: f32 = (a.clone() - b.clone()).abs().max().into_scalar();
    assert!(
        difference <= tolerance * largest,
        "difference {difference} of {largest} is over {tolerance}:\n{a}\n{b}"
    );
}

/// Asserts that `gradient` is that of the score when a tensor of its shape is added to the
/// activation. Every element is compared with central differences, except those with a kink of ReLU
/// or max-pool within the step.
#[track_caller]
pub(super) fn assert_meets_finite_differences(
    what: &str,
    gradient: &Tensor<4>,
    score_at: impl Fn(&Tensor<4>) -> f64,
) {
    /// Small enough to cross few kinks of ReLU and max-pool, large enough for float32.
    const STEP: f32 = 2e-3;
    /// Float32 rounding of the score over the step, relative to the largest gradient.
    const TOLERANCE: f32 = 1e-2;

    let shape = gradient.dims();
    let count: usize = shape.iter().product();
    let gradient: Vec<f32> = gradient.to_data().iter::<f32>().collect();
    let largest = gradient
        .iter()
        .fold(0.0_f32, |largest, value| largest.max(value.abs()));
    assert!(largest > 1e-3, "{what}: the gradient is too small to test");
    let at = |index: usize, step: f32| {
        let mut nudge = vec![0.0; count];
        nudge[index] = step;
        score_at(&tensor4(shape, &nudge))
    };
    let here = at(0, 0.0);
    let (mut tested, mut not_zero) = (0, 0);
    for (index, &found) in gradient.iter().enumerate() {
        let forward = ((at(index, STEP) - here) / f64::from(STEP)) as f32;
        let reverse = ((here - at(index, -STEP)) / f64::from(STEP)) as f32;
        if (forward - reverse).abs() > TOLERANCE * largest {
            continue;
        }
        let central = (forward + reverse) / 2.0;
        assert!(
            (central - found).abs() <= TOLERANCE * largest,
            "{what} at {index}: {central} against {found} of {largest}"
        );
        tested += 1;
        not_zero += usize::from(found != 0.0);
    }
    assert!(
        tested > count * 3 / 4,
        "{what}: only {tested} of {count} are smooth"
    );
    assert!(
        not_zero > count / 8,
        "{what}: only {not_zero} of {count} move"
    );
}

#[derive(Module, Debug)]
pub(super) struct SmallNet {
    first: Conv2d,
    first_norm: BatchNorm,
    pool: MaxPool2d,
    second: Conv2d,
    second_norm: BatchNorm,
    dropout: Dropout,
    linear: Linear,
}

impl SmallNet {
    /// Returns a network on `device`, not yet in inference mode, with weights from a formula and
    /// updated batch statistics.
    pub(super) fn raw(device: &Device) -> Self {
        let conv = |channels: [usize; 2], phase: f32| {
            let config = Conv2dConfig::new(channels, [3, 3]).with_padding(PaddingConfig2d::Same);
            let mut conv = config.init(device);
            let weight = wave([channels[1], channels[0], 3, 3], phase) * 0.4;
            conv.weight = Param::from_tensor(weight.to_device(device));
            let bias = shaped([channels[1]], phase + 0.5) * 0.1;
            conv.bias = Some(Param::from_tensor(bias.to_device(device)));
            conv
        };
        let mut linear = LinearConfig::new(6, CLASSES).init(device);
        linear.weight = Param::from_tensor(shaped([6, CLASSES], 0.7).to_device(device));
        linear.bias = Some(Param::from_tensor(shaped([CLASSES], 0.9).to_device(device)));
        Self {
            first: conv([3, 5], 0.1),
            first_norm: BatchNormConfig::new(5).init(device),
            pool: MaxPool2dConfig::new([2, 2]).with_strides([2, 2]).init(),
            second: conv([5, 6], 0.2),
            second_norm: BatchNormConfig::new(6).init(device),
            dropout: DropoutConfig::new(0.5).init(),
            linear,
        }
    }

    /// Returns the network in inference mode, after a few forward passes that updated its batch
    /// statistics.
    pub(super) fn trained() -> Self {
        let device = Device::flex().autodiff();
        let network = Self::raw(&device);
        for step in 0..3 {
            let batch = wave([4, 3, 8, 8], step as f32).to_device(&device);
            network.forward_with(batch.autodiff(), |_, activation| activation);
        }
        network.valid()
    }

    /// Returns the same network with every kernel mirrored, so that a mirrored image gives mirrored
    /// activations.
    pub(super) fn mirrored() -> Self {
        let mut network = Self::trained();
        for convolution in [&mut network.first, &mut network.second] {
            let kernel = convolution.weight.val();
            let mirrored = (kernel.clone() + kernel.flip([3])) / 2.0;
            convolution.weight = Param::from_tensor(mirrored);
        }
        network
    }

    /// Returns the bias of the final linear layer, `[classes]`.
    pub(super) fn bias(&self) -> Tensor<1> {
        let bias = self.linear.bias.as_ref();
        bias.expect("a linear layer has a bias by default").val()
    }

    /// Returns the logits; `at` is called at each layer, and its result replaces the activation.
    ///
    /// # Shapes
    ///
    /// - `images`: `[batch, 3, height, width]`
    /// - returned: `[batch, classes]`
    pub(super) fn forward_with(
        &self,
        images: Tensor<4>,
        mut at: impl FnMut(&str, Tensor<4>) -> Tensor<4>,
    ) -> Tensor<2> {
        let x = relu(self.first_norm.forward(self.first.forward(images)));
        let x = self.pool.forward(at("block-1", x));
        let x = relu(self.second_norm.forward(self.second.forward(x)));
        let x = at("block-2", x);
        let x = self.dropout.forward(x);
        let pooled = AdaptiveAvgPool2dConfig::new([1, 1]).init().forward(x);
        self.linear.forward(pooled.flatten(1, 3))
    }
}

impl Explainable for SmallNet {
    fn forward_tapped(&self, images: Tensor<4>, tap: &mut Tap) -> Tensor<2> {
        self.forward_with(images, |name, activation| tap.observe(name, activation))
    }

    fn layers(&self) -> Vec<String> {
        vec!["block-1".into(), "block-2".into()]
    }

    fn pooled_linear_weights(&self, layer: &str) -> Option<Tensor<2>> {
        (layer == "block-2").then(|| self.linear.weight.val().transpose())
    }
}
