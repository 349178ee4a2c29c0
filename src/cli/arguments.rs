//! The clap types: every verb's arguments and help texts. Parsed by [`super::main`].

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::backbone::{FromWeights, LayersArguments, PhotoArguments, WeightsArguments};
use super::benchmark::BenchmarkArguments;
use super::data::DataArguments;
use super::draw::DrawArguments;
use super::evaluate_frames::FrameArguments;
use super::explain_seq::ExplainSeqArguments;
use super::export::ExportArguments;
use super::reproduce::ReproduceArguments;

/// Root of the run folders where the user names none.
pub(super) const DEFAULT_RUNS: &str = "checkpoints";
/// Steps of the insertion and deletion curves where the user names none.
pub(super) const CURVE_STEPS: usize = 16;

/// Train small vision networks and measure what they look at.
#[derive(Debug, Parser)]
#[command(version, about, max_term_width = 100)]
pub(super) struct Arguments {
    #[command(flatten)]
    pub(super) shared: Shared,
    #[command(subcommand)]
    pub(super) verb: Verb,
}

/// Options of every verb.
#[derive(Debug, Args)]
pub(super) struct Shared {
    /// Folder with the data sets [default: $CAMTRAIL_DATA, else "datasets"]
    #[arg(long, global = true, value_name = "DIR")]
    pub(super) data_dir: Option<PathBuf>,
    /// Folder with the runs
    #[arg(long, global = true, value_name = "DIR", default_value = DEFAULT_RUNS)]
    pub(super) runs: PathBuf,
    /// Where to compute
    #[arg(long, global = true, value_enum, default_value_t = DeviceName::Auto)]
    pub(super) device: DeviceName,
}

/// A device by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum DeviceName {
    /// An NVIDIA GPU where one can be used, else the CPU
    Auto,
    /// The CPU
    Cpu,
    /// An NVIDIA GPU
    Cuda,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Train a trial, with checkpoints, a table and curves
    Train(TrainArguments),
    /// Show what a trained network looks at in given images
    Explain(ExplainArguments),
    /// Show what a next-frame predictor's prediction rests on in each of its hidden states
    ExplainSeq(ExplainSeqArguments),
    /// Draw the ablation: the same images explained by every trial, and along training
    Ablate(AblateArguments),
    /// Measure whether maps lie on the objects, whose boxes or masks are known
    #[command(mut_arg("class", |class| class.default_value("true")))]
    Localize(LocalizeArguments),
    /// Check whether maps depend on the network's parameters and on the class
    Sanity(SanityArguments),
    /// Measure the accuracy of a trained network, or how well it predicts frames
    Evaluate(EvaluateArguments),
    /// Score the maps of trained networks over a whole split: table and figure by depth
    Score(ScoreArguments),
    /// Train all trials, explain them and draw every figure
    Reproduce(ReproduceArguments),
    /// Draw the figures of a folder again, from its tables and maps
    Draw(DrawArguments),
    /// Compare ImageNet networks on photographs: figures, scores, localisation and agreement
    Benchmark(BenchmarkArguments),
    /// List the layers of an ImageNet network, with their sizes
    Layers(LayersArguments),
    /// Write a trained network's weights for PyTorch
    Export(ExportArguments),
    /// Fetch, check and list the weights of the ImageNet networks
    Weights(WeightsArguments),
    /// List the experiments and the runs
    List,
    /// Print an experiment with every default filled in
    Show(ShowArguments),
    /// Compare two experiments field by field
    Diff(DiffArguments),
    /// Fetch, check and list the data sets
    Data(DataArguments),
}

impl Verb {
    /// Whether it runs networks on images or clips; the others need no device but to read weights and
    /// count.
    pub(super) fn runs_networks(&self) -> bool {
        !matches!(
            self,
            Self::Layers(_)
                | Self::Draw(_)
                | Self::Export(_)
                | Self::Weights(_)
                | Self::List
                | Self::Show(_)
                | Self::Diff(_)
                | Self::Data(_)
        )
    }
}

/// Which experiment, and what is changed in it.
#[derive(Debug, Clone, Args)]
pub(super) struct ExperimentArguments {
    /// Take the defaults from this base in place of the experiment's own: "cifar-100" or "shapes"; for
    /// next-frame predictors "moving-mnist", "moving-mnist-small" or "digits"
    #[arg(long, visible_alias = "dataset", value_name = "NAME")]
    pub(super) base: Option<String>,
    /// Change a value, such as train.epochs=5; can be given several times
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub(super) overrides: Vec<String>,
}

