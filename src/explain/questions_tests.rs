//! Tests of `questions` and of the two methods that use them: maps checked by hand, both ways to
//! change an activation, and the number of forward passes.

use std::cell::{Cell, RefCell};

use burn::module::Module;
use burn::tensor::Device;

use super::super::testing::{assert_close, images, tensor3, tensor4, wave};
use super::super::{
    ExplainRequest, Method, Plane, ScoreExplanation, ScoreRequest, TargetSpec, explain,
    explain_score, explain_watched, gather,
};
use super::*;
use crate::model::{BlockDropout, Head, ModelSpec, PlainCnn};

/// Rounding of a few float32 sums.
const ROUNDING: f32 = 1e-6;
/// Rounding of float32 sums in another order, magnified by differences of scores.
const SUM_ORDER: f32 = 1e-4;

fn score_request(method: &str) -> ScoreRequest {
    ScoreRequest {
        layers: vec!["seen".to_owned()],
        methods: vec![Method::parse(method).expect("listed")],
    }
}

/// Returns tapped images unchanged.
fn see(images: Tensor<4>, tap: &mut Tap) -> Tensor<4> {
    tap.observe("seen", images)
}

/// Returns the sum of the first channel of each row.
fn first_channel(output: Tensor<4>, _images: &[usize]) -> Tensor<1> {
    let [rows, _channels, height, width] = output.dims();
    let pixels: Tensor<2> = output.narrow(1, 0, 1).reshape([rows, height * width]);
    pixels.sum_dim(1).squeeze_dim(1)
}

fn raw_map(found: &[ScoreExplanation]) -> Tensor<3> {
    Plane::to_batch(&[&found[0].saliency.raw], &Device::flex())
}

#[test]
fn score_cam_of_two_channels_by_hand() {
    // Masks [0 1] and [1 0] leave 2 and 0 of the first channel: weights e^2 and 1 over their sum.
    let image = tensor4([1, 2, 1, 2], &[0., 2., 3., 1.]);
    let found = explain_score(see, first_channel, image, &score_request("score-cam"));
    let weight = 2f32.exp() / (2f32.exp() + 1.0);
    let other = 1.0 - weight;
    let expected = tensor3([1, 1, 2], &[3.0 * other, 2.0 * weight + other]);
    assert_close(&raw_map(&found.expect("finite")), &expected, ROUNDING);
}

#[test]
fn score_cam_leaves_constant_channels_out_and_all_constant_is_empty() {
    // The middle channel is 5 everywhere: the weights are those of the other two.
    let image = tensor4([1, 3, 1, 2], &[0., 2., 5., 5., 3., 1.]);
    let found = explain_score(see, first_channel, image, &score_request("score-cam"));
    let weight = 2f32.exp() / (2f32.exp() + 1.0);
    let other = 1.0 - weight;
    let expected = tensor3([1, 1, 2], &[3.0 * other, 2.0 * weight + other]);
    assert_close(&raw_map(&found.expect("finite")), &expected, ROUNDING);

    let constant = tensor4([1, 2, 1, 2], &[4., 4., 0., 0.]);
    let found = explain_score(see, first_channel, constant, &score_request("score-cam"));
    let found = found.expect("finite");
    assert!(found[0].saliency.empty);
    assert_eq!(found[0].saliency.raw.values(), [0.0, 0.0]);
}

#[test]
fn ablation_cam_on_a_pooled_linear_head_by_hand() {
    // Means 2 and 2 with weights 1.5 and -0.5: the score is 2 + bias, and loses 3 without the first
    // channel, -1 without the second. Divided by |S|; not divided if S = 0.
    let image = tensor4([1, 2, 1, 2], &[1., 3., 4., 0.]);
    for (bias, divisor) in [(1.0, 3.0), (-5.0, 3.0), (-2.0, 1.0)] {
        let score = |output: Tensor<4>, _images: &[usize]| {
            let [rows, channels, height, width] = output.dims();
            let means: Tensor<2> = output
                .reshape([rows, channels, height * width])
                .mean_dim(2)
                .squeeze_dim(2);
            let weights = Tensor::<2>::from_floats([[1.5, -0.5]], &Device::flex());
            (means * weights).sum_dim(1).squeeze_dim::<1>(1) + bias
        };
        let found = explain_score(see, score, image.clone(), &score_request("ablation-cam"));
        let found = found.expect("finite");
        assert_eq!(found[0].score, 2.0 + bias);
        // 3 * [1 3] - 1 * [4 0] = [-1 9].
        let expected = tensor3([1, 1, 2], &[0.0, 9.0]) / divisor;
        assert_close(&raw_map(&found), &expected, ROUNDING);
    }
}

