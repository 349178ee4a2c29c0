//! Clips of moving digits, generated on demand from MNIST or from drawn digits.
//!
//! A clip depends only on (seed, split, number), so a resumed run sees the same clips as an
//! uninterrupted one, and the test clips are the same everywhere.

mod dataset;
mod glyphs;
mod moving;
mod official;
mod pictures;

pub use dataset::{ClipDataset, ClipOptions, ClipSplits, Clips, load_clips};
pub use digits::DATASET as DRAWN_DIGITS;
pub use glyphs::{DIGITS, Glyphs};
pub use moving::{
    CANVAS_SIDE, CLIP_DIGITS, CLIP_FRAMES, Clip, FOOTPRINT_LEVEL, MovingDigit, WATCHED_FRAMES,
};
pub use moving_mnist::DATASET as MOVING_MNIST;
pub use official::OfficialTestSet;

pub(in crate::data) use pictures::DigitSource;

// Clips for training predictors, and pictures of digits. A new data set is its file and its name
// here.
datasets!(CLIPS: ClipDataset = [moving_mnist, digits]);
datasets!(DIGIT_PICTURES: &dyn DigitSource = [mnist]);
