//! Experiments as text: their list, `show` and `diff`.

use clap::Args;

use crate::experiment::known;
use crate::model::NetworkSize;
use crate::study::{AnyExperiment, grouped};

use super::context::Context;
use super::failure::{Complaint, Failure};
use super::output::{DONE, note, result, result_file, result_table};
use super::shared::ExperimentArguments;

/// Arguments of `show`.
#[derive(Debug, Clone, Args)]
pub(super) struct ShowArguments {
    /// Experiment, such as trial-d
    #[arg(value_name = "EXPERIMENT")]
    trial: String,
    #[command(flatten)]
    experiment: ExperimentArguments,
}

/// Arguments of `diff`.
#[derive(Debug, Clone, Args)]
pub(super) struct DiffArguments {
    /// First experiment
    first: String,
    /// Second experiment
    second: String,
}

/// Returns the experiment `name` with the changes.
fn load(
    context: &Context,
    name: &str,
    changed: &ExperimentArguments,
) -> anyhow::Result<AnyExperiment> {
    let (base, overrides) = (changed.base.as_deref(), changed.overrides()?);
    Ok(AnyExperiment::load(&context.runs, name, base, &overrides)?)
}

fn plain(context: &Context, name: &str) -> anyhow::Result<AnyExperiment> {
    load(context, name, &ExperimentArguments::default())
}

/// Returns the unit that multiply-adds are counted for.
fn unit(experiment: &AnyExperiment) -> &'static str {
    match experiment {
        AnyExperiment::Classify(_) => "an image",
        AnyExperiment::Forecast(_) => "a frame",
    }
}

/// Lists the experiments.
pub(super) fn list_experiments(context: &Context) -> anyhow::Result<()> {
    let header = [
        "experiment",
        "data",
        "blocks",
        "parameters",
        "multiply-adds",
        "question",
    ];
    let mut rows = vec![header.map(str::to_string).to_vec()];
    for name in known(&context.runs.folder) {
        let experiment = match plain(context, &name) {
            Ok(experiment) => experiment,
            Err(error) => {
                rows.push(vec![name, "invalid, see above".to_string()]);
                Failure::of(&error, Some(context)).print();
                continue;
            }
        };
        // The number of classes may be unknown if the data set is absent.
        let size = experiment.size(&context.runs).ok();
        let count = |of: fn(&NetworkSize) -> u64| {
            let size = size.as_ref();
            size.map_or("?".to_string(), |size| grouped(of(size)))
        };
        rows.push(vec![
            name,
            experiment.dataset().to_string(),
            experiment.blocks().to_string(),
            count(|size| size.parameters),
            count(|size| size.multiply_adds),
            question(experiment.text().0),
        ]);
    }
    result_table(&rows);
    Ok(())
}

/// Returns the question in an experiment's header.
pub(super) fn question(header: &str) -> String {
    let mut words = String::new();
    for line in header
        .lines()
        .skip_while(|line| !line.starts_with("Question:"))
    {
        if !words.is_empty() && (line.is_empty() || line.contains(": ")) {
            break;
        }
        words.push_str(line.trim_start_matches("Question:").trim());
        words.push(' ');
    }
    words.trim().to_string()
}

/// Prints an experiment with every default filled in.
pub(super) fn show(context: &Context, arguments: &ShowArguments) -> anyhow::Result<u8> {
    let experiment = load(context, &arguments.trial, &arguments.experiment)?;
    let (header, text) = experiment.text();
    for line in header.lines() {
        result(format!("# {line}").trim_end());
    }
    result("");
    result_file(text.trim_end());
    let size = experiment.size(&context.runs)?;
    result("");
    result(format!(
        "# {} parameters, {} multiply-adds {}",
        grouped(size.parameters),
        grouped(size.multiply_adds),
        unit(&experiment)
    ));
    Ok(DONE)
}

/// Prints the keys in which two experiments differ, and the cost of each.
pub(super) fn diff(context: &Context, arguments: &DiffArguments) -> anyhow::Result<u8> {
    let (first_name, second_name) = (&arguments.first, &arguments.second);
    let first = plain(context, first_name)?;
    let second = plain(context, second_name)?;
    let Some(fields) = first.compare(&second) else {
        return Err(Complaint::misused(
            format!("{first_name} and {second_name} train networks of two kinds"),
            "compare two that classify images, or two that predict frames",
        )
        .into());
    };
    let (small, large) = (first.size(&context.runs)?, second.size(&context.runs)?);
    let mut rows = vec![vec![
        "field".to_string(),
        first_name.clone(),
        second_name.clone(),
    ]];
    for field in fields {
        rows.push(vec![field.key, field.first, field.second]);
    }
    if rows.len() == 1 {
        note(format!(
            "{first_name} and {second_name} do not differ in any field"
        ));
    }
    let counts = [
        ("parameters", small.parameters, large.parameters),
        ("multiply-adds", small.multiply_adds, large.multiply_adds),
    ];
    for (name, first, second) in counts {
        rows.push(vec![name.to_string(), grouped(first), grouped(second)]);
    }
    result_table(&rows);
    Ok(DONE)
}

#[cfg(test)]
mod tests {
    use super::question;

    #[test]
    fn the_question_runs_over_lines_and_ends_at_the_next_heading() {
        let header = "Trial A: one block.\n\nQuestion: what\ndoes it see?\nExpected: edges.";
        assert_eq!(question(header), "what does it see?");
        assert_eq!(question("no such line"), "");
    }
}
