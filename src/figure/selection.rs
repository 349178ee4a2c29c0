//! Which maps of an explanation set belong to a figure.

use std::fmt;

use super::error::{FigureError, quoted_list};
use super::svg_text::{checkpoint_rule, data_name, network_title};
use crate::run::{ExplainedImage, ExplanationRecord, ExplanationSet};

/// Fewest cells on each side of a map at the finer layer of an ablation, of folders that do not state
/// it.
pub(super) const FINE_CELLS: usize = 8;

/// Which layer of each network a figure shows. Of two maps the deeper one has fewer cells; among
/// equal ones it is the one with the higher number in its layer's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LayerRule {
    /// The deepest layer that was explained.
    Deepest,
    /// The deepest layer whose map has at least this many cells on each side.
    DeepestWithCells(usize),
}

impl fmt::Display for LayerRule {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Deepest => write!(out, "deepest layer"),
            Self::DeepestWithCells(cells) => {
                write!(out, "deepest layer with at least {cells} × {cells} cells")
            }
        }
    }
}

/// Which maps of a set a figure shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct MapChoice {
    /// Method name, such as "grad-cam".
    pub method: String,
    /// Which layer of each network.
    pub layer: LayerRule,
    /// Training seed; any if `None`: each network has maps of one.
    pub seed: Option<u64>,
}

impl MapChoice {
    /// Returns the set's records of this method and seed, in the set's order.
    ///
    /// # Errors
    /// [`FigureError::Nothing`] names the methods and seeds that the set does have.
    pub(super) fn records<'a>(
        &self,
        set: &'a ExplanationSet,
    ) -> Result<Vec<&'a ExplanationRecord>, FigureError> {
        let seed = |r: &ExplanationRecord| self.seed.is_none_or(|seed| r.seed == seed);
        let fits = |r: &&ExplanationRecord| r.method == self.method && seed(r);
        let records: Vec<_> = set.records.iter().filter(fits).collect();
        if records.is_empty() {
            let known: Vec<String> = set
                .records
                .iter()
                .map(|r| format!("{} seed {}", r.method, r.seed))
                .collect();
            return Err(FigureError::Nothing {
                wanted: match self.seed {
                    Some(seed) => format!("method {:?} with seed {seed}", self.method),
                    None => format!("method {:?}", self.method),
                },
                known: quoted_list(known.iter().map(String::as_str)),
            });
        }
        Ok(records)
    }

    /// Returns the one of `records` that the layer rule picks, if any fits it.
    pub(super) fn pick<'a>(
        &self,
        records: impl Iterator<Item = &'a ExplanationRecord>,
    ) -> Option<&'a ExplanationRecord> {
        let fits = |record: &&ExplanationRecord| match &self.layer {
            LayerRule::Deepest => true,
            LayerRule::DeepestWithCells(cells) => {
                record.native_size.iter().all(|side| side >= cells)
            }
        };
        records.filter(fits).max_by_key(|record| {
            let cells = record.native_size[0] * record.native_size[1];
            (std::cmp::Reverse(cells), layer_number(&record.layer))
        })
    }

    /// Returns the error for a map that a complete figure would have.
    pub(super) fn missing(&self, image: &str, network: &str) -> FigureError {
        FigureError::MissingMap {
            method: self.method.clone(),
            image: image.to_string(),
            network: network.to_string(),
            layer: self.layer.to_string(),
        }
    }
}

/// Returns "Trial A 10, Trial B 15".
pub(super) fn epochs_of(
    trials: &[&str],
    shown: &[&ExplanationRecord],
) -> Result<String, FigureError> {
    let mut parts = Vec::new();
    for trial in trials {
        let own: Vec<_> = shown.iter().filter(|r| r.trial == *trial).collect();
        let epochs = unique(own.iter().map(|r| r.epoch));
        if epochs.len() > 1 {
            return Err(FigureError::SeveralCheckpoints {
                trial: (*trial).to_string(),
                epochs: epochs
                    .iter()
                    .map(u32::to_string)
                    .collect::<Vec<_>>()
                    .join(", "),
            });
        }
        let title = own.first().map_or("", |record| &record.network_title);
        let title = network_title(title, trial);
        parts.extend(epochs.iter().map(|epoch| format!("{title} {epoch}")));
    }
    Ok(parts.join(", "))
}

/// Returns the last number in a layer's name, or 0.
fn layer_number(name: &str) -> u64 {
    let digits = name
        .rsplit(|c: char| !c.is_ascii_digit())
        .find(|part| !part.is_empty());
    digits.and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

/// Returns the values of `items`, each once, in order of first appearance.
pub(super) fn unique<T: PartialEq>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut seen = Vec::new();
    for item in items {
        if !seen.contains(&item) {
            seen.push(item);
        }
    }
    seen
}

/// Returns the pictures that `records` explain, in the set's order.
///
/// # Errors
/// [`FigureError::UnknownImage`] when a record names a picture that the set does not list.
pub(super) fn images<'a>(
    set: &'a ExplanationSet,
    records: &[&ExplanationRecord],
) -> Result<Vec<&'a ExplainedImage>, FigureError> {
    if let Some(lost) = records.iter().find(|record| set.image_of(record).is_none()) {
        return Err(FigureError::UnknownImage {
            image: lost.image.clone(),
        });
    }
    Ok(set
        .images
        .iter()
        .filter(|i| records.iter().any(|r| r.image == i.id))
        .collect())
}

