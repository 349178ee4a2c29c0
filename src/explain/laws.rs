//! Tests of the laws that every method obeys, and of those that relate methods.

use std::cell::RefCell;

use burn::tensor::{Device, Tensor};

use super::testing::{SmallNet, assert_close, images};
use super::{
    ExplainRequest, Explainable, Explanation, Method, Needs, Plane, Quantity, TargetSpec, explain,
    gather,
};
use crate::model::tap::Tap;

/// Rounding of float32 sums in another order or at another batch size, magnified by differences of
/// scores and quotients of small sums.
const SUM_ORDER: f32 = 1e-4;

fn request(layers: &[&str], target: TargetSpec) -> ExplainRequest {
    let pooled = layers == ["block-2"];
    let usable = |method: &Method| pooled || method.needs() != Needs::PooledLinear;
    ExplainRequest {
        layers: layers.iter().map(|layer| (*layer).to_owned()).collect(),
        methods: Method::all().iter().copied().filter(usable).collect(),
        target,
    }
}

fn both_layers(target: &TargetSpec) -> [ExplainRequest; 2] {
    [["block-1"], ["block-2"]].map(|layer| request(&layer, target.clone()))
}

fn map(plane: &Plane) -> Tensor<3> {
    Plane::to_batch(&[plane], &Device::flex())
}

#[track_caller]
fn assert_same_maps(found: &Explanation, expected: &Explanation) {
    assert_eq!(
        (
            found.method,
            &found.layer,
            found.target_class,
            found.saliency.empty
        ),
        (
            expected.method,
            &expected.layer,
            expected.target_class,
            expected.saliency.empty
        )
    );
    assert_close(
        &map(&found.saliency.raw),
        &map(&expected.saliency.raw),
        SUM_ORDER,
    );
    let (found, expected) = (&found.saliency.normalised, &expected.saliency.normalised);
    assert_close(&map(found), &map(expected), SUM_ORDER);
}

#[test]
fn a_batch_gives_what_its_images_give_alone_by_every_method_and_quantity() {
    let network = SmallNet::trained();
    for quantity in [Quantity::Logit, Quantity::Probability, Quantity::Minus(1)] {
        let target = TargetSpec::predicted().of(quantity);
        for mut request in both_layers(&target) {
            let usable = |m: &Method| quantity.is_linear() || m.needs() != Needs::PooledLinear;
            request.methods.retain(usable);
            let together = explain(&network, images(5), &request).expect("explainable");
            let mut alone = Vec::new();
            for image in 0..5 {
                let single = images(5).narrow(0, image, 1);
                alone.extend(explain(&network, single, &request).expect("explainable"));
            }
            assert_eq!(together.len(), alone.len());
            for (one, batch) in alone.iter().zip(&together) {
                assert_same_maps(one, batch);
            }
        }
    }
}

/// A network whose tapped activations are `factor` times as large, and which is otherwise the same.
struct Rescaled {
    network: SmallNet,
    factor: f32,
}

impl Explainable for Rescaled {
    fn forward_tapped(&self, images: Tensor<4>, tap: &mut Tap) -> Tensor<2> {
        self.network.forward_with(images, |name, activation| {
            tap.observe(name, activation * self.factor) / self.factor
        })
    }

    fn layers(&self) -> Vec<String> {
        self.network.layers()
    }

    fn pooled_linear_weights(&self, layer: &str) -> Option<Tensor<2>> {
        let weights = self.network.pooled_linear_weights(layer)?;
        Some(weights / self.factor)
    }
}

#[test]
fn the_scale_of_an_activation_leaves_every_normalised_map() {
    for request in both_layers(&TargetSpec::predicted()) {
        let of = |factor: f32| {
            let network = SmallNet::trained();
            explain(&Rescaled { network, factor }, images(3), &request).expect("explainable")
        };
        for (one, scaled) in of(1.0).iter().zip(of(3.5)) {
            let (one, scaled) = (&one.saliency.normalised, &scaled.saliency.normalised);
            assert_close(&map(scaled), &map(one), SUM_ORDER);
        }
    }
}

