//! Runs as a local file store of MLflow: one experiment per data set, one run per run folder.
//!
//! Ids derive from what is exported, so exporting again updates the same runs.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::experiment::values;
use crate::run::{
    RunDir, RunError, RunManifest, RunStatus, epoch_cells, is_locked, list_runs, sha256,
    unique_names,
};

use super::error::StudyError;
use super::named_runs::named;
use super::runs::Runs;
use super::unknown_run::UnknownRun;

/// Most characters of a parameter, the limit of MLflow before 2.8; it is 6000 since.
const MOST_PARAMETER: usize = 500;
/// Most characters of a tag.
const MOST_TAG: usize = 5000;
/// Hexadecimal digits of a run's id.
const RUN_DIGITS: usize = 32;
/// The smallest number of 18 digits: MLflow gives experiments such a number as their id.
const FIRST_EXPERIMENT: u64 = 100_000_000_000_000_000;
/// What a cut value ends with.
const CUT: &str = "...";

/// A run as it was exported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    /// Its name in MLflow, such as "trial-d seed 0".
    pub name: String,
    /// Its id.
    pub run_id: String,
    /// The name of its experiment.
    pub experiment: String,
    /// Whether a process is training it.
    pub training: bool,
    /// Parameters and tags that were cut.
    pub cut: Vec<String>,
}

/// Returns the runs that `names` stand for, as in a comparison; all runs if none is named.
///
/// # Errors
/// [`UnknownRun`], with similar names.
pub fn find(runs: &Runs, names: &[String]) -> Result<Vec<RunDir>, StudyError> {
    let mut all = list_runs(&runs.checkpoints)?;
    all.retain(|run| run.manifest().is_file());
    if names.is_empty() {
        return match all.is_empty() {
            true => Err(UnknownRun::None(runs.checkpoints.clone()).into()),
            false => Ok(all),
        };
    }
    let mut found: Vec<RunDir> = Vec::new();
    for name in names {
        for run in named(runs, &all, name, None)?
            .into_iter()
            .flat_map(|(_, own)| own)
        {
            if !found.contains(&run) {
                found.push(run);
            }
        }
    }
    Ok(found)
}

/// Writes `run` into `place`, laid out as the store that will be at the absolute path `store`.
///
/// # Errors
/// A run whose records cannot be read or are damaged; [`RunError::Io`].
pub fn export(run: &RunDir, place: &Path, store: &Path) -> Result<Exported, StudyError> {
    let manifest = RunManifest::read(&run.manifest())?;
    let sealed = run.latest_state()?.map(|state| state.experiment);
    let experiment = match sealed.filter(|text| !text.is_empty()) {
        Some(text) => text,
        None => read(&run.experiment())?,
    };
    let ids = Ids::of(run, &manifest);
    let training = manifest.status == RunStatus::Running && is_locked(&run.path());
    let mut out = Writer {
        folder: place.join(&ids.experiment).join(&ids.run),
        cut: Vec::new(),
    };
    let parameters = parameters(run, &experiment)?;
    for (key, value) in &parameters {
        out.text("params", key, value, MOST_PARAMETER)?;
    }
    for (key, value) in tags(run, &manifest, &ids) {
        out.text("tags", &key, &value, MOST_TAG)?;
    }
    let mut time = 1000.0 * manifest.started as f64;
    for (name, cells) in metrics(run, &mut time)? {
        out.file("metrics", &name, cells.as_bytes())?;
    }
    out.file("artifacts", "experiment.toml", experiment.as_bytes())?;
    let curves = run.curves()?.into_iter();
    for path in curves.chain([run.epochs()]).filter(|path| path.is_file()) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let content = fs::read(&path).map_err(|source| RunError::io("read", &path, source))?;
        out.file("artifacts", &name, &content)?;
    }
    let meta = meta_of_run(&manifest, &ids, (store, training));
    out.file("", "meta.yaml", meta.as_bytes())?;
    let meta = Path::new(&ids.experiment).join("meta.yaml");
    if !store.join(&meta).exists() && !place.join(&meta).exists() {
        let out = Writer {
            folder: place.join(&ids.experiment),
            cut: Vec::new(),
        };
        let meta = meta_of_experiment(&ids, store, manifest.started);
        out.file("", "meta.yaml", meta.as_bytes())?;
    }
    Ok(Exported {
        name: ids.name,
        run_id: ids.run,
        experiment: ids.experiment_name,
        training,
        cut: out.cut,
    })
}

