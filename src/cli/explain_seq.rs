//! `explain-seq`: what a next-frame predictor's prediction rests on, state by state, and how far back.
//! Called by [`super::run`] and `reproduce`.

mod arguments;
mod capacity;
mod clips;
mod text;

pub(super) use arguments::ExplainSeqArguments;

use std::path::{Path, PathBuf};

use crate::data::{ClipSplits, load_clips};
use crate::experiment::{ForecastExperiment, Resolved};
use crate::explain::sequence::FrameTarget;
use crate::explain::{ExplainError, Method, Needs};
use crate::figure::{Capacity, CapacityCompared, Figure, Trajectory};
use crate::run::{CapacityRow, SEQUENCE_JSON, SEQUENCE_TENSORS, TableRow};

use super::DONE;
use super::context::Context;
use super::evaluate_frames::check_same_clips;
use super::failure::Complaint;
use super::network::{OpenedPredictor, Trained, find_run};
use super::output::{grouped, result};
use super::train::{named_twice, train_unless_done};

/// Folder of everything below that of the data set.
pub(super) const FOLDER: &str = "sequence";

/// What is asked, read from the arguments.
struct Request {
    target: FrameTarget,
    methods: Vec<Method>,
    layers: Vec<usize>,
}

/// Trains what is missing where it is asked to, explains, and lists the files.
pub(super) fn run(context: &Context, arguments: &ExplainSeqArguments) -> anyhow::Result<u8> {
    if let Some(code) = train_missing(context, arguments)? {
        return Ok(code);
    }
    for path in draw(context, arguments)? {
        result(path.display());
    }
    Ok(DONE)
}

/// Explains every network, prints what it remembers, and returns the files.
pub(super) fn draw(
    context: &Context,
    arguments: &ExplainSeqArguments,
) -> anyhow::Result<Vec<PathBuf>> {
    let request = Request::read(arguments)?;
    let networks = networks(context, arguments)?;
    let Some(first) = networks.first() else {
        return Err(Complaint::misused("no experiment is named", "name one").into());
    };
    let splits = load_clips(&first.experiment.experiment.clips, &context.search)?;
    check_numbers(&splits, arguments)?;
    let dataset = splits.test.dataset().name();
    let out = context.figures(arguments.out.as_deref(), &[dataset, FOLDER]);
    let (mut files, mut all_rows) = (Vec::new(), Vec::new());
    for trained in &networks {
        let opened = trained.open_predictor(context, arguments.checkpoint.which())?;
        let (name, seed) = (trained.run.trial(), trained.run.seed());
        let folder = out.join(format!("{name}-seed-{seed}"));
        let subject = Subject {
            trained,
            opened: &opened,
            splits: &splits,
            request: &request,
        };
        files.extend(subject.explain_clips(context, &arguments.clips, &folder)?);
        if arguments.capacity_clips > 0 {
            let rows = subject.measure(context, arguments.capacity_clips)?;
            files.extend(subject.draw_capacity(&rows, &folder)?);
            all_rows.extend(rows);
        }
    }
    if networks.len() > 1 && !all_rows.is_empty() {
        files.extend(compare(&all_rows, &request.methods, &out)?);
    }
    Ok(files)
}

/// One trained network and what is asked of it.
struct Subject<'a> {
    trained: &'a Trained<ForecastExperiment>,
    opened: &'a OpenedPredictor,
    splits: &'a ClipSplits,
    request: &'a Request,
}

impl Subject<'_> {
    /// Explains the clips with these numbers, writes their maps, draws them, and returns the files.
    fn explain_clips(
        &self,
        context: &Context,
        numbers: &[usize],
        folder: &Path,
    ) -> anyhow::Result<Vec<PathBuf>> {
        let set = self.sequence_set(context, numbers)?;
        set.write(folder)?;
        let mut files = vec![folder.join(SEQUENCE_JSON), folder.join(SEQUENCE_TENSORS)];
        text::print_clips(&set);
        for clip in &set.clips {
            for method in &self.request.methods {
                context.go_on()?;
                let figure = Trajectory {
                    set: &set,
                    clip: &clip.id,
                    method: method.name(),
                };
                files.extend(figure.save(folder)?);
                files.push(figure.save_animation(folder)?);
            }
        }
        Ok(files)
    }

    /// Prints, writes and draws what was measured, and returns the files.
    fn draw_capacity(&self, rows: &[CapacityRow], folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
        let table = folder.join(CapacityRow::FILE);
        CapacityRow::write(&table, rows)?;
        let mut files = vec![table];
        for method in &self.request.methods {
            text::print_capacity(rows, method.name());
            let figure = Capacity {
                rows,
                method: method.name(),
            };
            files.extend(figure.save(folder)?);
        }
        Ok(files)
    }
}

