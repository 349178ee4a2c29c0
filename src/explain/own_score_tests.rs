//! Tests of `own_score`: the gradient of a dense output against finite differences, regions,
//! batches, and scores that must be rejected.

use std::cell::Cell;

use burn::tensor::Device;
use burn::tensor::activation::{relu, sigmoid};
use burn::tensor::module::conv2d;
use burn::tensor::ops::ConvOptions;

use super::super::testing::{
    SmallNet, assert_close, assert_meets_finite_differences, images, tensor3, tensor4, wave, wave3,
};
use super::super::{ExplainRequest, Explainable, Plane, TargetSpec, explain};
use super::*;

/// Rounding of a few float32 sums.
const ROUNDING: f32 = 1e-6;
/// Rounding of float32 sums at another batch size, magnified by differences of scores.
const SUM_ORDER: f32 = 1e-4;

/// Returns the dense output of a network: two convolutions, and the sigmoid of two channels per
/// pixel.
///
/// # Shapes
///
/// - `images`: `[batch, 3, height, width]`
/// - returned: `[batch, 2, height, width]`
fn dense(images: Tensor<4>, mut at: impl FnMut(&str, Tensor<4>) -> Tensor<4>) -> Tensor<4> {
    let same = || ConvOptions::new([1, 1], [1, 1], [1, 1], 1);
    let body = relu(conv2d(images, wave([5, 3, 3, 3], 0.1), None, same()));
    let body = at("body", body);
    sigmoid(conv2d(body, wave([2, 5, 3, 3], 0.2) * 0.3, None, same()))
}

fn dense_tapped(images: Tensor<4>, tap: &mut Tap) -> Tensor<4> {
    dense(images, |name, activation| tap.observe(name, activation))
}

fn request(methods: &[&str]) -> ScoreRequest {
    ScoreRequest {
        layers: vec!["body".to_owned()],
        methods: methods
            .iter()
            .map(|name| Method::parse(name).expect("listed"))
            .collect(),
    }
}

/// Returns every method that does not read a classifier's weights.
fn usable() -> Vec<Method> {
    let all = Method::all().iter().copied();
    all.filter(|method| method.needs() != Needs::PooledLinear)
        .collect()
}

#[test]
fn the_gradient_of_a_region_of_a_dense_output_meets_finite_differences() {
    let regions = wave3([2, 8, 8], 0.6).greater_elem(0.0).float();
    let subject = OwnScore {
        forward: &dense_tapped,
        score: &masked_region(regions.clone(), 1),
        places: &[0, 1],
    };
    let layers = ["body".to_owned()];
    let (_scores, evidence) = subject.gather(images(2), &layers).expect("finite");
    assert_meets_finite_differences("a region", &evidence[0].gradient, |nudge| {
        let output = dense(images(2), |_name, activation| activation + nudge.clone());
        let inside = output.narrow(1, 1, 1) * regions.clone().unsqueeze_dim(1);
        inside.to_data().iter::<f64>().sum()
    });
}

#[test]
fn a_region_by_hand() {
    let output = tensor4([2, 2, 1, 2], &[1., 2., 3., 4., 5., 6., 7., 8.]);
    let of_each = masked_region(tensor3([2, 1, 2], &[1., 0., 0., 0.5]), 1);
    let expected = |values: [f32; 2]| Tensor::from_floats(values, &Device::flex());
    assert_close(&of_each(output.clone(), &[0, 1]), &expected([3., 4.]), 0.0);
    // Two versions of the second image.
    assert_close(&of_each(output.clone(), &[1, 1]), &expected([2., 4.]), 0.0);
    let of_all = masked_region(tensor3([1, 1, 2], &[1., 1.]), 0);
    assert_close(&of_all(output, &[0, 1]), &expected([3., 11.]), 0.0);
}

