//! How far back one network's prediction reaches, in a group of clips.

use burn::tensor::{Device, Tensor};

use super::errors::{FrameErrors, frame_errors};
use super::maps::{gather_states, likeness, signed_maps};
use super::tracks::{Tracks, mass_share, positive};
use super::{FrameTarget, LAGS};
use crate::data::Mask;
use crate::data::clips::{CANVAS_SIDE, Clip, WATCHED_FRAMES};
use crate::data::random::{shuffle, stream};
use crate::explain::{ExplainError, LayerEvidence, Method, Plane};
use crate::kernels::sum_dim;
use crate::model::{Predictor, frames_tensor};

/// Random stream of the shuffled frame orders.
const SHUFFLE: &str = "explain/shuffled-frames";

/// The order in which a network sees the frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Showing {
    /// Unchanged.
    InOrder,
    /// The frames before the last in random order, by a seed. The last one stays in place, and so
    /// does the explained frame.
    Shuffled(u64),
}

/// A network, and what to measure of it.
#[derive(Debug, Clone, Copy)]
pub struct Watching<'a> {
    /// The network, in validation mode, on a device without autodiff.
    pub network: &'a dyn Predictor,
    /// Its device.
    pub device: &'a Device,
    /// The measured methods; each needs only the gradient.
    pub methods: &'a [Method],
    /// The explained digit, counted from 0.
    pub digit: usize,
    /// The order of the frames.
    pub showing: Showing,
}

/// The measures of one clip.
#[derive(Debug, Clone, PartialEq)]
pub struct ClipMeasure {
    /// Measures of each layer, lowest first.
    pub layers: Vec<LayerMeasure>,
    /// Errors of the predicted frame; `None` if not requested.
    pub errors: Option<FrameErrors>,
}

/// The measures at the states of one layer.
#[derive(Debug, Clone, PartialEq)]
pub struct LayerMeasure {
    /// The gradient's Euclidean norm at each lag's state.
    pub gradient: Vec<f64>,
    /// Measures of the maps of each method, in the order of the request.
    pub methods: Vec<Vec<MapMeasure>>,
}

/// The measures of the map at one lag's state. A share is `None` if the map has no positive value
/// or the track no pixel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MapMeasure {
    /// Share of the mass on the explained digit's track at this lag, 0 to 1.
    pub own: Option<f64>,
    /// Share of the mass on the other digit's track at this lag.
    pub other: Option<f64>,
    /// Share of the *newest* state's mass on the explained digit's track at this lag.
    pub newest_own: Option<f64>,
    /// Share of the newest state's mass on the other digit's track at this lag.
    pub newest_other: Option<f64>,
    /// Share of a uniform map on the explained digit's track.
    pub uniform: Option<f64>,
    /// Correlation with the predicted frame.
    pub likeness: Option<f64>,
}

/// Measures a group of clips. With `strangers`, as many other clips, the errors with replaced
/// frames are measured too.
///
/// If a clip's digit is hidden in the predicted frame, there is nothing to explain: only its errors
/// are measured, and its maps count as maps without mass.
///
/// `first` is the number of the group's first clip; it determines the orders of shuffled frames.
///
/// # Errors
/// As [`gather_states`] and [`signed_maps`].
///
/// # Panics
/// If there is no clip, if a clip is not longer than [`WATCHED_FRAMES`] or does not have two
/// digits, or if the number of strangers is not the number of clips.
pub fn measure(
    watching: &Watching<'_>,
    clips: &[Clip],
    first: u64,
    strangers: Option<&[Clip]>,
) -> Result<Vec<ClipMeasure>, ExplainError> {
    let target = FrameTarget::Digit(watching.digit);
    let regions: Vec<Mask> = (clips.iter())
        .map(|clip| target.region(clip, WATCHED_FRAMES))
        .collect();
    let frames = frames_tensor(clips, watching.device);
    let shown = match watching.showing {
        Showing::InOrder => frames.clone().narrow(1, 0, WATCHED_FRAMES),
        Showing::Shuffled(seed) => shuffled(&frames, seed, first),
    };
    let evidence = gather_states(watching.network, shown, &regions)?;
    let predictions = Plane::from_batch(evidence.prediction);
    let tracks: Vec<Vec<Tracks>> = (clips.iter())
        .map(|clip| {
            (0..LAGS)
                .map(|lag| Tracks::new(clip, watching.digit, lag))
                .collect()
        })
        .collect();
    let errors = match strangers {
        Some(strangers) => {
            assert_eq!(strangers.len(), clips.len(), "each clip has its stranger");
            let strangers = frames_tensor(strangers, watching.device);
            let errors = frame_errors(watching.network, frames, strangers)?;
            errors.into_iter().map(Some).collect()
        }
        None => vec![None; clips.len()],
    };
    let mut measures: Vec<ClipMeasure> = (errors.into_iter())
        .map(|errors| ClipMeasure {
            layers: Vec::with_capacity(evidence.layers.len()),
            errors,
        })
        .collect();
    for mut states in evidence.layers {
        // By lag: the newest state first.
        states.reverse();
        let mut layers = layer_measures(watching.methods, &states, &tracks, &predictions)?;
        for (clip, layer) in measures.iter_mut().zip(layers.drain(..)) {
            clip.layers.push(layer);
        }
    }
    Ok(measures)
}

