//! Builds an architecture's layers from any source.

use super::Dialect;
use super::layers::{Convolution, Dense, Form, Kernel, Padding};
use super::random::Dropping;
use crate::kernels::Activation;

/// The image size that a network's first layers are designed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stem {
    /// As published, for photographs: 224 pixels per side become 7 cells.
    ImageNet,
    /// For 32 x 32 pixels: fewer strides, so that about 4 x 4 cells remain. Each architecture's
    /// file states which.
    Cifar,
}

/// Provides layers by torchvision's names; the architecture requests each one once, in its own
/// order.
pub(super) trait Source {
    /// Returns the kernel of the convolution with the first name, which has no bias and is followed
    /// by the batch normalisation with the second name.
    fn normalised(&mut self, names: [&str; 2], form: Form) -> Kernel;

    /// Returns the kernel of the convolution `name`, which has a bias.
    fn biased(&mut self, name: &str, form: Form) -> Kernel;

    /// Returns the dense layer `name` with these numbers of inputs and outputs.
    fn dense(&mut self, name: &str, channels: [usize; 2]) -> Dense;

    /// Returns whether the network is in training, so that dropout is active.
    fn trains(&self) -> bool {
        false
    }
}

/// Builds layers from a source.
pub(super) struct Builder<'a> {
    pub(super) source: &'a mut dyn Source,
    pub(super) dialect: Dialect,
    pub(super) stem: Stem,
}

impl Builder<'_> {
    /// Returns the convolution `name`, which has a bias and no normalisation.
    pub(super) fn biased(
        &mut self,
        name: &str,
        form: Form,
        padding: Padding,
        activation: Activation,
    ) -> Convolution {
        Convolution {
            kernel: self.source.biased(name, form),
            form,
            padding,
            activation,
        }
    }

    /// Returns the convolution and the batch normalisation that follows it, as one layer.
    pub(super) fn normalised(
        &mut self,
        names: [&str; 2],
        form: Form,
        activation: Activation,
    ) -> Convolution {
        let padding = match self.dialect {
            Dialect::TensorFlow => Padding::Same,
            Dialect::Torchvision | Dialect::Caffe => Padding::Each(form.kernel / 2),
        };
        Convolution {
            kernel: self.source.normalised(names, form),
            form,
            padding,
            activation,
        }
    }

    /// Returns the dense layer `name`.
    pub(super) fn dense(&mut self, name: &str, channels: [usize; 2]) -> Dense {
        self.source.dense(name, channels)
    }

    /// Returns a dropout of `share`, 0 to below 1, which acts only in training.
    pub(super) fn dropping(&self, share: f64) -> Dropping {
        Dropping::new(share, self.source.trains())
    }
}
