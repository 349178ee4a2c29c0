//! Scores of next-frame predictors over clips, one step ahead and rolled out, and of forecasts that
//! need no network.

use std::fmt;

use burn::tensor::activation::sigmoid;
use burn::tensor::{Device, Tensor};

use crate::data::clips::{CANVAS_SIDE, CLIP_FRAMES, Clip, WATCHED_FRAMES};
use crate::data::statistics::{Interval, bootstrap};
use crate::model::tap::Tap;
use crate::model::{Predictor, frames_tensor};

use super::frames::{FrameMeasure, frame_scores};

/// Number of scored frames in a clip.
pub const SCORED_FRAMES: usize = CLIP_FRAMES - WATCHED_FRAMES;
/// The first scored frame, counted from 1.
pub const FIRST_SCORED: usize = WATCHED_FRAMES + 1;

/// Number of clips that pass through a network at once.
const CLIPS_AT_ONCE: usize = 16;
/// Number of pixels in a frame.
const AREA: usize = CANVAS_SIDE * CANVAS_SIDE;
/// Height and width of a frame, pixels.
const SIZE: [usize; 2] = [CANVAS_SIDE; 2];
/// Largest grey value.
const WHITE: f32 = 255.0;
/// Seed of the bootstrap: the intervals of all forecasts use the same resamples of clips.
const BOOTSTRAP_SEED: u64 = 0;

/// How far ahead a frame is predicted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Horizon {
    /// Each frame from all true frames before it.
    OneStep,
    /// All frames from the first [`WATCHED_FRAMES`], each later one from the previous predictions.
    RollOut,
}

impl Horizon {
    /// Both.
    pub const ALL: [Self; 2] = [Self::OneStep, Self::RollOut];

    /// Returns the name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::OneStep => "one-step",
            Self::RollOut => "roll-out",
        }
    }
}

impl fmt::Display for Horizon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A forecast that needs no network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Baseline {
    /// Black frames.
    Zeros,
    /// The mean of all frames of training clips, at every step.
    MeanImage,
    /// The last true frame, unchanged.
    CopyLast,
}

/// All of them, in the order of tables and of [`baseline_scores`].
pub const BASELINES: [Baseline; 3] = [Baseline::Zeros, Baseline::MeanImage, Baseline::CopyLast];

impl Baseline {
    /// Returns the name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Zeros => "zeros",
            Self::MeanImage => "mean-image",
            Self::CopyLast => "copy-last-frame",
        }
    }
}

/// A clip's scores: by horizon, scored frame and measure.
type ClipScores = [[[f64; FrameMeasure::ALL.len()]; SCORED_FRAMES]; Horizon::ALL.len()];

/// The scores of one forecast on every clip.
#[derive(Debug, Clone, PartialEq)]
pub struct ForecastScores {
    clips: Vec<ClipScores>,
}

/// A score's mean over clips.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FrameSummary {
    /// The horizon.
    pub horizon: Horizon,
    /// The predicted frame, counted from 1; `None` for the mean over all scored frames.
    pub frame: Option<usize>,
    /// The score.
    pub measure: FrameMeasure,
    /// Mean over clips, with the bootstrap interval over clips.
    pub interval: Interval,
}

impl ForecastScores {
    /// Returns the number of clips.
    pub fn clips(&self) -> usize {
        self.clips.len()
    }

    /// Returns the score of one frame of one clip; `frame` counts the scored frames from 0.
    ///
    /// # Panics
    /// If there is no such clip or frame.
    pub fn at(&self, clip: usize, horizon: Horizon, frame: usize, measure: FrameMeasure) -> f64 {
        self.clips[clip][horizon as usize][frame][measure as usize]
    }

    /// Returns the mean of every measure over clips, for all scored frames together and then one by
    /// one.
    pub fn summaries(&self) -> Vec<FrameSummary> {
        let mut places = Vec::new();
        let mut columns = Vec::new();
        for horizon in Horizon::ALL {
            for measure in FrameMeasure::ALL {
                let all = 0..SCORED_FRAMES;
                places.push((horizon, None, measure));
                columns.push(self.column(|clip| {
                    let sum: f64 = all
                        .clone()
                        .map(|f| self.at(clip, horizon, f, measure))
                        .sum();
                    sum / SCORED_FRAMES as f64
                }));
                for frame in 0..SCORED_FRAMES {
                    places.push((horizon, Some(FIRST_SCORED + frame), measure));
                    columns.push(self.column(|clip| self.at(clip, horizon, frame, measure)));
                }
            }
        }
        let intervals = bootstrap(&columns, BOOTSTRAP_SEED);
        let summaries = places.into_iter().zip(intervals);
        summaries
            .map(|((horizon, frame, measure), interval)| FrameSummary {
                horizon,
                frame,
                measure,
                interval,
            })
            .collect()
    }

    fn column(&self, value: impl Fn(usize) -> f64) -> Vec<f64> {
        (0..self.clips.len()).map(value).collect()
    }
}

