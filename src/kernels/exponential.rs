//! Exponentials of vectors of numbers, and logarithms. They are our own and not the system's, so
//! that they have the same bits everywhere.

use pulp::Simd;

/// Beyond these bounds e^x is rounded to the largest or smallest normal number.
const BOUNDS: [f32; 2] = [-87.0, 88.0];
/// 1.5 * 2^23: adding it rounds a small number to an integer in the low bits.
const ROUNDER: f32 = 12_582_912.0;
/// ln 2 in two parts, the first with few bits, so that its multiples are exact.
const LN_2: [f32; 2] = [0.693_359_4, -2.121_944_4e-4];
/// Below this value tanh uses a series, since the formula with exponentials cancels.
const SMALL: f32 = 0.625;

/// Returns e^x to one or two units in the last place; NaN stays NaN.
///
/// # Source
/// Cephes (Moshier), `expf`: range reduction by ln 2 in two parts and a polynomial of degree 5.
#[inline(always)]
pub(super) fn exp<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    let splat = |value: f32| simd.splat_f32s(value);
    let [low, high] = [splat(BOUNDS[0]), splat(BOUNDS[1])];
    let bounded = simd.select_f32s(simd.greater_than_f32s(x, high), high, x);
    let bounded = simd.select_f32s(simd.greater_than_f32s(low, bounded), low, bounded);
    let shifted = simd.mul_add_e_f32s(bounded, splat(std::f32::consts::LOG2_E), splat(ROUNDER));
    let turns = simd.sub_f32s(shifted, splat(ROUNDER));
    let rest = simd.negate_mul_add_e_f32s(turns, splat(LN_2[0]), bounded);
    let rest = simd.negate_mul_add_e_f32s(turns, splat(LN_2[1]), rest);
    let mut sum = splat(1.987_569_1e-4);
    for coefficient in [
        1.398_199_9e-3,
        8.333_452e-3,
        4.166_579_6e-2,
        1.666_666_5e-1,
        0.5,
    ] {
        sum = simd.mul_add_e_f32s(sum, rest, splat(coefficient));
    }
    let square = simd.mul_f32s(rest, rest);
    let sum = simd.add_f32s(simd.mul_add_e_f32s(sum, square, rest), splat(1.0));
    // 2^turns: its exponent is 127 more, 23 bits up.
    let exponent = simd.add_u32s(simd.transmute_u32s_f32s(shifted), simd.splat_u32s(127));
    let power = simd.wrapping_dyn_shl_u32s(exponent, simd.splat_u32s(23));
    let result = simd.mul_f32s(sum, simd.transmute_f32s_u32s(power));
    simd.select_f32s(simd.equal_f32s(x, x), result, x)
}

/// Returns 1 / (1 + e^-x).
#[inline(always)]
pub(super) fn sigmoid<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    let one = simd.splat_f32s(1.0);
    let power = exp(simd, simd.neg_f32s(x));
    simd.div_f32s(one, simd.add_f32s(one, power))
}

/// Returns the normal distribution function: the share of a standard normal variable below x, to
/// about 1e-7.
///
/// # Source
/// Abramowitz and Stegun, "Handbook of Mathematical Functions", 7.1.26, at x / sqrt 2.
#[inline(always)]
pub(super) fn normal_share<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    let splat = |value: f32| simd.splat_f32s(value);
    let one = splat(1.0);
    let z = simd.abs_f32s(simd.mul_f32s(x, splat(std::f32::consts::FRAC_1_SQRT_2)));
    let t = simd.div_f32s(one, simd.mul_add_e_f32s(z, splat(0.327_591_1), one));
    let mut series = splat(1.061_405_4);
    for coefficient in [-1.453_152, 1.421_413_8, -0.284_496_72, 0.254_829_6] {
        series = simd.mul_add_e_f32s(series, t, splat(coefficient));
    }
    let power = exp(simd, simd.neg_f32s(simd.mul_f32s(z, z)));
    // Half of 1 - erf z: the share beyond |x|.
    let beyond = simd.mul_f32s(simd.mul_f32s(series, t), simd.mul_f32s(power, splat(0.5)));
    let within = simd.sub_f32s(one, beyond);
    simd.select_f32s(simd.less_than_f32s(x, splat(0.0)), beyond, within)
}

