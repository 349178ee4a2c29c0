//! Gradient clipping by the global norm.

use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::{FloatDType, Tensor};

use crate::kernels::sum;

/// Scales all gradients by one factor if their global Euclidean norm is above `most`, so that it
/// becomes `most`, and returns the norm before scaling. Nothing is read from the device.
///
/// Burn clips each parameter's gradient separately, which changes the direction of the step; this
/// function changes only its length.
///
/// # Shapes
/// - returned: `[1]`
///
/// # Source
///
/// Pascanu, Mikolov and Bengio, "On the difficulty of training recurrent neural networks", ICML
/// 2013, algorithm 1.
pub fn clip_by_global_norm(
    network: &impl Module,
    gradients: &mut GradientsParams,
    most: f32,
) -> Option<Tensor<1>> {
    let mut squares = Squares {
        gradients,
        sums: Vec::new(),
    };
    network.visit(&mut squares);
    if squares.sums.is_empty() {
        return None;
    }
    // In double precision: sums of parameters of very different sizes are added.
    let sum = Tensor::cat(squares.sums, 0).cast(FloatDType::F64).sum();
    let norm = sum.sqrt().cast(FloatDType::F32);
    // A norm that is not finite gives a factor that is not finite, and the loss check ends the run.
    let factor = (norm.zeros_like() + most) / norm.clone();
    network.visit(&mut Scale {
        gradients,
        factor: factor.clamp_max(1.0),
    });
    Some(norm)
}

struct Squares<'a> {
    gradients: &'a GradientsParams,
    /// `[1]` each.
    sums: Vec<Tensor<1>>,
}

impl ModuleVisitor for Squares<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(gradient) = self.gradients.get::<D>(param.id) {
            self.sums.push(sum(gradient.square()));
        }
    }
}

struct Scale<'a> {
    gradients: &'a mut GradientsParams,
    /// `[1]`, at most 1.
    factor: Tensor<1>,
}

impl ModuleVisitor for Scale<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(gradient) = self.gradients.remove::<D>(param.id) {
            let factor = self.factor.clone().reshape([1; D]);
            self.gradients.register(param.id, gradient * factor);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::nn::LinearConfig;
    use burn::tensor::Device;

    /// A score whose gradient is 3 at one weight and 4 at one bias: norm 5.
    #[test]
    fn a_norm_over_two_parameters_by_hand() {
        let device = Device::flex().autodiff();
        let layer = LinearConfig::new(2, 2).init(&device);
        let gradients = |most: f32| {
            let bias = layer.bias.as_ref().expect("a bias").val();
            let weight = layer.weight.val().narrow(0, 0, 1).narrow(1, 1, 1);
            let score = weight.sum() * 3.0 + bias.narrow(0, 0, 1).sum() * 4.0;
            let mut gradients = GradientsParams::from_grads(score.backward(), &layer);
            let norm = clip_by_global_norm(&layer, &mut gradients, most)
                .expect("two gradients")
                .into_scalar::<f32>();
            let weight: Vec<f32> = (gradients.get::<2>(layer.weight.id))
                .expect("a gradient")
                .into_data()
                .iter::<f32>()
                .collect();
            let id = layer.bias.as_ref().expect("a bias").id;
            let bias: Vec<f32> = (gradients.get::<1>(id))
                .expect("a gradient")
                .into_data()
                .iter::<f32>()
                .collect();
            (norm, weight, bias)
        };
        assert_eq!(gradients(6.0), (5.0, vec![0., 3., 0., 0.], vec![4., 0.]));
        assert_eq!(gradients(2.5), (5.0, vec![0., 1.5, 0., 0.], vec![2., 0.]));
    }
}
