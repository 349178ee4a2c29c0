//! Laws for every backbone, for any weights.

use burn::tensor::activation::relu;
use burn::tensor::module::conv2d;
use burn::tensor::ops::ConvOptions;

use super::*;
use crate::data::DataError;

/// A source of small values that differ by position, which records its requests.
#[derive(Default)]
struct Waves {
    asked: Vec<(String, usize)>,
}

impl Parameters for Waves {
    fn values(&mut self, name: &str, shape: &[usize]) -> Vec<f32> {
        let count: usize = shape.iter().product();
        self.asked.push((name.to_string(), count));
        let fan_in = (count / shape[0]) as f32;
        let level = if name.ends_with("running_var") {
            1.0
        } else {
            0.0
        };
        let scale = if shape.len() > 1 {
            (6.0 / fan_in).sqrt()
        } else {
            0.3
        };
        (0..count)
            .map(|i| level + scale * (0.5 + 0.7 * (i as f32 * 0.37 + count as f32).sin()))
            .collect()
    }
}

fn small(name: BackboneName) -> (Backbone, Waves) {
    let mut waves = Waves::default();
    let device = Device::flex();
    let network = Backbone::new(name, Dialect::Torchvision, 10, &mut waves, &device);
    (network, waves)
}

/// The number of parameters of torchvision's networks with 1000 classes, and of their heads.
#[test]
fn parameters_are_as_many_as_torchvision_has() {
    for (name, expected, features) in [
        (BackboneName::Resnet50, 25_557_032, 2048),
        (BackboneName::Resnet101, 44_549_160, 2048),
        (BackboneName::EfficientnetB0, 5_288_548, 1280),
        (BackboneName::Squeezenet10, 1_248_424, 512),
        (BackboneName::MobilenetV2, 3_504_872, 1280),
    ] {
        let (_network, waves) = small(name);
        let learned = waves
            .asked
            .iter()
            .filter(|(name, _)| !name.contains("running"));
        let count: usize = learned.map(|(_, count)| count).sum();
        assert_eq!(count + (1000 - 10) * (features + 1), expected, "{name}");
        let mut names: Vec<&String> = waves.asked.iter().map(|(name, _)| name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), waves.asked.len(), "{name} asks for each once");
    }
}

#[test]
fn layers_are_what_a_forward_passes_and_the_default_is_one_of_them() {
    let device = Device::flex();
    for name in BackboneName::ALL {
        // VGG-16's dense layers alone are half a gigabyte: it is tested with its golden file.
        if name == BackboneName::Vgg16 {
            continue;
        }
        let (network, _) = small(name);
        let mut tap = Tap::activations_only(std::iter::empty::<String>());
        network.forward(Tensor::ones([1, 3, 64, 64], &device), &mut tap);
        assert_eq!(tap.seen(), network.layers(), "{name}");
        let default = network.default_layer().to_string();
        assert!(network.layers().contains(&default), "{name}: {default}");
    }
}

#[test]
fn sizes_of_layers_are_those_that_torchvision_gives_at_224() {
    let device = Device::flex();
    for (name, layer, size) in [
        (BackboneName::Resnet50, "layer1.0", [256, 56, 56]),
        (BackboneName::Resnet50, "layer4.2", [2048, 7, 7]),
        (BackboneName::EfficientnetB0, "features.8", [1280, 7, 7]),
        (BackboneName::MobilenetV2, "features.18", [1280, 7, 7]),
        (BackboneName::Squeezenet10, "features.12", [512, 13, 13]),
        (BackboneName::Squeezenet10, "features.2", [96, 54, 54]),
    ] {
        let sizes = small(name).0.layer_sizes([224, 224], &device);
        let found = sizes.iter().find(|(known, _)| known == layer);
        assert_eq!(found.map(|(_, size)| *size), Some(size), "{name}, {layer}");
    }
}

