//! One training step of a classifier, for Burn's trainer: [`PlainCnn`] and [`TrainableBackbone`]
//! are [`TrainStep`]s, so they also work in a `burn::train::Learner`.

use burn::tensor::{Int, Tensor};
use burn::train::{ClassificationOutput, InferenceStep, TrainOutput, TrainStep};

use crate::kernels::{cross_entropy, soft_cross_entropy};
use crate::model::backbones::TrainableBackbone;
use crate::model::tap::Tap;
use crate::model::{Classifier, PlainCnn};

/// Images and their classes.
#[derive(Debug, Clone)]
pub struct ImageBatch {
    /// `[batch, channels, height, width]`, standardised.
    pub images: Tensor<4>,
    /// `[batch]`, class indices.
    pub labels: Tensor<1, Int>,
    /// `[batch, classes]`, the shares of the classes in the target, if it is not the label alone.
    pub targets: Option<Tensor<2>>,
}

/// Returns logits and the mean cross-entropy over the batch, in nats.
fn classify(network: &impl Classifier, batch: ImageBatch) -> ClassificationOutput {
    let logits = network.logits(batch.images, &mut Tap::off());
    let loss = match batch.targets {
        Some(targets) => soft_cross_entropy(logits.clone(), targets),
        None => cross_entropy(logits.clone(), batch.labels.clone()),
    };
    ClassificationOutput::new(loss, logits, batch.labels)
}

impl TrainStep for PlainCnn {
    type Input = ImageBatch;
    type Output = ClassificationOutput;

    fn step(&self, batch: ImageBatch) -> TrainOutput<ClassificationOutput> {
        let output = classify(self, batch);
        TrainOutput::new(self, output.loss.backward(), output)
    }
}

impl InferenceStep for PlainCnn {
    type Input = ImageBatch;
    type Output = ClassificationOutput;

    fn step(&self, batch: ImageBatch) -> ClassificationOutput {
        classify(self, batch)
    }
}

impl TrainStep for TrainableBackbone {
    type Input = ImageBatch;
    type Output = ClassificationOutput;

    fn step(&self, batch: ImageBatch) -> TrainOutput<ClassificationOutput> {
        let output = classify(self, batch);
        TrainOutput::new(self, output.loss.backward(), output)
    }
}

impl InferenceStep for TrainableBackbone {
    type Input = ImageBatch;
    type Output = ClassificationOutput;

    fn step(&self, batch: ImageBatch) -> ClassificationOutput {
        classify(self, batch)
    }
}
