//! Names of files that are made of names of methods, layers and pictures.

use crate::run::safe_name;

use super::selection::{LayerRule, MapChoice};

/// Returns "ablation-grad-cam-deepest-seed-0" and the like, safe as a file name.
pub(super) fn file_stem(figure: &str, choice: &MapChoice) -> String {
    let layer = match &choice.layer {
        LayerRule::Deepest => "deepest".to_string(),
        LayerRule::DeepestWithCells(cells) => format!("cells-{cells}"),
    };
    let stem = format!("{figure}-{}-{layer}-seed-{}", choice.method, choice.seed);
    safe_name(&stem, "+")
}
