#![doc = "Training small vision networks and seeing, measurably, what they look at."]
//!
//! One value, from TOML to PNG:
//!
//! 1. [`experiment`] resolves `experiments/trial-d.toml` and the changes given with `--set`.
//! 2. [`data`] turns its data set into batches, [`model`] its plan into a network.
//! 3. [`train`] fits the network and writes weights and `epochs.csv` into the run folder that [`run`]
//!    describes.
//! 4. [`study`] finds that run, opens it at a checkpoint, and asks [`explain`] for maps and
//!    [`evaluate`] for errors. A study takes a typed request and returns findings; it writes tables
//!    and maps with [`run`], and draws nothing.
//! 5. [`figure`] draws every figure whose tables and maps lie in a folder, and [`report`] writes a page
//!    of them.
//!
//! ```no_run
//! use camtrail::device::{DeviceChoice, choose};
//! use camtrail::study::{Runs, Unwatched, measure, score};
//! use std::path::Path;
//!
//! let runs = Runs::new("checkpoints", choose(DeviceChoice::Auto)?);
//! let maps = measure::Request::of(&["trial-d"]).seeds(&[0, 1, 2]).limit(200);
//! let out = Path::new("figures/scores");
//! score::measure(&runs, &maps.into(), &Unwatched)?.write(out)?;
//! camtrail::figure::draw_folder(out, &|| false)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! `examples/score_a_run.rs` goes further. [`cli`] does the same from arguments, and words errors as
//! advice. A layer uses only those above it in this list; `docs/contributing.md` says where each
//! addition belongs.

pub mod cli;
pub mod data;
pub mod device;
pub mod evaluate;
pub mod experiment;
pub mod explain;
pub mod figure;
pub mod model;
pub mod report;
pub mod run;
pub mod study;
pub mod train;

pub use camtrail_kernels as kernels;
