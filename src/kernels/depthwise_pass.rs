//! A depthwise convolution's results, and the gradient of its images: each number is the sum, over a
//! square of taps, of a number of the same channel times the channel's tap.
//!
//! Vectors run along the channels. A number starts as its bias and adds its taps in row-major order,
//! by fused multiply-adds, so no bit depends on the width of the vectors.

use std::array::from_fn;
use std::ops::Range;

use pulp::{Arch, Simd, WithSimd};

use super::activation::Activation;
use super::depthwise_size::DepthwiseSize;
use super::pieces::pieces;

/// Results next to each other that share the loads of taps and images.
const TOGETHER: usize = 4;

/// Where the numbers of a sum lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Result `o` adds the numbers at `stride * o + tap - before`.
    Forward,
    /// Number `i` adds the gradients of the results `o` with `stride * o + tap - before = i`.
    Backward,
}

/// The places of an axis.
#[derive(Debug, Clone, Copy)]
struct Axis {
    way: Way,
    stride: usize,
    side: usize,
    /// Zeros before the axis.
    before: usize,
    /// Numbers to read from.
    from: usize,
    /// Numbers to write.
    into: usize,
}

impl Axis {
    /// Returns the place that `tap` reads for the number at `place`, if it is on the axis.
    #[inline(always)]
    fn source(self, place: usize, tap: usize) -> Option<usize> {
        let source = match self.way {
            Way::Forward => (place * self.stride + tap).checked_sub(self.before)?,
            Way::Backward => {
                let distance = (place + self.before).checked_sub(tap)?;
                if distance % self.stride != 0 {
                    return None;
                }
                distance / self.stride
            }
        };
        (source < self.from).then_some(source)
    }

    /// Returns the places of which all taps are on the axis, of a forward pass.
    fn inside(self) -> Range<usize> {
        let start = self.before.div_ceil(self.stride);
        let end = match (self.from + self.before).checked_sub(self.side) {
            Some(last) => (last / self.stride + 1).min(self.into),
            None => 0,
        };
        start.min(end)..end
    }
}

/// What is computed for each image.
struct Pass<'a> {
    rows: Axis,
    columns: Axis,
    channels: usize,
    /// `[side, side, channels]`
    taps: &'a [f32],
    bias: Option<&'a [f32]>,
    activation: Activation,
}

/// Returns the results, `[images, rows, columns, channels]`.
///
/// # Shapes
/// - `images`: `[images, height, width, channels]`
/// - `taps`: `[side, side, channels]`
pub(super) fn forward(
    images: &[f32],
    taps: &[f32],
    bias: Option<&[f32]>,
    size: DepthwiseSize,
    activation: Activation,
) -> Vec<f32> {
    let [rows, columns] = [
        (size.above, size.height, size.rows()),
        (size.left, size.width, size.columns()),
    ]
    .map(|(before, from, into)| Axis {
        way: Way::Forward,
        stride: size.stride,
        side: size.side,
        before,
        from,
        into,
    });
    let pass = Pass {
        rows,
        columns,
        channels: size.channels,
        taps,
        bias,
        activation,
    };
    pass.run(images, size.images)
}

/// Returns the gradient of the images, `[images, height, width, channels]`.
///
/// # Shapes
/// - `gradient`: `[images, rows, columns, channels]`
/// - `taps`: `[side, side, channels]`
pub(super) fn images_gradient(gradient: &[f32], taps: &[f32], size: DepthwiseSize) -> Vec<f32> {
    // With stride 1 it is a forward pass with the taps turned by 180 degrees.
    let turned: Vec<f32>;
    let (way, taps) = match size.stride {
        1 => {
            turned = taps.rchunks(size.channels).flatten().copied().collect();
            (Way::Forward, turned.as_slice())
        }
        _ => (Way::Backward, taps),
    };
    let [rows, columns] = [
        (size.above, size.rows(), size.height),
        (size.left, size.columns(), size.width),
    ]
    .map(|(before, from, into)| Axis {
        way,
        stride: size.stride,
        side: size.side,
        before: match way {
            Way::Forward => size.side - 1 - before,
            Way::Backward => before,
        },
        from,
        into,
    });
    let pass = Pass {
        rows,
        columns,
        channels: size.channels,
        taps,
        bias: None,
        activation: Activation::Identity,
    };
    pass.run(gradient, size.images)
}

impl Pass<'_> {
    fn run(&self, images: &[f32], count: usize) -> Vec<f32> {
        let image = self.rows.from * self.columns.from * self.channels;
        let arch = Arch::new();
        pieces(
            count * self.rows.into,
            self.columns.into * self.channels,
            |index, into| {
                arch.dispatch(Row {
                    pass: self,
                    image: &images[index / self.rows.into * image..][..image],
                    row: index % self.rows.into,
                    into,
                });
            },
        )
    }
}

