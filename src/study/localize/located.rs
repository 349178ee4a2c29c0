//! The networks of one measurement, and pictures with known objects: of a split, or your own
//! pictures with boxes.

use crate::data::photo::View;
use crate::data::{PixelBox, Split, find_class_in};
use crate::experiment::{Experiment, Resolved};
use crate::explain::localize::Truth;
use crate::run::LocalizedPictures;
use crate::study::boxes::{BoxSource, BoxedPicture, Boxes, Classes, Moved, REPORTED_SHARE, moved};
use crate::study::error::StudyError;
use crate::study::measure::{self, Measurement};
use crate::study::pictures::{PictureParts, Pictures, in_levels};
use crate::study::runs::{Runs, Trained};
use crate::study::watch::Watch;

use super::collect::Sheets;
use super::pictures::{by_layer, chosen};

/// Number of validation images that select each method's delta.
const DELTA_IMAGES: usize = 600;

/// How each method's best delta was selected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeltaRule {
    /// On this number of validation images.
    Validation(usize),
    /// On the measured pictures themselves, which is optimistic.
    Own,
}

/// The networks and the pictures with known objects.
pub(super) struct Located {
    /// The networks, and the pictures with an object.
    pub(super) measurement: Measurement,
    /// Pictures that select each method's delta; `None` if it is selected on the measured pictures.
    tuning: Option<Pictures>,
}

impl Located {
    pub(super) fn of_split(runs: &Runs, request: &measure::Request) -> Result<Self, StudyError> {
        check_objects(runs, request)?;
        let mut measurement = Measurement::new(runs, request)?;
        measurement.pictures = measurement.pictures.with_objects();
        if measurement.pictures.is_empty() {
            return Err(no_objects(&measurement.pictures.dataset));
        }
        let tuning = match request.split {
            Split::Test => {
                let request = measure::Request {
                    split: Split::Validation,
                    limit: Some(request.limit.unwrap_or(DELTA_IMAGES).min(DELTA_IMAGES)),
                    ..request.clone()
                };
                Some(Measurement::new(runs, &request)?.pictures.with_objects())
            }
            Split::Train | Split::Validation => None,
        };
        Ok(Self {
            measurement,
            tuning,
        })
    }

    pub(super) fn of_boxes(
        runs: &Runs,
        request: &measure::Request,
        source: &BoxSource,
        watch: &dyn Watch,
    ) -> Result<Self, StudyError> {
        let mut measurement = Measurement::new(runs, request)?;
        measurement.pictures = boxed(&measurement.pictures, source, watch)?;
        Ok(Self {
            measurement,
            tuning: None,
        })
    }

    /// Returns how each method's best delta is selected.
    pub(super) fn delta_rule(&self) -> DeltaRule {
        match &self.tuning {
            Some(tuning) => DeltaRule::Validation(tuning.len()),
            None => DeltaRule::Own,
        }
    }

    /// Measures the networks of one trial, one per seed, and adds the pictures of the first to
    /// `drawn`.
    pub(super) fn trial(
        &self,
        runs: &Runs,
        seeds: &[Trained],
        drawn: &mut Vec<LocalizedPictures>,
        watch: &dyn Watch,
    ) -> Result<Sheets, StudyError> {
        let measurement = &self.measurement;
        let all = &measurement.pictures;
        let mut sheets = Sheets::default();
        for (place, trained) in seeds.iter().enumerate() {
            let (subject, layers) = measurement.open(runs, trained, watch)?;
            let question = measurement.question(runs, &layers);
            let (network, label) = (subject.network(), trained.label());
            question.each_group(network, all, (watch, &label), |group| {
                let about = (&subject, &layers, &measurement.verdicts);
                sheets.add(group, &all.truths, about);
                Ok(())
            })?;
            if let Some(tuning) = &self.tuning {
                let label = format!("{label}: delta");
                question.each_group(network, tuning, (watch, &label), |group| {
                    sheets.tune(group, &tuning.truths);
                    Ok(())
                })?;
            }
            if place == 0 {
                let shown = all.at(&chosen(&all.truths));
                let group = question.group(network, &shown, 0..shown.len())?;
                let target = measurement.target;
                drawn.extend(by_layer(&subject, &shown, target, &group));
            }
        }
        watch.go_on()?;
        sheets.finish(self.tuning.is_some());
        Ok(sheets)
    }
}

/// Fails if the data set of the first trial does not know where the objects of its images are.
///
/// # Errors
/// [`StudyError::NoObjects`]; an unknown experiment.
pub fn check_objects(runs: &Runs, request: &measure::Request) -> Result<(), StudyError> {
    let Some(trial) = request.trials.first() else {
        return Ok(());
    };
    let shipped: Resolved<Experiment> = runs.experiment(trial, request.base.as_deref(), &[])?;
    let dataset = shipped.experiment.data.dataset;
    match dataset.has_objects() {
        true => Ok(()),
        false => Err(no_objects(dataset.name())),
    }
}

fn no_objects(dataset: &str) -> StudyError {
    StudyError::NoObjects {
        dataset: dataset.to_string(),
    }
}

/// Returns the pictures of the CSV as seen by networks trained on images `like` these.
fn boxed(like: &Pictures, source: &BoxSource, watch: &dyn Watch) -> Result<Pictures, StudyError> {
    let size = like.size;
    let view = View::LargestSquare { side: size[0] };
    let find = |name: &str| find_class_in(&like.class_names, name);
    let classes = Classes {
        find: &find,
        names: &like.class_names,
    };
    let boxes = Boxes::open(source, classes, watch)?;
    let (mut pixels, mut labels, mut ids, mut truths) = (vec![], vec![], vec![], vec![]);
    for picture in &boxes.pictures {
        let found = boxes.photo(picture)?;
        let window = view.window(found.photo.width(), found.photo.height());
        let framed = in_frame(picture, |bounds| moved(bounds, window, size), watch);
        let Some(truth) = Truth::of_boxes(&framed, size) else {
            let name = &found.name;
            watch.note(&format!(
                "omitted \"{name}\": no box lies in its centred square"
            ));
            continue;
        };
        pixels.push(in_levels(view.pixels(&found.photo)));
        labels.push(found.label);
        ids.push(found.name);
        truths.push(truth);
    }
    if truths.is_empty() {
        return Err(boxes.none_in_view(true));
    }
    let stem = source.csv.file_stem().unwrap_or(source.csv.as_os_str());
    let pictures = Pictures::of_parts(PictureParts {
        dataset: stem.to_string_lossy().into_owned(),
        rule: String::new(),
        ids,
        labels,
        pixels,
        side: view.side(),
        class_names: like.class_names.clone(),
        normalisation: like.normalisation,
    });
    Ok(pictures.with_truths(truths))
}

/// Returns the boxes of `picture` as the network sees them, and notes what is cut off.
fn in_frame(
    picture: &BoxedPicture,
    moved: impl Fn([f64; 4]) -> Moved,
    watch: &dyn Watch,
) -> Vec<PixelBox> {
    let mut boxes = Vec::new();
    for object in &picture.objects {
        let note = |what: &str| {
            let (file, line) = (picture.file.display(), object.line);
            watch.note(&format!(
                "line {line}: {what} the centred square of \"{file}\""
            ));
        };
        match moved(object.bounds) {
            Moved::Whole(bounds) => boxes.push(bounds),
            Moved::Cut(bounds, share) => {
                if share >= REPORTED_SHARE {
                    note(&format!("{:.0} % of the box lies outside", 100.0 * share));
                }
                boxes.push(bounds);
            }
            Moved::Outside => note("the box is omitted because it lies outside"),
        }
    }
    boxes
}
