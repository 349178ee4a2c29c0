//! The explained quantity of a class: its logit, its probability, or its difference from another
//! class.

use std::fmt;
use std::str::FromStr;

use burn::tensor::{Int, Tensor, TensorData};

use super::ExplainError;
use crate::kernels::softmax;

/// Precedes the other class of a difference.
const MINUS: &str = "minus:";

/// The explained number, one per image.
///
/// Parsed and printed as `"logit"`, `"probability"` or `"minus:"` and a class index from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Quantity {
    /// The target class's logit.
    #[default]
    Logit,
    /// The target class's softmax probability. Its gradient is `p (1 - p)` times the difference
    /// between the logit's gradient and the weighted mean of the other logits' gradients. It
    /// vanishes where the network is certain.
    Probability,
    /// The target class's logit minus the logit of this class.
    Minus(usize),
}

impl Quantity {
    /// Returns the quantity of each image, on the tape of `logits` if they have one.
    ///
    /// # Shapes
    ///
    /// - `logits`: `[batch, classes]`
    /// - `target_class`: `[batch]`, below the number of classes
    /// - returned: `[batch]`
    pub fn of(self, logits: Tensor<2>, target_class: &[usize]) -> Tensor<1> {
        let [batch, _classes] = logits.dims();
        let index = class_index(target_class, &logits).reshape([batch, 1]);
        let values = match self {
            Self::Logit => logits.gather(1, index),
            Self::Probability => softmax(logits).gather(1, index),
            Self::Minus(class) => logits.clone().gather(1, index) - logits.narrow(1, class, 1),
        };
        values.squeeze_dim(1)
    }

    /// Returns the weights with which the last linear layer computes the quantity of each image;
    /// `None` for a probability, which is not linear in the logits.
    ///
    /// # Shapes
    ///
    /// - `weights`: `[classes, channels]`
    /// - `target_class`: `[batch]`, below the number of classes
    /// - returned: `[batch, channels]`
    pub fn class_weights(self, weights: Tensor<2>, target_class: &[usize]) -> Option<Tensor<2>> {
        let index = class_index(target_class, &weights);
        match self {
            Self::Logit => Some(weights.select(0, index)),
            Self::Probability => None,
            Self::Minus(class) => {
                Some(weights.clone().select(0, index) - weights.narrow(0, class, 1))
            }
        }
    }

    /// Returns whether the quantity is a weighted sum of logits.
    pub fn is_linear(self) -> bool {
        self != Self::Probability
    }
}

impl FromStr for Quantity {
    type Err = ExplainError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let difference = text
            .strip_prefix(MINUS)
            .and_then(|class| class.parse().ok());
        match (text, difference) {
            ("logit", _) => Ok(Self::Logit),
            ("probability", _) => Ok(Self::Probability),
            (_, Some(class)) => Ok(Self::Minus(class)),
            (name, None) => Err(ExplainError::UnknownQuantity {
                name: name.to_owned(),
            }),
        }
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Logit => formatter.write_str("logit"),
            Self::Probability => formatter.write_str("probability"),
            Self::Minus(class) => write!(formatter, "{MINUS}{class}"),
        }
    }
}

/// Returns the classes as an index tensor on the device of `like`.
///
/// # Shapes
///
/// - returned: `[batch]`
pub(super) fn class_index(classes: &[usize], like: &Tensor<2>) -> Tensor<1, Int> {
    // A class index is below the number of classes, which is far below the range of i32.
    let indices: Vec<i32> = classes.iter().map(|class| *class as i32).collect();
    Tensor::from_data(TensorData::new(indices, [classes.len()]), &like.device())
}

#[cfg(test)]
mod tests {
    use super::super::testing::assert_close;
    use super::*;
    use burn::tensor::Device;

    /// Float32 rounding of a softmax.
    const ROUNDING: f32 = 1e-6;

    #[test]
    fn each_quantity_by_hand() {
        // softmax of [0, ln 3] is [1/4, 3/4].
        let logits = Tensor::from_floats([[0.0, 3f32.ln()], [2.0, 2.0]], &Device::flex());
        let of = |quantity: Quantity| quantity.of(logits.clone(), &[1, 0]);
        let expected = |values: [f32; 2]| Tensor::from_floats(values, &Device::flex());
        assert_close(&of(Quantity::Logit), &expected([3f32.ln(), 2.0]), 0.0);
        assert_close(&of(Quantity::Probability), &expected([0.75, 0.5]), ROUNDING);
        assert_close(&of(Quantity::Minus(0)), &expected([3f32.ln(), 0.0]), 0.0);
    }

    #[test]
    fn a_difference_takes_the_difference_of_the_weights() {
        let weights = Tensor::from_floats([[1.0, 2.0], [5.0, -1.0]], &Device::flex());
        let of = |quantity: Quantity| quantity.class_weights(weights.clone(), &[1, 0]);
        let logit = of(Quantity::Logit).expect("linear");
        let expected = Tensor::from_floats([[5.0, -1.0], [1.0, 2.0]], &Device::flex());
        assert_close(&logit, &expected, 0.0);
        let minus = of(Quantity::Minus(0)).expect("linear");
        let expected = Tensor::from_floats([[4.0, -3.0], [0.0, 0.0]], &Device::flex());
        assert_close(&minus, &expected, 0.0);
        assert!(of(Quantity::Probability).is_none());
    }

    #[test]
    fn a_quantity_reads_back_as_it_prints() {
        for quantity in [Quantity::Logit, Quantity::Probability, Quantity::Minus(17)] {
            assert_eq!(quantity.to_string().parse(), Ok(quantity));
        }
        let error = "minus:apple".parse::<Quantity>().expect_err("no index");
        assert_eq!(
            error.to_string(),
            "unknown quantity \"minus:apple\"; known: \"logit\", \"probability\", or \"minus:CLASS\""
        );
    }
}
