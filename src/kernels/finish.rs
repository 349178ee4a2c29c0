//! The operations on a convolution's results, tile by tile while they are in registers: bias, ReLU,
//! pool.

use pulp::Simd;

use super::activation::Activation;
use super::size::{Band, Size, parts, pixel_rows, tile_rows};

/// Side of a pool's window.
pub(super) const POOL: usize = 2;
/// Value of `chosen` for a window whose values are all set to 0 by ReLU.
pub(super) const NONE: f32 = -1.0;

/// The target of a convolution's results.
#[derive(Debug)]
pub(super) enum Finish<'a> {
    /// Unpooled, with a bias if there is one, and after an activation.
    Whole {
        /// `[images, height, width, outputs]`
        into: &'a mut [f32],
        bias: Option<&'a [f32]>,
        activation: Activation,
    },
    /// With bias, ReLU and 2x2 max-pool. Height and width are even.
    Pooled {
        /// `[images, height / 2, width / 2, outputs]`
        into: &'a mut [f32],
        /// Index of the largest value in the window: 0 to 3 row by row, or [`NONE`]; shaped as
        /// `into`.
        chosen: &'a mut [f32],
        bias: &'a [f32],
    },
}

/// Position of a tile in its part of a [`Finish`].
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// Row of pixels in the part.
    row: usize,
    column: usize,
    /// Rows and columns of the tile inside the image.
    rows: usize,
    columns: usize,
}

impl Place {
    /// Returns whether a pixel of the tile is inside the image.
    #[inline(always)]
    pub(super) fn holds(self, y: usize, x: usize) -> bool {
        y < self.rows && x < self.columns
    }

    /// Returns the index in the part of a pixel of the tile.
    #[inline(always)]
    pub(super) fn pixel(self, size: Size, y: usize, x: usize) -> usize {
        (self.row + y) * size.width + self.column + x
    }
}

impl<'a> Finish<'a> {
    /// Splits it into one part per band of tiles that are `side` pixels high.
    pub(super) fn cut(self, size: Size, side: usize, bands: &[Band]) -> Vec<Finish<'a>> {
        let row = size.width * size.outputs;
        let rows = |band| pixel_rows(size, side, band);
        match self {
            Finish::Whole {
                into,
                bias,
                activation,
            } => parts(into, bands, |band| rows(band) * row)
                .into_iter()
                .map(|into| Finish::Whole {
                    into,
                    bias,
                    activation,
                })
                .collect(),
            Finish::Pooled { into, chosen, bias } => {
                let length = |band| rows(band) * row / (POOL * POOL);
                let into = parts(into, bands, length);
                (into.into_iter().zip(parts(chosen, bands, length)))
                    .map(|(into, chosen)| Finish::Pooled { into, chosen, bias })
                    .collect()
            }
        }
    }

    /// Returns the position of a tile of `band`.
    #[inline(always)]
    pub(super) fn place(&self, size: Size, side: usize, band: Band, tile: usize) -> Place {
        let across = size.width.div_ceil(side);
        let (row, column) = (tile / across, tile % across * side);
        let before = Band {
            first: band.first,
            rows: row,
        };
        let top = (band.first + row) % tile_rows(size, side) * side;
        Place {
            row: pixel_rows(size, side, before),
            column,
            rows: side.min(size.height - top),
            columns: side.min(size.width - column),
        }
    }

    /// Writes one vector of channels of a tile to its position.
    #[inline(always)]
    pub(super) fn put<S: Simd, const OUT: usize>(
        &mut self,
        simd: S,
        size: Size,
        place: Place,
        vector: usize,
        results: [[S::f32s; OUT]; OUT],
    ) {
        let zero = simd.splat_f32s(0.0);
        let vectors = size.outputs / S::F32_LANES;
        match self {
            Finish::Whole {
                into,
                bias,
                activation,
            } => {
                let bias = bias.map_or(zero, |bias| S::as_simd_f32s(bias).0[vector]);
                let into = S::as_mut_simd_f32s(into).0;
                for y in 0..OUT {
                    for x in 0..OUT {
                        if !place.holds(y, x) {
                            continue;
                        }
                        let value = simd.add_f32s(results[y][x], bias);
                        into[place.pixel(size, y, x) * vectors + vector] =
                            activation.value(simd, value);
                    }
                }
            }
            Finish::Pooled { into, chosen, bias } => {
                let bias = S::as_simd_f32s(bias).0[vector];
                let into = S::as_mut_simd_f32s(into).0;
                let chosen = S::as_mut_simd_f32s(chosen).0;
                for y in (0..place.rows).step_by(POOL) {
                    let start = (place.row + y) / POOL * (size.width / POOL);
                    for x in (0..place.columns).step_by(POOL) {
                        // The first of equals wins, ReLU clamps values that are not above zero, and
                        // NaN stays NaN.
                        let (mut largest, mut which) = (zero, simd.splat_f32s(NONE));
                        for (index, at) in [(0, 0), (0, 1), (1, 0), (1, 1)].iter().enumerate() {
                            let value = simd.add_f32s(results[y + at.0][x + at.1], bias);
                            let kept = simd.greater_than_or_equal_f32s(largest, value);
                            let number = simd.equal_f32s(largest, largest);
                            let larger = simd.and_m32s(number, simd.not_m32s(kept));
                            largest = simd.select_f32s(larger, value, largest);
                            which = simd.select_f32s(larger, simd.splat_f32s(index as f32), which);
                        }
                        let at = (start + (place.column + x) / POOL) * vectors + vector;
                        into[at] = largest;
                        chosen[at] = which;
                    }
                }
            }
        }
    }
}
