//! Spread over training seeds: the values of one quantity, one per seed, and the interval of their
//! mean. An interval over images says nothing about another training; this one does.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The 97.5 % quantile of Student's t by degrees of freedom, from 1: the half width of a 95 %
/// interval in standard errors.
///
/// # Source
/// `scipy.stats.t.ppf(0.975, df)` of SciPy 1.
const T: [f64; 30] = [
    12.7062, 4.302653, 3.182446, 2.776445, 2.570582, 2.446912, 2.364624, 2.306004, 2.262157,
    2.228139, 2.200985, 2.178813, 2.160369, 2.144787, 2.13145, 2.119905, 2.109816, 2.100922,
    2.093024, 2.085963, 2.079614, 2.073873, 2.068658, 2.063899, 2.059539, 2.055529, 2.051831,
    2.048407, 2.04523, 2.042272,
];
/// The same quantile of the normal distribution.
const Z: f64 = 1.959_963_985;

/// The values of one quantity, in the order of the training seeds; NaN where undefined. In a table
/// they are separated by spaces, as the seeds are.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SeedValues(pub Vec<f64>);

/// The mean over training seeds and its 95 % t-interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SeedSpread {
    /// The mean of the defined values.
    pub mean: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
    /// Number of defined values.
    pub seeds: usize,
}

impl SeedValues {
    /// Returns the defined values.
    pub fn defined(&self) -> impl Iterator<Item = f64> + '_ {
        self.0.iter().copied().filter(|value| value.is_finite())
    }

    /// Returns the mean and its interval; `None` for fewer than two defined values, which have no
    /// spread.
    ///
    /// # Source
    /// Student, "The probable error of a mean", 1908: mean ± t(0.975, n - 1) * s / sqrt(n), with the
    /// sample standard deviation s.
    pub fn spread(&self) -> Option<SeedSpread> {
        let values: Vec<f64> = self.defined().collect();
        let seeds = values.len();
        let (mean, error) = mean_error(&values)?;
        let half = t_quantile(seeds - 1) * error;
        Some(SeedSpread {
            mean,
            low: mean - half,
            high: mean + half,
            seeds,
        })
    }
}

/// Returns the mean of `values` and its standard error; `None` for fewer than two.
pub fn mean_error(values: &[f64]) -> Option<(f64, f64)> {
    if values.len() < 2 {
        return None;
    }
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    Some((mean, (squares / (count - 1.0) / count).sqrt()))
}

/// Returns the 97.5 % quantile of Student's t with `freedom` degrees of freedom, at least 1.
///
/// # Source
/// Above 30: Abramowitz and Stegun, "Handbook of Mathematical Functions", 1964, 26.7.5, whose error
/// is below 1e-6 there.
pub fn t_quantile(freedom: usize) -> f64 {
    if let Some(quantile) = T.get(freedom - 1) {
        return *quantile;
    }
    let v = freedom as f64;
    let [z3, z5, z7] = [3, 5, 7].map(|power| Z.powi(power));
    Z + (z3 + Z) / (4.0 * v)
        + (5.0 * z5 + 16.0 * z3 + 3.0 * Z) / (96.0 * v * v)
        + (3.0 * z7 + 19.0 * z5 + 17.0 * z3 - 15.0 * Z) / (384.0 * v * v * v)
}

impl FromIterator<f64> for SeedValues {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
        Self(values.into_iter().collect())
    }
}

impl fmt::Display for SeedValues {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let values: Vec<String> = self.0.iter().map(f64::to_string).collect();
        formatter.write_str(&values.join(" "))
    }
}

impl Serialize for SeedValues {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SeedValues {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let number = |word: &str| word.parse().map_err(|_| word.to_string());
        let values: Result<Vec<f64>, String> = text.split_whitespace().map(number).collect();
        let wrong = |word| de::Error::custom(format!("{word:?} is not a number"));
        values.map(Self).map_err(wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rounding of the seven digits of the table.
    const ROUNDING: f64 = 1e-6;

    fn spread(values: &[f64]) -> SeedSpread {
        SeedValues(values.to_vec())
            .spread()
            .expect("two values or more")
    }

    fn near(found: f64, expected: f64) -> bool {
        (found - expected).abs() < ROUNDING * expected.abs()
    }

    /// By `scipy.stats.t.interval(0.95, n - 1, loc=mean, scale=sd / sqrt(n))`.
    #[test]
    fn intervals_are_scipys() {
        for (values, mean, low, high) in [
            (
                &[1.0, 3.0][..],
                2.0,
                -10.706204736174694,
                14.706204736174694,
            ),
            (
                &[0.40, 0.44, 0.42],
                0.42,
                0.3703172457649934,
                0.46968275423500655,
            ),
            (
                &[61.2, 60.1, 63.5, 59.9, 62.2],
                61.38,
                59.5146090365903,
                63.24539096340972,
            ),
        ] {
            let found = spread(values);
            assert!(near(found.mean, mean), "{found:?}");
            assert!(near(found.low, low) && near(found.high, high), "{found:?}");
            assert_eq!(found.seeds, values.len());
        }
    }

    #[test]
    fn beyond_the_table_the_quantile_goes_on() {
        for (freedom, expected) in [
            (31, 2.0395134464),
            (100, 1.9839715185),
            (1000, 1.9623390808),
        ] {
            let found = t_quantile(freedom);
            assert!(near(found, expected), "{freedom}: {found}");
        }
    }

    #[test]
    fn one_seed_has_no_spread_and_equal_ones_have_none() {
        assert_eq!(SeedValues(vec![0.5]).spread(), None);
        assert_eq!(SeedValues(vec![0.5, f64::NAN]).spread(), None);
        let equal = spread(&[0.5, f64::NAN, 0.5]);
        assert_eq!((equal.low, equal.high, equal.seeds), (0.5, 0.5, 2));
    }

    #[test]
    fn values_survive_a_cell_of_a_table() {
        let values = SeedValues(vec![0.1 + 0.2, -3.0, f64::NAN]);
        let text = serde_json::to_string(&values).expect("text");
        assert_eq!(text, "\"0.30000000000000004 -3 NaN\"");
        let read: SeedValues = serde_json::from_str(&text).expect("numbers");
        assert_eq!(read.0[..2], values.0[..2]);
        assert!(read.0[2].is_nan());
        let error = serde_json::from_str::<SeedValues>("\"0.5 x\"").expect_err("no number");
        assert!(
            error.to_string().contains("\"x\" is not a number"),
            "{error}"
        );
    }
}
