//! The gradient of 3x3 kernels by minimal filtering: the products of the forward pass, applied to
//! the transformed images and the transformed gradient.

use std::array::from_fn;
use std::marker::PhantomData;

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::level::arch;
use super::product::{Left, PANEL, Right, Size as ProductSize, Target, multiply};
use super::scheme::Scheme;
use super::size::{Band, Size, bands};
use super::winograd::{Source, samples};
use super::winograd_kernels::GAP;

/// Number of tiles in a band: sums long enough that reading and writing them is negligible.
const TILES: usize = 128;
/// Number of values in the transformed bands of a block: 8 MiB, a share of a third level cache.
const BLOCK_NUMBERS: usize = 2 * 1024 * 1024;
/// Number of rows of the gradient, one per input channel, that one core sums at a time.
const INPUTS: usize = 48;

/// Returns the gradient of the kernels, `[outputs, inputs, 3, 3]`.
///
/// Every value is summed by one core in the order of the images, so that it does not depend on the
/// number of cores.
///
/// # Shapes
/// - `images`: `[images, height, width, inputs]`
/// - `gradient`: `[images, height, width, outputs]`; both channel counts are multiples of 16
pub(super) fn kernel_gradient<K, const IN: usize, const POINTS: usize, const OUT: usize>(
    images: &[f32],
    gradient: &[f32],
    size: Size,
) -> Vec<f32>
where
    K: Scheme<IN, POINTS, OUT>,
{
    let across = size.width.div_ceil(OUT);
    let rows = (TILES / across).max(1);
    let bands = bands(size, OUT, rows);
    let most = bands.first().map_or(0, |band| band.rows) * across;
    let planes = POINTS * POINTS;
    let stride = size.inputs + PANEL;
    let plane = most * stride + GAP;
    let gradient_plane = most * size.outputs + GAP;
    let band_numbers = planes * (plane + gradient_plane);
    let together = (BLOCK_NUMBERS / band_numbers).clamp(1, bands.len().max(1));
    let mut transformed = vec![0.0; together * band_numbers];
    let mut sums = vec![0.0; planes * size.inputs * size.outputs];
    let zeros = vec![0.0; size.inputs.max(size.outputs)];
    let source = |images, channels| Source {
        images,
        size,
        channels,
        zeros: &zeros[..channels],
    };
    let [from, to] = [source(images, size.inputs), source(gradient, size.outputs)];
    for (block, bands) in bands.chunks(together).enumerate() {
        (transformed.par_chunks_mut(band_numbers).zip(bands)).for_each(|(into, band)| {
            let (points, gradient_points) = into.split_at_mut(planes * plane);
            arch().dispatch(Transform::<K, IN, POINTS, OUT> {
                from,
                to,
                band: *band,
                points,
                gradient_points,
                planes: [plane, gradient_plane],
                panel: most * PANEL,
                scheme: PhantomData,
            });
        });
        let per_task = INPUTS * size.outputs;
        let parts: Vec<(usize, usize, &mut [f32])> = sums
            .chunks_mut(size.inputs * size.outputs)
            .enumerate()
            .flat_map(|(point, sums)| {
                let parts = sums.chunks_mut(per_task).enumerate();
                parts.map(move |(part, sums)| (point, part * INPUTS, sums))
            })
            .collect();
        let transformed = &transformed;
        parts.into_par_iter().for_each(|(point, input, sums)| {
            for (index, band) in bands.iter().enumerate() {
                let band_values = &transformed[index * band_numbers..][..band_numbers];
                let (points, gradient_points) = band_values.split_at(planes * plane);
                arch().dispatch(Sum {
                    points: &points[point * plane + input..],
                    stride,
                    gradient: &gradient_points[point * gradient_plane..],
                    gradient_stride: most * PANEL,
                    tiles: band.rows * across,
                    outputs: size.outputs,
                    add: block + index > 0,
                    sums: &mut *sums,
                });
            }
        });
    }
    finish::<K, IN, POINTS, OUT>(&sums, size)
}

/// The transforms of one band.
struct Transform<'a, K, const IN: usize, const POINTS: usize, const OUT: usize> {
    from: Source<'a>,
    to: Source<'a>,
    band: Band,
    /// `[points * points, tiles, inputs]`, padded.
    points: &'a mut [f32],
    /// `[points * points, output panels, tiles, 16]`, padded.
    gradient_points: &'a mut [f32],
    planes: [usize; 2],
    /// Numbers from one output panel to the next.
    panel: usize,
    scheme: PhantomData<K>,
}

impl<K, const IN: usize, const POINTS: usize, const OUT: usize> WithSimd
    for Transform<'_, K, IN, POINTS, OUT>
