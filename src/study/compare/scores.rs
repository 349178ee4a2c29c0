//! From a score of every test image or clip, by run and seed, to tables with intervals and tests.

use crate::run::{ComparedRow, PairedRow, SeedValues};
use crate::study::{Summary, Values, joined_seeds};

use super::sides::Side;
use super::significance::{holm, mcnemar, seeds_difference};

/// One score of one run.
#[derive(Debug, Clone)]
pub(super) struct Scored {
    /// What the row says of the run; its numbers are filled in.
    pub(super) about: ComparedRow,
    /// A value for each test image or clip, seed by seed.
    pub(super) by_seed: Vec<Vec<f64>>,
}

impl Scored {
    fn means(&self) -> Vec<f64> {
        let mean = |values: &Vec<f64>| values.iter().sum::<f64>() / values.len() as f64;
        self.by_seed.iter().map(mean).collect()
    }

    /// Returns the number of items that this network alone predicts correctly, if both are one seed.
    fn alone(&self, other: &Self) -> Option<u64> {
        let ([own], [other]) = (&self.by_seed[..], &other.by_seed[..]) else {
            return None;
        };
        let alone = own.iter().zip(other).filter(|(own, other)| own > other);
        Some(alone.count() as u64)
    }
}

/// Returns what a row of `compared.csv` says of the seeds of `side` at their checkpoints, before its score
/// is known.
pub(super) fn blank<E>(side: &Side<E>, epochs: &[u32]) -> ComparedRow {
    ComparedRow {
        run: side.label.clone(),
        seeds: joined_seeds(side.runs.iter().map(|run| run.run.seed())),
        epochs: joined_seeds(epochs.iter().map(|epoch| u64::from(*epoch))),
        unfinished: joined_seeds(side.unfinished()),
        ..ComparedRow::default()
    }
}

