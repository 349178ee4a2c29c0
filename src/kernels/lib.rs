//! Operations that are faster on the CPU than the backend's own, or whose results, unlike the
//! backend's, have the same bits on every processor.
//!
//! Each public function gives the same values as the backend's operations that it replaces. It uses
//! those where it has nothing faster: on another device, for another number type, or for an
//! unsupported shape.

#![allow(
    clippy::needless_range_loop,
    reason = "rows and columns of small squares are counted in several arrays at once"
)]

mod activation;
mod adam;
mod after;
mod binary_cross_entropy;
mod binary_cross_entropy_passes;
mod by_products;
mod channel_sums;
mod combine;
mod convolution;
mod dense;
mod depthwise;
mod depthwise_images;
mod depthwise_pass;
mod depthwise_size;
mod depthwise_taps;
mod depthwise_window;
mod differentiable_binary_cross_entropy;
mod differentiable_convolution;
mod differentiable_dense;
mod differentiable_depthwise;
mod differentiable_fork;
mod differentiable_gate;
mod differentiable_join;
mod differentiable_normalise;
mod differentiable_pool;
mod differentiable_pooled_normalise;
mod differentiable_recurrence;
mod differentiable_softmax;
mod differentiable_squash;
mod differentiable_sums;
mod dots;
mod exponential;
mod extension;
mod extension_reductions;
mod finish;
mod fork;
mod gate;
mod gate_passes;
mod gates;
mod gather;
mod gather_gradient;
mod join;
mod join_passes;
mod layout;
mod level;
mod max_pool_passes;
mod normalise;
mod normalise_passes;
mod panels;
mod pieces;
mod pixels;
mod pool;
mod pool_window;
mod pooled_normalise_passes;
mod product;
mod recurrence;
mod scheme;
mod scratch;
mod sgd;
mod size;
mod softmax;
mod softmax_passes;
mod squash;
mod squash_passes;
mod statistics;
mod sums;
mod sums_passes;
mod taps;
mod weight_axes;
mod windows;
mod winograd;
mod winograd_gradient;
mod winograd_kernels;

use burn::backend::{Dispatch, DispatchTensorKind};
use burn::tensor::activation::{relu, sigmoid};
use burn::tensor::module::conv2d;
use burn::tensor::ops::ConvOptions;
use burn::tensor::{DType, Tensor};

pub use activation::Activation;
pub use adam::{AdamStep, Moments, adam};
pub use after::After;
pub use binary_cross_entropy::binary_cross_entropy;
pub use dense::dense;
pub use depthwise::depthwise;
use extension::Kernels;
pub use fork::forked;
pub use gate::gated;
pub use gates::GATES;
pub use join::{activated, joined, squashed};
pub use level::{SIMD_VARIABLE, UnknownLevel, check_level};
pub use normalise::{Normalisation, normalised, pooled_normalised};
pub use pool::{averaged, max_pooled};
pub use pool_window::Window;
pub use sgd::{SgdStep, sgd};
pub use size::Form;
use size::Size;
pub use softmax::{cross_entropy, log_softmax, soft_cross_entropy, softmax};
pub use squash::Squash;
pub use sums::{mean, mean_dim, sum, sum_dim};
pub use weight_axes::WeightAxes;

/// Returns the convolution of `images`, followed by `after`.
///
/// # Shapes
/// - `images`: `[images, inputs, height, width]`
/// - `taps`: `[outputs, inputs, side, side]`
/// - `bias`: `[outputs]`
/// - returned: `[images, outputs, rows, columns]`, as many as `form` has positions of the kernel,
///   or half of them, rounded down, after a pool
pub fn convolution(
    images: Tensor<4>,
    taps: Tensor<4>,
    bias: Option<Tensor<1>>,
    form: Form,
    after: After,
) -> Tensor<4> {
    if !suits(&images, &taps) {
        return by_the_backend(images, taps, bias, form, after);
    }
    let size = Size::of(images.dims(), taps.dims(), form);
    let bias = bias.unwrap_or_else(|| Tensor::zeros([size.outputs], &taps.device()));
    // What remains to be done afterwards by another operation.
    let tracked = images.device().is_autodiff() || taps.device().is_autodiff();
    let (in_one, rest) = match after {
        After::ReluPool if !convolution::pools(size) => (After::RELU, Some(after)),
        // The gradient needs the values before the activation.
        After::Activation(activation)
            if tracked && activation.bends() && !activation.is_known_by_its_value() =>
        {
            (After::NOTHING, Some(after))
        }
        after => (after, None),
    };
    let results = Tensor::from_dispatch(<Dispatch as Kernels>::convolution(
        images.into_dispatch(),
        taps.into_dispatch(),
        bias.into_dispatch(),
        form,
        in_one,
    ));
    match rest {
        None => results,
        Some(After::Activation(activation)) => activated(results, activation),
        Some(After::ReluPool) => pool(results),
    }
}

/// Computes the same with the backend's own operations: its convolution or, on a GPU, its matrix
/// product.
fn by_the_backend(
    images: Tensor<4>,
    taps: Tensor<4>,
    bias: Option<Tensor<1>>,
    form: Form,
    after: After,
) -> Tensor<4> {
    let [_, _, side, _] = taps.dims();
    let on_gpu = !is_cpu(&images.clone().into_dispatch().kind);
    let kept = form == Form::same(side) && side % 2 == 1;
    let results = if on_gpu && kept && by_products::fits(images.dims(), taps.dims()) {
        by_products::convolution(images, taps, bias)
    } else {
        let options = ConvOptions::new_with_padding([form.stride; 2], form.padding, [1, 1], 1);
        conv2d(images, taps, bias, options)
    };
    match after {
        After::Activation(activation) => activation.by_the_backend(results),
        After::ReluPool => pool(relu(results)),
    }
}

