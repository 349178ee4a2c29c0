//! Faithfulness of a map, in numbers: how much of the class confidence it keeps, how large it is,
//! and how fast the confidence changes with its pixels.
//!
//! Every score is one number per image, so that tables can report means with intervals and pair two
//! methods on the same images. [`score_maps`] computes them all.

use burn::tensor::Tensor;

use super::{
    ExplainError, Explainable, Plane, Saliency, Standardisation, confidences_on_explanations,
};

pub mod confidence_change;
pub mod pixel_curves;

pub use confidence_change::{
    ConfidenceChange, Wins, average_drop, average_gain, increase_rate, wins,
};
pub use pixel_curves::{CurveAreas, curve_areas};

/// The scores of one map.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MapScore {
    /// The network's confidence in the class on the image and on the explanation map.
    pub confidence: ConfidenceChange,
    /// Mean of the normalised map, 0 to 1.
    pub area: f64,
    /// Whether the map is constant. Such a map is scored as all zero, so that E is a black image.
    pub empty: bool,
    /// Areas under the insertion and the deletion curve, if requested.
    pub curves: Option<CurveAreas>,
}

/// The images that maps are scored on.
#[derive(Debug, Clone, Copy)]
pub struct ScoreRequest<'a> {
    /// The images, `[batch, channels, height, width]`, 0 to 1, not standardised.
    pub pixels: &'a Tensor<4>,
    /// How the network's inputs are standardised.
    pub standardisation: Standardisation<'a>,
    /// The class of each image's map.
    pub target_class: &'a [usize],
    /// The softmax probability of that class on the image, 0 to 1.
    pub confidence: &'a [f32],
    /// Number of steps of the insertion and deletion curves; `None` omits the curves.
    pub steps: Option<usize>,
}

/// Returns the scores of one map per image.
///
/// # Errors
///
/// As [`confidences`](super::confidences).
///
/// # Panics
///
/// If there is not one map, one class and one confidence per image, or if there are 0 steps.
pub fn score_maps<N>(
    network: &N,
    maps: &[Saliency],
    request: &ScoreRequest<'_>,
) -> Result<Vec<MapScore>, ExplainError>
where
    N: Explainable + ?Sized,
{
    let planes: Vec<&Plane> = maps.iter().map(|map| &map.normalised).collect();
    let on_maps = confidences_on_explanations(
        network,
        request.pixels.clone(),
        Plane::to_batch(&planes, &request.pixels.device()),
        request.target_class,
        request.standardisation,
    )?;
    let curves: Vec<Option<CurveAreas>> = match request.steps {
        None => vec![None; maps.len()],
        Some(steps) => {
            let images = request.standardisation.apply(request.pixels.clone());
            let areas = curve_areas(network, images, &planes, request.target_class, steps)?;
            areas.into_iter().map(Some).collect()
        }
    };
    assert_eq!(
        request.confidence.len(),
        maps.len(),
        "there must be one confidence an image"
    );
    let confidences = request.confidence.iter().zip(on_maps);
    Ok(maps
        .iter()
        .zip(confidences)
        .zip(curves)
        .map(|((map, (&image, explanation)), curves)| MapScore {
            confidence: ConfidenceChange {
                image: f64::from(image),
                explanation: f64::from(explanation),
            },
            area: map_area(&map.normalised),
            empty: map.empty,
            curves,
        })
        .collect())
}

/// Returns the mean of a normalised map, 0 to 1: 1 for a map of ones, which hides nothing.
///
/// Average Drop alone rewards large maps, so it is always shown next to this.
pub fn map_area(normalised: &Plane) -> f64 {
    let values = normalised.values();
    values.iter().map(|value| f64::from(*value)).sum::<f64>() / values.len() as f64
}

#[cfg(test)]
mod tests {
    use super::super::testing::{SmallNet, images};
    use super::super::{confidences, saliency::normalise};
    use super::*;

    const STANDARDISATION: Standardisation<'static> = Standardisation {
        mean: &[0.5, 0.4, 0.3],
        std: &[0.25, 0.3, 0.25],
    };
    const CLASSES: [usize; 3] = [0, 2, 1];

    fn scores(network: &SmallNet, maps: &[Saliency], steps: Option<usize>) -> Vec<MapScore> {
        let pixels = images(3).abs().clamp_max(1.0);
        let standardised = STANDARDISATION.apply(pixels.clone());
        let confidence = confidences(network, standardised, &CLASSES).expect("known classes");
        let request = ScoreRequest {
            pixels: &pixels,
            standardisation: STANDARDISATION,
            target_class: &CLASSES,
            confidence: &confidence,
            steps,
        };
        score_maps(network, maps, &request).expect("known classes")
    }

    fn map(values: Vec<f32>, empty: bool) -> Saliency {
        let plane = Plane::new([8, 8], values);
        Saliency {
            raw: plane.clone(),
            normalised: plane,
            empty,
        }
    }

    #[test]
    fn a_map_of_ones_loses_nothing_and_covers_everything() {
        let ones = vec![map(vec![1.0; 64], false); 3];
        for score in scores(&SmallNet::trained(), &ones, None) {
            let change = score.confidence;
            assert_eq!((change.drop(), change.gain(), score.area), (0.0, 0.0, 1.0));
            assert!(!change.is_increase() && !score.empty && score.curves.is_none());
        }
    }

    #[test]
    fn an_empty_map_scores_as_a_black_image() {
        let network = SmallNet::trained();
        let black = STANDARDISATION.apply(images(3).zeros_like());
        let on_black = confidences(&network, black, &CLASSES).expect("known classes");
        let found = scores(&network, &vec![map(vec![0.0; 64], true); 3], None);
        for (score, black) in found.iter().zip(on_black) {
            assert_eq!(score.confidence.explanation, f64::from(black));
            assert!(score.empty && score.area == 0.0);
        }
    }

    #[test]
    fn scaling_a_map_before_it_is_normalised_changes_no_score() {
        let network = SmallNet::trained();
        let of = |factor: f32| {
            let wave: Vec<f32> = (0..64).map(|i| factor * (i as f32).sin().abs()).collect();
            let tensor = Plane::to_batch(&[&Plane::new([8, 8], wave)], &Default::default());
            let (normalised, _) = normalise(tensor);
            let plane = &Plane::from_batch(normalised)[0];
            scores(
                &network,
                &vec![map(plane.values().to_vec(), false); 3],
                Some(4),
            )
        };
        // A power of two scales floats without rounding.
        assert_eq!(of(1.0), of(8.0));
    }

    #[test]
    fn the_area_is_the_mean_by_hand() {
        let plane = Plane::new([2, 2], vec![0.0, 1.0, 0.5, 0.25]);
        assert_eq!(map_area(&plane), 0.4375);
    }
}
