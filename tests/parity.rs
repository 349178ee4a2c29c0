//! Whether devices agree: logits, losses, gradients, maps and ten training steps, of a classifier and
//! of a next-frame predictor with the same weights.
//!
//! A build with CUDA on a machine with a GPU compares it with the CPU:
//! `cargo test --features cuda --test parity -- --include-ignored`. Everywhere, the CPU with all its
//! threads is compared with itself on one thread, which sums in another order.

use std::collections::BTreeMap;
use std::process::Command;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::{Device, Tensor, TensorData};
use burn::train::TrainStep;
use camtrail::data::clips::DRAWN_DIGITS;
use camtrail::data::{
    ClipOptions, DataOptions, DataSearch, Placement, SHAPES, ShapesOptions, Splits, load,
    load_clips,
};
use camtrail::device::{DeviceChoice, choose, cpu};
use camtrail::explain::{ExplainRequest, Method, TargetSpec, explain};
use camtrail::model::tap::Tap;
use camtrail::model::{
    ConvLstm, ForecastSpec, Head, ModelSpec, PlainCnn, Predictor, PredictorName, ResidentImages,
    clip_tensor,
};
use camtrail::train::{FrameLoss, ImageBatch, frame_loss};

/// Images of the one batch.
const IMAGES: usize = 16;
/// Training steps.
const STEPS: usize = 10;
/// Seed of all weights.
const SEED: u64 = 4;
/// The file that the process of one thread writes.
const OUT: &str = "CAMTRAIL_PARITY_OUT";

/// What is compared, and by how much it may differ: `max|a - b| / max|b|` of each tensor.
struct Tolerances {
    input: f32,
    logits: f32,
    loss: f32,
    gradient: f32,
    map: f32,
    /// The share of a map's cells that may differ by more. Where two pixels of a pool are equal to
    /// rounding, or one is 0 to rounding, the whole gradient goes to the one or the other, and a map
    /// that is no mean over cells shows it.
    cells: f32,
    steps: f32,
}

/// Only the order of sums differs: a few float32 steps, which ten steps of Adam enlarge.
const SAME_ARITHMETIC: Tolerances = Tolerances {
    input: 0.0,
    logits: 1e-5,
    loss: 1e-5,
    gradient: 1e-4,
    map: 1e-4,
    cells: 0.01,
    steps: 1e-3,
};

/// A GPU multiplies float32 matrices in TF32, whose mantissa has 10 bits: 2^-11 = 5e-4 a product.
/// Ten times that for what passes through several layers; maps and gradients subtract such values.
const TF32: Tolerances = Tolerances {
    // Grey values are divided on the device.
    input: f32::EPSILON,
    logits: 5e-3,
    loss: 5e-3,
    gradient: 2e-2,
    map: 5e-2,
    cells: 0.02,
    steps: 2e-2,
};

type Measured = BTreeMap<String, Vec<f32>>;

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().iter::<f32>().collect()
}

/// The gradients of all parameters, by number.
struct Gradients<'a> {
    gradients: &'a GradientsParams,
    network: &'a str,
    into: &'a mut Measured,
}

impl ModuleVisitor for Gradients<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let gradient = self.gradients.get::<D>(param.id).expect("a gradient");
        let name = format!("gradient/{}/{}", self.network, param.id.val());
        self.into.insert(name, values(gradient));
    }
}

fn shapes() -> Splits {
    let options = DataOptions {
        dataset: SHAPES,
        validation_images: 0,
        split_seed: 0,
        shapes: ShapesOptions {
            train_images: 48,
            validation_images: 12,
            test_images: 12,
            seed: 3,
        },
        pictures: Default::default(),
        train_limit: None,
    };
    load(&options, &DataSearch::default()).expect("generated data need no file")
}

/// Every number that is compared, computed on `device`, which is without autodiff. The weights are
/// drawn by the CPU.
fn measure(device: &Device) -> Measured {
    let mut measured = Measured::new();
    classifier(device, Weights::Drawn, &mut measured);
    predictor(device, Weights::Drawn, &mut measured);
    measured
}

