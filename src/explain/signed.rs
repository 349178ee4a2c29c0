//! Signed maps: evidence for and against a class, before the ReLU, and what several of one picture
//! have in common.

use burn::tensor::Tensor;

use super::layer_maps::signed_map;
use super::questions::ClassScore;
use super::saliency::resize;
use super::target::predicted_classes;
use super::{ExplainError, Explainable, Method, Needs, Plane, Questions, TargetSpec, gather};

/// The signed maps of one method at one layer.
#[derive(Debug, Clone, PartialEq)]
pub struct SignedMaps {
    /// The layer's name.
    pub layer: String,
    /// The method.
    pub method: Method,
    /// One map per image, at the layer's size, in the method's own units.
    pub maps: Vec<Plane>,
}

/// The signed maps of a group of images.
#[derive(Debug, Clone, PartialEq)]
pub struct SignedSurvey {
    /// The class of each image's maps.
    pub target_class: Vec<usize>,
    /// The predicted class of each image.
    pub predicted_class: Vec<usize>,
    /// One entry per layer and method, layers outermost; methods that a layer does not allow are
    /// skipped.
    pub maps: Vec<SignedMaps>,
}

/// Returns the signed maps of all methods at all layers. The whole group passes through the network
/// at once.
///
/// # Shapes
///
/// - `images`: `[batch, channels, height, width]`, standardised
///
/// # Errors
///
/// As [`gather`]; also if an output of the network or a map is not finite.
pub fn signed_survey<N>(
    network: &N,
    images: Tensor<4>,
    target: &TargetSpec,
    (layers, methods): (&[String], &[Method]),
) -> Result<SignedSurvey, ExplainError>
where
    N: Explainable + ?Sized,
{
    let evidence = gather(network, images.clone(), target, layers)?;
    let subject = ClassScore {
        network,
        quantity: target.quantity,
        target_class: &evidence.target_class,
    };
    let watch = |_answers| {};
    let questions = Questions::new(&subject, images, &evidence.scores, &watch);
    let mut maps = Vec::new();
    for layer in &evidence.layers {
        let allowed = |method: &&Method| {
            method.needs() != Needs::PooledLinear || layer.class_weights.is_some()
        };
        for method in methods.iter().filter(allowed) {
            maps.push(SignedMaps {
                layer: layer.name.clone(),
                method: *method,
                maps: Plane::from_batch(signed_map(*method, layer, &questions)?),
            });
        }
    }
    Ok(SignedSurvey {
        predicted_class: predicted_classes(&evidence.logits),
        target_class: evidence.target_class,
        maps,
    })
}

/// Returns the map divided by its largest magnitude, -1 to 1: its sign and its zero stay. A map of
/// zeros stays so.
pub fn scaled(map: &Plane) -> Plane {
    let largest = map
        .values()
        .iter()
        .fold(0.0, |most: f32, v| most.max(v.abs()));
    let divisor = if largest > 0.0 { largest } else { 1.0 };
    let values = map.values().iter().map(|value| value / divisor);
    Plane::new(map.size(), values.collect())
}

/// Returns the maps at another size, as [`resize`] does.
///
/// # Panics
///
/// If there is no map, or if their sizes differ.
pub fn enlarged(maps: &[&Plane], size: [usize; 2], device: &burn::tensor::Device) -> Vec<Plane> {
    Plane::from_batch(resize(Plane::to_batch(maps, device), size))
}

/// What several maps of one picture have in common, cell by cell.
#[derive(Debug, Clone, PartialEq)]
pub struct Common {
    /// The mean of the maps.
    pub mean: Plane,
    /// Their sample standard deviation.
    pub spread: Plane,
    /// 1 where all maps are above 0, -1 where all are below, otherwise 0.
    pub agreed: Plane,
    /// Share of the cells where all maps have the same sign, 0 to 1.
    pub agreed_share: f64,
}

