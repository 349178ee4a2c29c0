//! A network's predictions for a split: class probabilities, accuracy, loss.

use burn::tensor::{Device, Int, Tensor, TensorData};

use crate::data::image_set::CHANNELS;
use crate::data::{ImageSet, Normalisation, fill_batch};
use crate::kernels::log_softmax;

use super::Classifier;
use super::tap::Tap;

/// Number of images per forward pass; bounds memory and does not change a result.
const BATCH_IMAGES: usize = 250;
/// Number of classes in a top-5 prediction.
pub const TOP_CLASSES: usize = 5;

/// A network's prediction for one image.
#[derive(Debug, Clone, PartialEq)]
pub struct Prediction {
    /// Index of the true class.
    pub label: usize,
    /// Index of the most probable class; among equals, the lowest.
    pub class: usize,
    /// Softmax probability of that class, 0 to 1.
    pub confidence: f32,
    /// Softmax probability of the true class, 0 to 1.
    pub label_confidence: f32,
    /// Number of classes more probable than the true one.
    pub rank: usize,
    /// The up to [`TOP_CLASSES`] most probable classes with their softmax probabilities, the most
    /// probable first; among equals, the lowest index first.
    pub top: Vec<(usize, f32)>,
}

/// Means over a split.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Score {
    /// Number of images.
    pub images: usize,
    /// Mean cross-entropy in nats.
    pub loss: f64,
    /// Share of images predicted correctly, 0 to 1.
    pub accuracy: f64,
    /// Share of images whose true class is among the five most probable, 0 to 1.
    pub top5_accuracy: f64,
}

impl Score {
    /// Returns the means of `predictions`, whose mean cross-entropy is `loss`.
    pub fn of(predictions: &[Prediction], loss: f64) -> Self {
        let images = predictions.len();
        let share = |count: usize| count as f64 / images as f64;
        Self {
            images,
            loss,
            accuracy: share(predictions.iter().filter(|p| p.class == p.label).count()),
            top5_accuracy: share(predictions.iter().filter(|p| p.rank < TOP_CLASSES).count()),
        }
    }
}

/// Returns images and labels as tensors on `device`.
///
/// # Shapes
/// - `images`: standardised values; their number is that of `labels` times channels, height and
///   width of `set`
/// - returns `[batch, channels, height, width]` and `[batch]`
pub fn to_tensor(
    set: &ImageSet,
    images: &[f32],
    labels: &[i64],
    device: &Device,
) -> (Tensor<4>, Tensor<1, Int>) {
    let shape = [labels.len(), CHANNELS, set.height(), set.width()];
    let images = TensorData::new(images.to_vec(), shape);
    let labels = TensorData::new(labels.to_vec(), [labels.len()]);
    (
        Tensor::from_data(images, device),
        Tensor::from_data(labels, device),
    )
}

/// Returns the prediction of `network`, in validation mode, for every image of `set`, and the mean
/// loss.
pub fn predict(
    network: &dyn Classifier,
    set: &ImageSet,
    normalisation: &Normalisation,
    device: &Device,
) -> (Vec<Prediction>, f64) {
    predict_while(network, (set, normalisation), device, || true).expect("it always goes on")
}

/// As [`predict`]; `None` if `go_on`, called before each batch, returns false.
pub fn predict_while(
    network: &dyn Classifier,
    (set, normalisation): (&ImageSet, &Normalisation),
    device: &Device,
    go_on: impl Fn() -> bool,
) -> Option<(Vec<Prediction>, f64)> {
    let (mut images, mut labels) = (Vec::new(), Vec::new());
    let mut predictions = Vec::with_capacity(set.len());
    let mut loss_sum = 0.0;
    let indices: Vec<usize> = (0..set.len()).collect();
    for chunk in indices.chunks(BATCH_IMAGES) {
        if !go_on() {
            return None;
        }
        fill_batch(set, chunk, None, normalisation, &mut images, &mut labels);
        let (input, _) = to_tensor(set, &images, &labels, device);
        let logs = log_softmax(network.logits(input, &mut Tap::off()));
        let [_, classes] = logs.dims();
        let logs: Vec<f32> = logs
            .into_data()
            .convert::<f32>()
            .try_into_vec()
            .unwrap_or_else(|error| {
                panic!("converted to f32 just before, yet not readable as f32: {error:?}")
            });
        for (row, &label) in logs.chunks_exact(classes).zip(&labels) {
            let label = label as usize;
            predictions.push(of_row(row, label));
            loss_sum -= f64::from(row[label]);
        }
    }
    Some((predictions, loss_sum / set.len() as f64))
}

/// Returns loss and accuracies of `network`, in validation mode, over `set`.
pub fn score(
    network: &dyn Classifier,
    set: &ImageSet,
    normalisation: &Normalisation,
    device: &Device,
) -> Score {
    score_while(network, (set, normalisation), device, || true).expect("it always goes on")
}

/// As [`score`]; `None` if `go_on`, called before each batch, returns false.
pub fn score_while(
    network: &dyn Classifier,
    (set, normalisation): (&ImageSet, &Normalisation),
    device: &Device,
    go_on: impl Fn() -> bool,
) -> Option<Score> {
    let (predictions, loss) = predict_while(network, (set, normalisation), device, go_on)?;
    Some(Score::of(&predictions, loss))
}

/// Returns the prediction from one row of log-probabilities.
fn of_row(logs: &[f32], label: usize) -> Prediction {
    let mut class = 0;
    for (index, value) in logs.iter().enumerate() {
        if *value > logs[class] {
            class = index;
        }
    }
    let mut order: Vec<usize> = (0..logs.len()).collect();
    // Stable: equals stay in the order of their indices.
    order.sort_by(|a, b| logs[*b].total_cmp(&logs[*a]));
    let top = order.into_iter().take(TOP_CLASSES);
    Prediction {
        label,
        class,
        confidence: logs[class].exp(),
        label_confidence: logs[label].exp(),
        rank: logs.iter().filter(|value| **value > logs[label]).count(),
        top: top.map(|class| (class, logs[class].exp())).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_by_hand() {
        let logs: Vec<f32> = [0.1f32, 0.5, 0.15, 0.25].iter().map(|p| p.ln()).collect();
        let prediction = of_row(&logs, 2);
        assert_eq!((prediction.class, prediction.rank), (1, 2));
        assert!((prediction.confidence - 0.5).abs() < 1e-6);
        assert!((prediction.label_confidence - 0.15).abs() < 1e-6);
        let top: Vec<usize> = prediction.top.iter().map(|(class, _)| *class).collect();
        assert_eq!(top, [1, 3, 2, 0]);
        assert!((prediction.top[1].1 - 0.25).abs() < 1e-6);
        let seven = of_row(&[-3.0, -1.0, -2.0, -1.0, -5.0, -4.0, -6.0], 6);
        let top: Vec<usize> = seven.top.iter().map(|(class, _)| *class).collect();
        assert_eq!(
            top,
            [1, 3, 2, 0, 5],
            "at most five, the lowest of equals first"
        );
        assert_eq!(of_row(&[-1.0, -1.0], 1).class, 0, "the lowest of equals");
    }
}