fn plain_cnn(head: Head) -> PlainCnn {
    let spec = ModelSpec {
        block_dropout: BlockDropout::All(0.25),
        head_dropout: 0.25,
        head,
        ..ModelSpec::plain(&[4, 6, 5])
    };
    PlainCnn::new(&spec, (8, 8), 4, 3, &Device::flex()).valid()
}

/// A network that cannot resume from a layer, and records the rows of each forward pass.
struct WholeOnly<'a> {
    network: &'a PlainCnn,
    rows: RefCell<Vec<usize>>,
}

impl Explainable for WholeOnly<'_> {
    fn forward_tapped(&self, images: Tensor<4>, tap: &mut Tap) -> Tensor<2> {
        let [batch, ..] = images.dims();
        self.rows.borrow_mut().push(batch);
        self.network.forward(images, tap)
    }

    fn layers(&self) -> Vec<String> {
        self.network.layers()
    }

    fn pooled_linear_weights(&self, layer: &str) -> Option<Tensor<2>> {
        self.network.pooled_linear_weights(layer)
    }
}

#[test]
fn going_on_from_a_layer_gives_the_logits_of_a_forward_with_that_activation() {
    for head in [Head::Flatten, Head::AveragePool] {
        let network = plain_cnn(head);
        for layer in network.layers() {
            let mut tap = Tap::activations_only([layer.clone()]);
            let logits = network.forward(images(3), &mut tap);
            let activation = tap.into_observations()[0].activation();
            let same = network.forward_from(&layer, activation.clone());
            assert_close(&same.expect("a layer of its own"), &logits, 0.0);

            let changed = activation.clone() * wave(activation.dims(), 0.3);
            let mut tap = Tap::replacing(&layer, changed.clone());
            let whole = network.forward(images(3), &mut tap);
            let from_layer = network.forward_from(&layer, changed);
            assert_close(&from_layer.expect("a layer of its own"), &whole, 0.0);
            let moved: f32 = (whole - logits).abs().max().into_scalar();
            assert!(moved > 1e-3, "{layer}: {moved}");
        }
        assert!(network.forward_from("block-9", images(1)).is_none());
    }
}

#[test]
fn ablation_cam_is_the_same_with_and_without_a_way_to_go_on_from_the_layer() {
    let network = plain_cnn(Head::Flatten);
    let request = ExplainRequest {
        layers: network.layers(),
        methods: vec![Method::parse("ablation-cam").expect("listed")],
        target: TargetSpec::predicted().of(Quantity::Probability),
    };
    let whole_only = WholeOnly {
        network: &network,
        rows: RefCell::default(),
    };
    let found = explain(&network, images(2), &request).expect("explainable");
    let whole = explain(&whole_only, images(2), &request).expect("explainable");
    for (one, other) in found.iter().zip(&whole) {
        let map = |one: &Plane| Plane::to_batch(&[one], &Device::flex());
        let (one, other) = (map(&one.saliency.raw), map(&other.saliency.raw));
        assert_close(&one, &other, SUM_ORDER);
    }
}

#[test]
fn nothing_is_asked_of_channels_that_are_dead_or_constant() {
    let network = plain_cnn(Head::AveragePool);
    let mut tap = Tap::activations_only(["block-2"]);
    let _ = network.forward(images(3), &mut tap);
    let activation = tap.into_observations()[0].activation();
    let [batch, channels, height, width] = activation.dims();
    let values: Vec<f32> = activation.to_data().iter::<f32>().collect();
    let maps = || values.chunks_exact(height * width);
    let live = maps()
        .filter(|map| map.iter().any(|value| *value != 0.0))
        .count();
    let moving = maps()
        .filter(|map| map.iter().any(|value| *value != map[0]))
        .count();
    assert_eq!(maps().count(), batch * channels);

    for (method, asked) in [("ablation-cam", live), ("score-cam", moving)] {
        let whole_only = WholeOnly {
            network: &network,
            rows: RefCell::default(),
        };
        let request = ExplainRequest {
            layers: vec!["block-2".to_owned()],
            methods: vec![Method::parse(method).expect("listed")],
            target: TargetSpec::predicted(),
        };
        explain(&whole_only, images(3), &request).expect("explainable");
        let rows = whole_only.rows.into_inner();
        assert_eq!(rows, [1, 3, asked], "{method}");
    }
}

