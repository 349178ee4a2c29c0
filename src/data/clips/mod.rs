//! Clips of moving digits: generated when they are asked for, from MNIST or from drawn digits.
//!
//! Training and evaluation of the next-frame predictor call [`load_clips`]. A clip follows from
//! (seed, split, number) alone, so a run that goes on sees what it would have seen, and the test
//! clips are the same everywhere.

mod digits;
mod glyphs;
pub(in crate::data) mod mnist;
mod moving;
mod official;

use std::fmt;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::data::error::DataError;
use crate::data::locate::DataSearch;
use crate::data::split::Split;
use crate::data::{SourceChecksum, random};

pub use glyphs::{DIGITS, Glyphs};
pub(in crate::data) use mnist::NAME as MNIST;
pub use moving::{
    CANVAS_SIDE, CLIP_DIGITS, CLIP_FRAMES, Clip, FOOTPRINT_LEVEL, MovingDigit, WATCHED_FRAMES,
};
pub use official::OfficialTestSet;

/// MNIST training digits that are kept back for validation clips, the last ones of the file.
const MNIST_VALIDATION_DIGITS: usize = 5_000;

/// What the digits of clips are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClipDataset {
    /// Handwritten digits of MNIST.
    MovingMnist,
    /// Digits that camtrail draws from strokes.
    Digits,
}

impl ClipDataset {
    /// Both.
    pub const ALL: [Self; 2] = [Self::MovingMnist, Self::Digits];

    /// The kebab-case name, as experiments and the command line spell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::MovingMnist => "moving-mnist",
            Self::Digits => "digits",
        }
    }

    /// Whether its digits are drawn by this crate; outputs must then say so.
    pub fn is_generated(self) -> bool {
        self == Self::Digits
    }
}

impl fmt::Display for ClipDataset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for ClipDataset {
    type Err = DataError;

    fn from_str(name: &str) -> Result<Self, DataError> {
        Self::ALL
            .into_iter()
            .find(|dataset| dataset.name() == name)
            .ok_or_else(|| DataError::unknown("data set of clips", name, Self::ALL.map(Self::name)))
    }
}

/// Which clips to make.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClipOptions {
    /// What their digits are.
    pub dataset: ClipDataset,
    /// Clips of a training epoch; every epoch has new ones.
    pub train_clips: usize,
    /// Clips that pick checkpoints, always the same.
    pub validation_clips: usize,
    /// Clips that are only ever scored, always the same.
    pub test_clips: usize,
    /// Seed of all clips. It is no training seed: runs of one experiment see the same clips.
    pub seed: u64,
}

/// The clips of one split, made when they are asked for.
#[derive(Clone, Debug)]
pub struct Clips {
    glyphs: Arc<Glyphs>,
    dataset: ClipDataset,
    split: Split,
    seed: u64,
    len: usize,
}

/// The three splits. No digit's picture is in two of them.
#[derive(Clone, Debug)]
pub struct ClipSplits {
    /// Clips to fit weights to.
    pub train: Clips,
    /// Clips to pick checkpoints with.
    pub validation: Clips,
    /// Clips to report scores on.
    pub test: Clips,
    /// What the digits came from.
    pub sources: Vec<SourceChecksum>,
}

impl Clips {
    /// How many clips there are; in the training split, in an epoch.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The split.
    pub fn split(&self) -> Split {
        self.split
    }

    /// What the digits are.
    pub fn dataset(&self) -> ClipDataset {
        self.dataset
    }

    /// The pictures of digits that the clips are made of.
    pub fn glyphs(&self) -> &Glyphs {
        &self.glyphs
    }

    /// Clip `number`, of [`CLIP_FRAMES`] frames. Numbers go on beyond [`len`](Self::len): the
    /// training clips of epoch `e` (from 0) begin at `e * len`.
    pub fn clip(&self, number: u64) -> Clip {
        let purpose = format!("{}/{}", self.dataset, self.split);
        let mut rng = random::stream(self.seed, &purpose, number);
        moving::draw(&self.glyphs, CLIP_FRAMES, &mut rng)
    }

    /// The clip's name in tables and figures, such as "moving-mnist/test/7".
    pub fn id(&self, number: u64) -> String {
        format!("{}/{}/{number}", self.dataset, self.split)
    }
}

