//! The rows of the explanation grid, and their division into pages.

use super::selection::unique;
use super::svg_text::network_title;
use crate::run::{ExplainedImage, ExplanationRecord, ExplanationSet};

/// Most rows of a page, which bounds its memory; a picture's rows stay together.
const MOST_ROWS: usize = 32;

/// A network at a checkpoint.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct NetworkKey<'a> {
    trial: &'a str,
    title: &'a str,
    seed: u64,
    epoch: u32,
    pretrained: bool,
}

/// How maps are shared out over rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Rows {
    /// A row for each network: each of its methods is at one layer only.
    Networks,
    /// A row for each layer of a network.
    Layers,
}

impl Rows {
    pub(super) fn of(records: &[&ExplanationRecord]) -> Self {
        let methods = records.iter().map(|r| (NetworkKey::of(r), &r.method));
        let placed = records
            .iter()
            .map(|r| (NetworkKey::of(r), &r.method, &r.layer));
        match unique(methods).len() == unique(placed).len() {
            true => Self::Networks,
            false => Self::Layers,
        }
    }

    /// Which row of its picture a map is in.
    pub(super) fn key(self, record: &ExplanationRecord) -> (NetworkKey<'_>, Option<&str>) {
        let layer = (self == Self::Layers).then_some(record.layer.as_str());
        (NetworkKey::of(record), layer)
    }
}

impl<'a> NetworkKey<'a> {
    pub(super) fn of(record: &'a ExplanationRecord) -> Self {
        let ExplanationRecord {
            trial,
            network_title,
            seed,
            epoch,
            pretrained,
            ..
        } = record;
        Self {
            trial,
            title: network_title,
            seed: *seed,
            epoch: *epoch,
            pretrained: pretrained.is_some(),
        }
    }

    pub(super) fn title(&self) -> String {
        let network = network_title(self.title, self.trial);
        match self.pretrained {
            true => network,
            false => format!("{network}, epoch {}", self.epoch),
        }
    }
}

/// Returns what each page of the grid shows: `set` itself where one page holds all its rows.
pub(super) fn pages(set: &ExplanationSet) -> Vec<ExplanationSet> {
    let records: Vec<&ExplanationRecord> = set.records.iter().collect();
    let rows = Rows::of(&records);
    let mut pages = vec![Vec::new()];
    let mut filled = 0;
    for image in &set.images {
        let own: Vec<&ExplanationRecord> = (records.iter().copied())
            .filter(|record| record.image == image.id)
            .collect();
        let count = unique(own.iter().map(|record| rows.key(record))).len();
        if filled > 0 && filled + count > MOST_ROWS {
            pages.push(Vec::new());
            filled = 0;
        }
        filled += count;
        if let Some(page) = pages.last_mut() {
            page.push((image, own));
        }
    }
    if pages.len() == 1 {
        return vec![set.clone()];
    }
    let page = |page: Vec<(&ExplainedImage, Vec<&ExplanationRecord>)>| {
        let (images, records): (Vec<_>, Vec<_>) = page.into_iter().unzip();
        ExplanationSet {
            images: images.into_iter().cloned().collect(),
            records: records.into_iter().flatten().cloned().collect(),
            ..set.clone()
        }
    };
    pages.into_iter().map(page).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figure::samples::Sample;

    #[test]
    fn a_page_holds_whole_pictures_and_no_more_rows_than_it_may() {
        let pages_of = |images: usize, layers: usize| {
            let mut set = Sample {
                images,
                trials: 1,
                ..Sample::default()
            }
            .set();
            let records = set.records.clone();
            for layer in 1..layers {
                set.records
                    .extend(records.iter().cloned().map(|mut record| {
                        record.layer = format!("layer-{layer}");
                        record
                    }));
            }
            let pages = pages(&set);
            let shown: usize = pages.iter().map(|page| page.records.len()).sum();
            assert_eq!(shown, set.records.len());
            pages
                .iter()
                .map(|page| page.images.len())
                .collect::<Vec<_>>()
        };
        assert_eq!(pages_of(1, 1), [1]);
        assert_eq!(pages_of(32, 1), [32]);
        assert_eq!(pages_of(70, 1), [32, 32, 6]);
        assert_eq!(pages_of(12, 3), [10, 2], "three rows for each");
        assert_eq!(pages_of(2, 40), [1, 1], "more rows than a page should have");
    }
}