/// Resuming from a layer gives the same logits as the whole forward pass, wherever it is offered.
#[test]
fn going_on_from_a_layer_gives_the_logits_of_the_whole() {
    let device = Device::flex();
    for name in [BackboneName::Squeezenet10, BackboneName::MobilenetV2] {
        let (network, _) = small(name);
        let image = Tensor::<1, burn::tensor::Int>::arange(0..3 * 64 * 64, &device).float();
        let image = (image * 0.01).sin().reshape([1, 3, 64, 64]);
        let mut tap = Tap::activations_only(network.layers());
        let whole = network.forward(image, &mut tap);
        let mut offered = 0;
        for observation in tap.into_observations() {
            let Some(logits) = network.forward_from(observation.name(), observation.activation())
            else {
                continue;
            };
            offered += 1;
            assert_eq!(logits.to_data(), whole.to_data(), "{name}");
            if let Some(weights) = network.pooled_linear_weights(observation.name()) {
                assert_eq!(weights.dims()[0], network.classes());
            }
        }
        assert!(offered > 0, "{name}");
    }
}

/// The Caffe original pads its last convolution: the added cells count in the logits, but are not
/// cells of the layer.
#[test]
fn a_padded_head_counts_its_ring_and_shows_the_picture_s_cells() {
    let device = Device::flex();
    let name = BackboneName::Squeezenet10;
    let network = Backbone::new(name, Dialect::Caffe, 10, &mut Waves::default(), &device);
    let image = Tensor::<1, burn::tensor::Int>::arange(0..3 * 227 * 227, &device).float();
    let image = (image * 0.01).sin().reshape([1, 3, 227, 227]);
    let mut tap = Tap::activations_only(["features.12", "classifier.2"]);
    let logits = network.forward(image, &mut tap);
    let observed = tap.into_observations();
    let seen = |layer: &str| {
        let found = observed.iter().find(|found| found.name() == layer);
        found.expect("it was observed").activation()
    };
    let head = |name: &str, shape: &[usize]| {
        let values = Waves::default().values(name, shape);
        Tensor::<1>::from_floats(values.as_slice(), &device)
    };
    let weight = head("classifier.1.weight", &[10, 512, 1, 1]).reshape([10, 512, 1, 1]);
    let bias = head("classifier.1.bias", &[10]);
    let options = ConvOptions::new([1, 1], [1, 1], [1, 1], 1);
    let padded = relu(conv2d(
        seen("features.12"),
        weight,
        Some(bias.clone()),
        options,
    ));
    assert_eq!(padded.dims(), [1, 10, 15, 15]);
    let expected: Tensor<2> = padded.mean_dims(&[2, 3]).reshape([1, 10]);
    // Sums of 225 and of 169 single-precision values.
    let rounding = 1e-5;
    let near = |found: Tensor<2>, expected: Tensor<2>| {
        let most: f32 = expected.clone().abs().max().into_scalar();
        let apart: f32 = (found - expected).abs().max().into_scalar();
        assert!(apart < rounding * most, "{apart} of {most}");
    };
    near(logits.clone(), expected);

    let cells = seen("classifier.2");
    assert_eq!(cells.dims(), [1, 10, 13, 13]);
    let weights = network.pooled_linear_weights("classifier.2").expect("CAM");
    let mean: Tensor<2> = cells.clone().mean_dims(&[2, 3]).reshape([1, 10]);
    let outside = relu(bias).reshape([1, 10]) * (1.0 - 169.0 / 225.0);
    near(mean.matmul(weights.transpose()) + outside, logits.clone());
    let on = network
        .forward_from("classifier.2", cells)
        .expect("offered");
    near(on, logits);
}

#[test]
fn names_are_read_in_either_spelling() {
    for name in BackboneName::ALL {
        assert_eq!(name.to_string().parse::<BackboneName>().unwrap(), name);
    }
    let snake: BackboneName = "efficientnet_b0".parse().unwrap();
    assert_eq!(snake, BackboneName::EfficientnetB0);
    let error = "resnet5".parse::<BackboneName>().unwrap_err();
    let DataError::Unknown { near, .. } = error else {
        panic!("{error:?}");
    };
    assert_eq!(near[0], "resnet50");
}

/// The digits that the check uses are those in the file's name.
#[test]
fn published_names_carry_their_digits() {
    for name in BackboneName::ALL {
        let published = name.published();
        let ending = format!("-{}.pth", published.sha256_start);
        assert!(published.file.ends_with(&ending), "{published:?}");
        assert_eq!(published.sha256_start.len(), 8);
    }
}
