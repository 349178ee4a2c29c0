use super::pass_tests::{SHAPES, SUM_ORDER, check, check_slopes, logistic};
use super::*;

const ALL: [Squash; 2] = [Squash::Sigmoid, Squash::Tanh];

#[test]
fn squashed_sums_are_as_by_the_backend() {
    for shape in SHAPES {
        for squash in ALL {
            check(
                [shape; 2],
                SUM_ORDER,
                |[one, other]| squashed(one, other, squash),
                |[one, other]| squash.by_the_backend(one + other),
            );
        }
    }
}

#[test]
fn gradients_of_squashed_sums_meet_finite_differences() {
    for squash in ALL {
        let value = |x: f64| match squash {
            Squash::Sigmoid => logistic(x),
            Squash::Tanh => x.tanh(),
        };
        check_slopes(
            [[2, 5, 3, 2]; 2],
            |[one, other]| squashed(one, other, squash),
            |at| {
                let (one, other) = at.split_at(at.len() / 2);
                one.iter().zip(other).map(|(a, b)| value(a + b)).collect()
            },
        );
    }
}
