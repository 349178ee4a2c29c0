//! Linear heads retrained on the pooled activation of explained layers, so that CAM can explain a
//! network without such a head. They are cached in the run's folder.

use std::path::Path;

use burn::tensor::{Tensor, TensorData};

use crate::data::{ImageSet, Splits};
use crate::model::{Classifier, PooledSplit, pooled_split};
use crate::run::{
    CheckpointName, HeadRecord, RetrainedHead, RunDir, RunError, RunLock, clear_temporaries,
};
use crate::train::{HeadFit, PooledFeatures, fit_head};

use super::error::StudyError;
use super::runs::{Runs, Trained};
use super::subject::Subject;
use super::watch::Watch;

impl Subject {
    /// Gives each of `layers` without a pooled linear head a retrained head, and notes its
    /// accuracy. Uses a cached head if it belongs to these weights. Otherwise trains one on the
    /// training split, without augmentation, and caches it.
    ///
    /// # Errors
    /// Absent data; [`StudyError::Stopped`].
    pub fn retrain_heads(
        &mut self,
        runs: &Runs,
        trained: &Trained,
        layers: &[String],
        watch: &dyn Watch,
    ) -> Result<(), StudyError> {
        let Some(weights) = self.weights.clone() else {
            return Ok(());
        };
        let name = CheckpointName::epoch(self.epoch);
        let mut missing = Vec::new();
        for layer in layers {
            if self.network().pooled_linear_weights(layer).is_some() {
                continue;
            }
            match RetrainedHead::read(&trained.run.head(name, layer), &weights) {
                Ok(Some(head)) => self.take_head(head, runs),
                Ok(None) => missing.push(layer.clone()),
                Err(error) => {
                    watch.note(&format!("the cached head is trained again: {error}"));
                    missing.push(layer.clone());
                }
            }
        }
        if !missing.is_empty() {
            for head in train(runs, trained, self, &missing, watch)? {
                let path = trained.run.head(name, &head.record.layer);
                // Without a cache the head is still valid; only the next start takes longer.
                if let Err(error) = keep(&head, &trained.run, &path) {
                    watch.note(&format!("warning: the retrained head is not kept: {error}"));
                }
                self.take_head(head, runs);
            }
        }
        for record in &self.heads {
            watch.note(&sentence(record));
        }
        Ok(())
    }

    fn take_head(&mut self, head: RetrainedHead, runs: &Runs) {
        let shape = [head.record.classes, head.record.channels];
        let weights = TensorData::new(head.weights, shape);
        self.add_head(head.record, Tensor::from_data(weights, &runs.device.device));
    }
}

/// Writes `head` to `path` in the folder of the run's heads.
fn keep(head: &RetrainedHead, run: &RunDir, path: &Path) -> Result<(), RunError> {
    let _lock = RunLock::take(&run.heads())?;
    clear_temporaries(&run.heads())?;
    head.write(path)
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

/// Trains a head for each of `layers` with one pass over all images.
fn train(
    runs: &Runs,
    trained: &Trained,
    subject: &Subject,
    layers: &[String],
    watch: &dyn Watch,
) -> Result<Vec<RetrainedHead>, StudyError> {
    let (Some(network), Some(model)) = (subject.trained_network(), &subject.weights) else {
        return Ok(Vec::new());
    };
    let data = trained.images(runs)?;
    let pool = |set: &ImageSet| pooled(runs, (network.network(), &data), set, layers, watch);
    let (training, validation, test) = (
        pool(&data.train)?,
        pool(&data.validation)?,
        pool(&data.test)?,
    );
    let mut heads = Vec::new();
    for (place, layer) in layers.iter().enumerate() {
        let features = |split: &PooledSplit, set: &ImageSet| PooledFeatures {
            values: split.layers[place].clone(),
            labels: set.labels(),
        };
        let validation_features = features(&validation, &data.validation);
        watch.note(&format!("training a linear head on the pooled {layer}"));
        let fit = fit_head(
            [&features(&training, &data.train), &validation_features],
            data.train.classes(),
            &runs.device.device,
            &|| watch.should_stop(),
        );
        let fit = fit.ok_or(StudyError::Stopped)?;
        watch.note(&ended(&fit));
        let record = HeadRecord {
            model: model.clone(),
            epoch: subject.epoch,
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
            // Set by the head.
            format: 0,
            arrays_sha256: String::new(),
        };
        heads.push(RetrainedHead::new(record, fit.head.weights, fit.head.bias));
    }
    Ok(heads)
}

fn ended(fit: &HeadFit) -> String {
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
    runs: &Runs,
    (network, data): (&dyn Classifier, &Splits),
    set: &ImageSet,
    layers: &[String],
    watch: &dyn Watch,
) -> Result<PooledSplit, StudyError> {
    let progress = watch.begin(&format!("{} images, pooled", set.split()), Some(set.len()));
    let counted = std::cell::Cell::new(0);
    let found = pooled_split(
        network,
        (set, &data.normalisation),
        layers,
        &runs.device.device,
        |done| {
            progress.advance(done - counted.replace(done));
            !watch.should_stop()
        },
    );
    found.ok_or(StudyError::Stopped)
}

/// Returns a count with thousands grouped, such as "820,196".
pub fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn groups_of_three() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(820), "820");
        assert_eq!(grouped(820_196), "820,196");
        assert_eq!(grouped(1_000_000), "1,000,000");
    }
}