/// Arguments of `train`.
#[derive(Debug, Clone, Args)]
pub(super) struct TrainArguments {
    /// Experiment, such as trial-d
    pub(super) trial: String,
    #[command(flatten)]
    pub(super) experiment: ExperimentArguments,
    /// Training seed
    #[arg(long, default_value_t = 0, conflicts_with = "seeds")]
    pub(super) seed: u64,
    /// Several training seeds, one run each
    #[arg(long, value_delimiter = ',', value_name = "SEED,SEED")]
    pub(super) seeds: Vec<u64>,
    /// Go on from the newest whole checkpoint
    #[arg(long, conflicts_with = "force")]
    pub(super) resume: bool,
    /// With --resume: accept that the experiment changed since the run was started
    #[arg(long, requires = "resume")]
    pub(super) accept_changes: bool,
    /// Start over, removing the run that is there
    #[arg(long)]
    pub(super) force: bool,
}

/// Which run, and which of its checkpoints.
#[derive(Debug, Clone, Args)]
pub(super) struct CheckpointArguments {
    /// Take the run that was trained on this base, such as "shapes"
    #[arg(long, visible_alias = "dataset", value_name = "NAME")]
    pub(super) base: Option<String>,
    /// Training seed of the run [default: 0]
    #[arg(long)]
    pub(super) seed: Option<u64>,
    /// "best" on the validation split, "last", or an epoch's number [default: best]
    #[arg(long, value_name = "WHICH")]
    pub(super) checkpoint: Option<String>,
}

impl CheckpointArguments {
    /// Returns the training seed of the run.
    pub(super) fn seed(&self) -> u64 {
        self.seed.unwrap_or(0)
    }

    /// Returns which checkpoint of the run.
    pub(super) fn which(&self) -> &str {
        self.checkpoint.as_deref().unwrap_or("best")
    }
}

/// Which maps to make.
#[derive(Debug, Clone, Args)]
pub(super) struct MapArguments {
    /// Method; can be given several times [default: all that the network allows, but for those that
    /// ask it many questions for each map: score-cam and ablation-cam]
    #[arg(long = "method", value_name = "NAME")]
    pub(super) methods: Vec<String>,
    /// Layer; can be given several times [default: the last block before its pool]
    #[arg(long = "layer", value_name = "NAME")]
    pub(super) layers: Vec<String>,
    /// Class to explain: "predicted", "true" or a class name
    #[arg(long, default_value = "predicted", value_name = "CLASS")]
    pub(super) class: String,
    /// What of the class: its "logit", its "probability", or "minus:CLASS", its logit minus another's
    #[arg(long, default_value = "logit", value_name = "WHAT")]
    pub(super) quantity: String,
    /// Train a linear head on each layer's pooled activation where the network has none, so that CAM
    /// can explain it; cached beside the checkpoint
    #[arg(long)]
    pub(super) retrain_head: bool,
}

/// Arguments of `explain`.
#[derive(Debug, Clone, Args)]
pub(super) struct ExplainArguments {
    /// Experiment, such as trial-d, or ImageNet network, such as resnet50; with --dataset it is the
    /// resnet50 that was trained here
    pub(super) trial: String,
    #[command(flatten)]
    pub(super) from: FromWeights,
    #[command(flatten)]
    pub(super) checkpoint: CheckpointArguments,
    /// Image files
    #[arg(long = "image", value_name = "PATH", num_args = 1.., required_unless_present = "test_index", conflicts_with = "test_index")]
    pub(super) images: Vec<PathBuf>,
    /// Images of the test split by number, from 0
    #[arg(long, value_delimiter = ',', value_name = "N,N")]
    pub(super) test_index: Vec<usize>,
    #[command(flatten)]
    pub(super) maps: MapArguments,
    /// Folder for maps and figure [default: figures/explain/TRIAL-seed-N]
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
}

/// Arguments of `ablate`.
#[derive(Debug, Clone, Args)]
pub(super) struct AblateArguments {
    /// Experiments to compare, shallowest first
    #[arg(default_values = ["trial-a", "trial-b", "trial-c", "trial-d"])]
    pub(super) trials: Vec<String>,
    #[command(flatten)]
    pub(super) checkpoint: CheckpointArguments,
    /// Experiment to follow along its checkpoints [default: the last of the trials]
    #[arg(long, value_name = "TRIAL")]
    pub(super) along: Option<String>,
    /// Images to draw
    #[arg(long, default_value_t = 6, value_parser = at_least_one)]
    pub(super) images: usize,
    /// Images of the test split by number, in place of the rule
    #[arg(long, value_delimiter = ',', value_name = "N,N")]
    pub(super) test_index: Vec<usize>,
    /// Class to explain: "predicted", "true" or a class name
    #[arg(long, default_value = "predicted", value_name = "CLASS")]
    pub(super) class: String,
    /// Train a linear head on each layer's pooled activation where the network has none, so that CAM
    /// can explain it; cached beside the checkpoint
    #[arg(long)]
    pub(super) retrain_head: bool,
    /// Train what is missing
    #[arg(long)]
    pub(super) train: bool,
    /// Folder for the figures
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
}

