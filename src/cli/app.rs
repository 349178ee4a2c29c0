//! The whole command line: the verbs and their help.

use std::ffi::OsString;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::study::Runs;

use super::ablate::AblateArguments;
use super::benchmark::{self, BenchmarkArguments};
use super::compare::{self, CompareArguments};
use super::completions::CompletionsArguments;
use super::data::DataArguments;
use super::draw::DrawArguments;
use super::evaluate::{self, EvaluateArguments};
use super::experiments::{DiffArguments, ShowArguments};
use super::explain::{self, ExplainArguments};
use super::explain_seq::ExplainSeqArguments;
use super::export::ExportArguments;
use super::export_runs::ExportRunsArguments;
use super::layers::LayersArguments;
use super::list::ListArguments;
use super::localize::LocalizeArguments;
use super::modes::{Chosen, Given, Mode};
use super::report::ReportArguments;
use super::reproduce::ReproduceArguments;
use super::sanity::SanityArguments;
use super::score::ScoreArguments;
use super::shared::Shared;
use super::stability::StabilityArguments;
use super::sweep::SweepArguments;
use super::train::TrainArguments;
use super::weights::WeightsArguments;

/// Train small vision networks and measure what they look at.
#[derive(Debug, Parser)]
#[command(version, about, max_term_width = 100)]
pub(super) struct Arguments {
    #[command(flatten)]
    pub(super) shared: Shared,
    #[command(subcommand)]
    pub(super) verb: Verb,
}

impl Arguments {
    /// Returns the arguments in `words`, and which options they give.
    ///
    /// # Errors
    /// Arguments that the command line does not have; a request for help.
    pub(super) fn read(words: &[OsString]) -> Result<(Self, Given), clap::Error> {
        let command = Self::command();
        let matches = command.clone().try_get_matches_from(words)?;
        let given = Given::of(&command, &matches);
        Ok((Self::from_arg_matches(&matches)?, given))
    }
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Train a trial, with checkpoints, a table and curves
    #[command(after_help = "Example: camtrail train trial-d --base shapes --seeds 0,1,2")]
    Train(TrainArguments),
    /// Run an experiment with many values and seeds, here or on a cluster, and merge the results
    #[command(after_help = "Example: camtrail sweep run learning-rate --workers 2")]
    Sweep(SweepArguments),
    /// Show what a trained network looks at in given images
    #[command(after_help = "Example: camtrail explain trial-d --image cat.jpg --method grad-cam")]
    Explain(ExplainArguments),
    /// Show which hidden states a next-frame predictor's prediction depends on
    #[command(after_help = "Example: camtrail explain-seq convlstm --clip 0 --target digit-2")]
    ExplainSeq(ExplainSeqArguments),
    /// Draw the ablation: the same images explained by every trial, and along training
    #[command(after_help = "Example: camtrail ablate --base shapes --train")]
    Ablate(AblateArguments),
    /// Measure whether maps lie on objects with known boxes or masks
    #[command(mut_arg("class", |class| class.default_value("true")))]
    #[command(
        after_help = "Example: camtrail localize trial-d --base shapes --methods grad-cam,layer-cam"
    )]
    Localize(LocalizeArguments),
    /// Check whether maps depend on the network's parameters and on the class
    #[command(
        after_help = "Without --limit, the first 200 images of the split are taken.\n\nExample: camtrail sanity trial-d --base shapes"
    )]
    Sanity(SanityArguments),
    /// Measure how alike the maps of several training seeds are
    #[command(mut_arg("class", |class| class.default_value("true")
        .help("Class to explain: \"true\" or a class name")))]
    #[command(mut_arg("methods", |methods| methods.default_value("grad-cam")
        .help("Methods, or \"all\"")))]
    #[command(after_help = "Example: camtrail stability trial-d --base shapes --seeds 0,1,2")]
    Stability(StabilityArguments),
    /// Measure the accuracy of a trained network, or the errors of predicted frames
    #[command(after_help = "Example: camtrail evaluate trial-c trial-d --csv accuracy.csv")]
    Evaluate(EvaluateArguments),
    /// Score the maps of trained networks over a whole split: table and figure by depth
    #[command(after_help = "Example: camtrail score --series normalised --limit 1000")]
    Score(ScoreArguments),
    /// Train all trials, explain them and draw every figure
    #[command(after_help = "Example: camtrail reproduce --quick")]
    Reproduce(ReproduceArguments),
    /// Compare ImageNet networks on photographs: figures, scores, localisation and agreement
    #[command(after_help = "Example: camtrail benchmark resnet50 vgg16 --photos pictures")]
    Benchmark(BenchmarkArguments),
    /// Draw the figures of a folder again, from its tables and maps
    #[command(after_help = "Example: camtrail draw figures/shapes --out paper")]
    Draw(DrawArguments),
    /// Write one page of all results that opens in a browser: maps, tables, figures
    #[command(after_help = "Example: camtrail report figures/shapes")]
    Report(ReportArguments),
    /// List the layers of an ImageNet network, with their sizes
    #[command(after_help = "Example: camtrail layers resnet50")]
    Layers(LayersArguments),
    /// Write a trained network's weights for PyTorch
    #[command(after_help = "Example: camtrail export trial-d --out trial-d.safetensors")]
    Export(ExportArguments),
    /// Write runs, with their settings and curves, for MLflow
    #[command(after_help = "Example: camtrail export-runs --out mlruns")]
    ExportRuns(ExportRunsArguments),
    /// Fetch, check and list the weights of the ImageNet networks
    #[command(after_help = "Example: camtrail weights fetch resnet50")]
    Weights(WeightsArguments),
    /// List the experiments and the runs, the best run first
    #[command(after_help = "Example: camtrail list runs --where 'train.learning_rate<1e-2'")]
    List(ListArguments),
    /// Print an experiment with every default filled in
    #[command(after_help = "Example: camtrail show trial-d --base shapes")]
    Show(ShowArguments),
    /// Compare two experiments key by key
    #[command(after_help = "Example: camtrail diff trial-c trial-d")]
    Diff(DiffArguments),
    /// Compare runs: experiments, accuracy with tests, learning curves and maps
    #[command(after_help = "Example: camtrail compare trial-b trial-d")]
    Compare(CompareArguments),
    /// Print completions for a shell
    #[command(
        after_help = "Example: camtrail completions bash > ~/.local/share/bash-completion/completions/camtrail"
    )]
    Completions(CompletionsArguments),
    /// Fetch, check and list the data sets
    #[command(after_help = "Example: camtrail data fetch cifar-100")]
    Data(DataArguments),
}

