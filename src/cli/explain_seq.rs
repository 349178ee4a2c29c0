//! `explain-seq`: the states that a next-frame prediction depends on, and how far back.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::experiment::{ForecastExperiment, Resolved};
use crate::run::{CapacityRow, SEQUENCE_JSON, SEQUENCE_TENSORS, TableRow, check_folder};
use crate::study::check_once;
use crate::study::memory::{Memory, Part, Request, methods, write_capacity};

use super::commands::Commands;
use super::context::Context;
use super::memory_text::{print_capacity, print_clips};
use super::output::{listed, note};
use super::shared::CheckpointArguments;
use super::train::train_missing;

/// Folder of all results, in that of the data set.
pub(super) const FOLDER: &str = "sequence";

/// Arguments of `explain-seq`.
#[derive(Debug, Clone, Args)]
pub(super) struct ExplainSeqArguments {
    /// Experiments; the memory of several is compared
    #[arg(default_values = ["convlstm"], value_name = "EXPERIMENT")]
    experiments: Vec<String>,
    #[command(flatten)]
    checkpoint: CheckpointArguments,
    /// Test clips to draw, by number from 0
    #[arg(long = "clip", value_delimiter = ',', default_values_t = [0, 1], value_name = "N,N")]
    clips: Vec<usize>,
    /// What to explain in the predicted frame: "digit-1", "digit-2", "frame" or "box:x0,y0,x1,y1"
    #[arg(long, default_value = "digit-1", value_name = "WHAT")]
    target: String,
    /// Layer, from 0 for the lowest; can be given several times [default: all]
    #[arg(long = "layer", value_delimiter = ',', value_name = "N")]
    layers: Vec<usize>,
    /// Method that needs only the gradient, or "all"; can be given several times
    #[arg(long = "method", default_values = ["grad-cam", "hires-cam"], value_name = "NAME")]
    methods: Vec<String>,
    /// Measure how far back the network remembers on the first N test clips; 0 to skip
    #[arg(long, default_value_t = 200, value_name = "N")]
    capacity_clips: usize,
    /// Train missing runs
    #[arg(long)]
    train: bool,
    /// Folder for maps, tables and figures [default: figures/DATASET/sequence]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

impl ExplainSeqArguments {
    fn request(&self) -> anyhow::Result<Request> {
        Ok(Request {
            experiments: self.experiments.clone(),
            base: self.checkpoint.base.clone(),
            seed: self.checkpoint.seed(),
            which: self.checkpoint.which()?,
            clips: self.clips.clone(),
            methods: methods(&self.methods)?,
            target: self.target.parse()?,
            layers: self.layers.clone(),
            capacity_clips: self.capacity_clips,
        })
    }
}

/// Trains missing runs if requested, explains, and lists the files.
pub(super) fn run(context: &Context, arguments: &ExplainSeqArguments) -> anyhow::Result<u8> {
    let request = arguments.request()?;
    // Before hours of training.
    arguments.out.as_deref().map_or(Ok(()), check_folder)?;
    if arguments.train {
        let base = request.base.as_deref();
        check_once("experiment", &request.experiments, |name| {
            format!("{name:?}")
        })?;
        for name in &request.experiments {
            let resolved: Resolved<ForecastExperiment> =
                context.runs.experiment(name, base, &[])?;
            if let Some(code) = train_missing(context, &resolved, request.seed)? {
                note(format!("to go on: {}", Commands::again()));
                return Ok(code);
            }
        }
    }
    let files = perform(context, &request, arguments.out.as_deref())?;
    Ok(listed(files))
}

/// Explains every network, prints its memory, and returns the files.
pub(super) fn perform(
    context: &Context,
    request: &Request,
    out: Option<&Path>,
) -> anyhow::Result<Vec<PathBuf>> {
    let names = &request.experiments[..];
    let networks = (names, request.base.as_deref(), &[request.seed][..]);
    let output = context.output_on::<ForecastExperiment>(out, networks, &[FOLDER])?;
    let memory = Memory::new(&context.runs, request)?;
    let (mut files, mut all) = (Vec::new(), Vec::new());
    memory.each(context, |found, part| {
        // The maps are written as soon as they are there, and again with the memory.
        let set = output.stage()?;
        let (folder, place) = (
            set.path().join(&found.folder),
            output.path().join(&found.folder),
        );
        found.set.write(&folder)?;
        let mut outdated = context.left_in(&place, &["trajectory", "capacity"]);
        outdated.push(place.join(CapacityRow::FILE));
        match part {
            Part::Maps => {
                files.extend([SEQUENCE_JSON, SEQUENCE_TENSORS].map(|name| place.join(name)));
                print_clips(&found.set);
            }
            Part::Memory => {
                all.extend(found.rows.clone());
                files.push(set.placed(&write_capacity(&found.rows, &folder)?));
                for method in &request.methods {
                    print_capacity(&found.rows, method.name());
                }
            }
        }
        match part == Part::Memory || request.capacity_clips == 0 {
            true => files.extend(context.finish(set, &found.folder, &outdated)?),
            false => context.replace(set, &outdated)?,
        }
        anyhow::Ok(())
    })?;
    if request.experiments.len() > 1 && !all.is_empty() {
        let set = output.stage()?;
        files.push(set.placed(&write_capacity(&all, set.path())?));
        let outdated = context.left_in(output.path(), &["capacity-compared"]);
        files.extend(context.finish(set, "", &outdated)?);
    }
    Ok(files)
}
