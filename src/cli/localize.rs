//! `localize`: whether maps lie on the objects. Called by [`super::run`].

mod boxes;
mod collect;
mod pictures;
mod subject;
mod summary;
mod tables;

use std::path::Path;

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
use super::output::{note, result};
use subject::Subject;

/// What one measurement gives.
#[derive(Default)]
struct Findings {
    maps: Vec<LocalizationRow>,
    summary: Vec<LocalizationSummaryRow>,
    curves: Vec<LocalizationCurveRow>,
    pictures: Vec<LocalizedPictures>,
}

/// Measures the maps, prints the tables, and writes rows and figures.
pub(super) fn run(context: &Context, arguments: &LocalizeArguments) -> anyhow::Result<u8> {
    let mut subject = Subject::new(context, arguments)?;
    let out = context.figures(
        arguments.measure.out.as_deref(),
        &[&subject.dataset, "localization"],
    );
    let findings = measure(context, arguments, &mut subject)?;
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
    for name in [
        "localization.csv",
        "localization-summary.csv",
        "iou-curve.csv",
    ] {
        result(file(name).display());
    }
    draw(&findings, &out)?;
    Ok(DONE)
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
            let opened = trained.open(context, &arguments.measure.checkpoint)?;
            collect::add(context, &mut cells, subject, (trained, &opened), named)?;
            if place == 0 {
                let drawn = pictures::collect(context, subject, (trained, &opened), named)?;
                findings.pictures.extend(drawn);
            }
        }
        context.go_on()?;
        collect::finish(&mut cells, subject.tuning.is_some());
        let rows = summary::summarise(subject, trial, &cells);
        tables::print(&rows, &subject.delta_rule());
        findings.summary.extend(rows);
        findings
            .curves
            .extend(summary::curves(subject, trial, &cells));
        findings
            .maps
            .extend(summary::map_rows(subject, trial, &cells));
    }
    Ok(findings)
}

/// Draws every figure and prints where it is.
fn draw(findings: &Findings, out: &Path) -> anyhow::Result<()> {
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
    for path in &drawn {
        result(path.display());
    }
    if drawn.is_empty() {
        note("nothing to draw");
    }
    Ok(())
}
