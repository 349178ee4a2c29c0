//! The windows of a pool.

/// The windows of a pool, along both axes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Pixels along each side.
    pub side: usize,
    /// Pixels from one window to the next.
    pub stride: usize,
    /// Pixels around the image, which are never the largest; less than the side.
    pub padding: usize,
    /// Whether a window that begins inside the image and ends beyond its padding counts.
    pub partial: bool,
}

impl Window {
    /// Returns windows without padding or overlap.
    pub fn tiles(side: usize) -> Self {
        Self {
            side,
            stride: side,
            padding: 0,
            partial: false,
        }
    }

    /// Returns the number of windows along an axis of `size` pixels.
    pub(super) fn count(self, size: usize) -> usize {
        let rest = size + 2 * self.padding - self.side;
        if !self.partial {
            return rest / self.stride + 1;
        }
        let count = rest.div_ceil(self.stride) + 1;
        match (count - 1) * self.stride >= size + self.padding {
            true => count - 1,
            false => count,
        }
    }

    /// Returns whether every window holds a pixel of an axis of `size`.
    pub(super) fn fits(self, size: usize) -> bool {
        self.padding < self.side && size + self.padding >= self.side
    }
}
