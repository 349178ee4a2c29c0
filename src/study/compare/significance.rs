//! How sure a difference is: McNemar's exact test, Holm's correction, and Student's t over seeds.

use crate::run::{mean_error, t_quantile};

/// Returns the two-sided p of McNemar's exact test: the probability that `only_first` and `only_second`
/// images, which one network alone predicts correctly, split at least as unevenly by a fair coin. 1
/// where there is no such image.
///
/// # Source
/// McNemar, "Note on the sampling error of the difference between correlated proportions or
/// percentages", 1947; the exact form is the sign test of the discordant pairs. For two classifiers on
/// one test set: Dietterich, "Approximate statistical tests for comparing supervised classification
/// learning algorithms", 1998, section 3.1.
pub fn mcnemar(only_first: u64, only_second: u64) -> f64 {
    let n = only_first + only_second;
    let fewer = only_first.min(only_second);
    // Logarithms: the coin's 2^-n is 0 in float64 from n = 1075.
    let mut log = -(n as f64) * std::f64::consts::LN_2;
    let mut tail = log.exp();
    for k in 1..=fewer {
        log += ((n - k + 1) as f64).ln() - (k as f64).ln();
        tail += log.exp();
    }
    (2.0 * tail).min(1.0)
}

/// Returns the values of p after the correction for the number of tests.
///
/// # Source
/// Holm, "A simple sequentially rejective multiple test procedure", 1979.
pub fn holm(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut corrected = vec![0.0; values.len()];
    let mut highest: f64 = 0.0;
    for (place, &test) in order.iter().enumerate() {
        let left = (values.len() - place) as f64;
        highest = highest.max((left * values[test]).min(1.0));
        corrected[test] = highest;
    }
    corrected
}

/// Returns the 95 % interval of the mean of `second` minus that of `first`, each with a value per seed;
/// nothing unless both have several. Seeds of two experiments are not paired: equal numbers start
/// different networks.
///
/// # Source
/// Welch, "The generalization of Student's problem when several different population variances are
/// involved", 1947. The degrees of freedom are rounded down, which widens the interval.
pub fn seeds_difference(first: &[f64], second: &[f64]) -> Option<(f64, f64)> {
    let ((mean, error), (other, other_error)) = (mean_error(first)?, mean_error(second)?);
    let [freedom, other_freedom] = [first, second].map(|values| (values.len() - 1) as f64);
    let square = error.powi(2) + other_error.powi(2);
    let parts = error.powi(4) / freedom + other_error.powi(4) / other_freedom;
    let freedom = match parts > 0.0 {
        true => square.powi(2) / parts,
        false => freedom.min(other_freedom),
    };
    let half = t(freedom) * square.sqrt();
    Some((other - mean - half, other - mean + half))
}

fn t(freedom: f64) -> f64 {
    // Rounding may take a whole number of degrees to just below it.
    t_quantile(((freedom + 1e-9) as usize).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rounding of float64 sums of logarithms.
    const ROUNDING: f64 = 1e-10;

    fn near(found: f64, expected: f64) -> bool {
        (found - expected).abs() < ROUNDING * expected.max(1e-3)
    }

    #[test]
    fn mcnemar_by_hand_and_as_scipy_has_it() {
        // One against five: 2 * (1 + 6) / 64.
        assert!(near(mcnemar(1, 5), 14.0 / 64.0));
        assert!(near(mcnemar(5, 1), 14.0 / 64.0));
        // scipy.stats.binomtest(k, n, 0.5).pvalue
        for (only_first, only_second, expected) in [
            (0, 0, 1.0),
            (3, 3, 1.0),
            (10, 3, 0.09228515625),
            (40, 60, 0.05688793364098089),
            (500, 600, 0.0028195449914364284),
        ] {
            let found = mcnemar(only_first, only_second);
            assert!(near(found, expected), "{only_first} {only_second}: {found}");
        }
        // So many images that 2^-n is 0 in float64.
        assert!((0.0..1e-3).contains(&mcnemar(1000, 1200)) && mcnemar(1000, 1200) > 0.0);
    }

    #[test]
    fn holm_by_hand() {
        // 0.01 * 3, 0.02 * 2, 0.2 * 1, in the order of the tests.
        let found = holm(&[0.2, 0.01, 0.02]);
        let expected = [0.2, 0.03, 0.04];
        assert!(
            found.iter().zip(expected).all(|(a, b)| near(*a, b)),
            "{found:?}"
        );
        // Never lower than that of a smaller p, never above 1.
        let found = holm(&[0.04, 0.039, 0.9]);
        assert!(near(found[0], 0.117) && near(found[1], 0.117) && near(found[2], 0.9));
        assert!(holm(&[]).is_empty());
    }

    #[test]
    fn differences_over_seeds_by_hand() {
        // Equal errors of two seeds each: 2 degrees, error sqrt(2) * 0.5 = deviation 0.7071 / sqrt(2) each.
        let (low, high) = seeds_difference(&[1.0, 2.0], &[4.0, 5.0]).expect("two each");
        let half = 4.302653 * 0.5_f64.sqrt();
        assert!(
            near(low, 3.0 - half) && near(high, 3.0 + half),
            "{low} {high}"
        );
        assert_eq!(seeds_difference(&[1.0], &[1.0, 2.0]), None);
        assert_eq!(seeds_difference(&[1.0, 1.0], &[1.0, 1.0]), Some((0.0, 0.0)));
    }
}
