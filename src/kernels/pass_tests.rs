use burn::tensor::{Device, TensorData};

use super::level::tests::with_each;
use super::tests::{assert_close, values};
use super::*;

/// Rounding of float32 sums in another order, and of another exponential, as a share of the largest
/// value.
pub(super) const SUM_ORDER: f32 = 2e-6;
/// The same for sums of thousands of numbers of both signs, which cancel to a thirtieth.
const CANCELLED: f32 = 30.0 * SUM_ORDER;
/// Step of a finite difference in double precision.
const STEP: f64 = 1e-6;
/// Rounding of a gradient in float32, as a share of the largest, and what a step of 1e-6 leaves.
const SLOPE: f64 = 2e-5;

pub(super) const ACTIVATIONS: [Activation; 6] = [
    Activation::Identity,
    Activation::Relu,
    Activation::Relu6,
    Activation::LeakyRelu,
    Activation::Silu,
    Activation::Gelu,
];

pub(super) fn numbers<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().iter::<f32>().collect()
}

/// Asserts that `found` are the slopes of `score` at `at` from place `first` on, by central
/// differences in double precision.
#[track_caller]
pub(super) fn assert_slopes(
    found: &[f32],
    first: usize,
    at: &[f32],
    score: impl Fn(&[f64]) -> f64,
) {
    let mut values: Vec<f64> = at.iter().map(|value| f64::from(*value)).collect();
    let largest = found.iter().fold(0.0f32, |a, b| a.max(b.abs()));
    for (place, found) in (first..).zip(found) {
        let middle = values[place];
        let mut moved = |by: f64| {
            values[place] = middle + by;
            score(&values)
        };
        let expected = (moved(STEP) - moved(-STEP)) / (2.0 * STEP);
        values[place] = middle;
        let difference = (f64::from(*found) - expected).abs();
        assert!(
            difference <= SLOPE * f64::from(largest),
            "{place}: {found} {expected} of {largest}"
        );
    }
}

/// Asserts that neither the number of threads nor the instructions change a bit of what `run` returns.
#[track_caller]
pub(super) fn assert_same_bits(run: impl Fn() -> Vec<Vec<f32>> + Send + Sync) {
    let bits = || -> Vec<Vec<u32>> {
        let found = run().into_iter();
        found
            .map(|values| values.into_iter().map(f32::to_bits).collect())
            .collect()
    };
    let on_cores = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.expect("a pool").install(bits)
    };
    let expected = on_cores(1);
    assert!(on_cores(3) == expected, "the number of threads");
    for (index, found) in with_each(bits).into_iter().enumerate() {
        assert!(found == expected, "instructions {index}");
    }
}

/// Returns values from -8 to 8, of which none and no sum of two is at a bound of an activation.
fn spread(shape: [usize; 4], index: usize) -> Tensor<4> {
    values(shape, 0.1 + 0.1 * index as f32, &Device::flex()) * 8.0 + 0.003
}

/// Returns the results and the gradients of one operand or two.
fn run<const N: usize, const D: usize>(
    shapes: [[usize; 4]; N],
    operation: impl Fn([Tensor<4>; N]) -> Tensor<D>,
) -> Vec<Vec<f32>> {
    let device = Device::flex().autodiff();
    let mut index = 0;
    let operands = shapes.map(|shape| {
        index += 1;
        let found = spread(shape, index - 1);
        Tensor::<4>::from_data(found.into_data(), &device).require_grad()
    });
    let results = operation(operands.clone());
    let weights = values(results.dims(), 0.7, &device);
    let gradients = (results.clone() * weights).sum().backward();
    let mut found = vec![numbers(results)];
    found.extend(operands.map(|tensor| numbers(tensor.grad(&gradients).expect("a gradient"))));
    found
}

#[track_caller]
pub(super) fn check<const N: usize, const D: usize>(
    shapes: [[usize; 4]; N],
    tolerance: f32,
    ours: impl Fn([Tensor<4>; N]) -> Tensor<D> + Send + Sync,
    backend: impl Fn([Tensor<4>; N]) -> Tensor<D>,
) {
    let found = run(shapes, &ours);
    for (found, expected) in found.iter().zip(run(shapes, backend)) {
        let tensors = [found, &expected].map(|values| {
            let data = TensorData::new(values.clone(), [values.len()]);
            Tensor::<1>::from_data(data, &Device::flex())
        });
        let [found, expected] = tensors;
        assert_close(found, expected, tolerance);
    }
    assert_same_bits(|| run(shapes, &ours));
    // Without a tape an operand may be overwritten, but none that another tensor holds.
    let operands = shapes.map(|shape| spread(shape, 0));
    let before = operands.clone().map(numbers);
    let kept = ours(operands.clone());
    assert_eq!(operands.clone().map(numbers), before);
    assert_eq!(numbers(kept), numbers(ours(operands)));
}

