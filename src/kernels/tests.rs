use burn::tensor::{Device, TensorData};

use super::*;

/// Rounding of float32 sums in another order, as a share of the largest value.
pub(super) const SUM_ORDER: f32 = 2e-6;
/// Minimal filtering with four results at a time increases rounding about tenfold.
const FILTERING: f32 = 3e-5;

/// Returns pseudo-random numbers between -1 and 1 from a formula.
pub(super) fn values<const D: usize>(shape: [usize; D], salt: f32, device: &Device) -> Tensor<D> {
    let count = shape.iter().product();
    let values: Vec<f32> = (0..count)
        .map(|index| (index as f32 * 12.9898 + salt * 78.233).sin() * 43_758.547)
        .map(|value| (value - value.floor()) * 2.0 - 1.0)
        .collect();
    Tensor::from_data(TensorData::new(values, shape), device)
}

#[track_caller]
pub(super) fn assert_close<const D: usize>(found: Tensor<D>, expected: Tensor<D>, tolerance: f32) {
    assert_eq!(found.dims(), expected.dims());
    let largest: f32 = expected.clone().abs().max().into_scalar();
    let difference: f32 = (found - expected).abs().max().into_scalar();
    assert!(
        difference <= tolerance * largest,
        "{difference} of {largest}"
    );
}

/// Returns a tensor with the number at `place` changed `by` this much.
pub(super) fn changed(tensor: &Tensor<4>, place: usize, by: f32) -> Tensor<4> {
    let mut values: Vec<f32> = tensor.to_data().iter::<f32>().collect();
    values[place] += by;
    Tensor::from_data(TensorData::new(values, tensor.dims()), &tensor.device())
}

/// Returns the number at `place`.
pub(super) fn at(tensor: &Tensor<4>, place: usize) -> f32 {
    tensor.to_data().iter::<f32>().nth(place).expect("in range")
}

/// A convolution of images of `[images, inputs, height, width]`.
#[derive(Debug, Clone, Copy)]
struct Case {
    images: [usize; 4],
    outputs: usize,
    side: usize,
    form: Form,
}

type Convolution = fn(Tensor<4>, Tensor<4>, Option<Tensor<1>>, Form, After) -> Tensor<4>;

/// Returns the results of a case, and the gradients of images, taps and bias.
fn run(
    case: Case,
    after: After,
    convolution: Convolution,
) -> (Tensor<4>, [Tensor<4>; 2], Tensor<1>) {
    let device = Device::flex().autodiff();
    let [_, inputs, ..] = case.images;
    let images = values(case.images, 0.1, &device).require_grad();
    let taps = [case.outputs, inputs, case.side, case.side];
    let taps = values(taps, 0.2, &device).require_grad();
    let bias = values([case.outputs], 0.3, &device).require_grad();
    let results = convolution(
        images.clone(),
        taps.clone(),
        Some(bias.clone()),
        case.form,
        after,
    );
    let score = results.clone() * values(results.dims(), 0.4, &device);
    let gradients = score.sum().backward();
    let of = |tensor: &Tensor<4>| tensor.grad(&gradients).expect("a gradient");
    let bias = bias.grad(&gradients).expect("a gradient");
    (results.without_autodiff(), [of(&images), of(&taps)], bias)
}

#[track_caller]
fn check(case: Case, after: After, tolerance: f32) {
    let (results, gradients, bias) = run(case, after, convolution);
    let (expected, expected_gradients, expected_bias) = run(case, after, by_the_backend);
    assert_close(results, expected, tolerance);
    for (found, expected) in gradients.into_iter().zip(expected_gradients) {
        assert_close(found, expected, tolerance);
    }
    assert_close(bias, expected_bias, tolerance);
}

