//! Temporal capacity: how far back a predictor's maps, gradient and error reach, with controls and
//! intervals over clips.

use std::fmt;

use super::measure::{ClipMeasure, LayerMeasure, MapMeasure};
use super::{FrameErrors, LAGS};
use crate::data::statistics::{Interval, bootstrap};

/// Share of the newest state's gradient norm below which an older state is out of reach.
const HORIZON_SHARE: f64 = 0.05;
/// Seed of the bootstrap: all networks' intervals use the same resamples of clips.
const BOOTSTRAP_SEED: u64 = 0;

/// A measure of temporal capacity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Measure {
    /// Share of the mass of each lag's map on the explained digit's past track: recall@k.
    OwnTrack,
    /// The same on the other digit's past track.
    OtherTrack,
    /// Own track minus other track, clip by clip.
    OwnMinusOther,
    /// Share of the newest state's map on the explained digit's past track.
    NewestOwnTrack,
    /// The same on the other digit's past track.
    NewestOtherTrack,
    /// Newest own track minus newest other track, clip by clip.
    NewestOwnMinusOther,
    /// Share of a uniform map on the explained digit's past track.
    Uniform,
    /// Absolute correlation of each lag's map with the predicted frame.
    Likeness,
    /// Norm of the score gradient at each lag's state, as a share of that at the newest.
    Gradient,
    /// First lag at which that share is below 5 %; [`LAGS`] if there is none.
    Horizon,
    /// Squared error of the predicted frame, summed over its pixels.
    Error,
    /// Increase of that error if the frame at a lag is black.
    RiseBlack,
    /// Increase of that error if the frame at a lag comes from another clip.
    RiseForeign,
}

impl Measure {
    /// All of them, in the order of tables.
    pub const ALL: [Self; 13] = [
        Self::OwnTrack,
        Self::OtherTrack,
        Self::OwnMinusOther,
        Self::NewestOwnTrack,
        Self::NewestOtherTrack,
        Self::NewestOwnMinusOther,
        Self::Uniform,
        Self::Likeness,
        Self::Gradient,
        Self::Horizon,
        Self::Error,
        Self::RiseBlack,
        Self::RiseForeign,
    ];

    /// Returns the name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::OwnTrack => "own-track",
            Self::OtherTrack => "other-track",
            Self::OwnMinusOther => "own-minus-other",
            Self::NewestOwnTrack => "newest-own-track",
            Self::NewestOtherTrack => "newest-other-track",
            Self::NewestOwnMinusOther => "newest-own-minus-other",
            Self::Uniform => "uniform",
            Self::Likeness => "likeness",
            Self::Gradient => "gradient",
            Self::Horizon => "horizon",
            Self::Error => "error",
            Self::RiseBlack => "rise-black",
            Self::RiseForeign => "rise-foreign",
        }
    }

    fn scope(self) -> Scope {
        match self {
            Self::OwnTrack
            | Self::OtherTrack
            | Self::OwnMinusOther
            | Self::NewestOwnTrack
            | Self::NewestOtherTrack
            | Self::NewestOwnMinusOther
            | Self::Uniform
            | Self::Likeness => Scope::Map,
            Self::Gradient | Self::Horizon => Scope::Layer,
            Self::Error | Self::RiseBlack | Self::RiseForeign => Scope::Network,
        }
    }

    /// Returns whether it is one number per clip, not one per lag.
    fn is_single(self) -> bool {
        matches!(self, Self::Horizon | Self::Error)
    }

    fn of_map(self, map: &MapMeasure) -> Option<f64> {
        let minus = |own: Option<f64>, other: Option<f64>| Some(own? - other?);
        match self {
            Self::OwnTrack => map.own,
            Self::OtherTrack => map.other,
            Self::OwnMinusOther => minus(map.own, map.other),
            Self::NewestOwnTrack => map.newest_own,
            Self::NewestOtherTrack => map.newest_other,
            Self::NewestOwnMinusOther => minus(map.newest_own, map.newest_other),
            Self::Uniform => map.uniform,
            Self::Likeness => map.likeness.map(f64::abs),
            _ => None,
        }
    }

    fn of_layer(self, layer: &LayerMeasure, lag: usize) -> Option<f64> {
        let newest = *layer.gradient.first().filter(|norm| **norm > 0.0)?;
        let share = |norm: &f64| norm / newest;
        match self {
            Self::Gradient => layer.gradient.get(lag).map(share),
            Self::Horizon => {
                let mut shares = layer.gradient.iter().map(share);
                let first = shares.position(|share| share < HORIZON_SHARE);
                Some(first.unwrap_or(LAGS) as f64)
            }
            _ => None,
        }
    }

    fn of_errors(self, errors: &FrameErrors, lag: usize) -> Option<f64> {
        match self {
            Self::Error => Some(errors.plain),
            Self::RiseBlack => errors.black.get(lag).map(|error| error - errors.plain),
            Self::RiseForeign => errors.foreign.get(lag).map(|error| error - errors.plain),
            _ => None,
        }
    }
}

/// The scope of a measure.
enum Scope {
    Map,
    Layer,
    Network,
}

/// The network that a value belongs to, or the difference of two, clip by clip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Compared {
    /// The trained network.
    Trained,
    /// The same network with its initial weights.
    Untrained,
    /// The trained network on shuffled frames.
    Shuffled,
    /// The trained network minus the untrained one.
    TrainedMinusUntrained,
    /// The trained network minus the same on shuffled frames.
    TrainedMinusShuffled,
}