pub(super) const SHAPES: [[usize; 4]; 6] = [
    [2, 3, 7, 5],
    [1, 1, 4, 9],
    [3, 16, 6, 6],
    [2, 24, 9, 8],
    [4, 64, 2, 2],
    [2, 40, 48, 45],
];

#[test]
fn activations_and_sums_are_as_by_the_backend() {
    for shape in SHAPES {
        for activation in ACTIVATIONS {
            check(
                [shape],
                SUM_ORDER,
                |[values]| activated(values, activation),
                |[values]| activation.by_the_backend(values),
            );
            check(
                [shape; 2],
                SUM_ORDER,
                |[one, other]| joined(one, other, activation),
                |[one, other]| activation.by_the_backend(one + other),
            );
        }
    }
}

#[test]
fn a_fork_is_as_by_the_backend() {
    let both = |[one, other]: [Tensor<4>; 2]| one.clone() * other + one;
    for shape in SHAPES {
        check(
            [shape],
            SUM_ORDER,
            |[values]| both(forked(activated(values, Activation::Silu))),
            |[values]| {
                let values = Activation::Silu.by_the_backend(values);
                both([values.clone(), values])
            },
        );
    }
}

#[test]
fn the_gate_is_as_by_the_backend() {
    for shape in SHAPES {
        let [images, channels, _height, _width] = shape;
        check(
            [shape, [images, channels, 1, 1]],
            SUM_ORDER,
            |[values, scale]| gated(values, scale),
            |[values, scale]| gate::by_the_backend(values, scale),
        );
    }
}

#[test]
fn the_average_is_as_by_the_backend() {
    for shape in SHAPES {
        check(
            [shape],
            CANCELLED,
            |[values]| averaged(values),
            |[values]| pool::averaged_by_the_backend(values),
        );
    }
}

const WINDOWS: [Window; 5] = [
    // VGG-16, ResNet, SqueezeNet, and others.
    Window {
        side: 2,
        stride: 2,
        padding: 0,
        partial: false,
    },
    Window {
        side: 3,
        stride: 2,
        padding: 1,
        partial: false,
    },
    Window {
        side: 3,
        stride: 2,
        padding: 0,
        partial: true,
    },
    Window {
        side: 3,
        stride: 1,
        padding: 1,
        partial: false,
    },
    Window {
        side: 2,
        stride: 3,
        padding: 1,
        partial: true,
    },
];

#[test]
fn a_max_pool_is_as_by_the_backend() {
    for shape in SHAPES {
        for window in WINDOWS {
            let [_images, _channels, height, width] = shape;
            if height.min(width) < window.side {
                continue;
            }
            check(
                [shape],
                SUM_ORDER,
                |[values]| max_pooled(values, window),
                |[values]| pool::max_pooled_by_the_backend(values, window),
            );
        }
    }
}

/// The first of equals gets the gradient, and NaN is found wherever it is.
#[test]
fn equals_and_nan_in_a_window() {
    let device = Device::flex().autodiff();
    let images = Tensor::<4>::ones([1, 1, 4, 4], &device).require_grad();
    let results = max_pooled(images.clone(), Window::tiles(2));
    let gradients = results.sum().backward();
    let row = |left: f32| [left, 0.0, left, 0.0];
    let expected = [row(1.0), row(0.0), row(1.0), row(0.0)].concat();
    assert_eq!(
        numbers(images.grad(&gradients).expect("a gradient")),
        expected
    );
    for place in 0..4 {
        let mut values = [1.0; 4];
        values[place] = f32::NAN;
        let images = TensorData::new(values.to_vec(), [1, 1, 2, 2]);
        let images = Tensor::<4>::from_data(images, &Device::flex());
        assert!(numbers(max_pooled(images, Window::tiles(2)))[0].is_nan());
    }
}

#[test]
fn what_is_no_number_passes_through() {
    let device = Device::flex();
    let nan = || Tensor::<4>::full([1, 17, 2, 2], f32::NAN, &device);
    let zeros = || Tensor::<4>::zeros([1, 17, 2, 2], &device);
    let all = |tensor: Tensor<4>| numbers(tensor).iter().all(|value| value.is_nan());
    for activation in ACTIVATIONS {
        assert!(all(activated(nan(), activation)), "{activation:?}");
        assert!(all(joined(zeros(), nan(), activation)), "{activation:?}");
    }
    let gate = Tensor::zeros([1, 17, 1, 1], &device);
    assert!(all(gated(nan(), gate.clone())));
    assert!(all(gated(zeros(), gate + f32::NAN)));
}