#[test]
fn any_size_is_as_by_the_backend() {
    let cases = [
        // Three channels, odd sizes, one image, a row, a single pixel.
        ([2, 3, 7, 5], 32, 3),
        ([1, 3, 8, 8], 16, 3),
        ([2, 1, 9, 6], 4, 3),
        ([1, 5, 1, 11], 3, 3),
        ([3, 4, 1, 1], 7, 3),
        // Other kernels.
        ([2, 16, 6, 6], 16, 5),
        ([2, 20, 5, 4], 17, 1),
        ([1, 2, 9, 9], 2, 7),
        // Minimal filtering, two at a time: odd sizes, one image, sizes beyond a band.
        ([1, 16, 5, 7], 16, 3),
        ([2, 32, 6, 6], 48, 3),
        ([1, 16, 1, 1], 16, 3),
        ([3, 16, 35, 34], 16, 3),
        // Images of two by two.
        ([5, 16, 2, 2], 32, 3),
    ];
    for (images, outputs, side) in cases {
        let case = Case {
            images,
            outputs,
            side,
            form: Form::same(side),
        };
        for after in [After::NOTHING, After::RELU, After::ReluPool] {
            let [_, _, height, width] = images;
            if after != After::ReluPool || (height > 1 && width > 1) {
                check(case, after, SUM_ORDER);
            }
        }
    }
}

/// Strides, any padding, few and many pixels, and outputs that fill no whole panel.
#[test]
fn any_form_is_as_by_the_backend() {
    let padded = |stride, vertical, horizontal| Form {
        stride,
        padding: [vertical, horizontal],
    };
    let cases = [
        // The shortcut of a residual network, for even and odd sizes.
        ([2, 16, 8, 6], 32, 1, padded(2, (0, 0), (0, 0))),
        ([2, 20, 7, 5], 24, 1, padded(2, (0, 0), (0, 0))),
        ([2, 16, 8, 8], 16, 3, padded(2, (1, 1), (1, 1))),
        ([1, 16, 7, 9], 40, 3, padded(2, (1, 1), (1, 1))),
        // TensorFlow pads the end alone.
        ([2, 3, 8, 6], 32, 3, padded(2, (0, 1), (0, 1))),
        ([2, 3, 9, 11], 16, 7, padded(2, (3, 3), (3, 3))),
        // No padding, and a stride of three with pixels that no window reaches.
        ([2, 5, 6, 7], 10, 3, padded(1, (0, 0), (0, 0))),
        ([1, 4, 9, 8], 7, 1, padded(3, (0, 0), (0, 0))),
        ([1, 4, 9, 8], 16, 2, padded(3, (1, 0), (0, 1))),
        // More padding than the kernel reaches, and more pixels than a band has.
        ([2, 4, 3, 3], 16, 1, padded(1, (1, 1), (1, 1))),
        ([1, 32, 40, 41], 100, 1, padded(1, (0, 0), (0, 0))),
        ([1, 24, 41, 40], 20, 3, padded(2, (1, 1), (1, 1))),
        // Sums of kernels that are divided among cores.
        ([3, 288, 6, 6], 272, 1, padded(1, (0, 0), (0, 0))),
        ([3, 64, 6, 6], 128, 3, padded(2, (1, 1), (1, 1))),
    ];
    for (images, outputs, side, form) in cases {
        let case = Case {
            images,
            outputs,
            side,
            form,
        };
        for after in [
            After::NOTHING,
            After::Activation(Activation::Relu6),
            After::Activation(Activation::LeakyRelu),
            After::Activation(Activation::Silu),
            After::Activation(Activation::Gelu),
            After::ReluPool,
        ] {
            check(case, after, SUM_ORDER);
        }
    }
}

/// The method that replaces the backend's convolution on a GPU, with its gradients.
#[test]
fn a_product_of_matrices_is_as_the_backend_s_convolution() {
    let products: Convolution =
        |images, taps, bias, _, _| by_products::convolution(images, taps, bias);
    for (images, outputs, side) in [
        ([2, 3, 7, 5], 32, 3),
        ([1, 5, 1, 11], 3, 3),
        ([3, 4, 1, 1], 7, 3),
        ([2, 16, 6, 6], 16, 5),
        ([2, 20, 5, 4], 17, 1),
        // One, four and six images per product.
        ([2, 4, 16, 16], 8, 3),
        ([8, 4, 8, 8], 8, 3),
        ([6, 16, 2, 2], 32, 3),
    ] {
        let case = Case {
            images,
            outputs,
            side,
            form: Form::same(side),
        };
        let (results, gradients, bias) = run(case, After::NOTHING, products);
        let expected = run(case, After::NOTHING, by_the_backend);
        assert_close(results, expected.0, SUM_ORDER);
        for (found, expected) in gradients.into_iter().zip(expected.1) {
            assert_close(found, expected, SUM_ORDER);
        }
        assert_close(bias, expected.2, SUM_ORDER);
    }
}

