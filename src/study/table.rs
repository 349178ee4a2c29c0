//! From per-item values to means with intervals, all over the same resamples of the items.

use crate::data::statistics::{Interval, bootstrap};

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

    /// Returns each item's mean over the seeds.
    pub fn over_seeds(&self) -> Vec<f64> {
        let items = self.by_seed.first().map_or(0, Vec::len);
        let mean = |item: usize| {
            let values = self.by_seed.iter().map(|values| values[item]);
            values.sum::<f64>() / self.by_seed.len() as f64
        };
        (0..items).map(mean).collect()
    }

    /// Returns the lowest and the highest mean over the seeds.
    pub fn seed_range(&self) -> (f64, f64) {
        let means = self
            .by_seed
            .iter()
            .map(|values| values.iter().sum::<f64>() / values.len() as f64);
        means.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), mean| {
            (low.min(mean), high.max(mean))
        })
    }
}

/// Position of a column in a [`Summary`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column(usize);

/// Columns of per-item values with the same items and resamples: differences between two columns
/// are paired.
#[derive(Debug, Clone, Default)]
pub struct Summary {
    columns: Vec<Vec<f64>>,
}

impl Summary {
    /// Adds a column: one value per item.
    pub fn add(&mut self, values: Vec<f64>) -> Column {
        self.columns.push(values);
        Column(self.columns.len() - 1)
    }

    /// Adds the differences of two columns, item by item: `first` minus `second`.
    pub fn add_difference(&mut self, first: Column, second: Column) -> Column {
        let [first, second] = [first, second].map(|column| &self.columns[column.0]);
        let differences = first.iter().zip(second).map(|(a, b)| a - b).collect();
        self.add(differences)
    }

    /// Returns the mean and the 95 % bootstrap interval of every column.
    pub fn intervals(self) -> Intervals {
        Intervals(bootstrap(&self.columns, SEED))
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
    fn seeds_are_averaged_item_by_item_and_ranged_by_their_means() {
        let values = Values::of_seeds([vec![1.0, 2.0, 6.0], vec![3.0, 4.0, 2.0]]);
        assert_eq!(values.over_seeds(), [2.0, 3.0, 4.0]);
        assert_eq!(values.seed_range(), (3.0, 3.0));
        let apart = Values::of_seeds([vec![1.0, 2.0], vec![5.0, 8.0]]);
        assert_eq!(apart.seed_range(), (1.5, 6.5));
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
