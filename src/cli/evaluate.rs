//! `evaluate`: accuracy of trained networks on the validation and the test split. Called by
//! [`super::run`], `ablate` and `reproduce`.

use crate::data::{DataOptions, Splits};
use crate::evaluate::measure;
use crate::experiment::Experiment;
use crate::run::{DepthRow, list_runs, write_depth_rows};

use super::DONE;
use super::arguments::EvaluateArguments;
use super::context::{Context, base_flag};
use super::experiments::size_of;
use super::failure::Complaint;
use super::network::{Trained, find};
use super::output::{grouped, note, result, table};

/// Measures every trained seed of the given trials and prints a table.
pub(super) fn run(context: &Context, arguments: &EvaluateArguments) -> anyhow::Result<u8> {
    let base = arguments.base.as_deref();
    let rows = rows(context, &arguments.trials, base, &arguments.checkpoint)?;
    print(&rows);
    if let Some(path) = &arguments.csv {
        write_depth_rows(path, &rows)?;
        note(format!("written to \"{}\"", path.display()));
    }
    Ok(DONE)
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
            let base = base_flag(base);
            return Err(Complaint::failed(
                format!("{trial} was not trained"),
                context.command(&format!("train {trial}{base}")),
            )
            .into());
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
    let root = context.runs_of(&context.plain::<Experiment>(trial, base)?);
    let runs = list_runs(&root)?;
    let ours = runs
        .iter()
        .filter(|run| run.trial() == trial && run.best().exists());
    Ok(ours.map(|run| run.seed()).collect())
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
        seed: trained.run.seed(),
        blocks: trained.experiment.experiment.model.filters.len(),
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
