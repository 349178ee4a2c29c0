//! Three steps of every optimizer, against PyTorch 2.15 with two groups of parameters: the weight
//! decays, the bias does not.

use burn::module::Param;
use burn::nn::{Linear, LinearConfig};
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor};

use super::*;

const GRADIENTS: [([[f32; 2]; 2], [f32; 2]); 3] = [
    ([[0.1, -0.2], [0.4, 1.0]], [1.0, -0.5]),
    ([[-0.3, 0.2], [0.1, -1.0]], [0.2, 0.2]),
    ([[0.05, 0.6], [-0.2, 0.3]], [-0.4, 0.9]),
];

fn run(optimizer: &mut ModuleOptimizer) -> Vec<f32> {
    let device = Device::flex().autodiff();
    let mut layer: Linear = LinearConfig::new(2, 2).init(&device);
    let weight = Tensor::from_floats([[0.5, -1.0], [2.0, 0.25]], &device);
    layer.weight = Param::initialized(layer.weight.id, weight);
    let bias = layer.bias.as_ref().expect("a bias").id;
    let values = Tensor::from_floats([0.3, -0.7], &device);
    layer.bias = Some(Param::initialized(bias, values));
    for (weight, values) in GRADIENTS {
        let device = Device::flex();
        let mut gradients = GradientsParams::new();
        gradients.register(layer.weight.id, Tensor::<2>::from_floats(weight, &device));
        gradients.register(bias, Tensor::<1>::from_floats(values, &device));
        layer = optimizer.step(0.1, layer, gradients);
    }
    let mut found: Vec<f32> = layer.weight.val().into_data().iter::<f32>().collect();
    found.extend(layer.bias.expect("a bias").val().into_data().iter::<f32>());
    found
}

fn spec(name: OptimizerName, nesterov: bool) -> TrainSpec {
    TrainSpec {
        optimizer: name,
        beta_1: 0.9,
        beta_2: 0.99,
        epsilon: 1e-8,
        momentum: 0.9,
        nesterov,
        weight_decay: 0.05,
        ..TrainSpec::default()
    }
}

#[test]
fn every_optimizer_is_as_in_pytorch() {
    let cases = [
        (
            spec(OptimizerName::Adam, false),
            [
                0.456_572_7,
                -0.932_200_2,
                1.755_196_8,
                0.143_908_2,
                0.084_982_8,
                -0.606_411_3,
            ],
        ),
        (
            spec(OptimizerName::Adamw, false),
            [
                0.470_377_5,
                -0.950_638_5,
                1.758_404_9,
                0.143_198_6,
                0.084_982_8,
                -0.606_411_3,
            ],
        ),
        (
            spec(OptimizerName::Sgd, false),
            [
                0.510_974_7,
                -1.016_149_4,
                1.837_548_9,
                0.133_415,
                0.031,
                -0.692_5,
            ],
        ),
        (
            spec(OptimizerName::Sgd, true),
            [
                0.517_432_6,
                -1.060_187_2,
                1.795_776_8,
                0.113_452_3,
                -0.022_1,
                -0.753_249_9,
            ],
        ),
    ];
    for (spec, expected) in cases {
        let found = run(&mut optimizer(&spec));
        for (found, expected) in found.iter().zip(expected) {
            // A few roundings of numbers near 1.
            assert!(
                (found - expected).abs() < 5e-7,
                "{:?}: {found} {expected}",
                spec.optimizer
            );
        }
    }
}
