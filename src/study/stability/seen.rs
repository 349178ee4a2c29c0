//! The signed maps of one network.

use crate::explain::signed::scaled;
use crate::explain::{Method, Plane};
use crate::run::LayerPlace;
use crate::study::error::StudyError;
use crate::study::measure::Measurement;
use crate::study::runs::{Runs, Trained};
use crate::study::watch::Watch;

/// One network and its maps of every picture.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) trial: String,
    pub(super) seed: u64,
    pub(super) checkpoint: String,
    /// The class that the maps explain, for each picture.
    pub(super) target_class: Vec<usize>,
    /// The class that it predicts, for each picture.
    pub(super) predicted_class: Vec<usize>,
    /// One per layer and method, layers outermost.
    pub(super) sheets: Vec<Sheet>,
}

/// The maps of one method at one layer.
#[derive(Debug)]
pub(super) struct Sheet {
    pub(super) layer: String,
    pub(super) place: LayerPlace,
    pub(super) method: Method,
    /// One per picture, at the layer's size, -1 to 1.
    pub(super) maps: Vec<Plane>,
    /// Whether any value was below 0.
    pub(super) signed: bool,
}

impl Seen {
    /// Explains every picture with `trained`.
    pub(super) fn of(
        runs: &Runs,
        measurement: &Measurement,
        trained: &Trained,
        watch: &dyn Watch,
    ) -> Result<Self, StudyError> {
        let (subject, layers) = measurement.open(runs, trained, watch)?;
        let pictures = &measurement.pictures;
        let question = measurement.question(runs, &layers);
        let progress = watch.begin(&trained.label(), Some(pictures.len()));
        let mut seen = Self {
            trial: subject.name.clone(),
            seed: subject.seed,
            checkpoint: subject.checkpoint.clone(),
            target_class: Vec::new(),
            predicted_class: Vec::new(),
            sheets: Vec::new(),
        };
        let at_once = question.at_once();
        for start in (0..pictures.len()).step_by(at_once) {
            watch.go_on()?;
            let places = start..(start + at_once).min(pictures.len());
            let found = question.signed(subject.network(), pictures, places.clone())?;
            if seen.sheets.is_empty() {
                let sheets = found.maps.iter().map(|maps| Sheet {
                    place: layers.place(&maps.layer, maps.maps[0].size()),
                    layer: maps.layer.clone(),
                    method: maps.method,
                    maps: Vec::new(),
                    signed: false,
                });
                seen.sheets = sheets.collect();
            }
            for (sheet, found) in seen.sheets.iter_mut().zip(&found.maps) {
                let below = |map: &Plane| map.values().iter().any(|value| *value < 0.0);
                sheet.signed |= found.maps.iter().any(below);
                sheet.maps.extend(found.maps.iter().map(scaled));
            }
            seen.target_class.extend(found.target_class);
            seen.predicted_class.extend(found.predicted_class);
            progress.advance(places.len());
        }
        Ok(seen)
    }
}

impl Sheet {
    /// Returns whether `other`, of another experiment, holds maps of the same method at the same
    /// place: a layer that is both of an ablation's places compares with either.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        let place = match (self.place, other.place) {
            (LayerPlace::Named, LayerPlace::Named) => self.layer == other.layer,
            (LayerPlace::Named, _) | (_, LayerPlace::Named) => false,
            (LayerPlace::Both, _) | (_, LayerPlace::Both) => true,
            (ours, theirs) => ours == theirs,
        };
        place && self.method == other.method
    }
}
