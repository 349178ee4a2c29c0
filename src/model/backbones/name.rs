//! The list of networks: names, published weights, and preprocessing.

use std::fmt;
use std::str::FromStr;

use super::Dialect;
use crate::data::photo::{Filter, Resize};
use crate::data::{DataError, Normalisation};

/// Address of torchvision's published weights.
const PUBLISHED: &str = "https://download.pytorch.org/models/";
/// Channel means and deviations of ImageNet's training images, as used by torchvision's networks.
const IMAGENET: Normalisation = Normalisation {
    mean: [0.485, 0.456, 0.406],
    std: [0.229, 0.224, 0.225],
};
/// Maps 0 to 1 to -1 to 1, as used by TensorFlow's networks.
const SIGNED: Normalisation = Normalisation {
    mean: [0.5; 3],
    std: [0.5; 3],
};
/// Side that a picture is resized to before cropping, in pixels: the shorter one, or both.
const RESIZED: usize = 256;
/// Side of the cropped square, in pixels.
const CROP: usize = 224;
/// The same for SqueezeNet as published.
const CAFFE_CROP: usize = 227;

/// A network by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BackboneName {
    /// VGG-16 without batch normalisation.
    Vgg16,
    /// ResNet-50.
    Resnet50,
    /// ResNet-101.
    Resnet101,
    /// EfficientNet-B0.
    EfficientnetB0,
    /// SqueezeNet 1.0.
    Squeezenet10,
    /// MobileNet-V2.
    MobilenetV2,
}

/// Preprocessing of a picture for a network.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Preprocessing {
    /// The size that it is resized to.
    pub resize: Resize,
    /// Side of the centred square, in pixels.
    pub crop: usize,
    /// Filter of the resizing.
    pub filter: Filter,
    /// Standardisation.
    pub normalisation: Normalisation,
}

/// A weight file at its publisher.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedWeights {
    /// Its address.
    pub url: String,
    /// Its file name.
    pub file: &'static str,
    /// First eight hexadecimal digits of its SHA-256, which are part of its name.
    pub sha256_start: &'static str,
}

impl BackboneName {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Vgg16,
        Self::Resnet50,
        Self::Resnet101,
        Self::EfficientnetB0,
        Self::Squeezenet10,
        Self::MobilenetV2,
    ];

    /// Returns the name on the command line, kebab-case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Vgg16 => "vgg16",
            Self::Resnet50 => "resnet50",
            Self::Resnet101 => "resnet101",
            Self::EfficientnetB0 => "efficientnet-b0",
            Self::Squeezenet10 => "squeezenet1-0",
            Self::MobilenetV2 => "mobilenet-v2",
        }
    }

    /// Returns the name in figures.
    pub fn title(self) -> &'static str {
        match self {
            Self::Vgg16 => "VGG-16",
            Self::Resnet50 => "ResNet-50",
            Self::Resnet101 => "ResNet-101",
            Self::EfficientnetB0 => "EfficientNet-B0",
            Self::Squeezenet10 => "SqueezeNet 1.0",
            Self::MobilenetV2 => "MobileNet-V2",
        }
    }

    /// Returns the name of the parameter whose first axis is the classes.
    pub fn head_weight(self) -> &'static str {
        match self {
            Self::Vgg16 => "classifier.6.weight",
            Self::Resnet50 | Self::Resnet101 => "fc.weight",
            Self::EfficientnetB0 | Self::Squeezenet10 | Self::MobilenetV2 => "classifier.1.weight",
        }
    }

    /// Returns torchvision's first ImageNet weights (`IMAGENET1K_V1`).
    pub fn published(self) -> PublishedWeights {
        let (file, sha256_start) = match self {
            Self::Vgg16 => ("vgg16-397923af.pth", "397923af"),
            Self::Resnet50 => ("resnet50-0676ba61.pth", "0676ba61"),
            Self::Resnet101 => ("resnet101-63fe2227.pth", "63fe2227"),
            Self::EfficientnetB0 => ("efficientnet_b0_rwightman-7f5810bc.pth", "7f5810bc"),
            Self::Squeezenet10 => ("squeezenet1_0-b66bff10.pth", "b66bff10"),
            Self::MobilenetV2 => ("mobilenet_v2-b0353104.pth", "b0353104"),
        };
        PublishedWeights {
            url: format!("{PUBLISHED}{file}"),
            file,
            sha256_start,
        }
    }

    /// Returns the preprocessing of pictures for the network with weights of `dialect`.
    pub fn preprocessing(self, dialect: Dialect) -> Preprocessing {
        let filter = match self {
            Self::EfficientnetB0 => Filter::Bicubic,
            _ => Filter::Bilinear,
        };
        let (resize, crop, normalisation) = match dialect {
            Dialect::Torchvision => (Resize::Shorter(RESIZED), CROP, IMAGENET),
            Dialect::TensorFlow => (Resize::Shorter(RESIZED), CROP, SIGNED),
            // Caffe's training images are stored at 256 x 256, regardless of their aspect ratio.
            Dialect::Caffe => (Resize::Both(RESIZED), CAFFE_CROP, IMAGENET),
        };
        Preprocessing {
            resize,
            crop,
            filter,
            normalisation,
        }
    }
}

impl fmt::Display for BackboneName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

impl FromStr for BackboneName {
    type Err = DataError;

    /// Also accepts torchvision's spelling, with `_` for `-`.
    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let kebab = name.replace('_', "-");
        let found = Self::ALL.into_iter().find(|known| known.name() == kebab);
        found.ok_or_else(|| DataError::unknown("network", name, Self::ALL.map(Self::name)))
    }
}
