//! `evaluate`: accuracy of trained networks on the validation and the test split, of published
//! networks on photographs, and scores of next-frame predictors.

use std::path::PathBuf;

use clap::Args;

use crate::data::statistics::Interval;
use crate::model::backbones::BackboneName;
use crate::run::{DepthRow, DepthSeedsRow, TableRow, check_file};
use crate::study::accuracy::Request;
use crate::study::{AnyExperiment, Published, Runs, StudyError, forecast, grouped, photo_accuracy};

use super::context::Context;
use super::evaluate_classes;
use super::evaluate_frames::{self, FrameArguments};
use super::failure::Complaint;
use super::modes::{Chosen, Given, Mode};
use super::output::{DONE, listed, note, result, result_table};
use super::shared::FromWeights;

/// Arguments of `evaluate`.
#[derive(Debug, Clone, Args)]
pub(super) struct EvaluateArguments {
    /// Experiments, or ImageNet networks with --photos
    #[arg(required = true, value_name = "EXPERIMENT")]
    trials: Vec<String>,
    #[command(flatten)]
    photos: PhotoArguments,
    /// Use the runs trained on this base, such as "shapes"
    #[arg(long, visible_alias = "dataset", value_name = "NAME")]
    base: Option<String>,
    /// Training seeds [default: all trained seeds]
    #[arg(long, alias = "seed", value_delimiter = ',', value_name = "SEED,SEED")]
    seeds: Vec<u64>,
    /// "best" on the validation split, "last", or an epoch's number
    #[arg(long, default_value = "best", value_name = "WHICH")]
    checkpoint: String,
    /// Also write the table as CSV
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// Print one JSON object instead of text
    #[arg(long)]
    pub(super) json: bool,
    /// Folder for tables and figures [default: figures/DATASET/evaluation, or .../frames for
    /// next-frame predictors]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    #[command(flatten)]
    frames: FrameArguments,
}

/// A folder of photographs with labels.
#[derive(Debug, Clone, Default, Args)]
struct PhotoArguments {
    /// Folder of photographs, for ImageNet networks
    #[arg(long, value_name = "DIR")]
    photos: Option<PathBuf>,
    /// Their classes: a CSV with the columns file,class, by name or number [default: labels.csv in
    /// the folder]
    #[arg(long, value_name = "FILE")]
    labels: Option<PathBuf>,
    /// Skip pictures that cannot be read, and count them
    #[arg(long)]
    skip_bad: bool,
    /// Classify each picture from ten crops (corners, centre and their mirror images) by the mean
    /// of their probabilities
    #[arg(long)]
    ten_crop: bool,
    #[command(flatten)]
    from: FromWeights,
}

/// Returns the mode: the kind of the networks.
///
/// # Errors
/// An unknown network; networks of both kinds.
pub(super) fn mode(
    runs: &Runs,
    arguments: &EvaluateArguments,
    given: &Given,
) -> anyhow::Result<Chosen> {
    let trials = &arguments.trials;
    let base = arguments.base.as_deref();
    // With a base the name is a run trained here; without one it is the ImageNet network.
    let imagenet = |trial: &&String| base.is_none() && trial.parse::<BackboneName>().is_ok();
    if let Some(name) = trials.iter().find(imagenet) {
        return Ok(Chosen::new(Mode::Photographed, name));
    }
    let predict = (trials.iter())
        .map(|trial| predicts_frames(runs, trial, base))
        .collect::<Result<Vec<bool>, _>>()
        .map_err(
            |unknown| match given.wants(Mode::Photographed, Mode::Trained) {
                true => unknown_network(trials, unknown),
                false => unknown.into(),
            },
        )?;
    let first = trials.first().map_or("", String::as_str);
    match predict.iter().position(|predicts| *predicts) {
        None => Ok(Chosen::new(Mode::Trained, first)),
        Some(_) if predict.iter().all(|predicts| *predicts) => Ok(Chosen::new(Mode::Frames, first)),
        Some(place) => {
            let message = format!("{} predicts frames, others classify", trials[place]);
            let hint = "evaluate networks of one kind at a time";
            Err(Complaint::misused(message, hint).into())
        }
    }
}

/// Returns the error about a name that is not an ImageNet network, or `otherwise`.
fn unknown_network(names: &[String], otherwise: StudyError) -> anyhow::Error {
    let unknown = names
        .iter()
        .find_map(|name| name.parse::<BackboneName>().err());
    unknown.map_or_else(|| otherwise.into(), anyhow::Error::from)
}

/// Returns whether `trial` is a next-frame predictor.
///
/// # Errors
/// An unknown experiment, or one that cannot be read.
pub(super) fn predicts_frames(
    runs: &Runs,
    trial: &str,
    base: Option<&str>,
) -> Result<bool, StudyError> {
    let experiment = AnyExperiment::load(runs, trial, base, &[])?;
    Ok(matches!(experiment, AnyExperiment::Forecast(_)))
}

/// Measures every trained seed of the given trials and prints a table.
pub(super) fn run(context: &Context, arguments: &EvaluateArguments) -> anyhow::Result<u8> {
    if let Some(path) = &arguments.csv {
        check_file(path)?;
    }
    match context.mode() {
        Mode::Photographed => evaluate_photos(context, arguments),
        Mode::Frames => frames(context, arguments),
        _ => evaluate_trained(context, arguments),
    }
}