/// Writes and draws the rows of several networks together, and returns the files.
fn compare(rows: &[CapacityRow], methods: &[Method], out: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let table = out.join(CapacityRow::FILE);
    CapacityRow::write(&table, rows)?;
    let mut files = vec![table];
    for method in methods {
        let figure = CapacityCompared {
            rows,
            method: method.name(),
        };
        files.extend(figure.save(out)?);
    }
    Ok(files)
}

impl Request {
    fn read(arguments: &ExplainSeqArguments) -> Result<Self, ExplainError> {
        let mut methods = Vec::new();
        for name in &arguments.methods {
            let method = Method::parse(name)?;
            if method.needs() != Needs::Gradient {
                return Err(ExplainError::not_gradient(method));
            }
            if !methods.contains(&method) {
                methods.push(method);
            }
        }
        Ok(Self {
            target: arguments.target.parse()?,
            methods,
            layers: arguments.layers.clone(),
        })
    }
}

/// Returns the trained runs, all of which see the same clips.
fn networks(
    context: &Context,
    arguments: &ExplainSeqArguments,
) -> anyhow::Result<Vec<Trained<ForecastExperiment>>> {
    if let Some(twice) = named_twice(&arguments.experiments) {
        let message = format!("experiment {twice:?} is named twice");
        return Err(Complaint::misused(message, "name each once").into());
    }
    let (base, seed) = (
        arguments.checkpoint.base.as_deref(),
        arguments.checkpoint.seed(),
    );
    let networks = arguments
        .experiments
        .iter()
        .map(|name| find_or_train(context, name, base, seed))
        .collect::<anyhow::Result<Vec<_>>>()?;
    check_same_clips(&networks)?;
    for trained in &networks {
        let layers = trained.experiment.experiment.forecast.hidden.len();
        if let Some(layer) = arguments.layers.iter().find(|layer| **layer >= layers) {
            let name = trained.run.trial();
            let message = format!("{name} has no layer {layer}");
            let known: Vec<String> = (0..layers).map(|layer| layer.to_string()).collect();
            let hint = format!("its layers are {}", known.join(", "));
            return Err(Complaint::misused(message, hint).into());
        }
    }
    Ok(networks)
}

/// As [`find_run`]; the complaint about a missing run also says that `--train` trains it.
fn find_or_train(
    context: &Context,
    name: &str,
    base: Option<&str>,
    seed: u64,
) -> anyhow::Result<Trained<ForecastExperiment>> {
    find_run(context, name, base, seed).map_err(|error| match error.downcast::<Complaint>() {
        Ok(missing) => missing.or("let this command train it: --train").into(),
        Err(other) => other,
    })
}

/// Trains the runs that are not done, where it is asked to; returns the exit code where a signal
/// stopped it.
fn train_missing(context: &Context, arguments: &ExplainSeqArguments) -> anyhow::Result<Option<u8>> {
    if !arguments.train {
        return Ok(None);
    }
    for name in &arguments.experiments {
        let base = arguments.checkpoint.base.as_deref();
        let resolved: Resolved<ForecastExperiment> = context.plain(name, base)?;
        if let Some(code) = train_unless_done(context, &resolved, arguments.checkpoint.seed())? {
            return Ok(Some(code));
        }
    }
    Ok(None)
}

/// Fails where a clip is asked for that the test split has not.
fn check_numbers(splits: &ClipSplits, arguments: &ExplainSeqArguments) -> Result<(), Complaint> {
    let test = &splits.test;
    let has = format!(
        "{}/{} has {} clips",
        test.dataset(),
        test.split(),
        grouped(test.len() as u64)
    );
    if let Some(twice) = named_twice(&arguments.clips) {
        let message = format!("clip {twice} is named twice");
        return Err(Complaint::misused(message, "name each clip once"));
    }
    if let Some(number) = arguments.clips.iter().find(|number| **number >= test.len()) {
        let hint = format!("give numbers from 0 to {}", test.len() - 1);
        return Err(Complaint::misused(format!("no clip {number}: {has}"), hint));
    }
    if arguments.capacity_clips > test.len() {
        let hint = format!("give --capacity-clips {} at most", test.len());
        return Err(Complaint::misused(has, hint));
    }
    Ok(())
}
