use burn::tensor::Device;

use super::normalise::by_the_backend;
use super::pass_tests::{ACTIVATIONS, assert_same_bits, assert_slopes, exact, numbers};
use super::tests::{assert_close, values};
use super::*;

/// Sums in another order, of thousands of numbers of both signs, and the difference of a gradient
/// and its mean.
const SUM_ORDER: f32 = 3e-5;
const EPSILON: f32 = 1e-5;

#[derive(Debug, Clone, Copy)]
struct Case {
    images: [usize; 4],
    activation: Activation,
    /// Whether the statistics are the batch's own.
    own: bool,
    joined: bool,
}

impl Case {
    /// Returns the layer, with tracked scale and shift.
    fn layer(self) -> Normalisation {
        let device = Device::flex().autodiff();
        let [_images, channels, _height, _width] = self.images;
        let row = |salt: f32| values([channels], salt, &device);
        Normalisation {
            scale: row(0.3).require_grad(),
            shift: row(0.4).require_grad(),
            statistics: (!self.own).then(|| [row(0.5).detach(), row(0.6).detach() + 1.5]),
            epsilon: EPSILON,
        }
    }
}

type Normalise =
    fn(Tensor<4>, Normalisation, Option<Tensor<4>>, Activation) -> (Tensor<4>, [Tensor<1>; 2]);

/// The results, and the gradients of images and what is added, then statistics, then the gradients
/// of scale and shift.
type Found = (Vec<Tensor<4>>, Vec<Tensor<1>>);

fn run(case: Case, normalise: Normalise) -> Found {
    let device = Device::flex().autodiff();
    let tracked = |shift: f32, scale: f32, salt: f32| {
        let found = values(case.images, salt, &Device::flex()) * scale + shift;
        Tensor::<4>::from_data(found.into_data(), &device).require_grad()
    };
    let (images, plus) = (tracked(2.0, 3.0, 0.1), tracked(0.0, 1.0, 0.2));
    let layer = case.layer();
    let (scale, shift) = (layer.scale.clone(), layer.shift.clone());
    let added = case.joined.then(|| plus.clone());
    let (results, statistics) = normalise(images.clone(), layer, added, case.activation);
    let score = results.clone() * values(case.images, 0.7, &device);
    let gradients = score.sum().backward();
    let mut wide = vec![results.without_autodiff()];
    wide.extend(images.grad(&gradients));
    wide.extend(plus.grad(&gradients));
    assert_eq!(wide.len(), 2 + usize::from(case.joined), "{case:?}");
    let mut narrow = statistics.map(Tensor::without_autodiff).to_vec();
    narrow.extend([&scale, &shift].map(|row| row.grad(&gradients).expect("a gradient")));
    (wide, narrow)
}

fn cases(images: [usize; 4]) -> impl Iterator<Item = Case> {
    ACTIVATIONS.into_iter().flat_map(move |activation| {
        [(true, true), (true, false), (false, true), (false, false)].map(|(own, joined)| Case {
            images,
            activation,
            own,
            joined,
        })
    })
}

#[test]
fn a_normalisation_is_as_by_the_backend() {
    for images in [
        // One channel, channels that fill no vector, and that fill one and a half.
        [3, 1, 5, 4],
        [2, 3, 7, 5],
        [4, 24, 3, 3],
        [2, 64, 6, 6],
        // Several parts, the last not whole.
        [3, 16, 70, 41],
    ] {
        for case in cases(images) {
            let (wide, narrow) = run(case, normalised);
            let expected = run(case, by_the_backend);
            for (found, expected) in wide.into_iter().zip(expected.0) {
                assert_close(found, expected, SUM_ORDER);
            }
            for (found, expected) in narrow.into_iter().zip(expected.1) {
                assert_close(found, expected, SUM_ORDER);
            }
        }
    }
}

