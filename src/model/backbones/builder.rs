//! Makes an architecture's layers, whatever they are made from.

use super::Dialect;
use super::layers::{Activation, Convolution, Dense, Form, Kernel, Padding};
use super::random::Dropping;

/// For images of what size a network's first layers are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stem {
    /// As published, for photographs: they make 224 pixels a side 7 cells.
    ImageNet,
    /// For 32 x 32 pixels: fewer strides, so that some 4 x 4 cells are left. Each architecture's file
    /// says which.
    Cifar,
}

/// Gives layers by torchvision's names; the architecture asks for each once, in an order of its own.
pub(super) trait Source {
    /// What the convolution called by the first name computes with, which has no bias and is followed
    /// by the batch normalisation called by the second.
    fn normalised(&mut self, names: [&str; 2], form: Form) -> Kernel;

    /// What the convolution `name` computes with, which has a bias.
    fn biased(&mut self, name: &str, form: Form) -> Kernel;

    /// The dense layer `name` of so many inputs and outputs.
    fn dense(&mut self, name: &str, channels: [usize; 2]) -> Dense;

    /// Whether the network is in training, so that dropout drops.
    fn trains(&self) -> bool {
        false
    }
}

/// Makes layers from a source.
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
            own_kernels: self.own_kernels(),
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
            own_kernels: self.own_kernels(),
        }
    }

    /// Networks for photographs stay with the backend, by which they equal torchvision's.
    fn own_kernels(&self) -> bool {
        self.stem == Stem::Cifar
    }

    /// Returns the dense layer `name`.
    pub(super) fn dense(&mut self, name: &str, channels: [usize; 2]) -> Dense {
        self.source.dense(name, channels)
    }

    /// Returns what drops a `share`, 0 to below 1, in training and nothing else.
    pub(super) fn dropping(&self, share: f64) -> Dropping {
        Dropping::new(share, self.source.trains())
    }
}
