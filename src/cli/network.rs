//! A trained network from its run folder. Opened by `explain`, `ablate`, `evaluate` and the other
//! verbs that need one.

use burn::module::Module;

use crate::data::ImageShape;
use crate::data::clips::CANVAS_SIDE;
use crate::experiment::{Experiment, ExperimentKind, ForecastExperiment, Resolved, load_saved};
use crate::explain::{Explainable, WithHeads};
use crate::model::backbones::TrainableBackbone;
use crate::model::{
    CheckpointError, ConvLstm, LoadedCheckpoint, MODEL_FILE, NetworkName, PlainCnn, TrainedNetwork,
    load_network,
};
use crate::run::{CheckpointName, Checksum, HeadRecord, RunDir, RunError};

use super::context::{Context, base_flag};
use super::failure::Complaint;
use super::train::is_done;

/// Cells a side that the finer of the two explained layers has at least.
pub(super) const FINE_CELLS: usize = 8;

/// A trial's run, found but not loaded.
pub(super) struct Trained<E = Experiment> {
    /// The run folder.
    pub(super) run: RunDir,
    /// The experiment that it was trained with.
    pub(super) experiment: Resolved<E>,
}

/// A network at one of its checkpoints, ready to be explained or measured.
pub(super) struct Opened {
    /// The network, in validation mode, without autodiff; with a retrained head at each layer that
    /// [`Opened::retrain_heads`] gave one.
    pub(super) network: WithHeads<TrainedNetwork>,
    /// What is known of those heads.
    pub(super) heads: Vec<HeadRecord>,
    /// Checksum of the network's weights.
    pub(super) weights: Checksum,
    /// Epoch of the checkpoint.
    pub(super) epoch: u32,
    /// Rule that picked it: "best", "last" or "epoch N".
    pub(super) rule: String,
}

/// A next-frame predictor at one of its checkpoints.
pub(super) struct OpenedPredictor {
    /// The network, in validation mode, without autodiff.
    pub(super) network: ConvLstm,
    /// Epoch of the checkpoint.
    pub(super) epoch: u32,
    /// Rule that picked it: "best", "last" or "epoch N".
    pub(super) rule: String,
}

/// Returns the run of the classifier `trial` and `seed`, on `base` where one is named.
pub(super) fn find(
    context: &Context,
    trial: &str,
    base: Option<&str>,
    seed: u64,
) -> anyhow::Result<Trained> {
    find_run(context, trial, base, seed)
}

/// As [`find`], of an experiment of any kind.
pub(super) fn find_run<E: ExperimentKind>(
    context: &Context,
    trial: &str,
    base: Option<&str>,
    seed: u64,
) -> anyhow::Result<Trained<E>> {
    let shipped: Resolved<E> = context.plain(trial, base)?;
    let run = context.run(&shipped, seed);
    if !run.experiment().exists() {
        let base = base_flag(base);
        return Err(Complaint::failed(
            format!("no trained run in {:?}", run.path().display()),
            context.command(&format!("train {trial}{base} --seed {seed}")),
        )
        .into());
    }
    let mut experiment: Resolved<E> = saved_experiment(&run)?;
    experiment.base = shipped.base;
    experiment.base_replaced = shipped.base_replaced;
    Ok(Trained { run, experiment })
}

/// Returns the experiment that `run` was trained with, as its folder keeps it.
pub(super) fn saved_experiment<E: ExperimentKind>(run: &RunDir) -> anyhow::Result<Resolved<E>> {
    let path = run.experiment();
    let text =
        std::fs::read_to_string(&path).map_err(|source| RunError::io("read", &path, source))?;
    Ok(load_saved(&path, run.trial(), &text)?)
}

impl Trained {
    /// Returns the network at the checkpoint `which`: "best", "last" or an epoch's number.
    pub(super) fn open(&self, context: &Context, which: &str) -> anyhow::Result<Opened> {
        let (epoch, rule) = self.checkpoint(context, which)?;
        let experiment = &self.experiment.experiment;
        let ImageShape { side, classes } = experiment.data.dataset.shape(&context.search)?;
        let (model, architecture) = (&experiment.model, experiment.architecture(classes));
        let device = &context.device.device;
        let (network, state) = match model.network {
            NetworkName::PlainCnn => {
                let network = PlainCnn::new(model, (side, side), classes, 0, device);
                let loaded = self.load(context, epoch, (network, &architecture))?;
                (TrainedNetwork::from(loaded.network), loaded.state)
            }
            NetworkName::Backbone(name) => {
                let network = TrainableBackbone::new(name, classes, 0, device);
                let loaded = self.load(context, epoch, (network, &architecture))?;
                (TrainedNetwork::from(loaded.network), loaded.state)
            }
        };
        Ok(Opened {
            network: WithHeads::new(network),
            heads: Vec::new(),
            // Loading has read that file by its checksum.
            weights: state.files[MODEL_FILE].clone(),
            epoch,
            rule,
        })
    }
}