/// The splits that `options` asks for.
///
/// # Errors
/// A split without clips; absent, damaged or incomplete files of MNIST.
pub fn load_clips(options: &ClipOptions, search: &DataSearch) -> Result<ClipSplits, DataError> {
    for (key, value) in [
        ("clips.train_clips", options.train_clips),
        ("clips.validation_clips", options.validation_clips),
        ("clips.test_clips", options.test_clips),
    ] {
        if value == 0 {
            return Err(DataError::Option {
                key,
                value: value.to_string(),
                allowed: "1 and more",
            });
        }
    }
    let ([train, validation, test], sources) = match options.dataset {
        ClipDataset::MovingMnist => mnist_glyphs(&mnist::locate(search)?)?,
        ClipDataset::Digits => digits::splits(options.seed),
    };
    let clips = |glyphs, split, len| Clips {
        glyphs: Arc::new(glyphs),
        dataset: options.dataset,
        split,
        seed: options.seed,
        len,
    };
    Ok(ClipSplits {
        train: clips(train, Split::Train, options.train_clips),
        validation: clips(validation, Split::Validation, options.validation_clips),
        test: clips(test, Split::Test, options.test_clips),
        sources,
    })
}

/// The digits of training, validation and test clips.
fn mnist_glyphs(folder: &Path) -> Result<([Glyphs; 3], Vec<SourceChecksum>), DataError> {
    let release = mnist::read(folder)?;
    let first_kept = release.train.len() - MNIST_VALIDATION_DIGITS;
    Ok((
        [
            release.train.part(0..first_kept),
            release.train.part(first_kept..release.train.len()),
            release.test,
        ],
        release.sources,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two pictures, each with a white square of 4 x 4 pixels at (12, 12).
    pub(super) fn square_glyphs() -> Arc<Glyphs> {
        let mut pixels = vec![0; 2 * 28 * 28];
        for glyph in 0..2 {
            for place in 0..16 {
                pixels[glyph * 784 + (12 + place / 4) * 28 + 12 + place % 4] = 255;
            }
        }
        Arc::new(Glyphs::new(28, pixels, vec![3, 4]))
    }

    fn options() -> ClipOptions {
        ClipOptions {
            dataset: ClipDataset::Digits,
            train_clips: 4,
            validation_clips: 2,
            test_clips: 3,
            seed: 5,
        }
    }

    #[test]
    fn a_clip_follows_from_its_number_and_splits_differ() {
        let splits = load_clips(&options(), &DataSearch::default()).expect("drawn");
        let again = load_clips(&options(), &DataSearch::default()).expect("drawn");
        assert_eq!(splits.test.clip(2), again.test.clip(2));
        assert_ne!(splits.test.clip(2), splits.test.clip(1));
        assert_ne!(splits.test.clip(2).frames, splits.train.clip(2).frames);
        assert_eq!(splits.test.len(), 3);
        assert_eq!(splits.test.id(2), "digits/test/2");
        // The first clip of the second epoch is new.
        assert_ne!(splits.train.clip(0), splits.train.clip(4));
    }

    #[test]
    fn a_split_without_clips_is_refused_by_name() {
        let mut none = options();
        none.validation_clips = 0;
        let error = load_clips(&none, &DataSearch::default()).expect_err("no clips");
        assert_eq!(
            error.to_string(),
            "clips.validation_clips is 0, allowed: 1 and more"
        );
    }

    #[test]
    #[ignore = "needs the real MNIST in $CAMTRAIL_DATA"]
    fn real_clips_hold_digits_of_mnist() {
        let real = ClipOptions {
            dataset: ClipDataset::MovingMnist,
            ..options()
        };
        let splits = load_clips(&real, &DataSearch::default()).expect("MNIST is there");
        let clip = splits.test.clip(0);
        assert_eq!(clip.len(), CLIP_FRAMES);
        let white: u64 = clip.frames.iter().map(|grey| u64::from(*grey)).sum();
        let mean = white as f64 / clip.frames.len() as f64 / 255.0;
        // Two digits of about 0.131 * 784 = 102 white pixels on 4096, some of it overlapping.
        assert!((0.02..0.08).contains(&mean), "{mean}");
    }
}
