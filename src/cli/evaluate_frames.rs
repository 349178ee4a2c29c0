//! `evaluate` for next-frame predictors.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::experiment::ForecastExperiment;
use crate::run::{FrameScoreRow, TableRow};
use crate::study::forecast::{MEAN_IMAGE_CLIPS, Request, measure};

use super::context::Context;
use super::frame_text::print;
use super::shared::at_least_one;

/// Folder of the table and the figure, in that of the data set.
pub(super) const FOLDER: &str = "frames";

/// Options of `evaluate` for next-frame predictors.
#[derive(Debug, Clone, Args)]
pub(super) struct FrameArguments {
    /// Next-frame predictors: score the first N clips [default: all]
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub(super) limit: Option<usize>,
    /// Next-frame predictors: score the clips of this file, Moving MNIST's official
    /// mnist_test_seq.npy, instead of the experiment's test clips
    #[arg(long, value_name = "FILE")]
    pub(super) official: Option<PathBuf>,
    /// Next-frame predictors: folder for table and figure [default: figures/DATASET/frames]
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
}

impl FrameArguments {
    /// Returns the name of a given option, if any.
    pub(super) fn given(&self) -> Option<&'static str> {
        let given = [
            ("--limit", self.limit.is_some()),
            ("--official", self.official.is_some()),
            ("--out", self.out.is_some()),
        ];
        let mut given = given.into_iter().filter(|(_, given)| *given);
        given.next().map(|(name, _)| name)
    }
}

/// Scores the forecasts, prints tables, writes CSV (also to `csv`) and figure, and returns the
/// files.
pub(super) fn perform(
    context: &Context,
    request: &Request,
    (out, csv): (Option<&Path>, Option<&PathBuf>),
) -> anyhow::Result<Vec<PathBuf>> {
    let (base, seeds) = (request.base.as_deref(), &request.seeds);
    let names = &request.experiments;
    let dataset = (context.runs).dataset::<ForecastExperiment>(names, base, seeds)?;
    let output = context.output(out, &[dataset, FOLDER])?;
    let found = measure(&context.runs, request, context)?;
    print(&found.rows, MEAN_IMAGE_CLIPS);
    let set = output.stage()?;
    FrameScoreRow::write(&set.path().join(FrameScoreRow::FILE), &found.rows)?;
    let mut files = vec![output.path().join(FrameScoreRow::FILE)];
    if let Some(file) = csv {
        FrameScoreRow::write(file, &found.rows)?;
        files.push(file.clone());
    }
    files.extend(context.finish(set, "", &[])?);
    Ok(files)
}
