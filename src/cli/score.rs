//! `score`: what the maps of trained networks are worth over a whole split, by depth, method and
//! layer. Called by [`super::run`] and `reproduce`.

use std::path::{Path, PathBuf};

use crate::explain::metrics::{MapScore, ScoreRequest, score_maps};
use crate::explain::{Explainable, MapSource, Standardisation};
use crate::figure::{Figure, ScoreDepth};
use crate::run::{LayerPlace, RunError, ScorePair, ScoreRow, ScoreSummary, TableRow};

use super::DONE;
use super::arguments::ScoreArguments;
use super::caveat::Caveat;
use super::context::Context;
use super::failure::Complaint;
use super::maps::ClassChoice;
use super::measure::{Group, Measurement};
use super::network::{FINE_CELLS, Opened, Trained, ablation_layers};
use super::output::{note, result};
use super::score_table::{ScoreTables, summarise};
use super::score_text::print;

/// Folder of the tables and the figure.
pub(super) const FOLDER: &str = "scores";

/// The images of one measurement, for its tables.
pub(super) struct ScoredImages {
    /// Data set name, or that of a folder.
    pub(super) dataset: String,
    /// Whether they are generated.
    pub(super) generated: bool,
    /// Which images: a split's name, or [`PICTURES`](super::measure::PICTURES).
    pub(super) split: String,
    /// Name of each image.
    pub(super) ids: Vec<String>,
    /// Names of the classes.
    pub(super) class_names: Vec<String>,
    /// How the explained class was chosen.
    pub(super) class: ClassChoice,
}

impl ScoredImages {
    /// The images of a split.
    fn of(measurement: &Measurement) -> Self {
        let images = &measurement.images;
        Self {
            dataset: images.dataset_name().to_string(),
            generated: images.is_generated(),
            split: images.split().to_string(),
            ids: (0..images.len()).map(|image| images.id(image)).collect(),
            class_names: images.class_names().to_vec(),
            class: measurement.class.clone(),
        }
    }
}

/// Every map's scores of one network.
pub(super) struct Scored {
    /// Its name: that of its trial, or of the architecture.
    pub(super) name: String,
    /// Training seed, 0 where it is not known.
    pub(super) seed: u64,
    /// Convolution blocks; 0 of a network that is not made of such.
    pub(super) blocks: usize,
    /// Epoch of its checkpoint, 0 where it is not known.
    pub(super) epoch: u32,
    /// Rule that picked the checkpoint, or the weight file's name.
    pub(super) checkpoint: String,
    /// The class each image is explained for.
    pub(super) target_class: Vec<usize>,
    /// Whether each image's predicted class is its true one, where that is known.
    pub(super) correct: Vec<Option<bool>>,
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
    pub(super) caveat: Caveat,
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
    tell_left_out(&measurement.sources, &networks)?;
    let out = context.figures(
        arguments.measure.out.as_deref(),
        &[images.dataset_name(), FOLDER],
    );
    let images = ScoredImages::of(&measurement);
    let tables = summarise(&images, &networks, steps);
    let paths = write(&out, &images, &networks, &tables)?;
    print(&tables, arguments.measure.limit.is_some());
    let figure = ScoreDepth {
        rows: &tables.means,
    };
    Ok(paths.into_iter().chain(figure.save(&out)?).collect())
}

/// Writes the rows of every map, the means and the comparisons into `out`, and returns the files.
pub(super) fn write(
    out: &Path,
    images: &ScoredImages,
    networks: &[Scored],
    tables: &ScoreTables,
) -> Result<[PathBuf; 3], RunError> {
    let paths = [ScoreRow::FILE, ScoreSummary::FILE, ScorePair::FILE].map(|name| out.join(name));
    let [every_map, means, pairs] = &paths;
    ScoreRow::write(every_map, rows(images, networks))?;
    ScoreSummary::write(means, &tables.means)?;
    ScorePair::write(pairs, &tables.pairs)?;
    Ok(paths)
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
pub(super) fn tell_left_out(sources: &[MapSource], networks: &[Scored]) -> Result<(), Complaint> {
    let sheets = || networks.iter().flat_map(|network| &network.sheets);
    for source in sources {
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
fn score(
    context: &Context,
    measurement: &Measurement,
    trained: &Trained,
    arguments: &ScoreArguments,
    steps: Option<usize>,
) -> anyhow::Result<Scored> {
    let (opened, layers) = measurement.open(context, trained, &arguments.measure)?;
    let named = !arguments.measure.layers.is_empty();
    let (trial, seed) = (trained.run.trial(), trained.run.seed());
    let label = format!("{trial} seed {seed}");
    let mut scored = Scored {
        name: trial.to_string(),
        seed,
        blocks: trained.experiment.experiment.model.blocks(),
        epoch: opened.epoch,
        checkpoint: opened.rule.clone(),
        target_class: Vec::new(),
        correct: Vec::new(),
        sheets: Vec::new(),
    };
    measurement.each_group(context, &opened.network, (&layers, &label), |group| {
        if scored.sheets.is_empty() {
            scored.sheets = sheets(measurement, &opened, group, named);
        }
        let standardisation = measurement.standardisation();
        scored.add(context, &opened.network, group, (standardisation, steps))
    })?;
    Ok(scored)
}

impl Scored {
    /// Scores the maps of a group by `network` and adds them; there is a sheet for each.
    pub(super) fn add<N: Explainable + ?Sized>(
        &mut self,
        context: &Context,
        network: &N,
        group: &Group,
        (standardisation, steps): (Standardisation<'_>, Option<usize>),
    ) -> anyhow::Result<()> {
        let survey = &group.survey;
        let predicted = survey.predicted_class.iter().zip(&group.labels);
        let correct = predicted.map(|(class, label)| label.map(|label| label == *class));
        self.correct.extend(correct);
        self.target_class.extend(&survey.target_class);
        let request = ScoreRequest {
            pixels: &group.pixels,
            standardisation,
            target_class: &survey.target_class,
            confidence: &survey.confidence,
            steps,
        };
        for (sheet, maps) in self.sheets.iter_mut().zip(&survey.maps) {
            // The curves of one method may take as long as a group.
            context.go_on()?;
            let scores = score_maps(network, &maps.saliency, &request)?;
            sheet.scores.extend(scores);
        }
        Ok(())
    }
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
    images: &'a ScoredImages,
    networks: &'a [Scored],
) -> impl Iterator<Item = ScoreRow> + 'a {
    networks.iter().flat_map(move |network| {
        network.sheets.iter().flat_map(move |sheet| {
            let scores = sheet.scores.iter().enumerate();
            scores.map(move |(image, score)| row(images, network, sheet, (image, score)))
        })
    })
}

fn row(
    images: &ScoredImages,
    network: &Scored,
    sheet: &Sheet,
    (image, score): (usize, &MapScore),
) -> ScoreRow {
    let [native_height, native_width] = sheet.native_size;
    ScoreRow {
        dataset: images.dataset.clone(),
        generated: images.generated,
        split: images.split.clone(),
        image: images.ids[image].clone(),
        trial: network.name.clone(),
        seed: network.seed,
        epoch: network.epoch,
        checkpoint: network.checkpoint.clone(),
        layer: sheet.layer.clone(),
        native_height,
        native_width,
        method: sheet.source.name().to_string(),
        target_class: images.class_names[network.target_class[image]].clone(),
        target_rule: images.class.rule().to_string(),
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
