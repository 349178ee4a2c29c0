//! From a trial's TOML to a resolved, validated experiment.
//!
//! [`load`] finds a trial among the local and the shipped files, follows `extends`, applies
//! overrides, and checks every value once; [`compare`] returns the keys in which two of them
//! differ.

mod chain;
mod diff;
mod error;
mod forecast;
mod kind;
mod overrides;
mod resolve;
mod source;
mod spec;
mod unread;
mod unwritten;
mod value;

pub use diff::{FieldDifference, changes, compare, in_words, values};
pub use error::{ExperimentError, Located};
pub use forecast::ForecastExperiment;
pub use overrides::Override;
pub use resolve::{Resolved, load, load_saved};
pub use source::{Source, known};
pub use spec::{DataSection, Experiment, ExperimentKind, OutOfRange};