#[test]
fn a_mirrored_image_has_mirrored_maps_by_every_method() {
    let network = SmallNet::mirrored();
    for request in both_layers(&TargetSpec::predicted()) {
        let of = |images| explain(&network, images, &request).expect("explainable");
        for (one, mirrored) in of(images(3)).iter().zip(of(images(3).flip([3]))) {
            assert_eq!(one.saliency.empty, mirrored.saliency.empty);
            let (found, expected) = (&mirrored.saliency.raw, &one.saliency.raw);
            assert_close(&map(found).flip([2]), &map(expected), SUM_ORDER);
        }
    }
}

/// A network that records the number of rows of each forward pass, and whether it had an autodiff
/// graph.
struct Counting {
    network: SmallNet,
    forwards: RefCell<Vec<(usize, bool)>>,
}

impl Explainable for Counting {
    fn forward_tapped(&self, images: Tensor<4>, tap: &mut Tap) -> Tensor<2> {
        let [batch, ..] = images.dims();
        let logits = self.network.forward_tapped(images, tap);
        self.forwards
            .borrow_mut()
            .push((batch, logits.is_tracked()));
        logits
    }

    fn layers(&self) -> Vec<String> {
        self.network.layers()
    }

    fn pooled_linear_weights(&self, layer: &str) -> Option<Tensor<2>> {
        self.network.pooled_linear_weights(layer)
    }
}

#[test]
fn one_forward_with_a_tape_serves_every_gradient_method_at_every_layer() {
    let network = Counting {
        network: SmallNet::trained(),
        forwards: RefCell::default(),
    };
    let mut request = request(&["block-1", "block-2"], TargetSpec::predicted());
    request.methods.retain(|m| m.needs() == Needs::Gradient);
    assert!(request.methods.len() >= 5);
    let found = explain(&network, images(5), &request).expect("explainable");
    assert_eq!(found.len(), 5 * 2 * request.methods.len());
    // One image without probes, to check that the network is in inference mode; then the batch. A
    // backward pass consumes its autodiff graph, so one graph is one backward pass.
    assert_eq!(network.forwards.into_inner(), [(1, false), (5, true)]);
}

#[test]
fn under_constant_gradients_hires_cam_is_grad_cam_and_sums_to_the_logit_without_its_bias() {
    let network = SmallNet::trained();
    let layers = ["block-2".to_owned()];
    for (target, other) in [
        (TargetSpec::predicted(), None),
        (TargetSpec::class(2).of(Quantity::Minus(0)), Some(0)),
    ] {
        let evidence = gather(&network, images(4), &target, &layers).expect("explainable");
        let layer = &evidence.layers[0];
        let signed = |name| Method::parse(name).expect("listed").signed_map(layer);
        let hires_cam = signed("hires-cam");
        assert_close(&hires_cam, &signed("grad-cam"), SUM_ORDER);

        let [batch, height, width] = hires_cam.dims();
        let sums: Tensor<1> = hires_cam
            .reshape([batch, height * width])
            .sum_dim(1)
            .squeeze_dim(1);
        let bias: Vec<f32> = network.bias().to_data().iter::<f32>().collect();
        let of_image = |class: &usize| bias[*class] - other.map_or(0.0, |other: usize| bias[other]);
        let bias: Vec<f32> = evidence.target_class.iter().map(of_image).collect();
        let bias = Tensor::from_floats(bias.as_slice(), &Device::flex());
        assert_close(&sums, &(evidence.scores - bias), SUM_ORDER);
    }
}

#[test]
fn on_a_pooled_linear_head_cam_of_a_difference_is_height_times_width_times_grad_cam() {
    let target = TargetSpec::predicted().of(Quantity::Minus(1));
    let layers = ["block-2".to_owned()];
    let evidence = gather(&SmallNet::trained(), images(4), &target, &layers).expect("explainable");
    let layer = &evidence.layers[0];
    let [_batch, _channels, height, width] = layer.activation.dims();
    let signed = |name| Method::parse(name).expect("listed").signed_map(layer);
    assert_close(
        &signed("cam"),
        &(signed("grad-cam") * (height * width) as f32),
        SUM_ORDER,
    );
}
