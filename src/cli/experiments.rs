//! Experiments as text: their list, `show` and `diff`.

use clap::Args;

use crate::experiment::{FieldDifference, ForecastExperiment, Resolved, compare, known};
use crate::model::NetworkSize;
use crate::study::grouped;

use super::context::Context;
use super::failure::{Complaint, Failure};
use super::output::{DONE, note, result, result_file, result_table};
use super::shared::ExperimentArguments;
use super::train::is_other_kind;

/// Arguments of `show`.
#[derive(Debug, Clone, Args)]
pub(super) struct ShowArguments {
    /// Experiment, such as trial-d
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

/// An experiment of either kind.
enum Any {
    Classify(Resolved),
    Forecast(Resolved<ForecastExperiment>),
}

impl Any {
    fn load(context: &Context, name: &str, changed: &ExperimentArguments) -> anyhow::Result<Self> {
        let (base, overrides) = (changed.base.as_deref(), changed.overrides()?);
        match context.runs.experiment(name, base, &overrides) {
            Err(error) if is_other_kind(&error) => {
                let resolved = context.runs.experiment(name, base, &overrides)?;
                Ok(Self::Forecast(resolved))
            }
            resolved => Ok(Self::Classify(resolved?)),
        }
    }

    fn plain(context: &Context, name: &str) -> anyhow::Result<Self> {
        Self::load(context, name, &ExperimentArguments::default())
    }

    fn size(&self, context: &Context) -> anyhow::Result<NetworkSize> {
        Ok(match self {
            Self::Classify(resolved) => {
                let experiment = &resolved.experiment;
                experiment.size(context.runs.shape(experiment)?)
            }
            Self::Forecast(resolved) => resolved.experiment.size(),
        })
    }

    /// Returns the header and the whole text.
    fn text(&self) -> (&str, &str) {
        match self {
            Self::Classify(resolved) => (&resolved.header, &resolved.text),
            Self::Forecast(resolved) => (&resolved.header, &resolved.text),
        }
    }

    /// Returns the data set and the number of blocks or layers.
    fn summary(&self) -> (&'static str, usize) {
        match self {
            Self::Classify(resolved) => {
                let experiment = &resolved.experiment;
                (experiment.data.dataset.name(), experiment.model.blocks())
            }
            Self::Forecast(resolved) => {
                let experiment = &resolved.experiment;
                (
                    experiment.clips.dataset.name(),
                    experiment.forecast.hidden.len(),
                )
            }
        }
    }

    /// Returns the unit that multiply-adds are counted for.
    fn unit(&self) -> &'static str {
        match self {
            Self::Classify(_) => "an image",
            Self::Forecast(_) => "a frame",
        }
    }

    /// Returns the keys in which it differs from `other`, or `None` for different kinds.
    fn compare(&self, other: &Self) -> Option<Vec<FieldDifference>> {
        match (self, other) {
            (Self::Classify(a), Self::Classify(b)) => Some(compare(&a.experiment, &b.experiment)),
            (Self::Forecast(a), Self::Forecast(b)) => Some(compare(&a.experiment, &b.experiment)),
            _ => None,
        }
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
        let experiment = match Any::plain(context, &name) {
            Ok(experiment) => experiment,
            Err(error) => {
                rows.push(vec![name, "invalid, see above".to_string()]);
                Failure::of(&error, Some(context)).print();
                continue;
            }
        };
        // The number of classes may be unknown if the data set is absent.
        let size = experiment.size(context).ok();
        let count = |of: fn(&NetworkSize) -> u64| {
            let size = size.as_ref();
            size.map_or("?".to_string(), |size| grouped(of(size)))
        };
        let (dataset, blocks) = experiment.summary();
        rows.push(vec![
            name,
            dataset.to_string(),
            blocks.to_string(),
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
    let experiment = Any::load(context, &arguments.trial, &arguments.experiment)?;
    let (header, text) = experiment.text();
    for line in header.lines() {
        result(format!("# {line}").trim_end());
    }
    result("");
    result_file(text.trim_end());
    let size = experiment.size(context)?;
    result("");
    result(format!(
        "# {} parameters, {} multiply-adds {}",
        grouped(size.parameters),
        grouped(size.multiply_adds),
        experiment.unit()
    ));
    Ok(DONE)
}

/// Prints the keys in which two experiments differ, and the cost of each.
pub(super) fn diff(context: &Context, arguments: &DiffArguments) -> anyhow::Result<u8> {
    let (first_name, second_name) = (&arguments.first, &arguments.second);
    let first = Any::plain(context, first_name)?;
    let second = Any::plain(context, second_name)?;
    let Some(fields) = first.compare(&second) else {
        return Err(Complaint::misused(
            format!("{first_name} and {second_name} train networks of two kinds"),
            "compare two that classify images, or two that predict frames",
        )
        .into());
    };
    let (small, large) = (first.size(context)?, second.size(context)?);
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
