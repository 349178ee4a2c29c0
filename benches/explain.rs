//! What explaining costs: Grad-CAM and Grad-CAM++ together for trial D at batch 128, on top of the
//! forward pass that a prediction needs anyway.
//!
//! `cargo bench --profile dev --bench explain` (the development build is optimised, so nothing is
//! compiled twice). Prints medians of interleaved repeats, and the cost in forward passes as the
//! median over the repeats of what each repeat itself shows.

#![expect(clippy::print_stdout, reason = "a benchmark reports")]

use std::time::{Duration, Instant};

use burn::module::Module;
use burn::tensor::{Device, Distribution, Tensor};
use camtrail::explain::{ExplainRequest, Method, TargetSpec, explain};
use camtrail::model::tap::Tap;
use camtrail::model::{ModelSpec, PlainCnn};

const BATCH: usize = 128;
const SIDE: usize = 32;
const CLASSES: usize = 100;
const REPEATS: usize = 31;
/// Repeats before those that count.
const WARM_UP: usize = 3;
const METHODS: [&str; 2] = ["grad-cam", "grad-cam-pp"];
/// The most that the explanations may cost on top of the forward pass, in forward passes.
const GOAL: f64 = 0.6;

fn main() {
    // `cargo test --benches` only asks whether it runs.
    let repeats = if std::env::args().any(|argument| argument == "--bench") {
        REPEATS
    } else {
        1
    };
    let spec = ModelSpec {
        head_dropout: 0.25,
        ..ModelSpec::plain(&[32, 64, 128, 256, 256])
    };
    let device = Device::flex();
    let network = PlainCnn::new(&spec, (SIDE, SIDE), CLASSES, 0, &device).valid();
    let images = Tensor::<4>::random(
        [BATCH, 3, SIDE, SIDE],
        Distribution::Normal(0.0, 1.0),
        &device,
    );
    let request = |layers: &[&str]| ExplainRequest {
        layers: layers.iter().map(|layer| (*layer).to_owned()).collect(),
        methods: METHODS
            .map(|name| Method::parse(name).expect("listed"))
            .to_vec(),
        target: TargetSpec::predicted(),
    };
    let last = request(&["block-5"]);
    let both = request(&["block-3", "block-5"]);
    let explained = |request: &ExplainRequest| {
        let found = explain(&network, images.clone(), request);
        assert!(found.is_ok_and(|maps| maps.len() == BATCH * METHODS.len() * request.layers.len()));
    };
    let mut times: [Vec<Duration>; 3] = Default::default();
    for repeat in 0..WARM_UP + repeats {
        let round = [
            timed(|| {
                let logits = network.forward(images.clone(), &mut Tap::off());
                let _ = logits.into_data();
            }),
            timed(|| explained(&last)),
            timed(|| explained(&both)),
        ];
        if repeat >= WARM_UP {
            for (times, time) in times.iter_mut().zip(round) {
                times.push(time);
            }
        }
    }
    let on_top = |explained: &[Duration]| {
        let pairs = explained.iter().zip(&times[0]);
        let ratios =
            pairs.map(|(explained, forward)| explained.as_secs_f64() / forward.as_secs_f64());
        let mut ratios: Vec<f64> = ratios.collect();
        ratios.sort_by(f64::total_cmp);
        ratios[ratios.len() / 2] - 1.0
    };
    let forward = median(&times[0]);
    println!("forward pass {forward:.2?}, batch {BATCH}, n = {repeats}");
    for (place, layers) in [(1, vec!["block-5"]), (2, vec!["block-3", "block-5"])] {
        let (time, cost) = (median(&times[place]), on_top(&times[place]));
        let maps = (BATCH * METHODS.len() * layers.len()) as f64 / time.as_secs_f64();
        println!(
            "Grad-CAM and Grad-CAM++ at {}: {time:.2?}, {maps:.0} maps/s, {cost:.2} forward passes \
             on top (goal: {GOAL})",
            layers.join(" and ")
        );
    }
}

fn timed(work: impl FnOnce()) -> Duration {
    let started = Instant::now();
    work();
    started.elapsed()
}

fn median(times: &[Duration]) -> Duration {
    let mut times = times.to_vec();
    times.sort();
    times[times.len() / 2]
}
