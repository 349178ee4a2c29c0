//! From per-item values to means with intervals, all over the same resamples of the items and of the
//! training seeds.

use crate::data::statistics::{Interval, bootstrap_two_way};
use crate::run::SeedValues;

/// Seed of the bootstrap.
const SEED: u64 = 0;

/// One quantity: a value for each seed and item (image, picture or clip), with the items in the
/// same order for every seed. A value is NaN where undefined; such an item is omitted.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Values {
    by_seed: Vec<Vec<f64>>,
}

impl Values {
    /// Returns the values of several seeds.
    pub fn of_seeds(by_seed: impl IntoIterator<Item = Vec<f64>>) -> Self {
        Self {
            by_seed: by_seed.into_iter().collect(),
        }
    }

    /// Returns the differences to `other`, seed by seed and item by item.
    ///
    /// # Panics
    /// If the numbers of seeds differ.
    pub fn minus(&self, other: &Self) -> Self {
        assert_eq!(
            self.by_seed.len(),
            other.by_seed.len(),
            "one network per seed"
        );
        let seeds = self.by_seed.iter().zip(&other.by_seed);
        let minus = |(ours, theirs): (&Vec<f64>, &Vec<f64>)| {
            ours.iter().zip(theirs).map(|(a, b)| a - b).collect()
        };
        Self::of_seeds(seeds.map(minus))
    }

    /// Returns each item's mean over the seeds.
    pub fn over_seeds(&self) -> Vec<f64> {
        let items = self.by_seed.first().map_or(0, Vec::len);
        let mean = |item: usize| {
            let values = self.by_seed.iter().map(|values| values[item]);
            values.sum::<f64>() / self.by_seed.len() as f64
        };
        (0..items).map(mean).collect()
    }

    /// Returns each seed's mean over its defined items.
    pub fn seed_means(&self) -> SeedValues {
        let mean = |values: &Vec<f64>| {
            let defined: Vec<f64> = values.iter().copied().filter(|v| !v.is_nan()).collect();
            defined.iter().sum::<f64>() / defined.len() as f64
        };
        self.by_seed.iter().map(mean).collect()
    }
}

/// Position of a column in a [`Summary`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column(usize);

/// Columns of per-item values with the same items and resamples: differences between two columns
/// are paired.
#[derive(Debug, Clone, Default)]
pub struct Summary {
    columns: Vec<Values>,
}

impl Summary {
    /// Adds a column: one value per item, of one network.
    pub fn add(&mut self, values: Vec<f64>) -> Column {
        self.add_seeds(&Values::of_seeds([values]))
    }

    /// Adds a column of several seeds, which are resampled as the items are. An item that is undefined
    /// for one seed is omitted for all.
    pub fn add_seeds(&mut self, values: &Values) -> Column {
        let undefined: Vec<bool> = values
            .over_seeds()
            .iter()
            .map(|mean| mean.is_nan())
            .collect();
        let mut by_seed = values.by_seed.clone();
        for values in &mut by_seed {
            for (value, undefined) in values.iter_mut().zip(&undefined) {
                if *undefined {
                    *value = f64::NAN;
                }
            }
        }
        self.columns.push(Values { by_seed });
        Column(self.columns.len() - 1)
    }

    /// Adds the differences of two columns of the same networks, item by item and seed by seed: `first`
    /// minus `second`.
    ///
    /// # Panics
    /// If their numbers of seeds differ.
    pub fn add_difference(&mut self, first: Column, second: Column) -> Column {
        let [first, second] = [first, second].map(|column| &self.columns[column.0]);
        let differences = first.minus(second);
        self.add_seeds(&differences)
    }

    /// Returns the mean and the 95 % bootstrap interval of every column.
    pub fn intervals(self) -> Intervals {
        let columns = self.columns.iter();
        let parts: Vec<Vec<&[f64]>> = columns
            .map(|values| values.by_seed.iter().map(|values| &values[..]).collect())
            .collect();
        Intervals(bootstrap_two_way(&parts, SEED))
    }
}

/// The intervals of a [`Summary`].
#[derive(Debug, Clone)]
pub struct Intervals(Vec<Interval>);

impl std::ops::Index<Column> for Intervals {
    type Output = Interval;

    fn index(&self, column: Column) -> &Interval {
        &self.0[column.0]
    }
}

/// Returns training seeds as in tables: separated by spaces.
pub fn joined_seeds(seeds: impl IntoIterator<Item = u64>) -> String {
    let seeds: Vec<String> = seeds.into_iter().map(|seed| seed.to_string()).collect();
    seeds.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_are_averaged_item_by_item_and_have_a_mean_each() {
        let values = Values::of_seeds([vec![1.0, 2.0, 6.0], vec![3.0, 4.0, 2.0]]);
        assert_eq!(values.over_seeds(), [2.0, 3.0, 4.0]);
        assert_eq!(values.seed_means().0, [3.0, 3.0]);
        let apart = Values::of_seeds([vec![1.0, f64::NAN, 2.0], vec![5.0, 7.0, 9.0]]);
        assert_eq!(apart.seed_means().0, [1.5, 7.0]);
        assert!(Values::default().over_seeds().is_empty());
    }

    #[test]
    fn a_constant_difference_has_no_width_however_wide_its_columns_are() {
        let mut summary = Summary::default();
        let first = summary.add(vec![1.0, 5.0, 9.0, 30.0]);
        let second = summary.add(vec![0.5, 4.5, 8.5, 29.5]);
        let difference = summary.add_difference(first, second);
        let found = summary.intervals();
        assert_eq!(
            (
                found[difference].low,
                found[difference].mean,
                found[difference].high
            ),
            (0.5, 0.5, 0.5)
        );
        assert!(found[first].high - found[first].low > 1.0);
        assert_eq!(found[first].mean, 11.25);
    }

    /// Two seeds that differ by 2 on every item: their difference to a column that moves with them has
    /// no interval.
    #[test]
    fn seeds_are_paired() {
        let mut summary = Summary::default();
        let first = summary.add_seeds(&Values::of_seeds([vec![1.0; 30], vec![3.0; 30]]));
        let second = summary.add_seeds(&Values::of_seeds([vec![0.5; 30], vec![2.5; 30]]));
        let paired = summary.add_difference(first, second);
        let found = summary.intervals();
        let ends = |column: Column| (found[column].low, found[column].mean, found[column].high);
        assert_eq!(ends(first), (1.0, 2.0, 3.0));
        assert_eq!(ends(paired), (0.5, 0.5, 0.5));
    }

    #[test]
    fn an_item_without_a_value_is_omitted() {
        let mut summary = Summary::default();
        let column = summary.add(vec![1.0, f64::NAN, 3.0]);
        let found = summary.intervals();
        assert_eq!((found[column].n, found[column].mean), (2, 2.0));
    }

    #[test]
    fn seeds_are_joined_as_tables_have_them() {
        assert_eq!(joined_seeds([0, 1, 12]), "0 1 12");
    }
}
