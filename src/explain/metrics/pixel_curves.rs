//! Insertion and deletion: how fast the confidence changes as pixels appear or disappear in the
//! map's order.

use burn::tensor::{Tensor, TensorData};

use crate::explain::{ExplainError, Explainable, Plane, confidences};

/// Value of a removed pixel, in standardised units: the training split's mean colour.
pub const FILL: f32 = 0.0;

/// Areas under the two curves of one map: the class's confidence over the share of pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CurveAreas {
    /// Pixels are added to a plane of the mean colour, highest first; 0 to 1, higher is better.
    pub insertion: f64,
    /// Pixels of the image are replaced by the mean colour, highest first; 0 to 1, lower is better.
    pub deletion: f64,
}

/// Returns the areas under the insertion and the deletion curve of one map per image.
///
/// Pixels are changed from the map's highest value to its lowest, and equal ones row by row from
/// the top left; an empty map has only this order. They change in `steps` groups of equal size, or
/// nearly equal if the number of pixels is not a multiple. The area is that of the trapezoids, over
/// shares of pixels from 0 to 1. It takes `2 * steps` forward passes, each of the whole batch in
/// chunks of bounded memory.
///
/// # Shapes
///
/// - `images`: `[batch, channels, height, width]`, standardised
/// - `maps`: one map of `[height, width]` an image
/// - `target_class`: `[batch]`
/// - returned: `[batch]`
///
/// # Errors
///
/// As [`confidences`].
///
/// # Panics
///
/// If there is not one map and one class per image, or if `steps` is 0.
///
/// # Source
///
/// Petsiuk et al., "RISE: Randomized Input Sampling for Explanation of Black-box Models", BMVC
/// 2018, section 4.3. Their insertion starts from a blurred image and their deletion ends in zeros.
/// Both use the mean colour ([`FILL`]) here, so that the end of one is the start of the other.
pub fn curve_areas<N>(
    network: &N,
    images: Tensor<4>,
    maps: &[&Plane],
    target_class: &[usize],
    steps: usize,
) -> Result<Vec<CurveAreas>, ExplainError>
where
    N: Explainable + ?Sized,
{
    areas_under(images, maps, steps, |images| {
        confidences(network, images, target_class)
    })
}

/// Does the work of [`curve_areas`] for a confidence that `answer` computes for each image of a
/// batch.
fn areas_under<E>(
    images: Tensor<4>,
    maps: &[&Plane],
    steps: usize,
    mut answer: impl FnMut(Tensor<4>) -> Result<Vec<f32>, E>,
) -> Result<Vec<CurveAreas>, E> {
    let [batch, channels, height, width] = images.dims();
    assert_eq!(maps.len(), batch, "there must be one map an image");
    assert!(steps > 0, "a curve has at least one step");
    let pixels = height * width;
    // A position in the order is below 2^24, so float32 holds it exactly.
    let places: Vec<f32> = maps.iter().flat_map(|map| places(map.values())).collect();
    let places = TensorData::new(places, [batch, 1, height, width]);
    let places: Tensor<4> = Tensor::from_data(places, &images.device());
    let gone = |done: usize| (done * pixels + steps / 2) / steps;
    let share = |done: usize| gone(done) as f64 / pixels as f64;

    let whole = answer(images.clone())?;
    let blank = answer(images.full_like(FILL))?;
    let mut areas = vec![
        CurveAreas {
            insertion: 0.0,
            deletion: 0.0,
        };
        batch
    ];
    for done in 0..=steps {
        let (inserted, deleted) = match done {
            0 => (blank.clone(), whole.clone()),
            last if last == steps => (whole.clone(), blank.clone()),
            _ => {
                let first = places.clone().lower_elem(gone(done) as f32);
                let first = first.expand([batch, channels, height, width]);
                let rest = first.clone().bool_not();
                (
                    answer(images.clone().mask_fill(rest, FILL))?,
                    answer(images.clone().mask_fill(first, FILL))?,
                )
            }
        };
        // Half of the trapezoid on either side.
        let weight = (share((done + 1).min(steps)) - share(done.saturating_sub(1))) / 2.0;
        for (area, (inserted, deleted)) in areas.iter_mut().zip(inserted.iter().zip(deleted)) {
            area.insertion += weight * f64::from(*inserted);
            area.deletion += weight * f64::from(deleted);
        }
    }
    Ok(areas)
}

