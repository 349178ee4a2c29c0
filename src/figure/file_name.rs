//! Names of files that are made of names of methods, layers and pictures.

use crate::run::safe_name;

use super::selection::{LayerRule, MapChoice};

/// Returns "training-time-trial-d-grad-cam-cells-8-seed-0" and the like, safe as a file name.
pub(super) fn file_stem(figure: &str, choice: &MapChoice) -> String {
    let layer = match &choice.layer {
        LayerRule::Deepest => "deepest".to_string(),
        LayerRule::DeepestWithCells(cells) => format!("cells-{cells}"),
    };
    with_seed(format!("{figure}-{}-{layer}", choice.method), choice)
}

/// Returns "ablation-grad-cam-seed-0" and the like, for a figure of every layer.
pub(super) fn stem_of_layers(figure: &str, choice: &MapChoice) -> String {
    with_seed(format!("{figure}-{}", choice.method), choice)
}

fn with_seed(mut stem: String, choice: &MapChoice) -> String {
    if let Some(seed) = choice.seed {
        stem.push_str(&format!("-seed-{seed}"));
    }
    safe_name(&stem, "+")
}
