//! `localize`: whether maps lie on the objects. Called by [`super::run`].

pub(super) mod boxes;
pub(super) mod collect;
pub(super) mod pictures;
pub(super) mod subject;
pub(super) mod summary;
pub(super) mod tables;

use std::path::{Path, PathBuf};

use crate::figure::{
    Figure, LocalizationCoverage, LocalizationCurves, LocalizationPictures, LocalizationRegion,
};
use crate::run::{
    LocalizationCurveRow, LocalizationRow, LocalizationSummaryRow, LocalizedPictures,
    write_localization_curve, write_localization_rows, write_localization_summary,
};

use super::DONE;
use super::arguments::LocalizeArguments;
use super::context::Context;
use super::output::result;
use subject::Subject;

/// Folder of the tables and figures, below that of the data set.
pub(super) const FOLDER: &str = "localization";

/// What one measurement gives.
#[derive(Default)]
pub(super) struct Findings {
    pub(super) maps: Vec<LocalizationRow>,
    pub(super) summary: Vec<LocalizationSummaryRow>,
    pub(super) curves: Vec<LocalizationCurveRow>,
    pub(super) pictures: Vec<LocalizedPictures>,
}

/// Measures the maps and lists the files.
pub(super) fn run(context: &Context, arguments: &LocalizeArguments) -> anyhow::Result<u8> {
    for path in draw(context, arguments)? {
        result(path.display());
    }
    Ok(DONE)
}

/// Measures the maps, prints the tables, writes rows and figures, and returns the files.
pub(super) fn draw(
    context: &Context,
    arguments: &LocalizeArguments,
) -> anyhow::Result<Vec<PathBuf>> {
    let mut subject = Subject::new(context, arguments)?;
    let out = context.figures(
        arguments.measure.out.as_deref(),
        &[&subject.annotated.dataset, FOLDER],
    );
    let findings = measure(context, arguments, &mut subject)?;
    write(&findings, &out)
}

/// Writes rows and figures into `out`, prints what stands below all tables, and returns the files.
pub(super) fn write(findings: &Findings, out: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let columns: Vec<String> = collect::score_names()
        .into_iter()
        .map(collect::ScoreName::column)
        .collect();
    let file = |name: &str| out.join(name);
    write_localization_rows(&file("localization.csv"), &columns, &findings.maps)?;
    write_localization_summary(&file("localization-summary.csv"), &findings.summary)?;
    write_localization_curve(&file("iou-curve.csv"), &findings.curves)?;
    result("");
    result(format!(
        "Each ± is half a 95 % bootstrap interval over images, left out under {} images; a star \
         marks a paired difference whose interval leaves out 0.",
        tables::FEWEST
    ));
    let tables = [
        "localization.csv",
        "localization-summary.csv",
        "iou-curve.csv",
    ];
    let mut files = tables.map(file).to_vec();
    files.extend(figures(findings, out)?);
    Ok(files)
}

/// Measures trial by trial, and prints each one's tables as soon as it is measured.
fn measure(
    context: &Context,
    arguments: &LocalizeArguments,
    subject: &mut Subject,
) -> anyhow::Result<Findings> {
    let mut findings = Findings::default();
    let networks = std::mem::take(&mut subject.measurement.networks);
    let named = &arguments.measure.layers;
    for seeds in networks.chunk_by(|a, b| a.run.trial() == b.run.trial()) {
        let trial = seeds[0].run.trial();
        let mut cells = Vec::new();
        for (place, trained) in seeds.iter().enumerate() {
            let (opened, _layers) =
                (subject.measurement).open(context, trained, &arguments.measure)?;
            collect::add(context, &mut cells, subject, (trained, &opened), named)?;
            if place == 0 {
                let drawn = pictures::collect(context, subject, (trained, &opened), named)?;
                findings.pictures.extend(drawn);
            }
        }
        context.go_on()?;
        collect::finish(&mut cells, subject.tuning.is_some());
        let rows = summary::summarise(&subject.annotated, trial, &cells);
        tables::print(&rows, &subject.delta_rule());
        findings.summary.extend(rows);
        findings
            .curves
            .extend(summary::curves(&subject.annotated, trial, &cells));
        findings
            .maps
            .extend(summary::map_rows(&subject.annotated, trial, &cells));
    }
    Ok(findings)
}

/// Draws every figure and returns where it is.
fn figures(findings: &Findings, out: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut drawn = Vec::new();
    for region in [LocalizationRegion::Box, LocalizationRegion::Mask] {
        let rows = &findings.curves;
        if rows.iter().any(|row| row.region == region.name()) {
            drawn.extend(LocalizationCurves { rows, region }.save(out)?);
        }
    }
    let rows = &findings.summary;
    drawn.extend(LocalizationCoverage { rows }.save(out)?);
    for pictures in &findings.pictures {
        let figure = LocalizationPictures { pictures };
        let folder = out.join("pictures").join(figure.name());
        pictures.write(&folder)?;
        drawn.extend(figure.save(out)?);
    }
    Ok(drawn)
}
