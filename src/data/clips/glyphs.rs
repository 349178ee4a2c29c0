//! Pictures of single digits, all of one size.

use std::fmt;
use std::ops::Range;

use crate::data::pixel_statistics::PixelSums;

/// How many digits there are.
pub const DIGITS: usize = 10;

/// Grey pictures of digits with their labels.
#[derive(Clone, PartialEq)]
pub struct Glyphs {
    side: usize,
    pixels: Vec<u8>,
    labels: Vec<u8>,
}

impl Glyphs {
    /// Pictures of `side` x `side` pixels that follow each other in `pixels`, row-major.
    ///
    /// # Panics
    /// If there is no picture, not one label a picture, or a label above 9.
    pub fn new(side: usize, pixels: Vec<u8>, labels: Vec<u8>) -> Self {
        assert!(!labels.is_empty(), "there is no picture");
        let digits = labels.iter().all(|label| usize::from(*label) < DIGITS);
        assert!(digits, "a label is a digit");
        assert_eq!(
            pixels.len(),
            labels.len() * side * side,
            "one label a picture"
        );
        Self {
            side,
            pixels,
            labels,
        }
    }

    /// Height and width of a picture, pixels.
    pub fn side(&self) -> usize {
        self.side
    }

    /// Number of pictures.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The digit that picture `i` shows, 0 to 9.
    ///
    /// # Panics
    /// If there is no such picture.
    pub fn label(&self, i: usize) -> u8 {
        self.labels[i]
    }

    /// The grey values of picture `i`, 0 is black, `[height, width]` row-major.
    ///
    /// # Panics
    /// If there is no such picture.
    pub fn pixels(&self, i: usize) -> &[u8] {
        let area = self.side * self.side;
        &self.pixels[i * area..(i + 1) * area]
    }

    /// How many pictures show each digit, 0 to 9.
    pub fn label_counts(&self) -> [usize; DIGITS] {
        let mut counts = [0; DIGITS];
        for label in &self.labels {
            counts[usize::from(*label)] += 1;
        }
        counts
    }

    /// Mean and standard deviation over all pixels, in 0 to 1.
    pub fn statistics(&self) -> (f32, f32) {
        let mut sums = PixelSums::default();
        sums.add(&self.pixels);
        sums.mean_and_deviation()
    }

    /// The pictures of `range` alone.
    ///
    /// # Panics
    /// If the range is empty or reaches beyond the last picture.
    pub fn part(&self, range: Range<usize>) -> Self {
        let area = self.side * self.side;
        let pixels = self.pixels[range.start * area..range.end * area].to_vec();
        Self::new(self.side, pixels, self.labels[range].to_vec())
    }
}

impl fmt::Debug for Glyphs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} glyphs of {} pixels", self.len(), self.side)
    }
}