where
    K: Scheme<IN, POINTS, OUT>,
{
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let tiles = self.band.rows * self.from.size.width.div_ceil(OUT);
        let [plane, gradient_plane] = self.planes.map(|numbers| numbers / S::F32_LANES);
        let stride = (self.from.channels + PANEL) / S::F32_LANES;
        let points = S::as_mut_simd_f32s(self.points).0;
        let gradient_points = S::as_mut_simd_f32s(self.gradient_points).0;
        let per_panel = PANEL / S::F32_LANES;
        let panel = self.panel / S::F32_LANES;
        for tile in 0..tiles {
            let pixels = self.from.tile::<S, IN, OUT>(self.band, tile, K::BEFORE);
            for vector in 0..self.from.channels / S::F32_LANES {
                let transformed = samples::<K, S, IN, POINTS, OUT>(simd, &pixels, vector);
                for row in 0..POINTS {
                    for column in 0..POINTS {
                        let point = row * POINTS + column;
                        points[point * plane + tile * stride + vector] = transformed[row][column];
                    }
                }
            }
            let pixels = self.to.tile::<S, OUT, OUT>(self.band, tile, 0);
            for vector in 0..self.to.channels / S::F32_LANES {
                let mut half = [[simd.splat_f32s(0.0); OUT]; POINTS];
                for column in 0..OUT {
                    let pixels = from_fn(|row| pixels[row][column][vector]);
                    let transformed = K::results_adjoint(simd, pixels);
                    for row in 0..POINTS {
                        half[row][column] = transformed[row];
                    }
                }
                let at = vector / per_panel * panel + tile * per_panel + vector % per_panel;
                for row in 0..POINTS {
                    let transformed = K::results_adjoint(simd, half[row]);
                    for column in 0..POINTS {
                        gradient_points[(row * POINTS + column) * gradient_plane + at] =
                            transformed[column];
                    }
                }
            }
        }
    }
}

/// One band's share of the sums at one point, for some inputs.
struct Sum<'a> {
    points: &'a [f32],
    stride: usize,
    gradient: &'a [f32],
    gradient_stride: usize,
    tiles: usize,
    outputs: usize,
    add: bool,
    /// `[inputs, outputs]`
    sums: &'a mut [f32],
}

impl WithSimd for Sum<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let product = ProductSize {
            rows: self.sums.len() / self.outputs,
            inner: self.tiles,
            panels: self.outputs / PANEL,
        };
        let left = Left::Columns {
            values: self.points,
            stride: self.stride,
        };
        let right = Right {
            values: self.gradient,
            stride: self.gradient_stride,
        };
        let into = Target {
            values: self.sums,
            stride: self.outputs,
            columns: self.outputs,
            add: self.add,
            end: None,
        };
        multiply(simd, left, right, into, product);
    }
}

/// Returns the gradient at the taps from that at the points, `[points * points, inputs, outputs]`.
fn finish<K, const IN: usize, const POINTS: usize, const OUT: usize>(
    sums: &[f32],
    size: Size,
) -> Vec<f32>
where
    K: Scheme<IN, POINTS, OUT>,
{
    let mut taps = vec![0.0; size.outputs * size.inputs * 9];
    let panels = taps.par_chunks_mut(PANEL * size.inputs * 9).enumerate();
    panels.for_each(|(panel, into)| {
        arch().dispatch(Finish::<K, IN, POINTS, OUT> {
            sums,
            size,
            panel,
            into,
            scheme: PhantomData,
        });
    });
    taps
}

struct Finish<'a, K, const IN: usize, const POINTS: usize, const OUT: usize> {
    sums: &'a [f32],
    size: Size,
    panel: usize,
    /// `[16, inputs, 9]`
    into: &'a mut [f32],
    scheme: PhantomData<K>,
}

impl<K, const IN: usize, const POINTS: usize, const OUT: usize> WithSimd
    for Finish<'_, K, IN, POINTS, OUT>
where
    K: Scheme<IN, POINTS, OUT>,
{
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Size {
            inputs, outputs, ..
        } = self.size;
        let sums = S::as_simd_f32s(self.sums).0;
        let vectors = PANEL / S::F32_LANES;
        for input in 0..inputs {
            let mut taps = [[0.0; PANEL]; 9];
            for vector in 0..vectors {
                let at = (input * outputs + self.panel * PANEL) / S::F32_LANES + vector;
                let plane = inputs * outputs / S::F32_LANES;
                let mut half = [[simd.splat_f32s(0.0); 3]; POINTS];
                for row in 0..POINTS {
                    let points = from_fn(|column| sums[(row * POINTS + column) * plane + at]);
                    half[row] = K::taps_adjoint(simd, points);
                }
                for column in 0..3 {
                    let whole = K::taps_adjoint(simd, from_fn(|row| half[row][column]));
                    for row in 0..3 {
                        S::as_mut_simd_f32s(&mut taps[row * 3 + column]).0[vector] = whole[row];
                    }
                }
            }
            for lane in 0..PANEL {
                let into = &mut self.into[(lane * inputs + input) * 9..][..9];
                for (into, tap) in into.iter_mut().zip(&taps) {
                    *into = tap[lane];
                }
            }
        }
    }
}
