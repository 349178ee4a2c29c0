//! One training step of trial D or of the ConvLSTM, or the explanations of a batch, as
//! `benches/reference/step.py` does them in PyTorch; `benches/compare_cpu.sh` compares the two.
//!
//! `cargo bench --profile dev --bench step -- trial-d|convlstm|explain|product [repeats]` prints one
//! line of JSON: the items of a repeat, the seconds of each, and the most memory that was used. The
//! thread count is rayon's: `RAYON_NUM_THREADS`.

#![expect(clippy::print_stdout, reason = "a benchmark reports")]

use std::time::Instant;

use burn::module::Module;
use burn::optim::{AdamConfig, GradientsParams, ModuleOptimizer};
use burn::tensor::{Device, Distribution, Int, Tensor};
use burn::train::TrainStep;
use camtrail::explain::{ExplainRequest, Method, TargetSpec, explain};
use camtrail::model::tap::Tap;
use camtrail::model::{
    ConvLstm, ForecastSpec, Head, ModelSpec, NetworkName, PlainCnn, Predictor, PredictorName,
};
use camtrail::train::{FrameLoss, ImageBatch, clip_by_global_norm, frame_loss};

/// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const BATCH: usize = 128;
const SIDE: usize = 32;
const CLASSES: usize = 100;
/// Clips of a step of `experiments/convlstm.toml`, and the frames of each.
const CLIPS: usize = 16;
const FRAMES: usize = 20;
const CANVAS: usize = 64;
/// Side of the matrices whose product is the machine's peak.
const PRODUCT: usize = 1024;
const WARM_UP: usize = 3;
const REPEATS: usize = 7;
const LEARNING_RATE: f64 = 1e-3;

/// What is measured: how many items a repeat has, and the repeat.
type Work = (usize, Box<dyn FnMut()>);

fn main() {
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
    let (items, mut work) = match name {
        "convlstm" => convlstm(),
        "explain" => explanations(),
        "product" => product(),
        _ => trial_d(),
    };
    for _ in 0..WARM_UP {
        work();
    }
    let seconds: Vec<String> = (0..repeats)
        .map(|_| {
            let started = Instant::now();
            work();
            started.elapsed().as_secs_f64().to_string()
        })
        .collect();
    println!(
        "{{\"items\": {items}, \"seconds\": [{}], \"peak_mib\": {}}}",
        seconds.join(", "),
        peak_mib()
    );
}

fn network(device: &Device) -> PlainCnn {
    let spec = ModelSpec {
        network: NetworkName::PlainCnn,
        filters: vec![32, 64, 128, 256, 256],
        block_dropout: 0.0,
        head_dropout: 0.25,
        head: Head::Flatten,
    };
    PlainCnn::new(&spec, (SIDE, SIDE), CLASSES, 0, device)
}

fn adam() -> ModuleOptimizer {
    AdamConfig::new().with_epsilon(1e-8).init()
}

fn images(device: &Device) -> Tensor<4> {
    let spread = Distribution::Normal(0.0, 1.0);
    Tensor::random([BATCH, 3, SIDE, SIDE], spread, device)
}

fn trial_d() -> Work {
    let device = Device::flex().autodiff();
    let mut optimizer = adam();
    let batch = ImageBatch {
        images: images(&device),
        labels: Tensor::<1, Int>::arange(0..BATCH as i64, &device) % CLASSES as i32,
    };
    let mut trained = Some(network(&device));
    let step = move || {
        let network = trained.take().expect("put back after every step");
        let output = TrainStep::step(&network, batch.clone());
        trained = Some(optimizer.step(LEARNING_RATE, network, output.grads));
        let _: f32 = output.item.loss.into_scalar();
    };
    (BATCH, Box::new(step))
}

fn convlstm() -> Work {
    let spec = ForecastSpec {
        network: PredictorName::default(),
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
    let mut trained = Some(ConvLstm::new(&spec, CANVAS, 0, &device));
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
    let network = network(&device).valid();
    let images = images(&device);
    let request = ExplainRequest {
        layers: vec!["block-5".to_owned()],
        methods: ["grad-cam", "grad-cam-pp"]
            .map(|name| Method::parse(name).expect("listed"))
            .to_vec(),
        target: TargetSpec::predicted(),
    };
    let step = move || {
        let maps = explain(&network, images.clone(), &request);
        assert!(maps.is_ok_and(|maps| maps.len() == 2 * BATCH));
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
