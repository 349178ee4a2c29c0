//! A training step, a forward pass or the explanations of a batch, as `benches/reference/step.py`
//! does them in PyTorch; `benches/compare_cpu.sh` compares the two.
//!
//! `cargo bench --profile dev --bench step -- WORK [repeats]` prints one line of JSON: the items of a
//! repeat, the seconds of each, and the most memory that was used. WORK is `trial-d`, `trial-d-bn`
//! (with batch normalisation), `convlstm`, `convgru`, `predrnn`, `explain`, `product`, `train-NETWORK`
//! (small images), `forward-NETWORK-BATCH` or `maps-NETWORK-BATCH` (both at 224 pixels). The thread count is rayon's: `RAYON_NUM_THREADS`.

#![expect(clippy::print_stdout, reason = "a benchmark reports")]

use std::time::{Duration, Instant};

use burn::module::Module;
use burn::optim::{AdamConfig, GradientsParams, ModuleOptimizer};
use burn::tensor::{Device, Distribution, Int, Tensor};
use burn::train::{ClassificationOutput, TrainStep};
use camtrail::explain::{ExplainRequest, Method, TargetSpec, explain};
use camtrail::model::backbones::{Backbone, BackboneName, Dialect, Parameters, TrainableBackbone};
use camtrail::model::tap::Tap;
use camtrail::model::{
    BlockNormalisation, ConvGru, ConvLstm, ForecastSpec, ModelSpec, PlainCnn, PredRnn, Predictor,
    Recurrent,
};
use camtrail::train::{FrameLoss, ImageBatch, clip_by_global_norm, frame_loss};

/// As in the program.
#[global_allocator]
static ALLOCATOR: camtrail::cli::Allocator = camtrail::cli::Allocator;

const BATCH: usize = 128;
const SIDE: usize = 32;
const CLASSES: usize = 100;
/// Images of a training step of a published network.
const PUBLISHED_BATCH: usize = 64;
/// Side and classes of published networks for photographs.
const PHOTO: usize = 224;
const PHOTO_CLASSES: usize = 1000;
const MAPS: [&str; 2] = ["grad-cam", "grad-cam-pp"];
/// Clips of a step of `experiments/convlstm.toml`, and the frames of each.
const CLIPS: usize = 16;
const FRAMES: usize = 20;
const CANVAS: usize = 64;
/// Side of the matrices whose product is the machine's peak.
const PRODUCT: usize = 1024;
const WARM_UP: usize = 3;
const REPEATS: usize = 7;
/// Slow works end early: warming up after this time, repeating after this time and two repeats.
const WARM_UP_TIME: Duration = Duration::from_secs(15);
const TIME: Duration = Duration::from_secs(10);
const FEWEST: usize = 2;
const LEARNING_RATE: f64 = 1e-3;

/// What is measured: how many items a repeat has, and the repeat.
type Work = (usize, Box<dyn FnMut()>);

fn main() {
    camtrail::cli::Allocator::keep_memory();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // `cargo test --benches` only asks whether it runs.
    let asked = arguments.iter().any(|argument| argument == "--bench");
    let words: Vec<&String> = (arguments.iter())
        .filter(|argument| !argument.starts_with('-'))
        .collect();
    let name = words.first().map_or("trial-d", |name| name.as_str());
    let repeats = match words.get(1).map(|count| count.parse()) {
        Some(Ok(count)) => count,
        _ if asked => REPEATS,
        _ => 1,
    };
    let (items, mut work) = work(name);
    let started = Instant::now();
    for _ in 0..WARM_UP {
        work();
        if started.elapsed() > WARM_UP_TIME {
            break;
        }
    }
    let started = Instant::now();
    let mut seconds: Vec<String> = Vec::new();
    while seconds.len() < repeats && (seconds.len() < FEWEST || started.elapsed() < TIME) {
        let started = Instant::now();
        work();
        seconds.push(started.elapsed().as_secs_f64().to_string());
    }
    println!(
        "{{\"items\": {items}, \"seconds\": [{}], \"peak_mib\": {}}}",
        seconds.join(", "),
        peak_mib()
    );
}

fn work(name: &str) -> Work {
    let words: Vec<&str> = name.split('-').collect();
    // Only the first and the last word can be split off: names of networks have hyphens.
    let network = |words: &[&str]| -> BackboneName {
        let name = words.join("-");
        name.parse().expect("the name of a published network")
    };
    let sized = |words: &[&str]| {
        let (batch, name) = words.split_last().expect("a network and a batch");
        (network(name), batch.parse().expect("a batch"))
    };
    match words.as_slice() {
        ["convlstm"] => predictor::<ConvLstm>(),
        ["convgru"] => predictor::<ConvGru>(),
        ["predrnn"] => predictor::<PredRnn>(),
        ["explain"] => explanations(),
        ["product"] => product(),
        ["train", name @ ..] => published_step(network(name)),
        ["forward", rest @ ..] => forward(sized(rest)),
        ["maps", rest @ ..] => maps(sized(rest)),
        ["trial", "d", "bn"] => trial_d(BlockNormalisation::Batch),
        _ => trial_d(BlockNormalisation::None),
    }
}

fn network(normalisation: BlockNormalisation, device: &Device) -> PlainCnn {
    let spec = ModelSpec {
        normalisation,
        head_dropout: 0.25,
        ..ModelSpec::plain(&[32, 64, 128, 256, 256])
    };
    PlainCnn::new(&spec, (SIDE, SIDE), CLASSES, 0, device)
}

fn adam() -> ModuleOptimizer {
    AdamConfig::new().with_epsilon(1e-8).init()
}