/// Returns tanh x.
///
/// # Source
/// Cephes (Moshier), `tanhf`: a series near zero, 1 - 2 / (e^2x + 1) elsewhere.
#[inline(always)]
pub(super) fn tanh<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    let splat = |value: f32| simd.splat_f32s(value);
    let square = simd.mul_f32s(x, x);
    let mut series = splat(-5.704_988_7e-3);
    for coefficient in [
        2.063_908_8e-2,
        -5.373_971_5e-2,
        1.333_144_2e-1,
        -3.333_328e-1,
    ] {
        series = simd.mul_add_e_f32s(series, square, splat(coefficient));
    }
    let near = simd.mul_add_e_f32s(simd.mul_f32s(series, square), x, x);
    let power = exp(simd, simd.add_f32s(x, x));
    let share = simd.div_f32s(splat(2.0), simd.add_f32s(power, splat(1.0)));
    let far = simd.sub_f32s(splat(1.0), share);
    let small = simd.less_than_f32s(simd.abs_f32s(x), splat(SMALL));
    simd.select_f32s(small, near, far)
}

/// Returns ln (1 + x) for x from 0 to 1; NaN stays NaN.
///
/// # Source
/// ln (1 + x) = 2 artanh (x / (2 + x)), whose argument is at most 1/3: eight terms of the series.
#[inline(always)]
pub(super) fn ln_1p_of_share<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    let splat = |value: f32| simd.splat_f32s(value);
    let ratio = simd.div_f32s(x, simd.add_f32s(x, splat(2.0)));
    let square = simd.mul_f32s(ratio, ratio);
    let mut series = splat(2.0 / 15.0);
    for odd in [13.0, 11.0, 9.0, 7.0, 5.0, 3.0] {
        series = simd.mul_add_e_f32s(series, square, splat(2.0 / odd));
    }
    let rest = simd.mul_f32s(simd.mul_f32s(series, square), ratio);
    simd.add_f32s(simd.add_f32s(ratio, ratio), rest)
}

/// Returns ln x of a positive normal number to about 1e-15; NaN and infinity stay as they are.
///
/// # Source
/// ln (m 2^e) = e ln 2 + 2 artanh ((m - 1) / (m + 1)) with m from sqrt 1/2 to sqrt 2, where the
/// argument is at most 0.172: eleven terms of the series.
pub(super) fn ln(x: f64) -> f64 {
    const FRACTION_BITS: u32 = 52;
    const BIAS: i64 = 1023;
    if !x.is_finite() {
        return x;
    }
    let bits = x.to_bits();
    let mut exponent = (bits >> FRACTION_BITS) as i64 - BIAS;
    let fraction = bits & ((1 << FRACTION_BITS) - 1);
    let mut mantissa = f64::from_bits(fraction | ((BIAS as u64) << FRACTION_BITS));
    if mantissa > std::f64::consts::SQRT_2 {
        mantissa *= 0.5;
        exponent += 1;
    }
    let ratio = (mantissa - 1.0) / (mantissa + 1.0);
    let square = ratio * ratio;
    let series = (0..11).rev().fold(0.0, |series, term| {
        series * square + 2.0 / f64::from(2 * term + 1)
    });
    exponent as f64 * std::f64::consts::LN_2 + series * ratio
}

#[cfg(test)]
mod tests {
    use super::super::level::arch;
    use super::*;
    use pulp::WithSimd;

