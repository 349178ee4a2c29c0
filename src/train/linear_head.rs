//! A linear layer on the pooled activation of a frozen network, for CAM on networks with another
//! head.

use burn::tensor::{Device, Tensor, TensorData};

use super::StopSignal;
use super::minimise::{Limits, Minimum, minimise, norm};
use crate::kernels::{WeightAxes, dense, log_softmax};

/// Weight decays, tried from the strongest until the validation loss rises; each fit starts from
/// the previous solution.
pub const WEIGHT_DECAYS: [f64; 5] = [1e-1, 1e-2, 1e-3, 1e-4, 1e-5];
/// Gradient norm that ends a fit, as a share of the norm at zero weights. The remaining loss above
/// the minimum is then of the order of this share squared over the weight decay.
pub const GRADIENT_SHARE: f64 = 1e-3;
/// Maximum number of steps of one fit.
const MOST_STEPS: usize = 500;
/// Standard deviation below which a channel counts as constant, as a share of its largest value;
/// guards the division by the deviation against rounding.
const CONSTANT_CHANNEL: f64 = 1e-6;

/// Pooled activations of some images and their classes.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PooledFeatures {
    /// `[images, channels]`, row by row.
    pub values: Vec<f32>,
    /// The class of each image.
    pub labels: Vec<usize>,
}

/// A linear layer over pooled features.
#[derive(Debug, Clone, PartialEq)]
pub struct LinearHead {
    /// `[classes, channels]`, row by row.
    pub weights: Vec<f32>,
    /// One value per class.
    pub bias: Vec<f32>,
}

/// A trained head, and the result of its training.
#[derive(Debug, Clone, PartialEq)]
pub struct HeadFit {
    /// The layer.
    pub head: LinearHead,
    /// The weight decay with the lowest loss on the validation features.
    pub weight_decay: f64,
    /// Mean cross-entropy on the validation features, in nats.
    pub validation_loss: f64,
    /// Norm of the gradient at the end, as a share of the norm at zero weights.
    pub gradient_share: f64,
    /// Number of steps of the fit with that decay.
    pub steps: usize,
    /// Whether the gradient fell to [`GRADIENT_SHARE`].
    pub converged: bool,
}

/// Returns the multinomial logistic regression of the training features' classes, with the weight
/// decay selected by cross-entropy on the validation features; `None` if `stop` requested it.
///
/// Training is deterministic: all images at once, from zero weights, by L-BFGS. For it, each
/// channel is standardised by its mean and deviation over the training images, and the scaling is
/// folded back into weights and bias; a constant channel gets weight 0. The decay applies to the
/// weights of standardised features, not to the bias.
///
/// # Source
/// Zhou et al., "Learning Deep Features for Discriminative Localization", CVPR 2016, section 2: the
/// network's own classifier is replaced by global average pooling and one linear layer. They
/// retrain the whole network; here it stays frozen, so that the maps explain this network.
///
/// # Panics
/// Without training or validation images, or if a label is not below `classes`.
pub fn fit_head(
    [training, validation]: [&PooledFeatures; 2],
    classes: usize,
    device: &Device,
    stop: &dyn StopSignal,
) -> Option<HeadFit> {
    let channels = training.values.len() / training.labels.len();
    let scaling = Scaling::of(&training.values, channels);
    let training = Problem::new(&scaling, training, classes, device);
    let validation = Problem::new(&scaling, validation, classes, device);
    let mut point = vec![0.0; classes * (channels + 1)];
    let (_, gradient) = training.loss(&point, 0.0);
    let reference = norm(&gradient);
    let limits = Limits {
        gradient_share: GRADIENT_SHARE,
        steps: MOST_STEPS,
    };
    let mut best: Option<(f64, f64, Minimum)> = None;
    for decay in WEIGHT_DECAYS {
        let minimum = minimise(point, reference, limits, |point| {
            (!stop.requested()).then(|| training.loss(point, decay))
        })?;
        let (validation_loss, _) = validation.loss(&minimum.point, 0.0);
        point = minimum.point.clone();
        if (best.as_ref()).is_some_and(|(loss, ..)| validation_loss >= *loss) {
            break;
        }
        best = Some((validation_loss, decay, minimum));
    }
    let (validation_loss, weight_decay, minimum) = best.expect("there are decays to try");
    Some(HeadFit {
        head: scaling.folded(&minimum.point, classes),
        weight_decay,
        validation_loss,
        // If zero weights are already optimal, there is nothing left to learn.
        gradient_share: minimum.gradient_norm / reference.max(f64::MIN_POSITIVE),
        steps: minimum.steps,
        converged: minimum.converged,
    })
}

impl LinearHead {
    /// Returns the logits of one image, `[classes]`, from its pooled features, `[channels]`.
    pub fn logits(&self, features: &[f32]) -> Vec<f64> {
        let rows = self.weights.chunks_exact(features.len());
        rows.zip(&self.bias)
            .map(|(row, bias)| {
                let terms = row.iter().zip(features);
                let sum: f64 = terms.map(|(w, x)| f64::from(*w) * f64::from(*x)).sum();
                sum + f64::from(*bias)
            })
            .collect()
    }

    /// Returns the share of images whose class has the largest logit, 0 to 1; among equals, the
    /// first.
    pub fn accuracy(&self, features: &PooledFeatures) -> f64 {
        let images = features.labels.len();
        let rows = features.values.chunks_exact(features.values.len() / images);
        let right = rows.zip(&features.labels).filter(|(row, label)| {
            let logits = self.logits(row);
            let best = (1..logits.len()).fold(0, |best, class| {
                if logits[class] > logits[best] {
                    class
                } else {
                    best
                }
            });
            best == **label
        });
        right.count() as f64 / images as f64
    }
}

