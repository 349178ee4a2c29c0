//! The axes of a dense layer's weights.

/// The axes of a dense layer's weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WeightAxes {
    /// `[outputs, inputs]`, as in PyTorch.
    OutputsFirst,
    /// `[inputs, outputs]`, as in Burn.
    InputsFirst,
}

impl WeightAxes {
    /// Returns the outputs and inputs of weights of these dimensions.
    pub(super) fn sizes(self, [first, second]: [usize; 2]) -> [usize; 2] {
        match self {
            Self::OutputsFirst => [first, second],
            Self::InputsFirst => [second, first],
        }
    }
}