impl Verb {
    /// Returns whether it runs networks on images or clips; the other verbs need a device only to
    /// read and count weights.
    pub(super) fn runs_networks(&self) -> bool {
        !matches!(
            self,
            Self::Draw(_)
                | Self::Report(_)
                | Self::Layers(_)
                | Self::Export(_)
                | Self::ExportRuns(_)
                | Self::Weights(_)
                | Self::List(_)
                | Self::Show(_)
                | Self::Diff(_)
                | Self::Completions(_)
                | Self::Data(_)
        )
    }

    /// Returns whether the result is to be printed as JSON.
    pub(super) fn as_json(&self) -> bool {
        match self {
            Self::Evaluate(arguments) => arguments.json,
            Self::Explain(arguments) => arguments.json,
            Self::Benchmark(arguments) => arguments.json,
            Self::Score(arguments) => arguments.measure.json,
            Self::Localize(arguments) => arguments.measure.json,
            Self::Sanity(arguments) => arguments.measure.json,
            Self::Stability(arguments) => arguments.measure.json,
            _ => false,
        }
    }

    /// Returns the modes that it is used in.
    ///
    /// # Errors
    /// An unknown experiment or network; networks of several kinds; nothing to do.
    pub(super) fn modes(&self, runs: &Runs, given: &Given) -> anyhow::Result<Chosen> {
        let only = |mode| Ok(Chosen::new(mode, ""));
        match self {
            Self::Explain(arguments) => explain::mode(runs, arguments, given),
            Self::Evaluate(arguments) => evaluate::mode(runs, arguments, given),
            Self::Compare(arguments) => Ok(compare::mode(runs, arguments)),
            Self::Benchmark(arguments) => Ok(benchmark::modes(arguments)?),
            Self::Ablate(arguments) => only(arguments.mode()),
            Self::Localize(arguments) => only(arguments.mode()),
            Self::Score(arguments) => only(arguments.mode()),
            Self::Reproduce(arguments) => only(arguments.mode()),
            Self::List(arguments) => only(arguments.mode()),
            Self::Sweep(arguments) => only(arguments.mode()),
            Self::Train(_)
            | Self::ExplainSeq(_)
            | Self::Sanity(_)
            | Self::Stability(_)
            | Self::Draw(_)
            | Self::Report(_)
            | Self::Layers(_)
            | Self::Export(_)
            | Self::ExportRuns(_)
            | Self::Weights(_)
            | Self::Show(_)
            | Self::Diff(_)
            | Self::Completions(_)
            | Self::Data(_) => only(Mode::Only),
        }
    }
}
