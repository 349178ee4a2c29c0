//! Trained runs: found by experiment, base and seed, and opened at a checkpoint.

use std::path::PathBuf;

use burn::module::Module;

use crate::data::clips::CANVAS_SIDE;
use crate::data::{DataSearch, ImageShape, Splits, load};
use crate::device::ChosenDevice;
use crate::experiment::{Experiment, ExperimentKind, ForecastExperiment, Resolved};
use crate::model::backbones::TrainableBackbone;
use crate::model::{
    CheckpointError, LoadedCheckpoint, NetworkName, PlainCnn, Predictor, PredictorPlace,
    TrainedNetwork, load_network, load_predictor, weights_file,
};
use crate::run::{CheckpointName, RunDir, RunError, list_runs};

use super::error::StudyError;
use super::identity::{
    check_identity, check_one, has_experiment, is_done, saved_experiment, without_record,
};
use super::named::RunName;
use super::once::check_once;
use super::subject::{Subject, TrainedSubject};
use super::which::Which;

/// Locations of experiments, runs and data, and the device of the networks.
#[derive(Debug, Clone)]
pub struct Runs {
    /// The folder searched for `experiments/` before the shipped ones.
    pub folder: PathBuf,
    /// Root of all run folders.
    pub checkpoints: PathBuf,
    /// Where to look for data sets.
    pub data: DataSearch,
    /// The device.
    pub device: ChosenDevice,
    /// Runs that others published, used where there is no run of one's own.
    pub published: Option<PublishedRuns>,
}

/// Runs that others published: `BASE/EXPERIMENT/seed-N` below a folder.
#[derive(Debug, Clone)]
pub struct PublishedRuns {
    /// The folder.
    pub folder: PathBuf,
    /// Receives each run that is used, so that a user learns of it.
    pub used: fn(&RunDir),
}

impl Runs {
    /// Returns the runs below `checkpoints`, with the shipped experiments and the default data
    /// folder.
    pub fn new(checkpoints: impl Into<PathBuf>, device: ChosenDevice) -> Self {
        Self {
            folder: PathBuf::new(),
            checkpoints: checkpoints.into(),
            data: DataSearch::default(),
            device,
            published: None,
        }
    }

    /// Returns the folder of the runs of `experiment` on its base. Runs on a base other than the
    /// experiment's own have a separate folder.
    pub fn root_of<E>(&self, experiment: &Resolved<E>) -> PathBuf {
        match experiment.base_replaced {
            true => self.checkpoints.join(&experiment.base),
            false => self.checkpoints.clone(),
        }
    }

    /// Returns the run folder of `experiment` and `seed`, whether it exists or not.
    pub fn dir<E>(&self, experiment: &Resolved<E>, seed: u64) -> RunDir {
        RunDir::new(&self.root_of(experiment), &experiment.name, seed)
    }

    /// Returns the run of the experiment `name` and `seed`, on `base` if given: one's own or, if there
    /// is none, the published one.
    ///
    /// # Errors
    /// [`StudyError::NoRun`]; [`StudyError::RecordLost`]; an unknown experiment; a damaged experiment record in the run folder.
    pub fn find<E: ExperimentKind>(
        &self,
        name: &str,
        base: Option<&str>,
        seed: u64,
    ) -> Result<Trained<E>, StudyError> {
        let shipped: Resolved<E> = self.experiment(name, base, &[])?;
        let run = self.dir(&shipped, seed);
        if !has_experiment(&run)? {
            if let Some(published) = self.published_run(name, base, seed)? {
                return Ok(published);
            }
            let named = RunName {
                experiment: name.to_string(),
                base: base.map(str::to_string),
                seed,
            };
            return Err(without_record(&run, named));
        }
        let mut experiment: Resolved<E> = saved_experiment(&run)?;
        experiment.base = shipped.base;
        experiment.base_replaced = shipped.base_replaced;
        Ok(Trained { run, experiment })
    }

    /// Returns the seeds of `experiment` that have a best checkpoint, in order; if there are none, those
    /// of its published runs.
    ///
    /// # Errors
    /// A folder that cannot be listed.
    pub fn seeds<E>(&self, experiment: &Resolved<E>) -> Result<Vec<u64>, StudyError> {
        let runs = list_runs(&self.root_of(experiment))?;
        let ours = runs
            .iter()
            .filter(|run| run.trial() == experiment.name && run.has_best());
        let seeds: Vec<u64> = ours.map(|run| run.seed()).collect();
        match seeds.is_empty() {
            true => self.published_seeds(experiment),
            false => Ok(seeds),
        }
    }

