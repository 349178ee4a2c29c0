//! `curves.csv`: the epochs of several runs in one table, each row with the run that it belongs to, so
//! that their learning curves can be drawn without the run folders. Also reads a single run folder in
//! the same form.

use std::path::Path;

use csv::StringRecord;

use super::arrays::read_file;
use super::{
    EPOCHS_FILE, EpochRecord, EpochRow, ForecastRow, MANIFEST_FILE, RunDir, RunError, RunManifest,
    check_epoch_records, write_atomically,
};

/// Name of the table.
pub const CURVES_FILE: &str = "curves.csv";
/// The columns before those of a run's own table.
const ABOUT: [&str; 5] = ["trial", "network_title", "seed", "dataset", "generated"];
/// The column that only the epochs of classifiers have.
const OF_CLASSIFIERS: &str = "validation_accuracy";

/// One run's epochs.
#[derive(Debug, Clone, PartialEq)]
pub struct CurveRun<R> {
    /// Trial name, such as "trial-d".
    pub trial: String,
    /// The network's name in figures, such as "VGG-16"; if empty, they show the trial's name.
    pub network_title: String,
    /// Training seed.
    pub seed: u64,
    /// Data set name, such as "cifar-100".
    pub dataset: String,
    /// Whether the data are generated.
    pub generated: bool,
    /// One row per epoch, from epoch 0.
    pub rows: Vec<R>,
}

/// The epochs of runs of one kind.
#[derive(Debug, Clone, PartialEq)]
pub enum RunTables {
    /// Of networks that predict classes.
    Classifiers(Vec<CurveRun<EpochRow>>),
    /// Of networks that predict frames.
    Predictors(Vec<CurveRun<ForecastRow>>),
}

/// A table as text: its header and its rows.
struct Text {
    header: StringRecord,
    rows: Vec<StringRecord>,
}

/// Returns the epochs of the run in `folder`; nothing where it is not a run folder or no epoch was
/// written.
///
/// # Errors
/// [`RunError::Io`] or [`RunError::Damaged`], naming the file.
pub fn read_run(folder: &Path) -> Result<Option<RunTables>, RunError> {
    let [manifest, epochs] = [MANIFEST_FILE, EPOCHS_FILE].map(|name| folder.join(name));
    if !manifest.is_file() || !epochs.is_file() {
        return Ok(None);
    }
    if let Some(run) = RunDir::at(folder) {
        check_epoch_records(&run)?;
    }
    let manifest = RunManifest::read(&manifest)?;
    let text = prefixed(&epochs, &manifest)?;
    if text.rows.is_empty() {
        return Ok(None);
    }
    tables(&epochs, &text).map(Some)
}

/// Returns the epochs of `runs`; nothing where none of them has an epoch.
///
/// # Errors
/// [`RunError::Io`] or [`RunError::Damaged`] names the run's file that cannot be read, or whose
/// columns are not those of the first run.
pub fn read_runs(runs: &[RunDir]) -> Result<Option<RunTables>, RunError> {
    let Some(text) = gathered(unnamed(runs))? else {
        return Ok(None);
    };
    tables(&runs[0].epochs(), &text).map(Some)
}

/// Writes the epochs of `runs`, all of one kind, to `path` as one table.
///
/// # Errors
/// As [`read_runs`] and [`write_atomically`].
pub fn write_curves(path: &Path, runs: &[RunDir]) -> Result<(), RunError> {
    write_named_curves(path, unnamed(runs))
}

/// As [`write_curves`], where each run is called by the name before it.
///
/// # Errors
/// As [`write_curves`].
pub fn write_named_curves<'a>(
    path: &Path,
    runs: impl IntoIterator<Item = (Option<&'a str>, &'a RunDir)>,
) -> Result<(), RunError> {
    let damaged = |reason: csv::Error| RunError::damaged(path, reason);
    let mut writer = csv::Writer::from_writer(Vec::new());
    if let Some(text) = gathered(runs)? {
        for line in std::iter::once(&text.header).chain(&text.rows) {
            writer.write_record(line).map_err(damaged)?;
        }
    }
    let content = writer
        .into_inner()
        .map_err(|reason| RunError::damaged(path, reason))?;
    write_atomically(path, &content)
}

/// Returns the runs of the table at `path`; nothing where there is no file or no row.
///
/// # Errors
/// [`RunError::Io`]; [`RunError::Damaged`] says what does not parse.
pub fn read_curves(path: &Path) -> Result<Option<RunTables>, RunError> {
    if !path.is_file() {
        return Ok(None);
    }
    let text = read_text(path)?;
    if text.rows.is_empty() {
        return Ok(None);
    }
    tables(path, &text).map(Some)
}