#[test]
fn four_results_at_a_time_are_as_by_the_backend() {
    for (images, outputs) in [
        ([2, 16, 4, 4], 32),
        ([3, 48, 8, 12], 16),
        ([1, 64, 16, 16], 64),
    ] {
        let case = Case {
            images,
            outputs,
            side: 3,
            form: Form::same(3),
        };
        for after in [After::NOTHING, After::RELU, After::ReluPool] {
            check(case, after, FILTERING);
        }
    }
}

/// A window of equal values sends its gradient to the first of them, like the backend's pool.
#[test]
fn equal_values_in_a_window_are_decided_alike() {
    let device = Device::flex().autodiff();
    let gradient = |convolution: Convolution| {
        let images = Tensor::<4>::ones([1, 16, 6, 6], &device).require_grad();
        let taps = Tensor::ones([16, 16, 3, 3], &device);
        let results = convolution(images.clone(), taps, None, Form::same(3), After::ReluPool);
        let gradients = (results.clone() * values(results.dims(), 0.4, &device))
            .sum()
            .backward();
        images.grad(&gradients).expect("a gradient")
    };
    assert_close(gradient(convolution), gradient(by_the_backend), SUM_ORDER);
}

/// A convolution is linear in its images and in its taps: central differences are exact up to
/// rounding.
#[test]
fn gradients_meet_finite_differences() {
    let device = Device::flex();
    let same = Form::same;
    let strided = |before, after| Form {
        stride: 2,
        padding: [(before, after); 2],
    };
    for (inputs, side, height, form) in [
        (16, 3, 4, same(3)),
        (16, 3, 5, same(3)),
        (16, 3, 2, same(3)),
        (3, 3, 5, same(3)),
        (2, 5, 4, same(5)),
        (3, 3, 6, strided(1, 1)),
        (4, 1, 5, strided(0, 0)),
        (2, 5, 6, strided(1, 2)),
    ] {
        let case = Case {
            images: [2, inputs, height, height],
            outputs: 16,
            side,
            form,
        };
        let (_, [images_gradient, taps_gradient], _) = run(case, After::NOTHING, convolution);
        let images = values(case.images, 0.1, &device);
        let taps = values([16, inputs, side, side], 0.2, &device);
        let bias = values([16], 0.3, &device);
        let score = |images: &Tensor<4>, taps: &Tensor<4>| -> f32 {
            let results = convolution(
                images.clone(),
                taps.clone(),
                Some(bias.clone()),
                form,
                After::NOTHING,
            );
            (results.clone() * values(results.dims(), 0.4, &device))
                .sum()
                .into_scalar()
        };
        for place in [0, 17, 30] {
            let slope = |up: f32, down: f32| (up - down) / 2.0;
            let expected = slope(
                score(&changed(&images, place, 1.0), &taps),
                score(&changed(&images, place, -1.0), &taps),
            );
            let found = at(&images_gradient, place);
            assert!(
                (found - expected).abs() < 1e-3,
                "{case:?} image {place}: {found} {expected}"
            );
            let expected = slope(
                score(&images, &changed(&taps, place, 1.0)),
                score(&images, &changed(&taps, place, -1.0)),
            );
            let found = at(&taps_gradient, place);
            assert!(
                (found - expected).abs() < 1e-3,
                "{case:?} tap {place}: {found} {expected}"
            );
        }
    }
}

/// Views with swapped or cropped axes are read correctly.
#[test]
fn views_are_read_right() {
    let device = Device::flex();
    let whole = values([6, 6, 16, 5], 0.1, &device);
    let images = whole.permute([1, 2, 3, 0]).narrow(0, 1, 3).narrow(2, 1, 4);
    let taps = values([16, 40, 3, 3], 0.2, &device).narrow(1, 7, 16);
    let found = convolution(
        images.clone(),
        taps.clone(),
        None,
        Form::same(3),
        After::RELU,
    );
    assert_close(
        found,
        by_the_backend(images, taps, None, Form::same(3), After::RELU),
        SUM_ORDER,
    );
}

