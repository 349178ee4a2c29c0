//! Hints on how to fix the library's errors, worded for the command line. The errors contain the
//! reasons as data; commands and flags are added here, one file per layer.

mod data;
mod device;
mod experiment;
mod explain;
mod folder;
mod run;
mod sweep;
mod train;
mod weights;

pub(super) use data::{data, fetch};
pub(super) use device::device;
pub(super) use experiment::experiment;
pub(super) use explain::explain;
pub(super) use run::run;
pub(super) use sweep::{cell, setting, sweep};
pub(super) use train::train;
pub(super) use weights::weights;