impl Compared {
    /// All of them, in the order of tables.
    pub const ALL: [Self; 5] = [
        Self::Trained,
        Self::Untrained,
        Self::Shuffled,
        Self::TrainedMinusUntrained,
        Self::TrainedMinusShuffled,
    ];

    /// Returns the name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Trained => "trained",
            Self::Untrained => "untrained",
            Self::Shuffled => "shuffled",
            Self::TrainedMinusUntrained => "trained-minus-untrained",
            Self::TrainedMinusShuffled => "trained-minus-shuffled",
        }
    }
}

impl fmt::Display for Compared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The measures of the trained network and its controls on the same clips.
#[derive(Debug, Clone, Copy)]
pub struct Watchers<'a> {
    /// The trained network.
    pub trained: &'a [ClipMeasure],
    /// The same network with its initial weights.
    pub untrained: &'a [ClipMeasure],
    /// The trained network on shuffled frames.
    pub shuffled: &'a [ClipMeasure],
}

/// One number of the table: a mean over clips.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CapacityEntry {
    /// The network that it belongs to.
    pub compared: Compared,
    /// The measure.
    pub measure: Measure,
    /// The layer, from 0 for the lowest; `None` for a measure of the whole network.
    pub layer: Option<usize>,
    /// The method's position in the request; `None` for a measure without maps.
    pub method: Option<usize>,
    /// Frames before the newest one; `None` for a measure with one number per clip.
    pub lag: Option<usize>,
    /// The mean with its interval over clips.
    pub interval: Interval,
}

/// Returns every available measure of every watcher, and the paired differences of the trained
/// network and its controls, each with a bootstrap interval over the clips.
///
/// A clip without a value, because the map has no mass or the track no pixel, is omitted from that
/// mean only; `n` is the number of clips counted. A mean without clips is omitted.
///
/// # Panics
/// If the watchers did not see the same number of clips, or differ in layers or methods.
pub fn capacity(watchers: Watchers<'_>) -> Vec<CapacityEntry> {
    let mut entries = Vec::new();
    let mut columns = Vec::new();
    for place in places(watchers.trained) {
        let [trained, untrained, shuffled] =
            [watchers.trained, watchers.untrained, watchers.shuffled]
                .map(|clips| place.column(clips));
        for compared in Compared::ALL {
            let column = match compared {
                Compared::Trained => trained.clone(),
                Compared::Untrained => untrained.clone(),
                Compared::Shuffled => shuffled.clone(),
                Compared::TrainedMinusUntrained => difference(&trained, &untrained),
                Compared::TrainedMinusShuffled => difference(&trained, &shuffled),
            };
            if column.iter().any(|value| !value.is_nan()) {
                columns.push(column);
                entries.push((compared, place));
            }
        }
    }
    let intervals = bootstrap(&columns, BOOTSTRAP_SEED);
    let entries = entries.into_iter().zip(intervals);
    entries
        .map(|((compared, place), interval)| CapacityEntry {
            compared,
            measure: place.measure,
            layer: place.layer,
            method: place.method,
            lag: place.lag,
            interval,
        })
        .collect()
}

/// One row of the table, for any network.
#[derive(Debug, Clone, Copy)]
struct Place {
    measure: Measure,
    layer: Option<usize>,
    method: Option<usize>,
    lag: Option<usize>,
}

impl Place {
    /// Returns the value of each clip; NaN if there is none.
    fn column(&self, clips: &[ClipMeasure]) -> Vec<f64> {
        let lag = self.lag.unwrap_or(0);
        let value = |clip: &ClipMeasure| match (self.layer, self.method) {
            (Some(layer), Some(method)) => self
                .measure
                .of_map(&clip.layers[layer].methods[method][lag]),
            (Some(layer), None) => self.measure.of_layer(&clip.layers[layer], lag),
            _ => self.measure.of_errors(clip.errors.as_ref()?, lag),
        };
        clips
            .iter()
            .map(|clip| value(clip).unwrap_or(f64::NAN))
            .collect()
    }
}

fn places(clips: &[ClipMeasure]) -> Vec<Place> {
    let Some(first) = clips.first() else {
        return Vec::new();
    };
    let mut places = Vec::new();
    for measure in Measure::ALL {
        let of: Vec<(Option<usize>, Option<usize>)> = match measure.scope() {
            Scope::Network => vec![(None, None)],
            Scope::Layer => (0..first.layers.len())
                .map(|layer| (Some(layer), None))
                .collect(),
            Scope::Map => (first.layers.iter().enumerate())
                .flat_map(|(layer, of)| {
                    (0..of.methods.len()).map(move |method| (Some(layer), Some(method)))
                })
                .collect(),
        };
        for (layer, method) in of {
            let lags: Vec<Option<usize>> = match measure.is_single() {
                true => vec![None],
                false => (0..LAGS).map(Some).collect(),
            };
            places.extend(lags.into_iter().map(|lag| Place {
                measure,
                layer,
                method,
                lag,
            }));
        }
    }
    places
}

fn difference(a: &[f64], b: &[f64]) -> Vec<f64> {
    assert_eq!(a.len(), b.len(), "watchers see the same clips");
    a.iter().zip(b).map(|(a, b)| a - b).collect()
}

#[cfg(test)]
#[path = "capacity_tests.rs"]
mod tests;
