//! The values of a pickle.

use crate::model::weights::ElementKind;

/// A value's number.
pub(in crate::model::weights) type Id = usize;

/// A value in the pickle.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::model::weights) enum Node {
    /// None, a boolean, a float, bytes, a set, a long integer: never read.
    Other,
    /// A class or function by name, such as "argparse.Namespace". It is never looked up.
    Named(String),
    /// What the class or function with this number would make. It is never made.
    Object(Id),
    Whole(i64),
    Text(String),
    Tuple(Vec<Id>),
    List(Vec<Id>),
    Dict(Vec<(Id, Id)>),
    Known(Known),
    Storage(Box<Storage>),
    Tensor(Box<Tensor>),
}

/// The globals that a state dict needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::model::weights) enum Known {
    OrderedDict,
    /// `_rebuild_tensor` and `_rebuild_tensor_v2`, whose first arguments are the same.
    RebuildTensor,
    /// `_rebuild_parameter`, and the same with attributes.
    RebuildParameter,
    /// Calls one of those for a subclass of a tensor, or a tensor with attributes.
    RebuildFromType,
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

/// Modules whose functions act on the machine. Whoever names one in a pickle wants it to be run.
const ACTING_MODULES: [&str; 16] = [
    "asyncio",
    "ctypes",
    "importlib",
    "multiprocessing",
    "nt",
    "os",
    "pickle",
    "posix",
    "pty",
    "runpy",
    "shutil",
    "socket",
    "subprocess",
    "sys",
    "urllib",
    "webbrowser",
];
/// Python's own functions of that kind.
const ACTING_FUNCTIONS: [&str; 9] = [
    "__import__",
    "apply",
    "compile",
    "delattr",
    "eval",
    "exec",
    "execfile",
    "input",
    "open",
];

/// Returns whether a program that loads the pickle would run something by this name.
pub(super) fn acts(module: &str, name: &str) -> bool {
    let top = module.split('.').next().unwrap_or_default();
    match top {
        "builtins" | "__builtin__" => ACTING_FUNCTIONS.contains(&name),
        _ => ACTING_MODULES.contains(&top),
    }
}

impl Known {
    pub(super) fn named(module: &str, name: &str) -> Option<Self> {
        Some(match (module, name) {
            ("collections", "OrderedDict") => Self::OrderedDict,
            ("torch._utils", "_rebuild_tensor_v2" | "_rebuild_tensor") => Self::RebuildTensor,
            ("torch._utils", "_rebuild_parameter" | "_rebuild_parameter_with_state") => {
                Self::RebuildParameter
            }
            ("torch._tensor", "_rebuild_from_type_v2") => Self::RebuildFromType,
            ("torch", storage) => Self::StorageOf(match storage {
                "FloatStorage" => ElementKind::F32,
                "DoubleStorage" => ElementKind::F64,
                "HalfStorage" => ElementKind::F16,
                "BFloat16Storage" => ElementKind::Bf16,
                "LongStorage" => ElementKind::Whole(8),
                "IntStorage" | "QInt32Storage" => ElementKind::Whole(4),
                "ShortStorage" => ElementKind::Whole(2),
                "CharStorage" | "ByteStorage" | "BoolStorage" | "QInt8Storage"
                | "QUInt8Storage" | "UntypedStorage" => ElementKind::Whole(1),
                "ComplexFloatStorage" => ElementKind::Complex(8),
                "ComplexDoubleStorage" => ElementKind::Complex(16),
                _ => return None,
            }),
            _ => return None,
        })
    }
}
