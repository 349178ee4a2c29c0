//! From a trial's TOML to a resolved, validated experiment. Called by `cli`.
//!
//! [`load`] finds a trial among the local and the shipped files, follows `extends`, applies
//! overrides, and checks every value once; [`compare`] says in which fields two of them differ.

mod chain;
mod diff;
mod error;
mod forecast;
mod resolve;
mod source;
mod spec;
mod unwritten;

pub use diff::{FieldDifference, compare};
pub use error::{ExperimentError, Located};
pub use forecast::ForecastExperiment;
pub use resolve::{Override, Resolved, load, load_saved};
pub use source::{Source, known};
pub use spec::{DataSection, Experiment, ExperimentKind, OutOfRange};