/// The weights that are compared.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Weights {
    Drawn,
    /// Rounded as TF32 rounds every factor of a product.
    Rounded,
}

impl Weights {
    fn of<M: Module>(self, network: M) -> M {
        match self {
            Self::Drawn => network,
            Self::Rounded => network.map(&mut RoundedToTf32),
        }
    }
}

fn classifier(device: &Device, weights: Weights, into: &mut Measured) {
    let data = shapes();
    let resident = ResidentImages::new(&data.train, &data.normalisation, device);
    let batch = |first: usize| {
        let indices: Vec<usize> = (0..IMAGES).map(|i| (first * 5 + i * 2) % 48).collect();
        let placements: Vec<Placement> = (0..IMAGES as i32)
            .map(|i| Placement {
                dx: i % 5 - 2,
                dy: i % 3 - 1,
                mirrored: i % 2 == 1,
            })
            .collect();
        let (images, labels) = resident.batch(&indices, &placements);
        ImageBatch {
            images: images.autodiff(),
            labels: labels.autodiff(),
            targets: None,
        }
    };
    let spec = ModelSpec {
        head: Head::AveragePool,
        ..ModelSpec::plain(&[8, 16, 16])
    };
    let network = weights.of(PlainCnn::new(&spec, (32, 32), 12, SEED, &cpu().autodiff()));
    let mut network = network.fork(&device.clone().autodiff());

    let first = batch(0);
    let images = first.images.clone().without_autodiff();
    let labels: Vec<i64> = first.labels.clone().into_data().iter::<i64>().collect();
    into.insert("input/images".to_owned(), values(images.clone()));
    let output = TrainStep::step(&network, first);
    let item = output.item;
    into.insert("logits/classifier".to_owned(), values(item.output));
    into.insert("loss/classifier".to_owned(), values(item.loss));
    network.visit(&mut Gradients {
        gradients: &output.grads,
        network: "classifier",
        into,
    });
    let request = ExplainRequest {
        layers: ["block-1", "block-3"].map(str::to_owned).to_vec(),
        methods: Method::all()
            .iter()
            .filter(|method| method.name() != "cam")
            .copied()
            .collect(),
        target: TargetSpec::labelled(labels.iter().map(|label| *label as usize).collect()),
    };
    let maps = explain(&network.valid(), images, &request).expect("maps");
    for one in maps {
        let name = format!("map/{}/{}/{}", one.method, one.layer, one.image);
        into.insert(name, one.saliency.raw.values().to_vec());
    }

    let mut adam = AdamConfig::new().with_epsilon(1e-8).init();
    let losses: Vec<f32> = (0..STEPS)
        .map(|step| {
            let output = TrainStep::step(&network, batch(step));
            network = adam.step(1e-3, network.clone(), output.grads);
            output.item.loss.into_scalar::<f32>()
        })
        .collect();
    into.insert("steps/classifier".to_owned(), losses);
}

fn predictor(device: &Device, weights: Weights, into: &mut Measured) {
    let options = ClipOptions {
        dataset: DRAWN_DIGITS,
        train_clips: 20,
        validation_clips: 1,
        test_clips: 1,
        seed: 5,
    };
    let clips = load_clips(&options, &DataSearch::default()).expect("drawn digits need no file");
    let spec = ForecastSpec {
        network: PredictorName::default(),
        hidden: vec![8, 8],
        kernel: 3,
        patch: 4,
        forget_bias: 1.0,
        head_bias: -3.0,
    };
    let network = weights.of(ConvLstm::new(&spec, 64, SEED, &cpu().autodiff()));
    let mut network = network.fork(&device.clone().autodiff());
    let mut adam = AdamConfig::new().with_epsilon(1e-8).init();
    let mut losses = Vec::new();
    for step in 0..STEPS as u64 {
        let frames = clip_tensor(
            &clips.train,
            &[2 * step, 2 * step + 1],
            &device.clone().autodiff(),
        );
        let frames = frames.narrow(1, 0, 6);
        let logits = network.forward(frames.clone().narrow(1, 0, 5), &mut Tap::off());
        let wanted = frames.clone().narrow(1, 1, 5);
        let loss = frame_loss(FrameLoss::Bce, logits.clone(), wanted);
        losses.push(loss.clone().into_scalar::<f32>());
        let gradients = GradientsParams::from_grads(loss.backward(), &network);
        if step == 0 {
            into.insert("input/frames".to_owned(), values(frames));
            into.insert("logits/predictor".to_owned(), values(logits));
            into.insert("loss/predictor".to_owned(), vec![losses[0]]);
            network.visit(&mut Gradients {
                gradients: &gradients,
                network: "predictor",
                into,
            });
        }
        network = adam.step(1e-3, network, gradients);
    }
    into.insert("steps/predictor".to_owned(), losses);
}

