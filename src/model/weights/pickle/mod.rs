//! Reads the pickle inside a `.pth` with a machine that supports only state dicts.
//!
//! It never imports, calls or builds anything: a global must be one of a short list of names, and
//! calling one of them records a tensor. Values are stored in one list and refer to each other by
//! number, so that deep nesting needs no recursion.

mod calls;
mod machine;

use super::ElementKind;
use machine::Machine;

/// A value's number.
pub(super) type Id = usize;

/// A value in the pickle.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
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
pub(super) enum Known {
    OrderedDict,
    /// `_rebuild_tensor` and `_rebuild_tensor_v2`, whose first arguments are the same.
    RebuildTensor,
    RebuildParameter,
    StorageOf(ElementKind),
}

/// The bytes of a tensor's values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Storage {
    pub(super) kind: ElementKind,
    pub(super) key: String,
    pub(super) elements: usize,
}

/// A tensor, by the location of its values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tensor {
    pub(super) storage: Storage,
    pub(super) offset: usize,
    pub(super) shape: Vec<usize>,
    pub(super) strides: Vec<usize>,
}

/// A pickle that was read to its end.
#[derive(Debug)]
pub(super) struct Pickle {
    pub(super) nodes: Vec<Node>,
    pub(super) root: Id,
    /// Number of bytes read.
    pub(super) length: usize,
}

/// Why reading stopped.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) offset: usize,
    pub(super) problem: String,
    /// Whether it requests something, as opposed to being truncated or malformed.
    pub(super) asks: bool,
}

impl Known {
    fn named(module: &str, name: &str) -> Option<Self> {
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

/// Reads one pickle from the start of `bytes`.
pub(super) fn read(bytes: &[u8]) -> Result<Pickle, Fault> {
    let mut machine = Machine::new(bytes);
    loop {
        let start = machine.at;
        match machine.step() {
            Ok(None) => {}
            Ok(Some(root)) => {
                return Ok(Pickle {
                    nodes: machine.nodes,
                    root,
                    length: machine.at,
                });
            }
            Err(problem) => {
                return Err(Fault {
                    offset: start,
                    asks: problem.asks,
                    problem: problem.text,
                });
            }
        }
    }
}

#[cfg(test)]
mod tests;
