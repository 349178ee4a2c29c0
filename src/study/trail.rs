//! The trail: one picture as every network of an ablation sees it, along its training and with random
//! weights.

use crate::data::random::{below, stream};
use crate::data::{ImageShape, Splits};
use crate::explain::{Method, TargetRule};
use crate::model::{Prediction, TrainedNetwork};
use crate::run::ExplanationSet;

use super::choice::{MethodChoice, QuantityChoice};
use super::error::StudyError;
use super::maps::{MapRequest, add_maps, empty_set};
use super::pictures::Pictures;
use super::runs::{Runs, Trained};
use super::selection::Selection;
use super::subject::{LayerChoice, Subject, TrainedSubject};
use super::watch::Watch;
use super::which::Which;

/// Method of the maps.
const METHOD: &str = "grad-cam";
/// Epochs that are shown, as far as a run has them, before its last.
const EPOCHS: [u32; 5] = [0, 1, 2, 5, 10];
/// The checkpoint of a network whose weights are drawn at random.
const RANDOMISED: &str = "randomised";
/// Random stream of those weights.
const PURPOSE: &str = "trail/randomised";

/// Returns the picture of the trail: the first of `pictures` if they were selected by number, otherwise
/// the first of the test split that the deepest network classifies right and the shallowest wrong, by
/// the predictions in `ends`.
pub(super) fn picture(
    (selection, pictures): (&Selection, &Pictures),
    ends: Option<(&Vec<Prediction>, &Vec<Prediction>)>,
    data: &Splits,
) -> Pictures {
    if let (Selection::FirstOfEachClass(_), Some((shallow, deep))) = (selection, ends)
        && let Some((place, rule)) = by_rule(shallow, deep)
    {
        let all = Pictures::of_set(data.test.clone(), data.normalisation);
        return all.chosen(&[place], rule);
    }
    pictures.chosen(&[0], "Picture: the first of the ablation.".to_string())
}

/// Returns the place of the picture in the test split, and the rule; nothing if the deepest network is
/// never right.
fn by_rule(shallow: &[Prediction], deep: &[Prediction]) -> Option<(usize, String)> {
    let is_right = |prediction: &Prediction| prediction.class == prediction.label;
    let mut pairs = shallow.iter().zip(deep);
    let told_apart = pairs.position(|(shallow, deep)| is_right(deep) && !is_right(shallow));
    let (place, also) = match told_apart {
        Some(place) => (place, " and the shallowest wrong"),
        None => (deep.iter().position(is_right)?, ""),
    };
    let rule = "Picture: the first of the test split that the deepest network classifies right";
    Some((place, format!("{rule}{also}.")))
}

/// Returns the maps of the true class of the picture in `pictures`: those of each network's first
/// checkpoints and its last, and of the same architecture with random weights, at the deepest layer
/// that is not too coarse.
///
/// # Errors
/// As [`Trained::open`]; [`StudyError::Stopped`].
pub(super) fn measure(
    runs: &Runs,
    networks: &[Trained],
    pictures: &Pictures,
    watch: &dyn Watch,
) -> Result<ExplanationSet, StudyError> {
    let mut set = empty_set(pictures);
    let methods = MethodChoice::Named(vec![Method::parse(METHOD)?]);
    let mut add = |subject: &Subject| {
        let layers = LayerChoice::Ablation.layers(subject, pictures.size[0])?;
        let request = MapRequest {
            // The finer of the two comes first.
            layers: &layers.names[..1],
            methods: &methods,
            target: TargetRule::True,
            quantity: &QuantityChoice::default(),
            device: &runs.device.device,
        };
        add_maps(&mut set, subject, pictures, &request, watch)
    };
    for trained in networks {
        let last = trained.open(Which::Last, runs)?;
        for epoch in trained.epochs()? {
            watch.go_on()?;
            if EPOCHS.contains(&epoch) && epoch < last.epoch {
                match trained.open(Which::Epoch(epoch), runs) {
                    // Removed by a training since the checkpoints were listed.
                    Err(StudyError::NoCheckpoint { .. }) => {}
                    opened => add(&opened?)?,
                }
            }
        }
        add(&last)?;
        add(&randomised(runs, trained)?)?;
    }
    Ok(set)
}

/// Returns the network of `trained` with weights drawn from its initialiser, with a seed that no
/// training has.
fn randomised(runs: &Runs, trained: &Trained) -> Result<Subject, StudyError> {
    let ImageShape { side, classes } = trained.shape(runs)?;
    let model = &trained.experiment.experiment.model;
    let mut rng = stream(trained.run.seed(), PURPOSE, 0);
    let seed = u64::from(u32::MAX) + below(&mut rng, u64::from(u32::MAX));
    let device = &runs.device.device;
    Ok(Subject::trained(TrainedSubject {
        network: TrainedNetwork::untrained(model, (side, side), classes, seed, device),
        name: trained.run.trial().to_string(),
        seed: trained.run.seed(),
        epoch: 0,
        checkpoint: RANDOMISED.to_string(),
        blocks: model.blocks(),
        weights: None,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_picture_tells_the_deepest_from_the_shallowest_if_any_does() {
        let predicted = |classes: [usize; 3]| {
            let of = |class: usize| Prediction {
                label: 1,
                class,
                confidence: 0.5,
                label_confidence: 0.5,
                rank: 0,
                top: Vec::new(),
            };
            classes.map(of)
        };
        let place = |shallow, deep| by_rule(&predicted(shallow), &predicted(deep));
        let (found, rule) = place([1, 0, 0], [1, 0, 1]).expect("the third");
        assert_eq!(found, 2);
        assert!(
            rule.ends_with("classifies right and the shallowest wrong."),
            "{rule}"
        );
        let (found, rule) = place([1, 1, 1], [0, 1, 1]).expect("the second");
        assert_eq!(found, 1);
        assert!(rule.ends_with("classifies right."), "{rule}");
        assert_eq!(place([1, 1, 1], [0, 0, 0]), None);
    }
}
