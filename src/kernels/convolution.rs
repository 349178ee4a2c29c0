//! A convolution on the CPU and its gradients, by the fastest method for its sizes.

use super::activation::Activation;
use super::after::{After, Trace};
use super::finish::{Finish, POOL};
use super::panels::Weights;
use super::product::{End, PANEL};
use super::scheme::{Four, Pair, Two};
use super::scratch::zeros;
use super::size::Size;
use super::taps::Taps;
use super::windows::Windows;
use super::winograd_kernels::Kernels;
use super::{gather, gather_gradient, winograd, winograd_gradient};

/// The method of a convolution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// As a matrix product of gathered pixels.
    Gather,
    /// By minimal filtering, two results of a row at a time.
    Two,
    /// By minimal filtering, four results of a row at a time.
    Four,
    /// By minimal filtering of images of two by two pixels.
    Pair,
}

impl Way {
    /// Returns the method with the least work for a convolution of `size`.
    pub(super) fn of(size: Size) -> Self {
        let whole_panels = size.inputs.is_multiple_of(PANEL) && size.outputs.is_multiple_of(PANEL);
        match (size.height, size.width) {
            _ if size.side != 3 || !size.keeps_size() || !whole_panels => Way::Gather,
            (2, 2) => Way::Pair,
            (height, width) if height.is_multiple_of(4) && width.is_multiple_of(4) => Way::Four,
            _ => Way::Two,
        }
    }
}

/// The results of a convolution.
#[derive(Debug)]
pub(super) struct Convolved {
    /// `[images, height, width, outputs]`, or half of height and width after a pool.
    pub(super) values: Vec<f32>,
    /// After a pool, the index of the largest value in each window; otherwise empty.
    pub(super) chosen: Vec<f32>,
}

/// Returns the convolution of `images` followed by `after`.
///
/// # Shapes
/// - `images`: `[images, height, width, inputs]`
/// - `taps`: `[outputs, inputs, side, side]`
/// - `bias`: `[outputs]`
///
/// # Panics
/// If a pool is requested for a size for which [`pools`] returns false.
pub(super) fn forward(
    images: &[f32],
    taps: &[f32],
    bias: &[f32],
    size: Size,
    after: After,
) -> Convolved {
    let results = size.of_results();
    let (mut values, mut chosen);
    let finish = match after {
        After::Activation(activation) => {
            (values, chosen) = (zeros(results.pixels() * size.outputs), Vec::new());
            Finish::Whole {
                into: &mut values,
                bias: Some(bias),
                activation,
            }
        }
        After::ReluPool => {
            assert!(pools(size), "a pool of {size:?} was asked for");
            let length = results.pixels() / (POOL * POOL) * size.outputs;
            (values, chosen) = (zeros(length), zeros(length));
            Finish::Pooled {
                into: &mut values,
                chosen: &mut chosen,
                bias,
            }
        }
    };
    Prepared::new(Taps::forward(taps, size)).convolve(images, finish);
    Convolved { values, chosen }
}

/// Returns whether a convolution of `size` can be pooled in the same pass.
pub(super) fn pools(size: Size) -> bool {
    let even = size
        .results_shape()
        .map(|pixels| pixels.is_multiple_of(POOL));
    even == [true; 2] && size.outputs.is_multiple_of(PANEL)
}

/// Returns the gradient of the images, `[images, height, width, inputs]`.
///
/// # Shapes
/// - `gradient`: `[images, height, width, outputs]`, of the results before any further operation
pub(super) fn images_gradient(gradient: &[f32], taps: &[f32], size: Size) -> Vec<f32> {
    let mut into = zeros(size.pixels() * size.inputs);
    let finish = Finish::Whole {
        into: &mut into,
        bias: None,
        activation: Activation::Identity,
    };
    Prepared::new(Taps::backward(taps, size)).convolve(gradient, finish);
    into
}

/// Returns the gradient of the taps, `[outputs, inputs, side, side]`.
///
/// # Shapes
/// - `images`: `[images, height, width, inputs]`
/// - `gradient`: as for [`images_gradient`]
pub(super) fn taps_gradient(images: &[f32], gradient: &[f32], size: Size) -> Vec<f32> {
    match Way::of(size) {
        Way::Gather => gather_gradient::kernel_gradient(images, gradient, size),
        Way::Two => winograd_gradient::kernel_gradient::<Two, 4, 4, 2>(images, gradient, size),
        Way::Four => winograd_gradient::kernel_gradient::<Four, 6, 6, 4>(images, gradient, size),
        Way::Pair => winograd_gradient::kernel_gradient::<Pair, 2, 3, 2>(images, gradient, size),
    }
}

/// Kernels prepared for a convolution of a given size.
#[derive(Debug)]
pub(super) struct Prepared<'a> {
    size: Size,
    kernels: Ready<'a>,
}

#[derive(Debug)]
enum Ready<'a> {
    Gather(Weights<'a>, Box<Windows>),
    Two(Kernels<Two>),
    Four(Kernels<Four>),
    Pair(Kernels<Pair>),
}

impl<'a> Prepared<'a> {
    /// Returns `taps` prepared for the convolution.
    pub(super) fn new(taps: Taps<'a>) -> Self {
        let size = taps.size();
        let kernels = match Way::of(size) {
            Way::Gather => {
                let (weights, windows) = taps.gathered();
                Ready::Gather(weights, Box::new(windows))
            }
            Way::Two => Ready::Two(Kernels::new(taps)),
            Way::Four => Ready::Four(Kernels::new(taps)),
            Way::Pair => Ready::Pair(Kernels::new(taps)),
        };
        Self { size, kernels }
    }

    /// Writes the convolution of `images` to `finish`.
    ///
    /// # Shapes
    /// - `images`: `[images, height, width, inputs]`
    pub(super) fn convolve(&self, images: &[f32], finish: Finish) {
        let size = self.size;
        match (&self.kernels, finish) {
            (
                Ready::Gather(weights, windows),
                Finish::Whole {
                    into,
                    bias,
                    activation,
                },
            ) => gather::convolve(images, *weights, windows, End { bias, activation }, into),
            (Ready::Gather(weights, windows), finish) => {
                gather::convolve_pooled(images, *weights, windows, finish);
            }
            (Ready::Two(kernels), finish) => {
                winograd::convolve::<_, 4, 4, 2>(images, kernels, size, finish);
            }
            (Ready::Four(kernels), finish) => {
                winograd::convolve::<_, 6, 6, 4>(images, kernels, size, finish);
            }
            (Ready::Pair(kernels), finish) => {
                winograd::convolve::<_, 2, 3, 2>(images, kernels, size, finish);
            }
        }
    }
}

/// Returns the values of `convolved` that the gradient of `after` needs.
pub(super) fn trace<'a>(after: After, values: &'a [f32], chosen: &'a [f32]) -> Trace<'a> {
    match after {
        After::Activation(activation) => Trace::Activation(activation, values),
        After::ReluPool => Trace::ReluPool(chosen),
    }
}