/// Arguments of `evaluate`.
#[derive(Debug, Clone, Args)]
pub(super) struct EvaluateArguments {
    /// Experiments, or ImageNet networks with --photos
    #[arg(required = true)]
    pub(super) trials: Vec<String>,
    #[command(flatten)]
    pub(super) photos: PhotoArguments,
    /// Take the runs that were trained on this base, such as "shapes"
    #[arg(long, visible_alias = "dataset", value_name = "NAME")]
    pub(super) base: Option<String>,
    /// "best" on the validation split, "last", or an epoch's number
    #[arg(long, default_value = "best", value_name = "WHICH")]
    pub(super) checkpoint: String,
    /// Write the table as CSV too
    #[arg(long, value_name = "FILE")]
    pub(super) csv: Option<PathBuf>,
    #[command(flatten)]
    pub(super) frames: FrameArguments,
}

/// Which networks, images and maps to measure.
#[derive(Debug, Clone, Args)]
pub(super) struct MeasureArguments {
    /// Experiments to measure, shallowest first
    #[arg(default_values = ["trial-a", "trial-b", "trial-c", "trial-d"])]
    pub(super) trials: Vec<String>,
    /// Take the runs that were trained on this base, such as "shapes"
    #[arg(long, visible_alias = "dataset", value_name = "NAME")]
    pub(super) base: Option<String>,
    /// Training seeds [default: all that were trained]
    #[arg(long, alias = "seed", value_delimiter = ',', value_name = "SEED,SEED")]
    pub(super) seeds: Vec<u64>,
    /// "best" on the validation split, "last", or an epoch's number
    #[arg(long, default_value = "best", value_name = "WHICH")]
    pub(super) checkpoint: String,
    /// Images of this split: "train", "validation" or "test"
    #[arg(long, default_value = "test", value_name = "SPLIT")]
    pub(super) split: String,
    /// The first N images of the split [default: all]
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub(super) limit: Option<usize>,
    /// Methods and baselines, or "all" [default: all but those that ask the network for each map]
    #[arg(
        long,
        alias = "method",
        value_delimiter = ',',
        value_name = "NAME,NAME"
    )]
    pub(super) methods: Vec<String>,
    /// Layers [default: the last block before its pool, and the deepest with at least 8 x 8 cells]
    #[arg(long, alias = "layer", value_delimiter = ',', value_name = "NAME,NAME")]
    pub(super) layers: Vec<String>,
    /// Class to explain: "predicted", "true" or a class name
    #[arg(long, default_value = "predicted", value_name = "CLASS")]
    pub(super) class: String,
    /// Train a linear head on each layer's pooled activation where the network has none, so that CAM
    /// can explain it; cached beside the checkpoint
    #[arg(long)]
    pub(super) retrain_head: bool,
    /// Folder for tables and figures
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
}

/// Arguments of `localize`.
#[derive(Debug, Clone, Args)]
pub(super) struct LocalizeArguments {
    #[command(flatten)]
    pub(super) measure: MeasureArguments,
    /// Boxes on pictures of your own: a CSV with the columns file,class,x0,y0,x1,y1, in pixels of
    /// the original picture, x1 and y1 not included; a row is an object
    #[arg(long, value_name = "FILE", conflicts_with_all = ["split", "limit"])]
    pub(super) boxes: Option<PathBuf>,
    /// Folder of those pictures [default: the CSV's]
    #[arg(long, value_name = "DIR", requires = "boxes")]
    pub(super) images: Option<PathBuf>,
}

/// Arguments of `score`.
#[derive(Debug, Clone, Args)]
pub(super) struct ScoreArguments {
    #[command(flatten)]
    pub(super) measure: MeasureArguments,
    /// Measure insertion and deletion too; it costs 2 x STEPS forward passes a map
    #[arg(long)]
    pub(super) insertion_deletion: bool,
    /// Steps of the insertion and deletion curves
    #[arg(long, value_name = "STEPS", default_value_t = CURVE_STEPS, value_parser = at_least_one, requires = "insertion_deletion")]
    pub(super) steps: usize,
}

/// Arguments of `sanity`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Without --limit, the first 200 images of the split are taken.")]
pub(super) struct SanityArguments {
    #[command(flatten)]
    pub(super) measure: MeasureArguments,
    /// Times that the parameters are drawn anew
    #[arg(long, default_value_t = 3, value_name = "N", value_parser = at_least_one)]
    pub(super) draws: usize,
    /// Pictures of the cascade
    #[arg(long, default_value_t = 2, value_name = "N", value_parser = at_least_one)]
    pub(super) pictures: usize,
}

/// Arguments of `show`.
#[derive(Debug, Clone, Args)]
pub(super) struct ShowArguments {
    /// Experiment, such as trial-d
    pub(super) trial: String,
    #[command(flatten)]
    pub(super) experiment: ExperimentArguments,
}

/// Arguments of `diff`.
#[derive(Debug, Clone, Args)]
pub(super) struct DiffArguments {
    /// First experiment
    pub(super) first: String,
    /// Second experiment
    pub(super) second: String,
}

/// Returns the whole number in `text` if it is at least 1.
pub(super) fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) | Err(_) => Err("give a whole number of at least 1".to_string()),
        Ok(number) => Ok(number),
    }
}