fn images([batch, side]: [usize; 2], device: &Device) -> Tensor<4> {
    let spread = Distribution::Normal(0.0, 1.0);
    Tensor::random([batch, 3, side, side], spread, device)
}

fn trial_d(normalisation: BlockNormalisation) -> Work {
    training(network(normalisation, &Device::flex().autodiff()), BATCH)
}

/// A training step of a published network with the first layers for small images.
fn published_step(name: BackboneName) -> Work {
    let device = Device::flex().autodiff();
    let network = TrainableBackbone::new(name, CLASSES, 0, &device);
    training(network, PUBLISHED_BATCH)
}

fn training<M>(network: M, batch: usize) -> Work
where
    M: Module + TrainStep<Input = ImageBatch, Output = ClassificationOutput> + 'static,
{
    let device = Device::flex().autodiff();
    let mut optimizer = adam();
    let batch = ImageBatch {
        images: images([batch, SIDE], &device),
        labels: Tensor::<1, Int>::arange(0..batch as i64, &device) % CLASSES as i32,
        targets: None,
    };
    let mut trained = Some(network);
    let items = batch.images.dims()[0];
    let step = move || {
        let network = trained.take().expect("put back after every step");
        let output = TrainStep::step(&network, batch.clone());
        trained = Some(optimizer.step(LEARNING_RATE, network, output.grads));
        let _: f32 = output.item.loss.into_scalar();
    };
    (items, Box::new(step))
}

/// Weights of both signs, and 1 for variances. They come from a formula: they change no time.
struct Formula;

impl Parameters for Formula {
    fn values(&mut self, name: &str, shape: &[usize]) -> Vec<f32> {
        let count: usize = shape.iter().product();
        if name.ends_with("running_var") {
            return vec![1.0; count];
        }
        let scale = 2.0 / (count as f32 / shape[0] as f32).sqrt();
        let value = |at: usize| (at as f32 * 1.7).sin() * scale;
        (0..count).map(value).collect()
    }
}

fn photo_network(name: BackboneName) -> Backbone {
    let dialect = Dialect::Torchvision;
    Backbone::new(name, dialect, PHOTO_CLASSES, &mut Formula, &Device::flex())
}

/// A forward pass of a published network over photographs.
fn forward((name, batch): (BackboneName, usize)) -> Work {
    let network = photo_network(name);
    let images = images([batch, PHOTO], &Device::flex());
    let step = move || {
        let logits = network.forward(images.clone(), &mut Tap::off());
        let _ = logits.into_data();
    };
    (batch, Box::new(step))
}

/// Grad-CAM and Grad-CAM++ of photographs, at the network's default layer.
fn maps((name, batch): (BackboneName, usize)) -> Work {
    let network = photo_network(name);
    let images = images([batch, PHOTO], &Device::flex());
    let request = maps_at(network.default_layer());
    let step = move || {
        let maps = explain(&network, images.clone(), &request);
        assert!(maps.is_ok_and(|maps| maps.len() == MAPS.len() * batch));
    };
    (batch, Box::new(step))
}

fn maps_at(layer: &str) -> ExplainRequest {
    ExplainRequest {
        layers: vec![layer.to_owned()],
        methods: MAPS
            .map(|name| Method::parse(name).expect("listed"))
            .to_vec(),
        target: TargetSpec::predicted(),
    }
}

fn predictor<N: Recurrent>() -> Work {
    let spec = ForecastSpec {
        network: N::NAME.into(),
        hidden: vec![64, 64],
        kernel: 3,
        patch: 4,
        forget_bias: 1.0,
        head_bias: -3.0,
    };
    let device = Device::flex().autodiff();
    let mut optimizer = adam();
    let spread = Distribution::Uniform(0.0, 1.0);
    let clips = Tensor::<5>::random([CLIPS, FRAMES, 1, CANVAS, CANVAS], spread, &device);
    let mut trained = Some(N::build(&spec, CANVAS, 0, &device));
    let step = move || {
        let network = trained.take().expect("put back after every step");
        let seen = clips.clone().narrow(1, 0, FRAMES - 1);
        let wanted = clips.clone().narrow(1, 1, FRAMES - 1);
        let logits = network.forward(seen, &mut Tap::off());
        let loss = frame_loss(FrameLoss::Bce, logits, wanted);
        let mut gradients = GradientsParams::from_grads(loss.backward(), &network);
        clip_by_global_norm(&network, &mut gradients, 1.0);
        trained = Some(optimizer.step(LEARNING_RATE, network, gradients));
        let _: f32 = loss.into_scalar();
    };
    (CLIPS * (FRAMES - 1), Box::new(step))
}

fn explanations() -> Work {
    let device = Device::flex();
    let network = network(BlockNormalisation::None, &device).valid();
    let images = images([BATCH, SIDE], &device);
    let request = maps_at("block-5");
    let step = move || {
        let maps = explain(&network, images.clone(), &request);
        assert!(maps.is_ok_and(|maps| maps.len() == MAPS.len() * BATCH));
    };
    (BATCH, Box::new(step))
}

/// One product of square matrices.
fn product() -> Work {
    let device = Device::flex();
    let spread = Distribution::Normal(0.0, 1.0);
    let [a, b] = [0, 1].map(|_| Tensor::<2>::random([PRODUCT, PRODUCT], spread, &device));
    let step = move || {
        let _ = a.clone().matmul(b.clone()).into_data();
    };
    (1, Box::new(step))
}

/// The most memory that this process has had, in MiB; 0 where the system does not say.
fn peak_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kib.unwrap_or(0) / 1024
}
