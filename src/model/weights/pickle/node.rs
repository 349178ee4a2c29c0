//! The values of a pickle.

use crate::model::weights::ElementKind;

/// A value's number.
pub(in crate::model::weights) type Id = usize;

/// A value in the pickle.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::model::weights) enum Node {
    /// None, a boolean, a float, a long integer: never read.
    Other,
    Whole(i64),
    Text(String),
    Tuple(Vec<Id>),
    List(Vec<Id>),
    Dict(Vec<(Id, Id)>),
    Known(Known),
    Storage(Storage),
    Tensor(Tensor),
}

/// The globals that a state dict needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::model::weights) enum Known {
    OrderedDict,
    /// `_rebuild_tensor` and `_rebuild_tensor_v2`, whose first arguments are the same.
    RebuildTensor,
    RebuildParameter,
    StorageOf(ElementKind),
}

/// The bytes of a tensor's values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::model::weights) struct Storage {
    pub(in crate::model::weights) kind: ElementKind,
    pub(in crate::model::weights) key: String,
    pub(in crate::model::weights) elements: usize,
}

/// A tensor, by the location of its values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::model::weights) struct Tensor {
    pub(in crate::model::weights) storage: Storage,
    pub(in crate::model::weights) offset: usize,
    pub(in crate::model::weights) shape: Vec<usize>,
    pub(in crate::model::weights) strides: Vec<usize>,
}

impl Known {
    pub(super) fn named(module: &str, name: &str) -> Option<Self> {
        Some(match (module, name) {
            ("collections", "OrderedDict") => Self::OrderedDict,
            ("torch._utils", "_rebuild_tensor_v2" | "_rebuild_tensor") => Self::RebuildTensor,
            ("torch._utils", "_rebuild_parameter") => Self::RebuildParameter,
            ("torch", storage) => Self::StorageOf(match storage {
                "FloatStorage" => ElementKind::F32,
                "DoubleStorage" => ElementKind::F64,
                "HalfStorage" => ElementKind::F16,
                "BFloat16Storage" => ElementKind::Bf16,
                "LongStorage" => ElementKind::Whole(8),
                "IntStorage" => ElementKind::Whole(4),
                "ShortStorage" => ElementKind::Whole(2),
                "CharStorage" | "ByteStorage" | "BoolStorage" => ElementKind::Whole(1),
                _ => return None,
            }),
            _ => return None,
        })
    }
}