/// Checks the gradients against the score by the definition in double precision, from all operands
/// one after another.
#[track_caller]
pub(super) fn check_slopes<const N: usize, const D: usize>(
    shapes: [[usize; 4]; N],
    operation: impl Fn([Tensor<4>; N]) -> Tensor<D>,
    definition: impl Fn(&[f64]) -> Vec<f64>,
) {
    let found = run(shapes, operation);
    let mut at = Vec::new();
    for (index, shape) in shapes.into_iter().enumerate() {
        at.extend(numbers(spread(shape, index)));
    }
    let weights = numbers(values([found[0].len()], 0.7, &Device::flex()));
    assert_slopes(&found[1..].concat(), 0, &at, |at| {
        let results = definition(at).into_iter();
        results.zip(&weights).map(|(r, w)| r * f64::from(*w)).sum()
    });
}

/// Returns an activation in double precision.
pub(super) fn exact(activation: Activation, x: f64) -> f64 {
    match activation {
        Activation::Identity => x,
        Activation::Relu => x.max(0.0),
        Activation::Relu6 => x.clamp(0.0, 6.0),
        Activation::LeakyRelu => x.max(0.01 * x),
        Activation::Silu => x / (1.0 + (-x).exp()),
        Activation::Gelu => x * normal_share(x),
    }
}

/// Returns the normal distribution function by its series, and far from 0 by its expansion for large
/// numbers, to 1e-12.
fn normal_share(x: f64) -> f64 {
    let density = (-0.5 * x * x).exp() / (2.0 * std::f64::consts::PI).sqrt();
    if x.abs() > 6.0 {
        let beyond = density / x.abs() * (1.0 - x.powi(-2) + 3.0 * x.powi(-4));
        return if x < 0.0 { beyond } else { 1.0 - beyond };
    }
    let (mut term, mut sum) = (x, x);
    for n in 1..100 {
        term *= x * x / f64::from(2 * n + 1);
        sum += term;
    }
    0.5 + density * sum
}

pub(super) fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

#[test]
fn gradients_of_activations_and_gates_meet_finite_differences() {
    let shape = [2, 5, 3, 2];
    for activation in ACTIVATIONS {
        let value = |x: f64| exact(activation, x);
        check_slopes(
            [shape],
            |[values]| activated(values, activation),
            |at| at.iter().map(|x| value(*x)).collect(),
        );
        check_slopes(
            [shape; 2],
            |[one, other]| joined(one, other, activation),
            |at| {
                let (one, other) = at.split_at(at.len() / 2);
                one.iter().zip(other).map(|(a, b)| value(a + b)).collect()
            },
        );
    }
    let cells = 6;
    check_slopes(
        [shape, [2, 5, 1, 1]],
        |[values, scale]| gated(values, scale),
        |at| {
            let (values, scale) = at.split_at(10 * cells);
            let gate = |index: usize| 1.0 / (1.0 + (-scale[index / cells]).exp());
            values
                .iter()
                .enumerate()
                .map(|(at, x)| x * gate(at))
                .collect()
        },
    );
}

#[test]
fn gradients_of_pools_meet_finite_differences() {
    let [images, channels, height, width] = [2, 3, 5, 6];
    let planes = images * channels;
    check_slopes(
        [[images, channels, height, width]],
        |[values]| averaged(values),
        |at| {
            let cells = height * width;
            at.chunks(cells)
                .map(|plane| plane.iter().sum::<f64>() / cells as f64)
                .collect()
        },
    );
    for window in WINDOWS {
        let [rows, columns] = [height, width].map(|size| window.count(size));
        let largest = |plane: &[f64], row: usize, column: usize| {
            let mut largest = f64::NEG_INFINITY;
            for y in row * window.stride..row * window.stride + window.side {
                for x in column * window.stride..column * window.stride + window.side {
                    let inside = y >= window.padding && x >= window.padding;
                    if inside && y - window.padding < height && x - window.padding < width {
                        let place = (y - window.padding) * width + x - window.padding;
                        largest = largest.max(plane[place]);
                    }
                }
            }
            largest
        };
        check_slopes(
            [[images, channels, height, width]],
            |[values]| max_pooled(values, window),
            |at| {
                let mut results = Vec::new();
                for plane in at.chunks(at.len() / planes) {
                    for row in 0..rows {
                        results.extend((0..columns).map(|column| largest(plane, row, column)));
                    }
                }
                results
            },
        );
    }
}
