//! From listed pictures to image sets whose pixels are in a cache file.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::data::annotation::Annotation;
use crate::data::cache_file::{CacheFile, Outcome, Source};
use crate::data::cut::validation_cut;
use crate::data::data_warning::DataWarning;
use crate::data::dataset::{DataOptions, Parts};
use crate::data::error::DataError;
use crate::data::folder_fault::FolderFault;
use crate::data::image_set::{ImageSet, ImageSetParts, Normalisation, PixelStore, Pixels};
use crate::data::locate::DataSearch;
use crate::data::picture_cache::{CACHE_FOLDER, Decoding};
use crate::data::picture_tree::{Tree, faulty};
use crate::data::split::Split;
use crate::data::splits::{SourceChecksum, Splits};
use crate::run::{hexadecimal, safe_name};

/// A picture of a data set.
#[derive(Clone, Debug)]
pub(crate) struct Listed {
    pub(crate) label: u16,
    pub(crate) source: Source,
    /// The objects in it; a data set has them for all its pictures or for none.
    pub(crate) annotation: Option<Annotation>,
}

/// The pictures of a data set, and how they are decoded.
#[derive(Debug)]
pub(crate) struct PictureList {
    pub(crate) dataset: &'static str,
    pub(crate) tree: Tree,
    pub(crate) class_names: Arc<[String]>,
    /// The pictures of each split, training pictures first.
    pub(crate) parts: Vec<(Split, Vec<Listed>)>,
    pub(crate) side: usize,
    pub(crate) own_size: bool,
    pub(crate) skip_bad: bool,
}

impl PictureList {
    /// Returns one set for each split, decoded and verified.
    ///
    /// # Errors
    /// Those of [`Decoding::cached`]; a class without a picture that can be read.
    pub(crate) fn read(self, search: &DataSearch) -> Result<Parts, DataError> {
        let listed = self.parts.iter().flat_map(|(_, pictures)| pictures);
        let sources: Vec<Source> = listed.map(|picture| picture.source.clone()).collect();
        let size = match self.own_size {
            true => "own".to_owned(),
            false => self.side.to_string(),
        };
        let name = format!("{}-{size}.cache", safe_name(self.dataset, ""));
        let decoding = Decoding {
            tree: &self.tree,
            sources: &sources,
            side: self.side,
            own_size: self.own_size,
            skip_bad: self.skip_bad,
        };
        let cache = decoding.cached(&search.root().join(CACHE_FOLDER).join(name))?;
        let warnings = skipped(&cache).into_iter().collect();
        let (mut entry, mut first) = (0, 0);
        let (mut sets, mut checksums) = (Vec::new(), Vec::new());
        for (split, pictures) in self.parts {
            let entries = &cache.index().entries[entry..entry + pictures.len()];
            entry += pictures.len();
            let good = |place: &usize| matches!(entries[*place].outcome, Outcome::Digest(_));
            let kept: Vec<usize> = (0..pictures.len()).filter(good).collect();
            let annotations = kept.iter().map(|&place| pictures[place].annotation.clone());
            let set = ImageSet::new(ImageSetParts {
                dataset: self.dataset,
                split,
                generated: false,
                class_names: Arc::clone(&self.class_names),
                size: (self.side, self.side),
                store: PixelStore {
                    pixels: Pixels::File {
                        cache: Arc::clone(&cache),
                        first,
                    },
                    labels: kept.iter().map(|&place| pictures[place].label).collect(),
                    annotations: annotations.collect(),
                },
            });
            first += kept.len();
            check_classes(&self.tree, &set, &pictures)?;
            checksums.push(checksum(&set));
            sets.push(set);
        }
        Ok(Parts {
            sets,
            sources: checksums,
            warnings,
        })
    }
}

/// Fails if no picture of a listed class could be read.
fn check_classes(tree: &Tree, set: &ImageSet, listed: &[Listed]) -> Result<(), DataError> {
    let counts = set.class_counts();
    let Some(lost) = (listed.iter()).find(|picture| counts[usize::from(picture.label)] == 0) else {
        return Ok(());
    };
    let class = listed.iter().filter(|other| other.label == lost.label);
    let folder = lost.source.path.parent().unwrap_or(Path::new(""));
    let skipped = class.count();
    Err(faulty(
        &tree.root.join(folder),
        FolderFault::AllSkipped { skipped },
    ))
}

fn skipped(cache: &CacheFile) -> Option<DataWarning> {
    let mut skipped = (cache.index().entries.iter()).filter_map(|entry| match &entry.outcome {
        Outcome::Skipped(problem) => Some((&entry.source.path, problem)),
        Outcome::Digest(_) => None,
    });
    let (first, problem) = skipped.next()?;
    Some(DataWarning::Skipped {
        count: 1 + skipped.count(),
        first: first.clone(),
        problem: problem.clone(),
    })
}

/// Returns the checksum of a split: of the checksum of every picture's pixels and its class name, in
/// order.
fn checksum(set: &ImageSet) -> SourceChecksum {
    let mut state = Sha256::new();
    for i in 0..set.len() {
        state.update(set.digest(i).unwrap_or_default());
        state.update(set.class_names()[set.label(i)].as_bytes());
    }
    SourceChecksum {
        source: format!(
            "{}/{}: {} pictures of {} x {}",
            set.dataset_name(),
            set.split(),
            set.len(),
            set.height(),
            set.width()
        ),
        sha256: hexadecimal(&state.finalize()),
    }
}

/// Returns the three splits of `parts`; validation images are cut from the training images if there are
/// none. The statistics of all training images pass `check` first.
///
/// # Errors
/// Those of `check`; a number of validation images that cannot be cut.
pub(crate) fn splits(
    parts: Parts,
    options: &DataOptions,
    check: impl FnOnce(&Normalisation) -> Result<(), DataError>,
) -> Result<Splits, DataError> {
    let Parts {
        sets,
        sources,
        mut warnings,
    } = parts;
    let of = |split: Split| sets.iter().find(|set| set.split() == split).cloned();
    let all = of(Split::Train).expect("every list has training pictures");
    let test = of(Split::Test).expect("test pictures are listed or cut");
    let normalisation = all.channel_statistics();
    check(&normalisation)?;
    let (train, validation) = match of(Split::Validation) {
        Some(validation) => (all, validation),
        None => {
            let [train, validation] = validation_cut(&all, options)?;
            (train, validation)
        }
    };
    warnings.extend(doubles(&[&train, &validation, &test]));
    Ok(Splits {
        train,
        validation,
        test,
        normalisation,
        sources,
        warnings,
    })
}

/// Returns which pictures of the later splits are also in an earlier one. The sets are in the order
/// train, validation, test.
pub(crate) fn doubles(sets: &[&ImageSet]) -> Vec<DataWarning> {
    let mut warnings = Vec::new();
    let file = |set: &ImageSet, i: usize| set.file(i).map_or_else(PathBuf::new, Path::to_path_buf);
    for (place, set) in sets.iter().enumerate().skip(1) {
        for other in &sets[..place] {
            let digests = (0..other.len()).filter_map(|i| Some((other.digest(i)?, i)));
            let known: HashMap<&str, usize> = digests.collect();
            let same = (0..set.len()).filter_map(|i| Some((i, *known.get(set.digest(i)?)?)));
            let same: Vec<(usize, usize)> = same.collect();
            if let Some(&(ours, theirs)) = same.first() {
                warnings.push(DataWarning::Doubles {
                    split: set.split(),
                    other: other.split(),
                    count: same.len(),
                    first: Box::new([file(set, ours), file(other, theirs)]),
                });
            }
        }
    }
    warnings
}
