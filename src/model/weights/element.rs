//! The storage of a tensor's values.

use std::fmt;

use burn::tensor::{bf16, f16};

/// The type of a stored value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ElementKind {
    /// 64-bit float.
    F64,
    /// 32-bit float.
    F32,
    /// 16-bit float.
    F16,
    /// 16-bit float with the exponent of a 32-bit one.
    Bf16,
    /// Integers or booleans of this many bytes.
    Whole(usize),
    /// Complex numbers of this many bytes.
    Complex(usize),
}

impl ElementKind {
    /// Returns the size of one value in bytes.
    pub fn bytes(self) -> usize {
        match self {
            Self::F64 => 8,
            Self::F32 => 4,
            Self::F16 | Self::Bf16 => 2,
            Self::Whole(bytes) | Self::Complex(bytes) => bytes,
        }
    }

    /// Returns `bytes`, little-endian, as 32-bit floats; `None` for integers.
    pub(super) fn decode(self, bytes: &[u8]) -> Option<Vec<f32>> {
        fn each<const N: usize>(bytes: &[u8], value: impl Fn([u8; N]) -> f32) -> Vec<f32> {
            let (whole, _rest) = bytes.as_chunks::<N>();
            whole.iter().map(|chunk| value(*chunk)).collect()
        }
        Some(match self {
            Self::F64 => each(bytes, |value| f64::from_le_bytes(value) as f32),
            Self::F32 => each(bytes, f32::from_le_bytes),
            Self::F16 => each(bytes, |value| f16::from_le_bytes(value).to_f32()),
            Self::Bf16 => each(bytes, |value| bf16::from_le_bytes(value).to_f32()),
            Self::Whole(_) | Self::Complex(_) => return None,
        })
    }
}

impl fmt::Display for ElementKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::F64 => formatter.write_str("64-bit floats"),
            Self::F32 => formatter.write_str("32-bit floats"),
            Self::F16 => formatter.write_str("16-bit floats"),
            Self::Bf16 => formatter.write_str("bfloat16 floats"),
            Self::Whole(bytes) => write!(formatter, "whole numbers of {bytes} bytes"),
            Self::Complex(bytes) => write!(formatter, "complex numbers of {bytes} bytes"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_and_a_half_in_every_float() {
        let found = |kind: ElementKind, bytes: &[u8]| kind.decode(bytes);
        let expected = Some(vec![1.5]);
        assert_eq!(found(ElementKind::F32, &[0, 0, 0xC0, 0x3F]), expected);
        assert_eq!(
            found(ElementKind::F64, &[0, 0, 0, 0, 0, 0, 0xF8, 0x3F]),
            expected
        );
        assert_eq!(found(ElementKind::F16, &[0, 0x3E]), expected);
        assert_eq!(found(ElementKind::Bf16, &[0xC0, 0x3F]), expected);
        assert_eq!(found(ElementKind::Whole(8), &[1; 8]), None);
    }
}