/// Returns the scores of `network`, in validation mode, on the clips `0..count`, read with `clip`.
///
/// # Errors
/// Errors of `clip`.
pub fn network_scores<E>(
    network: &dyn Predictor,
    count: usize,
    mut clip: impl FnMut(usize) -> Result<Clip, E>,
    device: &Device,
) -> Result<ForecastScores, E> {
    let mut scores = Vec::with_capacity(count);
    for first in (0..count).step_by(CLIPS_AT_ONCE) {
        let places = first..(first + CLIPS_AT_ONCE).min(count);
        let clips = places.map(&mut clip).collect::<Result<Vec<_>, E>>()?;
        let predicted = predict(network, frames_tensor(&clips, device));
        for (place, clip) in clips.iter().enumerate() {
            let length = SCORED_FRAMES * AREA;
            let ahead = |horizon: Horizon, frame: usize| {
                let start = place * length + frame * AREA;
                &predicted[horizon as usize][start..start + AREA]
            };
            scores.push(clip_scores(&truth(clip), ahead));
        }
    }
    Ok(ForecastScores { clips: scores })
}

/// Returns the predicted frames of both horizons, each `[batch, scored frames, height, width]`
/// row-major.
///
/// # Shapes
/// - `frames`: `[batch, time, 1, height, width]`
fn predict(network: &dyn Predictor, frames: Tensor<5>) -> [Vec<f32>; 2] {
    let [_, time, ..] = frames.dims();
    // The prediction of frame t + 1 is at t; the one after the last frame is not used.
    let one_step = network
        .forward(frames.clone().narrow(1, 0, time - 1), &mut Tap::off())
        .narrow(1, WATCHED_FRAMES - 1, SCORED_FRAMES);
    let watched = frames.narrow(1, 0, WATCHED_FRAMES);
    let rolled_out = network.roll_out(watched, SCORED_FRAMES, &mut Tap::off());
    [one_step, rolled_out].map(|logits| sigmoid(logits).into_data().iter::<f32>().collect())
}

/// Returns the scores of the [`BASELINES`], in that order, on the clips `0..count`, read with
/// `clip`.
///
/// # Shapes
/// - `mean_image`: `[height, width]`, 0 to 1
///
/// # Errors
/// Errors of `clip`.
pub fn baseline_scores<E>(
    mean_image: &[f32],
    count: usize,
    mut clip: impl FnMut(usize) -> Result<Clip, E>,
) -> Result<[ForecastScores; 3], E> {
    let black = vec![0.0; AREA];
    let mut scores = BASELINES.map(|_| Vec::with_capacity(count));
    for number in 0..count {
        let clip = clip(number)?;
        let truth = truth(&clip);
        for (baseline, scores) in BASELINES.into_iter().zip(&mut scores) {
            scores.push(match baseline {
                Baseline::Zeros => constant_scores(&truth, &black),
                Baseline::MeanImage => constant_scores(&truth, mean_image),
                Baseline::CopyLast => clip_scores(&truth, |horizon, frame| match horizon {
                    Horizon::OneStep => frame_of(&truth, WATCHED_FRAMES + frame - 1),
                    Horizon::RollOut => frame_of(&truth, WATCHED_FRAMES - 1),
                }),
            });
        }
    }
    Ok(scores.map(|clips| ForecastScores { clips }))
}

/// Returns the mean of all frames of the clips `0..count`, read with `clip`, `[height, width]`, 0
/// to 1.
///
/// # Errors
/// Errors of `clip`.
///
/// # Panics
/// If `count` is 0.
pub fn mean_image<E>(
    count: usize,
    mut clip: impl FnMut(usize) -> Result<Clip, E>,
) -> Result<Vec<f32>, E> {
    assert!(count > 0, "no clips have no mean");
    let mut sums = vec![0u64; AREA];
    let mut frames = 0;
    for number in 0..count {
        let clip = clip(number)?;
        for frame in clip.frames.chunks_exact(AREA) {
            for (sum, grey) in sums.iter_mut().zip(frame) {
                *sum += u64::from(*grey);
            }
            frames += 1;
        }
    }
    let scale = f64::from(frames) * f64::from(WHITE);
    Ok((sums.iter().map(|sum| (*sum as f64 / scale) as f32)).collect())
}

/// Returns a clip's frames, `[time, height, width]`, 0 to 1.
fn truth(clip: &Clip) -> Vec<f32> {
    (clip.frames.iter())
        .map(|grey| f32::from(*grey) / WHITE)
        .collect()
}

fn frame_of(frames: &[f32], time: usize) -> &[f32] {
    &frames[time * AREA..(time + 1) * AREA]
}

/// Returns the scores of a prediction that is the same for every frame, and so for both horizons.
fn constant_scores(truth: &[f32], predicted: &[f32]) -> ClipScores {
    let frames = std::array::from_fn(|frame| {
        frame_scores(predicted, frame_of(truth, WATCHED_FRAMES + frame), SIZE)
    });
    [frames; 2]
}

/// Returns the scores of `predicted`, a function of horizon and scored frame, counted from 0.
fn clip_scores<'a>(truth: &[f32], predicted: impl Fn(Horizon, usize) -> &'a [f32]) -> ClipScores {
    Horizon::ALL.map(|horizon| {
        std::array::from_fn(|frame| {
            let true_frame = frame_of(truth, WATCHED_FRAMES + frame);
            frame_scores(predicted(horizon, frame), true_frame, SIZE)
        })
    })
}

#[cfg(test)]
#[path = "forecast_tests.rs"]
mod tests;
