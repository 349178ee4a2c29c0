//! Names of files that are made of names of methods, layers and pictures.

use crate::run::safe_name;

use super::selection::{LayerRule, MapChoice};

/// Returns "ablation-grad-cam-deepest-seed-0" and the like, safe as a file name.
pub(super) fn file_stem(figure: &str, choice: &MapChoice) -> String {
    let layer = match &choice.layer {
        LayerRule::Deepest => "deepest".to_string(),
        LayerRule::DeepestWithCells(cells) => format!("cells-{cells}"),
    };
    let mut stem = format!("{figure}-{}-{layer}", choice.method);
    if let Some(seed) = choice.seed {
        stem.push_str(&format!("-seed-{seed}"));
    }
    safe_name(&stem, "+")
}
