//! Training runs: the differences between the kinds of experiments, and when a run can resume.

use crate::data::{ImageShape, Normalisation, fingerprint, load_clips};
use crate::experiment::{
    Experiment, ExperimentKind, FieldDifference, ForecastExperiment, Resolved, changes, in_words,
};
use crate::model::NetworkSize;
use crate::run::{
    ImageRecord, PixelStatistics, RunDir, RunError, RunManifest, RunStatus, check_epoch_records,
};
use crate::train::{
    ClassifyJob, ForecastJob, Outcome, RateChange, StartMode, TrainError, TrainEvents, TrainSpec,
    check_epochs, check_start, train, train_forecast,
};

use super::error::StudyError;
use super::identity::{check_identity, has_experiment, is_done, saved_experiment, without_record};
use super::named::RunName;
use super::runs::Runs;
use super::titles::network_title;
use super::watch::Watch;

/// Version of Burn in this program.
const BURN_VERSION: &str = "0.22.1";

/// A kind of experiment that can be trained.
pub trait Trainable: ExperimentKind {
    /// Trains the run until it is done or should stop.
    ///
    /// # Errors
    /// Errors of the training; absent data.
    fn train(
        runs: &Runs,
        resolved: &Resolved<Self>,
        run: (&RunDir, StartMode),
        watch: (&dyn Watch, &mut dyn TrainEvents),
    ) -> Result<Outcome, StudyError>
    where
        Self: Sized;
}

impl Trainable for Experiment {
    fn train(
        runs: &Runs,
        resolved: &Resolved,
        (run, mode): (&RunDir, StartMode),
        (watch, events): (&dyn Watch, &mut dyn TrainEvents),
    ) -> Result<Outcome, StudyError> {
        let data = runs.images(resolved)?;
        let (images, dataset) = (data.train.len(), data.train.dataset_name());
        let what = format!("{images} training images of {dataset}");
        announce(runs, resolved, run, &what, watch);
        let warnings: Vec<String> = data.warnings.iter().map(ToString::to_string).collect();
        for warning in &warnings {
            watch.note(&format!("warning: {warning}"));
        }
        let experiment = &resolved.experiment;
        let Normalisation { mean, std } = data.normalisation;
        let described = Described {
            dataset: dataset.to_string(),
            generated: data.train.is_generated(),
            data: fingerprint(&data),
            statistics: Some(PixelStatistics {
                mean: mean.to_vec(),
                std: std.to_vec(),
            }),
            images: Some(ImageRecord {
                side: data.train.height(),
                class_names: data.train.class_names().to_vec(),
            }),
            warnings,
            blocks: experiment.model.blocks(),
            size: experiment.size(ImageShape {
                side: data.train.height(),
                classes: data.train.classes(),
            }),
        };
        let job = ClassifyJob {
            run,
            model: &experiment.model,
            architecture: &experiment.architecture(data.train.classes()),
            train: &experiment.train,
            checkpoints: &experiment.checkpoints,
            augmentation: &experiment.data.augmentation,
            data: &data,
            device: &runs.device.device,
            experiment: &resolved.text,
            manifest: described.manifest(runs, run),
            mode,
        };
        Ok(train(job, events, &|| watch.should_stop())?)
    }
}

