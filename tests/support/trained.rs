//! Small trained runs for the tests of `sanity` and of retrained heads.

use std::path::{Path, PathBuf};

use crate::support::{done_in, new_folder};

/// Returns a new folder called `name` with a run of `trial-b` on a few generated images.
pub(crate) fn trained(name: &str) -> PathBuf {
    let folder = new_folder(name);
    train(&folder, "0");
    folder
}

/// Trains the run of `seed` in `folder`.
pub(crate) fn train(folder: &Path, seed: &str) {
    let mut arguments = vec![
        "train", "trial-b", "--base", "shapes", "--name", "trial-b", "--seed", seed,
    ];
    for change in [
        "model.filters=[4,8]",
        "data.shapes.train_images=96",
        "data.shapes.validation_images=24",
        "data.shapes.test_images=36",
        "train.batch_size=24",
        "train.epochs=1",
    ] {
        arguments.extend(["--set", change]);
    }
    done_in(folder, &arguments);
}
