//! A convolution's kernels as PyTorch and Burn keep them, read in the order that is needed.

use super::size::Size;

/// Which kernels are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    /// Those of the convolution.
    Forward,
    /// Those that carry a gradient back: input and output swapped, the taps turned by 180 degrees.
    Backward,
}

/// The kernels of a convolution, read forward or backward.
#[derive(Debug, Clone, Copy)]
pub(super) struct Taps<'a> {
    /// `[outputs, inputs, side, side]` of the convolution itself.
    values: &'a [f32],
    /// Of the convolution that is computed: the reversed one for [`Direction::Backward`].
    size: Size,
    direction: Direction,
}

impl<'a> Taps<'a> {
    /// Returns the kernels of the convolution of `size` itself.
    pub(super) fn forward(values: &'a [f32], size: Size) -> Self {
        let direction = Direction::Forward;
        Self {
            values,
            size,
            direction,
        }
    }

    /// Returns the kernels that carry a gradient back through the convolution of `size`.
    pub(super) fn backward(values: &'a [f32], size: Size) -> Self {
        let (size, direction) = (size.reversed(), Direction::Backward);
        Self {
            values,
            size,
            direction,
        }
    }

    /// Returns the weight of `input` for `output` at place `tap` of the kernel, row by row.
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
}
