//! The change of a network's confidence from an image to its explanation map: drop, increase, gain,
//! and which of two methods loses less. Plain numbers, no tensor.

use std::cmp::Ordering;

/// From a share to percent.
const PERCENT: f64 = 100.0;
/// Largest rounding error of a probability. Maps that are mathematically equal differed by up to
/// 6e-6 on 126 photographs.
const LARGEST_ROUNDING: f64 = 1e-4;
/// The same as a share of the probability, since small probabilities have as many digits; up to
/// 1e-4 on those photographs.
const LARGEST_ROUNDED_SHARE: f64 = 1e-3;

/// The confidence of one class on an image and on its explanation map `E = L * I`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ConfidenceChange {
    /// Y: softmax probability of the class on the image, 0 to 1.
    pub image: f64,
    /// O: softmax probability of the same class on the explanation map, 0 to 1.
    pub explanation: f64,
}

impl ConfidenceChange {
    /// Returns the share of the confidence that the explanation map loses: `max(0, Y - O) / Y`, 0
    /// to 1.
    ///
    /// If Y is 0, the drop is 0.
    ///
    /// # Source
    ///
    /// Chattopadhyay et al., "Grad-CAM++", WACV 2018, section 4.1, one term of Average Drop.
    pub fn drop(self) -> f64 {
        if self.explanation >= self.image {
            return 0.0;
        }
        // Y is above O, which is 0 or more.
        (self.image - self.explanation) / self.image
    }

    /// Returns the share of the missing confidence that the explanation map adds:
    /// `max(0, O - Y) / (1 - Y)`, 0 to 1.
    ///
    /// If Y is 1, the gain is 0.
    ///
    /// # Source
    ///
    /// Zhang et al., "Opti-CAM: Optimizing saliency maps for interpretability", 2023, one term of
    /// Average Gain, as the counterpart of Average Drop.
    pub fn gain(self) -> f64 {
        if self.explanation <= self.image {
            return 0.0;
        }
        // Y is below O, which is 1 or less.
        (self.explanation - self.image) / (1.0 - self.image)
    }

    /// Returns whether the confidence on the explanation map exceeds that on the image: `O > Y`,
    /// strictly.
    pub fn is_increase(self) -> bool {
        self.explanation > self.image
    }

    /// Returns `Greater` if this map's drop is smaller than that of `other`, which explains the
    /// same class of the same image. Drops are not clipped at 0. `Equal` is a tie.
    ///
    /// Both share Y, so the smaller `(Y - O) / Y` is the larger O. Comparing O avoids ties from
    /// rounding and allows Y = 0.
    ///
    /// # Panics
    ///
    /// If the two do not share Y.
    pub fn against(self, other: Self) -> Ordering {
        assert_eq!(
            self.image, other.image,
            "two maps are compared on one class of one image"
        );
        self.explanation.total_cmp(&other.explanation)
    }

    /// Returns whether O equals that of `other` up to the rounding of two sums of the same terms,
    /// so that a win of one over the other means nothing.
    pub fn is_near(self, other: Self) -> bool {
        let share = LARGEST_ROUNDED_SHARE * self.explanation.max(other.explanation);
        (self.explanation - other.explanation).abs() <= share.min(LARGEST_ROUNDING)
    }
}

/// Returns the Average Drop: the mean of [`ConfidenceChange::drop`], in percent; `NaN` without
/// images.
pub fn average_drop(changes: &[ConfidenceChange]) -> f64 {
    mean(changes, ConfidenceChange::drop)
}

/// Returns the % Increase: the share of images with [`ConfidenceChange::is_increase`], in percent;
/// `NaN` without images.
pub fn increase_rate(changes: &[ConfidenceChange]) -> f64 {
    mean(changes, |change| f64::from(u8::from(change.is_increase())))
}

/// Returns the Average Gain: the mean of [`ConfidenceChange::gain`], in percent; `NaN` without
/// images.
pub fn average_gain(changes: &[ConfidenceChange]) -> f64 {
    mean(changes, ConfidenceChange::gain)
}

fn mean(changes: &[ConfidenceChange], of: impl Fn(ConfidenceChange) -> f64) -> f64 {
    changes.iter().map(|change| of(*change)).sum::<f64>() / changes.len() as f64 * PERCENT
}

/// The comparison of two methods on the same images.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wins {
    /// Images on which the first method's drop is smaller, not clipped.
    pub wins: usize,
    /// Images on which both drops are the same; they count for neither method.
    pub ties: usize,
    /// Total number of images.
    pub images: usize,
}

impl Wins {
    /// Returns the % Win: the images won, in percent of all; `NaN` without images.
    pub fn percent(self) -> f64 {
        self.wins as f64 / self.images as f64 * PERCENT
    }
}

