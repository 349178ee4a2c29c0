//! From a network's name to its architecture.

use super::architecture::Architecture;
use super::builder::Builder;
use super::efficientnet::EfficientNet;
use super::mobilenet::MobileNet;
use super::name::BackboneName;
use super::resnet::ResNet;
use super::squeezenet::SqueezeNet;
use super::vgg::Vgg;

/// Returns the architecture `name` for `classes` classes, from the layers of the builder.
pub(super) fn assemble(
    name: BackboneName,
    builder: &mut Builder<'_>,
    classes: usize,
) -> Box<dyn Architecture> {
    match name {
        BackboneName::Vgg16 => Box::new(Vgg::new(builder, classes)),
        BackboneName::Resnet50 => Box::new(ResNet::new(builder, [3, 4, 6, 3], classes)),
        BackboneName::Resnet101 => Box::new(ResNet::new(builder, [3, 4, 23, 3], classes)),
        BackboneName::EfficientnetB0 => Box::new(EfficientNet::new(builder, classes)),
        BackboneName::Squeezenet10 => Box::new(SqueezeNet::new(builder, classes)),
        BackboneName::MobilenetV2 => Box::new(MobileNet::new(builder, classes)),
    }
}
