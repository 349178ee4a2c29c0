//! The kernels of a convolution in the order in which a product reads them.

use std::ops::Range;

use rayon::prelude::*;

use super::product::PANEL;
use super::scratch::zeros;
use super::size::Size;
use super::windows::{Class, Windows};

/// The kernels of a convolution in the layout of PyTorch and Burn, read forward or backward.
#[derive(Debug, Clone, Copy)]
pub(super) struct Weights<'a> {
    /// `[outputs, inputs, side, side]`
    values: &'a [f32],
    /// Numbers between two channels that are written.
    target_stride: usize,
    /// Numbers between two channels that are read.
    source_stride: usize,
}

impl<'a> Weights<'a> {
    /// Returns the kernels of the convolution of `size` itself.
    pub(super) fn forward(values: &'a [f32], size: Size) -> Self {
        let taps = size.side * size.side;
        Self {
            values,
            target_stride: size.inputs * taps,
            source_stride: taps,
        }
    }

    /// Returns the kernels that propagate a gradient through the convolution of `size`.
    pub(super) fn backward(values: &'a [f32], size: Size) -> Self {
        let forward = Self::forward(values, size);
        Self {
            values,
            target_stride: forward.source_stride,
            source_stride: forward.target_stride,
        }
    }
}

/// Kernels in panels of 16 outputs, `[output panels, under the kernel, 16]`, zero-padded at the
/// end.
#[derive(Debug)]
pub(super) struct Panels {
    pub(super) values: Vec<f32>,
    /// Number of values under the kernel.
    pub(super) inner: usize,
    /// Number of outputs.
    pub(super) columns: usize,
}

impl Panels {
    /// Returns the kernels for the windows of `class`.
    pub(super) fn new(weights: Weights, class: &Class, windows: &Windows) -> Self {
        let (inner, columns) = (windows.under(class), windows.target.outputs);
        let mut values = zeros(columns.div_ceil(PANEL) * inner * PANEL);
        if inner > 0 {
            let panels = values.par_chunks_mut(inner * PANEL).enumerate();
            panels.for_each(|(panel, into)| {
                let first = panel * PANEL;
                let columns = first..columns.min(first + PANEL);
                fill(weights, class, windows.source.inputs, columns, into);
            });
        }
        Self {
            values,
            inner,
            columns,
        }
    }

    /// Returns the kernels of some outputs, without other cores.
    pub(super) fn some(
        weights: Weights,
        class: &Class,
        windows: &Windows,
        columns: Range<usize>,
    ) -> Self {
        let inner = windows.under(class);
        let mut values = vec![0.0; columns.len().div_ceil(PANEL) * inner * PANEL];
        for (panel, into) in values.chunks_mut((inner * PANEL).max(1)).enumerate() {
            let first = columns.start + panel * PANEL;
            let columns = first..columns.end.min(first + PANEL);
            fill(weights, class, windows.source.inputs, columns, into);
        }
        Self {
            values,
            inner,
            columns: columns.len(),
        }
    }
}

/// Writes the kernels of up to 16 outputs to a panel.
fn fill(weights: Weights, class: &Class, inputs: usize, columns: Range<usize>, into: &mut [f32]) {
    let Weights {
        values,
        target_stride,
        source_stride,
    } = weights;
    for (&tap, into) in class.taps.iter().zip(into.chunks_mut(inputs * PANEL)) {
        let values = &values[columns.start * target_stride + tap..];
        if target_stride == 1 {
            for (row, into) in into.chunks_mut(PANEL).enumerate() {
                let from = &values[row * source_stride..][..columns.len()];
                into[..columns.len()].copy_from_slice(from);
            }
            continue;
        }
        for lane in 0..columns.len() {
            let from = values[lane * target_stride..].iter().step_by(source_stride);
            for (into, from) in into.iter_mut().skip(lane).step_by(PANEL).zip(from) {
                *into = *from;
            }
        }
    }
}