/// Returns the names of the columns of a run's table of epochs, and its cells row by row; an empty
/// cell is "". Nothing where no epoch was written.
///
/// # Errors
/// [`RunError::Io`] or [`RunError::Damaged`], naming the file.
pub fn epoch_cells(run: &RunDir) -> Result<(Vec<String>, Vec<Vec<String>>), RunError> {
    if !run.epochs().is_file() {
        return Ok(Default::default());
    }
    check_epoch_records(run)?;
    let text = read_text(&run.epochs())?;
    let cells = |record: &StringRecord| record.iter().map(str::to_string).collect();
    Ok((cells(&text.header), text.rows.iter().map(cells).collect()))
}

/// Returns the lines of a table. A last line without its end was torn by a killed process and is
/// dropped.
fn read_text(path: &Path) -> Result<Text, RunError> {
    let content = read_file(path)?;
    let whole = content.iter().rposition(|byte| *byte == b'\n');
    let whole = whole.map_or(&[][..], |end| &content[..=end]);
    let damaged = |reason: csv::Error| RunError::damaged(path, reason);
    let mut reader = csv::Reader::from_reader(whole);
    Ok(Text {
        header: reader.headers().map_err(damaged)?.clone(),
        rows: reader
            .records()
            .collect::<Result<_, _>>()
            .map_err(damaged)?,
    })
}

fn unnamed(runs: &[RunDir]) -> impl Iterator<Item = (Option<&str>, &RunDir)> {
    runs.iter().map(|run| (None, run))
}

/// Returns the lines of all runs with an epoch; nothing where there is none.
fn gathered<'a>(
    runs: impl IntoIterator<Item = (Option<&'a str>, &'a RunDir)>,
) -> Result<Option<Text>, RunError> {
    let mut all: Option<Text> = None;
    for (name, run) in runs {
        check_epoch_records(run)?;
        if !run.epochs().is_file() {
            continue;
        }
        let mut manifest = RunManifest::read(&run.manifest())?;
        // A folder that was renamed keeps its manifest.
        (manifest.trial, manifest.seed) = (run.trial().to_string(), run.seed());
        if let Some(name) = name {
            (manifest.trial, manifest.network_title) = (name.to_string(), name.to_string());
        }
        let text = prefixed(&run.epochs(), &manifest)?;
        if text.rows.is_empty() {
            continue;
        }
        match &mut all {
            None => all = Some(text),
            Some(all) if all.header == text.header => all.rows.extend(text.rows),
            Some(_) => {
                let reason = "its columns are not those of the other runs";
                return Err(RunError::damaged(&run.epochs(), reason));
            }
        }
    }
    Ok(all)
}

/// Returns the lines of a run's table behind the columns that name the run.
fn prefixed(path: &Path, manifest: &RunManifest) -> Result<Text, RunError> {
    let text = read_text(path)?;
    let about = [
        manifest.trial.clone(),
        manifest.network_title.clone(),
        manifest.seed.to_string(),
        manifest.dataset.clone(),
        manifest.generated.to_string(),
    ];
    let joined = |first: &[String; 5], rest: &StringRecord| {
        let first = first.iter().map(String::as_str);
        first.chain(rest.iter()).collect::<StringRecord>()
    };
    Ok(Text {
        header: joined(&ABOUT.map(str::to_string), &text.header),
        rows: text.rows.iter().map(|row| joined(&about, row)).collect(),
    })
}

fn tables(path: &Path, text: &Text) -> Result<RunTables, RunError> {
    if text.header.iter().take(ABOUT.len()).ne(ABOUT) {
        let reason = format!("its first columns are not {}", ABOUT.join(", "));
        return Err(RunError::damaged(path, reason));
    }
    Ok(
        match text.header.iter().any(|name| name == OF_CLASSIFIERS) {
            true => RunTables::Classifiers(runs(path, text)?),
            false => RunTables::Predictors(runs(path, text)?),
        },
    )
}

/// Returns the rows by run, in the order of the table.
fn runs<R: EpochRecord>(path: &Path, text: &Text) -> Result<Vec<CurveRun<R>>, RunError> {
    let damaged = |reason: csv::Error| RunError::damaged(path, reason);
    let rest = |record: &StringRecord| record.iter().skip(ABOUT.len()).collect::<StringRecord>();
    let header = rest(&text.header);
    let mut runs: Vec<CurveRun<R>> = Vec::new();
    for record in &text.rows {
        let about: StringRecord = record.iter().take(ABOUT.len()).collect();
        let (trial, network_title, seed, dataset, generated): (String, String, u64, String, bool) =
            about.deserialize(None).map_err(damaged)?;
        let row: R = rest(record).deserialize(Some(&header)).map_err(damaged)?;
        match runs.last_mut() {
            Some(run) if (&run.trial, run.seed) == (&trial, seed) => run.rows.push(row),
            _ => runs.push(CurveRun {
                trial,
                network_title,
                seed,
                dataset,
                generated,
                rows: vec![row],
            }),
        }
    }
    Ok(runs)
}

#[cfg(test)]
#[path = "curves_tests.rs"]
mod tests;
