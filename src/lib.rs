#![doc = "Training small vision networks and seeing, measurably, what they look at."]
//!
//! A value's walk, one way: `experiments/trial-d.toml` is resolved by [`experiment`]; [`data`]
//! turns it into batches, [`model`] into a network; [`train`] writes weights and `epochs.csv` rows
//! into the run folder that [`run`] describes; [`evaluate`] and [`explain`] read a checkpoint and
//! return scores and maps; [`figure`] draws what they left on disk. [`cli`] is the only module that
//! knows them all.

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
