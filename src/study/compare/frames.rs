//! Predictors compared: the errors of the frames that they predict on the same test clips.

use crate::evaluate::{ForecastScores, FrameMeasure, Horizon, SCORED_FRAMES};
use crate::experiment::ForecastExperiment;
use crate::run::ComparedRow;
use crate::study::forecast::scores_of;
use crate::study::{Runs, Watch};

use super::comparison::{Comparison, Request, differences, folders};
use super::error::CompareError;
use super::scores::{Scored, blank, tables};
use super::sides::Side;

/// The scores of a comparison.
const MEASURES: [FrameMeasure; 2] = [FrameMeasure::Mse, FrameMeasure::Ssim];

pub(super) fn measure(
    runs: &Runs,
    sides: &[Side<ForecastExperiment>],
    request: &Request,
    watch: &dyn Watch,
) -> Result<Comparison, CompareError> {
    let networks: Vec<_> = sides.iter().flat_map(|side| side.runs.clone()).collect();
    let mut found = scores_of(runs, &networks, request.which, watch)?.into_iter();
    let mut sides_found = Vec::new();
    for side in sides {
        let own: Vec<(u32, ForecastScores)> = found.by_ref().take(side.runs.len()).collect();
        sides_found.push(own);
    }
    let (mut scores, mut pairs) = (Vec::new(), Vec::new());
    for horizon in Horizon::ALL {
        for measure in MEASURES {
            let scored = sides.iter().zip(&sides_found).map(|(side, own)| {
                let experiment = &side.runs[0].experiment.experiment;
                let size = experiment.size();
                let epochs: Vec<u32> = own.iter().map(|(epoch, _)| *epoch).collect();
                let of_clips = |scores: &ForecastScores| -> Vec<f64> {
                    let frames = |clip: usize| (0..SCORED_FRAMES).map(move |frame| (clip, frame));
                    let mean = |clip: usize| {
                        let values = frames(clip)
                            .map(|(clip, frame)| scores.at(clip, horizon, frame, measure));
                        values.sum::<f64>() / SCORED_FRAMES as f64
                    };
                    (0..scores.clips()).map(mean).collect()
                };
                Scored {
                    about: ComparedRow {
                        checkpoint: request.which.to_string(),
                        dataset: experiment.clips.dataset.name().to_string(),
                        generated: experiment.clips.dataset.is_generated(),
                        parameters: size.parameters,
                        multiply_adds: size.multiply_adds,
                        score: format!("{horizon} {}", measure.name()),
                        ..blank(side, &epochs)
                    },
                    by_seed: own.iter().map(|(_, scores)| of_clips(scores)).collect(),
                }
            });
            let (rows, paired) = tables(&scored.collect::<Vec<_>>(), false);
            scores.extend(rows);
            pairs.extend(paired);
        }
    }
    Ok(Comparison {
        labels: sides.iter().map(|side| side.label.clone()).collect(),
        differences: differences(sides),
        scores,
        pairs,
        maps: None,
        agreement: None,
        folders: folders(sides),
    })
}
