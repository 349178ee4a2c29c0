//! The clap types of `benchmark`. Part of [`super::super::arguments`].

use std::path::PathBuf;

use clap::Args;

use crate::cli::arguments::at_least_one;

/// Arguments of `benchmark`.
#[derive(Debug, Clone, Args)]
pub(in crate::cli) struct BenchmarkArguments {
    /// ImageNet networks to compare, such as resnet50
    #[arg(required = true)]
    pub(in crate::cli) networks: Vec<String>,
    /// Photographs to score explanations over: Average Drop, % Increase, % Win and, with several
    /// networks, how much their maps agree
    #[arg(long, value_name = "DIR", required_unless_present_any = ["boxes", "images", "several"])]
    pub(in crate::cli) photos: Option<PathBuf>,
    /// Their classes: a CSV with the columns file,class, by name or number [default: labels.csv in
    /// the folder]
    #[arg(long, value_name = "FILE", requires = "photos")]
    pub(in crate::cli) labels: Option<PathBuf>,
    /// The first N photographs [default: all]
    #[arg(long, value_name = "N", value_parser = at_least_one, requires = "photos")]
    pub(in crate::cli) limit: Option<usize>,
    /// Pass over photographs that cannot be read, and count them
    #[arg(long, requires = "photos")]
    pub(in crate::cli) skip_bad: bool,
    /// Objects to localise: a CSV with the columns file,class,x0,y0,x1,y1, in pixels of the picture,
    /// x1 and y1 not included; a row is an object
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) boxes: Option<PathBuf>,
    /// Folder of those pictures [default: the CSV's]
    #[arg(long, value_name = "DIR", requires = "boxes")]
    pub(in crate::cli) boxed_images: Option<PathBuf>,
    /// Pictures to draw with every network, one figure each [default: the first photograph]
    #[arg(long = "image", value_name = "PATH", num_args = 1..)]
    pub(in crate::cli) images: Vec<PathBuf>,
    /// Pictures with several objects, to draw with CAM, Grad-CAM and Grad-CAM++ [default: the first
    /// four of --boxes with more than one]
    #[arg(long, value_name = "PATH", num_args = 1..)]
    pub(in crate::cli) several: Vec<PathBuf>,
    /// Weights of a network, .pth or .safetensors with torchvision's names [default: what `weights
    /// fetch` got]
    #[arg(long = "weights", value_name = "NETWORK=FILE")]
    pub(in crate::cli) weights: Vec<String>,
    /// Whose conventions a network's weights follow: "torchvision", "tensorflow" or "caffe"
    /// [default: what the file says, else torchvision]
    #[arg(long = "dialect", value_name = "NETWORK=NAME")]
    pub(in crate::cli) dialects: Vec<String>,
    /// Names of the classes, one a line, where they are not ImageNet's
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) class_names: Option<PathBuf>,
    /// Accept weights that are NaN or infinite
    #[arg(long)]
    pub(in crate::cli) allow_nan: bool,
    /// Methods and baselines to measure, or "all" [default: all but those that ask the network for
    /// each map]
    #[arg(
        long,
        alias = "method",
        value_delimiter = ',',
        value_name = "NAME,NAME"
    )]
    pub(in crate::cli) methods: Vec<String>,
    /// Class to explain: "predicted", "true" or a class name; with --boxes always the box's
    #[arg(long, default_value = "predicted", value_name = "CLASS")]
    pub(in crate::cli) class: String,
    /// Folder for tables and figures [default: figures/benchmark]
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) out: Option<PathBuf>,
}
