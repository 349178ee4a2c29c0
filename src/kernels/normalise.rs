//! Batch normalisation with what follows it, a sum and an activation, in one operation.

use burn::backend::Dispatch;
use burn::tensor::module::{batch_norm, batch_norm_train};
use burn::tensor::{DType, Tensor};

use super::activation::Activation;
use super::differentiable_normalise::Kind;
use super::extension::Kernels;
use super::is_ours;
use super::pool::max_pooled;
use super::pool_window::Window;

/// The parameters of a batch normalisation.
#[derive(Debug, Clone)]
pub struct Normalisation {
    /// `[channels]`, like the others.
    pub scale: Tensor<1>,
    /// Added after the scale.
    pub shift: Tensor<1>,
    /// The mean and the variance to normalise by; `None` means those of the batch.
    pub statistics: Option<[Tensor<1>; 2]>,
    /// Added to a variance before its square root, so that it is not 0.
    pub epsilon: f32,
}

/// Returns `activation((images - mean) / sqrt(variance + epsilon) * scale + shift + plus)`, and the
/// mean and the variance over n values, without gradients.
///
/// If the statistics are the batch's own, the gradient accounts for them.
///
/// # Source
/// Ioffe and Szegedy, "Batch Normalization", ICML 2015, algorithms 1 and 2.
///
/// # Shapes
/// - `images`, `plus`, returned: `[images, channels, height, width]`; mean and variance `[channels]`
pub fn normalised(
    images: Tensor<4>,
    layer: Normalisation,
    plus: Option<Tensor<4>>,
    activation: Activation,
) -> (Tensor<4>, [Tensor<1>; 2]) {
    if !(suits(&images, &layer) && plus.as_ref().is_none_or(is_ours)) {
        return by_the_backend(images, layer, plus, activation);
    }
    let kind = layer.kind(activation, plus.is_some());
    let statistics = layer.statistics_of(&images);
    let plus = match plus {
        Some(plus) => plus.into_dispatch(),
        // It is not read.
        None => layer.shift.clone().into_dispatch(),
    };
    let results = Tensor::from_dispatch(<Dispatch as Kernels>::normalised(
        images.into_dispatch(),
        layer.scale.into_dispatch(),
        layer.shift.into_dispatch(),
        statistics.clone().into_dispatch(),
        plus,
        kind,
    ));
    (results, rows(statistics))
}

/// Returns the largest value of `activation((images - mean) / sqrt(variance + epsilon) * scale +
/// shift)` in each 2x2 window, and the mean and the variance, as [`normalised`]. A last odd row or
/// column is in no window.
///
/// # Shapes
/// - `images`: `[images, channels, height, width]`
/// - returned: the same axes, with half the height and width, rounded down
pub fn pooled_normalised(
    images: Tensor<4>,
    layer: Normalisation,
    activation: Activation,
) -> (Tensor<4>, [Tensor<1>; 2]) {
    if !suits(&images, &layer) {
        let (results, statistics) = by_the_backend(images, layer, None, activation);
        return (max_pooled(results, Window::tiles(2)), statistics);
    }
    let kind = layer.kind(activation, false);
    let statistics = layer.statistics_of(&images);
    let results = Tensor::from_dispatch(<Dispatch as Kernels>::pooled_normalised(
        images.into_dispatch(),
        layer.scale.into_dispatch(),
        layer.shift.into_dispatch(),
        statistics.clone().into_dispatch(),
        kind,
    ));
    (results, rows(statistics))
}

/// Returns whether the kernels support the normalisation.
fn suits(images: &Tensor<4>, layer: &Normalisation) -> bool {
    let floats = |tensor: &Tensor<1>| tensor.dtype() == DType::F32;
    is_ours(images) && floats(&layer.scale) && floats(&layer.shift)
}

/// Returns the rows of `[2, channels]`.
fn rows(statistics: Tensor<2>) -> [Tensor<1>; 2] {
    [0, 1].map(|index| statistics.clone().narrow(0, index, 1).squeeze_dim(0))
}

impl Normalisation {
    fn kind(&self, activation: Activation, joined: bool) -> Kind {
        Kind {
            activation,
            epsilon: self.epsilon,
            own: self.statistics.is_none(),
            joined,
        }
    }

    /// Returns the mean and the variance to normalise `images` by, `[2, channels]`.
    fn statistics_of(&self, images: &Tensor<4>) -> Tensor<2> {
        match &self.statistics {
            Some(statistics) => {
                let rows = statistics.iter().map(|row| row.clone().detach());
                Tensor::stack(rows.collect(), 0)
            }
            None => {
                let images = images.clone().into_dispatch();
                Tensor::from_dispatch(<Dispatch as Kernels>::statistics(images))
            }
        }
    }
}

/// Computes the same with the backend's own operations.
pub(super) fn by_the_backend(
    images: Tensor<4>,
    layer: Normalisation,
    plus: Option<Tensor<4>>,
    activation: Activation,
) -> (Tensor<4>, [Tensor<1>; 2]) {
    let epsilon = f64::from(layer.epsilon);
    let (scale, shift) = (layer.scale, layer.shift);
    let (results, statistics) = match layer.statistics {
        Some([mean, variance]) => {
            let statistics = [mean.clone(), variance.clone()];
            let results = batch_norm(images, scale, shift, mean, variance, epsilon);
            (results, statistics)
        }
        None => {
            let found = batch_norm_train(images, scale, shift, epsilon);
            (found.output, [found.mean, found.variance])
        }
    };
    let results = match plus {
        Some(plus) => results + plus,
        None => results,
    };
    (activation.by_the_backend(results), statistics)
}
