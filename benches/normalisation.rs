//! Times a batch normalisation with ReLU in training, our own and the backend's, against a copy of
//! as many bytes as ours must read and write.
//!
//! `cargo bench --profile dev --bench normalisation -- IMAGES CHANNELS SIZE [REPEATS]`
//! prints medians of interleaved repeats in milliseconds, without the score and its gradient.

#![expect(clippy::print_stdout, reason = "a benchmark reports")]

use std::time::Instant;

use burn::tensor::activation::relu;
use burn::tensor::module::batch_norm_train;
use burn::tensor::{Device, Distribution, Tensor};
use camtrail::kernels::{Activation, Normalisation, normalised};
use rayon::prelude::*;

/// As in the program.
#[global_allocator]
static ALLOCATOR: camtrail::cli::Allocator = camtrail::cli::Allocator;

const EPSILON: f32 = 1e-5;
/// Tensors of the size of the images that are read or written, forward and backward: images for the
/// statistics; images and results; gradient and images for the sums; both and the result.
const PASSES: [usize; 2] = [3, 5];
const REPEATS: usize = 15;

fn main() {
    camtrail::cli::Allocator::keep_memory();
    let words = std::env::args().skip(1);
    let numbers: Vec<usize> = words.filter_map(|word| word.parse().ok()).collect();
    let &[images, channels, size, ..] = numbers.as_slice() else {
        return;
    };
    let repeats = numbers.get(3).copied().unwrap_or(REPEATS);
    let device = Device::flex().autodiff();
    let spread = Distribution::Normal(0.0, 1.0);
    let tensor = || {
        let tensor = Tensor::<4>::random([images, size, size, channels], spread, &device);
        tensor.permute([0, 3, 1, 2])
    };
    let (pixels, weights) = (tensor().require_grad(), tensor());
    let scale = Tensor::<1>::ones([channels], &device).require_grad();
    let shift = Tensor::<1>::zeros([channels], &device).require_grad();
    let ours = |pixels: Tensor<4>| {
        let layer = Normalisation {
            scale: scale.clone(),
            shift: shift.clone(),
            statistics: None,
            epsilon: EPSILON,
        };
        normalised(pixels, layer, None, Activation::Relu).0
    };
    let backend = |pixels: Tensor<4>| {
        let epsilon = f64::from(EPSILON);
        relu(batch_norm_train(pixels, scale.clone(), shift.clone(), epsilon).output)
    };
    let nothing = |pixels: Tensor<4>| pixels;
    let length = images * channels * size * size;
    let (from, mut into) = (vec![1.0f32; length], vec![0.0f32; length]);

    let mut times = [0; 6].map(|_| Vec::new());
    for _ in 0..=repeats {
        let [forward, both] = timed(&ours, &pixels, &weights);
        let [forward_backend, both_backend] = timed(&backend, &pixels, &weights);
        let [_, score] = timed(&nothing, &pixels, &weights);
        let started = Instant::now();
        let parts = into.par_chunks_mut(1 << 14).zip(from.par_chunks(1 << 14));
        parts.for_each(|(into, from)| into.copy_from_slice(from));
        let copy = started.elapsed().as_secs_f64() / 2.0;
        let [back, back_backend] = [both - forward, both_backend - forward_backend];
        let [back, back_backend] = [back - score, back_backend - score];
        let found = [forward, back, forward_backend, back_backend, score, copy];
        for (times, found) in times.iter_mut().zip(found) {
            times.push(found);
        }
    }
    // The first repeat warms up.
    let median = |times: &Vec<f64>| {
        let mut times = times[1..].to_vec();
        times.sort_by(f64::total_cmp);
        times[times.len() / 2] * 1e3
    };
    let copy = median(&times[5]);
    for (direction, passes) in PASSES.into_iter().enumerate() {
        let [ours, backend] = [&times[direction], &times[direction + 2]].map(median);
        let share = copy * passes as f64 / ours;
        println!(
            "{}: {ours:.3} ms, the backend {backend:.3} ms, {:.1} times faster, {share:.2} of a copy's speed",
            ["forward", "backward"][direction],
            backend / ours,
        );
    }
}

/// Returns the seconds of the forward pass, and of both with a score.
fn timed(
    operation: &impl Fn(Tensor<4>) -> Tensor<4>,
    pixels: &Tensor<4>,
    weights: &Tensor<4>,
) -> [f64; 2] {
    let started = Instant::now();
    let results = operation(pixels.clone());
    let forward = started.elapsed().as_secs_f64();
    let _ = (results * weights.clone()).sum().backward();
    [forward, started.elapsed().as_secs_f64()]
}