/// The names and ids of a run.
struct Ids {
    /// Name of the run.
    name: String,
    /// Its id.
    run: String,
    experiment_name: String,
    /// Id of the experiment.
    experiment: String,
}

impl Ids {
    fn of(run: &RunDir, manifest: &RunManifest) -> Self {
        let experiment_name = format!("camtrail/{}", manifest.dataset);
        let digest = sha256(experiment_name.as_bytes());
        let number = u64::from_str_radix(&digest[..16], 16).unwrap_or_default();
        let experiment = FIRST_EXPERIMENT + number % (9 * FIRST_EXPERIMENT);
        // Of the record alone, so that a run keeps its id wherever its folder is. A run that was
        // trained again started at another time, and is another run.
        let (trial, seed) = (run.trial(), run.seed());
        let RunManifest {
            dataset,
            host,
            started,
            parameters,
            ..
        } = manifest;
        let own = format!(
            "{}\n{seed}\n{dataset}\n{host}\n{started}\n{parameters}",
            manifest.trial
        );
        Self {
            name: format!("{trial} seed {seed}"),
            run: sha256(own.as_bytes())[..RUN_DIGITS].to_string(),
            experiment_name,
            experiment: experiment.to_string(),
        }
    }
}

/// Writes the small files of a run.
struct Writer {
    folder: PathBuf,
    cut: Vec<String>,
}

impl Writer {
    fn file(&self, below: &str, name: &str, content: &[u8]) -> Result<(), RunError> {
        let folder = self.folder.join(below);
        fs::create_dir_all(&folder).map_err(|source| RunError::io("create", &folder, source))?;
        let path = folder.join(name);
        fs::write(&path, content).map_err(|source| RunError::io("write", &path, source))
    }

    /// Writes a value on one line, as MLflow reads it, cut to `most` characters.
    fn text(&mut self, below: &str, key: &str, value: &str, most: usize) -> Result<(), RunError> {
        let mut line = match value.contains(char::is_control) {
            true => Value::from(value).to_string(),
            false => value.to_string(),
        };
        if line.chars().count() > most {
            line = line.chars().take(most - CUT.len()).collect();
            line.push_str(CUT);
            self.cut.push(key.to_string());
        }
        self.file(below, key, line.as_bytes())
    }
}

/// Returns the keys of the resolved experiment with their values, and trial and seed.
fn parameters(run: &RunDir, experiment: &str) -> Result<Vec<(String, String)>, RunError> {
    let table: Value = toml_edit::de::from_str(experiment)
        .map_err(|reason| RunError::damaged(&run.experiment(), reason))?;
    let mut found = vec![
        ("trial".to_string(), run.trial().to_string()),
        ("seed".to_string(), run.seed().to_string()),
    ];
    found.extend(values(&table).into_iter().map(|(key, value)| match value {
        Value::String(text) => (key, text),
        other => (key, other.to_string()),
    }));
    Ok(found)
}

fn tags(run: &RunDir, manifest: &RunManifest, ids: &Ids) -> Vec<(String, String)> {
    let mut tags = vec![
        ("mlflow.runName", ids.name.clone()),
        (
            "mlflow.source.name",
            format!("camtrail {}", manifest.camtrail),
        ),
        ("mlflow.source.type", "LOCAL".to_string()),
        ("trial", run.trial().to_string()),
        ("seed", run.seed().to_string()),
        ("dataset", manifest.dataset.clone()),
        ("generated", manifest.generated.to_string()),
        ("host", manifest.host.clone()),
        ("device", manifest.device.clone()),
        ("camtrail", manifest.camtrail.clone()),
        ("burn", manifest.burn.clone()),
        ("parameters", manifest.parameters.to_string()),
        ("multiply_adds", manifest.multiply_adds.to_string()),
    ];
    if let Some(revision) = &manifest.git_revision {
        tags.push(("mlflow.source.git.commit", revision.clone()));
    }
    if let RunStatus::Failed { reason } = &manifest.status {
        tags.push(("failed", reason.clone()));
    }
    if !manifest.warnings.is_empty() {
        tags.push(("warnings", manifest.warnings.join("; ")));
    }
    let tags = tags
        .into_iter()
        .map(|(key, value)| (key.to_string(), value));
    // MLflow takes no other characters in a key, and a slash for a folder.
    let files: Vec<&str> = manifest.data.keys().map(String::as_str).collect();
    let names = unique_names(&files, "._ ");
    let data = names.iter().zip(manifest.data.values());
    let data = data.map(|(name, checksum)| (format!("data.{name}"), checksum.clone()));
    tags.chain(data).collect()
}

