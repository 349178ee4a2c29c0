//! `score`: what the maps of trained networks are worth over a whole split, by depth, method and
//! layer. Called by [`super::run`] and `reproduce`.

use std::path::PathBuf;

use crate::explain::MapSource;
use crate::explain::metrics::{MapScore, ScoreRequest, score_maps};
use crate::figure::{Figure, ScoreDepth};
use crate::run::{
    LayerPlace, SCORE_PAIRS_CSV, SCORE_TABLE_CSV, SCORES_CSV, ScoreRow, write_score_pairs,
    write_score_rows, write_score_table,
};

use super::DONE;
use super::arguments::ScoreArguments;
use super::context::Context;
use super::failure::Complaint;
use super::measure::{Group, Measurement};
use super::network::{FINE_CELLS, Opened, Trained, ablation_layers};
use super::output::{note, result};
use super::score_table::summarise;
use super::score_text::print;

/// Folder of the tables and the figure.
pub(super) const FOLDER: &str = "scores";

/// Every map's scores of one trained network.
pub(super) struct Scored<'a> {
    /// The trained network.
    pub(super) trained: &'a Trained,
    /// Epoch of its checkpoint.
    pub(super) epoch: u32,
    /// Rule that picked the checkpoint.
    pub(super) checkpoint: String,
    /// The class each image is explained for.
    target_class: Vec<usize>,
    /// Whether each image's predicted class is its true one.
    correct: Vec<bool>,
    /// The scores, by layer and by method within a layer.
    pub(super) sheets: Vec<Sheet>,
}

/// The scores of one method or baseline at one layer of one network.
pub(super) struct Sheet {
    /// The layer's name.
    pub(super) layer: String,
    /// Which of an ablation's two layers it is.
    pub(super) place: LayerPlace,
    /// Height and width of the maps before they are resized, in cells.
    pub(super) native_size: [usize; 2],
    /// What made the maps.
    pub(super) source: MapSource,
    /// What stands behind its name in a table.
    pub(super) caveat: String,
    /// One entry an image.
    pub(super) scores: Vec<MapScore>,
}

/// Scores the maps, prints the tables and lists the files.
pub(super) fn run(context: &Context, arguments: &ScoreArguments) -> anyhow::Result<u8> {
    for path in draw(context, arguments)? {
        result(path.display());
    }
    Ok(DONE)
}

/// Scores the maps, prints and writes the tables, draws the figure, and returns the files.
pub(super) fn draw(context: &Context, arguments: &ScoreArguments) -> anyhow::Result<Vec<PathBuf>> {
    let measurement = Measurement::new(context, &arguments.measure)?;
    let images = &measurement.images;
    let steps = steps(arguments, images.height() * images.width())?;
    let mut networks = Vec::new();
    for trained in &measurement.networks {
        networks.push(score(context, &measurement, trained, arguments, steps)?);
    }
    tell_left_out(&measurement, &networks)?;
    let out = context.figures(
        arguments.measure.out.as_deref(),
        &[images.dataset_name(), FOLDER],
    );
    let tables = summarise(&measurement, &networks, steps);
    let paths = [SCORES_CSV, SCORE_TABLE_CSV, SCORE_PAIRS_CSV].map(|name| out.join(name));
    let [every_map, means, pairs] = &paths;
    write_score_rows(every_map, rows(&measurement, &networks))?;
    write_score_table(means, &tables.means)?;
    write_score_pairs(pairs, &tables.pairs)?;
    print(&tables, arguments.measure.limit.is_some());
    let figure = ScoreDepth {
        rows: &tables.means,
    };
    Ok(paths.into_iter().chain(figure.save(&out)?).collect())
}

/// Returns the steps of the insertion and deletion curves, where they are asked for.
fn steps(arguments: &ScoreArguments, pixels: usize) -> Result<Option<usize>, Complaint> {
    if arguments.steps > pixels {
        return Err(Complaint::misused(
            format!("{} steps for {pixels} pixels", arguments.steps),
            "a step changes at least one pixel",
        ));
    }
    Ok(arguments.insertion_deletion.then_some(arguments.steps))
}

