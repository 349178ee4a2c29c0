//! When a method fails its sanity checks. Called by the command line, which writes the verdicts.

use super::Interval;
use crate::run::Verdict;

/// Mean rank correlation over which maps count as the same after every parameter was drawn anew.
///
/// Two maps that are each half something common and half their own correlate by 0.5: over it, most of
/// a trained network's map was there without its training.
pub const SAME_AFTER_RANDOMISATION: f64 = 0.5;
/// Mean rank correlation over which the maps for the predicted and for the least likely class count
/// as the same. Its square, 0.81, leaves less than a fifth of the variance of ranks to the class;
/// two classes may well be judged by the same object, so the bar is higher than that for chance.
pub const SAME_FOR_ANOTHER_CLASS: f64 = 0.9;
/// Images with a correlation under which nothing is said: a mean of fewer scatters by 0.1 and more
/// (one correlation scatters by about half).
pub const FEWEST_IMAGES: usize = 25;

/// What a method's maps were found to be at one layer of one network.
#[derive(Debug, Clone, Copy)]
pub struct Checks {
    /// Rank correlation with the trained network's maps after every layer was drawn anew.
    pub all_randomised: Interval,
    /// Rank correlation of the maps for the explained and for the least likely class.
    pub least_likely: Interval,
    /// Whether the identity that the method has to meet held; `None` where there is none.
    pub identity: Option<bool>,
}

/// The verdict, and its reason in words.
///
/// A method fails where the whole interval of a mean lies over its bar, passes where none reaches it,
/// and is undecided where an interval covers its bar or too few images have a correlation.
pub fn judge(checks: &Checks) -> (Verdict, String) {
    let tests = [
        (
            checks.all_randomised,
            SAME_AFTER_RANDOMISATION,
            "after every layer was drawn anew",
        ),
        (
            checks.least_likely,
            SAME_FOR_ANOTHER_CLASS,
            "between the explained and the least likely class",
        ),
    ];
    if checks.identity == Some(false) {
        return (Verdict::Fail, "its sum is not what it has to be".to_owned());
    }
    let said = |(found, bar, what): (Interval, f64, &str)| {
        format!(
            "rank correlation {:.2} ({:.2} to {:.2}) {what}, the bar is {bar}",
            found.mean, found.low, found.high
        )
    };
    let enough = |found: &Interval| found.n >= FEWEST_IMAGES;
    let failed = tests
        .iter()
        .filter(|(found, bar, _)| enough(found) && found.low > *bar);
    let failed: Vec<String> = failed.map(|test| said(*test)).collect();
    if !failed.is_empty() {
        return (Verdict::Fail, failed.join("; "));
    }
    for (found, bar, what) in tests {
        if !enough(&found) {
            let reason = format!("only {} images have a rank correlation {what}", found.n);
            return (Verdict::Undecided, reason);
        }
        if found.high > bar {
            return (Verdict::Undecided, said((found, bar, what)));
        }
    }
    (Verdict::Pass, tests.map(said).join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interval(low: f64, high: f64) -> Interval {
        Interval {
            mean: (low + high) / 2.0,
            low,
            high,
            n: 200,
        }
    }

    fn verdict(all: (f64, f64), class: (f64, f64)) -> Verdict {
        judge(&Checks {
            all_randomised: interval(all.0, all.1),
            least_likely: interval(class.0, class.1),
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
        // One failed check is enough, whatever the other says.
        assert_eq!(verdict((0.45, 0.55), (0.95, 1.0)), Verdict::Fail);
        // Moving the other way round is no likeness.
        assert_eq!(verdict((-0.9, -0.8), (-1.0, -0.9)), Verdict::Pass);
    }

    #[test]
    fn a_map_that_never_changes_fails_on_both_counts_and_says_so() {
        let (verdict, reason) = judge(&Checks {
            all_randomised: interval(1.0, 1.0),
            least_likely: interval(1.0, 1.0),
            identity: None,
        });
        assert_eq!(verdict, Verdict::Fail);
        assert_eq!(
            reason,
            "rank correlation 1.00 (1.00 to 1.00) after every layer was drawn anew, the bar is 0.5; \
             rank correlation 1.00 (1.00 to 1.00) between the explained and the least likely class, \
             the bar is 0.9"
        );
    }

    #[test]
    fn few_images_decide_nothing_and_a_broken_identity_decides_alone() {
        let few = Interval {
            n: 24,
            ..interval(1.0, 1.0)
        };
        let checks = Checks {
            all_randomised: few,
            least_likely: interval(0.0, 0.1),
            identity: Some(true),
        };
        assert_eq!(judge(&checks).0, Verdict::Undecided);
        let broken = Checks {
            identity: Some(false),
            all_randomised: interval(0.0, 0.1),
            ..checks
        };
        assert_eq!(judge(&broken).0, Verdict::Fail);
        let none = Interval {
            mean: f64::NAN,
            low: f64::NAN,
            high: f64::NAN,
            n: 0,
        };
        let empty = Checks {
            all_randomised: none,
            ..checks
        };
        assert_eq!(judge(&empty).0, Verdict::Undecided);
    }
}
