//! Kernels at the points of a minimal filtering scheme.

use std::array::from_fn;
use std::marker::PhantomData;

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::level::arch;
use super::product::{PANEL, Right};
use super::scheme::Scheme;
use super::taps::Taps;

/// Numbers between two planes of a transformed band, so that their rows do not map to the same
/// lines of the first level cache.
pub(super) const GAP: usize = 16;

/// Kernels at the points of a scheme, `[output panels, points * points, inputs, 16]`, padded.
#[derive(Debug)]
pub(super) struct Kernels<K> {
    values: Vec<f32>,
    /// Numbers from point to point, and from panel to panel.
    strides: [usize; 2],
    scheme: PhantomData<K>,
}

impl<K> Kernels<K> {
    /// Returns `taps`, 3x3, at the points of the scheme.
    pub(super) fn new<const IN: usize, const POINTS: usize, const OUT: usize>(taps: Taps) -> Self
    where
        K: Scheme<IN, POINTS, OUT>,
    {
        let size = taps.size();
        let plane = size.inputs * PANEL + GAP;
        let panel = POINTS * POINTS * plane;
        let mut values = vec![0.0; size.outputs / PANEL * panel];
        values
            .par_chunks_mut(panel)
            .enumerate()
            .for_each(|(panel, into)| {
                let scheme = PhantomData::<K>;
                arch().dispatch(Transform::<K, IN, POINTS, OUT> {
                    taps,
                    panel,
                    into,
                    scheme,
                });
            });
        let (strides, scheme) = ([plane, panel], PhantomData);
        Self {
            values,
            strides,
            scheme,
        }
    }

    /// Returns the kernels at one point.
    #[inline(always)]
    pub(super) fn at(&self, point: usize) -> Right<'_> {
        let [plane, panel] = self.strides;
        Right {
            values: &self.values[point * plane..],
            stride: panel,
        }
    }
}

/// The transform of the kernels of one panel of outputs.
struct Transform<'a, K, const IN: usize, const POINTS: usize, const OUT: usize> {
    taps: Taps<'a>,
    panel: usize,
    into: &'a mut [f32],
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
        let Self {
            taps, panel, into, ..
        } = self;
        let inputs = taps.size().inputs;
        let into = S::as_mut_simd_f32s(into).0;
        let vectors = PANEL / S::F32_LANES;
        let stride = (inputs * PANEL + GAP) / S::F32_LANES;
        for input in 0..inputs {
            let taps: [[f32; PANEL]; 9] =
                from_fn(|tap| from_fn(|lane| taps.at(panel * PANEL + lane, input, tap)));
            for vector in 0..vectors {
                let taps: [[S::f32s; 3]; 3] = from_fn(|row| {
                    from_fn(|column| S::as_simd_f32s(&taps[row * 3 + column]).0[vector])
                });
                let mut half = [[simd.splat_f32s(0.0); POINTS]; 3];
                for row in 0..3 {
                    half[row] = K::taps(simd, taps[row]);
                }
                for column in 0..POINTS {
                    let whole = K::taps(simd, from_fn(|row| half[row][column]));
                    for row in 0..POINTS {
                        let plane = row * POINTS + column;
                        into[plane * stride + input * vectors + vector] = whole[row];
                    }
                }
            }
        }
    }
}