impl Trainable for ForecastExperiment {
    fn train(
        runs: &Runs,
        resolved: &Resolved<Self>,
        (run, mode): (&RunDir, StartMode),
        (watch, events): (&dyn Watch, &mut dyn TrainEvents),
    ) -> Result<Outcome, StudyError> {
        let experiment = &resolved.experiment;
        let data = load_clips(&experiment.clips, &runs.data)?;
        let dataset = experiment.clips.dataset;
        let what = format!("{} clips of {dataset} an epoch", data.train.len());
        announce(runs, resolved, run, &what, watch);
        let sources = data.sources.iter();
        let described = Described {
            dataset: dataset.name().to_string(),
            generated: dataset.is_generated(),
            data: sources
                .map(|s| (s.source.clone(), s.sha256.clone()))
                .collect(),
            statistics: None,
            images: None,
            warnings: Vec::new(),
            blocks: experiment.forecast.hidden.len(),
            size: experiment.size(),
        };
        let job = ForecastJob {
            run,
            model: &experiment.forecast,
            architecture: &experiment.architecture(),
            objective: &experiment.objective,
            train: &experiment.train,
            checkpoints: &experiment.checkpoints,
            data: &data,
            device: &runs.device.device,
            experiment: &resolved.text,
            manifest: described.manifest(runs, run),
            mode,
        };
        Ok(train_forecast(job, events, &|| watch.should_stop())?)
    }
}

/// How an attempt to train ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Training {
    /// The run was already done and remains unchanged.
    Already,
    /// The run ended now.
    Ended(Outcome),
}

/// Trains the run of `resolved` and `seed`.
///
/// # Errors
/// As [`Trainable::train`].
pub fn train_run<E: Trainable>(
    runs: &Runs,
    resolved: &Resolved<E>,
    (seed, mode): (u64, StartMode),
    watch: &dyn Watch,
) -> Result<Outcome, StudyError> {
    let run = runs.dir(resolved, seed);
    check_start(&run, mode)?;
    let mut events = watch.training(&format!("{} seed {seed}", resolved.name));
    E::train(runs, resolved, (&run, mode), (watch, &mut *events))
}

/// Trains the run of `resolved` and `seed` to its end, from where it stopped or from the start. A
/// finished run remains unchanged.
///
/// # Errors
/// As [`Trainable::train`] and [`check_unchanged`].
pub fn train_unless_done<E: Trainable>(
    runs: &Runs,
    resolved: &Resolved<E>,
    seed: u64,
    watch: &dyn Watch,
) -> Result<Training, StudyError> {
    let run = runs.dir(resolved, seed);
    let mode = match run.manifest().exists() {
        true => {
            check_unchanged(&run, resolved, false)?;
            StartMode::Resume
        }
        false => StartMode::Fresh,
    };
    if mode == StartMode::Resume && is_done(&run) {
        watch.note(&format!("{} seed {seed} is trained already", resolved.name));
        return Ok(Training::Already);
    }
    train_run(runs, resolved, (seed, mode), watch).map(Training::Ended)
}

/// What a run that continues with an accepted change should know.
#[derive(Debug, Default)]
pub struct Accepted {
    /// The learning rate jumps.
    pub rate: Option<RateChange>,
    /// The table of epochs lost rows.
    pub table: Option<RunError>,
}

/// Fails if `resolved` is not the experiment that the run was trained with, or the run's folder is
/// not what was written. With `accept`, fails only if a changed value determines what a step is, and
/// returns the consequences of the others.
///
/// # Errors
/// [`TrainError::NothingToResume`], [`TrainError::FixedKeysChanged`],
/// [`TrainError::ExperimentChanged`], [`TrainError::OtherExperiment`],
/// [`TrainError::TableChanged`].
pub fn check_unchanged<E: Trainable>(
    run: &RunDir,
    resolved: &Resolved<E>,
    accept: bool,
) -> Result<Accepted, StudyError> {
    if !has_experiment(run)? {
        let named = RunName {
            experiment: resolved.name.clone(),
            base: resolved.base_replaced.then(|| resolved.base.clone()),
            seed: run.seed(),
        };
        return Err(match without_record(run, named) {
            StudyError::NoRun { path, .. } => TrainError::NothingToResume { path }.into(),
            lost => lost,
        });
    }
    if let Some(state) = run.latest_state()? {
        check_epochs(run, &state, resolved.experiment.training().epochs)?;
    }
    let saved: Resolved<E> = saved_experiment(run)?;
    let changed = changes(&saved.experiment, &resolved.experiment);
    let path = run.path();
    if changed.iter().any(FieldDifference::is_fixed) {
        let changes = in_words(changed.iter().filter(|field| field.is_fixed()));
        return Err(TrainError::FixedKeysChanged { path, changes }.into());
    }
    let rate = rate_change(run, &saved.experiment, &resolved.experiment)?;
    if !accept && !changed.is_empty() {
        return Err(TrainError::ExperimentChanged {
            path,
            changes: in_words(&changed),
            rate,
        }
        .into());
    }
    for name in run.checkpoints()? {
        // A damaged one is skipped or reported when it is loaded.
        let Ok(state) = run.read_state(name) else {
            continue;
        };
        check_identity(run, &state, &saved.experiment)?;
    }
    let table = check_epoch_records(run).err();
    match table {
        Some(source) if !accept => Err(TrainError::TableChanged { source }.into()),
        table => Ok(Accepted { rate, table }),
    }
}

