//! Small trainings by the binary.

use std::path::Path;

use crate::support::done_in;

/// Trains `name` on `base` in `folder`, with these changes of the experiment.
pub(crate) fn train(folder: &Path, name: &str, base: &str, changes: &[&str]) {
    let mut arguments = vec!["train", name, "--base", base, "--name", name];
    for change in changes {
        arguments.extend(["--set", change]);
    }
    done_in(folder, &arguments);
}
