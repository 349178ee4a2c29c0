//! Accuracy of published networks on photographs.

use std::path::PathBuf;

use burn::tensor::{Device, Tensor, TensorData};

use crate::data::image_set::CHANNELS;
use crate::data::photo::{Photo, View};
use crate::data::statistics::Interval;
use crate::explain::Standardisation;
use crate::kernels::{mean_dim, softmax};
use crate::model::tap::Tap;

use super::error::StudyError;
use super::photo_folder::{PhotoFolder, labelled};
use super::photos::PhotoReader;
use super::runs::Runs;
use super::table::Summary;
use super::watch::Watch;
use super::weights::Published;

/// Number of classes in a top-5 prediction.
const TOP_CLASSES: usize = 5;

/// The photographs, and how they are classified.
#[derive(Debug, Clone)]
pub struct Request {
    /// Their folder.
    pub folder: PathBuf,
    /// Table of their classes; `labels.csv` in the folder if none is given.
    pub labels: Option<PathBuf>,
    /// Whether to skip unreadable files.
    pub skip_bad: bool,
    /// Whether to classify each from ten crops (corners, centre and their mirror images) by the
    /// mean of their probabilities.
    pub ten_crop: bool,
}

/// The accuracy of one network.
#[derive(Debug, Clone)]
pub struct PhotoAccuracy {
    /// Number of photographs classified.
    pub photos: usize,
    /// Number of photographs skipped.
    pub skipped: usize,
    /// What of the folder was not read, in words; `None` if all of it was.
    pub unread: Option<String>,
    /// Share of photographs whose most probable class is correct, with its interval, 0 to 1.
    pub top1: Interval,
    /// The same for the five most probable classes.
    pub top5: Interval,
}

/// Returns the accuracy of `published`.
///
/// # Errors
/// Photographs that cannot be read or have no known class; outputs that are not finite;
/// [`StudyError::Stopped`].
pub fn measure(
    runs: &Runs,
    published: &Published,
    request: &Request,
    watch: &dyn Watch,
) -> Result<PhotoAccuracy, StudyError> {
    let labels = request.labels.as_deref();
    let PhotoFolder { files, unread } =
        labelled(&request.folder, labels, &published.sight.class_names)?;
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
        unread,
        top1: found[top1],
        top5: found[top5],
    })
}

/// Returns the crops of a picture, `[crops, channels, height, width]`: ten or one.
fn seen(view: View, photo: &Photo, ten_crop: bool) -> Vec<f32> {
    match ten_crop {
        true => view.ten_crops(photo),
        false => view.pixels(photo),
    }
}

/// Returns the logits, `[crops, classes]`, of one or more crops of a picture.
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

/// Returns the number of classes ranked before `label`: those with a higher score, and those with
/// the same score and a lower number.
fn rank(scores: &[f32], label: usize) -> usize {
    let own = scores[label];
    let before = |(class, score): (usize, &f32)| *score > own || (*score == own && class < label);
    let named = scores.iter().enumerate();
    named.filter(|&scored| before(scored)).count()
}

/// Returns the scores that rank the classes: a single crop's logits, or the mean of several crops'
/// probabilities. The logits are `[crops, classes]`.
fn scores(logits: Tensor<2>) -> Vec<f32> {
    let scores = match logits.dims()[0] {
        1 => logits,
        _ => mean_dim(softmax(logits), 0),
    };
    scores.into_data().iter::<f32>().collect()
}

#[cfg(test)]
#[path = "photo_accuracy_tests.rs"]
mod tests;