/// Returns the jump of the learning rate that the change of the experiment causes.
fn rate_change<E: ExperimentKind>(
    run: &RunDir,
    saved: &E,
    now: &E,
) -> Result<Option<RateChange>, StudyError> {
    /// A smaller change of the next step's rate is not worth a word.
    const JUMP: f64 = 1.5;
    let Some(state) = run.latest_state()?.filter(|state| state.epoch > 0) else {
        return Ok(None);
    };
    let (saved, now) = (saved.training(), now.training());
    let steps = (state.total_steps - state.step) / u64::from(state.epoch);
    let total = |of: &TrainSpec| steps * u64::from(of.epochs);
    let change = RateChange {
        before: saved.learning_rate_at(state.total_steps - 1, total(saved)),
        after: now.learning_rate_at(state.total_steps, total(now)),
        epochs: [saved.epochs, now.epochs],
    };
    // What the rate would have been without the change.
    let planned = saved.learning_rate_at(state.total_steps, total(saved));
    let [lower, higher] = [planned.min(change.after), planned.max(change.after)];
    let is_jump = saved != now && higher > JUMP * lower;
    Ok(is_jump.then_some(change))
}

/// Notes what is about to be trained.
fn announce<E>(runs: &Runs, resolved: &Resolved<E>, run: &RunDir, data: &str, watch: &dyn Watch) {
    watch.note(&format!(
        "{} seed {} on {}: {data}, into \"{}\"",
        resolved.name,
        run.seed(),
        runs.device.name,
        run.path().display()
    ));
}

/// Description of the data and network in a run's record.
struct Described {
    dataset: String,
    generated: bool,
    data: Vec<(String, String)>,
    statistics: Option<PixelStatistics>,
    images: Option<ImageRecord>,
    warnings: Vec<String>,
    blocks: usize,
    size: NetworkSize,
}

impl Described {
    fn manifest(self, runs: &Runs, run: &RunDir) -> RunManifest {
        RunManifest {
            trial: run.trial().to_string(),
            network_title: network_title(run.trial()),
            seed: run.seed(),
            camtrail: env!("CARGO_PKG_VERSION").to_string(),
            burn: BURN_VERSION.to_string(),
            git_revision: git_revision(),
            device: runs.device.name.clone(),
            host: RunManifest::this_host(),
            dataset: self.dataset,
            generated: self.generated,
            data: self.data.into_iter().collect(),
            statistics: self.statistics,
            images: self.images,
            blocks: self.blocks,
            parameters: self.size.parameters,
            multiply_adds: self.size.multiply_adds,
            started: RunManifest::now(),
            updated: RunManifest::now(),
            status: RunStatus::Running,
            warnings: self.warnings,
            experiments: Vec::new(),
            sha256: String::new(),
        }
    }
}

/// Returns the git revision of the working directory, if there is one.
fn git_revision() -> Option<String> {
    let output = std::process::Command::new("git")
        .args(["rev-parse", "HEAD"])
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let revision = text.trim();
    (output.status.success() && !revision.is_empty()).then(|| revision.to_string())
}
