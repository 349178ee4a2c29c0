//! Uncertainty of means over images or clips: bootstrap intervals, paired, and rank correlation.
//! Plain numbers, no tensor.

use std::collections::BTreeMap;

use crate::data::random::{below, stream};

/// Number of bootstrap resamples of an interval.
pub const RESAMPLES: usize = 1000;
/// Share of the resampled means inside an interval.
pub const COVERAGE: f64 = 0.95;
/// Random stream of the resampling.
const PURPOSE: &str = "bootstrap";

/// A mean with the interval that contains [`COVERAGE`] of its bootstrap resamples.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The mean of the defined values.
    pub mean: f64,
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
    /// Number of defined values.
    pub n: usize,
}

impl Interval {
    /// Returns whether the whole interval lies on one side of `value`.
    pub fn excludes(&self, value: f64) -> bool {
        self.low > value || self.high < value
    }
}

/// Returns the interval of each column's mean, over the same resamples of the rows: percentile
/// bootstrap.
///
/// A row is an image and a column a measure of it, so a column of differences between two methods
/// gets the interval of a paired comparison. An undefined value (`NaN`) is omitted from its
/// column's means. A column without any value, or a resample without any, gives `NaN`.
///
/// # Panics
///
/// If the columns differ in length.
///
/// # Source
///
/// Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13, with
/// [`RESAMPLES`] resamples drawn from `seed`.
pub fn bootstrap(columns: &[Vec<f64>], seed: u64) -> Vec<Interval> {
    let columns: Vec<Vec<&[f64]>> = columns.iter().map(|column| vec![&column[..]]).collect();
    bootstrap_two_way(&columns, seed)
}

/// As [`bootstrap`], where a column has the rows' values for each of several groups, such as training
/// seeds: each resample draws rows and, independently, groups, so that an interval covers other rows
/// and other groups. A column's mean is that of its groups' means. Columns with the same number of
/// groups share the drawn groups; a single group is drawn every time.
///
/// # Panics
///
/// If the columns differ in length, or one has no group.
///
/// # Source
///
/// Owen, "The pigeonhole bootstrap", 2007: rows and groups of a crossed design are resampled
/// independently. The interval tends to be too wide rather than too narrow where rows and groups both
/// matter; with few groups it is too narrow.
pub fn bootstrap_two_way(columns: &[Vec<&[f64]>], seed: u64) -> Vec<Interval> {
    let parts: Vec<&[f64]> = columns.iter().flatten().copied().collect();
    let rows = parts.first().map_or(0, |part| part.len());
    assert!(
        parts.iter().all(|part| part.len() == rows),
        "columns of one table must be of one length"
    );
    // Row by row, so that a resample reads each drawn row once for all columns.
    let table: Vec<(f64, f64)> = (0..rows)
        .flat_map(|row| parts.iter().map(move |part| counted(part[row])))
        .collect();
    let row = |index: usize| &table[index * parts.len()..(index + 1) * parts.len()];
    let means = |draw: &mut dyn FnMut(usize) -> usize| {
        let mut sums = vec![(0.0, 0.0); parts.len()];
        for place in 0..rows {
            for (sum, value) in sums.iter_mut().zip(row(draw(place))) {
                sum.0 += value.0;
                sum.1 += value.1;
            }
        }
        sums
    };
    let mut resampled: Vec<Vec<f64>> = vec![Vec::with_capacity(RESAMPLES); columns.len()];
    for index in 0..RESAMPLES {
        let mut rng = stream(seed, PURPOSE, index as u64);
        let sums = means(&mut |_| below(&mut rng, rows as u64) as usize);
        let mut drawn: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        let mut first = 0;
        for (column, found) in columns.iter().zip(&mut resampled) {
            let groups = column.len();
            let drawn = drawn.entry(groups).or_insert_with(|| match groups {
                1 => vec![0],
                _ => (0..groups)
                    .map(|_| below(&mut rng, groups as u64) as usize)
                    .collect(),
            });
            let own = &sums[first..first + groups];
            found.extend(mean_of(drawn.iter().map(|group| own[*group])));
            first += groups;
        }
    }
    let whole = means(&mut |place| place);
    let mut left = &whole[..];
    let intervals = columns.iter().zip(resampled);
    intervals
        .map(|(column, mut resampled)| {
            let (own, rest) = left.split_at(column.len());
            left = rest;
            resampled.sort_by(f64::total_cmp);
            let tail = (1.0 - COVERAGE) / 2.0;
            Interval {
                mean: mean_of(own.iter().copied()).unwrap_or(f64::NAN),
                low: quantile(&resampled, tail),
                high: quantile(&resampled, 1.0 - tail),
                n: own
                    .iter()
                    .map(|(_, count)| *count as usize)
                    .max()
                    .unwrap_or(0),
            }
        })
        .collect()
}

