//! From pictures to maps, group by group: the loop shared by all studies that measure maps.

use std::ops::Range;

use burn::tensor::{Device, Tensor};

use crate::explain::{
    Explainable, MapSource, Needs, SignedSurvey, Survey, SurveyRequest, TargetRule, TargetSpec,
    signed_survey, survey,
};

use super::choice::target_spec;
use super::error::StudyError;
use super::pictures::Pictures;
use super::watch::Watch;

/// Number of pictures explained at once; bounds memory and the delay of a signal.
const AT_ONCE: usize = 128;
/// The same for a method with many forward passes per map.
const AT_ONCE_ASKED: usize = 8;
/// Seed of the random baseline.
const BASELINE_SEED: u64 = 0;

/// What to explain of each picture.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The methods and baselines; those that a layer does not allow are omitted there.
    pub sources: &'a [MapSource],
    /// The layers.
    pub layers: &'a [String],
    /// The explained class.
    pub target: TargetRule,
    /// Device of the tensors.
    pub device: &'a Device,
}

/// One group of pictures, explained.
#[derive(Debug, Clone)]
pub struct Group {
    /// Their places among all pictures.
    pub places: Range<usize>,
    /// The pictures, `[batch, channels, height, width]`, 0 to 1.
    pub pixels: Tensor<4>,
    /// Their true classes, where known.
    pub labels: Vec<Option<usize>>,
    /// Their maps.
    pub survey: Survey,
}

impl Question<'_> {
    /// Returns the number of pictures explained between two checks for a stop.
    pub(super) fn at_once(&self) -> usize {
        let asks = |source: &MapSource| match source {
            MapSource::Method(method) => method.needs() == Needs::Questions,
            MapSource::Baseline(_) => false,
        };
        match self.sources.iter().any(asks) {
            true => AT_ONCE_ASKED,
            false => AT_ONCE,
        }
    }

    /// Explains all pictures with `network` and passes each group to `with`. `label` names the
    /// work.
    ///
    /// # Errors
    /// [`StudyError::Stopped`]; errors of explaining or of `with`.
    pub fn each_group(
        &self,
        network: &dyn Explainable,
        pictures: &Pictures,
        (watch, label): (&dyn Watch, &str),
        mut with: impl FnMut(&Group) -> Result<(), StudyError>,
    ) -> Result<(), StudyError> {
        let progress = watch.begin(label, Some(pictures.len()));
        let at_once = self.at_once();
        for start in (0..pictures.len()).step_by(at_once) {
            watch.go_on()?;
            let places = start..(start + at_once).min(pictures.len());
            let group = self.group(network, pictures, places)?;
            with(&group)?;
            progress.advance(group.labels.len());
        }
        Ok(())
    }

    /// Returns the pictures at `places` with their maps.
    ///
    /// # Errors
    /// Errors of explaining; [`StudyError::TrueClassUnknown`].
    pub fn group(
        &self,
        network: &dyn Explainable,
        pictures: &Pictures,
        places: Range<usize>,
    ) -> Result<Group, StudyError> {
        let labels = pictures.labels[places.clone()].to_vec();
        let pixels = pictures.tensor(places.clone(), self.device);
        self.explain(network, pictures, (places, labels), pixels)
    }

    /// Returns all of `pictures` with their maps, numbered after `before` other pictures. For
    /// pictures too many to hold at once.
    ///
    /// # Errors
    /// As [`group`](Self::group).
    pub fn group_after(
        &self,
        before: usize,
        network: &dyn Explainable,
        pictures: &Pictures,
    ) -> Result<Group, StudyError> {
        let pixels = pictures.tensor(0..pictures.len(), self.device);
        let places = before..before + pictures.len();
        self.explain(network, pictures, (places, pictures.labels.clone()), pixels)
    }

    /// Returns the signed maps of the pictures at `places`; baselines, which have no sign, are
    /// omitted.
    ///
    /// # Errors
    /// Errors of explaining; [`StudyError::TrueClassUnknown`].
    pub fn signed(
        &self,
        network: &dyn Explainable,
        pictures: &Pictures,
        places: Range<usize>,
    ) -> Result<SignedSurvey, StudyError> {
        let target = target_spec(self.target, &pictures.labels[places.clone()])?;
        let pixels = pictures.tensor(places, self.device);
        let input = pictures.standardisation().apply(pixels);
        let methods = self.sources.iter().filter_map(|source| match source {
            MapSource::Method(method) => Some(*method),
            MapSource::Baseline(_) => None,
        });
        let methods: Vec<_> = methods.collect();
        let asked = (self.layers, methods.as_slice());
        Ok(signed_survey(network, input, &target, asked)?)
    }

    fn explain(
        &self,
        network: &dyn Explainable,
        pictures: &Pictures,
        (places, labels): (Range<usize>, Vec<Option<usize>>),
        pixels: Tensor<4>,
    ) -> Result<Group, StudyError> {
        let target = target_spec(self.target, &labels)?;
        let group = Group {
            places,
            survey: Survey {
                target_class: Vec::new(),
                predicted_class: Vec::new(),
                confidence: Vec::new(),
                maps: Vec::new(),
            },
            pixels,
            labels,
        };
        let survey = self.again(network, pictures, &group, &target)?;
        Ok(Group { survey, ..group })
    }

    /// Returns the maps of a group's pictures by another network, or for other classes.
    ///
    /// # Errors
    /// Errors of explaining.
    pub fn again(
        &self,
        network: &dyn Explainable,
        pictures: &Pictures,
        group: &Group,
        target: &TargetSpec,
    ) -> Result<Survey, StudyError> {
        let numbers: Vec<u64> = group.places.clone().map(|place| place as u64).collect();
        Ok(survey(
            network,
            &SurveyRequest {
                pixels: group.pixels.clone(),
                image_numbers: &numbers,
                standardisation: pictures.standardisation(),
                layers: self.layers,
                sources: self.sources,
                target,
                seed: BASELINE_SEED,
            },
        )?)
    }
}
