//! The clap types of the ImageNet networks. Part of [`super::super::arguments`].

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// Arguments of `layers`.
#[derive(Debug, Clone, Args)]
pub(in crate::cli) struct LayersArguments {
    /// ImageNet network, such as resnet50
    pub(in crate::cli) network: String,
    /// Side of the image, in pixels [default: what the network sees of a photograph, 224 or 227]
    #[arg(long, value_name = "N")]
    pub(in crate::cli) size: Option<usize>,
    /// Whose conventions it follows: "torchvision", "tensorflow" or "caffe" [default: torchvision]
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) dialect: Option<String>,
}

/// Arguments of `weights`.
#[derive(Debug, Clone, Args)]
pub(in crate::cli) struct WeightsArguments {
    #[command(subcommand)]
    pub(in crate::cli) verb: WeightsVerb,
}

/// What to do with weights.
#[derive(Debug, Clone, Subcommand)]
pub(in crate::cli) enum WeightsVerb {
    /// Download torchvision's ImageNet weights of a network and verify them
    Fetch {
        /// ImageNet network, such as resnet50
        network: String,
    },
    /// Read weights into a network and say whether they fit
    Check {
        /// ImageNet network, such as resnet50
        network: String,
        #[command(flatten)]
        from: FromWeights,
    },
    /// List the ImageNet networks and where their weights are
    List,
}

/// Where a network's weights come from, and how they are taken.
#[derive(Debug, Clone, Default, Args)]
pub(in crate::cli) struct FromWeights {
    /// Weights of an ImageNet network, .pth or .safetensors with torchvision's names [default: what
    /// `weights fetch` got]
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) weights: Option<PathBuf>,
    /// Whose conventions the weights follow: "torchvision", "tensorflow" or "caffe" [default: what
    /// the file says, else torchvision]
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) dialect: Option<String>,
    /// Names of the classes, one a line, where they are not ImageNet's
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) class_names: Option<PathBuf>,
    /// Accept weights that are NaN or infinite
    #[arg(long)]
    pub(in crate::cli) allow_nan: bool,
}

/// A folder of photographs with labels.
#[derive(Debug, Clone, Default, Args)]
pub(in crate::cli) struct PhotoArguments {
    /// Folder of photographs, for ImageNet networks
    #[arg(long, value_name = "DIR", conflicts_with_all = ["base", "csv", "checkpoint"])]
    pub(in crate::cli) photos: Option<PathBuf>,
    /// Their classes: a CSV with the columns file,class, by name or number [default: labels.csv in
    /// the folder]
    #[arg(long, value_name = "FILE", requires = "photos")]
    pub(in crate::cli) labels: Option<PathBuf>,
    /// Pass over pictures that cannot be read, and count them
    #[arg(long, requires = "photos")]
    pub(in crate::cli) skip_bad: bool,
    /// Judge each picture by ten crops, the corners and the centre and their mirror images, by the mean of
    /// their probabilities
    #[arg(long, requires = "photos")]
    pub(in crate::cli) ten_crop: bool,
    #[command(flatten)]
    pub(in crate::cli) from: FromWeights,
}

impl FromWeights {
    /// Returns whether any of it was given.
    pub(in crate::cli) fn is_given(&self) -> bool {
        let named = [&self.weights, &self.class_names]
            .iter()
            .any(|file| file.is_some());
        named || self.dialect.is_some() || self.allow_nan
    }
}
