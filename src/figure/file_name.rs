//! Names of files that are made of names of methods, layers and pictures.

use super::selection::{LayerRule, MapChoice};

/// Returns "ablation-grad-cam-deepest-seed-0" and the like, safe as a file name.
pub(super) fn file_stem(figure: &str, choice: &MapChoice) -> String {
    let layer = match &choice.layer {
        LayerRule::Deepest => "deepest".to_string(),
        LayerRule::DeepestWithCells(cells) => format!("cells-{cells}"),
        LayerRule::Named(name) => name.clone(),
    };
    let stem = format!("{figure}-{}-{layer}-seed-{}", choice.method, choice.seed);
    safe_name(&stem, "+")
}

/// Returns `name` with a hyphen for everything but letters, digits, "-", "_" and the characters of
/// `also`, so that it is safe as the name of a file.
pub fn safe_name(name: &str, also: &str) -> String {
    let safe = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_') || also.contains(c);
    name.chars()
        .map(|c| if safe(c) { c } else { '-' })
        .collect()
}