/// Returns the measures at the states of one layer, newest first, for each clip.
fn layer_measures(
    methods: &[Method],
    states: &[LayerEvidence],
    tracks: &[Vec<Tracks>],
    predictions: &[Plane],
) -> Result<Vec<LayerMeasure>, ExplainError> {
    let norms: Vec<Vec<f64>> = states.iter().map(|state| norms(&state.gradient)).collect();
    let mut layers: Vec<LayerMeasure> = (0..tracks.len())
        .map(|clip| LayerMeasure {
            gradient: norms.iter().map(|of_lag| of_lag[clip]).collect(),
            methods: Vec::with_capacity(methods.len()),
        })
        .collect();
    for method in methods {
        let maps = states
            .iter()
            .map(|state| signed_maps(*method, state))
            .collect::<Result<Vec<_>, _>>()?;
        let signed: Vec<Vec<Plane>> = maps.iter().cloned().map(Plane::from_batch).collect();
        let masses: Vec<Vec<Plane>> = maps.into_iter().map(positive).collect();
        for (clip, layer) in layers.iter_mut().enumerate() {
            let of_lag = |lag: usize| {
                let Tracks { own, other } = &tracks[clip][lag];
                let (here, newest) = (&masses[lag][clip], &masses[0][clip]);
                let area = (CANVAS_SIDE * CANVAS_SIDE) as f64;
                MapMeasure {
                    own: mass_share(here, own),
                    other: mass_share(here, other),
                    newest_own: mass_share(newest, own),
                    newest_other: mass_share(newest, other),
                    uniform: (own.area() > 0).then(|| own.area() as f64 / area),
                    likeness: likeness(&signed[lag][clip], &predictions[clip]),
                }
            };
            layer.methods.push((0..states.len()).map(of_lag).collect());
        }
    }
    Ok(layers)
}

/// Returns the Euclidean norm of each clip's gradient.
fn norms(gradient: &Tensor<4>) -> Vec<f64> {
    let [batch, ..] = gradient.dims();
    let squares = gradient.clone().square().reshape([batch as i32, -1]);
    let sums: Tensor<2> = sum_dim(squares, 1).sqrt();
    sums.into_data().iter::<f64>().collect()
}

/// Returns the shown frames, with those before the last in a separate random order per clip.
fn shuffled(frames: &Tensor<5>, seed: u64, first: u64) -> Tensor<5> {
    let [clips, ..] = frames.dims();
    let rows = (0..clips).map(|clip| {
        let mut order: Vec<usize> = (0..WATCHED_FRAMES - 1).collect();
        let mut rng = stream(seed, SHUFFLE, first + clip as u64);
        shuffle(&mut rng, &mut order);
        order.push(WATCHED_FRAMES - 1);
        let clip = frames.clone().narrow(0, clip, 1);
        let shown = order
            .into_iter()
            .map(|time| clip.clone().narrow(1, time, 1));
        Tensor::cat(shown.collect(), 1)
    });
    Tensor::cat(rows.collect(), 0)
}

#[cfg(test)]
#[path = "measure_tests.rs"]
mod tests;
