//! What the kinds of experiments do differently in training. Called by `train`.

use std::path::PathBuf;

use crate::data::{DatasetName, fingerprint, load_clips};
use crate::experiment::{Experiment, ExperimentKind, ForecastExperiment, Resolved};
use crate::model::NetworkSize;
use crate::run::{RunDir, RunManifest, RunStatus};
use crate::train::{
    ClassifyJob, ForecastJob, Outcome, StartMode, TrainEvents, train, train_forecast,
};

use super::context::Context;
use super::experiments::{forecast_size, size_of};
use super::figures;
use super::output::note;
use super::titles::network_title;
use super::train::git_revision;

/// Version of Burn that this program is built on.
const BURN_VERSION: &str = "0.22.1";

/// The section of an experiment that only the generated data set reads.
const SHAPES_SECTION: &str = "data.shapes.";

/// A kind of experiment that can be trained.
pub(super) trait Trainable: ExperimentKind {
    /// Trains the run until it is done or a signal stops it.
    fn train(
        context: &Context,
        resolved: &Resolved<Self>,
        run: (&RunDir, StartMode),
        events: &mut dyn TrainEvents,
    ) -> anyhow::Result<Outcome>
    where
        Self: Sized;

    /// Draws the curves of a run that is done.
    fn curves(run: &RunDir) -> anyhow::Result<Vec<PathBuf>>;

    /// Whether either experiment reads the key.
    fn is_read(key: &str, either: [&Self; 2]) -> bool;
}

impl Trainable for Experiment {
    fn train(
        context: &Context,
        resolved: &Resolved,
        (run, mode): (&RunDir, StartMode),
        events: &mut dyn TrainEvents,
    ) -> anyhow::Result<Outcome> {
        let data = context.data(resolved)?;
        tell(
            context,
            resolved,
            run,
            &format!(
                "{} training images of {}",
                data.train.len(),
                data.train.dataset_name()
            ),
        );
        let experiment = &resolved.experiment;
        let described = Described {
            network_title: network_title(run.trial()),
            dataset: experiment.data.dataset.name(),
            generated: data.train.is_generated(),
            data: fingerprint(&data),
            blocks: experiment.model.blocks(),
            size: size_of(resolved),
        };
        let job = ClassifyJob {
            run,
            model: &experiment.model,
            architecture: &experiment.architecture(),
            train: &experiment.train,
            checkpoints: &experiment.checkpoints,
            augmentation: &experiment.data.augmentation,
            data: &data,
            device: &context.device.device,
            experiment: &resolved.text,
            manifest: described.manifest(context, run),
            mode,
        };
        Ok(train(job, events, &|| context.signals.stop())?)
    }

    fn curves(run: &RunDir) -> anyhow::Result<Vec<PathBuf>> {
        figures::curves(std::slice::from_ref(run), &run.path())
    }

    /// How many shapes there are says nothing of a run that sees none.
    fn is_read(key: &str, either: [&Self; 2]) -> bool {
        let sees_shapes = |of: &&Self| of.data.dataset == DatasetName::Shapes;
        !key.starts_with(SHAPES_SECTION) || either.iter().any(sees_shapes)
    }
}

impl Trainable for ForecastExperiment {
    fn train(
        context: &Context,
        resolved: &Resolved<Self>,
        (run, mode): (&RunDir, StartMode),
        events: &mut dyn TrainEvents,
    ) -> anyhow::Result<Outcome> {
        let experiment = &resolved.experiment;
        let data = load_clips(&experiment.clips, &context.search)?;
        let dataset = experiment.clips.dataset;
        tell(
            context,
            resolved,
            run,
            &format!("{} clips of {dataset} an epoch", data.train.len()),
        );
        let sources = data.sources.iter();
        let described = Described {
            network_title: network_title(run.trial()),
            dataset: dataset.name(),
            generated: dataset.is_generated(),
            data: sources
                .map(|s| (s.source.clone(), s.sha256.clone()))
                .collect(),
            blocks: experiment.forecast.hidden.len(),
            size: forecast_size(experiment),
        };
        let job = ForecastJob {
            run,
            model: &experiment.forecast,
            architecture: &experiment.architecture(),
            objective: &experiment.objective,
            train: &experiment.train,
            checkpoints: &experiment.checkpoints,
            data: &data,
            device: &context.device.device,
            experiment: &resolved.text,
            manifest: described.manifest(context, run),
            mode,
        };
        Ok(train_forecast(job, events, &|| context.signals.stop())?)
    }

    fn curves(run: &RunDir) -> anyhow::Result<Vec<PathBuf>> {
        figures::curves(std::slice::from_ref(run), &run.path())
    }

    fn is_read(_key: &str, _either: [&Self; 2]) -> bool {
        true
    }
}

/// Says what is about to be trained.
fn tell<E>(context: &Context, resolved: &Resolved<E>, run: &RunDir, data: &str) {
    note(format!(
        "{} seed {} on {}: {data}, into \"{}\"",
        resolved.name,
        run.seed(),
        context.device.name,
        run.path().display()
    ));
}

/// What a run's record says of its data and its network.
struct Described {
    network_title: String,
    dataset: &'static str,
    generated: bool,
    data: Vec<(String, String)>,
    blocks: usize,
    size: NetworkSize,
}

impl Described {
    fn manifest(self, context: &Context, run: &RunDir) -> RunManifest {
        RunManifest {
            trial: run.trial().to_string(),
            network_title: self.network_title,
            seed: run.seed(),
            camtrail: env!("CARGO_PKG_VERSION").to_string(),
            burn: BURN_VERSION.to_string(),
            git_revision: git_revision(),
            device: context.device.name.clone(),
            host: RunManifest::this_host(),
            dataset: self.dataset.to_string(),
            generated: self.generated,
            data: self.data.into_iter().collect(),
            blocks: self.blocks,
            parameters: self.size.parameters,
            multiply_adds: self.size.multiply_adds,
            started: RunManifest::now(),
            updated: RunManifest::now(),
            status: RunStatus::Running,
            warnings: Vec::new(),
        }
    }
}