    /// Returns the runs of the experiments `names`, seed by seed: those of `seeds`, or of every
    /// trained seed if `seeds` is empty.
    ///
    /// # Errors
    /// [`StudyError::NamedTwice`], [`StudyError::NoneNamed`], [`StudyError::NotTrained`];
    /// [`StudyError::DifferentRuns`] if the seeds of a name were trained with different experiments;
    /// as [`find`](Self::find).
    pub fn find_all<E: ExperimentKind>(
        &self,
        names: &[String],
        base: Option<&str>,
        seeds: &[u64],
    ) -> Result<Vec<Trained<E>>, StudyError> {
        check_once(E::NOUN, names, |name| format!("{name:?}"))?;
        check_once("seed", seeds, u64::to_string)?;
        if names.is_empty() {
            return Err(StudyError::NoneNamed { what: E::NOUN });
        }
        let mut found = Vec::new();
        for name in names {
            let seeds = match seeds.is_empty() {
                true => self.seeds::<E>(&self.experiment(name, base, &[])?)?,
                false => seeds.to_vec(),
            };
            if seeds.is_empty() {
                return Err(StudyError::NotTrained {
                    experiment: name.clone(),
                    base: base.map(str::to_string),
                });
            }
            let first = found.len();
            for seed in seeds {
                found.push(self.find(name, base, seed)?);
            }
            let seeds = found[first..].iter();
            check_one(
                name,
                seeds.map(|run| (run.run.seed(), &run.experiment.experiment)),
            )?;
        }
        Ok(found)
    }

    /// Returns the name of the data set of the first run, without loading any image or clip.
    ///
    /// # Errors
    /// As [`find_all`](Self::find_all).
    pub fn dataset<E: ExperimentKind>(
        &self,
        names: &[String],
        base: Option<&str>,
        seeds: &[u64],
    ) -> Result<&'static str, StudyError> {
        let runs: Vec<Trained<E>> = self.find_all(names, base, seeds)?;
        let first = runs
            .first()
            .ok_or(StudyError::NoneNamed { what: E::NOUN })?;
        Ok(first.experiment.experiment.dataset_name())
    }

    /// Returns the side and number of classes of the images of `experiment`.
    ///
    /// # Errors
    /// Absent files, if the shape must be read from them.
    pub fn shape(&self, experiment: &Experiment) -> Result<ImageShape, StudyError> {
        Ok(experiment.data_options().shape(&self.data)?)
    }

    /// Returns the images of `experiment`.
    ///
    /// # Errors
    /// Absent or damaged data.
    pub fn images(&self, experiment: &Resolved) -> Result<Splits, StudyError> {
        let images = load(&experiment.experiment.data_options(), &self.data)?;
        experiment.check_images(&images)?;
        Ok(images)
    }
}

/// A run that is found but not loaded.
#[derive(Debug, Clone)]
pub struct Trained<E = Experiment> {
    /// The run folder.
    pub run: RunDir,
    /// The experiment of its training.
    pub experiment: Resolved<E>,
}

/// A next-frame predictor at one of its checkpoints.
#[derive(Debug)]
pub struct OpenPredictor {
    /// The network, in validation mode, without autodiff.
    pub network: Box<dyn Predictor>,
    /// Epoch of the checkpoint.
    pub epoch: u32,
    /// Rule that selected it: "best", "last" or "epoch N".
    pub checkpoint: String,
}

impl<E> Trained<E> {
    /// Returns the experiment and seed as text, such as "trial-d seed 0".
    pub fn label(&self) -> String {
        format!("{} seed {}", self.run.trial(), self.run.seed())
    }

    /// Returns the epochs of all complete checkpoints, earliest first.
    ///
    /// # Errors
    /// A folder that cannot be listed.
    pub fn epochs(&self) -> Result<Vec<u32>, RunError> {
        let names = self.run.checkpoints()?.into_iter();
        Ok(names
            .filter(|name| name.step == 0)
            .map(|name| name.epoch)
            .collect())
    }

    fn epoch_of(&self, which: Which) -> Result<u32, StudyError> {
        let found = match which {
            Which::Best => self.run.read_best().map(|best| best.epoch),
            Which::Last => {
                let missing = || self.run.no_checkpoint("at all".to_string());
                self.epochs()
                    .and_then(|mut epochs| epochs.pop().ok_or_else(missing))
            }
            Which::Epoch(epoch) => Ok(epoch),
        };
        found.map_err(|error| self.explained(error))
    }