/// Returns how often `first` drops less than `second`, with ties counted separately.
///
/// # Panics
///
/// If the two are not for the same images.
///
/// # Source
///
/// Chattopadhyay et al., section 4.1, % Win.
pub fn wins(first: &[ConfidenceChange], second: &[ConfidenceChange]) -> Wins {
    assert_eq!(first.len(), second.len(), "methods meet on the same images");
    let pairs = first.iter().zip(second);
    let outcomes: Vec<Ordering> = pairs.map(|(a, b)| a.against(*b)).collect();
    let count = |outcome| outcomes.iter().filter(|found| **found == outcome).count();
    Wins {
        wins: count(Ordering::Greater),
        ties: count(Ordering::Equal),
        images: first.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rounding of float64 sums of five terms, in percent.
    const ROUNDING: f64 = 1e-12;

    const Y: [f64; 5] = [0.8, 0.5, 0.9, 0.4, 0.6];
    const O_A: [f64; 5] = [0.6, 0.7, 0.9, 0.1, 0.9];
    const O_B: [f64; 5] = [0.7, 0.4, 0.45, 0.4, 0.8];

    fn change(image: f64, explanation: f64) -> ConfidenceChange {
        ConfidenceChange { image, explanation }
    }

    /// A rounding difference is near; a win that leaves both drops at 0 is not.
    #[test]
    fn near_is_told_by_the_confidence_and_not_by_the_drop() {
        let (first, second) = (change(0.5, 0.9), change(0.5, 0.8));
        assert_eq!((first.drop(), second.drop()), (0.0, 0.0));
        assert!(!first.is_near(second));
        assert!(first.is_near(change(0.5, 0.900_006)));
        assert!(!first.is_near(change(0.5, 0.9002)));
        // Doubling a small confidence is more than rounding.
        assert!(!change(0.1, 1e-6).is_near(change(0.1, 2e-6)));
        assert!(change(0.1, 1e-6).is_near(change(0.1, 1.0005e-6)));
    }

    fn changes(explanations: [f64; 5]) -> Vec<ConfidenceChange> {
        let pairs = Y.iter().zip(explanations);
        pairs.map(|(y, o)| change(*y, o)).collect()
    }

    #[track_caller]
    fn close(found: f64, expected: f64) {
        assert!((found - expected).abs() < ROUNDING, "{found}, {expected}");
    }

    #[test]
    fn two_methods_on_five_images_by_hand() {
        let (a, b) = (changes(O_A), changes(O_B));
        // A drops .2/.8 and .3/.4; B drops .1/.8, .1/.5 and .45/.9.
        close(average_drop(&a), 20.0);
        close(average_drop(&b), 16.5);
        close(increase_rate(&a), 40.0);
        close(increase_rate(&b), 20.0);
        // A gains .2/.5 and .3/.4; B gains .2/.4.
        close(average_gain(&a), 23.0);
        close(average_gain(&b), 10.0);
        let expected = Wins {
            wins: 3,
            ties: 0,
            images: 5,
        };
        assert_eq!(wins(&a, &b), expected);
        close(wins(&a, &b).percent(), 60.0);
        close(wins(&b, &a).percent(), 40.0);
    }

    #[test]
    fn drops_are_not_clipped_for_a_win_and_ties_are_counted_apart() {
        // Both rise above Y, so both clipped drops are 0: the higher rise still wins.
        let (high, low) = ([change(0.2, 0.9)], [change(0.2, 0.5)]);
        assert_eq!((high[0].drop(), low[0].drop()), (0.0, 0.0));
        assert_eq!(wins(&high, &low).wins, 1);
        let tied = wins(&high, &high);
        assert_eq!((tied.wins, tied.ties), (0, 1));
        // A difference that Y - O would round away is still a win.
        let (above, below) = ([change(0.9, 2e-20)], [change(0.9, 1e-20)]);
        assert_eq!(0.9 - 2e-20, 0.9 - 1e-20);
        assert_eq!(wins(&above, &below).wins, 1);
    }

    #[test]
    fn at_the_ends_of_confidence_there_is_nothing_to_lose_or_to_gain() {
        let none = change(0.0, 0.5);
        assert_eq!((none.drop(), none.gain()), (0.0, 0.5));
        assert_eq!(change(0.0, 0.0).drop(), 0.0);
        let sure = change(1.0, 0.25);
        assert_eq!((sure.drop(), sure.gain()), (0.75, 0.0));
        assert_eq!(change(1.0, 1.0).gain(), 0.0);
    }

    #[test]
    fn an_image_drops_or_gains_and_never_both() {
        for image in [0.0, 0.1, 0.5, 0.9, 1.0] {
            for explanation in [0.0, 0.1, 0.5, 0.9, 1.0] {
                let change = change(image, explanation);
                assert!(change.drop() == 0.0 || change.gain() == 0.0);
                assert_eq!(change.is_increase(), change.gain() > 0.0);
                assert!((0.0..=1.0).contains(&change.drop()));
                assert!((0.0..=1.0).contains(&change.gain()));
            }
        }
    }

    #[test]
    #[should_panic(expected = "one class of one image")]
    fn maps_of_different_images_do_not_meet() {
        let _ = change(0.5, 0.5).against(change(0.4, 0.5));
    }
}
