//! Reads the pickle inside a `.pth` with a machine that only records.
//!
//! It never imports, calls or builds anything: calling one of a short list of globals records a
//! tensor, and any other global, and what it would make, is recorded by its name. A pickle that asks
//! for a function that acts on the machine, such as `os.system`, is refused. Values are stored in one
//! list and refer to each other by number, so that deep nesting needs no recursion.

mod calls;
mod machine;
mod node;

pub(super) use node::{Id, Node, Storage};

use machine::Machine;

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
