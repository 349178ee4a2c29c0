//! `data`: fetch, check and list data sets.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use crate::data::{CatalogueEntry, DataError, DescribeOptions, describe, fetch};
use crate::experiment::{ForecastExperiment, Resolved};
use crate::run::{RunError, check_file, write_atomically};
use crate::study::grouped;

use super::context::Context;
use super::failure::Complaint;
use super::fetch_progress::FetchProgress;
use super::hints;
use super::output::{DONE, note, result, result_json, result_table};

/// The trial whose resolved experiment sets the number of `shapes` images.
const ANY_TRIAL: &str = "trial-a";
/// The base of that trial.
const SHAPES_BASE: &str = "shapes";
/// The predictor whose resolved experiment sets the seed of clips.
const ANY_PREDICTOR: &str = "convlstm";

/// Arguments of `data`.
#[derive(Debug, Clone, Args)]
pub(super) struct DataArguments {
    #[command(subcommand)]
    pub(super) verb: DataVerb,
}

/// The subcommands of `data`.
#[derive(Debug, Clone, Subcommand)]
pub(super) enum DataVerb {
    /// Download a data set, verify it and unpack it
    Fetch {
        /// Data set, such as cifar-100, cifar-10, tiny-imagenet or mnist
        dataset: String,
    },
    /// Verify a data set and print its statistics
    Check {
        /// Data set, such as cifar-100, shapes or mnist; "folder:NAME" for the pictures in a folder
        dataset: String,
        /// Pictures of a folder: resize to this height and width [default: their own size]
        #[arg(long, value_name = "PIXELS")]
        side: Option<usize>,
        /// Skip and count pictures that cannot be decoded
        #[arg(long)]
        skip_bad: bool,
        /// Print one JSON object instead of text
        #[arg(long)]
        json: bool,
        /// Write a picture with some images of every class, or the frames of some clips
        #[arg(long, value_name = "FILE")]
        contact_sheet: Option<PathBuf>,
    },
    /// List the data sets and where they are
    List,
}

/// Runs one of the data verbs.
pub(super) fn run(context: &Context, arguments: &DataArguments) -> anyhow::Result<u8> {
    match &arguments.verb {
        DataVerb::Fetch { dataset } => fetch_dataset(context, dataset.parse()?),
        DataVerb::Check {
            dataset,
            side,
            skip_bad,
            json,
            contact_sheet,
        } => {
            let dataset: CatalogueEntry = dataset.parse()?;
            let mut options = describe_options(context)?;
            options.images.pictures.side = checked_side(dataset, *side)?;
            options.images.pictures.skip_bad = *skip_bad;
            check(
                context,
                dataset,
                &options,
                (contact_sheet.as_deref(), *json),
            )
        }
        DataVerb::List => Ok(list(context)),
    }
}

fn fetch_dataset(context: &Context, dataset: CatalogueEntry) -> anyhow::Result<u8> {
    let mut progress = FetchProgress::new();
    let stop = || context.signals.stop();
    let mut show = |event: crate::data::FetchEvent<'_>| progress.show(event);
    match fetch(dataset, &context.runs.data.root(), &mut show, &stop) {
        Ok(folder) => {
            result(folder.display());
            Ok(DONE)
        }
        Err(error @ DataError::Stopped { .. }) => {
            note(error);
            note(format!(
                "to go on: {}",
                context.command(["data", "fetch", dataset.name()])
            ));
            Ok(context.signals.exit_code())
        }
        Err(error) => Err(error.into()),
    }
}

/// Returns the side of the pictures of a folder, 0 for their own.
fn checked_side(dataset: CatalogueEntry, side: Option<usize>) -> anyhow::Result<usize> {
    let Some(side) = side else { return Ok(0) };
    match dataset.sides() {
        None => Err(Complaint::misused(
            format!("--side is for folders of pictures, and {dataset} is none"),
            "omit --side, or name a folder: folder:NAME",
        )
        .into()),
        Some([least, most]) if !(least..=most).contains(&side) => Err(Complaint::misused(
            format!("--side is {side}, allowed: {least} to {most}"),
            format!("--side {}", side.clamp(least, most)),
        )
        .into()),
        Some(_) => Ok(side),
    }
}