/// Values far from zero: the sums of squares alone would lose all digits.
#[test]
fn a_variance_survives_a_large_mean() {
    let device = Device::flex();
    let images = values([4, 5, 30, 30], 0.1, &device);
    let layer = || Normalisation {
        scale: Tensor::ones([5], &device),
        shift: Tensor::zeros([5], &device),
        statistics: None,
        epsilon: EPSILON,
    };
    let variance = |images: Tensor<4>| normalised(images, layer(), None, Activation::Identity).1;
    let [_mean, expected] = variance(images.clone());
    let [mean, found] = variance(images + 1000.0);
    assert_close(mean, Tensor::full([5], 1000.0, &device), 1e-4);
    // Adding 1000 rounds each value by up to 3e-5.
    assert_close(found, expected, 1e-4);
}

/// A single value per channel has no variance, and its gradient is 0.
#[test]
fn a_single_value_becomes_the_shift() {
    let case = Case {
        images: [1, 7, 1, 1],
        activation: Activation::Identity,
        own: true,
        joined: false,
    };
    let (wide, narrow) = run(case, normalised);
    let shift = values([7], 0.4, &Device::flex());
    assert_eq!(numbers(wide[0].clone()), numbers(shift));
    assert_eq!(numbers(narrow[1].clone()), [0.0; 7]);
    // The gradient is a difference of two equal numbers, rounded, and divided by sqrt(epsilon).
    let gradient = numbers(wide[1].clone());
    assert!(gradient.iter().all(|g| g.abs() < 1e-4), "{gradient:?}");
}

/// The score of a case by the definition, in double precision, from images, scale, shift and what is
/// added, one after another.
fn score(case: Case, all: &[f64], weights: &[f32]) -> f64 {
    let [images, channels, height, width] = case.images;
    let (cells, epsilon) = (height * width, f64::from(EPSILON));
    let length = images * channels * cells;
    let (x, rest) = all.split_at(length);
    let (scale, rest) = rest.split_at(channels);
    let (shift, plus) = rest.split_at(channels);
    let given = [0.5, 0.6].map(|salt| numbers(values([channels], salt, &Device::flex())));
    let mut score = 0.0;
    for channel in 0..channels {
        let places = (0..images).flat_map(|image| {
            (0..cells).map(move |cell| (image * channels + channel) * cells + cell)
        });
        let count = (images * cells) as f64;
        let (mean, variance) = match case.own {
            true => {
                let mean = places.clone().map(|at| x[at]).sum::<f64>() / count;
                let deviations = places.clone().map(|at| (x[at] - mean).powi(2));
                (mean, deviations.sum::<f64>() / count)
            }
            false => (
                f64::from(given[0][channel]),
                f64::from(given[1][channel]) + 1.5,
            ),
        };
        for at in places {
            let mut value = (x[at] - mean) / (variance + epsilon).sqrt();
            value = value * scale[channel] + shift[channel];
            value += if case.joined { plus[at] } else { 0.0 };
            score += exact(case.activation, value) * f64::from(weights[at]);
        }
    }
    score
}

#[test]
fn gradients_of_a_normalisation_meet_finite_differences() {
    for images in [[2, 3, 3, 2], [1, 18, 2, 3]] {
        for case in cases(images) {
            let [_images, channels, _height, _width] = images;
            let device = Device::flex();
            let mut all = numbers(values(images, 0.1, &device) * 3.0 + 2.0);
            all.extend(
                [0.3, 0.4]
                    .map(|salt| numbers(values([channels], salt, &device)))
                    .concat(),
            );
            all.extend(numbers(values(images, 0.2, &device)));
            let weights = numbers(values(images, 0.7, &device));
            let (wide, narrow) = run(case, normalised);
            let mut found = numbers(wide[1].clone());
            found.extend([2, 3].map(|index| numbers(narrow[index].clone())).concat());
            if case.joined {
                found.extend(numbers(wide[2].clone()));
            } else {
                all.truncate(found.len());
            }
            assert_slopes(&found, 0, &all, |all| score(case, all, &weights));
        }
    }
}

