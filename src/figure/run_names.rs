//! Short names of runs: the experiment, and what differs between them.

use super::selection::unique;
use crate::run::CHANGE;

/// A run: its experiment, and its changes as KEY=VALUE.
pub(super) type Changed = (String, Vec<String>);

/// Returns the experiment and the changes in the name of `run`, such as "trial-d+train.epochs=5".
pub(super) fn changed(run: &str) -> Changed {
    let mut parts = run.split(CHANGE).map(str::to_string);
    (parts.next().unwrap_or_default(), parts.collect())
}

/// Returns the names of `runs` after their numbers, for a caption: "1 trial-b; 2 trial-d, epochs=5; all
/// with batch_size=12".
pub(super) fn numbered(runs: &[String]) -> String {
    let runs: Vec<Changed> = runs.iter().map(|run| changed(run)).collect();
    let (names, shared) = names(&runs);
    let names = names.iter().enumerate();
    let names = names.map(|(place, name)| format!("{} {}", place + 1, name.replace("  ", ", ")));
    let all = (!shared.is_empty()).then(|| format!("all with {}", shared.join(", ")));
    names.chain(all).collect::<Vec<_>>().join("; ")
}

/// Returns the name of each run without the changes that all of them share, which come second. Keys are
/// without their sections where they are still different.
pub(super) fn names(runs: &[Changed]) -> (Vec<String>, Vec<String>) {
    let is_shared = |change: &String| {
        let several = runs.len() > 1;
        several && runs.iter().all(|(_, changes)| changes.contains(change))
    };
    let every: Vec<&str> = runs
        .iter()
        .flat_map(|(_, changes)| changes.iter().map(|change| key(change)))
        .collect();
    let is_short = |whole: &str| {
        let same = every.iter().filter(|key| last(key) == last(whole));
        unique(same).len() == 1
    };
    let shown = |change: &String| match is_short(key(change)) {
        true => last(key(change)).to_string() + &change[key(change).len()..],
        false => change.clone(),
    };
    let name = |(experiment, changes): &Changed| {
        let own = changes.iter().filter(|change| !is_shared(change));
        let parts: Vec<String> = std::iter::once(experiment.clone())
            .chain(own.map(shown))
            .collect();
        parts.join("  ")
    };
    let shared = runs.first().map_or(&[][..], |(_, changes)| changes);
    let shared = shared.iter().filter(|change| is_shared(change));
    (runs.iter().map(name).collect(), shared.map(shown).collect())
}

/// Returns the sentence of a caption about the changes that all runs share; nothing without one.
pub(super) fn shared_sentence(shared: &[String]) -> Option<String> {
    (!shared.is_empty()).then(|| format!("All runs: {}.", shared.join(", ")))
}

/// Returns the key of the change `part`.
fn key(part: &str) -> &str {
    part.split('=').next().unwrap_or(part)
}

/// Returns `key` without its sections.
fn last(key: &str) -> &str {
    key.rsplit('.').next().unwrap_or(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(runs: &[(&str, &[&str])]) -> (Vec<String>, Vec<String>) {
        let owned = |(experiment, changes): &(&str, &[&str])| {
            let changes = changes.iter().map(|change| change.to_string());
            (experiment.to_string(), changes.collect())
        };
        names(&runs.iter().map(owned).collect::<Vec<Changed>>())
    }

    #[test]
    fn shared_changes_are_dropped_and_reported() {
        let (names, shared) = named(&[
            ("trial-b", &["train.epochs=5", "train.learning_rate=1e-3"]),
            (
                "trial-d",
                &[
                    "model.filters=4_8",
                    "train.epochs=5",
                    "train.learning_rate=3e-3",
                ],
            ),
            ("trial-d", &["train.epochs=5"]),
        ]);
        let expected = [
            "trial-b  learning_rate=1e-3",
            "trial-d  filters=4_8  learning_rate=3e-3",
            "trial-d",
        ];
        assert_eq!(names, expected);
        assert_eq!(shared, ["epochs=5"]);
        let expected = "All runs: epochs=5.".to_string();
        assert_eq!(shared_sentence(&shared), Some(expected));
    }

    #[test]
    fn numbers_stand_for_runs() {
        let runs = [
            "b+train.batch_size=12",
            "d+train.batch_size=12+train.epochs=5",
        ];
        let expected = "1 b; 2 d, epochs=5; all with batch_size=12";
        assert_eq!(numbered(&runs.map(str::to_string)), expected);
        assert_eq!(numbered(&["a".to_string(), "b".to_string()]), "1 a; 2 b");
    }

    #[test]
    fn a_run_alone_keeps_its_changes_and_equal_keys_their_sections() {
        let alone: &[(&str, &[&str])] = &[("a", &["train.epochs=5"])];
        assert_eq!(named(alone), (vec!["a  epochs=5".to_string()], Vec::new()));
        assert_eq!(shared_sentence(&[]), None);
        let (names, _) = named(&[("a", &["model.x=1", "train.x=2"]), ("a", &["model.x=2"])]);
        assert_eq!(names, ["a  model.x=1  train.x=2", "a  model.x=2"]);
    }
}
