//! Times one convolution: the forward pass, the gradient of its input and the gradient of its taps.
//!
//! `cargo bench --profile dev --bench convolution -- IMAGES INPUTS SIZE OUTPUTS SIDE STRIDE [REPEATS]`
//! prints the medians in milliseconds and in GFLOP/s of the convolution as written.

#![expect(clippy::print_stdout, reason = "a benchmark reports")]

use std::time::Instant;

use burn::tensor::{Device, Distribution, Tensor};
use camtrail::kernels::{After, Form, convolution};

fn main() {
    let numbers: Vec<usize> = std::env::args()
        .skip(1)
        .filter_map(|word| word.parse().ok())
        .collect();
    let &[images, inputs, size, outputs, side, stride, ..] = numbers.as_slice() else {
        return;
    };
    let repeats = numbers.get(6).copied().unwrap_or(15);
    let form = Form {
        stride,
        padding: [(side / 2, side / 2); 2],
    };
    let spread = Distribution::Normal(0.0, 1.0);
    let plain = Device::flex();
    let pixels =
        Tensor::<4>::random([images, size, size, inputs], spread, &plain).permute([0, 3, 1, 2]);
    let taps = Tensor::<4>::random([outputs, inputs, side, side], spread, &plain);
    let run =
        |images: Tensor<4>, taps: Tensor<4>| convolution(images, taps, None, form, After::NOTHING);
    let [_, _, height, width] = run(pixels.clone(), taps.clone()).dims();
    let operations = 2 * images * height * width * outputs * inputs * side * side;
    let forward = median(repeats, || {
        let started = Instant::now();
        let _ = run(pixels.clone(), taps.clone());
        started.elapsed().as_secs_f64()
    });
    let gradient = |of_images: bool| {
        median(repeats, || {
            let tracked = |tensor: &Tensor<4>, wanted: bool| {
                let tensor = tensor.clone().autodiff();
                if wanted {
                    tensor.require_grad()
                } else {
                    tensor
                }
            };
            let results = run(tracked(&pixels, of_images), tracked(&taps, !of_images));
            let score = results.sum();
            let started = Instant::now();
            let _ = score.backward();
            started.elapsed().as_secs_f64()
        })
    };
    for (name, seconds) in [
        ("forward", forward),
        ("images", gradient(true)),
        ("taps", gradient(false)),
    ] {
        println!(
            "{name:8} {:8.3} ms {:7.1} GFLOP/s",
            seconds * 1e3,
            operations as f64 / seconds / 1e9
        );
    }
}

fn median(repeats: usize, mut work: impl FnMut() -> f64) -> f64 {
    for _ in 0..2 {
        work();
    }
    let mut seconds: Vec<f64> = (0..repeats).map(|_| work()).collect();
    seconds.sort_by(f64::total_cmp);
    seconds[repeats / 2]
}
