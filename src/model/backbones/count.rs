//! A network's cost and map sizes, found by a forward pass that computes nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use burn::tensor::{Device, Tensor};

use super::architecture::IMAGE_CHANNELS;
use super::assemble::assemble;
use super::builder::{Builder, Source, Stem};
use super::layers::{Dense, Form, Kernel};
use super::tally::Count;
use super::{BackboneName, Dialect};
use crate::model::tap::Tap;

/// Side of a small image, in pixels; it does not change the number of blocks.
const SMALL_SIDE: usize = 32;

/// Provides layers that only count.
#[derive(Default)]
struct Counted {
    parameters: u64,
    multiply_adds: Arc<AtomicU64>,
}

impl Counted {
    fn count(&mut self, weights: usize, others: usize) -> Count {
        self.parameters += (weights + others) as u64;
        Count::new(&self.multiply_adds, weights)
    }
}

impl Source for Counted {
    /// A normalisation learns a scale and a shift for each channel.
    fn normalised(&mut self, _names: [&str; 2], form: Form) -> Kernel {
        Kernel::Counted(self.count(form.shape().iter().product(), 2 * form.outputs))
    }

    fn biased(&mut self, _name: &str, form: Form) -> Kernel {
        Kernel::Counted(self.count(form.shape().iter().product(), form.outputs))
    }

    fn dense(&mut self, _name: &str, [inputs, outputs]: [usize; 2]) -> Dense {
        Dense::Counted(self.count(inputs * outputs, outputs), outputs)
    }
}

/// Returns the trainable parameters of the network `name` with `stem` for `classes` classes, and
/// the multiply-adds of one image's forward pass, in convolutions and dense layers.
pub(in crate::model) fn cost(
    (name, stem): (BackboneName, Stem),
    [height, width]: [usize; 2],
    classes: usize,
) -> (u64, u64) {
    let mut source = Counted::default();
    let builder = &mut Builder {
        source: &mut source,
        dialect: Dialect::Torchvision,
        stem,
    };
    let network = assemble(name, builder, classes);
    network.forward(black([height, width]), &mut Tap::off());
    let multiply_adds = source.multiply_adds.load(Ordering::Relaxed);
    (source.parameters, multiply_adds)
}

/// Returns the names of the network's blocks, in forward order, each with the cells along the
/// shorter side of its activation for images of `side` x `side` pixels.
pub(in crate::model) fn block_cells(
    (name, stem): (BackboneName, Stem),
    side: usize,
) -> Vec<(String, usize)> {
    let mut source = Counted::default();
    let builder = &mut Builder {
        source: &mut source,
        dialect: Dialect::Torchvision,
        stem,
    };
    let network = assemble(name, builder, 1);
    let mut tap = Tap::activations_only(network.blocks());
    network.forward(black([side; 2]), &mut tap);
    let cells = tap.into_observations().into_iter().map(|observation| {
        let [_batch, _channels, height, width] = observation.activation().dims();
        (observation.name().to_string(), height.min(width))
    });
    cells.collect()
}

/// Returns the number of convolutional blocks of the network for small images.
pub(in crate::model) fn small_blocks(name: BackboneName) -> usize {
    block_cells((name, Stem::Cifar), SMALL_SIDE).len()
}

fn black([height, width]: [usize; 2]) -> Tensor<4> {
    Tensor::zeros([1, IMAGE_CHANNELS, height, width], &Device::flex())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// torchvision's own counts at 224 pixels, in units of 10^9: 15.47, 4.09, 7.80, 0.39, 0.82 and
    /// 0.30. They are rounded, so the last digit may differ by half.
    #[test]
    fn published_networks_cost_what_torchvision_says() {
        for (name, parameters, giga) in [
            (BackboneName::Vgg16, 138_357_544, 15.47),
            (BackboneName::Resnet50, 25_557_032, 4.09),
            (BackboneName::Resnet101, 44_549_160, 7.80),
            (BackboneName::EfficientnetB0, 5_288_548, 0.39),
            (BackboneName::Squeezenet10, 1_248_424, 0.82),
            (BackboneName::MobilenetV2, 3_504_872, 0.30),
        ] {
            let (found, cost) = cost((name, Stem::ImageNet), [224; 2], 1000);
            assert_eq!(found, parameters, "{name}");
            assert!((cost as f64 / 1e9 - giga).abs() < 0.0051, "{name}: {cost}");
        }
    }

    /// All maps of the deepest block have 4 x 4 cells or, for VGG-16, 2 x 2 before its last pool.
    #[test]
    fn a_network_for_small_images_keeps_some_cells() {
        for (name, blocks, first, last) in [
            (BackboneName::Vgg16, 13, 32, 2),
            (BackboneName::Resnet50, 16, 32, 4),
            (BackboneName::Resnet101, 33, 32, 4),
            (BackboneName::EfficientnetB0, 17, 32, 4),
            (BackboneName::Squeezenet10, 8, 16, 4),
            (BackboneName::MobilenetV2, 19, 32, 4),
        ] {
            let found = block_cells((name, Stem::Cifar), 32);
            assert_eq!(found.len(), blocks, "{name}: {found:?}");
            assert_eq!(found[0].1, first, "{name}: {found:?}");
            assert_eq!(found[blocks - 1].1, last, "{name}: {found:?}");
        }
    }
}
