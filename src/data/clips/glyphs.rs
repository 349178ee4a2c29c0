//! Pictures of single digits, all of one size. Filled by `mnist` and `digits`, drawn by `moving`.

use std::fmt;
use std::ops::Range;

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
    /// If there is no picture, or not one label a picture.
    pub fn new(side: usize, pixels: Vec<u8>, labels: Vec<u8>) -> Self {
        assert!(!labels.is_empty(), "there is no picture");
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
