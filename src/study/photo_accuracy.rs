//! How often published networks name photographs right.

use std::path::PathBuf;

use burn::tensor::activation::softmax;
use burn::tensor::{Device, Tensor, TensorData};

use crate::data::image_set::CHANNELS;
use crate::data::photo::{Photo, View};
use crate::data::statistics::Interval;
use crate::explain::Standardisation;
use crate::model::tap::Tap;

use super::error::StudyError;
use super::photos::{PhotoReader, labelled};
use super::runs::Runs;
use super::table::Summary;
use super::watch::Watch;
use super::weights::Published;

/// Classes that a top-5 prediction may name.
const TOP_CLASSES: usize = 5;

/// Which photographs, and how they are judged.
#[derive(Debug, Clone)]
pub struct Request {
    /// Their folder.
    pub folder: PathBuf,
    /// Table of their classes; `labels.csv` in the folder where none is named.
    pub labels: Option<PathBuf>,
    /// Whether to skip those that cannot be read.
    pub skip_bad: bool,
    /// Whether to judge each by ten crops: the corners and the centre and their mirror images, by the
    /// mean of their probabilities.
    pub ten_crop: bool,
}

/// The accuracy of one network.
#[derive(Debug, Clone)]
pub struct PhotoAccuracy {
    /// Photographs judged.
    pub photos: usize,
    /// Photographs skipped.
    pub skipped: usize,
    /// Share of photographs whose likeliest class is right, with its interval, 0 to 1.
    pub top1: Interval,
    /// The same for the five likeliest classes.
    pub top5: Interval,
}

/// Returns the accuracy of `published`.
///
/// # Errors
/// Photographs that cannot be read or whose class is not known; answers that are not finite;
/// [`StudyError::Stopped`].
pub fn measure(
    runs: &Runs,
    published: &Published,
    request: &Request,
    watch: &dyn Watch,
) -> Result<PhotoAccuracy, StudyError> {
    let labels = request.labels.as_deref();
    let files = labelled(&request.folder, labels, &published.sight.class_names)?;
    let mut reader = PhotoReader {
        skip: request.skip_bad,
        skipped: 0,
    };
    let name = published.name.name();
    let progress = watch.begin(name, Some(files.len()));
    let mut ranks = Vec::new();
    for file in &files {
        watch.go_on()?;
        let label = file.label.ok_or_else(|| StudyError::ClassUnknown {
            name: file.name.clone(),
            drawn: false,
        })?;
        if let Some(found) = reader.read(file, watch)? {
            let pixels = seen(published.sight.view, &found.photo, request.ten_crop);
            let scores = scores(logits(published, pixels, &runs.device.device));
            if !scores.iter().all(|score| score.is_finite()) {
                return Err(StudyError::NotFinite {
                    network: name.to_string(),
                    picture: file.name.clone(),
                    weights: published.file.clone(),
                });
            }
            ranks.push(rank(&scores, label));
        }
        progress.advance(1);
    }
    if ranks.is_empty() {
        return Err(StudyError::NoneRead {
            path: request.folder.clone(),
        });
    }
    let share = |most: usize| {
        let right = ranks.iter().map(|rank| f64::from(u8::from(*rank < most)));
        right.collect::<Vec<f64>>()
    };
    let mut summary = Summary::default();
    let (top1, top5) = (summary.add(share(1)), summary.add(share(TOP_CLASSES)));
    let found = summary.intervals();
    Ok(PhotoAccuracy {
        photos: ranks.len(),
        skipped: reader.skipped,
        top1: found[top1],
        top5: found[top5],
    })
}

/// What is judged of a picture, `[crops, channels, height, width]`: ten crops or one.
fn seen(view: View, photo: &Photo, ten_crop: bool) -> Vec<f32> {
    match ten_crop {
        true => view.ten_crops(photo),
        false => view.pixels(photo),
    }
}

/// The logits, `[crops, classes]`, of one or more crops of a picture.
fn logits(published: &Published, pixels: Vec<f32>, device: &Device) -> Tensor<2> {
    let side = published.sight.view.side();
    let crops = pixels.len() / (CHANNELS * side * side);
    let data = TensorData::new(pixels, [crops, CHANNELS, side, side]);
    let images = Tensor::<4>::from_data(data, device);
    let normalisation = &published.sight.normalisation;
    let standardisation = Standardisation {
        mean: &normalisation.mean,
        std: &normalisation.std,
    };
    let network = published.subject.network();
    network.forward_tapped(standardisation.apply(images), &mut Tap::off())
}

/// How many classes are named before `label`: the likelier ones, and of equal ones the first.
fn rank(scores: &[f32], label: usize) -> usize {
    let own = scores[label];
    let before = |(class, score): (usize, &f32)| *score > own || (*score == own && class < label);
    let named = scores.iter().enumerate();
    named.filter(|&scored| before(scored)).count()
}

/// What ranks the classes: a single crop's logits, or the mean of several crops' probabilities. The
/// logits are `[crops, classes]`.
fn scores(logits: Tensor<2>) -> Vec<f32> {
    let scores = match logits.dims()[0] {
        1 => logits,
        _ => softmax(logits, 1).mean_dim(0),
    };
    scores.into_data().iter::<f32>().collect()
}

#[cfg(test)]
#[path = "photo_accuracy_tests.rs"]
mod tests;