impl Trained<ForecastExperiment> {
    /// Returns the network at the checkpoint `which`: "best", "last" or an epoch's number.
    pub(super) fn open_predictor(
        &self,
        context: &Context,
        which: &str,
    ) -> anyhow::Result<OpenedPredictor> {
        let (epoch, rule) = self.checkpoint(context, which)?;
        let experiment = &self.experiment.experiment;
        let network = ConvLstm::new(&experiment.forecast, CANVAS_SIDE, 0, &context.device.device);
        let loaded = self.load(context, epoch, (network, &experiment.architecture()))?;
        Ok(OpenedPredictor {
            network: loaded.network.valid(),
            epoch,
            rule,
        })
    }
}

impl<E> Trained<E> {
    /// Returns the epoch of the checkpoint `which`, and the rule that picked it in words.
    fn checkpoint(&self, context: &Context, which: &str) -> anyhow::Result<(u32, String)> {
        Ok(match which {
            "best" => (
                self.hinted(context, self.run.read_best())?.epoch,
                which.to_string(),
            ),
            "last" => (self.last(context)?, which.to_string()),
            number => match number.parse() {
                Ok(epoch) => (epoch, format!("epoch {epoch}")),
                Err(_) => {
                    return Err(Complaint::misused(
                        format!("\"{number}\" names no checkpoint"),
                        "take \"best\", \"last\" or an epoch's number",
                    )
                    .into());
                }
            },
        })
    }

    /// Returns `network`, which is the second of the two in words, with the weights of `epoch`.
    fn load<N: Module>(
        &self,
        context: &Context,
        epoch: u32,
        (network, architecture): (N, &str),
    ) -> anyhow::Result<LoadedCheckpoint<N>> {
        let name = CheckpointName::epoch(epoch);
        match load_network(&self.run, name, network, architecture) {
            Err(CheckpointError::Run(error)) => self.hinted(context, Err(error)),
            other => Ok(other?),
        }
    }

    /// Returns the epochs of all whole checkpoints, earliest first.
    pub(super) fn epochs(&self) -> Result<Vec<u32>, RunError> {
        let names = self.run.checkpoints()?;
        Ok(names
            .into_iter()
            .filter(|name| name.step == 0)
            .map(|name| name.epoch)
            .collect())
    }

    fn last(&self, context: &Context) -> anyhow::Result<u32> {
        let missing = || self.run.no_checkpoint("at all".to_string());
        self.hinted(context, self.epochs()?.pop().ok_or_else(missing))
    }

    fn hinted<T>(&self, context: &Context, result: Result<T, RunError>) -> anyhow::Result<T> {
        result.map_err(|error| match error {
            RunError::NoCheckpoint { .. } if is_done(&self.run) => {
                Complaint::failed(error.to_string(), "take one of those, \"best\" or \"last\"")
                    .into()
            }
            RunError::NoCheckpoint { .. } => {
                let replaced = self.experiment.base_replaced;
                let base = base_flag(replaced.then_some(self.experiment.base.as_str()));
                let (trial, seed) = (self.run.trial(), self.run.seed());
                let command =
                    context.command(&format!("train {trial}{base} --seed {seed} --resume"));
                Complaint::failed(error.to_string(), command).into()
            }
            error => error.into(),
        })
    }
}

/// Returns the layers that an ablation explains: the last block before its pool, and the deepest
/// block whose activation has at least `cells` x `cells` cells. They may be the same one.
///
/// A network of five pools on 32 x 32 pixels ends in 2 x 2 cells, so maps of the last block alone
/// would confound depth with resolution.
pub(super) fn ablation_layers(
    network: &impl Explainable,
    side: usize,
    cells: usize,
) -> Vec<String> {
    let blocks = network.blocks(side);
    let fine = blocks
        .iter()
        .take_while(|(_, its_cells)| *its_cells >= cells)
        .last();
    let mut layers: Vec<String> = fine.map(|(name, _)| name.clone()).into_iter().collect();
    if let Some((last, _)) = blocks.last()
        && !layers.contains(last)
    {
        layers.push(last.clone());
    }
    layers
}
