//! Random dropping during training.

use burn::tensor::{Distribution, Tensor};

/// Zeroes a share of its input, and scales up the rest so that the mean is unchanged; does nothing
/// if the network is not in training.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dropping {
    share: f64,
}

impl Dropping {
    /// Returns a dropout of `share`, 0 to below 1, which acts if the network is in training.
    pub(super) fn new(share: f64, trains: bool) -> Self {
        Self {
            share: if trains { share } else { 0.0 },
        }
    }

    /// Returns `features` with single values dropped (dropout).
    ///
    /// # Source
    /// Srivastava et al., "Dropout", JMLR 2014, section 4, with the scaling in training.
    pub(super) fn values<const D: usize>(self, features: Tensor<D>) -> Tensor<D> {
        if !self.acts_on(&features) {
            return features;
        }
        let kept = features.random_like(Distribution::Bernoulli(1.0 - self.share));
        features * kept / (1.0 - self.share)
    }

    /// Returns `residual` with the residuals of whole images dropped (stochastic depth).
    ///
    /// # Source
    /// Huang et al., "Deep Networks with Stochastic Depth", ECCV 2016, with the scaling in
    /// training, as in torchvision.
    ///
    /// # Shapes
    /// - `residual`, returned: `[batch, channels, height, width]`
    pub(super) fn images(self, residual: Tensor<4>) -> Tensor<4> {
        if !self.acts_on(&residual) {
            return residual;
        }
        let [batch, _channels, _height, _width] = residual.dims();
        let kept = Distribution::Bernoulli(1.0 - self.share);
        let kept = Tensor::<4>::random([batch, 1, 1, 1], kept, &residual.device());
        residual * kept / (1.0 - self.share)
    }

    /// Returns whether it acts: there is no training on a device without autodiff.
    pub(super) fn acts_on<const D: usize>(self, values: &Tensor<D>) -> bool {
        self.share > 0.0 && values.device().is_autodiff()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Device;

    fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
        tensor.into_data().iter::<f32>().collect()
    }

    #[test]
    fn what_is_kept_is_scaled_and_whole_images_go_at_once() {
        let device = Device::flex().autodiff();
        let ones = Tensor::<4>::ones([64, 2, 3, 3], &device);
        let dropping = Dropping::new(0.5, true);
        let single = values(dropping.values(ones.clone()));
        assert!(single.iter().all(|v| *v == 0.0 || *v == 2.0));
        let whole = values(dropping.images(ones.clone()));
        let images: Vec<&[f32]> = whole.chunks(18).collect();
        assert!(
            images
                .iter()
                .all(|image| image.iter().all(|v| *v == image[0]))
        );
        assert!(images.iter().any(|image| image[0] == 0.0));
        assert!(images.iter().any(|image| image[0] == 2.0));

        let idle = Dropping::new(0.5, false);
        assert!(values(idle.images(ones.clone())).iter().all(|v| *v == 1.0));
        let plain = Tensor::<4>::ones([8, 2, 3, 3], &Device::flex());
        assert!(values(dropping.values(plain)).iter().all(|v| *v == 1.0));
    }
}