/// Returns the mean of the means of `parts`, each a sum and a count; `None` if one has no value.
fn mean_of(parts: impl ExactSizeIterator<Item = (f64, f64)>) -> Option<f64> {
    let count = parts.len() as f64;
    let means = parts.map(|(sum, count)| (count > 0.0).then(|| sum / count));
    Some(means.sum::<Option<f64>>()? / count)
}

/// Returns the value and its weight: 0 and 0 if it is undefined.
fn counted(value: f64) -> (f64, f64) {
    if value.is_nan() {
        (0.0, 0.0)
    } else {
        (value, 1.0)
    }
}

/// Returns the quantile of sorted values, interpolated between neighbours; `NaN` for an empty
/// slice.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else {
        return f64::NAN;
    };
    let place = share * last as f64;
    let (below, part) = (place.floor() as usize, place.fract());
    let above = (below + 1).min(last);
    sorted[below] + part * (sorted[above] - sorted[below])
}

/// Returns Spearman's rank correlation, -1 to 1; equal values share their mean rank. `None` if
/// either side is constant and so has no order.
///
/// # Panics
///
/// If the two differ in length.
///
/// # Source
///
/// Spearman, "The proof and measurement of association between two things", 1904, as Pearson's
/// correlation of ranks, which also holds with ties.
pub fn rank_correlation(a: &[f32], b: &[f32]) -> Option<f64> {
    assert_eq!(a.len(), b.len(), "rank correlation pairs values");
    let (a, b) = (ranks(a), ranks(b));
    // Ranks from 1 to n average to this, with or without ties.
    let middle = (a.len() as f64 + 1.0) / 2.0;
    let product = |x: &[f64], y: &[f64]| -> f64 {
        let pairs = x.iter().zip(y);
        pairs.map(|(x, y)| (x - middle) * (y - middle)).sum()
    };
    let spread = (product(&a, &a) * product(&b, &b)).sqrt();
    (spread > 0.0).then(|| product(&a, &b) / spread)
}

