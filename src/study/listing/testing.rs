//! Runs for the tests of this folder.

use serde_json::json;

use super::listed::{ListedRun, State};

/// A run called `name` with a validation accuracy and a learning rate.
pub(super) fn run(name: &str, seed: u64, accuracy: Option<f64>, rate: f64) -> ListedRun {
    ListedRun {
        run: name.into(),
        seed,
        path: format!("checkpoints/{name}/seed-{seed}").into(),
        kind: Some("classifier"),
        dataset: Some("shapes".into()),
        generated: Some(true),
        state: State::Done,
        epochs: Some(3),
        best_epoch: accuracy.map(|_| 2),
        validation_accuracy: accuracy,
        validation_loss: accuracy.map(|accuracy| 1.0 - accuracy),
        test_accuracy: None,
        test_top5_accuracy: None,
        test_images: None,
        parameters: Some(10),
        multiply_adds: Some(100),
        started: Some(1),
        updated: Some(2),
        age_seconds: Some(3),
        experiment: Some(json!({
            "model": {"network": "plain-cnn", "filters": [32, 64]},
            "train": {"learning_rate": rate, "optimizer": "adam", "max_minutes": 0.0},
            "checkpoints": {"keep": seed},
        })),
    }
}
