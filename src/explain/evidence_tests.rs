//! Tests of `evidence`: the gradient against finite differences, batches against single images, and
//! networks that must be rejected.

use super::super::Quantity;
use super::super::testing::{
    CLASSES, SmallNet, assert_close, assert_meets_finite_differences, images,
};
use super::*;
use burn::module::Module;
use burn::tensor::Device;

/// Rounding of float32 sums at another batch size.
const BATCH_ORDER: f32 = 1e-5;

fn names(layers: &[&str]) -> Vec<String> {
    layers.iter().map(|layer| (*layer).to_owned()).collect()
}

/// Returns the sum over the images of `quantity` with `nudge` added to the activation at `layer`:
/// float32 logits, float64 from there on.
fn score(
    network: &SmallNet,
    (quantity, classes): (Quantity, &[usize]),
    layer: &str,
    nudge: &Tensor<4>,
) -> f64 {
    let logits = network.forward_with(images(classes.len()), |name, activation| {
        if name == layer {
            activation + nudge.clone()
        } else {
            activation
        }
    });
    let values: Vec<f64> = logits.to_data().iter::<f64>().collect();
    let rows = values.chunks_exact(CLASSES).zip(classes);
    rows.map(|(row, class)| match quantity {
        Quantity::Logit => row[*class],
        Quantity::Minus(other) => row[*class] - row[other],
        Quantity::Probability => {
            row[*class].exp() / row.iter().map(|logit| logit.exp()).sum::<f64>()
        }
    })
    .sum()
}

#[test]
fn tapped_gradients_of_every_quantity_meet_finite_differences() {
    let network = SmallNet::trained();
    let classes = [2, 0];
    let layers = names(&["block-1", "block-2"]);
    for quantity in [Quantity::Logit, Quantity::Probability, Quantity::Minus(3)] {
        let targets = TargetSpec::labelled(classes.to_vec()).of(quantity);
        let evidence = gather(&network, images(2), &targets, &layers).expect("in inference mode");
        for layer in &evidence.layers {
            let what = format!("{quantity} at {}", layer.name);
            assert_meets_finite_differences(&what, &layer.gradient, |nudge| {
                score(&network, (quantity, &classes), &layer.name, nudge)
            });
        }
        let total: f64 = evidence.scores.to_data().iter::<f64>().sum();
        let nothing = evidence.layers[0].activation.zeros_like();
        let expected = score(&network, (quantity, &classes), "block-1", &nothing);
        assert!((total - expected).abs() < f64::from(BATCH_ORDER) * expected.abs().max(1.0));
    }
}

#[test]
fn a_batch_gives_what_its_images_give_alone() {
    let network = SmallNet::trained();
    let layers = names(&["block-1", "block-2"]);
    let all = images(5);
    let together = gather(&network, all.clone(), &TargetSpec::predicted(), &layers)
        .expect("in inference mode");
    for image in 0..5 {
        let single = all.clone().narrow(0, image, 1);
        let alone =
            gather(&network, single, &TargetSpec::predicted(), &layers).expect("in inference mode");
        assert_eq!(alone.target_class, [together.target_class[image]]);
        for (one, batch) in alone.layers.iter().zip(&together.layers) {
            let gradient = batch.gradient.clone().narrow(0, image, 1);
            assert_close(&one.gradient, &gradient, BATCH_ORDER);
            let activation = batch.activation.clone().narrow(0, image, 1);
            assert_close(&one.activation, &activation, BATCH_ORDER);
        }
    }
}