/// Returns the largest value of each 2x2 window.
fn pool(images: Tensor<4>) -> Tensor<4> {
    max_pooled(images, Window::tiles(2))
}

/// The state of a ConvLSTM layer, `[batch, channels, height, width]` each.
#[derive(Debug, Clone)]
pub struct Memory {
    /// h, the output to the layer above.
    pub hidden: Tensor<4>,
    /// c, the internal state.
    pub cell: Tensor<4>,
}

/// Returns the hidden state of every step of a ConvLSTM layer, and its state at the end.
///
/// The gates are input, forget, output and candidate, in this order along the channels.
///
/// # Shapes
/// - `given`: `[steps * batch, 4 * channels, height, width]`, the contribution of input and bias to
///   the gates
/// - `taps`: `[4 * channels, channels, side, side]`, from the hidden state to the gates, the side
///   odd
/// - `start`: the initial state; `None` means zero
/// - returned: `[steps * batch, channels, height, width]`
///
/// # Panics
/// If there are no steps, or `given` is not a whole number of them.
pub fn recurrence(
    given: Tensor<4>,
    taps: Tensor<4>,
    start: Option<Memory>,
    steps: usize,
) -> (Tensor<4>, Memory) {
    let [images, gates, height, width] = given.dims();
    let batch = images / steps;
    assert_eq!(
        batch * steps,
        images,
        "{images} images are no {steps} steps"
    );
    let shape = [batch, gates / GATES, height, width];
    let zeros = || Tensor::zeros(shape, &given.device());
    let like = start
        .as_ref()
        .map_or_else(zeros, |start| start.hidden.clone());
    if !suits(&like, &taps) || given.dtype() != DType::F32 {
        return step_by_step(given, taps, start, steps);
    }
    let started = start.is_some();
    let start = start.unwrap_or_else(|| Memory {
        hidden: like.clone(),
        cell: like,
    });
    let states = Tensor::<4>::from_dispatch(<Dispatch as Kernels>::recurrence(
        given.into_dispatch(),
        taps.into_dispatch(),
        start.hidden.into_dispatch(),
        start.cell.into_dispatch(),
        started,
    ));
    let hidden = states.clone().narrow(0, 0, images);
    let memory = Memory {
        hidden: states.clone().narrow(0, images - batch, batch),
        cell: states.narrow(0, images, batch),
    };
    (hidden, memory)
}

/// Computes the same with the backend's own operations.
fn step_by_step(
    given: Tensor<4>,
    taps: Tensor<4>,
    start: Option<Memory>,
    steps: usize,
) -> (Tensor<4>, Memory) {
    let batch = given.dims()[0] / steps;
    let mut hidden = Vec::with_capacity(steps);
    let mut memory = start;
    for step in 0..steps {
        let given = given.clone().narrow(0, step * batch, batch);
        let now = advance(given, memory.as_ref(), &taps);
        hidden.push(now.hidden.clone());
        memory = Some(now);
    }
    (Tensor::cat(hidden, 0), memory.expect("there is a step"))
}

/// Computes one step of [`step_by_step`].
fn advance(given: Tensor<4>, memory: Option<&Memory>, taps: &Tensor<4>) -> Memory {
    let gates = match memory {
        Some(memory) => {
            let hidden = memory.hidden.clone();
            let form = Form::same(taps.dims()[2]);
            given + by_the_backend(hidden, taps.clone(), None, form, After::NOTHING)
        }
        None => given,
    };
    let channels = gates.dims()[1] / GATES;
    let gate = |index: usize| gates.clone().narrow(1, index * channels, channels);
    let admitted = sigmoid(gate(0)) * gate(3).tanh();
    let cell = match memory {
        Some(memory) => sigmoid(gate(1)) * memory.cell.clone() + admitted,
        None => admitted,
    };
    Memory {
        hidden: sigmoid(gate(2)) * cell.clone().tanh(),
        cell,
    }
}

/// Returns whether the kernels support a convolution.
fn suits(images: &Tensor<4>, taps: &Tensor<4>) -> bool {
    let [_, inputs, rows, columns] = taps.dims();
    let [_, channels, ..] = images.dims();
    let known = rows == columns && inputs == channels;
    known && is_ours(images) && is_ours(taps)
}

/// Returns whether a tensor holds float32 numbers of the CPU backend.
fn is_ours<const D: usize>(tensor: &Tensor<D>) -> bool {
    tensor.dtype() == DType::F32 && is_cpu(&tensor.clone().into_dispatch().kind)
}

/// Returns whether a tensor belongs to the CPU backend.
fn is_cpu(kind: &DispatchTensorKind) -> bool {
    match kind {
        DispatchTensorKind::Flex(_) => true,
        DispatchTensorKind::Autodiff(kind) => is_cpu(kind),
        #[allow(
            unreachable_patterns,
            reason = "with another backend in the build there are more"
        )]
        _ => false,
    }
}

#[cfg(test)]
mod normalise_tests;
#[cfg(test)]
mod pass_tests;
#[cfg(test)]
mod recurrence_tests;
#[cfg(test)]
mod squash_tests;
#[cfg(test)]
mod tests;
