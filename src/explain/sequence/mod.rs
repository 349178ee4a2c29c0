//! What a next-frame predictor's prediction rests on, along time.
//!
//! A value's walk: a [`FrameTarget`] says which pixels of the predicted frame are summed into the
//! score; [`gather_states`] runs one forward and one gradient pass over the frames that are shown
//! and returns activation and gradient of every hidden state; [`signed_maps`] turns them into maps
//! that keep their sign; [`likeness`] says whether a map only repeats the prediction. [`measure`]
//! does it for a group of clips and finds how far back the maps, the gradient and the error reach;
//! [`capacity`] sets that beside what an untrained network, shuffled frames and the other digit
//! give.

mod capacity;
mod errors;
mod maps;
mod measure;
mod target;
mod tracks;

pub use capacity::{CapacityEntry, Compared, Measure, Watchers, capacity};
pub use errors::FrameErrors;
pub use maps::{REPEATS, SequenceEvidence, gather_states, likeness, pooled, signed_maps};
pub use measure::{ClipMeasure, LayerMeasure, MapMeasure, Showing, Watching, measure};
pub use target::FrameTarget;
pub use tracks::{Tracks, mass_share};

/// How many frames back a state can lie: 0 is the newest of the frames that are shown.
pub const LAGS: usize = crate::data::clips::WATCHED_FRAMES;
