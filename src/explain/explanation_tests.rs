//! Tests of `explanation`: the laws that relate the methods, the order and splitting of batches,
//! and requests that must be rejected.

use super::super::layer_maps::raw_map;
use super::super::testing::{CLASSES, SmallNet, assert_close, images, tensor4};
use super::super::{LayerEvidence, Plane, Quantity, TargetRule, gather};
use super::*;
use crate::model::tap::Tap;
use burn::tensor::Device;

/// Rounding of float32 sums in another order or at another batch size.
const SUM_ORDER: f32 = 1e-5;

fn request(layers: &[&str], methods: &[&str]) -> ExplainRequest {
    ExplainRequest {
        layers: layers.iter().map(|layer| (*layer).to_owned()).collect(),
        methods: methods
            .iter()
            .map(|name| Method::parse(name).expect("listed"))
            .collect(),
        target: TargetSpec::predicted(),
    }
}

fn method(name: &str) -> Method {
    Method::parse(name).expect("listed")
}

#[test]
fn on_a_pooled_linear_head_cam_is_height_times_width_times_grad_cam() {
    let network = SmallNet::trained();
    let layers = vec!["block-2".to_owned()];
    let evidence =
        gather(&network, images(4), &TargetSpec::predicted(), &layers).expect("in inference mode");
    let layer = &evidence.layers[0];
    let [_batch, _channels, height, width] = layer.activation.dims();
    let cam = method("cam").signed_map(layer);
    let grad_cam = method("grad-cam").signed_map(layer);
    assert_close(&cam, &(grad_cam * (height * width) as f32), SUM_ORDER);
}

#[test]
fn on_a_pooled_linear_head_cam_and_grad_cam_normalise_to_one_map() {
    let request = request(&["block-2"], &["cam", "grad-cam"]);
    let found = explain(&SmallNet::trained(), images(3), &request).expect("in inference mode");
    for pair in found.chunks_exact(2) {
        assert_eq!(pair[0].saliency.empty, pair[1].saliency.empty);
        let (cam, grad_cam) = (&pair[0].saliency.normalised, &pair[1].saliency.normalised);
        let device = Device::flex();
        let batch = |plane: &Plane| Plane::to_batch(&[plane], &device);
        assert_close(&batch(cam), &batch(grad_cam), SUM_ORDER);
    }
}

#[test]
fn explanations_come_image_by_image_then_by_layer_then_by_method() {
    let request = request(&["block-2", "block-1"], &["grad-cam-pp", "grad-cam"]);
    let found = explain(&SmallNet::trained(), images(2), &request).expect("in inference mode");
    let order: Vec<_> = found
        .iter()
        .map(|found| (found.image, found.layer.as_str(), found.method.name()))
        .collect();
    assert_eq!(
        order,
        [
            (0, "block-2", "grad-cam-pp"),
            (0, "block-2", "grad-cam"),
            (0, "block-1", "grad-cam-pp"),
            (0, "block-1", "grad-cam"),
            (1, "block-2", "grad-cam-pp"),
            (1, "block-2", "grad-cam"),
            (1, "block-1", "grad-cam-pp"),
            (1, "block-1", "grad-cam"),
        ]
    );
    for one in &found {
        let native = if one.layer == "block-1" {
            [8, 8]
        } else {
            [4, 4]
        };
        assert_eq!(one.saliency.raw.size(), native);
        assert_eq!(one.saliency.normalised.size(), [8, 8]);
        if !one.saliency.empty {
            let values = one.saliency.normalised.values();
            assert_eq!(values.iter().copied().fold(f32::MAX, f32::min), 0.0);
            assert_eq!(values.iter().copied().fold(f32::MIN, f32::max), 1.0);
        }
    }
}

#[test]
fn cutting_a_batch_changes_neither_maps_nor_targets() {
    let network = SmallNet::trained();
    let mut request = request(&["block-1"], &["grad-cam", "grad-cam-pp"]);
    request.target = TargetSpec::labelled(vec![0, 1, 2, 3, 0]);
    let whole =
        explain_in_chunks(&network, images(5), &request, (5, &|_| {})).expect("in inference mode");
    let cut =
        explain_in_chunks(&network, images(5), &request, (2, &|_| {})).expect("in inference mode");
    assert_eq!(whole.len(), cut.len());
    let device = Device::flex();
    for (one, other) in whole.iter().zip(&cut) {
        assert_eq!(
            (one.image, one.target_class, one.predicted_class, one.method),
            (
                other.image,
                other.target_class,
                other.predicted_class,
                other.method
            )
        );
        assert!((one.confidence - other.confidence).abs() < SUM_ORDER);
        let raw = |found: &Explanation| Plane::to_batch(&[&found.saliency.raw], &device);
        assert_close(&raw(other), &raw(one), SUM_ORDER);
    }
    assert_eq!(
        whole.iter().map(|one| one.target_class).collect::<Vec<_>>()[8..],
        [0, 0]
    );
}

