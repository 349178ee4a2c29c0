//! Which earlier states and frames a next-frame prediction depends on.
//!
//! The steps: a [`FrameTarget`] selects the pixels of the predicted frame that are summed into the
//! score; [`gather_states`] runs one forward and one backward pass over the shown frames and
//! returns activation and gradient of every hidden state; [`signed_maps`] turns them into signed
//! maps; [`likeness`] measures whether a map only repeats the prediction. [`measure`] does this for
//! a group of clips and measures how far back the maps, the gradient and the error reach;
//! [`capacity`] compares the results with those of an untrained network, shuffled frames and the
//! other digit.

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

/// Number of states back in time, from 0 for the newest of the shown frames.
pub const LAGS: usize = crate::data::clips::WATCHED_FRAMES;
