//! The size of a depthwise convolution.

/// Channels in multiples of this have our kernels: whole vectors of any width.
const LANES: usize = 16;

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

    /// Returns whether the kernels support it: no result lies in the padding alone.
    pub(super) fn is_known(self) -> bool {
        let padding = [self.above, self.below, self.left, self.right];
        let [high, wide] = [
            self.above + self.height + self.below,
            self.left + self.width + self.right,
        ];
        self.channels % LANES == 0
            && self.stride > 0
            && padding.iter().all(|zeros| *zeros < self.side)
            && high >= self.side
            && wide >= self.side
    }
}
