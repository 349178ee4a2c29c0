//! Arguments shared by several verbs, and the typed requests made from them.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};

use crate::experiment::Override;
use crate::run::{ColourMap, Overlay};
use crate::study::series::{ALL, PLAIN, Series};
use crate::study::{MethodChoice, WeightSource, Which, check_head, measure};

/// Default root of the run folders.
pub(super) const DEFAULT_RUNS: &str = "checkpoints";

/// Options of every verb.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of every command")]
pub(super) struct Shared {
    /// Folder with the data sets [default: $CAMTRAIL_DATA, else "datasets"]
    #[arg(long, global = true, value_name = "DIR")]
    pub(super) data_dir: Option<PathBuf>,
    /// Folder with the runs
    #[arg(long, global = true, value_name = "DIR", default_value = DEFAULT_RUNS)]
    pub(super) runs: PathBuf,
    /// Device to compute on
    #[arg(long, global = true, value_enum, default_value_t = DeviceName::Auto)]
    pub(super) device: DeviceName,
}

/// A device by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum DeviceName {
    /// An NVIDIA GPU if one can be used, else the CPU
    Auto,
    /// The CPU
    Cpu,
    /// An NVIDIA GPU
    Cuda,
}

/// An experiment, and the changes to it.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct ExperimentArguments {
    /// Use the defaults of this base instead of the experiment's own: "cifar-100" or "shapes"; for
    /// next-frame predictors "moving-mnist", "moving-mnist-small" or "digits"
    #[arg(long, visible_alias = "dataset", value_name = "NAME")]
    pub(super) base: Option<String>,
    /// Change a value, such as train.epochs=5; can be given several times
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub(super) overrides: Vec<String>,
}

impl ExperimentArguments {
    /// Returns the changes.
    pub(super) fn overrides(&self) -> anyhow::Result<Vec<Override>> {
        overrides(&self.overrides)
    }
}

/// Returns the changes given by the texts of `--set`.
pub(super) fn overrides(texts: &[String]) -> anyhow::Result<Vec<Override>> {
    let given = |text: &String| Ok(text.parse::<Override>()?.given_with("--set"));
    texts.iter().map(given).collect()
}

/// Returns the parser of a series by its name.
pub(super) fn series() -> impl TypedValueParser<Value = Series> {
    let named = |name: String| {
        let found = ALL.into_iter().find(|series| series.name == name);
        found.expect("the parser accepts these names alone")
    };
    PossibleValuesParser::new(ALL.map(|series| series.name)).map(named)
}

/// Returns the experiments of the series, if one is named, else those given.
pub(super) fn in_series(series: Option<Series>, given: &[String]) -> Vec<String> {
    series.map_or_else(
        || given.to_vec(),
        |series| series.trials.map(str::to_string).to_vec(),
    )
}

/// Returns the base of the series, if one is named, else the one given.
pub(super) fn base_of(series: Option<Series>, given: Option<&str>) -> Option<String> {
    series
        .map_or(given, |series| series.base)
        .map(str::to_string)
}

/// A run, and one of its checkpoints.
#[derive(Debug, Clone, Args)]
pub(super) struct CheckpointArguments {
    /// Use the run trained on this base, such as "shapes"
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

    /// Returns the checkpoint of the run.
    pub(super) fn which(&self) -> anyhow::Result<Which> {
        let which = self.checkpoint.as_deref().map(str::parse).transpose()?;
        Ok(which.unwrap_or_default())
    }
}

/// How heat maps are drawn.
#[derive(Debug, Clone, Args)]
pub(super) struct OverlayArguments {
    /// Colours of the heat maps
    #[arg(long, value_enum, default_value_t = Colours::Turbo, value_name = "NAME")]
    colour_map: Colours,
    /// Opacity of the colours over the picture, 0 to 1
    #[arg(long, default_value_t = Overlay::default().alpha, value_parser = share, value_name = "SHARE")]
    alpha: f32,
    /// Opacity in proportion to the map: the picture stays bare where the map is 0
    #[arg(long)]
    alpha_by_map: bool,
    /// Percentile of each map that is drawn as its maximum, so that a single cell does not darken the
    /// rest
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u8).range(50..=100), value_name = "PERCENT")]
    clip: u8,
}

/// Colours of heat maps by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Colours {
    /// Blue, green, yellow, red
    Turbo,
    /// Purple, green, yellow, with evenly rising lightness
    Viridis,
    /// Black, red, yellow, white, with evenly rising lightness
    Inferno,
}

impl OverlayArguments {
    /// Returns how heat maps are drawn.
    pub(super) fn overlay(&self) -> Overlay {
        Overlay {
            colours: match self.colour_map {
                Colours::Turbo => ColourMap::Turbo,
                Colours::Viridis => ColourMap::Viridis,
                Colours::Inferno => ColourMap::Inferno,
            },
            alpha: self.alpha,
            by_value: self.alpha_by_map,
            clip: f32::from(self.clip),
        }
    }
}

/// Returns the share in `text`.
fn share(text: &str) -> Result<f32, String> {
    let share = text.parse().ok();
    share
        .filter(|share| (0.0..=1.0).contains(share))
        .ok_or_else(|| "it is not a number from 0 to 1".to_string())
}

