//! `evaluate` for next-frame predictors.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::data::DataError;
use crate::experiment::ForecastExperiment;
use crate::run::{FrameScoreRow, TableRow};
use crate::study::StudyError;
use crate::study::forecast::{MEAN_IMAGE_CLIPS, Request, measure};

use super::context::Context;
use super::failure::Complaint;
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
}

/// Scores the forecasts, prints tables, writes CSV (also to `csv`) and figure, and returns the
/// files.
pub(super) fn perform(
    context: &Context,
    request: &Request,
    (out, csv): (Option<&Path>, Option<&PathBuf>),
) -> anyhow::Result<Vec<PathBuf>> {
    let names = &request.experiments[..];
    let networks = (names, request.base.as_deref(), &request.seeds[..]);
    let output = context.output_on::<ForecastExperiment>(out, networks, &[FOLDER])?;
    let found = measure(&context.runs, request, context);
    let found = found.map_err(|error| of_official(error, request))?;
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

/// Adds to an error of the official file where that file is to be had.
fn of_official(error: StudyError, request: &Request) -> anyhow::Error {
    let official = request.official.as_ref();
    match &error {
        StudyError::Data(DataError::Io { path, .. } | DataError::Format { path, .. })
            if Some(path) == official =>
        {
            let message = format!("{:#}", anyhow::Error::from(error));
            let hint = "give mnist_test_seq.npy, the test set of Moving MNIST from \
                        https://www.cs.toronto.edu/~nitish/unsupervised_video, or leave --official \
                        out to score the experiment's own clips";
            Complaint::failed(message, hint).into()
        }
        _ => error.into(),
    }
}