/// Mean and deviation of each channel over the training images.
struct Scaling {
    mean: Vec<f64>,
    /// 0 for a constant channel.
    inverse_deviation: Vec<f64>,
}

impl Scaling {
    fn of(values: &[f32], channels: usize) -> Self {
        let images = (values.len() / channels) as f64;
        let column = |channel: usize| {
            let column = values[channel..].iter().step_by(channels);
            column.map(|value| f64::from(*value))
        };
        let mean: Vec<f64> = (0..channels)
            .map(|channel| column(channel).sum::<f64>() / images)
            .collect();
        let inverse = mean.iter().enumerate().map(|(channel, mean)| {
            let squares: f64 = column(channel).map(|v| (v - mean) * (v - mean)).sum();
            let deviation = (squares / images).sqrt();
            let largest = column(channel).fold(0.0, |most: f64, value| most.max(value.abs()));
            match deviation > CONSTANT_CHANNEL * largest {
                true => 1.0 / deviation,
                false => 0.0,
            }
        });
        Self {
            inverse_deviation: inverse.collect(),
            mean,
        }
    }

    fn apply(&self, values: &[f32]) -> Vec<f32> {
        let scale = self.mean.iter().zip(&self.inverse_deviation).cycle();
        let scaled = values.iter().zip(scale);
        scaled
            .map(|(value, (mean, inverse))| ((f64::from(*value) - mean) * inverse) as f32)
            .collect()
    }

    /// Returns the layer for unscaled features, from `[classes, channels + 1]` for scaled ones.
    fn folded(&self, point: &[f64], classes: usize) -> LinearHead {
        let channels = self.mean.len();
        let mut head = LinearHead {
            weights: Vec::with_capacity(classes * channels),
            bias: Vec::with_capacity(classes),
        };
        for row in point.chunks_exact(channels + 1) {
            let mut bias = row[channels];
            for (channel, weight) in row[..channels].iter().enumerate() {
                let weight = weight * self.inverse_deviation[channel];
                bias -= weight * self.mean[channel];
                head.weights.push(weight as f32);
            }
            head.bias.push(bias as f32);
        }
        head
    }
}

/// A split's loss as a function of `[classes, channels + 1]` numbers, the bias last in each row.
struct Problem {
    /// `[images, channels + 1]`, scaled, with a column of ones for the bias.
    inputs: Tensor<2>,
    /// `[images, classes]`, 1 at the class.
    truth: Tensor<2>,
    labels: Vec<usize>,
    classes: usize,
    columns: usize,
}

impl Problem {
    fn new(scaling: &Scaling, features: &PooledFeatures, classes: usize, device: &Device) -> Self {
        let (channels, images) = (scaling.mean.len(), features.labels.len());
        let scaled = scaling.apply(&features.values);
        let mut inputs = Vec::with_capacity(images * (channels + 1));
        for row in scaled.chunks_exact(channels) {
            inputs.extend_from_slice(row);
            inputs.push(1.0);
        }
        let mut truth = vec![0.0_f32; images * classes];
        for (image, label) in features.labels.iter().enumerate() {
            assert!(*label < classes, "label {label} of {classes} classes");
            truth[image * classes + label] = 1.0;
        }
        let tensor = |values, shape| Tensor::from_data(TensorData::new(values, shape), device);
        Self {
            inputs: tensor(inputs, [images, channels + 1]),
            truth: tensor(truth, [images, classes]),
            labels: features.labels.clone(),
            classes,
            columns: channels + 1,
        }
    }

    /// Returns the mean cross-entropy in nats, with half the decay times the squared weights, and
    /// its gradient.
    fn loss(&self, point: &[f64], decay: f64) -> (f64, Vec<f64>) {
        let values: Vec<f32> = point.iter().map(|value| *value as f32).collect();
        let weights = TensorData::new(values, [self.classes, self.columns]);
        let weights = Tensor::<2>::from_data(weights, &self.inputs.device());
        // [images, columns] x [columns, classes]
        let logs = log_softmax(dense(
            self.inputs.clone(),
            weights,
            None,
            WeightAxes::OutputsFirst,
        ));
        let surplus = logs.clone().exp() - self.truth.clone();
        // [classes, images] x [images, columns]
        let gradient = dense(
            surplus.transpose(),
            self.inputs.clone(),
            None,
            WeightAxes::InputsFirst,
        );
        let images = self.labels.len() as f64;
        // Summed in double precision: the search compares losses that differ little.
        let logs: Vec<f32> = logs.into_data().iter::<f32>().collect();
        let rows = logs.chunks_exact(self.classes).zip(&self.labels);
        let mut loss = -rows.map(|(row, label)| f64::from(row[*label])).sum::<f64>() / images;
        let mut gradient: Vec<f64> = (gradient.into_data().iter::<f32>())
            .map(|value| f64::from(value) / images)
            .collect();
        for (place, weight) in point.iter().enumerate() {
            if place % self.columns + 1 < self.columns {
                loss += 0.5 * decay * weight * weight;
                gradient[place] += decay * weight;
            }
        }
        (loss, gradient)
    }
}

#[cfg(test)]
#[path = "linear_head_tests.rs"]
mod tests;
