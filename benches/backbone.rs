//! What explaining ResNet-50 at 224 pixels costs: Grad-CAM and Grad-CAM++ together, against the
//! forward pass that a prediction needs anyway, for one image and for a batch of 16.
//!
//! `cargo bench --profile dev --bench backbone [-- NETWORK]` prints medians of interleaved repeats,
//! the cost in forward passes as the median of what each repeat itself shows, and the most memory
//! that was used. Weights are made by a formula: they change no time.

#![expect(clippy::print_stdout, reason = "a benchmark reports")]

use std::time::{Duration, Instant};

use burn::tensor::{Device, Distribution, Tensor};
use camtrail::explain::{ExplainRequest, Method, TargetSpec, explain};
use camtrail::model::backbones::{Backbone, BackboneName, Dialect, Parameters};
use camtrail::model::tap::Tap;

/// As in the program.
#[global_allocator]
static ALLOCATOR: camtrail::cli::Allocator = camtrail::cli::Allocator;

const SIDE: usize = 224;
const CLASSES: usize = 1000;
const BATCHES: [usize; 2] = [1, 16];
const REPEATS: usize = 7;
/// Repeats before those that count.
const WARM_UP: usize = 1;
const METHODS: [&str; 2] = ["grad-cam", "grad-cam-pp"];

/// Small values of both signs, and 1 for variances.
struct Formula;

impl Parameters for Formula {
    fn values(&mut self, name: &str, shape: &[usize]) -> Vec<f32> {
        let count: usize = shape.iter().product();
        if name.ends_with("running_var") {
            return vec![1.0; count];
        }
        let scale = 2.0 / (count as f32 / shape[0] as f32).sqrt();
        (0..count)
            .map(|at| (at as f32 * 1.7).sin() * scale)
            .collect()
    }
}

fn main() {
    camtrail::cli::Allocator::keep_memory();
    let words: Vec<String> = std::env::args().skip(1).collect();
    // `cargo test --benches` only asks whether it runs.
    let asked = words.iter().any(|word| word == "--bench");
    let (repeats, batches) = match asked {
        true => (REPEATS, &BATCHES[..]),
        false => (1, &BATCHES[..1]),
    };
    let named = words.iter().find(|word| !word.starts_with('-'));
    let name = named.map_or("resnet50", String::as_str);
    let Ok(name) = name.parse::<BackboneName>() else {
        println!("{name:?} is no network: the networks are listed by `camtrail weights list`");
        return;
    };
    let device = Device::flex();
    let network = Backbone::new(name, Dialect::Torchvision, CLASSES, &mut Formula, &device);
    println!(
        "{name}, {SIDE} x {SIDE} pixels; {} MiB with its weights",
        peak_mib()
    );
    for &batch in batches {
        measure(&network, batch, repeats, &device);
    }
}

fn measure(network: &Backbone, batch: usize, repeats: usize, device: &Device) {
    let spread = Distribution::Normal(0.0, 1.0);
    let images = Tensor::<4>::random([batch, 3, SIDE, SIDE], spread, device);
    let request = ExplainRequest {
        layers: vec![network.default_layer().to_owned()],
        methods: METHODS
            .map(|name| Method::parse(name).expect("listed"))
            .to_vec(),
        target: TargetSpec::predicted(),
    };
    let mut times: [Vec<Duration>; 2] = Default::default();
    for repeat in 0..WARM_UP + repeats {
        let round = [
            timed(|| {
                let logits = network.forward(images.clone(), &mut Tap::off());
                let _ = logits.into_data();
            }),
            timed(|| {
                let maps = explain(network, images.clone(), &request);
                assert!(maps.is_ok_and(|maps| maps.len() == batch * METHODS.len()));
            }),
        ];
        if repeat >= WARM_UP {
            for (times, time) in times.iter_mut().zip(round) {
                times.push(time);
            }
        }
    }
    let pairs = times[1].iter().zip(&times[0]);
    let mut ratios: Vec<f64> = pairs
        .map(|(explained, forward)| explained.as_secs_f64() / forward.as_secs_f64())
        .collect();
    ratios.sort_by(f64::total_cmp);
    let [forward, explained] = times.map(median);
    println!(
        "batch {batch}: forward {forward:.3} s, with both maps {explained:.3} s, ratio {:.2} ({:.2} to \
         {:.2}), {repeats} pairs, {} MiB",
        ratios[ratios.len() / 2],
        ratios[0],
        ratios[ratios.len() - 1],
        peak_mib()
    );
}

fn timed(work: impl FnOnce()) -> Duration {
    let started = Instant::now();
    work();
    started.elapsed()
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64()
}

/// The most memory that this process has had, in MiB; 0 where the system does not say.
fn peak_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kib.unwrap_or(0) / 1024
}