    struct All<'a>(&'a mut [f32], [&'a mut [f32]; 3]);

    impl WithSimd for All<'_> {
        type Output = ();

        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) {
            let [exps, sigmoids, tanhs] = self.1.map(|into| S::as_mut_simd_f32s(into).0);
            for (index, x) in S::as_simd_f32s(self.0).0.iter().enumerate() {
                exps[index] = exp(simd, *x);
                sigmoids[index] = sigmoid(simd, *x);
                tanhs[index] = tanh(simd, *x);
            }
        }
    }

    /// A function of vectors, by name: functions of a generic instruction set are no values.
    #[derive(Clone, Copy)]
    enum Function {
        Logarithm,
        NormalShare,
    }

    struct Each<'a>(Function, &'a [f32], &'a mut [f32]);

    impl WithSimd for Each<'_> {
        type Output = ();

        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) {
            let into = S::as_mut_simd_f32s(self.2).0;
            for (into, x) in into.iter_mut().zip(S::as_simd_f32s(self.1).0) {
                *into = match self.0 {
                    Function::Logarithm => ln_1p_of_share(simd, *x),
                    Function::NormalShare => normal_share(simd, *x),
                };
            }
        }
    }

    /// Compared with f64 where neither e^x nor e^-x is clamped, relative to the true value.
    #[test]
    fn they_agree_with_double_precision() {
        let mut x: Vec<f32> = (0..16 * 1087).map(|i| i as f32 * 0.01 - 87.0).collect();
        let mut found = [0; 3].map(|_| vec![0.0; x.len()]);
        arch().dispatch(All(&mut x, found.each_mut().map(Vec::as_mut_slice)));
        for (index, x) in x.iter().map(|x| f64::from(*x)).enumerate() {
            let expected = [x.exp(), 1.0 / (1.0 + (-x).exp()), x.tanh()];
            for (found, expected) in found.each_ref().iter().zip(expected) {
                let error = (f64::from(found[index]) - expected).abs();
                assert!(
                    error <= 3e-7 * expected.abs(),
                    "{x}: {} {expected}",
                    found[index]
                );
            }
        }
    }

    /// Values from `math.erfc` of Python 3.
    #[test]
    fn the_normal_distribution_by_the_book() {
        let book = [
            (-3.0, 1.349_898e-3),
            (-1.5, 6.680_72e-2),
            (-0.25, 0.401_293_7),
            (0.0, 0.5),
            (0.25, 0.598_706_3),
            (1.0, 0.841_344_7),
            (2.0, 0.977_249_9),
            (4.0, 0.999_968_3),
        ];
        let mut x = [0.0; 16];
        (x.iter_mut().zip(book)).for_each(|(into, (x, _))| *into = x);
        x[15] = f32::NAN;
        let mut found = [0.0; 16];
        arch().dispatch(Each(Function::NormalShare, &x, &mut found));
        for ((x, expected), found) in book.iter().zip(found) {
            assert!((found - expected).abs() < 2e-7, "{x}: {found} {expected}");
        }
        assert!(found[15].is_nan());
    }

    #[test]
    fn what_is_no_number_stays_so_and_the_ends_are_finite() {
        let mut x = [f32::NAN, 1e30, -1e30, 0.0].repeat(4);
        let mut found = [0; 3].map(|_| vec![0.0; x.len()]);
        arch().dispatch(All(&mut x, found.each_mut().map(Vec::as_mut_slice)));
        assert!(found.iter().all(|values| values[0].is_nan()));
        assert!(found[0][1] > 1e38 && found[0][1].is_finite() && found[0][2] < 1e-37);
        assert_eq!([found[1][1], found[2][1], found[2][2]], [1.0, 1.0, -1.0]);
        assert_eq!([found[0][3], found[1][3], found[2][3]], [1.0, 0.5, 0.0]);
    }

    /// Relative to the true value, also for small numbers; f32 has 6e-8.
    #[test]
    fn logarithms_agree_with_double_precision() {
        let mut x: Vec<f32> = (0..1024).map(|i| i as f32 / 1023.0).collect();
        x.extend((0..128).map(|i| (-(i as f32)).exp2()));
        let mut found = vec![0.0; x.len()];
        arch().dispatch(Each(Function::Logarithm, &x, &mut found));
        for (x, found) in x.iter().map(|x| f64::from(*x)).zip(found) {
            let (found, expected) = (f64::from(found), x.ln_1p());
            assert!(
                (found - expected).abs() <= 2e-7 * expected,
                "{x}: {found} {expected}"
            );
        }
        for x in (1..4000)
            .map(|i| 1.01f64.powi(i - 2000))
            .chain([0.5, 1.0, 2.0, 1e-300])
        {
            let (found, expected) = (ln(x), x.ln());
            let tolerance = 1e-15 * expected.abs().max(1.0);
            assert!(
                (found - expected).abs() <= tolerance,
                "{x}: {found} {expected}"
            );
        }
        assert!(ln(f64::NAN).is_nan() && ln(f64::INFINITY).is_infinite());
    }
}
