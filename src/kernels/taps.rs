//! A convolution's kernels in the layout of PyTorch and Burn, read in the required order.

use super::panels::Weights;
use super::size::Size;
use super::windows::Windows;

/// The direction of the kernels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    /// The kernels of the convolution.
    Forward,
    /// The kernels that propagate a gradient: input and output swapped, the taps rotated by 180
    /// degrees.
    Backward,
}

/// The kernels of a convolution, read forward or backward.
#[derive(Debug, Clone, Copy)]
pub(super) struct Taps<'a> {
    /// `[outputs, inputs, side, side]` of the convolution itself.
    values: &'a [f32],
    /// Of the convolution itself.
    forward: Size,
    /// Of the convolution that is computed, which the adjoint is if it keeps the size.
    size: Size,
    direction: Direction,
}

impl<'a> Taps<'a> {
    /// Returns the kernels of the convolution of `size` itself.
    pub(super) fn forward(values: &'a [f32], size: Size) -> Self {
        let direction = Direction::Forward;
        Self {
            values,
            forward: size,
            size,
            direction,
        }
    }

    /// Returns the kernels that propagate a gradient through the convolution of `size`.
    pub(super) fn backward(values: &'a [f32], size: Size) -> Self {
        Self {
            values,
            forward: size,
            size: size.reversed(),
            direction: Direction::Backward,
        }
    }

    /// Returns the weight of `input` for `output` at position `tap` of the kernel, row by row.
    #[inline(always)]
    pub(super) fn at(&self, output: usize, input: usize, tap: usize) -> f32 {
        let taps = self.size.side * self.size.side;
        match self.direction {
            Direction::Forward => self.values[(output * self.size.inputs + input) * taps + tap],
            Direction::Backward => {
                self.values[(input * self.size.outputs + output) * taps + taps - 1 - tap]
            }
        }
    }

    /// Returns the sizes of the convolution that these kernels compute.
    pub(super) fn size(&self) -> Size {
        self.size
    }

    /// Returns the kernels and the windows for a convolution of gathered pixels.
    pub(super) fn gathered(self) -> (Weights<'a>, Windows) {
        let (values, size) = (self.values, self.forward);
        match self.direction {
            Direction::Forward => (Weights::forward(values, size), Windows::forward(size)),
            Direction::Backward => (Weights::backward(values, size), Windows::backward(size)),
        }
    }
}
