#![doc = "Training small vision networks and seeing, measurably, what they look at."]
//!
//! The flow of data, in one direction: [`experiment`] resolves `experiments/trial-d.toml`; [`data`]
//! turns it into batches, [`model`] into a network; [`train`] writes weights and `epochs.csv` rows
//! into the run folder that [`run`] describes; [`evaluate`] and [`explain`] read a checkpoint and
//! return scores and maps; [`figure`] draws figures from the files on disk. [`cli`] is the only
//! module that uses all of them.

pub mod cli;
pub mod data;
pub mod device;
pub mod evaluate;
pub mod experiment;
pub mod explain;
pub mod figure;
pub mod kernels;
pub mod model;
pub mod run;
pub mod study;
pub mod train;
