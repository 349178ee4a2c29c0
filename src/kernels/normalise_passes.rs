//! The passes over memory of a normalisation: one forward, two backward.
//!
//! With d = x - mean, r = 1 / sqrt(variance + epsilon) and f = scale * r, the results are
//! act(f d + shift + plus). With g the gradient before the activation, the gradient of the shift is
//! sum(g), that of the scale is r sum(g d), and that of x is f g, if mean and variance are given.
//! If they are the batch's own, n values, it is f (g - sum(g) / n - d r^2 sum(g d) / n).
//!
//! # Source
//! Ioffe and Szegedy, "Batch Normalization", ICML 2015, section 3, with the sums collected.

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::activation::Activation;
use super::level::arch;
use super::pixels::{BLOCK, load, per_part, store, total};

/// What is done to the values of each channel.
#[derive(Debug, Clone, Copy)]
pub(super) struct Channels<'a> {
    /// `[channels]`, like the others.
    pub(super) mean: &'a [f32],
    /// The scale divided by the standard deviation.
    pub(super) factor: &'a [f32],
    pub(super) shift: &'a [f32],
    pub(super) activation: Activation,
}

/// Where the values before the activation come from.
#[derive(Debug, Clone, Copy)]
pub(super) enum Known<'a> {
    /// They are computed again from the images.
    Images,
    /// They are computed again from the images and what was added to them.
    Plus(&'a [f32]),
    /// The results, on the same side of the activation's bounds.
    Results(&'a [f32]),
}

impl Channels<'_> {
    pub(super) fn count(&self) -> usize {
        self.mean.len()
    }

    /// Returns the numbers of a part.
    fn part(&self) -> usize {
        per_part(self.count()) * self.count()
    }

    /// Returns a vector of the normalised values of a pixel.
    #[inline(always)]
    pub(super) fn normalised<S: Simd>(&self, simd: S, at: usize, deviation: S::f32s) -> S::f32s {
        let factor = load(simd, self.factor, at);
        simd.mul_add_e_f32s(deviation, factor, load(simd, self.shift, at))
    }

    /// Returns a vector of the gradient of a pixel, from its deviation and the gradient before the
    /// activation.
    #[inline(always)]
    pub(super) fn back<S: Simd>(
        &self,
        simd: S,
        at: usize,
        [deviation, before]: [S::f32s; 2],
        pull: Option<Pull>,
    ) -> S::f32s {
        let factor = load(simd, self.factor, at);
        match pull {
            Some(pull) => {
                let fixed = simd.neg_f32s(load(simd, pull.fixed, at));
                let slope = load(simd, pull.slope, at);
                let pulled = simd.negate_mul_add_e_f32s(deviation, slope, fixed);
                simd.mul_add_e_f32s(factor, before, pulled)
            }
            None => simd.mul_f32s(factor, before),
        }
    }
}

impl<'a> Known<'a> {
    /// Returns those of the part that starts at `start`.
    #[inline(always)]
    fn part(self, start: usize, length: usize) -> Self {
        match self {
            Self::Images => self,
            Self::Plus(all) => Self::Plus(&all[start..][..length]),
            Self::Results(all) => Self::Results(&all[start..][..length]),
        }
    }

    /// Returns the gradient before the activation of a vector of channels, from channel `at` of the
    /// pixel that is the part of `self`.
    #[inline(always)]
    fn gradient<S: Simd>(
        self,
        simd: S,
        channels: Channels,
        at: usize,
        [deviation, gradient]: [S::f32s; 2],
    ) -> S::f32s {
        let values = match self {
            Self::Images => channels.normalised(simd, at, deviation),
            Self::Plus(plus) => {
                let values = channels.normalised(simd, at, deviation);
                simd.add_f32s(values, load(simd, plus, at))
            }
            Self::Results(results) => load(simd, results, at),
        };
        channels.activation.gradient(simd, values, gradient)
    }
}

/// Writes the results.
///
/// # Shapes
/// - `images`, `into`, `plus`: `[pixels, channels]`; without `images`, `into` holds them
pub(super) fn forward(
    images: Option<&[f32]>,
    into: &mut [f32],
    plus: Option<&[f32]>,
    channels: Channels,
) {
    let per = channels.part();
    let parts = into.par_chunks_mut(per).enumerate();
    parts.for_each(|(index, into)| {
        let [images, plus] =
            [images, plus].map(|all| all.map(|all| &all[index * per..][..into.len()]));
        arch().dispatch(Forward {
            images,
            into,
            plus,
            channels,
        });
    });
}

struct Forward<'a> {
    images: Option<&'a [f32]>,
    into: &'a mut [f32],
    plus: Option<&'a [f32]>,
    channels: Channels<'a>,
}

impl WithSimd for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let channels = self.channels;
        let count = channels.count();
        for (index, into) in self.into.chunks_exact_mut(count).enumerate() {
            let pixel = |all: &'_ [f32], at: usize| load(simd, &all[index * count..][..count], at);
            for at in (0..count).step_by(S::F32_LANES) {
                let value = match self.images {
                    Some(images) => pixel(images, at),
                    None => load(simd, into, at),
                };
                let deviation = simd.sub_f32s(value, load(simd, channels.mean, at));
                let mut value = channels.normalised(simd, at, deviation);
                if let Some(plus) = self.plus {
                    value = simd.add_f32s(value, pixel(plus, at));
                }
                store(simd, into, at, channels.activation.value(simd, value));
            }
        }
    }
}