/// Says which methods found no layer that allows them, and fails where nothing was measured.
fn tell_left_out(measurement: &Measurement, networks: &[Scored<'_>]) -> Result<(), Complaint> {
    let sheets = || networks.iter().flat_map(|network| &network.sheets);
    for source in &measurement.sources {
        if sheets().all(|sheet| sheet.source != *source) {
            let title = source.title();
            note(format!(
                "{title} is left out: no measured layer has the head that it needs"
            ));
        }
    }
    if sheets().next().is_none() {
        let message = "none of these methods can explain any of the layers";
        let hint = "measure trial-d-gap, or use \"grad-cam\"";
        return Err(Complaint::misused(message, hint));
    }
    Ok(())
}

/// Returns the scores of every map of one network.
fn score<'a>(
    context: &Context,
    measurement: &Measurement,
    trained: &'a Trained,
    arguments: &ScoreArguments,
    steps: Option<usize>,
) -> anyhow::Result<Scored<'a>> {
    let (opened, layers) = measurement.open(context, trained, &arguments.measure)?;
    let named = !arguments.measure.layers.is_empty();
    let (trial, seed) = (trained.run.trial(), trained.run.seed());
    let label = format!("{trial} seed {seed}");
    let mut scored = Scored {
        trained,
        epoch: opened.epoch,
        checkpoint: opened.rule.clone(),
        target_class: Vec::new(),
        correct: Vec::new(),
        sheets: Vec::new(),
    };
    measurement.each_group(context, &opened.network, (&layers, &label), |group| {
        let predicted = group.survey.predicted_class.iter().zip(&group.labels);
        scored
            .correct
            .extend(predicted.map(|(class, label)| class == label));
        scored.target_class.extend(&group.survey.target_class);
        if scored.sheets.is_empty() {
            scored.sheets = sheets(measurement, &opened, group, named);
        }
        let request = ScoreRequest {
            pixels: &group.pixels,
            standardisation: measurement.standardisation(),
            target_class: &group.survey.target_class,
            confidence: &group.survey.confidence,
            steps,
        };
        for (sheet, maps) in scored.sheets.iter_mut().zip(&group.survey.maps) {
            // The curves of one method may take as long as a group.
            context.go_on()?;
            let scores = score_maps(&opened.network, &maps.saliency, &request)?;
            sheet.scores.extend(scores);
        }
        Ok(())
    })?;
    Ok(scored)
}

/// Returns the sheets of a network, without a score yet, in the order of a group's maps.
fn sheets(measurement: &Measurement, opened: &Opened, group: &Group, named: bool) -> Vec<Sheet> {
    let side = measurement.images.height();
    let ablation = ablation_layers(&opened.network, side, FINE_CELLS);
    let place = |layer: &String, native_size: [usize; 2]| {
        let fine = native_size.iter().all(|cells| *cells >= FINE_CELLS);
        match (ablation.last() == Some(layer), fine) {
            _ if named => LayerPlace::Named,
            (true, true) => LayerPlace::Both,
            (true, false) => LayerPlace::LastBlock,
            (false, _) => LayerPlace::FineCells,
        }
    };
    let maps = group.survey.maps.iter();
    maps.map(|maps| Sheet {
        layer: maps.layer.clone(),
        place: place(&maps.layer, maps.native_size),
        native_size: maps.native_size,
        source: maps.source,
        caveat: measurement.caveat(opened, &maps.layer, maps.source),
        scores: Vec::with_capacity(measurement.images.len()),
    })
    .collect()
}

/// Returns one row a map, made as they are asked for.
fn rows<'a>(
    measurement: &'a Measurement,
    networks: &'a [Scored<'a>],
) -> impl Iterator<Item = ScoreRow> + 'a {
    networks.iter().flat_map(move |network| {
        network.sheets.iter().flat_map(move |sheet| {
            let scores = sheet.scores.iter().enumerate();
            scores.map(move |(image, score)| row(measurement, network, sheet, image, score))
        })
    })
}

fn row(
    measurement: &Measurement,
    network: &Scored<'_>,
    sheet: &Sheet,
    image: usize,
    score: &MapScore,
) -> ScoreRow {
    let images = &measurement.images;
    let [native_height, native_width] = sheet.native_size;
    ScoreRow {
        dataset: images.dataset_name().to_string(),
        generated: images.is_generated(),
        split: images.split().to_string(),
        image: images.id(image),
        trial: network.trained.run.trial().to_string(),
        seed: network.trained.run.seed(),
        epoch: network.epoch,
        checkpoint: network.checkpoint.clone(),
        layer: sheet.layer.clone(),
        native_height,
        native_width,
        method: sheet.source.name().to_string(),
        target_class: images.class_names()[network.target_class[image]].clone(),
        target_rule: measurement.class.rule().to_string(),
        correct: network.correct[image],
        confidence: score.confidence.image,
        explanation_confidence: score.confidence.explanation,
        drop: score.confidence.drop(),
        increase: score.confidence.is_increase(),
        gain: score.confidence.gain(),
        area: score.area,
        empty: score.empty,
        insertion: score.curves.map(|areas| areas.insertion),
        deletion: score.curves.map(|areas| areas.deletion),
    }
}
