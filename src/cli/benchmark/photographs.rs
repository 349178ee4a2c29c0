//! Scores over a folder of photographs, network by network, and how much the networks agree. Called
//! by `benchmark`.

use std::path::{Path, PathBuf};

use crate::cli::backbone::{PhotoFile, PhotoReader};
use crate::cli::caveat::Caveat;
use crate::cli::context::Context;
use crate::cli::measure::{Group, PICTURES, progress};
use crate::cli::output::{note, result};
use crate::cli::score::{Scored, ScoredImages, Sheet, tell_left_out, write};
use crate::cli::score_table::summarise;
use crate::cli::score_text::print;
use crate::explain::Standardisation;
use crate::run::LayerPlace;

use super::arguments::BenchmarkArguments;
use super::consistency::Agreements;
use super::networks::{AT_ONCE, Labelled, Network, Question};

/// Scores the maps of every network over the photographs `files` of `folder`, prints the tables, writes them
/// into `out` and returns the files.
pub(super) fn measure(
    context: &Context,
    networks: &[Network],
    (folder, mut files, arguments): (&Path, Vec<PhotoFile>, &BenchmarkArguments),
    question: &Question,
    out: &Path,
) -> anyhow::Result<Vec<PathBuf>> {
    files.truncate(arguments.limit.unwrap_or(usize::MAX));
    let mut reader = PhotoReader {
        skip: arguments.skip_bad,
        skipped: 0,
    };
    let mut scored: Vec<Scored> = networks.iter().map(Network::unscored).collect();
    let mut agreements = Agreements::default();
    let mut ids = Vec::new();
    let bar = progress(files.len(), "photographs");
    for files in files.chunks(AT_ONCE) {
        let start = ids.len();
        let mut photos = Vec::new();
        for file in files {
            if let Some(photo) = reader.read(file)? {
                let label = file.label;
                photos.push(Labelled { photo, label });
                ids.push(file.name.clone());
            }
        }
        if photos.is_empty() {
            continue;
        }
        let mut groups = Vec::new();
        for (network, scored) in networks.iter().zip(&mut scored) {
            context.go_on()?;
            let group = network.group(context, &photos, start, question)?;
            if scored.sheets.is_empty() {
                scored.sheets = sheets(&group);
            }
            let normalisation = network.opened.normalisation();
            let standardisation = Standardisation {
                mean: &normalisation.mean,
                std: &normalisation.std,
            };
            let how = (standardisation, None);
            scored.add(context, &network.opened.network, &group, how)?;
            groups.push(group);
        }
        agreements.add(networks, &photos, &groups);
        bar.inc(files.len() as u64);
    }
    bar.finish_and_clear();
    if ids.is_empty() {
        return Err(PhotoReader::none_read(folder).into());
    }
    tell_left_out(&question.sources, &scored)?;
    let images = ScoredImages {
        dataset: name_of(folder),
        generated: false,
        split: PICTURES.to_string(),
        ids,
        class_names: networks[0].opened.class_names.clone(),
        class: question.class.clone(),
    };
    let tables = summarise(&images, &scored, None);
    let mut written = write(out, &images, &scored, &tables)?.to_vec();
    print(&tables, arguments.limit.is_some());
    written.extend(agreements.tell(networks, &images, out)?);
    if reader.skipped > 0 {
        result(format!("not read, and not counted: {}", reader.skipped));
    }
    if networks.len() == 1 {
        note("one network has none to agree with: name several to compare their maps");
    }
    Ok(written)
}

/// Returns what the pictures of a folder are called together.
pub(super) fn name_of(folder: &Path) -> String {
    let whole = folder.canonicalize().unwrap_or(folder.to_path_buf());
    let name = whole.file_name().unwrap_or(whole.as_os_str());
    name.to_string_lossy().into_owned()
}

impl Network {
    /// Returns its scores before any photograph.
    fn unscored(&self) -> Scored {
        Scored {
            name: self.name().to_string(),
            seed: 0,
            blocks: 0,
            epoch: 0,
            checkpoint: self.opened.file.clone(),
            target_class: Vec::new(),
            correct: Vec::new(),
            sheets: Vec::new(),
        }
    }
}

/// Returns a sheet for each of a group's maps, without a score yet.
fn sheets(group: &Group) -> Vec<Sheet> {
    let maps = group.survey.maps.iter();
    maps.map(|maps| Sheet {
        layer: maps.layer.clone(),
        place: LayerPlace::Named,
        native_size: maps.native_size,
        source: maps.source,
        caveat: Caveat::default(),
        scores: Vec::new(),
    })
    .collect()
}