#[test]
fn what_is_no_number_stays_so() {
    for (inputs, height) in [(3, 4), (16, 4), (16, 6), (16, 2)] {
        let device = Device::flex();
        let images = Tensor::<4>::full([1, inputs, height, height], f32::NAN, &device);
        let taps = Tensor::ones([16, inputs, 3, 3], &device);
        for after in [After::NOTHING, After::RELU, After::ReluPool] {
            let results = convolution(images.clone(), taps.clone(), None, Form::same(3), after);
            assert!(
                results.is_nan().all().into_scalar::<bool>(),
                "{inputs} {height} {after:?}"
            );
        }
    }
}

/// One image has the same bits as the same image among others, although its work is divided by
/// outputs instead of bands.
#[test]
fn other_images_change_no_bit() {
    let device = Device::flex();
    for (inputs, outputs, side, stride) in [(24, 40, 1, 1), (600, 48, 1, 2), (20, 24, 3, 2)] {
        let images = values([20, inputs, 12, 12], 0.1, &device);
        let taps = values([outputs, inputs, side, side], 0.2, &device);
        let form = Form {
            stride,
            ..Form::same(side)
        };
        let run = |images: Tensor<4>| convolution(images, taps.clone(), None, form, After::RELU);
        let among = run(images.clone()).narrow(0, 3, 1).into_data();
        let alone = run(images.narrow(0, 3, 1)).into_data();
        assert_eq!(among, alone, "{inputs} {side} {stride}");
    }
}

/// Resuming gives the same bits, whatever other work the cores have.
#[test]
fn the_number_of_cores_changes_no_bit() {
    let cases = [
        ([5, 3, 8, 8], 16, 3, 1),
        ([5, 16, 8, 8], 32, 3, 1),
        ([5, 16, 6, 6], 32, 3, 1),
        ([5, 16, 2, 2], 32, 3, 1),
        ([5, 24, 16, 16], 32, 3, 2),
        ([5, 300, 12, 12], 320, 1, 1),
        ([1, 24, 8, 8], 80, 1, 1),
    ];
    for (images, outputs, side, stride) in cases {
        let case = Case {
            images,
            outputs,
            side,
            form: Form {
                stride,
                ..Form::same(side)
            },
        };
        let bits = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
            let run = || run(case, After::ReluPool, convolution);
            let (results, [images, taps], bias) = pool.expect("a pool").install(run);
            (
                results.into_data(),
                images.into_data(),
                taps.into_data(),
                bias.into_data(),
            )
        };
        assert_eq!(bits(1), bits(3), "{case:?}");
    }
}

/// The bits of a forward and a backward pass.
type Bits = Vec<TensorData>;

#[test]
fn the_instructions_change_no_bit() {
    let of_convolutions =
        |outputs: usize, inputs: usize, height: usize, form: Form, side| -> Bits {
            let case = Case {
                images: [3, inputs, height, height],
                outputs,
                side,
                form,
            };
            let silu = After::Activation(Activation::Silu);
            let mut bits = Vec::new();
            for after in [After::NOTHING, After::RELU, silu, After::ReluPool] {
                let (results, [images, taps], bias) = run(case, after, convolution);
                bits.extend([results, images, taps].map(Tensor::into_data));
                bits.push(bias.into_data());
            }
            bits
        };
    for (outputs, inputs, height, side, stride) in [
        (32, 16, 8, 3, 2),
        (40, 24, 9, 3, 2),
        (32, 300, 7, 1, 2),
        (300, 32, 14, 1, 1),
        (32, 3, 8, 3, 1),
        (32, 16, 8, 3, 1),
        (48, 16, 6, 3, 1),
        (32, 16, 2, 3, 1),
        (24, 8, 5, 3, 1),
        (17, 20, 5, 1, 1),
        (5, 3, 7, 5, 1),
    ] {
        let bits = level::tests::with_each(|| {
            let form = Form {
                stride,
                ..Form::same(side)
            };
            of_convolutions(outputs, inputs, height, form, side)
        });
        let same = bits.iter().all(|bits_of_one| *bits_of_one == bits[0]);
        assert!(same, "{outputs} {inputs} {height} {side}");
    }
}
