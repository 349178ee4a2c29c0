//! Data sets of clips of moving digits: their options, digits and splits.

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

/// The digits of clips. To add such a data set, implement this in a separate file, give that file a
/// `DATASET`, and add the file to the list in `data/clips/mod.rs`.
pub(in crate::data) trait ClipSource: Origin {
    /// Returns the pictures of the training, validation and test clips, and their sources. `seed`
    /// is the seed of the clips.
    fn glyphs(
        &self,
        seed: u64,
        search: &DataSearch,
    ) -> Result<([Glyphs; 3], Vec<SourceChecksum>), DataError>;
}

/// A data set of clips for next-frame predictors; [`ClipDataset::all`] lists them.
#[derive(Clone, Copy)]
pub struct ClipDataset(&'static dyn ClipSource);

impl ClipDataset {
    pub(in crate::data) const fn new(source: &'static dyn ClipSource) -> Self {
        Self(source)
    }

    pub(in crate::data) fn origin(self) -> &'static dyn Origin {
        self.0
    }

    /// Returns the kebab-case name in experiments and on the command line.
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// Returns whether its digits are drawn by this crate; outputs must then state it.
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

/// The clips to generate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClipOptions {
    /// Data set of their digits.
    pub dataset: ClipDataset,
    /// Number of clips in a training epoch; every epoch has new ones.
    pub train_clips: usize,
    /// Number of clips that select checkpoints, always the same.
    pub validation_clips: usize,
    /// Number of clips used only for scores, always the same.
    pub test_clips: usize,
    /// Seed of all clips. It is not a training seed: all runs of an experiment see the same clips.
    pub seed: u64,
}

/// The clips of one split, generated on demand.
#[derive(Clone, Debug)]
pub struct Clips {
    glyphs: Arc<Glyphs>,
    dataset: ClipDataset,
    split: Split,
    seed: u64,
    len: usize,
}

/// The three splits. No picture of a digit is in more than one of them.
#[derive(Clone, Debug)]
pub struct ClipSplits {
    /// Clips to fit weights to.
    pub train: Clips,
    /// Clips to select checkpoints with.
    pub validation: Clips,
    /// Clips to report scores on.
    pub test: Clips,
    /// The sources of the digits.
    pub sources: Vec<SourceChecksum>,
}

impl Clips {
    /// Returns the number of clips; for the training split, the number per epoch.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Returns whether there are no clips.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Returns the split.
    pub fn split(&self) -> Split {
        self.split
    }

    /// Returns the data set of the digits.
    pub fn dataset(&self) -> ClipDataset {
        self.dataset
    }

    /// Returns the pictures of digits in the clips.
    pub fn glyphs(&self) -> &Glyphs {
        &self.glyphs
    }

    /// Returns clip `number`, of [`CLIP_FRAMES`] frames. Numbers continue beyond
    /// [`len`](Self::len): the training clips of epoch `e` (from 0) begin at `e * len`.
    pub fn clip(&self, number: u64) -> Clip {
        let purpose = format!("{}/{}", self.dataset, self.split);
        let mut rng = random::stream(self.seed, &purpose, number);
        moving::draw(&self.glyphs, CLIP_FRAMES, &mut rng)
    }

    /// Returns the clip's name in tables and figures, such as "moving-mnist/test/7".
    pub fn id(&self, number: u64) -> String {
        format!("{}/{}/{number}", self.dataset, self.split)
    }
}

/// Returns the splits requested by `options`.
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

    /// Returns two pictures, each with a white square of 4 x 4 pixels at (12, 12).
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
        // Two digits of about 0.131 * 784 = 102 white pixels on 4096, partly overlapping.
        assert!((0.02..0.08).contains(&mean), "{mean}");
    }
}
