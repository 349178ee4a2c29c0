//! `list`: the experiments, and the runs with the best first.

use clap::{Args, ValueEnum};
use serde_json::Value;

use crate::run::near_names;
use crate::study::listing::{
    Condition, ConditionError, Group, ListedRun, Section, Spread, State, keep, listed, sections,
};

use super::context::Context;
use super::experiments::list_experiments;
use super::failure::Complaint;
use super::modes::Mode;
use super::output::{DONE, note, result, result_file, result_json, result_table};

const PERCENT: f64 = 100.0;
/// An absent value.
const NONE: &str = "-";

/// Arguments of `list`.
#[derive(Debug, Clone, Args)]
pub(super) struct ListArguments {
    /// What to list [default: both; runs if an option is given]
    #[arg(value_enum)]
    what: Option<What>,
    /// List runs that meet a condition, such as 'train.learning_rate<1e-2', state=done or
    /// 'validation>50' (in percent); can be given several times
    #[arg(long = "where", value_name = "CONDITION")]
    conditions: Vec<String>,
    /// List the runs of one data set
    #[arg(long, value_name = "NAME")]
    dataset: Option<String>,
    /// One row per seed
    #[arg(long)]
    each: bool,
    /// Print everything known of each run as JSON
    #[arg(long, conflicts_with = "csv")]
    json: bool,
    /// Print everything known of each run as CSV
    #[arg(long)]
    csv: bool,
}

/// What is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    /// The experiments, trained or not
    Experiments,
    /// The runs
    Runs,
}

impl ListArguments {
    /// Returns the mode: what is listed.
    pub(super) fn mode(&self) -> Mode {
        match self.what {
            Some(What::Experiments) => Mode::Planned,
            _ => Mode::Ran,
        }
    }

    fn selects(&self) -> bool {
        !self.conditions.is_empty() || self.dataset.is_some() || self.each || self.is_for_programs()
    }

    fn is_for_programs(&self) -> bool {
        self.json || self.csv
    }
}

/// Lists experiments and runs.
pub(super) fn run(context: &Context, arguments: &ListArguments) -> anyhow::Result<u8> {
    let conditions = arguments.conditions.iter().map(|text| text.parse());
    let conditions: Vec<Condition> = conditions.collect::<Result<_, _>>().map_err(complaint)?;
    let both = arguments.what.is_none() && !arguments.selects();
    if both || arguments.what == Some(What::Experiments) {
        list_experiments(context)?;
    }
    if arguments.what == Some(What::Experiments) {
        return Ok(DONE);
    }
    let mut runs = listed(&context.runs.checkpoints, context)?;
    let trained = runs.len();
    if let (Some(dataset), true) = (&arguments.dataset, trained > 0) {
        of_dataset(&mut runs, dataset)?;
    }
    keep(&mut runs, &conditions).map_err(complaint)?;
    match (arguments.json, arguments.csv) {
        (true, _) => result_json(&runs)?,
        (_, true) => result_file(csv(&runs)?.trim_end()),
        _ if trained == 0 => {
            let train = ["train", "trial-a", "--base", "shapes"];
            if both {
                note("");
            }
            let command = context.command(train);
            note(format!("nothing trained yet; try: {command}"));
        }
        _ if runs.is_empty() => note("no run meets the conditions"),
        _ => print(&runs, arguments.each, both),
    }
    Ok(DONE)
}

/// Keeps the runs of `dataset`.
fn of_dataset(runs: &mut Vec<ListedRun>, dataset: &str) -> anyhow::Result<()> {
    let mut known: Vec<String> = runs.iter().filter_map(|run| run.dataset.clone()).collect();
    known.sort_unstable();
    known.dedup();
    runs.retain(|run| run.dataset.as_deref() == Some(dataset));
    if !runs.is_empty() {
        return Ok(());
    }
    let message = format!("there is no run on {dataset:?}");
    let hint = format!("there are runs on {}", known.join(", "));
    Err(Complaint::failed(message, hint).into())
}

fn complaint(error: ConditionError) -> anyhow::Error {
    let hint = match &error {
        ConditionError::Malformed(_) => {
            "give KEY, one of < <= > >= = !=, and VALUE, such as --where 'train.learning_rate<1e-2'"
                .to_string()
        }
        ConditionError::UnknownKey { near, .. } if near.is_empty() => {
            "list runs --json shows every key".to_string()
        }
        ConditionError::UnknownKey { near, .. } => format!("did you mean {}?", near.join(", ")),
        ConditionError::UnknownState { value } => {
            let known = State::ALL.map(State::name);
            let near = near_names(value, known);
            match near.first() {
                Some(near) => format!("did you mean {near}?"),
                None => format!("the states are {}", known.join(", ")),
            }
        }
        ConditionError::Unordered { .. } => "compare it with = or !=".to_string(),
    };
    Complaint::misused(error.to_string(), hint).into()
}

