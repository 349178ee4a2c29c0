//! Which pictures are explained: of the test split by number or by rule, or files. Called by
//! `explain` and `ablate`.

use std::path::{Path, PathBuf};

use crate::data::photo::{Photo, View};
use crate::data::{ImageSet, Normalisation, pixels_01};

use super::failure::Complaint;

/// What stands before a file's name where a split's name stands before a number.
const FILE_PREFIX: &str = "image files/";
/// Pictures to explain, all of one size.
pub(super) struct Pictures {
    /// Name of each picture, such as "cifar-100/test/7" or a file's path.
    pub(super) ids: Vec<String>,
    /// Pixels of each picture: `[channels, height, width]`, RGB, 0 to 1.
    pub(super) pixels: Vec<Vec<f32>>,
    /// True class of each picture, where known.
    pub(super) labels: Vec<Option<usize>>,
    /// Whether they are generated.
    pub(super) generated: bool,
    /// Height and width in pixels.
    pub(super) size: [usize; 2],
    /// Names of the classes.
    pub(super) class_names: Vec<String>,
    /// How the network's inputs are standardised.
    pub(super) normalisation: Normalisation,
    /// How the pictures were chosen, one sentence.
    pub(super) rule: String,
    /// The whole pictures, where the network sees a part; none or one each.
    pub(super) wholes: Vec<Whole>,
}

/// A picture of which the network sees a part.
#[derive(Debug, Clone)]
pub(super) struct Whole {
    /// Pixels: `[channels, height, width]`, RGB, 0 to 1.
    pub(super) pixels: Vec<f32>,
    /// Height and width in pixels.
    pub(super) size: [usize; 2],
    /// The part that is seen: left, top, width and height as shares of the whole.
    pub(super) seen: [f64; 4],
}

impl Pictures {
    /// Returns the pictures of `range` alone.
    pub(super) fn part(&self, range: std::ops::Range<usize>) -> Self {
        Self {
            ids: self.ids[range.clone()].to_vec(),
            pixels: self.pixels[range.clone()].to_vec(),
            labels: self.labels[range.clone()].to_vec(),
            wholes: match self.wholes.is_empty() {
                true => Vec::new(),
                false => self.wholes[range].to_vec(),
            },
            class_names: self.class_names.clone(),
            rule: self.rule.clone(),
            ..*self
        }
    }
}

/// Returns images of `set` by number; each number counts once.
pub(super) fn by_index(
    set: &ImageSet,
    normalisation: Normalisation,
    indices: &[usize],
    rule: String,
) -> anyhow::Result<Pictures> {
    let mut indices = indices.to_vec();
    let mut seen = Vec::new();
    indices.retain(|index| {
        let new = !seen.contains(index);
        seen.push(*index);
        new
    });
    if let Some(index) = indices.iter().find(|index| **index >= set.len()) {
        return Err(Complaint::misused(
            format!("there is no test image {index}"),
            format!(
                "{} has test images 0 to {}",
                set.dataset_name(),
                set.len() - 1
            ),
        )
        .into());
    }
    Ok(Pictures {
        ids: indices.iter().map(|&index| set.id(index)).collect(),
        pixels: indices.iter().map(|&index| pixels_01(set, index)).collect(),
        labels: indices
            .iter()
            .map(|&index| Some(set.label(index)))
            .collect(),
        generated: set.is_generated(),
        size: [set.height(), set.width()],
        class_names: set.class_names().to_vec(),
        normalisation,
        rule,
        wholes: Vec::new(),
    })
}

/// Returns the first images of `set` whose classes are pairwise different; no network has a say.
pub(super) fn by_rule(
    set: &ImageSet,
    normalisation: Normalisation,
    count: usize,
) -> anyhow::Result<Pictures> {
    let most = count.min(set.class_names().len());
    let mut classes = Vec::new();
    let mut indices = Vec::new();
    for index in 0..set.len() {
        if indices.len() < most && !classes.contains(&set.label(index)) {
            classes.push(set.label(index));
            indices.push(index);
        }
    }
    let rule = format!(
        "Pictures: the first {most} of the test split whose classes differ; no network had a say."
    );
    by_index(set, normalisation, &indices, rule)
}

/// Returns image files at the size of the images of `like`: the largest centred square, resized.
pub(super) fn from_files(
    paths: &[PathBuf],
    like: &ImageSet,
    normalisation: Normalisation,
) -> anyhow::Result<Pictures> {
    let view = View::LargestSquare {
        side: like.height(),
    };
    let mut pixels = Vec::new();
    for path in paths {
        pixels.push(view.pixels(&Photo::read(path)?));
    }
    Ok(Pictures {
        ids: file_ids(paths),
        labels: vec![None; paths.len()],
        pixels,
        generated: false,
        size: [view.side(); 2],
        class_names: like.class_names().to_vec(),
        normalisation,
        rule: "Pictures: files, cut to the largest centred square and resized.".to_string(),
        wholes: Vec::new(),
    })
}

/// Returns a name for each file: its own where no other has the same, else its path.
pub(super) fn file_ids(paths: &[PathBuf]) -> Vec<String> {
    let same = |path: &Path| {
        paths
            .iter()
            .filter(move |other| other.file_name() == path.file_name())
            .count()
    };
    let name = |path: &PathBuf| match path.file_name() {
        Some(name) if same(path) == 1 => name.to_string_lossy().into_owned(),
        _ => path.display().to_string(),
    };
    paths
        .iter()
        .map(|path| format!("{FILE_PREFIX}{}", name(path)))
        .collect()
}
