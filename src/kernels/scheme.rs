//! Minimal filtering of a row by three taps: the transforms for `winograd`.

use pulp::Simd;

/// Computes `OUT` neighbouring results of a three-tap filter over `IN` samples with `POINTS`
/// products: transform the samples and the taps, multiply point by point, transform the products.
/// Applied along rows and columns it filters a plane with 3x3 taps.
///
/// # Source
/// Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", CVPR 2016, section 4; the
/// names in brackets are theirs. The adjoint transforms give the gradient of the taps.
pub(super) trait Scheme<const IN: usize, const POINTS: usize, const OUT: usize>:
    Copy + Send + Sync + 'static
{
    /// Number of samples before the position of the first result.
    const BEFORE: usize;

    /// Returns the samples at the points (B^T).
    fn samples<S: Simd>(simd: S, d: [S::f32s; IN]) -> [S::f32s; POINTS];
    /// Returns the taps at the points (G).
    fn taps<S: Simd>(simd: S, g: [S::f32s; 3]) -> [S::f32s; POINTS];
    /// Returns the results from the products at the points (A^T).
    fn results<S: Simd>(simd: S, m: [S::f32s; POINTS]) -> [S::f32s; OUT];
    /// Applies the adjoint of [`results`](Self::results) (A).
    fn results_adjoint<S: Simd>(simd: S, y: [S::f32s; OUT]) -> [S::f32s; POINTS];
    /// Applies the adjoint of [`taps`](Self::taps) (G^T).
    fn taps_adjoint<S: Simd>(simd: S, u: [S::f32s; POINTS]) -> [S::f32s; 3];
}

/// Two results of four samples: F(2, 3), points 0, 1, -1 and infinity.
#[derive(Debug, Clone, Copy)]
pub(super) struct Two;

impl Scheme<4, 4, 2> for Two {
    const BEFORE: usize = 1;

    #[inline(always)]
    fn samples<S: Simd>(simd: S, [d0, d1, d2, d3]: [S::f32s; 4]) -> [S::f32s; 4] {
        [
            simd.sub_f32s(d0, d2),
            simd.add_f32s(d1, d2),
            simd.sub_f32s(d2, d1),
            simd.sub_f32s(d1, d3),
        ]
    }

    #[inline(always)]
    fn taps<S: Simd>(simd: S, [g0, g1, g2]: [S::f32s; 3]) -> [S::f32s; 4] {
        let half = simd.splat_f32s(0.5);
        let even = simd.add_f32s(g0, g2);
        [
            g0,
            simd.mul_f32s(half, simd.add_f32s(even, g1)),
            simd.mul_f32s(half, simd.sub_f32s(even, g1)),
            g2,
        ]
    }

    #[inline(always)]
    fn results<S: Simd>(simd: S, [m0, m1, m2, m3]: [S::f32s; 4]) -> [S::f32s; 2] {
        [
            simd.add_f32s(m0, simd.add_f32s(m1, m2)),
            simd.sub_f32s(simd.sub_f32s(m1, m2), m3),
        ]
    }

    #[inline(always)]
    fn results_adjoint<S: Simd>(simd: S, [y0, y1]: [S::f32s; 2]) -> [S::f32s; 4] {
        [
            y0,
            simd.add_f32s(y0, y1),
            simd.sub_f32s(y0, y1),
            simd.neg_f32s(y1),
        ]
    }

    #[inline(always)]
    fn taps_adjoint<S: Simd>(simd: S, [u0, u1, u2, u3]: [S::f32s; 4]) -> [S::f32s; 3] {
        let half = simd.splat_f32s(0.5);
        let even = simd.mul_f32s(half, simd.add_f32s(u1, u2));
        [
            simd.add_f32s(u0, even),
            simd.mul_f32s(half, simd.sub_f32s(u1, u2)),
            simd.add_f32s(u3, even),
        ]
    }
}

/// Four results of six samples: F(4, 3), points 0, 1, -1, 2, -2 and infinity.
#[derive(Debug, Clone, Copy)]
pub(super) struct Four;

impl Scheme<6, 6, 4> for Four {
    const BEFORE: usize = 1;

