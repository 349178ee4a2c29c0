//! Pictures of single digits, all of the same size.

use std::fmt;
use std::ops::Range;

use crate::data::pixel_statistics::PixelSums;

/// Number of digits.
pub const DIGITS: usize = 10;

/// Grey pictures of digits with their labels.
#[derive(Clone, PartialEq)]
pub struct Glyphs {
    side: usize,
    pixels: Vec<u8>,
    labels: Vec<u8>,
}

impl Glyphs {
    /// Returns pictures of `side` x `side` pixels from consecutive `pixels`, row-major.
    ///
    /// # Panics
    /// If there is no picture, if the number of labels differs, or if a label is above 9.
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

    /// Returns the height and width of a picture, pixels.
    pub fn side(&self) -> usize {
        self.side
    }

    /// Returns the number of pictures.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Returns whether there are no pictures.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Returns the digit in picture `i`, 0 to 9.
    ///
    /// # Panics
    /// If there is no such picture.
    pub fn label(&self, i: usize) -> u8 {
        self.labels[i]
    }

    /// Returns the grey values of picture `i`, 0 is black, `[height, width]` row-major.
    ///
    /// # Panics
    /// If there is no such picture.
    pub fn pixels(&self, i: usize) -> &[u8] {
        let area = self.side * self.side;
        &self.pixels[i * area..(i + 1) * area]
    }

    /// Returns the number of pictures of each digit, 0 to 9.
    pub fn label_counts(&self) -> [usize; DIGITS] {
        let mut counts = [0; DIGITS];
        for label in &self.labels {
            counts[usize::from(*label)] += 1;
        }
        counts
    }

    /// Returns the mean and standard deviation over all pixels, in 0 to 1.
    pub fn statistics(&self) -> (f32, f32) {
        let mut sums = PixelSums::default();
        sums.add(&self.pixels);
        sums.mean_and_deviation()
    }

    /// Returns only the pictures of `range`.
    ///
    /// # Panics
    /// If the range is empty or extends beyond the last picture.
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
