//! The changes in the name of a run.

/// Separates the experiment and its changes in the name of a run.
pub const CHANGE: char = '+';

/// Returns the experiment in the name of a run, and its changes without the sections of their keys, as
/// in figures: "trial-d" and "learning_rate=3e-3" of "trial-d+train.learning_rate=3e-3".
pub fn split_changes(run: &str) -> (&str, String) {
    let Some((experiment, changes)) = run.split_once(CHANGE) else {
        return (run, String::new());
    };
    let short = |change: &str| {
        let (key, value) = change.split_once('=').unwrap_or((change, ""));
        match (key.rsplit('.').next(), value) {
            (Some(last), value) if !value.is_empty() => format!("{last}={value}"),
            // "2-more-1a2b3c4d"
            _ => change.to_string(),
        }
    };
    let changes: Vec<String> = changes.split(CHANGE).map(short).collect();
    (experiment, changes.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_follow_the_experiment() {
        let split = |run| {
            let (experiment, changes) = split_changes(run);
            format!("{experiment}|{changes}")
        };
        assert_eq!(split("trial-d"), "trial-d|");
        assert_eq!(split("vgg16+train.epochs=2"), "vgg16|epochs=2");
        assert_eq!(
            split("a+model.filters=4_8+train.learning_rate=3e-3+2-more-1a2b3c4d"),
            "a|filters=4_8, learning_rate=3e-3, 2-more-1a2b3c4d"
        );
    }
}
