//! Sweeps: many runs from one description, planned, run in any order by anyone, and merged.

mod cell;
pub mod engine;
mod error;
mod estimate;
mod merge;
mod plan;

pub use cell::{CellEnd, pending, run_cell};
pub use error::SweepError;
pub use estimate::{Estimate, Time, estimate};
pub use merge::{CellState, Merged, merge};
pub use plan::{plan, planned};
