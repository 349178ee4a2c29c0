//! A predictor's memory, measured over many clips.

use crate::data::clips::{CANVAS_SIDE, Clip};
use crate::explain::sequence::{
    CapacityEntry, ClipMeasure, Showing, Watchers, Watching, capacity, measure,
};
use crate::model::{Predictor, untrained_predictor};
use crate::run::CapacityRow;
use crate::study::error::StudyError;
use crate::study::heads::grouped;

use crate::study::titles::network_title;

use super::clips::Subject;

/// Number of clips that pass through a network at once.
const CLIPS_AT_ONCE: usize = 16;
/// Seed of the frame orders of the control.
const SHUFFLE_SEED: u64 = 0;
/// The explained digit if the target is not a digit.
const USUAL_DIGIT: usize = 0;

/// A network, and the order in which it sees the frames of its clips.
struct Watcher<'a> {
    network: &'a dyn Predictor,
    showing: Showing,
    /// Whether the errors with replaced frames are measured.
    errors: bool,
    label: &'a str,
}

impl Subject<'_> {
    /// Returns the memory, on the first `count` test clips, of the network, of the same network
    /// before training, and of the network on shuffled frames.
    pub(super) fn measure(&self, count: usize) -> Result<Vec<CapacityRow>, StudyError> {
        let (name, seed) = (self.trained.run.trial(), self.trained.run.seed());
        let test = &self.splits.test;
        let split = format!("{}/{}", test.dataset(), test.split());
        let clips = grouped(count as u64);
        self.watch.note(&format!(
            "what {name} seed {seed} remembers, on {clips} clips of {split}"
        ));
        let spec = &self.trained.experiment.experiment.forecast;
        let untrained = untrained_predictor(spec, CANVAS_SIDE, seed, self.device);
        let watch = |network, showing, errors, label| {
            let watcher = Watcher {
                network,
                showing,
                errors,
                label,
            };
            self.watched(count, &watcher)
        };
        let network = self.opened.network.as_ref();
        let trained = watch(network, Showing::InOrder, true, "trained")?;
        let untrained = watch(untrained.as_ref(), Showing::InOrder, true, "untrained")?;
        let shuffled = Showing::Shuffled(SHUFFLE_SEED);
        let shuffled = watch(network, shuffled, false, "frames shuffled")?;
        let entries = capacity(Watchers {
            trained: &trained,
            untrained: &untrained,
            shuffled: &shuffled,
        });
        Ok(entries
            .iter()
            .map(|entry| self.row(entry, &split))
            .collect())
    }

    /// Returns the measured digit.
    fn digit(&self) -> usize {
        self.request.target.digit().unwrap_or(USUAL_DIGIT)
    }

    fn watched(&self, count: usize, watcher: &Watcher<'_>) -> Result<Vec<ClipMeasure>, StudyError> {
        let watching = Watching {
            network: watcher.network,
            device: self.device,
            methods: &self.request.methods,
            digit: self.digit(),
            showing: watcher.showing,
        };
        let progress = self.watch.begin(watcher.label, Some(count));
        let clips = |numbers: std::ops::Range<usize>| -> Vec<Clip> {
            numbers
                .map(|number| self.splits.test.clip(number as u64))
                .collect()
        };
        let mut measures = Vec::with_capacity(count);
        for first in (0..count).step_by(CLIPS_AT_ONCE) {
            self.watch.go_on()?;
            let end = (first + CLIPS_AT_ONCE).min(count);
            // Clips that are not measured themselves.
            let strangers = watcher.errors.then(|| clips(first + count..end + count));
            let group = clips(first..end);
            measures.extend(measure(
                &watching,
                &group,
                first as u64,
                strangers.as_deref(),
            )?);
            progress.advance(end - first);
        }
        Ok(measures)
    }

    fn row(&self, entry: &CapacityEntry, split: &str) -> CapacityRow {
        let method = entry.method.map(|place| self.request.methods[place]);
        CapacityRow {
            experiment: self.trained.run.trial().to_string(),
            network_title: network_title(self.trained.run.trial()),
            seed: self.trained.run.seed(),
            epoch: self.opened.epoch,
            checkpoint: self.opened.checkpoint.clone(),
            clips: split.to_string(),
            generated: self.splits.test.dataset().is_generated(),
            target: format!("digit-{}", self.digit() + 1),
            compared: entry.compared.name().to_string(),
            measure: entry.measure.name().to_string(),
            layer: entry.layer,
            method: method.map(|method| method.name().to_string()),
            title: method.map(|method| method.title().to_string()),
            lag: entry.lag,
            mean: entry.interval.mean,
            low: entry.interval.low,
            high: entry.interval.high,
            n: entry.interval.n,
        }
    }
}
