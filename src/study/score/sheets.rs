//! The scores of every map, network by network.

use crate::explain::metrics::{ConfidenceChange, ScoreRequest, score_maps};
use crate::explain::{Explainable, MapSource};
use crate::run::LayerPlace;
use crate::study::caveat::{Caveat, Verdicts};
use crate::study::error::StudyError;
use crate::study::groups::Group;
use crate::study::metrics::{Metric, ScoredMap};
use crate::study::pictures::Pictures;
use crate::study::subject::{Layers, Subject};
use crate::study::watch::Watch;

/// The scores of every map of one network.
#[derive(Debug, Clone)]
pub struct Scored {
    /// Name of its trial or architecture.
    pub name: String,
    /// Training seed, 0 if unknown.
    pub seed: u64,
    /// Number of convolution blocks; 0 for a network not made of them.
    pub blocks: usize,
    /// Epoch of its checkpoint, 0 if unknown.
    pub epoch: u32,
    /// Rule that selected the checkpoint, or the weight file's name.
    pub checkpoint: String,
    /// The explained class of each image.
    pub target_class: Vec<usize>,
    /// Whether each image's predicted class is its true class, if known.
    pub correct: Vec<Option<bool>>,
    /// The scores, by layer and by method within a layer.
    pub sheets: Vec<Sheet>,
}

/// The scores of one method or baseline at one layer of one network.
#[derive(Debug, Clone)]
pub struct Sheet {
    /// The layer's name.
    pub layer: String,
    /// Which of an ablation's two layers it is.
    pub place: LayerPlace,
    /// Height and width of the maps before resizing, in cells.
    pub native_size: [usize; 2],
    /// The source of the maps.
    pub source: MapSource,
    /// The text after its name in a table.
    pub caveat: Caveat,
    /// The confidence on each image and on its explanation map.
    pub confidence: Vec<ConfidenceChange>,
    /// Whether each map is constant.
    pub empty: Vec<bool>,
    /// One entry per metric: each map's value.
    pub values: Vec<Vec<f64>>,
}

impl Scored {
    /// Returns the scores of `subject` before any image.
    pub fn of(subject: &Subject) -> Self {
        Self {
            name: subject.name.clone(),
            seed: subject.seed,
            blocks: subject.blocks,
            epoch: subject.epoch,
            checkpoint: subject.checkpoint.clone(),
            target_class: Vec::new(),
            correct: Vec::new(),
            sheets: Vec::new(),
        }
    }

    /// Creates a sheet for each of a group's maps that has none yet, in their order.
    pub fn prepare(
        &mut self,
        group: &Group,
        (subject, layers, verdicts): (&Subject, &Layers, &Verdicts),
        metrics: &[&'static Metric],
    ) {
        if !self.sheets.is_empty() {
            return;
        }
        let maps = group.survey.maps.iter();
        let sheets = maps.map(|maps| Sheet {
            layer: maps.layer.clone(),
            place: layers.place(&maps.layer, maps.native_size),
            native_size: maps.native_size,
            source: maps.source,
            caveat: Caveat::of(verdicts, subject, &maps.layer, maps.source),
            confidence: Vec::new(),
            empty: Vec::new(),
            values: vec![Vec::new(); metrics.len()],
        });
        self.sheets = sheets.collect();
    }

    /// Scores the maps of a group by `network` and adds them to their sheets.
    ///
    /// # Errors
    /// [`StudyError::Stopped`]; errors of the network's forward passes.
    pub fn add(
        &mut self,
        network: &dyn Explainable,
        pictures: &Pictures,
        group: &Group,
        (metrics, steps): (&[&'static Metric], Option<usize>),
        watch: &dyn Watch,
    ) -> Result<(), StudyError> {
        let survey = &group.survey;
        let predicted = survey.predicted_class.iter().zip(&group.labels);
        let correct = predicted.map(|(class, label)| label.map(|label| label == *class));
        self.correct.extend(correct);
        self.target_class.extend(&survey.target_class);
        let request = ScoreRequest {
            pixels: &group.pixels,
            standardisation: pictures.standardisation(),
            target_class: &survey.target_class,
            confidence: &survey.confidence,
            steps,
        };
        for (sheet, maps) in self.sheets.iter_mut().zip(&survey.maps) {
            // The curves of one method may take as long as a group.
            watch.go_on()?;
            let scores = score_maps(network, &maps.saliency, &request)?;
            for (score, map) in scores.iter().zip(&maps.saliency) {
                let scored = ScoredMap {
                    map,
                    confidence: score.confidence,
                    curves: score.curves,
                };
                sheet.confidence.push(score.confidence);
                sheet.empty.push(score.empty);
                for (metric, values) in metrics.iter().zip(&mut sheet.values) {
                    values.push((metric.value)(&scored));
                }
            }
        }
        Ok(())
    }
}
