use burn::tensor::{Device, TensorData};

use super::tests::{SUM_ORDER, assert_close, values};
use super::*;

type Recurrence = fn(Tensor<4>, Tensor<4>, Option<Memory>, usize) -> (Tensor<4>, Memory);

/// Returns the states of a layer, and the gradients of everything that they depend on.
fn run_layer(
    [steps, batch, channels, side]: [usize; 4],
    started: bool,
    recurrence: Recurrence,
) -> Vec<Tensor<4>> {
    let device = Device::flex().autodiff();
    let [height, width] = [4, 5];
    let given = [steps * batch, GATES * channels, height, width];
    let given = values(given, 0.1, &device).require_grad();
    let taps = values([GATES * channels, channels, side, side], 0.2, &device);
    let taps = (taps * 0.3).without_autodiff().autodiff().require_grad();
    let state = |salt| values([batch, channels, height, width], salt, &device).require_grad();
    let start = Memory {
        hidden: state(0.3),
        cell: state(0.4),
    };
    let given_start = started.then(|| start.clone());
    let (hidden, memory) = recurrence(given.clone(), taps.clone(), given_start, steps);
    let score = |tensor: Tensor<4>, salt: f32| {
        let weights = values(tensor.dims(), salt, &device);
        (tensor * weights).sum()
    };
    let all = score(hidden.clone(), 0.5)
        + score(memory.hidden.clone(), 0.6)
        + score(memory.cell.clone(), 0.7);
    let gradients = all.backward();
    let mut found = vec![hidden, memory.hidden, memory.cell]
        .into_iter()
        .map(Tensor::without_autodiff)
        .collect::<Vec<_>>();
    found.extend([&given, &taps].map(|tensor| tensor.grad(&gradients).expect("a gradient")));
    if started {
        let start = [&start.hidden, &start.cell];
        found.extend(start.map(|tensor| tensor.grad(&gradients).expect("a gradient")));
    }
    found
}

#[test]
fn a_layer_is_as_step_by_step() {
    for sizes in [
        [1, 2, 16, 3],
        [4, 2, 16, 3],
        [3, 1, 3, 3],
        [3, 2, 16, 5],
        [2, 1, 5, 1],
    ] {
        for started in [false, true] {
            // A single step without a start does not depend on the taps.
            if sizes[0] == 1 && !started {
                continue;
            }
            let found = run_layer(sizes, started, recurrence);
            let expected = run_layer(sizes, started, step_by_step);
            for (found, expected) in found.into_iter().zip(expected) {
                // A few steps of sums in another order.
                assert_close(found, expected, 10.0 * SUM_ORDER);
            }
        }
    }
}

#[test]
fn the_instructions_change_no_bit() {
    for sizes in [[3, 2, 16, 3], [3, 2, 8, 3], [2, 1, 24, 3], [2, 1, 5, 1]] {
        let of_layer = || -> Vec<TensorData> {
            let found = run_layer(sizes, true, recurrence);
            found.into_iter().map(Tensor::into_data).collect()
        };
        let bits = level::tests::with_each(of_layer);
        let same = bits.iter().all(|bits_of_one| *bits_of_one == bits[0]);
        assert!(same, "{sizes:?}");
    }
}
