//! From clips to the set of their maps.

use burn::tensor::Device;

use crate::data::clips::{CANVAS_SIDE, Clip, MovingDigit, WATCHED_FRAMES};
use crate::data::{ClipSplits, Mask};
use crate::experiment::ForecastExperiment;
use crate::explain::Plane;
use crate::explain::sequence::{LAGS, REPEATS, gather_states, likeness, signed_maps};
use crate::kernels::sum;
use crate::model::frames_tensor;
use crate::run::{Array, DigitTrack, ExplainedClip, SequenceSet, StateMap};
use crate::study::error::StudyError;
use crate::study::runs::{OpenPredictor, Trained};
use crate::study::watch::Watch;

use crate::study::titles::network_title;

use super::Request;

/// One trained predictor and what to explain.
pub(super) struct Subject<'a> {
    pub(super) trained: &'a Trained<ForecastExperiment>,
    pub(super) opened: &'a OpenPredictor,
    pub(super) splits: &'a ClipSplits,
    pub(super) request: &'a Request,
    pub(super) device: &'a Device,
    pub(super) watch: &'a dyn Watch,
}

/// Largest grey value.
const WHITE: f32 = 255.0;

impl Subject<'_> {
    /// Returns the maps of the requested clips, one clip after the other.
    pub(super) fn sequence_set(&self) -> Result<SequenceSet, StudyError> {
        let mut set = SequenceSet {
            experiment: self.trained.run.trial().to_string(),
            network_title: network_title(self.trained.run.trial()),
            seed: self.trained.run.seed(),
            epoch: self.opened.epoch,
            checkpoint: self.opened.checkpoint.clone(),
            ..SequenceSet::default()
        };
        for &number in &self.request.clips {
            self.watch.go_on()?;
            self.add_clip(number, &mut set)?;
        }
        Ok(set)
    }

    fn add_clip(&self, number: usize, set: &mut SequenceSet) -> Result<(), StudyError> {
        let test = &self.splits.test;
        let clip = test.clip(number as u64);
        let target = self.request.target;
        let region = target.region(&clip, WATCHED_FRAMES);
        if region.area() == 0 {
            return Err(StudyError::HiddenTarget {
                clip: number,
                target: target.to_string(),
            });
        }
        let watched =
            frames_tensor(std::slice::from_ref(&clip), self.device).narrow(1, 0, WATCHED_FRAMES);
        let evidence = gather_states(
            self.opened.network.as_ref(),
            watched,
            std::slice::from_ref(&region),
        )?;
        let prediction = Plane::from_batch(evidence.prediction).swap_remove(0);
        let named = |what: &str| format!("{what}/{number}");
        for (layer, states) in evidence.layers.iter().enumerate() {
            if !self.request.layers.is_empty() && !self.request.layers.contains(&layer) {
                continue;
            }
            for (time, state) in states.iter().enumerate() {
                let norm = sum(state.gradient.clone().square()).sqrt();
                let gradient_norm = norm.into_scalar::<f64>();
                for method in &self.request.methods {
                    let map = Plane::from_batch(signed_maps(*method, state)?).swap_remove(0);
                    let name = format!("{}/{method}/{}", named("map"), state.name);
                    let likeness = likeness(&map, &prediction);
                    set.maps.push(StateMap {
                        clip: test.id(number as u64),
                        method: method.name().to_string(),
                        title: method.title().to_string(),
                        layer,
                        lag: LAGS - 1 - time,
                        gradient_norm,
                        likeness,
                        repeats: likeness.is_some_and(|likeness| likeness.abs() >= REPEATS),
                        signed: name.clone(),
                    });
                    set.arrays.insert(name, array(&map));
                }
            }
        }
        set.clips.push(ExplainedClip {
            id: test.id(number as u64),
            generated: test.dataset().is_generated(),
            digits: clip.digits.iter().map(track).collect(),
            target: target.to_string(),
            watched: WATCHED_FRAMES,
            error: squared_error(&prediction, clip.frame(WATCHED_FRAMES)),
            frames: named("frames"),
            prediction: named("prediction"),
            region: named("region"),
        });
        set.arrays.insert(named("frames"), frames(&clip));
        set.arrays.insert(named("prediction"), array(&prediction));
        set.arrays.insert(named("region"), mask(&region));
        Ok(())
    }
}

/// Returns the digit's path through the shown frames and the predicted one.
fn track(digit: &MovingDigit) -> DigitTrack {
    let places = (0..=WATCHED_FRAMES).map(|time| {
        let middle = digit.footprint(time).centroid();
        // A picture without a visible pixel is located at its frame.
        middle.unwrap_or_else(|| digit.corners[time].map(|corner| corner as f64))
    });
    DigitTrack {
        label: digit.label,
        places: places.collect(),
    }
}

/// Returns the shown frames and the next one, 0 to 1.
fn frames(clip: &Clip) -> Array {
    let times = 0..=WATCHED_FRAMES;
    let values = times
        .flat_map(|time| clip.frame(time))
        .map(|grey| f32::from(*grey) / WHITE);
    Array {
        shape: vec![WATCHED_FRAMES + 1, CANVAS_SIDE, CANVAS_SIDE],
        values: values.collect(),
    }
}

fn array(plane: &Plane) -> Array {
    Array {
        shape: plane.size().to_vec(),
        values: plane.values().to_vec(),
    }
}

fn mask(region: &Mask) -> Array {
    Array {
        shape: vec![region.height(), region.width()],
        values: region.values().collect(),
    }
}

fn squared_error(prediction: &Plane, truth: &[u8]) -> f64 {
    let pairs = prediction.values().iter().zip(truth);
    pairs
        .map(|(predicted, grey)| f64::from(predicted - f32::from(*grey) / WHITE).powi(2))
        .sum()
}
