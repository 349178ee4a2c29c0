//! What the rows of a comparison are called.

use super::interval_rows::fits;
use super::run_names::{Changed, changed, names};
use super::selection::unique;
use crate::run::ComparedRow;

/// What the rows of the figure are called.
pub(super) struct Names {
    pub(super) runs: Vec<String>,
    /// Their short names.
    short: Vec<String>,
    /// What the short names of pairs begin with and need not: the experiment, if it is that of all runs.
    prefix: String,
    /// The changes of all of them.
    pub(super) shared: Vec<String>,
    /// Whether two short names are too long for one row, so that runs have numbers.
    pub(super) numbered: bool,
}

impl Names {
    /// Returns the names of the runs of `scores`.
    pub(super) fn of(scores: &[ComparedRow]) -> Self {
        let runs = unique(scores.iter().map(|row| row.run.clone()));
        let changed: Vec<Changed> = runs.iter().map(|run| changed(run)).collect();
        let (short, shared) = names(&changed);
        let experiments = unique(changed.iter().map(|(experiment, _)| experiment));
        let found = Self {
            runs,
            short,
            prefix: match experiments[..] {
                [one] => format!("{one}  "),
                _ => String::new(),
            },
            shared,
            numbered: false,
        };
        let fit = |(place, first): (usize, &String)| {
            let mut others = found.runs[place + 1..].iter();
            others.all(|second| fits(&found.both([second, first], "and")))
        };
        let numbered = !found.runs.iter().enumerate().all(fit);
        Self { numbered, ..found }
    }

    fn place(&self, run: &str) -> Option<usize> {
        self.runs.iter().position(|known| known == run)
    }

    /// Returns the name of a run.
    pub(super) fn one(&self, run: &str) -> String {
        match self.place(run) {
            Some(place) if self.numbered => format!("{}  {}", place + 1, self.short[place]),
            Some(place) => self.short[place].clone(),
            None => run.to_string(),
        }
    }

    /// Returns the number of a run where runs have numbers, else its name.
    pub(super) fn brief(&self, run: &str) -> String {
        match self.place(run) {
            Some(place) if self.numbered => (place + 1).to_string(),
            _ => self.one(run),
        }
    }

    /// Returns the name of two runs with `between` between them.
    pub(super) fn both(&self, runs: [&str; 2], between: &str) -> String {
        let [first, second] = runs.map(|run| {
            let name = self.brief(run);
            name.strip_prefix(&self.prefix)
                .map_or(name.clone(), str::to_string)
        });
        format!("{first} {between} {second}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(runs: &[&str]) -> Names {
        let row = |run: &&str| ComparedRow {
            run: run.to_string(),
            ..ComparedRow::default()
        };
        Names::of(&runs.iter().map(row).collect::<Vec<_>>())
    }

    #[test]
    fn rows_are_named_by_what_differs() {
        let shared = "+model.filters=4_8_16_32+train.batch_size=24+train.epochs=5";
        let runs = ["+train.learning_rate=1e-3", "+train.learning_rate=3e-3", ""];
        let [first, second, plain] = runs.map(|change| format!("trial-d{shared}{change}"));
        let found = names(&[&first, &second, &plain]);
        assert_eq!(found.one(&first), "trial-d  learning_rate=1e-3");
        assert_eq!(found.one(&plain), "trial-d");
        let expected = "learning_rate=3e-3 − learning_rate=1e-3";
        assert_eq!(found.both([&second, &first], "−"), expected);
        assert_eq!(
            found.both([&second, &plain], "−"),
            "learning_rate=3e-3 − trial-d"
        );
        let expected = ["filters=4_8_16_32", "batch_size=24", "epochs=5"];
        assert_eq!(found.shared, expected);
        // Of two experiments, each name begins with its own.
        let other = format!("trial-b{shared}");
        let found = names(&[&other, &first]);
        assert_eq!(
            found.both([&first, &other], "−"),
            "trial-d  learning_rate=1e-3 − trial-b"
        );
    }

    #[test]
    fn runs_whose_names_are_too_long_for_a_pair_have_numbers() {
        let change = |kind: &str, rate: &str| {
            format!(
                "trial-d+data.augmentation.{kind}=4+train.learning_rate={rate}+train.schedule=one-cycle\
                 +train.warmup_epochs={rate}"
            )
        };
        let (first, second) = (change("cutout", "1"), change("mixup", "2"));
        let names = names(&[&first, &second]);
        assert_eq!(names.both([&second, &first], "−"), "2 − 1");
        let expected = "2  trial-d  mixup=4  learning_rate=2  warmup_epochs=2";
        assert_eq!(names.one(&second), expected);
        assert_eq!(names.brief(&first), "1");
    }
}
