//! Clips of moving digits as a value: what their digits are, which of them to make, and the clips.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize, Serializer};

use super::glyphs::Glyphs;
use super::moving::{self, CLIP_FRAMES, Clip};
use crate::data::error::DataError;
use crate::data::locate::DataSearch;
use crate::data::origin::Origin;
use crate::data::random;
use crate::data::split::Split;
use crate::data::splits::SourceChecksum;

/// The digits that clips are made of. To add such a data set, implement this in a file of its own,
/// give that file a `DATASET`, and name the file in the list in `data/clips/mod.rs`.
pub(in crate::data) trait ClipSource: Origin {
    /// The pictures of the training, validation and test clips, and what they came from. `seed` is
    /// that of the clips.
    fn glyphs(
        &self,
        seed: u64,
        search: &DataSearch,
    ) -> Result<([Glyphs; 3], Vec<SourceChecksum>), DataError>;
}

/// A data set of clips that next-frame predictors are trained on; [`ClipDataset::all`] lists them.
#[derive(Clone, Copy)]
pub struct ClipDataset(&'static dyn ClipSource);

impl ClipDataset {
    pub(in crate::data) const fn new(source: &'static dyn ClipSource) -> Self {
        Self(source)
    }

    pub(in crate::data) fn origin(self) -> &'static dyn Origin {
        self.0
    }

    /// The kebab-case name, as experiments and the command line spell it.
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// Whether its digits are drawn by this crate; outputs must then say so.
    pub fn is_generated(self) -> bool {
        self.0.is_generated()
    }
}

/// Two data sets are the same if their names are.
impl PartialEq for ClipDataset {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for ClipDataset {}

impl fmt::Debug for ClipDataset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ClipDataset").field(&self.name()).finish()
    }
}

impl fmt::Display for ClipDataset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Serialize for ClipDataset {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
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

/// Returns the splits that `options` asks for.
///
/// # Errors
/// A split without clips; absent, damaged or incomplete files.
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
    let source = options.dataset.0;
    let ([train, validation, test], sources) = source.glyphs(options.seed, search)?;
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

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::data::clips::{DRAWN_DIGITS, MOVING_MNIST};

    /// Two pictures, each with a white square of 4 x 4 pixels at (12, 12).
    pub(in crate::data::clips) fn square_glyphs() -> Arc<Glyphs> {
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
            dataset: DRAWN_DIGITS,
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
            dataset: MOVING_MNIST,
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
