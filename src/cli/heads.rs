//! `--retrain-head`: linear heads on the pooled activation of explained layers, from the cache beside
//! the checkpoint or trained anew. Called by every verb that explains a network.

use burn::tensor::{Tensor, TensorData};

use crate::data::{ImageSet, Splits};
use crate::explain::Explainable;
use crate::model::{Classifier, PooledSplit, pooled_split};
use crate::run::{CheckpointName, HeadRecord, RetrainedHead};
use crate::train::{HeadFit, PooledFeatures, fit_head};

use super::context::Context;
use super::failure::Complaint;
use super::measure::progress;
use super::network::{Opened, Trained};
use super::output::{grouped, note};

impl Opened {
    /// Gives each of `layers` that the network has no pooled linear head for a retrained one, and
    /// says on stderr how good it is. A cached head is used where it belongs to these weights; else
    /// it is trained on the training split, not augmented, and cached.
    pub(super) fn retrain_heads(
        mut self,
        context: &Context,
        trained: &Trained,
        layers: &[String],
    ) -> anyhow::Result<Self> {
        let name = CheckpointName::epoch(self.epoch);
        let mut missing = Vec::new();
        for layer in layers {
            if self.network.pooled_linear_weights(layer).is_some() {
                continue;
            }
            match RetrainedHead::read(&trained.run.head(name, layer), &self.weights) {
                Ok(Some(head)) => self = self.with_head(head, context),
                Ok(None) => missing.push(layer.clone()),
                Err(error) => {
                    note(format!("the cached head is trained anew: {error}"));
                    missing.push(layer.clone());
                }
            }
        }
        if !missing.is_empty() {
            for head in train(context, trained, &self, &missing)? {
                let path = trained.run.head(name, &head.record.layer);
                // Without its cache the head is as good; only the next start takes longer.
                if let Err(error) = head.write(&path) {
                    note(format!("warning: the retrained head is not kept: {error}"));
                }
                self = self.with_head(head, context);
            }
        }
        for record in &self.heads {
            note(sentence(record));
        }
        Ok(self)
    }

    /// Returns the record of the retrained head that `method` reads at `layer`, if it does.
    pub(super) fn retrained(&self, method: &str, layer: &str) -> Option<&HeadRecord> {
        let record = self.heads.iter().find(|record| record.layer == layer);
        record.filter(|_| reads_head(method))
    }

    fn with_head(mut self, head: RetrainedHead, context: &Context) -> Self {
        let shape = [head.record.classes, head.record.channels];
        let weights = TensorData::new(head.weights, shape);
        let weights = Tensor::from_data(weights, &context.device.device);
        self.network = self.network.with_head(&head.record.layer, weights);
        self.heads.push(head.record);
        self
    }
}

/// Whether the method called `name` reads the final linear layer's weights.
fn reads_head(name: &str) -> bool {
    use crate::explain::{Method, Needs};
    Method::parse(name).is_ok_and(|method| method.needs() == Needs::PooledLinear)
}

/// Returns what stands behind a method's name where it reads a retrained head: " (retrained head,
/// 38.1 % against the network's 40.9 % on validation)".
pub(super) fn behind_method(record: &HeadRecord) -> String {
    format!(
        " (retrained head, {:.1} % against the network's {:.1} % on validation)",
        100.0 * record.validation_accuracy,
        100.0 * record.network_validation_accuracy
    )
}

fn sentence(record: &HeadRecord) -> String {
    format!(
        "CAM at {}: linear head retrained on {} pooled training images, not augmented; right on \
         {:.1} % of validation and {:.1} % of test images, the network itself on {:.1} and {:.1} %",
        record.layer,
        grouped(record.training_images as u64),
        100.0 * record.validation_accuracy,
        100.0 * record.test_accuracy,
        100.0 * record.network_validation_accuracy,
        100.0 * record.network_test_accuracy
    )
}

/// Trains a head for each of `layers`, from one pass over all images.
fn train(
    context: &Context,
    trained: &Trained,
    opened: &Opened,
    layers: &[String],
) -> anyhow::Result<Vec<RetrainedHead>> {
    let data = context.data(&trained.experiment)?;
    let network = opened.network.network();
    let [training, validation, test] = [&data.train, &data.validation, &data.test]
        .map(|set| pooled(context, (network, &data), set, layers));
    let (training, validation, test) = (training?, validation?, test?);
    let mut heads = Vec::new();
    for (place, layer) in layers.iter().enumerate() {
        let features = |split: &PooledSplit, set: &ImageSet| PooledFeatures {
            values: split.layers[place].clone(),
            labels: set.labels(),
        };
        let validation_features = features(&validation, &data.validation);
        note(format!("training a linear head on the pooled {layer}"));
        let fit = fit_head(
            [&features(&training, &data.train), &validation_features],
            data.train.classes(),
            &context.device.device,
            &|| context.signals.stop(),
        );
        let fit = fit.ok_or_else(|| Complaint::stopped(context.signals.exit_code()))?;
        note(progress_of(&fit));
        let record = HeadRecord {
            model: opened.weights.clone(),
            epoch: opened.epoch,
            layer: layer.clone(),
            classes: data.train.classes(),
            channels: fit.head.weights.len() / data.train.classes(),
            training_images: data.train.len(),
            validation_images: data.validation.len(),
            test_images: data.test.len(),
            validation_accuracy: fit.head.accuracy(&validation_features),
            test_accuracy: fit.head.accuracy(&features(&test, &data.test)),
            network_validation_accuracy: validation.accuracy,
            network_test_accuracy: test.accuracy,
            weight_decay: fit.weight_decay,
            gradient_share: fit.gradient_share,
            // Filled in by the head.
            format: 0,
            arrays_sha256: String::new(),
        };
        heads.push(RetrainedHead::new(record, fit.head.weights, fit.head.bias));
    }
    Ok(heads)
}

fn progress_of(fit: &HeadFit) -> String {
    let ended = match fit.converged {
        true => "converged",
        false => "warning: not converged",
    };
    format!(
        "{ended} after {} steps at weight decay {:e}: the gradient is {:.1e} of what it was",
        fit.steps, fit.weight_decay, fit.gradient_share
    )
}

fn pooled(
    context: &Context,
    (network, data): (&dyn Classifier, &Splits),
    set: &ImageSet,
    layers: &[String],
) -> Result<PooledSplit, Complaint> {
    let bar = progress(set.len(), &format!("{} images, pooled", set.split()));
    let found = pooled_split(
        network,
        (set, &data.normalisation),
        layers,
        &context.device.device,
        |done| {
            bar.set_position(done as u64);
            !context.signals.stop()
        },
    );
    bar.finish_and_clear();
    found.ok_or_else(|| Complaint::stopped(context.signals.exit_code()))
}
