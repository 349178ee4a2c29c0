//! The runs that exist, each with what is known of it: state, scores, age and experiment.

mod filter;
mod listed;
mod summary;
#[cfg(test)]
mod testing;

pub use filter::{Condition, ConditionError, keep};
pub use listed::{ListedRun, State, listed};
pub use summary::{Group, Section, Spread, sections};