/// Prints the runs, one table per data set.
fn print(runs: &[ListedRun], each: bool, after_experiments: bool) {
    let found = sections(runs, each);
    for (place, section) in found.iter().enumerate() {
        if place > 0 || after_experiments {
            result("");
        }
        let generated = section.groups[0].runs[0].generated == Some(true);
        let name = section
            .dataset
            .unwrap_or("runs whose record cannot be read");
        let mark = if generated { " (generated data)" } else { "" };
        result(format!("{name}{mark}"));
        let mut rows = vec![header(section)];
        rows.extend(section.groups.iter().map(|group| cells(section, group)));
        result_table(&rows);
    }
    let groups = found.iter().flat_map(|section| &section.groups);
    if groups.clone().any(|group| group.runs.len() > 1) {
        result("");
        result("n: number of seeds; a mean over seeds ± the standard deviation of one");
    }
}

fn header(section: &Section<'_>) -> Vec<String> {
    let validation = if section.by_loss { "val loss" } else { "val %" };
    let names = [
        validation, "test %", "n", "epoch", "rate", "state", "age", "run",
    ];
    let names = names
        .into_iter()
        .filter(|name| !(section.by_loss && *name == "test %"));
    names.map(str::to_string).collect()
}

fn cells(section: &Section<'_>, group: &Group<'_>) -> Vec<String> {
    let validation = group.validation(section.by_loss);
    let mut cells = vec![match section.by_loss {
        true => spread(validation, 1.0, 5),
        false => spread(validation, PERCENT, 2),
    }];
    if !section.by_loss {
        let test = group.test();
        let some = test.filter(|found| found.n < group.runs.len());
        // Where a part of the seeds was measured, how many.
        let part = some.map_or(String::new(), |found| format!(" ({})", found.n));
        cells.push(spread(test, PERCENT, 2) + &part);
    }
    let newest = group.runs.iter().filter_map(|run| run.age_seconds).min();
    cells.extend([
        group.runs.len().to_string(),
        epochs(group),
        rate(group),
        state(group),
        newest.map_or(NONE.to_string(), age),
        group.name.clone(),
    ]);
    cells
}

fn spread(found: Option<Spread>, scale: f64, decimals: usize) -> String {
    let Some(found) = found else {
        return NONE.to_string();
    };
    let mean = format!("{:.decimals$}", scale * found.mean);
    match found.deviation {
        Some(deviation) => format!("{mean} ± {:.decimals$}", scale * deviation),
        None => mean,
    }
}

/// Returns the best epoch and the number of epochs, such as "12/15", or their ranges.
fn epochs(group: &Group<'_>) -> String {
    let range = |values: Vec<u32>| match (values.iter().min(), values.iter().max()) {
        (Some(low), Some(high)) if low == high => low.to_string(),
        (Some(low), Some(high)) => format!("{low}-{high}"),
        _ => NONE.to_string(),
    };
    let best = group.runs.iter().filter_map(|run| run.best_epoch);
    let all = group.runs.iter().filter_map(|run| run.epochs);
    format!("{}/{}", range(best.collect()), range(all.collect()))
}

/// Returns the learning rate, which all runs of a group share.
fn rate(group: &Group<'_>) -> String {
    let rate = group.runs[0].setting("train.learning_rate");
    let rate = rate.and_then(Value::as_f64);
    rate.map_or(NONE.to_string(), |rate| format!("{rate:e}"))
}

/// Returns the state that all runs of a group share, or how many are done.
fn state(group: &Group<'_>) -> String {
    let first = group.runs[0].state;
    let done = group
        .runs
        .iter()
        .filter(|run| run.state == State::Done)
        .count();
    match group.runs.iter().all(|run| run.state == first) {
        true => first.name().to_string(),
        false => format!("{done} done"),
    }
}

/// Returns a time in its largest unit, such as "3 h".
fn age(seconds: u64) -> String {
    let units = [("d", 86_400), ("h", 3_600), ("min", 60)];
    let unit = units.iter().find(|(_, length)| seconds >= *length);
    unit.map_or(format!("{seconds} s"), |(name, length)| {
        format!("{} {name}", seconds / length)
    })
}

/// Returns everything known of `runs` as CSV: a column per key that any of them has.
fn csv(runs: &[ListedRun]) -> anyhow::Result<String> {
    let rows: Vec<Vec<(String, Value)>> = runs.iter().map(ListedRun::fields).collect();
    let mut columns: Vec<&str> = Vec::new();
    for (key, _) in rows.iter().flatten() {
        if !columns.contains(&key.as_str()) {
            columns.push(key);
        }
    }
    let mut writer = csv::Writer::from_writer(Vec::new());
    if !columns.is_empty() {
        writer.write_record(&columns)?;
    }
    for row in &rows {
        let cell = |column: &&str| {
            let found = row.iter().find(|(key, _)| key == column);
            match found.map(|(_, value)| value) {
                None | Some(Value::Null) => String::new(),
                Some(Value::String(text)) => text.clone(),
                Some(other) => other.to_string(),
            }
        };
        writer.write_record(columns.iter().map(cell))?;
    }
    Ok(String::from_utf8(writer.into_inner()?)?)
}

#[cfg(test)]
mod tests {
    use super::age;

    #[test]
    fn ages_are_whole_units() {
        let ages = [0, 59, 60, 3_599, 3_600, 86_399, 86_400, 900_000].map(age);
        let expected = [
            "0 s", "59 s", "1 min", "59 min", "1 h", "23 h", "1 d", "10 d",
        ];
        assert_eq!(ages, expected);
    }
}
