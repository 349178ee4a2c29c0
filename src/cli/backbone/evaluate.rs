//! `evaluate --photos`: how often ImageNet networks name photographs right. Called by the verb.

use burn::tensor::activation::softmax;
use burn::tensor::{Tensor, TensorData};

use crate::cli::DONE;
use crate::cli::arguments::EvaluateArguments;
use crate::cli::context::Context;
use crate::cli::failure::Complaint;
use crate::cli::measure::progress;
use crate::cli::output::{result, table};
use crate::data::image_set::CHANNELS;
use crate::data::photo::{Photo, View};
use crate::explain::{Interval, Standardisation, bootstrap};
use crate::model::tap::Tap;

use super::opened::OpenedBackbone;
use super::photos::{PhotoReader, labelled};

/// Classes that a top-5 prediction may name.
const TOP_CLASSES: usize = 5;
/// Seed of the bootstrap.
const SEED: u64 = 0;

/// Measures the accuracy of each network and prints a table.
pub(in crate::cli) fn evaluate_photos(
    context: &Context,
    arguments: &EvaluateArguments,
) -> anyhow::Result<u8> {
    let photos = &arguments.photos;
    if photos.from.weights.is_some() && arguments.trials.len() > 1 {
        let message = "--weights gives the weights of one network";
        return Err(Complaint::misused(message, "evaluate the networks one by one").into());
    }
    let Some(folder) = &photos.photos else {
        let message = "ImageNet networks are evaluated on photographs";
        let hint = "name their folder: --photos DIR; or, for networks trained here, their data: \
                    --dataset cifar-100";
        return Err(Complaint::misused(message, hint).into());
    };
    let header = [
        "network", "weights", "pictures", "top-1 %", "", "top-5 %", "",
    ];
    let mut rows = vec![header.map(str::to_string).to_vec()];
    let mut skipped = 0;
    for name in &arguments.trials {
        let opened = OpenedBackbone::open(context, name.parse()?, &photos.from)?;
        let files = labelled(folder, photos.labels.as_deref(), &opened.class_names)?;
        let mut reader = PhotoReader {
            skip: photos.skip_bad,
            skipped: 0,
        };
        let bar = progress(files.len(), name);
        let mut ranks = Vec::new();
        for file in &files {
            context.go_on()?;
            let Some(label) = file.label else {
                let message = format!("the class of \"{}\" is not known", file.name);
                let hint = "name a table of classes: --labels FILE with the columns file,class";
                return Err(Complaint::failed(message, hint).into());
            };
            if let Some(photo) = reader.read(file)? {
                let pixels = seen(opened.view(), &photo, photos.ten_crop);
                let scores = scores(logits(context, &opened, pixels));
                if !scores.iter().all(|score| score.is_finite()) {
                    let (picture, file) = (&file.name, &opened.file);
                    let message =
                        format!("{name} gives values for \"{picture}\" that are not finite");
                    let hint = format!("take other weights than \"{file}\"");
                    return Err(Complaint::failed(message, hint).into());
                }
                ranks.push(rank(&scores, label));
            }
            bar.inc(1);
        }
        bar.finish_and_clear();
        skipped = reader.skipped;
        if ranks.is_empty() {
            return Err(PhotoReader::none_read(folder).into());
        }
        let share = |most: usize| -> Vec<f64> {
            ranks
                .iter()
                .map(|rank| f64::from(u8::from(*rank < most)))
                .collect()
        };
        let found = bootstrap(&[share(1), share(TOP_CLASSES)], SEED);
        let mut row = vec![name.clone(), opened.file.clone(), ranks.len().to_string()];
        row.extend(found.iter().flat_map(percent));
        rows.push(row);
    }
    result(table(&rows));
    let passed = match skipped {
        0 => String::new(),
        count => format!("; not read, and not counted: {count}"),
    };
    let crops = match photos.ten_crop {
        true => "; mean probabilities of ten crops",
        false => "",
    };
    result(format!(
        "in brackets 95 % bootstrap intervals over pictures{crops}{passed}"
    ));
    Ok(DONE)
}

fn percent(interval: &Interval) -> [String; 2] {
    let Interval {
        mean, low, high, ..
    } = interval;
    let [mean, low, high] = [mean, low, high].map(|share| 100.0 * share);
    [format!("{mean:.1}"), format!("[{low:.1}, {high:.1}]")]
}

/// What is judged of a picture, `[crops, channels, height, width]`: ten crops or one.
fn seen(view: View, photo: &Photo, ten_crop: bool) -> Vec<f32> {
    match ten_crop {
        true => view.ten_crops(photo),
        false => view.pixels(photo),
    }
}

/// The logits, `[crops, classes]`, of one or more crops of a picture.
fn logits(context: &Context, opened: &OpenedBackbone, pixels: Vec<f32>) -> Tensor<2> {
    let side = opened.view().side();
    let crops = pixels.len() / (CHANNELS * side * side);
    let data = TensorData::new(pixels, [crops, CHANNELS, side, side]);
    let images = Tensor::<4>::from_data(data, &context.device.device);
    let normalisation = opened.normalisation();
    let standardisation = Standardisation {
        mean: &normalisation.mean,
        std: &normalisation.std,
    };
    opened
        .network
        .forward(standardisation.apply(images), &mut Tap::off())
}

/// How many classes are named before `label`: the likelier ones, and of equal ones the first.
fn rank(scores: &[f32], label: usize) -> usize {
    let own = scores[label];
    let before = |(class, score): (usize, &f32)| *score > own || (*score == own && class < label);
    let named = scores.iter().enumerate();
    named.filter(|&scored| before(scored)).count()
}

/// What ranks the classes: a single crop's logits, or the mean of several crops' probabilities. The logits are
/// `[crops, classes]`.
fn scores(logits: Tensor<2>) -> Vec<f32> {
    let scores = match logits.dims()[0] {
        1 => logits,
        _ => softmax(logits, 1).mean_dim(0),
    };
    scores.into_data().iter::<f32>().collect()
}

#[cfg(test)]
#[path = "evaluate_tests.rs"]
mod tests;