    #[inline(always)]
    fn samples<S: Simd>(simd: S, [d0, d1, d2, d3, d4, d5]: [S::f32s; 6]) -> [S::f32s; 6] {
        let [two, four, five] = [2.0, 4.0, 5.0].map(|value| simd.splat_f32s(value));
        // a - b * c and a + b * c.
        let less = |a, b, c| simd.negate_mul_add_e_f32s(b, c, a);
        let more = |a, b, c| simd.mul_add_e_f32s(b, c, a);
        let even = less(d4, four, d2);
        let odd = less(d3, four, d1);
        let even_two = simd.sub_f32s(d4, d2);
        let odd_two = simd.mul_f32s(two, simd.sub_f32s(d3, d1));
        [
            less(more(d4, four, d0), five, d2),
            simd.add_f32s(even, odd),
            simd.sub_f32s(even, odd),
            simd.add_f32s(even_two, odd_two),
            simd.sub_f32s(even_two, odd_two),
            less(more(d5, four, d1), five, d3),
        ]
    }

    #[inline(always)]
    fn taps<S: Simd>(simd: S, [g0, g1, g2]: [S::f32s; 3]) -> [S::f32s; 6] {
        let [quarter, sixth, twelfth, twenty_fourth] =
            [1.0 / 4.0, 1.0 / 6.0, 1.0 / 12.0, 1.0 / 24.0].map(|value| simd.splat_f32s(value));
        let even = simd.mul_f32s(sixth, simd.add_f32s(g0, g2));
        let odd = simd.mul_f32s(sixth, g1);
        let even_two = simd.mul_add_e_f32s(twenty_fourth, g0, simd.mul_f32s(sixth, g2));
        let odd_two = simd.mul_f32s(twelfth, g1);
        [
            simd.mul_f32s(quarter, g0),
            simd.neg_f32s(simd.add_f32s(even, odd)),
            simd.sub_f32s(odd, even),
            simd.add_f32s(even_two, odd_two),
            simd.sub_f32s(even_two, odd_two),
            g2,
        ]
    }

    #[inline(always)]
    fn results<S: Simd>(simd: S, [m0, m1, m2, m3, m4, m5]: [S::f32s; 6]) -> [S::f32s; 4] {
        let [two, four, eight] = [2.0, 4.0, 8.0].map(|value| simd.splat_f32s(value));
        let [sum, difference] = [simd.add_f32s(m1, m2), simd.sub_f32s(m1, m2)];
        let [sum_two, difference_two] = [simd.add_f32s(m3, m4), simd.sub_f32s(m3, m4)];
        [
            simd.add_f32s(m0, simd.add_f32s(sum, sum_two)),
            simd.mul_add_e_f32s(two, difference_two, difference),
            simd.mul_add_e_f32s(four, sum_two, sum),
            simd.add_f32s(m5, simd.mul_add_e_f32s(eight, difference_two, difference)),
        ]
    }

    #[inline(always)]
    fn results_adjoint<S: Simd>(simd: S, [y0, y1, y2, y3]: [S::f32s; 4]) -> [S::f32s; 6] {
        let [two, four, eight] = [2.0, 4.0, 8.0].map(|value| simd.splat_f32s(value));
        let [even, odd] = [simd.add_f32s(y0, y2), simd.add_f32s(y1, y3)];
        let even_two = simd.mul_add_e_f32s(four, y2, y0);
        let odd_two = simd.mul_add_e_f32s(eight, y3, simd.mul_f32s(two, y1));
        [
            y0,
            simd.add_f32s(even, odd),
            simd.sub_f32s(even, odd),
            simd.add_f32s(even_two, odd_two),
            simd.sub_f32s(even_two, odd_two),
            y3,
        ]
    }