#[test]
fn images_of_a_dense_output_are_explained_alone_as_together_by_every_method() {
    // Each image has its own region, even if its versions fill a batch.
    let regions = wave3([3, 8, 8], 0.6).greater_elem(0.0).float();
    let request = ScoreRequest {
        methods: usable(),
        ..request(&[])
    };
    let score = masked_region(regions.clone(), 0);
    let together = explain_score(dense_tapped, score, images(3), &request).expect("finite");
    assert_eq!(together.len(), 3 * usable().len());
    for one in &together {
        let region = regions.clone().narrow(0, one.image, 1);
        let image = images(3).narrow(0, one.image, 1);
        let alone = explain_score(dense_tapped, masked_region(region, 0), image, &request);
        let alone = alone.expect("finite");
        let same = alone.iter().find(|other| other.method == one.method);
        let same = same.expect("the same methods");
        let map = |one: &ScoreExplanation| Plane::to_batch(&[&one.saliency.raw], &Device::flex());
        assert_close(&map(same), &map(one), SUM_ORDER);
        assert!((same.score - one.score).abs() <= ROUNDING * one.score.abs());
    }
}

#[test]
fn the_logit_of_a_class_as_a_score_of_one_s_own_gives_the_class_s_explanation() {
    let network = SmallNet::trained();
    let own = ScoreRequest {
        layers: network.layers(),
        methods: usable(),
    };
    let forward = |images: Tensor<4>, tap: &mut Tap| network.forward_tapped(images, tap);
    let logit = |logits: Tensor<2>, _images: &[usize]| logits.narrow(1, 2, 1).squeeze_dim(1);
    let found = explain_score(forward, logit, images(3), &own).expect("finite");
    let class = ExplainRequest {
        layers: network.layers(),
        methods: usable(),
        target: TargetSpec::class(2),
    };
    let expected = explain(&network, images(3), &class).expect("finite");
    assert_eq!(found.len(), expected.len());
    for (one, other) in found.iter().zip(&expected) {
        let named = (one.image, &one.layer, one.method);
        assert_eq!(named, (other.image, &other.layer, other.method));
        assert_eq!(one.saliency, other.saliency);
    }
}

#[test]
fn a_score_that_is_none_is_refused() {
    let refused = |score: &dyn Fn(Tensor<4>, &[usize]) -> Tensor<1>, request: &ScoreRequest| {
        explain_score(dense_tapped, score, images(2), request).map(|_| ())
    };
    let total = |output: Tensor<4>, _images: &[usize]| output.sum();
    let count = ExplainError::ScoreCount {
        scores: 1,
        images: 2,
    };
    assert_eq!(refused(&total, &request(&["grad-cam"])), Err(count));
    let constant = |_output, images: &[usize]| Tensor::ones([images.len()], &Device::flex());
    let no_gradient = ExplainError::NoGradient {
        layer: "body".to_owned(),
    };
    assert_eq!(
        refused(&constant, &request(&["grad-cam"])),
        Err(no_gradient)
    );
    let region = masked_region(tensor3([1, 8, 8], &[1.0; 64]), 0);
    assert!(matches!(
        refused(&region, &request(&["grad-cam", "cam"])),
        Err(ExplainError::NotPooledLinear { .. })
    ));
    assert!(matches!(
        refused(&region, &request(&[])),
        Err(ExplainError::NoMethod { .. })
    ));
    let mut elsewhere = request(&["grad-cam"]);
    elsewhere.layers = vec!["bodi".to_owned()];
    let error = refused(&region, &elsewhere).expect_err("no such layer");
    assert_eq!(error.to_string(), "unknown layer \"bodi\"; known: \"body\"");
    elsewhere.layers.clear();
    assert!(matches!(
        refused(&region, &elsewhere),
        Err(ExplainError::NoLayer { .. })
    ));
}

#[test]
fn a_network_that_trains_is_refused() {
    let forwards = Cell::new(0.0);
    let moving = |images: Tensor<4>, tap: &mut Tap| {
        forwards.set(forwards.get() + 1.0);
        dense_tapped(images, tap) * forwards.get()
    };
    let region = masked_region(tensor3([1, 8, 8], &[1.0; 64]), 0);
    let refused = explain_score(moving, region, images(2), &request(&["grad-cam"]));
    assert!(matches!(refused, Err(ExplainError::NotInference { .. })));
}
