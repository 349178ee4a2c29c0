//! Batch normalisation with what follows it, a sum and an activation, in one operation.

use burn::backend::Dispatch;
use burn::tensor::module::{batch_norm, batch_norm_train};
use burn::tensor::{DType, Tensor};

use super::activation::Activation;
use super::differentiable_normalise::Kind;
use super::extension::Kernels;
use super::is_ours;

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
    let floats = |tensor: &Tensor<1>| tensor.dtype() == DType::F32;
    let others = plus.as_ref().is_none_or(is_ours);
    if !(is_ours(&images) && others && floats(&layer.scale) && floats(&layer.shift)) {
        return by_the_backend(images, layer, plus, activation);
    }
    let [_images, channels, _height, _width] = images.dims();
    let own = layer.statistics.is_none();
    let statistics: Tensor<2> = match layer.statistics {
        Some(statistics) => Tensor::stack(statistics.map(Tensor::detach).to_vec(), 0),
        None => {
            let images = images.clone().into_dispatch();
            Tensor::from_dispatch(<Dispatch as Kernels>::statistics(images))
        }
    };
    let kind = Kind {
        activation,
        epsilon: layer.epsilon,
        own,
        joined: plus.is_some(),
    };
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
    let row = |index: usize| {
        let row = statistics.clone().narrow(0, index, 1);
        row.reshape([channels])
    };
    (results, [row(0), row(1)])
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
