//! A tensor that is read twice, with the sum of the two gradients in one pass over memory.

use burn::backend::Dispatch;
use burn::tensor::Tensor;

use super::differentiable_fork::Meeting;
use super::extension::Kernels;
use super::is_ours;

/// Returns `values` twice.
///
/// The backend adds the gradients of a tensor that is read twice on one core, and not in the layout
/// of our operations. The score that is differentiated must depend on both.
///
/// # Shapes
/// - `values`, returned: `[images, channels, height, width]`
pub fn forked(values: Tensor<4>) -> [Tensor<4>; 2] {
    if !(is_ours(&values) && values.device().is_autodiff()) {
        return [values.clone(), values];
    }
    let meeting = Meeting::default();
    [values.clone(), values].map(|values| {
        let branch = <Dispatch as Kernels>::forked(values.into_dispatch(), meeting.clone());
        Tensor::from_dispatch(branch)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::values;
    use burn::tensor::Device;

    /// The gradient of `sum(3 one + other * other)` at `x` is `3 + 2 x`, whichever branch is read
    /// first.
    #[test]
    fn the_gradient_is_the_sum_of_both_branches() {
        for swapped in [false, true] {
            let leaf = values([2, 5, 3, 3], 0.1, &Device::flex().autodiff()).require_grad();
            let [one, other] = forked(leaf.clone() * 1.0);
            let [one, other] = if swapped { [other, one] } else { [one, other] };
            let score = (one * 3.0).sum() + (other.clone() * other).sum();
            let gradients = score.backward();
            let found = leaf.grad(&gradients).expect("a gradient");
            let expected = leaf.without_autodiff() * 2.0 + 3.0;
            let difference: f32 = (found - expected).abs().max().into_scalar();
            assert!(difference < 1e-6, "{difference}");
        }
    }
}
