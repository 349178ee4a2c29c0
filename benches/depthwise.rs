//! Times depthwise convolutions: forward, and forward with all gradients.
//!
//! `cargo bench --profile dev --bench depthwise` prints the least of some times and the bandwidth
//! of the forward pass: images read once, results written once. `benches/reference/depthwise.py` does
//! the same in PyTorch.

#![expect(clippy::print_stdout, reason = "a benchmark reports")]

use std::time::Instant;

use burn::tensor::{Device, Distribution, Tensor};
use camtrail::kernels::{Activation, Form, depthwise};

/// As in the program.
#[global_allocator]
static ALLOCATOR: camtrail::cli::Allocator = camtrail::cli::Allocator;

const REPEATS: usize = 25;
const WARM_UP: usize = 4;
const BYTES: usize = size_of::<f32>();

/// Images, channels, height and width, side of the taps, stride.
const CASES: [[usize; 5]; 7] = [
    [16, 144, 56, 3, 1],
    [16, 144, 56, 3, 2],
    [16, 240, 28, 5, 1],
    [16, 96, 112, 3, 2],
    [64, 144, 16, 3, 1],
    [64, 144, 32, 3, 1],
    [64, 192, 16, 3, 2],
];

fn main() {
    camtrail::cli::Allocator::keep_memory();
    // `cargo test --benches` only asks whether it runs.
    let asked = std::env::args().any(|argument| argument == "--bench");
    for case in CASES {
        measure(case, if asked { REPEATS } else { 1 });
    }
}

fn measure([images, channels, height, side, stride]: [usize; 5], repeats: usize) {
    let form = Form {
        stride,
        ..Form::same(side)
    };
    let shape = [images, height, height, channels];
    let spread = Distribution::Normal(0.0, 1.0);
    let channels_last =
        |shape, device: &Device| Tensor::<4>::random(shape, spread, device).permute([0, 3, 1, 2]);
    let device = Device::flex();
    let input = channels_last(shape, &device);
    let taps = Tensor::<4>::random([channels, 1, side, side], spread, &device);
    let bias = Tensor::<1>::random([channels], spread, &device);
    let results = depthwise(
        input.clone(),
        taps.clone(),
        Some(bias.clone()),
        form,
        Activation::Identity,
    );
    let bytes = BYTES * (input.shape().num_elements() + results.shape().num_elements());
    drop(results);
    let forward = least(repeats, || {
        let results = depthwise(
            input.clone(),
            taps.clone(),
            Some(bias.clone()),
            form,
            Activation::Identity,
        );
        assert!(results.dims()[1] == channels);
    });
    let tracked = [input.clone(), taps.clone()].map(|tensor| tensor.autodiff().require_grad());
    let tracked_bias = bias.clone().autodiff().require_grad();
    let both = least(repeats, || {
        let [input, taps] = tracked.clone();
        let results = depthwise(
            input.clone(),
            taps,
            Some(tracked_bias.clone()),
            form,
            Activation::Identity,
        );
        let gradients = results.permute([0, 2, 3, 1]).backward();
        assert!(input.grad(&gradients).is_some());
    });
    println!(
        "[{images}, {channels}, {height}, {height}], {side} x {side}, stride {stride}: forward {:.2} \
         ms, {:.1} GB/s; with gradients {:.2} ms",
        forward * 1e3,
        bytes as f64 / forward / 1e9,
        both * 1e3
    );
}

fn least(repeats: usize, mut work: impl FnMut()) -> f64 {
    let mut times = Vec::new();
    for repeat in 0..WARM_UP + repeats {
        let started = Instant::now();
        work();
        if repeat >= WARM_UP {
            times.push(started.elapsed().as_secs_f64());
        }
    }
    times.sort_by(f64::total_cmp);
    times[0]
}