/// The maps to make.
#[derive(Debug, Clone, Args)]
pub(super) struct MapArguments {
    /// Method, or "all"; can be given several times [default: all that the network allows, except
    /// score-cam and ablation-cam, which need many forward passes per map]
    #[arg(long = "method", value_name = "NAME")]
    pub(super) methods: Vec<String>,
    /// Layer; can be given several times [default: the last block and the deepest
    /// with 8 x 8 cells; of an ImageNet network the last before its pool]
    #[arg(long = "layer", value_name = "NAME")]
    pub(super) layers: Vec<String>,
    /// Class to explain: "predicted", "true" or a class name
    #[arg(long, default_value = "predicted", value_name = "CLASS")]
    pub(super) class: String,
    /// Quantity of the class: its "logit", its "probability", or "minus:CLASS" for its logit minus
    /// another's
    #[arg(long, default_value = "logit", value_name = "WHAT")]
    pub(super) quantity: String,
    /// Train a linear head on each layer's pooled activation where the network has none, so that
    /// CAM can explain it; cached in the run's folder
    #[arg(long)]
    pub(super) retrain_head: bool,
}

impl MapArguments {
    /// Returns the methods.
    pub(super) fn methods(&self) -> anyhow::Result<MethodChoice> {
        check_head(self.retrain_head, &self.methods)?;
        Ok(MethodChoice::parse(&self.methods)?)
    }
}

/// The networks, images and maps to measure.
#[derive(Debug, Clone, Args)]
pub(super) struct MeasureArguments {
    /// Experiments to measure, shallowest first
    #[arg(default_values = PLAIN.trials, value_name = "EXPERIMENT")]
    trials: Vec<String>,
    /// A series of experiments, with their base
    #[arg(long, value_name = "NAME", value_parser = series(), conflicts_with_all = ["trials", "base"])]
    series: Option<Series>,
    /// Use the runs trained on this base, such as "shapes"
    #[arg(long, visible_alias = "dataset", value_name = "NAME")]
    base: Option<String>,
    /// Training seeds [default: all trained seeds]
    #[arg(long, alias = "seed", value_delimiter = ',', value_name = "SEED,SEED")]
    pub(super) seeds: Vec<u64>,
    /// "best" on the validation split, "last", or an epoch's number
    #[arg(long, default_value = "best", value_name = "WHICH")]
    pub(super) checkpoint: String,
    /// Split of the images: "train", "validation" or "test"
    #[arg(long, default_value = "test", value_name = "SPLIT")]
    pub(super) split: String,
    /// The first N images of the split [default: all]
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub(super) limit: Option<usize>,
    /// Methods and baselines, or "all" [default: all but score-cam and ablation-cam]
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
    /// Train a linear head on each layer's pooled activation where the network has none, so that
    /// CAM can explain it; cached in the run's folder
    #[arg(long)]
    pub(super) retrain_head: bool,
    /// Print one JSON object instead of text
    #[arg(long)]
    pub(super) json: bool,
    /// Folder for tables and figures
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
}

impl MeasureArguments {
    /// Returns the experiments, shallowest first.
    pub(super) fn trials(&self) -> Vec<String> {
        in_series(self.series, &self.trials)
    }

    /// Returns the base that the runs were trained on, if not the experiments' own.
    pub(super) fn base(&self) -> Option<String> {
        base_of(self.series, self.base.as_deref())
    }

    /// Returns the request; `verdicts` is the folder of the sanity checks' results.
    pub(super) fn request(&self, verdicts: Option<PathBuf>) -> anyhow::Result<measure::Request> {
        check_head(self.retrain_head, &self.methods)?;
        Ok(measure::Request {
            trials: self.trials(),
            base: self.base(),
            seeds: self.seeds.clone(),
            which: self.checkpoint.parse()?,
            split: self.split.parse()?,
            limit: self.limit,
            methods: self.methods.clone(),
            layers: self.layers.clone(),
            class: self.class.clone(),
            retrain_head: self.retrain_head,
            verdicts,
        })
    }
}

/// The source of a network's weights, and how to read them.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct FromWeights {
    /// Weights of an ImageNet network, .pth or .safetensors with torchvision's names [default:
    /// those downloaded by `weights fetch`]
    #[arg(long, value_name = "FILE")]
    pub(super) weights: Option<PathBuf>,
    /// Convention that the weights follow: "torchvision", "tensorflow" or "caffe" [default: as
    /// stated in the file, else torchvision]
    #[arg(long, value_name = "NAME")]
    pub(super) dialect: Option<String>,
    /// Names of the classes, one per line, if they are not ImageNet's
    #[arg(long, value_name = "FILE")]
    pub(super) class_names: Option<PathBuf>,
    /// Accept weights that are NaN or infinite
    #[arg(long)]
    pub(super) allow_nan: bool,
}

impl FromWeights {
    /// Returns the source of the weights.
    pub(super) fn source(&self) -> anyhow::Result<WeightSource> {
        Ok(WeightSource {
            file: self.weights.clone(),
            dialect: self.dialect.as_deref().map(str::parse).transpose()?,
            class_names: self.class_names.clone(),
            allow_nan: self.allow_nan,
        })
    }
}

/// Returns the whole number in `text` if it is at least 1.
pub(super) fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) | Err(_) => Err("give a whole number of at least 1".to_string()),
        Ok(number) => Ok(number),
    }
}