    #[inline(always)]
    fn taps_adjoint<S: Simd>(simd: S, [u0, u1, u2, u3, u4, u5]: [S::f32s; 6]) -> [S::f32s; 3] {
        let [quarter, sixth, twelfth, twenty_fourth] =
            [1.0 / 4.0, 1.0 / 6.0, 1.0 / 12.0, 1.0 / 24.0].map(|value| simd.splat_f32s(value));
        let near = simd.mul_f32s(sixth, simd.add_f32s(u1, u2));
        let far = simd.add_f32s(u3, u4);
        let first = simd.sub_f32s(simd.mul_f32s(quarter, u0), near);
        let last = simd.mul_add_e_f32s(sixth, far, simd.sub_f32s(u5, near));
        [
            simd.mul_add_e_f32s(twenty_fourth, far, first),
            simd.mul_add_e_f32s(
                twelfth,
                simd.sub_f32s(u3, u4),
                simd.mul_f32s(sixth, simd.sub_f32s(u2, u1)),
            ),
            last,
        ]
    }
}

/// Both results of a row of two samples with zeros around it: three products instead of the four of
/// F(2, 3). `y0 = w1 (x0 + x1) + (w2 - w1) x1` and `y1 = w1 (x0 + x1) + (w0 - w1) x0`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pair;

impl Scheme<2, 3, 2> for Pair {
    const BEFORE: usize = 0;

    #[inline(always)]
    fn samples<S: Simd>(simd: S, [d0, d1]: [S::f32s; 2]) -> [S::f32s; 3] {
        [simd.add_f32s(d0, d1), d1, d0]
    }

    #[inline(always)]
    fn taps<S: Simd>(simd: S, [g0, g1, g2]: [S::f32s; 3]) -> [S::f32s; 3] {
        [g1, simd.sub_f32s(g2, g1), simd.sub_f32s(g0, g1)]
    }

    #[inline(always)]
    fn results<S: Simd>(simd: S, [m0, m1, m2]: [S::f32s; 3]) -> [S::f32s; 2] {
        [simd.add_f32s(m0, m1), simd.add_f32s(m0, m2)]
    }

    #[inline(always)]
    fn results_adjoint<S: Simd>(simd: S, [y0, y1]: [S::f32s; 2]) -> [S::f32s; 3] {
        [simd.add_f32s(y0, y1), y0, y1]
    }

    #[inline(always)]
    fn taps_adjoint<S: Simd>(simd: S, [u0, u1, u2]: [S::f32s; 3]) -> [S::f32s; 3] {
        [u2, simd.sub_f32s(simd.sub_f32s(u0, u1), u2), u1]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pulp::Scalar;

    const TAPS: [f32; 3] = [2.0, -1.0, 3.0];

    /// Filters a row by a scheme and by hand, and checks that the adjoints are adjoints.
    fn check<K, const IN: usize, const POINTS: usize, const OUT: usize>(
        row: [f32; IN],
        expected: [f32; OUT],
    ) where
        K: Scheme<IN, POINTS, OUT>,
    {
        let samples = K::samples(Scalar, row);
        let taps = K::taps(Scalar, TAPS);
        let products: [f32; POINTS] = std::array::from_fn(|point| samples[point] * taps[point]);
        let results = K::results(Scalar, products);
        for (found, expected) in results.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-4, "{results:?} {expected:?}");
        }
        let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
        let y: [f32; OUT] = std::array::from_fn(|index| index as f32 - 0.5);
        let [left, right] = [
            dot(&results, &y),
            dot(&products, &K::results_adjoint(Scalar, y)),
        ];
        assert!((left - right).abs() < 1e-4, "{left} {right}");
        let u: [f32; POINTS] = std::array::from_fn(|index| 1.5 - index as f32);
        let [left, right] = [dot(&taps, &u), dot(&TAPS, &K::taps_adjoint(Scalar, u))];
        assert!((left - right).abs() < 1e-5, "{left} {right}");
    }

    #[test]
    fn rows_by_hand() {
        // 2 * 1 - 2 + 3 * 4 = 12 and 2 * 2 - 4 + 3 * 3 = 9.
        check::<Two, 4, 4, 2>([1.0, 2.0, 4.0, 3.0], [12.0, 9.0]);
        check::<Four, 6, 6, 4>([1.0, 2.0, 4.0, 3.0, 0.0, -1.0], [12.0, 9.0, 5.0, 3.0]);
        // Zeros around 5 and 7: -5 + 3 * 7 = 16 and 2 * 5 - 7 = 3.
        check::<Pair, 2, 3, 2>([5.0, 7.0], [16.0, 3.0]);
    }
}
