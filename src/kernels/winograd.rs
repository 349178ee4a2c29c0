//! The 3x3 convolution by minimal filtering: forward and, with the kernels rotated by 180 degrees,
//! for the gradient of the input.

use std::array::from_fn;

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::finish::Finish;
use super::level::arch;
use super::product::{Left, PANEL, Size as ProductSize, Target, multiply};
use super::scheme::Scheme;
use super::scratch::with_scratch;
use super::size::{Band, Size, bands, tile_rows};
use super::winograd_kernels::{GAP, Kernels};

/// Number of values that a core uses for a band: three quarters of a common second level cache of
/// 512 KiB.
const BAND_NUMBERS: usize = 96 * 1024;
/// Minimum number of tiles in a band, so that each kernel that is read is reused often enough.
const FEWEST_TILES: usize = 24;

/// Writes the convolution of `images` with `kernels` to `finish`.
///
/// # Shapes
/// - `images`: `[images, height, width, inputs]`; both channel counts are multiples of 16
pub(super) fn convolve<K, const IN: usize, const POINTS: usize, const OUT: usize>(
    images: &[f32],
    kernels: &Kernels<K>,
    size: Size,
    finish: Finish,
) where
    K: Scheme<IN, POINTS, OUT>,
{
    let across = size.width.div_ceil(OUT);
    let per_tile = POINTS * POINTS * (size.inputs + size.outputs);
    let tiles = (BAND_NUMBERS / per_tile).max(FEWEST_TILES);
    let bands = bands(size, OUT, (tiles / across).max(1));
    let parts = finish.cut(size, OUT, &bands);
    let zeros = vec![0.0; size.inputs];
    (bands.par_iter().zip(parts)).for_each(|(band, part)| {
        let tiles = band.rows * across;
        let strides = [size.inputs, size.outputs].map(|channels| channels + PANEL);
        let planes = strides.map(|stride| tiles * stride + GAP);
        with_scratch(
            planes.map(|plane| POINTS * POINTS * plane),
            |[points, products]| {
                let source = Source {
                    images,
                    size,
                    channels: size.inputs,
                    zeros: &zeros,
                };
                arch().dispatch(Convolve::<K, IN, POINTS, OUT> {
                    source,
                    kernels,
                    band: *band,
                    points,
                    products,
                    strides,
                    planes,
                    part,
                });
            },
        );
    });
}

/// The convolution of one band.
struct Convolve<'a, K, const IN: usize, const POINTS: usize, const OUT: usize> {
    source: Source<'a>,
    kernels: &'a Kernels<K>,
    band: Band,
    /// `[points * points, tiles, inputs]`, padded.
    points: &'a mut [f32],
    /// `[points * points, tiles, outputs]`, padded.
    products: &'a mut [f32],
    /// Numbers from tile to tile in both.
    strides: [usize; 2],
    /// Numbers from point to point in both.
    planes: [usize; 2],
    part: Finish<'a>,
}

impl<K, const IN: usize, const POINTS: usize, const OUT: usize> WithSimd
    for Convolve<'_, K, IN, POINTS, OUT>
where
    K: Scheme<IN, POINTS, OUT>,
{
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let size = self.source.size;
        let tiles = self.band.rows * size.width.div_ceil(OUT);
        self.transform(simd, tiles);
        for point in 0..POINTS * POINTS {
            let left = Left::Rows {
                values: &self.points[point * self.planes[0]..],
                stride: self.strides[0],
            };
            let right = self.kernels.at(point);
            let into = Target {
                values: &mut self.products[point * self.planes[1]..],
                stride: self.strides[1],
                columns: size.outputs,
                add: false,
                end: None,
            };
            let product = ProductSize {
                rows: tiles,
                inner: size.inputs,
                panels: size.outputs / PANEL,
            };
            multiply(simd, left, right, into, product);
        }
        self.finish(simd, tiles);
    }
}