/// Returns each pixel's position in descending order of value, from 0; equal values keep their
/// order.
fn places(values: &[f32]) -> Vec<f32> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[b].total_cmp(&values[a]));
    let mut places = vec![0.0; values.len()];
    for (place, pixel) in order.into_iter().enumerate() {
        places[pixel] = place as f32;
    }
    places
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;
    use crate::explain::testing::{SmallNet, images, tensor4, wave};

    /// Rounding of float32 sums of a few pixels.
    const ROUNDING: f64 = 1e-6;

    /// Returns the areas under f = sum of an image's pixels.
    fn under_sum(images: Tensor<4>, maps: &[Plane], steps: usize) -> Vec<CurveAreas> {
        let maps: Vec<&Plane> = maps.iter().collect();
        let sum = |images: Tensor<4>| -> Result<Vec<f32>, Infallible> {
            let [batch, channels, height, width] = images.dims();
            let flat = images.reshape([batch, channels * height * width]);
            Ok(flat.sum_dim(1).into_data().iter::<f32>().collect())
        };
        let Ok(areas) = areas_under(images, &maps, steps, sum);
        areas
    }

    fn plane(values: [f32; 4]) -> Plane {
        Plane::new([2, 2], values.to_vec())
    }

    #[track_caller]
    fn close(found: CurveAreas, insertion: f64, deletion: f64) {
        let off = (found.insertion - insertion).abs() + (found.deletion - deletion).abs();
        assert!(off < ROUNDING, "{found:?}, not {insertion} and {deletion}");
    }

    #[test]
    fn an_image_that_is_its_own_map_by_hand() {
        let values = [0.4, 0.3, 0.2, 0.1];
        let image = || tensor4([1, 1, 2, 2], &values);
        // Insertion 0, .7, 1; deletion 1, .3, 0; each step is half of the pixels.
        close(under_sum(image(), &[plane(values)], 2)[0], 0.6, 0.4);
        // Three steps change 1, 3 and 4 pixels: 0, .4, .9, 1 over .25, .5 and .25.
        close(under_sum(image(), &[plane(values)], 3)[0], 0.6125, 0.3875);
        // One step has only the end points.
        close(under_sum(image(), &[plane(values)], 1)[0], 0.5, 0.5);
    }

    #[test]
    fn equal_values_go_row_by_row() {
        let level = plane([0.0; 4]);
        let falling = tensor4([1, 1, 2, 2], &[0.4, 0.3, 0.2, 0.1]);
        close(
            under_sum(falling, std::slice::from_ref(&level), 2)[0],
            0.6,
            0.4,
        );
        let rising = tensor4([1, 1, 2, 2], &[0.1, 0.2, 0.3, 0.4]);
        close(under_sum(rising, &[level], 2)[0], 0.4, 0.6);
    }

    #[test]
    fn the_best_order_is_above_the_worst_and_an_order_and_its_reverse_change_places() {
        let image = || tensor4([1, 1, 2, 2], &[0.1, 0.4, 0.2, 0.3]);
        let of = |map| under_sum(image(), &[plane(map)], 4)[0];
        let (best, worst) = (of([1.0, 4.0, 2.0, 3.0]), of([4.0, 1.0, 3.0, 2.0]));
        assert!(best.insertion > worst.insertion && best.deletion < worst.deletion);
        // The pixels that one order has added are those that the reverse order has not yet removed.
        close(best, worst.deletion, worst.insertion);
    }

    #[test]
    fn under_a_sum_what_is_inserted_and_what_is_left_make_the_whole() {
        let image = wave([2, 3, 4, 4], 0.3);
        let maps = Plane::from_batch(wave([2, 1, 4, 4], 0.8).squeeze_dim(1));
        let whole = image.clone().reshape([2, 48]).sum_dim(1).into_data();
        for steps in [1, 5, 16] {
            let found = under_sum(image.clone(), &maps, steps);
            for (area, whole) in found.iter().zip(whole.iter::<f32>()) {
                let both = area.insertion + area.deletion;
                // 48 pixels of up to 1 are summed in another order.
                assert!((both - f64::from(whole)).abs() < 1e-5, "{both}, {whole}");
            }
        }
    }

    #[test]
    fn only_the_order_of_a_map_counts_and_each_image_counts_alone() {
        let network = SmallNet::trained();
        let raw = wave([3, 1, 8, 8], 0.4).squeeze_dim::<3>(1).abs();
        let areas = |images: Tensor<4>, maps: Tensor<3>, classes: &[usize]| {
            let planes = Plane::from_batch(maps);
            let maps: Vec<&Plane> = planes.iter().collect();
            curve_areas(&network, images, &maps, classes, 5).expect("known classes")
        };
        let found = areas(images(3), raw.clone(), &[0, 1, 2]);
        let cubed = raw.clone() * raw.clone() * raw.clone();
        assert_eq!(areas(images(3), cubed, &[0, 1, 2]), found);
        let alone = areas(images(3).narrow(0, 1, 1), raw.narrow(0, 1, 1), &[1]);
        let (one, of_three) = (alone[0], found[1]);
        close(one, of_three.insertion, of_three.deletion);
    }

    #[test]
    fn one_step_is_the_mean_of_the_image_and_the_blank() {
        let network = SmallNet::trained();
        let level = vec![Plane::new([8, 8], vec![0.0; 64]); 2];
        let maps: Vec<&Plane> = level.iter().collect();
        let found = curve_areas(&network, images(2), &maps, &[3, 0], 1).expect("known classes");
        let ask = |images| confidences(&network, images, &[3, 0]).expect("known classes");
        let (whole, blank) = (ask(images(2)), ask(images(2).zeros_like()));
        for (image, area) in found.into_iter().enumerate() {
            let mean = f64::from(whole[image] + blank[image]) / 2.0;
            close(area, mean, mean);
        }
    }
}