/// Sums over thousands of pixels, of both signs.
#[test]
fn gradients_of_a_scale_over_many_pixels_meet_finite_differences() {
    let case = Case {
        images: [3, 16, 70, 41],
        activation: Activation::Silu,
        own: true,
        joined: false,
    };
    let device = Device::flex();
    let mut all = numbers(values(case.images, 0.1, &device) * 3.0 + 2.0);
    let length = all.len();
    all.extend(
        [0.3, 0.4]
            .map(|salt| numbers(values([16], salt, &device)))
            .concat(),
    );
    let weights = numbers(values(case.images, 0.7, &device));
    let (_wide, narrow) = run(case, normalised);
    let found = [2, 3].map(|index| numbers(narrow[index].clone())).concat();
    assert_slopes(&found, length, &all, |all| score(case, all, &weights));
}

#[test]
fn neither_cores_nor_instructions_change_a_bit_of_a_normalisation() {
    // Channels that fill no vector, one and a half, and whole ones in several parts.
    for images in [[2, 3, 7, 5], [5, 24, 40, 40], [3, 64, 31, 41]] {
        for case in cases(images) {
            assert_same_bits(|| {
                let (wide, narrow) = run(case, normalised);
                let wide = wide.into_iter().map(numbers);
                wide.chain(narrow.into_iter().map(numbers)).collect()
            });
        }
    }
}

/// The results and the gradients of images, scale and shift, then the statistics.
fn run_pooled(
    case: Case,
    pooled: fn(Tensor<4>, Normalisation, Activation) -> (Tensor<4>, [Tensor<1>; 2]),
) -> (Vec<Tensor<4>>, Vec<Tensor<1>>) {
    let device = Device::flex().autodiff();
    let images = values(case.images, 0.1, &Device::flex()) * 3.0 + 2.0;
    let images = Tensor::<4>::from_data(images.into_data(), &device).require_grad();
    let layer = case.layer();
    let (scale, shift) = (layer.scale.clone(), layer.shift.clone());
    let (results, statistics) = pooled(images.clone(), layer, case.activation);
    let score = results.clone() * values(results.dims(), 0.7, &device);
    let gradients = score.sum().backward();
    let slope = images.grad(&gradients).expect("a gradient");
    let mut narrow = statistics.map(Tensor::without_autodiff).to_vec();
    narrow.extend([&scale, &shift].map(|row| row.grad(&gradients).expect("a gradient")));
    (vec![results.without_autodiff(), slope], narrow)
}

fn one_after_the_other(
    images: Tensor<4>,
    layer: Normalisation,
    activation: Activation,
) -> (Tensor<4>, [Tensor<1>; 2]) {
    let (results, statistics) = normalised(images, layer, None, activation);
    (max_pooled(results, Window::tiles(2)), statistics)
}

/// Even and odd sizes, channels that fill vectors and that do not, several parts.
#[test]
fn a_pool_in_the_same_pass_is_as_after_it() {
    for images in [
        [3, 1, 6, 4],
        [2, 3, 7, 5],
        [4, 24, 2, 3],
        [1, 16, 1, 4],
        [3, 16, 70, 41],
    ] {
        for case in cases(images).filter(|case| !case.joined) {
            let (wide, narrow) = run_pooled(case, pooled_normalised);
            let expected = run_pooled(case, one_after_the_other);
            // The results have the same bits; sums run in another order.
            assert_eq!(wide[0].to_data(), expected.0[0].to_data(), "{case:?}");
            assert_close(wide[1].clone(), expected.0[1].clone(), SUM_ORDER);
            for (found, expected) in narrow.into_iter().zip(expected.1) {
                assert_close(found, expected, SUM_ORDER);
            }
        }
    }
}

#[test]
fn the_instructions_change_no_bit_of_a_pooled_normalisation() {
    for case in cases([2, 24, 9, 6]).filter(|case| !case.joined) {
        assert_same_bits(|| {
            let (wide, narrow) = run_pooled(case, pooled_normalised);
            let wide = wide.into_iter().map(numbers);
            wide.chain(narrow.into_iter().map(numbers)).collect()
        });
    }
}
