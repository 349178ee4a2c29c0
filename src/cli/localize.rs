//! `localize`: whether maps lie on objects with known boxes or masks.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::study::BoxSource;
use crate::study::localize::{Findings, Request, measure};

use super::context::Context;
use super::localize_text::{print, print_legend};
use super::modes::Mode;
use super::output::listed;
use super::shared::MeasureArguments;

/// Folder of the tables and figures, in that of the data set.
pub(super) const FOLDER: &str = "localization";

/// Arguments of `localize`.
#[derive(Debug, Clone, Args)]
pub(super) struct LocalizeArguments {
    #[command(flatten)]
    measure: MeasureArguments,
    /// Boxes on your own pictures: a CSV with the columns file,class,x0,y0,x1,y1, in pixels of the
    /// original picture, x1 and y1 not included; one row per object
    #[arg(long, value_name = "FILE")]
    boxes: Option<PathBuf>,
    /// Folder of those pictures [default: the CSV's]
    #[arg(long, value_name = "DIR")]
    images: Option<PathBuf>,
}

impl LocalizeArguments {
    /// Returns the mode: where the pictures come from.
    pub(super) fn mode(&self) -> Mode {
        match self.boxes.is_some() {
            true => Mode::Boxes,
            false => Mode::Split,
        }
    }

    fn request(&self, context: &Context) -> anyhow::Result<Request> {
        Ok(Request {
            measurement: context.measurement(&self.measure)?,
            boxes: self.boxes.as_ref().map(|csv| BoxSource {
                csv: csv.clone(),
                folder: self.images.clone(),
            }),
        })
    }
}

/// Localises the maps, prints the tables and lists the files.
pub(super) fn run(context: &Context, arguments: &LocalizeArguments) -> anyhow::Result<u8> {
    let request = arguments.request(context)?;
    let files = perform(context, &request, arguments.measure.out.as_deref())?;
    Ok(listed(files))
}

/// Localises the maps, prints and writes the tables, draws the figures, and returns the files.
pub(super) fn perform(
    context: &Context,
    request: &Request,
    out: Option<&Path>,
) -> anyhow::Result<Vec<PathBuf>> {
    let findings = measure(&context.runs, request, context, print)?;
    let out = context.figures(out, &[&findings.dataset, FOLDER]);
    finish(context, &findings, &out)
}

/// Writes the tables into `out`, prints the legend, draws the figures, and returns the files.
pub(super) fn finish(
    context: &Context,
    findings: &Findings,
    out: &Path,
) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = findings.write(out)?.to_vec();
    print_legend();
    files.extend(context.draw(out)?);
    Ok(files)
}
