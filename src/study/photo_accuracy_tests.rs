use burn::tensor::{Device, Tensor};

use super::{rank, scores, seen};
use crate::data::photo::{Photo, View};

/// Precision of a single-precision exponential, with room for one more rounding.
const ROUNDING: f32 = 1e-6;

/// Two crops slightly favour class 0, one strongly favours class 1: the mean probability selects
/// class 0, the mean logit would select class 1.
#[test]
fn crops_are_averaged_as_probabilities() {
    let device = Device::flex();
    let mild = [2.0, 0.0];
    let logits = Tensor::<2>::from_floats([mild, mild, [0.0, 30.0]], &device);
    let found = scores(logits);
    // 1 / (1 + e^-2) = 0.880797.
    let expected = [2.0 * 0.880_797 / 3.0, (2.0 * 0.119_203 + 1.0) / 3.0];
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() < ROUNDING, "{found} {expected}");
    }
    assert_eq!(scores(Tensor::<2>::from_floats([mild], &device)), mild);
}

/// If all classes have the same score, the first one counts as predicted.
#[test]
fn of_equal_classes_the_first_is_named() {
    let ranks = |scores: [f32; 3]| [0, 1, 2].map(|label| rank(&scores, label));
    assert_eq!(ranks([0.0, 0.0, 0.0]), [0, 1, 2]);
    assert_eq!(ranks([0.5, 2.0, 2.0]), [2, 0, 1]);
}

#[test]
fn a_picture_is_one_crop_or_ten() {
    let view = View::LargestSquare { side: 4 };
    let photo = Photo::from_fn(4, 4, |x, y| [(x * 9) as u8, (y * 9) as u8, 0]);
    let one = seen(view, &photo, false);
    assert_eq!(one.len(), 3 * 4 * 4);
    let ten = seen(view, &photo, true);
    assert_eq!(ten.len(), 10 * one.len());
    assert_eq!(ten[..one.len()], one);
    // The mirror image begins with the last pixel of the first row.
    assert_eq!(ten[5 * one.len()], one[3]);
}