impl<K, const IN: usize, const POINTS: usize, const OUT: usize> Convolve<'_, K, IN, POINTS, OUT>
where
    K: Scheme<IN, POINTS, OUT>,
{
    #[inline(always)]
    fn transform<S: Simd>(&mut self, simd: S, tiles: usize) {
        let points = S::as_mut_simd_f32s(self.points).0;
        let [stride, plane] = [self.strides[0], self.planes[0]].map(|n| n / S::F32_LANES);
        for tile in 0..tiles {
            let pixels = self.source.tile::<S, IN, OUT>(self.band, tile, K::BEFORE);
            for vector in 0..self.source.channels / S::F32_LANES {
                let transformed = samples::<K, S, IN, POINTS, OUT>(simd, &pixels, vector);
                let start = tile * stride + vector;
                for row in 0..POINTS {
                    for column in 0..POINTS {
                        let at = (row * POINTS + column) * plane + start;
                        points[at] = transformed[row][column];
                    }
                }
            }
        }
    }

    #[inline(always)]
    fn finish<S: Simd>(&mut self, simd: S, tiles: usize) {
        let products = S::as_simd_f32s(self.products).0;
        let size = self.source.size;
        let [stride, plane] = [self.strides[1], self.planes[1]].map(|n| n / S::F32_LANES);
        for tile in 0..tiles {
            let place = self.part.place(size, OUT, self.band, tile);
            for vector in 0..size.outputs / S::F32_LANES {
                let start = tile * stride + vector;
                let mut half = [[simd.splat_f32s(0.0); OUT]; POINTS];
                for row in 0..POINTS {
                    let at = |column| products[(row * POINTS + column) * plane + start];
                    half[row] = K::results(simd, from_fn(at));
                }
                let mut results = [[simd.splat_f32s(0.0); OUT]; OUT];
                for column in 0..OUT {
                    let whole = K::results(simd, from_fn(|row| half[row][column]));
                    for row in 0..OUT {
                        results[row][column] = whole[row];
                    }
                }
                self.part.put(simd, size, place, vector, results);
            }
        }
    }
}

/// Returns the transform of one vector of channels of a tile, `[points, points]`.
#[inline(always)]
pub(super) fn samples<K, S: Simd, const IN: usize, const POINTS: usize, const OUT: usize>(
    simd: S,
    pixels: &[[&[S::f32s]; IN]; IN],
    vector: usize,
) -> [[S::f32s; POINTS]; POINTS]
where
    K: Scheme<IN, POINTS, OUT>,
{
    let mut half = [[simd.splat_f32s(0.0); IN]; POINTS];
    for column in 0..IN {
        let transformed = K::samples(simd, from_fn(|row| pixels[row][column][vector]));
        for row in 0..POINTS {
            half[row][column] = transformed[row];
        }
    }
    let mut whole = [[simd.splat_f32s(0.0); POINTS]; POINTS];
    for row in 0..POINTS {
        whole[row] = K::samples(simd, half[row]);
    }
    whole
}

/// The source images of tiles.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source<'a> {
    /// `[images, height, width, channels]`
    pub(super) images: &'a [f32],
    pub(super) size: Size,
    pub(super) channels: usize,
    /// A pixel outside the image.
    pub(super) zeros: &'a [f32],
}

impl<'a> Source<'a> {
    /// Returns the pixels of the window of `N` x `N` pixels that starts `before` pixels above and
    /// left of a tile of `side` x `side` pixels.
    #[inline(always)]
    pub(super) fn tile<S: Simd, const N: usize, const SIDE: usize>(
        &self,
        band: Band,
        tile: usize,
        before: usize,
    ) -> [[&'a [S::f32s]; N]; N] {
        let Size { height, width, .. } = self.size;
        let across = width.div_ceil(SIDE);
        let rows = tile_rows(self.size, SIDE);
        let row = band.first + tile / across;
        let (image, top, left) = (row / rows, row % rows * SIDE, tile % across * SIDE);
        from_fn(|y| {
            from_fn(|x| {
                let (y, x) = (top + y, left + x);
                let inside =
                    y >= before && y - before < height && x >= before && x - before < width;
                let pixel = if inside {
                    let at = (image * height + y - before) * width + x - before;
                    &self.images[at * self.channels..][..self.channels]
                } else {
                    self.zeros
                };
                S::as_simd_f32s(pixel).0
            })
        })
    }
}