/// Fails with every tensor that differs by more than its tolerance.
#[expect(clippy::print_stdout, reason = "the errors reached are worth reading")]
fn compare(found: &Measured, expected: &Measured, tolerances: &Tolerances) {
    let names: Vec<&String> = found.keys().collect();
    assert_eq!(names, expected.keys().collect::<Vec<_>>());
    let (mut worst, mut apart, mut most_cells) = (BTreeMap::new(), Vec::new(), 0.0f32);
    for (name, expected) in expected {
        let kind = name.split('/').next().expect("a first part");
        let tolerance = match kind {
            "input" => tolerances.input,
            "logits" => tolerances.logits,
            "loss" => tolerances.loss,
            "gradient" => tolerances.gradient,
            "map" => tolerances.map,
            "steps" => tolerances.steps,
            other => panic!("no tolerance for {other}"),
        };
        let error = relative_error(&found[name], expected);
        let most = worst.entry(kind).or_insert(0.0f32);
        *most = most.max(error);
        if kind == "map" {
            let cells = share_apart(&found[name], expected, tolerance);
            most_cells = most_cells.max(cells);
            if cells > tolerances.cells {
                apart.push(format!(
                    "{name}: {cells} of the cells by more than {tolerance:e}"
                ));
            }
        } else if error.is_nan() || error > tolerance {
            // A difference that is no number is apart, too.
            apart.push(format!("{name}: {error:e}, at most {tolerance:e}"));
        }
    }
    println!("largest relative errors: {worst:?}; most cells of a map apart: {most_cells}");
    assert!(apart.is_empty(), "{apart:#?}");
}

/// `max|a - b| / max|b|`, 0 where nothing differs.
fn relative_error(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    if a == b {
        return 0.0;
    }
    let largest = b.iter().fold(0.0f32, |most, value| most.max(value.abs()));
    let differences = a.iter().zip(b).map(|(a, b)| (a - b).abs());
    // `f32::max` alone would pass over what is no number.
    let most = differences.reduce(|most, value| match most.is_nan() || value.is_nan() {
        true => f32::NAN,
        false => most.max(value),
    });
    most.unwrap_or(0.0) / largest
}

/// The share of numbers that differ by more than `tolerance` times the largest; one that is no number
/// does.
fn share_apart(a: &[f32], b: &[f32], tolerance: f32) -> f32 {
    assert_eq!(a.len(), b.len());
    let largest = b.iter().fold(0.0f32, |most, value| most.max(value.abs()));
    let near = |(a, b): &(&f32, &f32)| a == b || (*a - *b).abs() <= tolerance * largest;
    let near = a.iter().zip(b).filter(near).count();
    1.0 - near as f32 / a.len() as f32
}

/// Rounds every parameter to the ten bits that TF32 keeps of a number.
struct RoundedToTf32;

impl ModuleMapper for RoundedToTf32 {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let (id, tensor, mapper) = param.consume();
        let device = tensor.device();
        let (data, shape) = (tensor.clone().into_data(), tensor.dims());
        let rounded: Vec<f32> = data.iter::<f32>().map(tf32).collect();
        let rounded = Tensor::from_data(TensorData::new(rounded, shape), &device);
        Param::from_mapped_value(id, rounded.require_grad(), mapper)
    }
}

