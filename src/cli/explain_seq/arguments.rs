//! The clap type of `explain-seq`. Parsed by [`crate::cli::arguments`].

use std::path::PathBuf;

use clap::Args;

use crate::cli::arguments::CheckpointArguments;

/// Arguments of `explain-seq`.
#[derive(Debug, Clone, Args)]
pub(in crate::cli) struct ExplainSeqArguments {
    /// Experiments; what several remember is compared
    #[arg(default_values = ["convlstm"])]
    pub(in crate::cli) experiments: Vec<String>,
    #[command(flatten)]
    pub(in crate::cli) checkpoint: CheckpointArguments,
    /// Test clips to draw, by number from 0
    #[arg(long = "clip", value_delimiter = ',', default_values_t = [0, 1], value_name = "N,N")]
    pub(in crate::cli) clips: Vec<usize>,
    /// What of the predicted frame is explained: "digit-1", "digit-2", "frame" or "box:x0,y0,x1,y1"
    #[arg(long, default_value = "digit-1", value_name = "WHAT")]
    pub(in crate::cli) target: String,
    /// Layer, from 0 for the lowest; can be given several times [default: all]
    #[arg(long = "layer", value_delimiter = ',', value_name = "N")]
    pub(in crate::cli) layers: Vec<usize>,
    /// Method that needs the gradient alone; can be given several times
    #[arg(long = "method", default_values = ["grad-cam", "hires-cam"], value_name = "NAME")]
    pub(in crate::cli) methods: Vec<String>,
    /// Measure how far back the network remembers on the first N test clips; 0 is not at all
    #[arg(long, default_value_t = 200, value_name = "N")]
    pub(in crate::cli) capacity_clips: usize,
    /// Train what is missing
    #[arg(long)]
    pub(in crate::cli) train: bool,
    /// Folder for maps, tables and figures [default: figures/DATASET/sequence]
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) out: Option<PathBuf>,
}
