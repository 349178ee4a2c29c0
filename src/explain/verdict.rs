//! The criteria for failing the sanity checks.

use super::Interval;
use crate::run::{SAME_AFTER_RANDOMISATION, SAME_FOR_ANOTHER_CLASS, Verdict};

/// Minimum number of images with a correlation for a verdict: a mean of fewer scatters by 0.1 or
/// more (one correlation scatters by about half).
pub const FEWEST_IMAGES: usize = 25;

/// Share of pairs with exactly one empty map above which maps count as different, whatever the
/// correlation of the other pairs.
const MOSTLY_VANISHED: f64 = 0.5;

/// Measured similarity of two kinds of maps.
#[derive(Debug, Clone, Copy)]
pub struct Found {
    /// The rank correlation over images; its `n` is the number of images with one.
    pub correlation: Interval,
    /// Share of the pairs with exactly one empty map, 0 to 1.
    pub vanished: f64,
}

/// Results for a method's maps at one layer of one network.
#[derive(Debug, Clone, Copy)]
pub struct Checks {
    /// Similarity to the trained network's maps after every layer was re-initialised.
    pub all_randomised: Found,
    /// Similarity of the maps for the explained and for the least probable class.
    pub least_likely: Found,
    /// Whether the method's identity held; `None` if it has none.
    pub identity: Option<bool>,
}

/// Returns the verdict, and its reason in words.
///
/// A check fails if the whole interval of a mean lies above its threshold. It passes if none of the
/// interval does, or if most pairs have exactly one empty map. It is undecided if the interval
/// contains the threshold or too few images have a correlation. One failed check fails the method;
/// otherwise, one undecided check leaves it undecided.
pub fn judge(checks: &Checks) -> (Verdict, String) {
    if checks.identity == Some(false) {
        return (Verdict::Fail, "its sum is not what it has to be".to_owned());
    }
    let found = [
        check(
            &checks.all_randomised,
            SAME_AFTER_RANDOMISATION,
            "after every layer was re-initialised",
        ),
        check(
            &checks.least_likely,
            SAME_FOR_ANOTHER_CLASS,
            "between the explained and the least likely class",
        ),
    ];
    let worst = [Verdict::Fail, Verdict::Undecided, Verdict::Pass];
    let worst = worst
        .into_iter()
        .find(|verdict| found.iter().any(|(own, _)| own == verdict));
    let worst = worst.unwrap_or(Verdict::Pass);
    let reasons = found.into_iter().filter(|(own, _)| *own == worst);
    let reasons: Vec<String> = reasons.map(|(_, reason)| reason).collect();
    (worst, reasons.join("; "))
}

fn check(found: &Found, bar: f64, what: &str) -> (Verdict, String) {
    let Interval { mean, low, high, n } = found.correlation;
    if found.vanished > MOSTLY_VANISHED {
        let share = 100.0 * found.vanished;
        let reason = format!("{share:.0} % of the maps are empty on one side alone {what}");
        return (Verdict::Pass, reason);
    }
    if n < FEWEST_IMAGES {
        let reason = format!("only {n} images have a rank correlation {what}");
        return (Verdict::Undecided, reason);
    }
    let reason =
        format!("rank correlation {mean:.2} ({low:.2} to {high:.2}) {what}, the bar is {bar}");
    let verdict = match (low > bar, high > bar) {
        (true, _) => Verdict::Fail,
        (false, true) => Verdict::Undecided,
        (false, false) => Verdict::Pass,
    };
    (verdict, reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(low: f64, high: f64) -> Found {
        let correlation = Interval {
            mean: (low + high) / 2.0,
            low,
            high,
            n: 200,
        };
        Found {
            correlation,
            vanished: 0.0,
        }
    }

    fn of(n: usize, vanished: f64) -> Found {
        let correlation = Interval {
            n,
            ..found(1.0, 1.0).correlation
        };
        Found {
            correlation,
            vanished,
        }
    }

    fn verdict(all: (f64, f64), class: (f64, f64)) -> Verdict {
        judge(&Checks {
            all_randomised: found(all.0, all.1),
            least_likely: found(class.0, class.1),
            identity: None,
        })
        .0
    }

    #[test]
    fn an_interval_on_one_side_decides_and_one_across_does_not() {
        assert_eq!(verdict((0.0, 0.1), (0.2, 0.3)), Verdict::Pass);
        assert_eq!(verdict((0.51, 0.6), (0.2, 0.3)), Verdict::Fail);
        assert_eq!(verdict((0.0, 0.1), (0.91, 1.0)), Verdict::Fail);
        assert_eq!(verdict((0.45, 0.55), (0.2, 0.3)), Verdict::Undecided);
        // One failed check is enough, whatever the result of the other.
        assert_eq!(verdict((0.45, 0.55), (0.95, 1.0)), Verdict::Fail);
        // A negative correlation is not similarity.
        assert_eq!(verdict((-0.9, -0.8), (-1.0, -0.9)), Verdict::Pass);
    }

    #[test]
    fn a_map_that_never_changes_fails_on_both_counts_and_says_so() {
        let (verdict, reason) = judge(&Checks {
            all_randomised: found(1.0, 1.0),
            least_likely: found(1.0, 1.0),
            identity: None,
        });
        assert_eq!(verdict, Verdict::Fail);
        assert_eq!(
            reason,
            "rank correlation 1.00 (1.00 to 1.00) after every layer was re-initialised, the bar is 0.5; \
             rank correlation 1.00 (1.00 to 1.00) between the explained and the least likely class, \
             the bar is 0.9"
        );
    }

    #[test]
    fn few_images_decide_nothing_and_a_broken_identity_decides_alone() {
        let checks = Checks {
            all_randomised: of(24, 0.0),
            least_likely: found(0.0, 0.1),
            identity: Some(true),
        };
        assert_eq!(judge(&checks).0, Verdict::Undecided);
        let broken = Checks {
            identity: Some(false),
            all_randomised: found(0.0, 0.1),
            ..checks
        };
        assert_eq!(judge(&broken).0, Verdict::Fail);
    }

    /// Grad-CAM for the least probable class is often empty everywhere: this counts as a different
    /// map.
    #[test]
    fn maps_that_vanish_are_not_the_same() {
        let checks = |least_likely| Checks {
            all_randomised: found(0.0, 0.1),
            least_likely,
            identity: None,
        };
        let (verdict, reason) = judge(&checks(of(0, 1.0)));
        assert_eq!(verdict, Verdict::Pass);
        assert!(
            reason.contains("100 % of the maps are empty on one side alone"),
            "{reason}"
        );
        // Both maps are empty for every image: there is no information.
        assert_eq!(judge(&checks(of(0, 0.0))).0, Verdict::Undecided);
        // A few empty maps do not excuse the others.
        assert_eq!(judge(&checks(of(180, 0.1))).0, Verdict::Fail);
    }
}