/// Returns the columns of the table of epochs, each with one line per epoch: time, value and epoch;
/// `time` is when the run started, in milliseconds.
fn metrics(run: &RunDir, time: &mut f64) -> Result<Vec<(String, String)>, RunError> {
    let (names, rows) = epoch_cells(run)?;
    let column = |wanted: &str| names.iter().position(|name| name == wanted);
    let (epoch, seconds) = (column("epoch"), column("seconds"));
    let mut found: Vec<(String, String)> =
        names.iter().map(|n| (n.clone(), String::new())).collect();
    for (number, row) in rows.iter().enumerate() {
        let cell = |place: Option<usize>| place.and_then(|place| row.get(place));
        let took: f64 = cell(seconds)
            .and_then(|cell| cell.parse().ok())
            .unwrap_or(0.0);
        *time += 1000.0 * took;
        let step = cell(epoch).map_or(number.to_string(), String::clone);
        for (line, value) in found
            .iter_mut()
            .zip(row)
            .filter(|(_, value)| !value.is_empty())
        {
            line.1.push_str(&format!("{:.0} {value} {step}\n", *time));
        }
    }
    found.retain(|(name, lines)| name != "epoch" && !lines.is_empty());
    Ok(found)
}

fn meta_of_run(manifest: &RunManifest, ids: &Ids, (store, training): (&Path, bool)) -> String {
    let artifacts = store.join(&ids.experiment).join(&ids.run).join("artifacts");
    // Numbers of MLflow's RunStatus. A process that is gone cannot have written how it ended.
    let status = match &manifest.status {
        RunStatus::Running if training => 1,
        RunStatus::Done => 3,
        RunStatus::Failed { .. } => 4,
        RunStatus::Running | RunStatus::Interrupted => 5,
    };
    let end = match training {
        true => "null".to_string(),
        false => (1000 * manifest.updated).to_string(),
    };
    format!(
        "artifact_uri: {}\nend_time: {end}\nentry_point_name: ''\nexperiment_id: '{}'\n\
         lifecycle_stage: active\nrun_id: {}\nrun_name: {}\nsource_name: ''\nsource_type: 4\n\
         source_version: ''\nstart_time: {}\nstatus: {status}\ntags: []\nuser_id: camtrail\n",
        quoted(&uri(&artifacts)),
        ids.experiment,
        quoted(&ids.run),
        quoted(&ids.name),
        1000 * manifest.started,
    )
}

fn meta_of_experiment(ids: &Ids, store: &Path, started: u64) -> String {
    let time = 1000 * started;
    format!(
        "artifact_location: {}\ncreation_time: {time}\nexperiment_id: '{}'\nlast_update_time: {time}\n\
         lifecycle_stage: active\nname: {}\n",
        quoted(&uri(&store.join(&ids.experiment))),
        ids.experiment,
        quoted(&ids.experiment_name),
    )
}

/// Returns a text as YAML reads it: a JSON string is one.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// Returns the address of a file or folder.
///
/// # Source
/// RFC 3986, section 2: every byte that is not unreserved is percent-encoded.
fn uri(path: &Path) -> String {
    let mut text = "file://".to_string();
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                text.push(char::from(*byte));
            }
            other => text.push_str(&format!("%{other:02X}")),
        }
    }
    text
}

fn read(path: &Path) -> Result<String, RunError> {
    fs::read_to_string(path).map_err(|source| RunError::io("read", path, source))
}

#[cfg(test)]
#[path = "mlflow_tests.rs"]
mod tests;