#[test]
fn evidence_carries_no_tape_and_follows_the_order_of_the_request() {
    let network = SmallNet::trained();
    let layers = names(&["block-2", "block-1", "block-2"]);
    let evidence =
        gather(&network, images(2), &TargetSpec::class(3), &layers).expect("in inference mode");
    let order: Vec<&str> = evidence
        .layers
        .iter()
        .map(|layer| layer.name.as_str())
        .collect();
    assert_eq!(order, ["block-2", "block-1", "block-2"]);
    assert_eq!(evidence.target_class, [3, 3]);
    assert!(!evidence.logits.is_autodiff() && !evidence.probabilities.is_autodiff());
    for layer in &evidence.layers {
        assert!(!layer.activation.is_autodiff() && !layer.gradient.is_autodiff());
        assert_eq!(layer.class_weights.is_some(), layer.name == "block-2");
    }
    let plain = network.forward_tapped(images(2), &mut Tap::off());
    assert_close(&evidence.logits, &plain, BATCH_ORDER);
}

#[test]
fn a_network_on_an_autodiff_device_is_refused() {
    let network = SmallNet::raw(&Device::flex().autodiff());
    let refused = gather(
        &network,
        images(2),
        &TargetSpec::predicted(),
        &names(&["block-1"]),
    );
    let error = refused.expect_err("its parameters carry a tape");
    assert!(
        matches!(error, ExplainError::NotInference { .. }),
        "{error}"
    );
    assert!(error.hint().is_some_and(|hint| hint.contains("valid()")));
}

#[test]
fn a_network_with_training_flags_is_refused_on_a_plain_device_too() {
    // Loaded without autodiff, it is in inference mode until the probe starts an autodiff graph;
    // then its flags count.
    let network = SmallNet::raw(&Device::flex());
    let layers = names(&["block-1"]);
    let refused = gather(&network, images(2), &TargetSpec::predicted(), &layers);
    assert!(
        matches!(refused, Err(ExplainError::NotInference { .. })),
        "{refused:?}"
    );
    let network = SmallNet::raw(&Device::flex()).valid();
    assert!(gather(&network, images(2), &TargetSpec::predicted(), &layers).is_ok());
}

#[test]
fn unknown_layers_and_classes_are_named() {
    let network = SmallNet::trained();
    let gather = |layer: &str, class| {
        gather(
            &network,
            images(1),
            &TargetSpec::class(class),
            &names(&[layer]),
        )
        .map(|_| ())
    };
    let known = names(&["block-1", "block-2"]);
    assert_eq!(
        gather("block-3", 0),
        Err(ExplainError::UnknownLayer {
            layer: "block-3".into(),
            known
        })
    );
    assert_eq!(
        gather("block-1", CLASSES),
        Err(ExplainError::UnknownClass {
            class: CLASSES,
            classes: CLASSES
        })
    );
}

#[test]
fn a_value_that_is_not_finite_is_found() {
    let broken = images(2).mask_fill(images(2).equal(images(2)), f32::NAN);
    let layers = names(&["block-1"]);
    let refused = gather(&SmallNet::trained(), broken, &TargetSpec::class(0), &layers);
    let expected = ExplainError::NonFiniteEvidence {
        quantity: "logits",
        place: "the network".into(),
    };
    assert_eq!(refused.map(|_| ()), Err(expected));
}

/// A network that ignores what the tap returns.
struct Forgetful(SmallNet);

impl Explainable for Forgetful {
    fn forward_tapped(&self, images: Tensor<4>, tap: &mut Tap) -> Tensor<2> {
        self.0.forward_with(images, |name, activation| {
            let onward = tap.observe(name, activation.clone());
            if name == "block-1" {
                activation
            } else {
                onward
            }
        })
    }

    fn layers(&self) -> Vec<String> {
        self.0.layers()
    }

    fn pooled_linear_weights(&self, _layer: &str) -> Option<Tensor<2>> {
        None
    }
}

#[test]
fn a_forward_that_drops_the_probe_is_found() {
    let network = Forgetful(SmallNet::trained());
    for layers in [names(&["block-1"]), names(&["block-2", "block-1"])] {
        let refused = gather(&network, images(1), &TargetSpec::class(0), &layers);
        let expected = ExplainError::NoGradient {
            layer: "block-1".into(),
        };
        assert_eq!(refused.map(|_| ()), Err(expected));
    }
}
