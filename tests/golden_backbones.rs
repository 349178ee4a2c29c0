//! The ImageNet networks against torchvision, with weights by formula so that no file holds them.
//!
//! Sizes, classes, the layer and the input's name are read from each golden file. The files lie in
//! the folder named by `CAMTRAIL_GOLDEN`; a network whose file is not there is ignored by name.

#[path = "support/golden.rs"]
mod golden;

use std::collections::HashMap;

use burn::tensor::{Device, Tensor, TensorData};
use camtrail::explain::{ExplainRequest, Method, TargetSpec, explain, gather};
use camtrail::model::backbones::{Backbone, BackboneName, Dialect, Parameters};
use golden::{Golden, TOLERANCE, relative_error};
use safetensors::SafeTensors;

/// The methods, by the project's name and the file's.
const METHODS: [(&str, &str); 5] = [
    ("grad-cam", "grad_cam"),
    ("grad-cam-pp", "grad_cam_pp"),
    ("layer-cam", "layer_cam"),
    ("hires-cam", "hires_cam"),
    ("xgrad-cam", "xgrad_cam"),
];

/// FNV-1a, 64 bits.
fn fnv1a(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
    })
}

/// Element `i` of the sequence `name`, -1 to below 1.
fn uniform(hash: u64, i: u64) -> f32 {
    let mut z = hash.wrapping_add((i + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^= z >> 31;
    (z >> 40) as f32 / 16_777_216.0 * 2.0 - 1.0
}

/// Weights by the formula of the golden files.
struct Formula;

impl Parameters for Formula {
    fn values(&mut self, name: &str, shape: &[usize]) -> Vec<f32> {
        let count: usize = shape.iter().product();
        let fan_in = (count / shape[0]) as f64;
        let bound = (6.0 / fan_in).sqrt() as f32;
        let value = |u: f32| match () {
            () if name.ends_with("running_var") => 1.0 + 0.5 * u.abs(),
            () if name.ends_with("running_mean") => 0.1 * u,
            () if shape.len() >= 2 => bound * u,
            () if name.ends_with("weight") => 1.0 + 0.1 * u,
            () => 0.1 * u,
        };
        let hash = fnv1a(name);
        (0..count as u64).map(|i| value(uniform(hash, i))).collect()
    }
}

/// A golden file with the notes that say how it was made.
struct Noted {
    file: Golden,
    notes: HashMap<String, String>,
}

impl Noted {
    fn read(name: &str) -> Self {
        let file = Golden::read(name);
        let (_, metadata) = SafeTensors::read_metadata(&file.bytes).expect("a safetensors file");
        let notes = metadata.metadata().clone().expect("the file has notes");
        Self { file, notes }
    }

    fn note(&self, key: &str) -> &str {
        let note = self.notes.get(key);
        note.unwrap_or_else(|| panic!("{:?} has no note {key:?}", self.file.path))
    }

    fn numbers(&self, key: &str) -> Vec<usize> {
        serde_json::from_str(self.note(key)).expect("a list of whole numbers")
    }
}

#[expect(clippy::print_stdout, reason = "the error reached is worth reading")]
fn assert_equal<const D: usize>(what: &str, found: &Tensor<D>, expected: &Tensor<D>) {
    let error = relative_error(found, expected);
    println!("{what}: relative error {error:e}");
    assert!(error <= TOLERANCE, "{what}: relative error {error}");
}

/// Compares logits, what is known at the layer, and every method's map.
fn compare(file: &str) {
    let golden = Noted::read(file);
    let device = Device::flex();
    let name: BackboneName = golden.note("model").parse().expect("a known network");
    let expected: Tensor<2> = golden.file.tensor("logits");
    let [_, network_classes] = expected.dims();
    let network = Backbone::new(
        name,
        Dialect::Torchvision,
        network_classes,
        &mut Formula,
        &device,
    );
    let shape = golden.numbers("input_shape");
    let hash = fnv1a(golden.note("input_name"));
    let count = shape.iter().product::<usize>() as u64;
    let input: Vec<f32> = (0..count).map(|i| uniform(hash, i) * 2.0).collect();
    let input = Tensor::<4>::from_data(TensorData::new(input, shape), &device);
    // One class an image, as a label is.
    let targets = TargetSpec::labelled(golden.numbers("classes"));
    let layers = vec![golden.note("layer").to_string()];

    let evidence = gather(&network, input.clone(), &targets, &layers).expect("evidence");
    assert_equal(&format!("{file}, logits"), &evidence.logits, &expected);
    let layer = &evidence.layers[0];
    let mean = |tensor: &Tensor<4>| {
        tensor
            .clone()
            .flatten::<3>(2, 3)
            .mean_dim(2)
            .squeeze_dim::<2>(2)
    };
    let (activation, gradient) = (mean(&layer.activation), mean(&layer.gradient));
    assert_equal(
        &format!("{file}, activation"),
        &activation,
        &golden.file.tensor("activation_mean"),
    );
    assert_equal(
        &format!("{file}, gradient"),
        &gradient,
        &golden.file.tensor("gradient_mean"),
    );

    let request = ExplainRequest {
        layers,
        methods: METHODS
            .map(|(method, _)| Method::parse(method).expect("known"))
            .to_vec(),
        target: targets,
    };
    let explanations = explain(&network, input, &request).expect("explained");
    for (method, golden_name) in METHODS {
        let expected: Tensor<3> = golden.file.tensor(&format!("{golden_name}.raw"));
        let maps = explanations.iter().filter(|e| e.method.name() == method);
        let values: Vec<f32> = maps
            .flat_map(|e| e.saliency.raw.values().to_vec())
            .collect();
        let found = Tensor::from_data(TensorData::new(values, expected.dims()), &device);
        assert_equal(&format!("{file}, {method}"), &found, &expected);
    }
}

#[test]
fn the_formula_gives_what_its_authors_print() {
    let hash = fnv1a("features.0.weight");
    assert_eq!(hash, 0xf70f_941a_2439_8456);
    for (i, expected) in [0.711_514_9, 0.052_881, 0.278_792_9, -0.814_919_5]
        .into_iter()
        .enumerate()
    {
        assert!((uniform(hash, i as u64) - expected).abs() < 1e-6, "{i}");
    }
    assert!((uniform(fnv1a("vgg16.input"), 0) + 0.293_436_8).abs() < 1e-6);
}

#[test]
#[ignore = "needs vgg16.safetensors in $CAMTRAIL_GOLDEN"]
fn vgg16_equals_torchvision() {
    compare("vgg16");
}

#[test]
#[ignore = "needs resnet50.safetensors in $CAMTRAIL_GOLDEN"]
fn resnet50_equals_torchvision() {
    compare("resnet50");
}

#[test]
#[ignore = "needs efficientnet_b0.safetensors in $CAMTRAIL_GOLDEN"]
fn efficientnet_b0_equals_torchvision() {
    compare("efficientnet_b0");
}

/// Its file does not come with the others.
#[test]
#[ignore = "needs resnet101.safetensors in $CAMTRAIL_GOLDEN"]
fn resnet101_equals_torchvision() {
    compare("resnet101");
}