    /// Returns the result of `load` for the epoch of `which`, and the epoch. A training may remove
    /// the best or the last checkpoint just before it is loaded; there is a newer one then.
    fn loaded_at<T>(
        &self,
        which: Which,
        load: impl Fn(u32) -> Result<T, StudyError>,
    ) -> Result<(T, u32), StudyError> {
        let mut epoch = self.epoch_of(which)?;
        loop {
            match load(epoch) {
                Err(error @ StudyError::NoCheckpoint { .. }) => match self.epoch_of(which)? {
                    same if same == epoch => return Err(error),
                    newer => epoch = newer,
                },
                loaded => return Ok((loaded?, epoch)),
            }
        }
    }

    /// Returns `network`, described by `architecture`, with the weights of `epoch`.
    fn load<N: Module>(
        &self,
        epoch: u32,
        (network, architecture): (N, &str),
    ) -> Result<LoadedCheckpoint<N>, StudyError> {
        let name = CheckpointName::epoch(epoch);
        self.loaded(load_network(&self.run, name, network, architecture))
    }

    fn loaded<T>(&self, loaded: Result<T, CheckpointError>) -> Result<T, StudyError> {
        loaded.map_err(|error| match error {
            CheckpointError::Run(error) => self.explained(error),
            other => other.into(),
        })
    }

    /// Adds what is known about the run to the error for a missing checkpoint.
    fn explained(&self, error: RunError) -> StudyError {
        match error {
            RunError::NoCheckpoint { .. } => StudyError::NoCheckpoint {
                source: Box::new(error),
                done: is_done(&self.run),
                run: RunName {
                    experiment: self.run.trial().to_string(),
                    base: (self.experiment.base_replaced).then(|| self.experiment.base.clone()),
                    seed: self.run.seed(),
                },
            },
            other => other.into(),
        }
    }
}

impl Trained {
    /// Returns the network at the checkpoint `which`.
    ///
    /// # Errors
    /// [`StudyError::NoCheckpoint`]; a damaged checkpoint, or one of another architecture.
    pub fn open(&self, which: Which, runs: &Runs) -> Result<Subject, StudyError> {
        let experiment = &self.experiment.experiment;
        let ImageShape { side, classes } = self.shape(runs)?;
        let (model, architecture) = (&experiment.model, experiment.architecture(classes));
        let device = &runs.device.device;
        let load = |epoch| match model.network {
            NetworkName::PlainCnn => {
                let network = PlainCnn::new(model, (side, side), classes, 0, device);
                let loaded = self.load(epoch, (network, &architecture))?;
                Ok((TrainedNetwork::from(loaded.network), loaded.state))
            }
            NetworkName::Backbone(name) => {
                let network = TrainableBackbone::new(name, classes, 0, device);
                let loaded = self.load(epoch, (network, &architecture))?;
                Ok((TrainedNetwork::from(loaded.network), loaded.state))
            }
        };
        let ((network, state), epoch) = self.loaded_at(which, load)?;
        check_identity(&self.run, &state, experiment)?;
        Ok(Subject::trained(TrainedSubject {
            network,
            name: self.run.trial().to_string(),
            seed: self.run.seed(),
            epoch,
            checkpoint: which.to_string(),
            blocks: model.blocks(),
            // Loading has verified the checksum of that file.
            weights: Some(state.files[weights_file(&state)].clone()),
        }))
    }
}

impl Trained<ForecastExperiment> {
    /// Returns the predictor at the checkpoint `which`.
    ///
    /// # Errors
    /// As for a classifier.
    pub fn open(&self, which: Which, runs: &Runs) -> Result<OpenPredictor, StudyError> {
        let experiment = &self.experiment.experiment;
        let load = |epoch| {
            let place = PredictorPlace {
                run: &self.run,
                checkpoint: CheckpointName::epoch(epoch),
                side: CANVAS_SIDE,
            };
            let device = &runs.device.device;
            self.loaded(load_predictor(&experiment.forecast, place, device))
        };
        let (loaded, epoch) = self.loaded_at(which, load)?;
        check_identity(&self.run, &loaded.state, experiment)?;
        Ok(OpenPredictor {
            network: loaded.network,
            epoch,
            checkpoint: which.to_string(),
        })
    }
}
