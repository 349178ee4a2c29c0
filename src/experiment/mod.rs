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
mod run_name;
mod saved;
mod source;
mod spec;
mod sweep;
mod sweep_place;
mod unread;
mod unwritten;
mod value;

pub use diff::{FieldDifference, changes, compare, in_words, values};
pub(crate) use error::line_of;
pub use error::{ExperimentError, Located};
pub use forecast::ForecastExperiment;
pub use overrides::Override;
pub use resolve::{Resolved, load};
pub use run_name::check_run_name;
pub use saved::{load_record, load_saved};
pub use source::{Source, known};
pub use spec::{DataSection, Experiment, ExperimentKind, OutOfRange};
pub use sweep::{Sweep, check_sweep_name, known_sweeps};