fn evaluate_trained(context: &Context, arguments: &EvaluateArguments) -> anyhow::Result<u8> {
    let request = Request {
        trials: arguments.trials.clone(),
        base: arguments.base.clone(),
        seeds: arguments.seeds.clone(),
        which: arguments.checkpoint.parse()?,
    };
    let found = evaluate_classes::perform(context, &request, arguments.out.as_deref())?;
    print(&found.rows);
    found.print_details();
    if let Some(path) = &arguments.csv {
        DepthRow::write(path, &found.rows)?;
        note(format!("written to \"{}\"", path.display()));
    }
    Ok(listed(found.folders))
}

fn frames(context: &Context, arguments: &EvaluateArguments) -> anyhow::Result<u8> {
    let request = forecast::Request {
        experiments: arguments.trials.clone(),
        base: arguments.base.clone(),
        seeds: arguments.seeds.clone(),
        which: arguments.checkpoint.parse()?,
        limit: arguments.frames.limit,
        official: arguments.frames.official.clone(),
    };
    let places = (arguments.out.as_deref(), arguments.csv.as_ref());
    let files = evaluate_frames::perform(context, &request, places)?;
    Ok(listed(files))
}

/// Prints the rows as a table.
pub(super) fn print(rows: &[DepthRow]) {
    let header = [
        "trial",
        "seed",
        "blocks",
        "parameters",
        "multiply-adds",
        "checkpoint",
        "epoch",
        "validation %",
        "test %",
        "test top-5 %",
        "test images",
    ];
    let mut cells = vec![header.map(str::to_string).to_vec()];
    for row in rows {
        cells.push(vec![
            row.trial.clone(),
            row.seed.to_string(),
            row.blocks.to_string(),
            grouped(row.parameters),
            grouped(row.multiply_adds),
            row.checkpoint.clone(),
            row.epoch.to_string(),
            format!("{:.2}", 100.0 * row.validation_accuracy),
            format!("{:.2}", 100.0 * row.test_accuracy),
            format!("{:.2}", 100.0 * row.test_top5_accuracy),
            row.test_images.to_string(),
        ]);
    }
    result_table(&cells);
    for row in DepthSeedsRow::all(rows) {
        if let (Some(low), Some(high)) = (row.low, row.high) {
            let [mean, low, high] = [row.mean, low, high].map(|share| 100.0 * share);
            let (trial, split, seeds) = (&row.trial, &row.split, row.accuracies.0.len());
            result(format!(
                "{trial} {split}: {mean:.2} % [{low:.2}, {high:.2}], mean and 95 % t-interval over \
                 {seeds} seeds"
            ));
        }
    }
    if let Some(row) = rows.first() {
        let generated = if row.generated {
            " (generated data)"
        } else {
            ""
        };
        let picked = match row.checkpoint.as_str() {
            "best" => "checkpoints picked",
            _ => "validation accuracy",
        };
        let images = row.validation_images;
        result(format!(
            "{}{generated}; {picked} on {images} validation images",
            row.dataset
        ));
    }
}

/// Measures the accuracy of each network on photographs and prints a table.
fn evaluate_photos(context: &Context, arguments: &EvaluateArguments) -> anyhow::Result<u8> {
    let photos = &arguments.photos;
    if photos.from.weights.is_some() && arguments.trials.len() > 1 {
        let message = "--weights gives the weights of one network";
        return Err(Complaint::misused(message, "evaluate the networks one by one").into());
    }
    let Some(folder) = &photos.photos else {
        let message = "ImageNet networks are evaluated on photographs";
        let hint = "name their folder: --photos DIR; or, for networks trained here, their data: \
                    --dataset cifar-100";
        return Err(Complaint::misused(message, hint).into());
    };
    let request = photo_accuracy::Request {
        folder: folder.clone(),
        labels: photos.labels.clone(),
        skip_bad: photos.skip_bad,
        ten_crop: photos.ten_crop,
    };
    let header = [
        "network", "weights", "pictures", "top-1 %", "", "top-5 %", "",
    ];
    let mut rows = vec![header.map(str::to_string).to_vec()];
    let (mut skipped, mut unread) = (0, None);
    for name in &arguments.trials {
        let source = photos.from.source()?;
        let published = Published::open(&context.runs, name.parse()?, &source)?;
        let found = photo_accuracy::measure(&context.runs, &published, &request, context)?;
        (skipped, unread) = (found.skipped, found.unread);
        let mut row = vec![name.clone(), published.file, found.photos.to_string()];
        row.extend([found.top1, found.top5].iter().flat_map(percent));
        rows.push(row);
    }
    result_table(&rows);
    if let Some(unread) = unread {
        note(unread);
    }
    let omitted = match skipped {
        0 => String::new(),
        count => format!("; not read, and not counted: {count}"),
    };
    let crops = match photos.ten_crop {
        true => "; mean probabilities of ten crops",
        false => "",
    };
    result(format!(
        "in brackets 95 % bootstrap intervals over pictures{crops}{omitted}"
    ));
    Ok(DONE)
}

fn percent(interval: &Interval) -> [String; 2] {
    let Interval {
        mean, low, high, ..
    } = interval;
    let [mean, low, high] = [mean, low, high].map(|share| 100.0 * share);
    [format!("{mean:.1}"), format!("[{low:.1}, {high:.1}]")]
}