#[test]
fn confidence_is_the_softmax_of_the_target_not_of_the_prediction() {
    let network = SmallNet::trained();
    let mut request = request(&["block-2"], &["grad-cam"]);
    let mut total = 0.0;
    for class in 0..CLASSES {
        request.target = TargetSpec::class(class);
        let found = explain(&network, images(1), &request).expect("in inference mode");
        assert_eq!(found[0].target_class, class);
        total += found[0].confidence;
    }
    assert!((total - 1.0).abs() < SUM_ORDER, "{total}");
}

#[test]
fn cam_is_refused_where_the_head_is_not_pooled_and_linear() {
    let error = explain(
        &SmallNet::trained(),
        images(1),
        &request(&["block-1"], &["grad-cam", "cam"]),
    )
    .expect_err("block-1 is not what is pooled");
    assert_eq!(
        error.to_string(),
        "method \"cam\" cannot explain layer \"block-1\": it needs global average pooling and one \
         linear layer between it and the logits, and the network has a head of its own"
    );
    assert_eq!(
        error.hint().as_deref(),
        Some("explain layer \"block-2\", or use method \"grad-cam\"")
    );
}

#[test]
fn a_request_without_layers_methods_or_labels_is_refused() {
    let network = SmallNet::trained();
    let explain = |request: &ExplainRequest| explain(&network, images(2), request).map(|_| ());
    assert!(matches!(
        explain(&request(&[], &["cam"])),
        Err(ExplainError::NoLayer { .. })
    ));
    assert!(matches!(
        explain(&request(&["block-1"], &[])),
        Err(ExplainError::NoMethod { .. })
    ));
    assert!(matches!(
        explain(&request(&["block-9"], &["grad-cam"])),
        Err(ExplainError::UnknownLayer { .. })
    ));
    let mut unlabelled = request(&["block-1"], &["grad-cam"]);
    unlabelled.target = TargetSpec::new(TargetRule::True);
    assert_eq!(explain(&unlabelled), Err(ExplainError::NoLabels));
    unlabelled.target.labels = Some(vec![1]);
    assert_eq!(
        explain(&unlabelled),
        Err(ExplainError::LabelCount {
            labels: 1,
            images: 2
        })
    );
}

#[test]
fn a_map_that_overflows_is_an_error_and_not_a_blank() {
    let layer = LayerEvidence {
        name: "block-1".into(),
        activation: tensor4([1, 2, 1, 1], &[3e38, 3e38]),
        gradient: tensor4([1, 2, 1, 1], &[-3e38, 1.0]),
        class_weights: None,
    };
    let expected = ExplainError::NonFiniteMap {
        method: "grad-cam".into(),
        layer: "block-1".into(),
    };
    let subject = ClassScore {
        network: &Constant,
        quantity: Quantity::Logit,
        target_class: &[0],
    };
    let image = tensor4([1, 3, 2, 2], &[0.5; 12]);
    let scores = Tensor::zeros([1], &Device::flex());
    let questions = Questions::new(&subject, image, &scores, &|_| {});
    assert_eq!(
        raw_map(method("grad-cam"), &layer, &questions).map(|_| ()),
        Err(expected)
    );
}

/// A network whose logits do not depend on its input.
struct Constant;

impl Explainable for Constant {
    fn forward_tapped(&self, images: Tensor<4>, tap: &mut Tap) -> Tensor<2> {
        let [batch, ..] = images.dims();
        let dead = tap.observe("dead", images) * 0.0;
        dead.reshape([batch, 12]).sum_dim(1).repeat_dim(1, CLASSES) + 1.0
    }

    fn layers(&self) -> Vec<String> {
        vec!["dead".into()]
    }

    fn pooled_linear_weights(&self, _layer: &str) -> Option<Tensor<2>> {
        None
    }
}

#[test]
fn a_dead_gradient_gives_an_empty_map_that_says_so() {
    let images = tensor4([1, 3, 2, 2], &[0.5; 12]);
    let request = request(&["dead"], &["grad-cam", "grad-cam-pp"]);
    let found = explain(&Constant, images, &request).expect("finite and in inference mode");
    for one in &found {
        assert!(one.saliency.empty);
        assert!(
            one.saliency
                .normalised
                .values()
                .iter()
                .all(|value| *value == 0.0)
        );
    }
}
