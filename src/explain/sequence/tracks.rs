//! The past positions of the digits, and the share of a map on them.

use burn::tensor::Tensor;

use crate::data::Mask;
use crate::data::clips::{CANVAS_SIDE, Clip, WATCHED_FRAMES};
use crate::explain::Plane;
use crate::explain::saliency::{rectify, resize};

/// The tracks of a map: the positions of the explained digit and of the other digit in a past
/// frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tracks {
    /// Track of the explained digit.
    pub own: Mask,
    /// Track of the other digit.
    pub other: Mask,
}

impl Tracks {
    /// Returns the tracks at `lag` frames before the last of the [`WATCHED_FRAMES`]: the pixels
    /// that only one digit covered then, and that no digit covers in the last or in the predicted
    /// frame. A map that marks only the current or next positions of the digits has no mass on
    /// either track. At lag 0 there is no track.
    ///
    /// # Panics
    /// If the clip is shorter than the lag or does not have two digits.
    pub fn new(clip: &Clip, digit: usize, lag: usize) -> Self {
        let past = WATCHED_FRAMES - 1 - lag;
        let footprint = |digit: usize, time: usize| clip.digits[digit].footprint(time);
        let now = [WATCHED_FRAMES - 1, WATCHED_FRAMES]
            .map(|time| [footprint(0, time), footprint(1, time)]);
        Self::of(
            [footprint(digit, past), footprint(1 - digit, past)],
            now.as_flattened(),
        )
    }

    /// Returns the tracks from the footprints: those of the explained and the other digit then, and
    /// those of all digits now.
    fn of([own, other]: [Mask; 2], now: &[Mask]) -> Self {
        let without = |mask: &Mask, others: &Mask| {
            let mut alone = mask.clone();
            alone.remove(others);
            now.iter().for_each(|present| alone.remove(present));
            alone
        };
        Self {
            own: without(&own, &other),
            other: without(&other, &own),
        }
    }
}

/// Returns maps prepared for comparison with tracks: rectified, then resized to the frame by
/// half-pixel bilinear interpolation.
///
/// # Shapes
/// - `maps`: `[batch, height, width]`
/// - returned: `[batch]` maps of `[height, width]` of a frame, 0 or more
pub(super) fn positive(maps: Tensor<3>) -> Vec<Plane> {
    Plane::from_batch(resize(rectify(maps), [CANVAS_SIDE; 2]))
}

/// Returns the share of a map's mass on `track`, 0 to 1; `None` if the map has no mass or the track
/// no pixel.
///
/// # Panics
/// If the map has a negative value or another size than the track.
pub fn mass_share(map: &Plane, track: &Mask) -> Option<f64> {
    assert_eq!(
        map.size(),
        [track.height(), track.width()],
        "a map is laid over a track of its own size"
    );
    let (mut mass, mut inside) = (0.0, 0.0);
    for (row, values) in map.rows().enumerate() {
        for (column, value) in values.iter().enumerate() {
            assert!(*value >= 0.0, "mass is 0 or more, not {value}");
            mass += f64::from(*value);
            if track.contains(column, row) {
                inside += f64::from(*value);
            }
        }
    }
    (mass > 0.0 && track.area() > 0).then(|| inside / mass)
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;

    fn mask([height, width]: [usize; 2], pixels: &[(usize, usize)]) -> Mask {
        let mut mask = Mask::new(height, width);
        pixels.iter().for_each(|&(x, y)| mask.insert(x, y));
        mask
    }

    #[test]
    fn shares_by_hand() {
        // Of 1 + 2 + 0 + 5 = 8, the right column holds 2 + 5.
        let map = Plane::new([2, 2], vec![1.0, 2.0, 0.0, 5.0]);
        let right = mask([2, 2], &[(1, 0), (1, 1)]);
        assert_eq!(mass_share(&map, &right), Some(0.875));
        assert_eq!(mass_share(&map, &mask([2, 2], &[(0, 1)])), Some(0.0));
        assert_eq!(mass_share(&map, &mask([2, 2], &[])), None);
        let nothing = Plane::new([2, 2], vec![0.0; 4]);
        assert_eq!(mass_share(&nothing, &right), None);
    }

    #[test]
    fn a_uniform_map_has_the_share_of_the_area() {
        let track = mask([8, 8], &[(0, 0), (3, 4), (7, 7)]);
        let uniform = Plane::new([8, 8], vec![0.3; 64]);
        let share = mass_share(&uniform, &track).expect("mass");
        assert!((share - 3.0 / 64.0).abs() < 1e-12, "{share}");
    }

    #[test]
    fn scaling_a_map_changes_no_share() {
        let values: Vec<f32> = (0..64).map(|i| (i as f32 * 0.7).sin().abs()).collect();
        let track = mask([8, 8], &[(1, 0), (3, 4), (6, 7)]);
        let share = |factor: f32| {
            let scaled = values.iter().map(|value| value * factor).collect();
            mass_share(&Plane::new([8, 8], scaled), &track).expect("mass")
        };
        // A power of two is exact in float32.
        assert_eq!(share(1.0), share(1024.0));
    }

    #[test]
    fn tracks_by_hand_leave_out_the_present_and_what_both_covered() {
        let row = |pixels: &[usize]| {
            let pixels: Vec<_> = pixels.iter().map(|x| (*x, 0)).collect();
            mask([1, 8], &pixels)
        };
        // Then: the digit on 0 to 3, the other on 3 to 6. Now: the digit on 2, the other on 5 and
        // 7.
        let tracks = Tracks::of(
            [row(&[0, 1, 2, 3]), row(&[3, 4, 5, 6])],
            &[row(&[2]), row(&[5, 7])],
        );
        assert_eq!(tracks.own, row(&[0, 1]));
        assert_eq!(tracks.other, row(&[4, 6]));
    }

    #[test]
    fn only_what_speaks_for_the_score_is_mass() {
        let positive = positive(Tensor::from_floats([[[-3.0, 2.0]]], &Device::flex()));
        assert_eq!(positive[0].size(), [64, 64]);
        assert_eq!(positive[0].at(5, 0), 0.0);
        assert_eq!(positive[0].at(5, 63), 2.0);
    }
}
