//! A network's cost, with counts that saturate instead of overflowing.

/// Parameters and multiply-adds of a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NetworkSize {
    /// Trainable parameters.
    pub parameters: u64,
    /// Multiply-adds of one image's forward pass, in convolutions and dense layers.
    pub multiply_adds: u64,
}

impl NetworkSize {
    /// The size of no layer.
    pub(super) const NOTHING: Self = Self {
        parameters: 0,
        multiply_adds: 0,
    };

    /// Returns the sum of both sizes.
    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            parameters: sum(&[self.parameters, other.parameters]),
            multiply_adds: sum(&[self.multiply_adds, other.multiply_adds]),
        }
    }
}

/// Returns the product of `factors`, or the largest number on overflow.
pub(super) fn product(factors: &[u64]) -> u64 {
    factors
        .iter()
        .fold(1, |product, factor| product.saturating_mul(*factor))
}

/// Returns the sum of `terms`, or the largest number on overflow.
pub(super) fn sum(terms: &[u64]) -> u64 {
    terms.iter().fold(0, |sum, term| sum.saturating_add(*term))
}
