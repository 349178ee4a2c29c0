//! How to fix the errors of the library, in the words of the command line. The library's errors give
//! the reasons as data; the commands and flags are put in here, one file per layer.

mod data;
mod device;
mod experiment;
mod explain;
mod run;
mod train;
mod weights;

pub(super) use data::{data, fetch};
pub(super) use device::device;
pub(super) use experiment::experiment;
pub(super) use explain::explain;
pub(super) use run::run;
pub(super) use train::train;
pub(super) use weights::weights;
