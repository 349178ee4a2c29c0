//! Scores on a folder of photographs, network by network, and the agreement of the networks.

use std::path::PathBuf;

use crate::study::agreement::{About, Agreement, Comparison, Seeing, frames};
use crate::study::caveat::Verdicts;
use crate::study::choice::target_name;
use crate::study::error::StudyError;
use crate::study::metrics::measured;
use crate::study::photos::{PhotoFile, PhotoReader, name_of};
use crate::study::runs::Runs;
use crate::study::score::{Scope, Scored, Scores, note_omitted};
use crate::study::watch::Watch;

use super::networks::{AT_ONCE, Asked, Network};

/// Photographs on which to score the networks.
#[derive(Debug, Clone)]
pub struct PhotoSource {
    /// Their folder.
    pub folder: PathBuf,
    /// Table of their classes; `labels.csv` in the folder if none is given.
    pub labels: Option<PathBuf>,
    /// Number of photographs, from the first; all if `None`.
    pub limit: Option<usize>,
    /// Whether to skip unreadable files.
    pub skip_bad: bool,
}

/// Results on the photographs.
#[derive(Debug)]
pub struct PhotoScores {
    /// Every map's scores, with their means and comparisons.
    pub scores: Scores,
    /// Agreement of the networks; `None` for a single network.
    pub agreement: Option<Agreement>,
    /// Number of photographs skipped.
    pub skipped: usize,
}

/// Scores the maps of every network on the photographs `files`, limited in number by `source`.
pub(super) fn score(
    runs: &Runs,
    networks: &[Network],
    (source, files): (&PhotoSource, &[PhotoFile]),
    asked: &Asked,
    watch: &dyn Watch,
) -> Result<PhotoScores, StudyError> {
    let count = source.limit.unwrap_or(files.len()).min(files.len());
    let files = &files[..count];
    let metrics = measured(false);
    let mut reader = PhotoReader {
        skip: source.skip_bad,
        skipped: 0,
    };
    let scored = networks.iter();
    let mut scored: Vec<Scored> = scored
        .map(|network| Scored::of(&network.published.subject))
        .collect();
    let seeing: Vec<Seeing> = networks.iter().map(Seeing::of).collect();
    let names = networks.iter().map(|network| network.name().to_string());
    let mut comparison = Comparison::new(names.collect());
    let dataset = name_of(&source.folder);
    let mut ids = Vec::new();
    let progress = watch.begin("photographs", Some(files.len()));
    for files in files.chunks(AT_ONCE) {
        let before = ids.len();
        let mut photos = Vec::new();
        for file in files {
            if let Some(found) = reader.read(file, watch)? {
                ids.push(found.name.clone());
                photos.push(found);
            }
        }
        if photos.is_empty() {
            continue;
        }
        let mut groups = Vec::new();
        for (network, scored) in networks.iter().zip(&mut scored) {
            watch.go_on()?;
            let pictures = network.see(&dataset, &photos);
            let group = network.group(runs, (before, &pictures), asked)?;
            let subject = &network.published.subject;
            let verdicts = Verdicts::default();
            scored.prepare(&group, (subject, &network.layers, &verdicts), &metrics);
            let how = (&metrics[..], None);
            scored.add(subject.network(), &pictures, &group, how, watch)?;
            groups.push(group);
        }
        let parts = photos
            .iter()
            .map(|labelled| frames(&seeing, &labelled.photo));
        comparison.add(&parts.collect::<Vec<_>>(), &groups);
        progress.advance(files.len());
    }
    drop(progress);
    if ids.is_empty() {
        return Err(StudyError::NoneRead {
            path: source.folder.clone(),
        });
    }
    note_omitted(&asked.sources, &scored, watch)?;
    let pictures = networks[0].listed(dataset, ids);
    let agreement = comparison.finish(About {
        dataset: &pictures.dataset,
        target: &target_name(asked.target, &pictures.class_names),
    });
    let scope = Scope {
        pictures,
        target: asked.target,
        metrics,
        steps: None,
    };
    Ok(PhotoScores {
        scores: Scores::new(scope, scored),
        agreement,
        skipped: reader.skipped,
    })
}

impl Seeing {
    fn of(network: &Network) -> Self {
        Self {
            view: network.published.sight.view,
        }
    }
}