/// Returns the rows of the runs and of every pair of them, for one score, over the same resamples of
/// the test images or clips. `by_item`: whether a value is 1 or 0 (correct or not), so that McNemar's
/// test holds.
///
/// Each item's value is its mean over a run's seeds, so the intervals over items hold for the networks
/// that were trained. How much another training would change is in the intervals over seeds.
pub(super) fn tables(found: &[Scored], is_share: bool) -> (Vec<ComparedRow>, Vec<PairedRow>) {
    let mut summary = Summary::default();
    let values = found
        .iter()
        .map(|scored| Values::of_seeds(scored.by_seed.clone()));
    let columns: Vec<_> = values
        .map(|values| summary.add(values.over_seeds()))
        .collect();
    let mut pairs = Vec::new();
    for second in 1..found.len() {
        for first in 0..second {
            let difference = summary.add_difference(columns[second], columns[first]);
            pairs.push((first, second, difference));
        }
    }
    pairs.sort_by_key(|(first, second, _)| (*first, *second));
    let intervals = summary.intervals();
    let rows = found.iter().zip(&columns).map(|(scored, column)| {
        let (interval, means) = (intervals[*column], scored.means());
        let over_seeds = SeedValues(means.clone()).spread();
        ComparedRow {
            test: interval.mean,
            low: interval.low,
            high: interval.high,
            items: interval.n,
            lowest_seed: means.iter().copied().fold(f64::INFINITY, f64::min),
            highest_seed: means.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            seeds_low: over_seeds.map(|spread| spread.low),
            seeds_high: over_seeds.map(|spread| spread.high),
            ..scored.about.clone()
        }
    });
    let paired = pairs.iter().map(|(first, second, column)| {
        let (first, second) = (&found[*first], &found[*second]);
        let (interval, over_seeds) = (
            intervals[*column],
            seeds_difference(&first.means(), &second.means()),
        );
        let alone = |one: &Scored, other: &Scored| one.alone(other).filter(|_| is_share);
        let (only_first, only_second) = (alone(first, second), alone(second, first));
        PairedRow {
            first: first.about.run.clone(),
            second: second.about.run.clone(),
            score: first.about.score.clone(),
            difference: interval.mean,
            low: interval.low,
            high: interval.high,
            items: interval.n,
            seeds_low: over_seeds.map(|ends| ends.0),
            seeds_high: over_seeds.map(|ends| ends.1),
            only_first,
            only_second,
            mcnemar_p: only_first.zip(only_second).map(|(a, b)| mcnemar(a, b)),
            mcnemar_p_holm: None,
        }
    });
    let mut paired: Vec<PairedRow> = paired.collect();
    let tested: Vec<f64> = paired.iter().filter_map(|row| row.mcnemar_p).collect();
    let mut corrected = holm(&tested).into_iter();
    for row in &mut paired {
        row.mcnemar_p_holm = row.mcnemar_p.and_then(|_| corrected.next());
    }
    (rows.collect(), paired)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scored(run: &str, by_seed: &[&[f64]]) -> Scored {
        Scored {
            about: ComparedRow {
                run: run.into(),
                score: "accuracy".into(),
                ..ComparedRow::default()
            },
            by_seed: by_seed.iter().map(|values| values.to_vec()).collect(),
        }
    }

    #[test]
    fn a_run_and_its_copy_do_not_differ() {
        let values = [1.0, 0.0, 1.0, 1.0, 0.0];
        let (rows, pairs) = tables(&[scored("a", &[&values]), scored("b", &[&values])], true);
        assert_eq!(rows[0].test, 0.6);
        assert!(rows[0].low < rows[0].high);
        let [pair] = &pairs[..] else {
            panic!("one pair");
        };
        assert_eq!((pair.difference, pair.low, pair.high), (0.0, 0.0, 0.0));
        assert_eq!((pair.only_first, pair.only_second), (Some(0), Some(0)));
        assert_eq!(
            (pair.mcnemar_p, pair.mcnemar_p_holm),
            (Some(1.0), Some(1.0))
        );
        assert_eq!(pair.seeds_low, None);
    }

    #[test]
    fn a_difference_is_the_second_minus_the_first_and_counts_what_one_alone_knows() {
        let first = [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];
        let second = [0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0];
        let (_, pairs) = tables(&[scored("a", &[&first]), scored("b", &[&second])], true);
        assert!((pairs[0].difference - 4.0 / 7.0).abs() < 1e-12);
        assert_eq!(
            (pairs[0].only_first, pairs[0].only_second),
            (Some(1), Some(5))
        );
        let p = pairs[0].mcnemar_p.expect("one seed each");
        assert!((p - 0.21875).abs() < 1e-12, "{p}");
    }

    /// With several seeds an image is one item with the mean of its seeds: counted once per seed, the
    /// same images would look like more images.
    #[test]
    fn seeds_are_averaged_and_not_tested_image_by_image() {
        let a = scored("a", &[&[1.0, 0.0, 1.0, 0.0], &[1.0, 1.0, 1.0, 0.0]]);
        let b = scored("b", &[&[1.0, 1.0, 1.0, 1.0], &[1.0, 1.0, 1.0, 0.0]]);
        let (rows, pairs) = tables(&[a, b], true);
        assert_eq!((rows[0].test, rows[0].items), (0.625, 4));
        assert_eq!((rows[0].lowest_seed, rows[0].highest_seed), (0.5, 0.75));
        assert_eq!(pairs[0].difference, 0.25);
        assert_eq!((pairs[0].only_first, pairs[0].mcnemar_p), (None, None));
        assert!(pairs[0].seeds_low.expect("two seeds each") < 0.0);
    }

    #[test]
    fn pairs_are_in_the_order_of_the_runs_and_corrected_together() {
        let runs = ["a", "b", "c"].map(|run| scored(run, &[&[1.0, 0.0]]));
        let (_, pairs) = tables(&runs, false);
        let names: Vec<_> = pairs
            .iter()
            .map(|pair| (&*pair.first, &*pair.second))
            .collect();
        assert_eq!(names, [("a", "b"), ("a", "c"), ("b", "c")]);
        assert!(pairs.iter().all(|pair| pair.mcnemar_p.is_none()));
    }
}
