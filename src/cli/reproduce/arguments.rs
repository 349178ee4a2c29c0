//! The clap type of `reproduce`. Parsed by [`crate::cli::arguments`].

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Arguments of `reproduce`.
#[derive(Debug, Clone, Args)]
pub(in crate::cli) struct ReproduceArguments {
    /// Generated images and short trainings: no download, under ten minutes on two cores
    #[arg(long)]
    pub(in crate::cli) quick: bool,
    /// Training seeds
    #[arg(long, value_delimiter = ',', default_values_t = [0], value_name = "SEED,SEED")]
    pub(in crate::cli) seeds: Vec<u64>,
    /// One half alone: trials A to D on images, or next-frame predictors on clips
    #[arg(long, value_enum, value_name = "PART")]
    pub(in crate::cli) only: Option<Part>,
    /// Change a value of trials A to D, such as train.epochs=10; can be given several times
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub(in crate::cli) overrides: Vec<String>,
    /// Start over, removing the runs that are there
    #[arg(long)]
    pub(in crate::cli) force: bool,
    /// Folder for the figures
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) out: Option<PathBuf>,
}

/// A half of `reproduce`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Part {
    /// Trials A to D
    Images,
    /// Next-frame predictors
    Frames,
}