/// Returns the sums over the pixels of the gradient before the activation, and of its products with
/// the deviations from the mean. If `keep`, `gradient` becomes the one before the activation.
///
/// # Shapes
/// - `images`, `gradient`: `[pixels, channels]`
/// - returned: `[channels]` each
pub(super) fn sums(
    images: &[f32],
    gradient: &mut [f32],
    known: Known,
    channels: Channels,
    keep: bool,
) -> [Vec<f64>; 2] {
    let per = channels.part();
    let parts = gradient.par_chunks_mut(per).zip(images.par_chunks(per));
    let found: Vec<[Vec<f32>; 2]> = parts
        .enumerate()
        .map(|(index, (gradient, images))| {
            let mut sums = [0; 2].map(|_| vec![0.0; channels.count()]);
            let known = known.part(index * per, images.len());
            arch().dispatch(Sums {
                images,
                gradient,
                known,
                channels,
                keep,
                sums: sums.each_mut().map(Vec::as_mut_slice),
            });
            sums
        })
        .collect();
    total(found, channels.count())
}

struct Sums<'a> {
    images: &'a [f32],
    gradient: &'a mut [f32],
    known: Known<'a>,
    channels: Channels<'a>,
    keep: bool,
    sums: [&'a mut [f32]; 2],
}

impl WithSimd for Sums<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let channels = self.channels;
        let count = channels.count();
        let block = BLOCK * count;
        let blocks = self.gradient.chunks_mut(block).enumerate();
        let [shift, scale] = self.sums;
        for (index, gradient) in blocks {
            let images = &self.images[index * block..][..gradient.len()];
            let known = self.known.part(index * block, gradient.len());
            for at in (0..count).step_by(S::F32_LANES) {
                let mean = load(simd, channels.mean, at);
                let mut sums = [simd.splat_f32s(0.0); 2];
                let pixels = gradient.chunks_exact_mut(count).enumerate();
                for (pixel, gradient) in pixels {
                    let start = pixel * count;
                    let value = load(simd, &images[start..][..count], at);
                    let deviation = simd.sub_f32s(value, mean);
                    let after = load(simd, gradient, at);
                    let known = known.part(start, count);
                    let before = known.gradient(simd, channels, at, [deviation, after]);
                    if self.keep {
                        store(simd, gradient, at, before);
                    }
                    sums[0] = simd.add_f32s(sums[0], before);
                    sums[1] = simd.mul_add_e_f32s(before, deviation, sums[1]);
                }
                for (into, sum) in [&mut *shift, &mut *scale].into_iter().zip(sums) {
                    let all = simd.add_f32s(load(simd, into, at), sum);
                    store(simd, into, at, all);
                }
            }
        }
    }
}

/// What is subtracted from the gradient of the images if the statistics are the batch's own:
/// `fixed + d * slope`, `[channels]` each.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pull<'a> {
    pub(super) fixed: &'a [f32],
    pub(super) slope: &'a [f32],
}

/// Writes the gradient of the images.
///
/// # Shapes
/// - `images`, `into`: `[pixels, channels]`; `gradient` as well, or `into` holds it
pub(super) fn images_gradient(
    images: &[f32],
    gradient: Option<&[f32]>,
    into: &mut [f32],
    known: Known,
    (channels, pull): (Channels, Option<Pull>),
) {
    let per = channels.part();
    let parts = into.par_chunks_mut(per).zip(images.par_chunks(per));
    parts.enumerate().for_each(|(index, (into, images))| {
        let known = known.part(index * per, into.len());
        let gradient = gradient.map(|all| &all[index * per..][..into.len()]);
        arch().dispatch(Back {
            images,
            gradient,
            into,
            known,
            channels,
            pull,
        });
    });
}

struct Back<'a> {
    images: &'a [f32],
    gradient: Option<&'a [f32]>,
    into: &'a mut [f32],
    known: Known<'a>,
    channels: Channels<'a>,
    pull: Option<Pull<'a>>,
}

impl WithSimd for Back<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let channels = self.channels;
        let count = channels.count();
        for (index, into) in self.into.chunks_exact_mut(count).enumerate() {
            let start = index * count;
            let images = &self.images[start..][..count];
            let gradient = self.gradient.map(|all| &all[start..][..count]);
            let known = self.known.part(start, count);
            for at in (0..count).step_by(S::F32_LANES) {
                let mean = load(simd, channels.mean, at);
                let deviation = simd.sub_f32s(load(simd, images, at), mean);
                let after = match gradient {
                    Some(gradient) => load(simd, gradient, at),
                    None => load(simd, into, at),
                };
                let before = known.gradient(simd, channels, at, [deviation, after]);
                let value = channels.back(simd, at, [deviation, before], self.pull);
                store(simd, into, at, value);
            }
        }
    }
}