/// The nearest number whose mantissa has ten bits.
fn tf32(value: f32) -> f32 {
    const DROPPED: u32 = 13;
    let half = 1 << (DROPPED - 1);
    f32::from_bits((value.to_bits() + half) >> DROPPED << DROPPED)
}

/// Writes what this process measures, for the test that started it.
#[test]
#[ignore = "run by cpu_threads_agree, in a process of its own"]
fn measure_for_another_process() {
    let Some(path) = std::env::var_os(OUT) else {
        return;
    };
    let text = serde_json::to_string(&measure(&cpu())).expect("numbers");
    std::fs::write(path, text).expect("written");
}

#[test]
fn cpu_threads_agree() {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("parity-one-thread.json");
    let name = "measure_for_another_process";
    let child = Command::new(std::env::current_exe().expect("this test's program"))
        .args(["--exact", name, "--include-ignored"])
        .env("RAYON_NUM_THREADS", "1")
        .env("BURN_DEVICE", "flex")
        .env(OUT, &path)
        .output()
        .expect("it starts");
    assert!(child.status.success(), "{child:?}");
    let text = std::fs::read_to_string(&path).expect("measured");
    let one_thread: Measured = serde_json::from_str(&text).expect("numbers");
    let many_threads = measure(&cpu());
    compare(&many_threads, &one_thread, &SAME_ARITHMETIC);
    // What is compared is there: 2 layers by 7 methods by 16 images, 8 and 6 parameters.
    let of = |kind: &str| {
        one_thread
            .keys()
            .filter(|name| name.starts_with(kind))
            .count()
    };
    assert_eq!(of("map/"), 2 * 7 * IMAGES);
    assert_eq!(
        (of("gradient/classifier/"), of("gradient/predictor/")),
        (8, 6)
    );
}

#[test]
#[ignore = "needs an NVIDIA GPU and --features cuda"]
fn a_gpu_agrees_with_the_cpu() {
    let gpu = choose(DeviceChoice::Cuda).unwrap_or_else(|error| panic!("{error}"));
    let (found, expected) = (measure(&gpu.device), measure(&cpu()));
    let images = "input/images";
    assert!(found[images] == expected[images], "values are looked up");
    compare(&found, &expected, &TF32);
}

/// What TF32 is allowed, by TF32's own rounding: of the weights alone, on the CPU. Single cells of a map
/// change by more than the tolerance, and no more of them than are allowed.
#[test]
fn rounding_the_weights_as_tf32_does_stays_within_its_tolerances() {
    let mut rounded = Measured::new();
    classifier(&cpu(), Weights::Rounded, &mut rounded);
    predictor(&cpu(), Weights::Rounded, &mut rounded);
    let drawn = measure(&cpu());
    assert_ne!(rounded["logits/classifier"], drawn["logits/classifier"]);
    compare(&rounded, &drawn, &TF32);
    let cells = |name: &String| relative_error(&rounded[name], &drawn[name]) > TF32.map;
    assert!(
        drawn
            .keys()
            .filter(|name| name.starts_with("map/"))
            .any(cells)
    );
}

#[test]
fn ten_bits_are_kept() {
    assert_eq!(tf32(1.0), 1.0);
    assert_eq!(tf32(-1.0 - 2f32.powi(-10)), -1.0 - 2f32.powi(-10));
    assert_eq!(tf32(1.0 + 2f32.powi(-12)), 1.0);
    assert_eq!(tf32(1.0 + 3.0 * 2f32.powi(-12)), 1.0 + 2f32.powi(-10));
}

/// A tolerance of zero passes equal values alone.
#[test]
fn the_comparison_sees_what_differs() {
    assert_eq!(relative_error(&[1.0, -4.0], &[1.0, -4.0]), 0.0);
    assert_eq!(relative_error(&[1.0, -3.0], &[1.0, -4.0]), 0.25);
    assert_eq!(relative_error(&[0.0], &[0.0]), 0.0);
    assert!(relative_error(&[f32::NAN, 1.0], &[0.5, 1.0]).is_nan());
    assert_eq!(
        share_apart(&[1.0, f32::NAN, -4.0, 0.5], &[1.1, 0.0, -4.0, 0.0], 0.05),
        0.5
    );
}