impl Common {
    /// Returns what `maps` have in common.
    ///
    /// # Panics
    ///
    /// If there are fewer than two maps, or if their sizes differ.
    pub fn of(maps: &[Plane]) -> Self {
        assert!(maps.len() > 1, "one map has nothing in common with itself");
        let size = maps[0].size();
        let cells = size[0] * size[1];
        let (mut mean, mut spread, mut agreed) = (Vec::new(), Vec::new(), Vec::new());
        for cell in 0..cells {
            let values = || maps.iter().map(|map| f64::from(map.values()[cell]));
            let count = maps.len() as f64;
            let middle = values().sum::<f64>() / count;
            let squares: f64 = values().map(|value| (value - middle).powi(2)).sum();
            mean.push(middle as f32);
            spread.push((squares / (count - 1.0)).sqrt() as f32);
            let all = |is: fn(f64) -> bool| values().all(is);
            agreed.push(match () {
                () if all(|value| value > 0.0) => 1.0,
                () if all(|value| value < 0.0) => -1.0,
                () => 0.0,
            });
        }
        let same = agreed.iter().filter(|sign| **sign != 0.0_f32).count();
        Self {
            agreed_share: same as f64 / cells as f64,
            mean: Plane::new(size, mean),
            spread: Plane::new(size, spread),
            agreed: Plane::new(size, agreed),
        }
    }

    /// Returns the share of cells with one sign that is expected of `count` maps with independent,
    /// equally likely signs: `2^(1 - count)`.
    pub fn share_by_chance(count: usize) -> f64 {
        0.5_f64.powi(count as i32 - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{SmallNet, images};
    use super::super::{ExplainRequest, explain, saliency};
    use super::*;

    fn plane(values: [f32; 4]) -> Plane {
        Plane::new([2, 2], values.to_vec())
    }

    #[test]
    fn a_map_is_scaled_by_its_largest_magnitude_and_keeps_its_signs() {
        assert_eq!(
            scaled(&plane([1.0, -4.0, 0.0, 2.0])),
            plane([0.25, -1.0, 0.0, 0.5])
        );
        assert_eq!(scaled(&plane([0.0; 4])), plane([0.0; 4]));
    }

    /// Three seeds. First cell 1, 1, -0.5: mean 0.5, squares 3 * 0.25 + ... = 0.25 + 0.25 + 1 over
    /// 2, so a spread of sqrt(0.75). Second -1, -0.5, -0.75: mean -0.75, spread 0.25. Third 0, 0.5,
    /// 1: mean 0.5, spread 0.5; a zero is no sign. Fourth 0.5 three times.
    #[test]
    fn three_maps_by_hand() {
        let found = Common::of(&[
            plane([1.0, -1.0, 0.0, 0.5]),
            plane([1.0, -0.5, 0.5, 0.5]),
            plane([-0.5, -0.75, 1.0, 0.5]),
        ]);
        assert_eq!(found.mean, plane([0.5, -0.75, 0.5, 0.5]));
        assert_eq!(found.spread, plane([0.75_f32.sqrt(), 0.25, 0.5, 0.0]));
        assert_eq!(found.agreed, plane([0.0, -1.0, 0.0, 1.0]));
        assert_eq!(found.agreed_share, 0.5);
        assert_eq!(Common::share_by_chance(3), 0.25);
    }

    /// The rectified signed map is the raw map of an explanation, for every method.
    #[test]
    fn signed_maps_are_the_raw_maps_before_their_relu() {
        let network = SmallNet::trained();
        let layers = ["block-2".to_owned()];
        let target = TargetSpec::class(1);
        let methods = Method::all();
        let found = signed_survey(&network, images(3), &target, (&layers, methods));
        let found = found.expect("explainable");
        let request = ExplainRequest {
            layers: layers.to_vec(),
            methods: methods.to_vec(),
            target,
        };
        let explained = explain(&network, images(3), &request).expect("explainable");
        assert_eq!(found.maps.len(), methods.len());
        let mut negative = 0;
        for explanation in explained {
            let same = |maps: &&SignedMaps| maps.method == explanation.method;
            let signed = found.maps.iter().find(same).expect("the method is there");
            let signed = &signed.maps[explanation.image];
            let device = burn::tensor::Device::flex();
            let rectified = saliency::rectify(Plane::to_batch(&[signed], &device));
            assert_eq!(Plane::from_batch(rectified)[0], explanation.saliency.raw);
            negative += signed.values().iter().filter(|value| **value < 0.0).count();
        }
        assert!(negative > 0, "some evidence is against the class");
    }
}