fn check(
    context: &Context,
    dataset: CatalogueEntry,
    options: &DescribeOptions,
    (sheet, as_json): (Option<&Path>, bool),
) -> anyhow::Result<u8> {
    sheet.map_or(Ok(()), check_file)?;
    let report = describe::check(dataset, options, &context.runs.data)?;
    if as_json {
        for warning in &report.warnings {
            note(format!("warning: {warning}"));
        }
        if let Some(path) = sheet {
            write_contact_sheet(context, dataset, options, path)?;
        }
        result_json(&report)?;
        return Ok(DONE);
    }
    match &report.folder {
        Some(folder) => result(format!("{dataset} in \"{}\"", folder.display())),
        None => result(format!("{dataset} (generated data)")),
    }
    for source in &report.sources {
        result(format!("{}  sha-256 {}", source.source, source.sha256));
    }
    let header = [
        "split",
        "images",
        "size",
        "classes",
        "images a class",
        "mean",
        "deviation",
    ];
    let mut rows = vec![header.map(str::to_string).to_vec()];
    for part in &report.parts {
        let (fewest, most) = (part.fewest_per_class, part.most_per_class);
        let channels = |values: &[f32]| {
            let values: Vec<String> = values.iter().map(|value| format!("{value:.6}")).collect();
            values.join(" ")
        };
        rows.push(vec![
            part.split.to_string(),
            grouped(part.images as u64),
            format!("{} x {}", part.size.0, part.size.1),
            part.classes.to_string(),
            if fewest == most {
                most.to_string()
            } else {
                format!("{fewest} to {most}")
            },
            channels(&part.mean),
            channels(&part.deviation),
        ]);
    }
    result_table(&rows);
    for warning in &report.warnings {
        note(format!("warning: {warning}"));
    }
    if let Some(path) = sheet {
        write_contact_sheet(context, dataset, options, path)?;
        result(path.display());
    }
    Ok(DONE)
}

fn write_contact_sheet(
    context: &Context,
    dataset: CatalogueEntry,
    options: &DescribeOptions,
    path: &Path,
) -> anyhow::Result<()> {
    let mut png = std::io::Cursor::new(Vec::new());
    describe::contact_sheet(dataset, options, &context.runs.data)?
        .write_to(&mut png, image::ImageFormat::Png)
        .map_err(|reason| Complaint::failed(reason.to_string(), "try another file name"))?;
    write_atomically(path, png.get_ref()).map_err(|error: RunError| error.into())
}

/// Returns the options of the shipped experiments.
fn describe_options(context: &Context) -> anyhow::Result<DescribeOptions> {
    let on_shapes: Resolved = context.runs.experiment(ANY_TRIAL, Some(SHAPES_BASE), &[])?;
    let predictor: Resolved<ForecastExperiment> =
        context.runs.experiment(ANY_PREDICTOR, None, &[])?;
    Ok(DescribeOptions {
        images: on_shapes.experiment.data_options(),
        clips: predictor.experiment.clips,
    })
}

fn list(context: &Context) -> u8 {
    let header = ["data set", "kind", "where", "what"];
    let mut rows = vec![header.map(str::to_string).to_vec()];
    for listing in describe::list(&context.runs.data) {
        let place = match (&listing.folder, listing.to_fetch) {
            (Some(folder), _) => folder.display().to_string(),
            (None, Some(dataset)) => {
                format!("absent; {}", hints::fetch(dataset, &context.commands))
            }
            (None, None) if listing.available => "made when needed".to_string(),
            (None, None) => "absent".to_string(),
        };
        rows.push(vec![
            listing.entry.to_string(),
            if listing.entry.is_generated() {
                "generated"
            } else {
                "real"
            }
            .to_string(),
            place,
            listing.summary.to_string(),
        ]);
    }
    result_table(&rows);
    DONE
}
