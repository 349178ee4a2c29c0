//! `evaluate`: accuracy of trained networks on the validation and the test split; networks that
//! predict frames go to `evaluate_frames`. Called by [`super::run`], `ablate` and `reproduce`.

use crate::data::{DataOptions, Splits};
use crate::evaluate::measure;
use crate::experiment::{Experiment, Resolved};
use crate::model::backbones::BackboneName;
use crate::run::{DepthRow, TableRow, list_runs};

use super::DONE;
use super::arguments::EvaluateArguments;
use super::backbone::evaluate_photos;
use super::context::{Context, base_flag};
use super::evaluate_frames;
use super::experiments::size_of;
use super::failure::Complaint;
use super::network::{Trained, find};
use super::output::{grouped, note, result, table};
use super::titles::network_title;
use super::train::is_other_kind;

/// Measures every trained seed of the given trials and prints a table.
pub(super) fn run(context: &Context, arguments: &EvaluateArguments) -> anyhow::Result<u8> {
    // A run is named by the data that it was trained on; without them it is the ImageNet network.
    let imagenet =
        |trial: &String| arguments.base.is_none() && trial.parse::<BackboneName>().is_ok();
    if arguments.photos.photos.is_some() || arguments.trials.iter().any(imagenet) {
        return evaluate_photos(context, arguments);
    }
    let base = arguments.base.as_deref();
    let predict = (arguments.trials.iter())
        .map(|trial| predicts_frames(context, trial, base))
        .collect::<anyhow::Result<Vec<bool>>>()?;
    if predict.iter().all(|predicts| *predicts) {
        return evaluate_frames::run(context, arguments);
    }
    if let Some(place) = predict.iter().position(|predicts| *predicts) {
        let message = format!(
            "{} predicts frames, others classify",
            arguments.trials[place]
        );
        let hint = "evaluate networks of one kind at a time";
        return Err(Complaint::misused(message, hint).into());
    }
    if let Some(option) = arguments.frames.given() {
        let message = format!("{option} is for networks that predict frames");
        return Err(Complaint::misused(message, "leave it out").into());
    }
    let rows = rows(context, &arguments.trials, base, &arguments.checkpoint)?;
    print(&rows);
    if let Some(path) = &arguments.csv {
        DepthRow::write(path, &rows)?;
        note(format!("written to \"{}\"", path.display()));
    }
    Ok(DONE)
}

fn predicts_frames(context: &Context, trial: &str, base: Option<&str>) -> anyhow::Result<bool> {
    match context.plain::<Experiment>(trial, base) {
        Err(error) if is_other_kind(&error) => Ok(true),
        resolved => resolved.map(|_| false),
    }
}

/// Returns one row for every trained seed of `trials`.
pub(super) fn rows(
    context: &Context,
    trials: &[String],
    base: Option<&str>,
    checkpoint: &str,
) -> anyhow::Result<Vec<DepthRow>> {
    let mut rows = Vec::new();
    let mut loaded: Option<(DataOptions, Splits)> = None;
    for trial in trials {
        let seeds = trained_seeds(context, trial, base)?;
        if seeds.is_empty() {
            return Err(not_trained(context, trial, base).into());
        }
        for seed in seeds {
            context.go_on()?;
            let trained = find(context, trial, base, seed)?;
            let wanted = trained.experiment.experiment.data_options();
            // Runs of one ablation share their images, which are then read once.
            let (_, data) = match loaded.take() {
                Some(same) if same.0 == wanted => loaded.insert(same),
                _ => loaded.insert((wanted, context.data(&trained.experiment)?)),
            };
            rows.push(row(context, &trained, checkpoint, data)?);
        }
    }
    Ok(rows)
}

/// Returns the seeds of `trial` that have a best checkpoint, in order.
pub(super) fn trained_seeds(
    context: &Context,
    trial: &str,
    base: Option<&str>,
) -> anyhow::Result<Vec<u64>> {
    seeds_of(context, &context.plain::<Experiment>(trial, base)?)
}

/// As [`trained_seeds`], of an experiment of any kind.
pub(super) fn seeds_of<E>(context: &Context, experiment: &Resolved<E>) -> anyhow::Result<Vec<u64>> {
    let runs = list_runs(&context.runs_of(experiment))?;
    let ours = runs
        .iter()
        .filter(|run| run.trial() == experiment.name && run.best().exists());
    Ok(ours.map(|run| run.seed()).collect())
}

/// Returns the complaint that `trial` has no run, with the command that trains one.
pub(super) fn not_trained(context: &Context, trial: &str, base: Option<&str>) -> Complaint {
    let base = base_flag(base);
    Complaint::failed(
        format!("{trial} was not trained"),
        context.command(&format!("train {trial}{base}")),
    )
}

fn row(
    context: &Context,
    trained: &Trained,
    checkpoint: &str,
    data: &Splits,
) -> anyhow::Result<DepthRow> {
    let opened = trained.open(context, checkpoint)?;
    let accuracy = measure(opened.network.network(), data, &context.device.device);
    let size = size_of(&trained.experiment);
    Ok(DepthRow {
        trial: trained.run.trial().to_string(),
        network_title: network_title(trained.run.trial()),
        seed: trained.run.seed(),
        blocks: trained.experiment.experiment.model.blocks(),
        parameters: size.parameters,
        multiply_adds: size.multiply_adds,
        epoch: opened.epoch,
        checkpoint: opened.rule,
        dataset: data.test.dataset_name().to_string(),
        generated: data.test.is_generated(),
        validation_accuracy: accuracy.validation.accuracy,
        validation_images: accuracy.validation.images,
        test_accuracy: accuracy.test.accuracy,
        test_top5_accuracy: accuracy.test.top5_accuracy,
        test_images: accuracy.test.images,
    })
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
    result(table(&cells));
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