/// Returns the part of a figure's subtitle that says where its numbers come from: data set and
/// split, whether generated, seeds, and the checkpoint rules.
pub(super) fn provenance(images: &[&ExplainedImage], records: &[&ExplanationRecord]) -> String {
    let mut parts = vec![unique(images.iter().map(|image| data_name(&image.id))).join(", ")];
    let generated = images.iter().filter(|image| image.generated).count();
    if let Some(note) = generated_note(generated, images.len()) {
        parts.push(note.to_string());
    }
    let trained = records.iter().filter(|record| record.pretrained.is_none());
    let seeds = unique(trained.map(|record| record.seed));
    if !seeds.is_empty() {
        parts.push(seeds_note(&seeds));
    }
    parts.push(checkpoint_note(records));
    parts.join(" · ")
}

/// Returns the training seeds of a row, separated by spaces, for a subtitle; nothing where there
/// are none.
pub(super) fn row_seeds_note(seeds: &str) -> Option<String> {
    let seeds: Vec<u64> = seeds.split(' ').filter_map(|s| s.parse().ok()).collect();
    (!seeds.is_empty()).then(|| seeds_note(&seeds))
}

/// Returns the note that pictures are generated, where any is.
pub(super) fn generated_note(generated: usize, all: usize) -> Option<&'static str> {
    match generated {
        0 => None,
        n if n == all => Some("generated data"),
        _ => Some("partly generated data"),
    }
}

/// Returns "seed 0" or "seeds 0, 1, 2".
pub(super) fn seeds_note(seeds: &[u64]) -> String {
    let list = seeds
        .iter()
        .map(u64::to_string)
        .collect::<Vec<_>>()
        .join(", ");
    format!("{} {list}", if seeds.len() == 1 { "seed" } else { "seeds" })
}

/// Returns the sentence that names the retrained heads that `records` were read from, after a space; nothing where
/// every network's own head was read.
pub(super) fn head_note(records: &[&ExplanationRecord]) -> String {
    let heads = records.iter().filter_map(|record| {
        let head = record.retrained_head.as_ref()?;
        let accuracies = (head.validation_accuracy, head.network_validation_accuracy);
        let network = network_title(&record.network_title, &record.trial);
        Some(head_words(&network, &record.layer, accuracies))
    });
    head_sentence(&unique(heads))
}

/// Returns a head in words: "Trial D block-5 71.8 against 67.8 %". The accuracies, 0 to 1, are the
/// head's and the network's own.
pub(super) fn head_words(network: &str, layer: &str, accuracies: (f64, f64)) -> String {
    let (head, own) = (100.0 * accuracies.0, 100.0 * accuracies.1);
    format!("{network} {layer} {head:.1} against {own:.1} %")
}

/// Returns the sentence about `heads`, each in words, after a space; nothing where there is none.
pub(super) fn head_sentence(heads: &[String]) -> String {
    match heads.is_empty() {
        true => String::new(),
        false => format!(
            " CAM reads a linear head retrained on the frozen, pooled layer; its accuracy against the \
             network's own on validation: {}.",
            heads.join(", ")
        ),
    }
}

fn checkpoint_note(records: &[&ExplanationRecord]) -> String {
    let rules = unique(
        records
            .iter()
            .map(|record| checkpoint_rule(&record.checkpoint)),
    );
    match records.iter().all(|record| record.pretrained.is_some()) {
        true => format!("weights: {}", rules.join(", ")),
        false => format!("checkpoint: {}", rules.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{Sample, record};
    use super::*;

    fn choice(layer: LayerRule) -> MapChoice {
        MapChoice {
            method: "grad-cam".into(),
            layer,
            seed: Some(0),
        }
    }

    #[test]
    fn deeper_means_fewer_cells_then_a_higher_number() {
        let layers = [
            ("block-2", 16),
            ("block-9", 4),
            ("block-10", 4),
            ("block-3", 8),
        ];
        let records = layers.map(|(layer, cells)| {
            let mut record = record("trial-d", 1);
            record.layer = layer.into();
            record.native_size = [cells, cells];
            record
        });
        let picked = |rule| choice(rule).pick(records.iter()).map(|r| r.layer.clone());
        assert_eq!(picked(LayerRule::Deepest).as_deref(), Some("block-10"));
        assert_eq!(
            picked(LayerRule::DeepestWithCells(8)).as_deref(),
            Some("block-3")
        );
        assert_eq!(picked(LayerRule::DeepestWithCells(17)), None);
    }

    #[test]
    fn an_unknown_method_lists_the_known_ones() {
        let set = Sample::default().set();
        let mut choice = choice(LayerRule::Deepest);
        choice.method = "cam".into();
        let error = choice.records(&set).expect_err("none").to_string();
        assert!(error.contains("method \"cam\" with seed 0"), "{error}");
        assert!(error.contains("\"grad-cam seed 0\""), "{error}");
    }

    #[test]
    fn generated_data_are_always_named() {
        let set = Sample {
            generated: true,
            ..Sample::default()
        }
        .set();
        let images: Vec<_> = set.images.iter().collect();
        let records: Vec<_> = set.records.iter().collect();
        assert_eq!(
            provenance(&images, &records),
            "shapes test · generated data · seed 0 · checkpoint: best on validation"
        );
    }
}