/// A row of results.
struct Row<'a> {
    pass: &'a Pass<'a>,
    /// `[rows, columns, channels]`
    image: &'a [f32],
    row: usize,
    /// `[columns, channels]`
    into: &'a mut [f32],
}

impl WithSimd for Row<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let columns = self.pass.columns;
        // The last number: how many numbers next to each other the results read.
        match (columns.way, columns.side, columns.stride) {
            (Way::Forward, 3, 1) => self.walk::<S, 3, 1, 6>(simd),
            (Way::Forward, 3, 2) => self.walk::<S, 3, 2, 9>(simd),
            (Way::Forward, 5, 1) => self.walk::<S, 5, 1, 8>(simd),
            (Way::Forward, 5, 2) => self.walk::<S, 5, 2, 11>(simd),
            _ => {
                let all = 0..columns.into;
                self.vectors(simd).single(simd, all);
            }
        }
    }
}

impl<'a> Row<'a> {
    #[inline(always)]
    fn vectors<S: Simd>(self, simd: S) -> Vectors<'a, S> {
        let whole = |values: &'a [f32]| S::as_simd_f32s(values).0;
        let _ = simd;
        Vectors {
            rows: self.pass.rows,
            columns: self.pass.columns,
            row: self.row,
            count: self.pass.channels / S::F32_LANES,
            image: whole(self.image),
            taps: whole(self.pass.taps),
            bias: self.pass.bias.map(whole),
            activation: self.pass.activation,
            into: S::as_mut_simd_f32s(self.into).0,
        }
    }

    #[inline(always)]
    fn walk<S: Simd, const SIDE: usize, const STRIDE: usize, const READ: usize>(self, simd: S) {
        let inside = self.pass.columns.inside();
        let end = self.pass.columns.into;
        let mut row = self.vectors(simd);
        row.single(simd, 0..inside.start);
        let mut column = inside.start;
        while column + TOGETHER <= inside.end {
            row.together::<SIDE, STRIDE, READ>(simd, column);
            column += TOGETHER;
        }
        row.single(simd, column..end);
    }
}

/// A [`Row`] in vectors of channels.
struct Vectors<'a, S: Simd> {
    rows: Axis,
    columns: Axis,
    row: usize,
    /// Vectors of a pixel.
    count: usize,
    image: &'a [S::f32s],
    taps: &'a [S::f32s],
    bias: Option<&'a [S::f32s]>,
    activation: Activation,
    into: &'a mut [S::f32s],
}

impl<S: Simd> Vectors<'_, S> {
    /// Computes results of which some taps may lie outside, one after the other.
    #[inline(always)]
    fn single(&mut self, simd: S, columns: Range<usize>) {
        let count = self.count;
        let side = self.columns.side;
        let mut terms = Vec::with_capacity(side * side);
        for column in columns {
            terms.clear();
            for down in 0..side {
                let Some(y) = self.rows.source(self.row, down) else {
                    continue;
                };
                for right in 0..side {
                    if let Some(x) = self.columns.source(column, right) {
                        let image = &self.image[(y * self.columns.from + x) * count..][..count];
                        let tap = &self.taps[(down * side + right) * count..][..count];
                        terms.push((image, tap));
                    }
                }
            }
            let into = &mut self.into[column * count..][..count];
            for v in 0..count {
                let mut sum = start(simd, self.bias, v);
                for (image, tap) in &terms {
                    sum = simd.mul_add_e_f32s(image[v], tap[v], sum);
                }
                into[v] = self.activation.value(simd, sum);
            }
        }
    }

    /// Computes [`TOGETHER`] results from `column` on, whose columns all lie inside.
    #[inline(always)]
    fn together<const SIDE: usize, const STRIDE: usize, const READ: usize>(
        &mut self,
        simd: S,
        column: usize,
    ) {
        let count = self.count;
        let x = column * STRIDE - self.columns.before;
        for v in 0..count {
            let mut sums = [start(simd, self.bias, v); TOGETHER];
            for down in 0..SIDE {
                let Some(y) = self.rows.source(self.row, down) else {
                    continue;
                };
                let image = &self.image[(y * self.columns.from + x) * count + v..];
                let image: [S::f32s; READ] = from_fn(|at| image[at * count]);
                let taps = &self.taps[down * SIDE * count + v..];
                for right in 0..SIDE {
                    let tap = taps[right * count];
                    for (place, sum) in sums.iter_mut().enumerate() {
                        *sum = simd.mul_add_e_f32s(image[place * STRIDE + right], tap, *sum);
                    }
                }
            }
            let into = &mut self.into[column * count + v..];
            for (place, sum) in sums.into_iter().enumerate() {
                into[place * count] = self.activation.value(simd, sum);
            }
        }
    }
}

/// Returns the bias of a vector of channels, or zero.
#[inline(always)]
fn start<S: Simd>(simd: S, bias: Option<&[S::f32s]>, vector: usize) -> S::f32s {
    match bias {
        Some(bias) => bias[vector],
        None => simd.splat_f32s(0.0),
    }
}
