//! The trained network equals the network that is explained.

use burn::module::ModuleVisitor;
use burn::nn::loss::CrossEntropyLossConfig;
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::{Distribution, Int, TensorData};

use super::*;
use burn::module::{Module, Param};

/// Number of classes of the tests' networks.
const CLASSES: usize = 5;
/// Largest difference of logits, as a share of the largest one: folding rounds each weight once, in
/// about fifty consecutive layers.
const TOLERANCE: f32 = 1e-5;
/// Without ResNet-101, which is ResNet-50 with more of the same blocks.
const TRIED: [BackboneName; 5] = [
    BackboneName::Vgg16,
    BackboneName::Resnet50,
    BackboneName::EfficientnetB0,
    BackboneName::Squeezenet10,
    BackboneName::MobilenetV2,
];

fn images(count: usize, device: &Device) -> Tensor<4> {
    device.seed(7);
    Tensor::random([count, 3, 32, 32], Distribution::Normal(0.3, 1.2), device)
}

/// Takes `steps` small steps of Adam.
fn trained(mut network: TrainableBackbone, steps: usize, device: &Device) -> TrainableBackbone {
    let mut optimizer = AdamConfig::new().init();
    let labels = TensorData::from([0i64, 3, 1, 4]);
    for _ in 0..steps {
        let labels: Tensor<1, Int> = Tensor::from_data(labels.clone(), device);
        let logits = network.forward(images(4, device), &mut Tap::off());
        let loss = CrossEntropyLossConfig::new()
            .init(device)
            .forward(logits, labels);
        let gradients = GradientsParams::from_grads(loss.backward(), &network);
        network = optimizer.step(1e-3, network, gradients);
    }
    network
}

#[test]
fn in_validation_mode_it_gives_the_logits_of_the_folded_network() {
    let device = Device::flex().autodiff();
    for name in TRIED {
        let fresh = TrainableBackbone::new(name, CLASSES, 1, &device);
        let network = trained(fresh, 2, &device).valid();
        let moved = network.tensors().into_iter().filter(|tensor| {
            let still = if tensor.name.ends_with("running_var") {
                1.0
            } else {
                0.0
            };
            tensor.name.contains("running") && tensor.values.iter().all(|v| *v != still)
        });
        let norms = network.tensors().len();
        let with_norm = moved.count();
        let has_norm = !matches!(name, BackboneName::Vgg16 | BackboneName::Squeezenet10);
        assert_eq!(
            with_norm > 0,
            has_norm,
            "{name}: {with_norm} of {norms} tensors"
        );

        let plain = Device::flex();
        let folded = Backbone::of_trained(&network);
        let input = images(3, &plain);
        let mut tap = Tap::activations_only(std::iter::empty::<String>());
        let expected = network.forward(input.clone(), &mut tap);
        assert_eq!(tap.seen(), folded.layers(), "{name}");
        let found = folded.forward(input, &mut Tap::off());
        let largest = expected.clone().abs().max().into_scalar::<f32>();
        let difference = (found - expected).abs().max().into_scalar::<f32>();
        assert!(
            largest > 0.0 && difference <= TOLERANCE * largest,
            "{name}: {difference} of {largest}"
        );
    }
}

/// Counts learned values; running statistics require no gradient.
#[derive(Default)]
struct Learned(u64);

impl ModuleVisitor for Learned {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let values = param.val();
        if values.is_require_grad() {
            self.0 += values.shape().num_elements() as u64;
        }
    }
}

#[test]
fn it_has_as_many_parameters_as_were_counted() {
    let device = Device::flex().autodiff();
    for name in TRIED {
        let mut learned = Learned::default();
        TrainableBackbone::new(name, CLASSES, 0, &device).visit(&mut learned);
        let (parameters, _) = cost((name, Stem::Cifar), [32; 2], CLASSES);
        assert_eq!(learned.0, parameters, "{name}");
    }
}

fn spread(tensor: &crate::model::weights::ExportedTensor) -> f64 {
    let squares = tensor.values.iter().map(|value| f64::from(*value).powi(2));
    (squares.sum::<f64>() / tensor.values.len() as f64).sqrt()
}

/// Deviations checked by hand, for tensors with tens of thousands of values: one percent of
/// sampling error.
#[test]
fn weights_are_drawn_as_torchvision_draws_them() {
    let device = Device::flex();
    for (name, tensor, deviation) in [
        // sqrt(2 / (128 x 9)); uniform within 1 / sqrt(2048).
        (
            BackboneName::Resnet50,
            "layer2.0.conv2.weight",
            (2.0f64 / 1152.0).sqrt(),
        ),
        (
            BackboneName::Resnet50,
            "fc.weight",
            1.0 / (3.0 * 2048.0f64).sqrt(),
        ),
        (
            BackboneName::Vgg16,
            "features.5.weight",
            (2.0f64 / 1152.0).sqrt(),
        ),
        (BackboneName::Vgg16, "classifier.6.weight", 0.01),
        // 960 filters of one channel: all of them count.
        (
            BackboneName::MobilenetV2,
            "features.16.conv.1.0.weight",
            (2.0f64 / 8640.0).sqrt(),
        ),
        (BackboneName::MobilenetV2, "classifier.1.weight", 0.01),
        // Uniform within 1 / sqrt(classes).
        (
            BackboneName::EfficientnetB0,
            "classifier.1.weight",
            1.0 / (3.0 * CLASSES as f64).sqrt(),
        ),
        // sqrt(2 / (64 x 9)).
        (
            BackboneName::Squeezenet10,
            "features.12.expand3x3.weight",
            (2.0f64 / 576.0).sqrt(),
        ),
        (BackboneName::Squeezenet10, "classifier.1.weight", 0.01),
    ] {
        let tensors = TrainableBackbone::new(name, CLASSES, 3, &device).tensors();
        let found = tensors.iter().find(|found| found.name == tensor);
        let found = spread(found.unwrap_or_else(|| panic!("{name} has no {tensor}")));
        assert!(
            (found / deviation - 1.0).abs() < 0.04,
            "{name} {tensor}: {found} for {deviation}"
        );
    }
}
