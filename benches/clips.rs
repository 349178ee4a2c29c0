//! How much of a training step the making of clips takes: drawing a batch and making a tensor of it,
//! against the whole step of the ConvLSTM as `experiments/convlstm.toml` has it.
//!
//! `cargo bench --profile dev --bench clips` (the development build is optimised, so nothing is
//! compiled twice). Prints medians of interleaved repeats, their ratio, and how long a step must last
//! for the clips not to matter. The digits are the drawn ones, which need no file; a clip of MNIST's
//! costs the same.

#![expect(clippy::print_stdout, reason = "a benchmark reports")]

use std::path::Path;
use std::time::{Duration, Instant};

use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::Device;
use camtrail::data::clips::CANVAS_SIDE;
use camtrail::data::{DataSearch, load_clips};
use camtrail::experiment::{self, ForecastExperiment, Resolved};
use camtrail::model::tap::Tap;
use camtrail::model::{ConvLstm, Predictor, clip_tensor};
use camtrail::train::frame_loss;

const REPEATS: usize = 9;
/// Repeats before those that count.
const WARM_UP: usize = 2;
/// Share of a step beyond which the clips should be made beside it.
const MOST_SHARE: f64 = 0.02;

fn main() {
    // `cargo test --benches` only asks whether it runs.
    let (repeats, change) = if std::env::args().any(|argument| argument == "--bench") {
        (REPEATS, "clips.seed=11")
    } else {
        (1, "train.batch_size=2")
    };
    let changes =
        ["clips.dataset=digits", change].map(|change| change.parse().expect("a key and its value"));
    let resolved: Resolved<ForecastExperiment> =
        experiment::load(Path::new(""), "convlstm", None, &changes).expect("it is shipped");
    let spec = resolved.experiment;
    let clips = load_clips(&spec.clips, &DataSearch::default())
        .expect("drawn digits need no file")
        .train;
    let device = Device::flex().autodiff();
    let mut network = ConvLstm::new(&spec.forecast, CANVAS_SIDE, 0, &device);
    let mut optimizer = AdamConfig::new().with_epsilon(1e-8).init();
    let batch = spec.train.batch_size;
    let (mut making, mut stepping) = (Vec::new(), Vec::new());
    for repeat in 0..WARM_UP + repeats {
        let started = Instant::now();
        let first = (repeat * batch) as u64;
        let numbers: Vec<u64> = (first..first + batch as u64).collect();
        let frames = clip_tensor(&clips, &numbers, &device);
        let made = started.elapsed();
        let [_, time, ..] = frames.dims();
        let wanted = frames.clone().narrow(1, 1, time - 1);
        let logits = network.forward(frames.narrow(1, 0, time - 1), &mut Tap::off());
        let loss = frame_loss(spec.objective.loss, logits, wanted);
        let gradients = GradientsParams::from_grads(loss.backward(), &network);
        network = optimizer.step(spec.train.learning_rate, network, gradients);
        let _ = loss.into_scalar::<f32>();
        if repeat >= WARM_UP {
            making.push(made);
            stepping.push(started.elapsed());
        }
    }
    let (making, stepping) = (median(making), median(stepping));
    let share = making.as_secs_f64() / stepping.as_secs_f64();
    println!("clips {making:.2?}, whole step {stepping:.2?}, batch {batch}, n = {repeats}");
    println!("share of making clips in a step: {:.3} %", 100.0 * share);
    println!(
        "{} % of a step of {:.2?}",
        100.0 * MOST_SHARE,
        making.div_f64(MOST_SHARE)
    );
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}