/// Returns the rank of each value from 1; equal values share the mean of their ranks.
fn ranks(values: &[f32]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    let mut first = 0;
    for same in order.chunk_by(|&a, &b| values[a] == values[b]) {
        let mean = first as f64 + (same.len() as f64 + 1.0) / 2.0;
        for &place in same {
            ranks[place] = mean;
        }
        first += same.len();
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rounding of float64 sums of a few terms.
    const ROUNDING: f64 = 1e-12;

    #[test]
    fn equal_values_have_no_spread_and_missing_ones_do_not_count() {
        let columns = vec![vec![3.0, 3.0, f64::NAN], vec![f64::NAN; 3]];
        let found = bootstrap(&columns, 0);
        assert_eq!(
            found[0],
            Interval {
                mean: 3.0,
                low: 3.0,
                high: 3.0,
                n: 2
            }
        );
        assert!(found[1].mean.is_nan() && found[1].low.is_nan() && found[1].n == 0);
    }

    #[test]
    fn the_interval_of_a_coin_is_that_of_the_binomial() {
        // 400 coins, half heads: the mean's standard error is 0.5 / 20 = 0.025, 1.96 of it 0.049.
        let coins: Vec<f64> = (0..400).map(|i| f64::from(i % 2)).collect();
        let [found] = bootstrap(&[coins], 7)[..] else {
            panic!("one column, one interval")
        };
        assert_eq!((found.mean, found.n), (0.5, 400));
        // The ends of 1000 resamples scatter by about 0.003.
        assert!((found.low - 0.451).abs() < 0.008, "{found:?}");
        assert!((found.high - 0.549).abs() < 0.008, "{found:?}");
    }

    #[test]
    fn a_difference_that_never_changes_has_no_interval_although_its_parts_have() {
        let a: Vec<f64> = (0..50).map(f64::from).collect();
        let b: Vec<f64> = a.iter().map(|value| value + 2.0).collect();
        let difference = a.iter().zip(&b).map(|(a, b)| b - a).collect();
        let found = bootstrap(&[a, b, difference], 1);
        assert!(found[0].high - found[0].low > 5.0 && !found[0].excludes(25.0));
        assert_eq!((found[2].low, found[2].high), (2.0, 2.0));
        assert!(found[2].excludes(0.0));
    }

    /// Two seeds whose every image has the value 0 and 1: a resample's mean is the share of the second
    /// seed among two draws, so 0, 1/2 and 1 with probabilities 1/4, 1/2 and 1/4.
    #[test]
    fn groups_are_drawn_as_rows_are() {
        let (zeros, ones) = (vec![0.0; 40], vec![1.0; 40]);
        let found = bootstrap_two_way(&[vec![&zeros, &ones], vec![&ones]], 3);
        assert_eq!(
            (found[0].mean, found[0].low, found[0].high),
            (0.5, 0.0, 1.0)
        );
        assert_eq!((found[1].low, found[1].high, found[1].n), (1.0, 1.0, 40));
        // Groups that agree add nothing to the interval over rows.
        let values: Vec<f64> = (0..200).map(|i| f64::from(i * i % 23)).collect();
        let twice = bootstrap_two_way(&[vec![&values, &values]], 3);
        assert_eq!(twice, bootstrap(&[values], 3));
    }

    #[test]
    fn the_same_seed_gives_the_same_interval() {
        let values: Vec<f64> = (0..30).map(|i| f64::from(i * i % 17)).collect();
        let of = |seed| bootstrap(std::slice::from_ref(&values), seed)[0];
        assert_eq!(of(3), of(3));
        assert_ne!(of(3), of(4));
    }

    #[test]
    fn quantiles_lie_between_neighbours() {
        assert_eq!(quantile(&[1.0, 2.0, 4.0], 0.5), 2.0);
        assert_eq!(quantile(&[1.0, 2.0, 4.0], 0.75), 3.0);
        assert_eq!(quantile(&[1.0, 2.0, 4.0], 1.0), 4.0);
    }

    #[test]
    fn rank_correlation_by_hand() {
        // Differences of ranks 0, 0, -1, 1: 1 - 6 * 2 / (4 * 15) = 0.8.
        let near = rank_correlation(&[1., 5., 7., 9.], &[0., 1., 9., 8.]).expect("an order");
        assert!((near - 0.8).abs() < ROUNDING, "{near}");
        // Ranks [1.5 1.5 3] against [1 2 3]: 1.5 / sqrt(1.5 * 2) = 0.8660.
        let tied = rank_correlation(&[0., 0., 4.], &[1., 2., 3.]).expect("an order");
        assert!((tied - 0.75_f64.sqrt()).abs() < ROUNDING, "{tied}");
    }

    #[test]
    fn rank_correlation_sees_order_alone_and_its_sign() {
        let values = [0.3, -2.0, 8.0, 0.0, 1.5];
        let cubed = values.map(|value: f32| value.powi(3));
        let turned = values.map(|value| -value);
        let against = |other: &[f32]| rank_correlation(&values, other).expect("an order");
        assert!((against(&cubed) - 1.0).abs() < ROUNDING);
        assert!((against(&turned) + 1.0).abs() < ROUNDING);
        assert_eq!(rank_correlation(&values, &[2.0; 5]), None);
        assert_eq!(rank_correlation(&[], &[]), None);
    }
}
