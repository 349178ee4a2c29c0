//! `localize`: whether maps lie on objects with known boxes or masks.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::data::CatalogueEntry;
use crate::run::{LocalizationSummaryRow, safe_name};
use crate::study::BoxSource;
use crate::study::localize::{Findings, PICTURES, Request, check_objects, measure};

use super::context::Context;
use super::localize_text::{print, print_legend};
use super::modes::Mode;
use super::output::listed;
use super::shared::MeasureArguments;

/// Folder of the tables and figures, in that of the data set.
pub(super) const FOLDER: &str = "localization";

/// Folder of the results on boxes in a file with the name of a data set, in that of all figures.
const BOXES: &str = "boxes";

/// Arguments of `localize`.
#[derive(Debug, Clone, Args)]
pub(super) struct LocalizeArguments {
    #[command(flatten)]
    pub(super) measure: MeasureArguments,
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
    let output = match &request.boxes {
        Some(source) => {
            let parts = boxes_folder(&source.csv);
            let parts = parts.iter().map(String::as_str).chain([FOLDER]);
            context.output(out, &parts.collect::<Vec<_>>())?
        }
        None => {
            check_objects(&context.runs, &request.measurement)?;
            context.measured(out, &request.measurement, FOLDER)?
        }
    };
    let findings = measure(&context.runs, request, context, print)?;
    let set = output.stage()?;
    let mut files = write(&findings, set.path())?;
    files.iter_mut().for_each(|file| *file = set.placed(file));
    let figures = ["iou-by-delta", "objects-covered", "boxes"];
    let mut outdated = context.left_in(output.path(), &figures);
    outdated.extend(context.sets_left_in(&output.path().join(PICTURES), &[]));
    files.extend(context.finish(set, "", &outdated)?);
    Ok(files)
}

/// Writes the tables into `folder`, prints the legend, and returns the files.
pub(super) fn write(findings: &Findings, folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let files = findings.write(folder)?.to_vec();
    let spread = |row: &LocalizationSummaryRow| row.seeds_low.is_some();
    print_legend(findings.summary.iter().any(spread));
    Ok(files)
}

/// Returns the folder of results on the boxes of `csv`, in that of all figures: the name of the file,
/// below a folder of its own if that is a data set's, whose results are another folder.
fn boxes_folder(csv: &Path) -> Vec<String> {
    let stem = csv.file_stem().unwrap_or(csv.as_os_str());
    let stem = stem.to_string_lossy().into_owned();
    match &*stem {
        "." | ".." => vec![safe_name(&stem, "")],
        _ if stem.to_lowercase().parse::<CatalogueEntry>().is_ok() => {
            vec![BOXES.to_string(), stem]
        }
        _ => vec![stem],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_are_not_written_into_the_folder_of_a_data_set() {
        let folder = |csv: &str| boxes_folder(Path::new(csv)).join("/");
        assert_eq!(folder("a/my photos.csv"), "my photos");
        assert_eq!(folder("shapes-boxes.csv"), "shapes-boxes");
        assert_eq!(folder("shapes.csv"), "boxes/shapes");
        assert_eq!(folder("a/CIFAR-100.csv"), "boxes/CIFAR-100");
        assert_eq!(folder("mnist.csv"), "boxes/mnist");
        assert_eq!(folder("...csv"), "--");
    }
}
