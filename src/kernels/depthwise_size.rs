//! The size of a depthwise convolution.

/// Channels in multiples of this have our kernels: whole vectors of any width.
const LANES: usize = 16;
/// Numbers under the taps of a block of results; with the results, they stay in the first-level cache.
const BLOCK: usize = 6144;
/// Smallest number of results of a block, so that moving into place costs little.
const FEWEST: usize = 4;
/// Sides of the taps, and strides, that have our kernels.
const SIDES: [usize; 2] = [3, 5];
const STRIDES: [usize; 2] = [1, 2];

/// The size of a depthwise convolution over square kernels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct DepthwiseSize {
    pub(super) images: usize,
    pub(super) channels: usize,
    pub(super) height: usize,
    pub(super) width: usize,
    pub(super) side: usize,
    pub(super) stride: usize,
    /// Rows of zeros above and below the image.
    pub(super) above: usize,
    pub(super) below: usize,
    /// Columns of zeros on its left and right.
    pub(super) left: usize,
    pub(super) right: usize,
}

impl DepthwiseSize {
    /// Returns the rows of results.
    pub(super) fn rows(self) -> usize {
        (self.above + self.height + self.below - self.side) / self.stride + 1
    }

    /// Returns the columns of results.
    pub(super) fn columns(self) -> usize {
        (self.left + self.width + self.right - self.side) / self.stride + 1
    }

    /// Returns the row of the images that the row `down` of the taps meets for a row of results, both
    /// counted through all images; `None` if it is outside.
    #[inline(always)]
    pub(super) fn source(self, row: usize, down: usize) -> Option<usize> {
        let (image, row) = (row / self.rows(), row % self.rows());
        let y = (row * self.stride + down).checked_sub(self.above)?;
        (y < self.height).then(|| image * self.height + y)
    }

    /// Returns the number of results along a row that are computed one vector of channels after the
    /// other.
    pub(super) fn block(self) -> usize {
        let numbers = self.side * self.stride * self.channels;
        (BLOCK / numbers).max(FEWEST)
    }

    /// Returns, for the results from `column` on, the number of zeros before the image, and the first
    /// place of the image.
    #[inline(always)]
    pub(super) fn start(self, column: usize) -> (usize, usize) {
        let place = column * self.stride;
        (
            self.left.saturating_sub(place),
            place.saturating_sub(self.left),
        )
    }

    /// Returns the convolution, with stride 1, that computes the gradient of the images from that of
    /// the results.
    pub(super) fn turned(self) -> Self {
        let last = self.side - 1;
        Self {
            height: self.rows(),
            width: self.columns(),
            above: last - self.above,
            below: last - self.below,
            left: last - self.left,
            right: last - self.right,
            ..self
        }
    }

    /// Returns whether the kernels support it. No result may lie in the padding alone.
    pub(super) fn is_known(self) -> bool {
        let padding = [self.above, self.below, self.left, self.right];
        let [high, wide] = [
            self.above + self.height + self.below,
            self.left + self.width + self.right,
        ];
        self.channels.is_multiple_of(LANES)
            && SIDES.contains(&self.side)
            && STRIDES.contains(&self.stride)
            && padding.iter().all(|zeros| *zeros < self.side)
            && high.min(wide) >= self.side
    }
}
