//! Tests of the depthwise convolution.

use burn::tensor::Device;

use super::super::pass_tests::{ACTIVATIONS, assert_same_bits, numbers};
use super::super::tests::{SUM_ORDER, assert_close, at, changed, values};
use super::*;

/// Rounding of the exponential in SiLU and its gradient, added to that of the sums.
const EXPONENTIAL: f32 = 5e-6;
/// Error of a central difference of a linear function of a few thousand terms, absolute.
const DIFFERENCE: f32 = 1e-3;
#[derive(Debug, Clone, Copy)]
struct Case {
    images: [usize; 4],
    side: usize,
    form: Form,
    activation: Activation,
}

type Operation = fn(Tensor<4>, Tensor<4>, Option<Tensor<1>>, Form, Activation) -> Tensor<4>;

fn case(images: [usize; 4], side: usize, stride: usize) -> Case {
    Case {
        images,
        side,
        form: Form {
            stride,
            ..Form::same(side)
        },
        activation: Activation::Identity,
    }
}

impl Case {
    fn images(&self, device: &Device) -> Tensor<4> {
        values(self.images, 0.1, device)
    }

    fn taps(&self, device: &Device) -> Tensor<4> {
        let [_images, channels, ..] = self.images;
        values([channels, 1, self.side, self.side], 0.2, device)
    }

    /// The values are multiples of 1/256, so sums of products can be exactly zero, where the gradient
    /// of the backend's ReLU6 is 1 and ours, like PyTorch's, is 0. This bias prevents that.
    fn bias(&self, device: &Device) -> Tensor<1> {
        values([self.images[1]], 0.3, device) * 0.371 + 0.0123
    }

    /// Returns the results, and the gradients of images, taps and bias.
    fn run(&self, operation: Operation) -> (Tensor<4>, [Tensor<4>; 2], Tensor<1>) {
        let device = Device::flex().autodiff();
        let images = self.images(&device).require_grad();
        let taps = self.taps(&device).require_grad();
        let bias = self
            .bias(&device)
            .without_autodiff()
            .autodiff()
            .require_grad();
        let results = operation(
            images.clone(),
            taps.clone(),
            Some(bias.clone()),
            self.form,
            self.activation,
        );
        let score = results.clone() * values(results.dims(), 0.4, &device);
        let gradients = score.sum().backward();
        let of = |tensor: &Tensor<4>| tensor.grad(&gradients).expect("a gradient");
        let bias = bias.grad(&gradients).expect("a gradient");
        (results.without_autodiff(), [of(&images), of(&taps)], bias)
    }
}

/// Sides of all kinds, both strides, padding on all sides and on some, images smaller than the taps,
/// one row, channels that the backend computes.
fn cases() -> Vec<Case> {
    let mut cases = vec![
        case([2, 16, 7, 5], 3, 1),
        case([1, 48, 14, 14], 3, 1),
        case([2, 32, 12, 11], 3, 2),
        case([3, 16, 13, 14], 5, 1),
        case([2, 32, 11, 16], 5, 2),
        case([1, 16, 2, 2], 5, 1),
        case([2, 16, 1, 9], 3, 2),
        case([1, 16, 1, 1], 3, 1),
        case([1, 16, 9, 8], 7, 1),
        case([1, 16, 9, 8], 1, 3),
        case([1, 24, 8, 8], 3, 1),
        // Several blocks along a row.
        case([1, 256, 5, 23], 3, 1),
        case([2, 256, 6, 23], 3, 2),
        case([1, 256, 6, 21], 5, 1),
        case([1, 256, 7, 30], 5, 2),
        // More rows of results than a part of the taps' gradient has.
        case([2, 16, 40, 41], 3, 1),
        case([3, 16, 40, 70], 5, 2),
    ];
    for (side, stride, padding) in [
        (3, 2, [(0, 1), (0, 1)]),
        (5, 2, [(1, 2), (2, 1)]),
        (5, 1, [(0, 0), (4, 0)]),
        (3, 1, [(2, 0), (0, 2)]),
    ] {
        for channels in [16, 512] {
            let mut case = case([2, channels, 12, 15], side, stride);
            case.form.padding = padding;
            cases.push(case);
        }
    }
    cases
}