#[test]
fn questions_come_in_bounded_batches_and_their_answers_are_counted() {
    // 256 x 256 pixels: two images at once. Three channels of two images are six questions.
    let rows = RefCell::new(Vec::new());
    let network = |images: Tensor<4>, tap: &mut Tap| {
        rows.borrow_mut().push(images.dims()[0]);
        see(images, tap)
    };
    let image = wave([2, 3, 256, 256], 0.2);
    explain_score(network, first_channel, image, &score_request("score-cam")).expect("finite");
    assert_eq!(rows.into_inner(), [1, 2, 2, 2, 2]);

    let network = plain_cnn(Head::Flatten);
    let whole_only = WholeOnly {
        network: &network,
        rows: RefCell::default(),
    };
    let request = ExplainRequest {
        layers: vec!["block-1".to_owned()],
        methods: vec![Method::parse("score-cam").expect("listed")],
        target: TargetSpec::predicted(),
    };
    let answers = Cell::new(0);
    let count = |more: usize| answers.set(answers.get() + more);
    explain_watched(&whole_only, images(2), &request, &count).expect("explainable");
    let rows = whole_only.rows.into_inner();
    assert_eq!(rows[..2], [1, 2]);
    assert_eq!(answers.get(), rows[2..].iter().sum::<usize>());
}

/// A network that resumes from a layer with another result.
struct Astray(PlainCnn);

impl Explainable for Astray {
    fn forward_tapped(&self, images: Tensor<4>, tap: &mut Tap) -> Tensor<2> {
        self.0.forward(images, tap)
    }

    fn forward_from(&self, layer: &str, activation: Tensor<4>) -> Option<Tensor<2>> {
        let logits = self.0.forward_from(layer, activation)?;
        Some(logits + 1.0)
    }

    fn layers(&self) -> Vec<String> {
        self.0.layers()
    }

    fn pooled_linear_weights(&self, _layer: &str) -> Option<Tensor<2>> {
        None
    }
}

#[test]
fn going_on_to_other_scores_is_found() {
    let network = Astray(plain_cnn(Head::Flatten));
    let request = ExplainRequest {
        layers: vec!["block-2".to_owned()],
        methods: vec![Method::parse("ablation-cam").expect("listed")],
        target: TargetSpec::predicted(),
    };
    let error = explain(&network, images(1), &request).expect_err("another score");
    assert!(matches!(error, ExplainError::OtherScore { .. }), "{error}");
    assert!(
        error
            .hint()
            .is_some_and(|hint| hint.contains("`forward_from`"))
    );
}

#[test]
fn the_quantity_is_what_is_asked_for() {
    // The drops of a probability are below 1; Ablation-CAM divides them by the probability itself.
    let network = plain_cnn(Head::Flatten);
    for quantity in [Quantity::Logit, Quantity::Probability, Quantity::Minus(2)] {
        let target = TargetSpec::class(1).of(quantity);
        let layers = ["block-3".to_owned()];
        let evidence = gather(&network, images(2), &target, &layers).expect("explainable");
        let subject = ClassScore {
            network: &network,
            quantity,
            target_class: &evidence.target_class,
        };
        let questions = Questions::new(&subject, images(2), &evidence.scores, &|_| {});
        let asked = [1, 0].map(|image| Question { image, channel: 0 });
        let on_inputs = questions.on_inputs(&asked, |_, images| images * 0.5);
        let halved = network.forward(images(2) * 0.5, &mut Tap::off());
        let expected: Vec<f32> = quantity
            .of(halved, &[1, 1])
            .to_data()
            .iter::<f32>()
            .collect();
        for (found, expected) in on_inputs.expect("finite").iter().zip(expected.iter().rev()) {
            assert!(
                (found - expected).abs() < ROUNDING,
                "{quantity}: {found} {expected}"
            );
        }
    }
}
