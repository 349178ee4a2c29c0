//! `list`, `show` and `diff`: experiments as text. Called by [`super::run`].

use crate::experiment::{Resolved, compare, known};
use crate::model::NetworkSize;
use crate::run::{RunManifest, RunStatus, list_runs};

use super::DONE;
use super::arguments::{DiffArguments, ShowArguments};
use super::context::Context;
use super::output::{grouped, note, program, result, table};

/// Returns the network's size for the images of its own data set.
pub(super) fn size_of(resolved: &Resolved) -> NetworkSize {
    let dataset = resolved.experiment.data.dataset;
    let side = dataset.side();
    NetworkSize::of(
        &resolved.experiment.model,
        side,
        side,
        dataset.class_count(),
    )
}

/// Lists the experiments and what was trained of them.
pub(super) fn list(context: &Context) -> anyhow::Result<u8> {
    let header = [
        "experiment",
        "data",
        "blocks",
        "parameters",
        "multiply-adds",
        "question",
    ];
    let mut rows = vec![header.map(str::to_string).to_vec()];
    for name in known(&context.folder) {
        let resolved = context.plain(&name, None)?;
        let size = size_of(&resolved);
        rows.push(vec![
            name,
            resolved.experiment.data.dataset.name().to_string(),
            resolved.experiment.model.filters.len().to_string(),
            grouped(size.parameters),
            grouped(size.multiply_adds),
            question(&resolved.header),
        ]);
    }
    result(table(&rows));
    list_trained(context)?;
    Ok(DONE)
}

fn list_trained(context: &Context) -> anyhow::Result<()> {
    let mut rows = vec![
        ["run", "data", "status", "best epoch", "validation accuracy"]
            .map(str::to_string)
            .to_vec(),
    ];
    let mut roots = vec![context.runs.clone()];
    // Runs on a replaced base lie one folder deeper.
    for entry in std::fs::read_dir(&context.runs)
        .into_iter()
        .flatten()
        .flatten()
    {
        roots.extend(Some(entry.path()).filter(|path| path.is_dir()));
    }
    roots.sort();
    for run in roots
        .iter()
        .map(|root| list_runs(root))
        .collect::<Result<Vec<_>, _>>()?
        .concat()
    {
        let status = RunManifest::read(&run.manifest());
        let best = run.read_best().ok();
        rows.push(vec![
            run.path().display().to_string(),
            status
                .as_ref()
                .map_or("?".to_string(), |manifest| manifest.dataset.clone()),
            match status.map(|manifest| manifest.status) {
                Ok(RunStatus::Done) => "done".to_string(),
                Ok(RunStatus::Running) => "running or killed".to_string(),
                Ok(RunStatus::Interrupted) => "interrupted".to_string(),
                Ok(RunStatus::Failed { .. }) => "failed".to_string(),
                Err(error) => error.to_string(),
            },
            best.as_ref()
                .map_or("-".to_string(), |best| best.epoch.to_string()),
            best.map_or("-".to_string(), |best| best.in_words()),
        ]);
    }
    match rows.len() {
        1 => note(format!(
            "\nnothing trained yet; try: {} train trial-a --base shapes",
            program()
        )),
        _ => result(format!("\n{}", table(&rows))),
    }
    Ok(())
}

/// Returns the question in an experiment's header.
fn question(header: &str) -> String {
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
    let resolved = context.experiment(&arguments.trial, &arguments.experiment)?;
    for line in resolved.header.lines() {
        result(format!("# {line}").trim_end());
    }
    result("");
    result(resolved.text.trim_end());
    let size = size_of(&resolved);
    result(format!(
        "\n# {} parameters, {} multiply-adds an image",
        grouped(size.parameters),
        grouped(size.multiply_adds)
    ));
    Ok(DONE)
}

/// Prints the fields in which two experiments differ, and what each costs.
pub(super) fn diff(context: &Context, arguments: &DiffArguments) -> anyhow::Result<u8> {
    let first = context.plain(&arguments.first, None)?;
    let second = context.plain(&arguments.second, None)?;
    let (small, large) = (size_of(&first), size_of(&second));
    let mut rows = vec![vec![
        "field".to_string(),
        first.name.clone(),
        second.name.clone(),
    ]];
    for field in compare(&first.experiment, &second.experiment) {
        rows.push(vec![field.key, field.first, field.second]);
    }
    if rows.len() == 1 {
        note(format!(
            "{} and {} do not differ in any field",
            first.name, second.name
        ));
    }
    let counts = [
        ("parameters", small.parameters, large.parameters),
        ("multiply-adds", small.multiply_adds, large.multiply_adds),
    ];
    for (name, first, second) in counts {
        rows.push(vec![name.to_string(), grouped(first), grouped(second)]);
    }
    result(table(&rows));
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