#[test]
fn any_form_is_as_by_the_backend() {
    for mut case in cases() {
        for activation in ACTIVATIONS {
            case.activation = activation;
            let tolerance = match activation {
                Activation::Silu | Activation::Gelu => SUM_ORDER + EXPONENTIAL,
                _ => SUM_ORDER,
            };
            let (results, gradients, bias) = case.run(depthwise);
            let expected = case.run(by_the_backend);
            assert_close(results, expected.0, tolerance);
            for (found, expected) in gradients.into_iter().zip(expected.1) {
                assert_close(found, expected, tolerance);
            }
            assert_close(bias, expected.2, tolerance);
        }
    }
}

/// Pixels 1, 2, 3 and 4 under taps of 1: each of the four windows has them all. A tap at the side
/// misses a row or a column: the left ones see 1 and 3, or 2 and 4 beside the right column.
#[test]
fn four_pixels_on_paper() {
    let device = Device::flex().autodiff();
    let images = Tensor::<1>::from_floats([1.0, 2.0, 3.0, 4.0], &device);
    let images = images.reshape([1, 1, 2, 2]).repeat_dim(1, 16);
    let taps = Tensor::<4>::ones([16, 1, 3, 3], &device).require_grad();
    let form = Form::same(3);
    let results = depthwise(images, taps.clone(), None, form, Activation::Identity);
    let found: Vec<f32> = results.to_data().iter::<f32>().collect();
    assert_eq!(found, [10.0; 64]);
    let gradients = results.sum().backward();
    let gradient = taps.grad(&gradients).expect("a gradient");
    let found: Vec<f32> = gradient.to_data().iter::<f32>().collect();
    let expected = [1.0, 3.0, 2.0, 4.0, 10.0, 6.0, 3.0, 7.0, 4.0];
    assert_eq!(found, expected.repeat(16));
}

/// It is linear in its images and in its taps: central differences are exact up to rounding.
#[test]
fn gradients_meet_finite_differences() {
    let device = Device::flex();
    for case in cases() {
        let (_, [images_gradient, taps_gradient], _) = case.run(depthwise);
        let (images, taps) = (case.images(&device), case.taps(&device));
        let score = |images: &Tensor<4>, taps: &Tensor<4>| -> f32 {
            let results = depthwise(
                images.clone(),
                taps.clone(),
                None,
                case.form,
                case.activation,
            );
            let weights = values(results.dims(), 0.4, &device);
            (results * weights).sum().into_scalar()
        };
        for share in [0.0, 0.3, 0.99] {
            let place = (images.shape().num_elements() as f64 * share) as usize;
            let [up, down] = [1.0, -1.0].map(|by| score(&changed(&images, place, by), &taps));
            let (found, expected) = (at(&images_gradient, place), (up - down) / 2.0);
            assert!(
                (found - expected).abs() < DIFFERENCE,
                "{case:?} image {place}: {found} {expected}"
            );
            let place = (taps.shape().num_elements() as f64 * share) as usize;
            let [up, down] = [1.0, -1.0].map(|by| score(&images, &changed(&taps, place, by)));
            let (found, expected) = (at(&taps_gradient, place), (up - down) / 2.0);
            assert!(
                (found - expected).abs() < DIFFERENCE,
                "{case:?} tap {place}: {found} {expected}"
            );
        }
    }
}

#[test]
fn views_are_read_right() {
    let device = Device::flex();
    let whole = values([6, 6, 16, 5], 0.1, &device);
    let images = whole.permute([1, 2, 3, 0]).narrow(0, 1, 3).narrow(2, 1, 4);
    let taps = values([40, 1, 3, 3], 0.2, &device).narrow(0, 7, 16);
    let form = Form::same(3);
    assert_close(
        depthwise(
            images.clone(),
            taps.clone(),
            None,
            form,
            Activation::Identity,
        ),
        by_the_backend(images, taps, None, form, Activation::Identity),
        SUM_ORDER,
    );
}

#[test]
fn what_is_no_number_stays_so() {
    for activation in ACTIVATIONS {
        let device = Device::flex();
        let images = Tensor::<4>::full([1, 16, 6, 6], f32::NAN, &device);
        let form = Form::same(3);
        let taps = Tensor::ones([16, 1, 3, 3], &device);
        let results = depthwise(images, taps, None, form, activation);
        assert!(
            results.is_nan().all().into_scalar::<bool>(),
            "{activation:?}"
        );
    }
}

#[test]
fn neither_cores_nor_instructions_change_a_bit() {
    for mut case in cases() {
        for activation in ACTIVATIONS {
            case.activation = activation;
            assert_same_bits(|| {
                let (results, [images, taps], bias) = case.run(depthwise);
                let mut found = [results, images, taps].map(numbers).to_vec();
                found.push(numbers(bias));
                found
            });
        }
    }
}
