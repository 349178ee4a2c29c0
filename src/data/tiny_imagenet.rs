//! Tiny ImageNet: 110,000 photographs of 64 x 64 pixels in 200 classes, each with a box.
//!
//! The folders are those of the release (Stanford CS231n):
//!
//! ```text
//! wnids.txt                         the classes, one WordNet number per line
//! words.txt                         their names
//! train/WNID/images/*.JPEG          training pictures
//! train/WNID/WNID_boxes.txt         file, x0, y0, x1, y1: the first and last pixel of the box
//! val/images/*.JPEG                 the pictures of the test split
//! val/val_annotations.txt           file, WNID, x0, y0, x1, y1
//! ```
//!
//! The release's own test pictures have no labels, so its validation pictures are the test split, and
//! validation pictures are cut from the training pictures. Any number of classes is read.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::data::annotation::{Annotation, Instance, PixelBox};
use crate::data::cache_file::Source;
use crate::data::dataset::{
    DataOptions, Dataset, ImageDataset, ImageShape, ObjectTruth, PICTURE_KEYS, Parts,
};
use crate::data::error::DataError;
use crate::data::locate::DataSearch;
use crate::data::origin::Origin;
use crate::data::picture_set::{Listed, PictureList, splits};
use crate::data::picture_tree::Tree;
use crate::data::release::{PackedFile, Packing, Release};
use crate::data::shapes::options::SHAPES_SECTION;
use crate::data::split::Split;
use crate::data::splits::Splits;
use crate::data::zip_archive::ZipContents;
use crate::run::read_text;

/// Tiny ImageNet: 64 x 64 pixels, with boxes.
pub const DATASET: Dataset = Dataset::new(&TinyImagenet);

/// Name of the data set.
const NAME: &str = "tiny-imagenet";
/// The folder inside the archive, and in the data folder.
const FOLDER: &str = "tiny-imagenet-200";
/// The location of the archive; what is received is checked against the MD5.
const MIRRORS: [&str; 2] = [
    "https://cs231n.stanford.edu/",
    "http://cs231n.stanford.edu/",
];
const ARCHIVE: &str = "tiny-imagenet-200.zip";
/// MD5 of the archive of 248,100,043 bytes.
///
/// # Source
/// The publisher gives none; this one is used by many loaders, such as
/// <https://github.com/ContinualAI/avalanche> (`benchmarks/datasets/tiny_imagenet`).
const ARCHIVE_MD5: &str = "90528d7ca1a48142e341f4ef8d21d0de";
/// Larger than the archive; a longer download is something else.
const ARCHIVE_CAP: u64 = 300_000_000;

/// The content of the archive: 120,000 pictures and 406 other members, 0.2 GB unpacked.
const CONTENTS: ZipContents = ZipContents {
    folder: FOLDER,
    // The test pictures have no labels.
    is_wanted: |path| !path.starts_with("test/"),
    most_members: 200_000,
    most_bytes: 2_000_000_000,
};

/// Height and width, pixels.
const SIDE: usize = 64;
/// Number of classes of the release, of training pictures of each, and of test pictures.
const RELEASED: [usize; 3] = [200, 500, 10_000];

const CLASSES_FILE: &str = "wnids.txt";
const NAMES_FILE: &str = "words.txt";
const TEST_FILE: &str = "val/val_annotations.txt";

#[derive(Debug)]
struct TinyImagenet;

impl Origin for TinyImagenet {
    fn name(&self) -> &'static str {
        NAME
    }

    fn summary(&self) -> &'static str {
        "photographs: 110,000 of 64 x 64 pixels in 200 classes, with boxes"
    }

    fn release(&self) -> Option<Release> {
        Some(Release {
            dataset: NAME,
            folder: FOLDER,
            mirrors: MIRRORS.map(str::to_owned).to_vec(),
            files: vec![PackedFile {
                name: ARCHIVE.to_owned(),
                md5: ARCHIVE_MD5.to_owned(),
                cap: ARCHIVE_CAP,
                packing: Packing::Zip(CONTENTS),
            }],
            locate,
            check: check_release,
        })
    }
}

impl ImageDataset for TinyImagenet {
    fn truth(&self) -> ObjectTruth {
        ObjectTruth::Boxes
    }

    fn shape(&self, _options: &DataOptions, search: &DataSearch) -> Result<ImageShape, DataError> {
        let classes = wnids(&locate(search)?)?.len();
        Ok(ImageShape {
            side: SIDE,
            classes,
        })
    }

    fn reads(&self, key: &str) -> bool {
        !key.starts_with(SHAPES_SECTION) && (!PICTURE_KEYS.contains(&key) || key == "data.skip_bad")
    }

    fn load(&self, options: &DataOptions, search: &DataSearch) -> Result<Splits, DataError> {
        splits(self.parts(options, search)?, options, |_| Ok(()))
    }

    fn parts(&self, options: &DataOptions, search: &DataSearch) -> Result<Parts, DataError> {
        list(&locate(search)?, options.pictures.skip_bad)?.read(search)
    }
}

/// Finds the folder of the release.
fn locate(search: &DataSearch) -> Result<PathBuf, DataError> {
    search.find(NAME, &[FOLDER, NAME], &[CLASSES_FILE])
}

/// Fails unless `folder` holds every picture of the release.
fn check_release(folder: &Path) -> Result<(), DataError> {
    let list = list(folder, false)?;
    let [classes, each, test] = RELEASED;
    let found = [
        ("classes", list.class_names.len(), classes),
        ("training pictures", list.parts[0].1.len(), classes * each),
        ("pictures in val", list.parts[1].1.len(), test),
    ];
    match found.iter().find(|(_, found, expected)| found != expected) {
        None => Ok(()),
        Some((what, found, expected)) => Err(DataError::Incomplete {
            dataset: NAME,
            path: folder.to_path_buf(),
            what,
            found: *found,
            expected: *expected,
        }),
    }
}

/// Lists every picture with its class and its box.
fn list(folder: &Path, skip_bad: bool) -> Result<PictureList, DataError> {
    let tree = Tree::of(folder.to_path_buf())?;
    let wnids = wnids(folder)?;
    let mut train = Vec::new();
    for (label, wnid) in (0u16..).zip(&wnids) {
        let class = folder.join("train").join(wnid);
        let boxes = boxes_of(&class.join(format!("{wnid}_boxes.txt")), |_| Ok(label))?;
        train.extend(with_boxes(&tree, &class.join("images"), boxes)?);
    }
    let label_of = |wnid: &str| {
        let place = wnids.binary_search_by(|known| known.as_str().cmp(wnid));
        let label = place.map(|place| place as u16);
        label.map_err(|_| format!("has class {wnid:?}, which is not in \"{CLASSES_FILE}\""))
    };
    let boxes = boxes_of(&folder.join(TEST_FILE), |line| {
        let wnid = line.next().ok_or("has no class")?;
        label_of(wnid)
    })?;
    let test = with_boxes(&tree, &folder.join("val/images"), boxes)?;
    Ok(PictureList {
        dataset: NAME,
        class_names: class_names(&folder.join(NAMES_FILE), &wnids)?.into(),
        tree,
        parts: vec![(Split::Train, train), (Split::Test, test)],
        side: SIDE,
        own_size: true,
        skip_bad,
    })
}

/// Returns the WordNet numbers of the classes, sorted: the order of class numbers.
fn wnids(folder: &Path) -> Result<Vec<String>, DataError> {
    let path = folder.join(CLASSES_FILE);
    let mut wnids: Vec<String> = Vec::new();
    for (number, line) in lines(&path)? {
        // A plain folder name: it cannot lead elsewhere.
        if !line.chars().all(|c| c.is_ascii_alphanumeric()) {
            return Err(faulty(
                &path,
                number,
                "is not a WordNet number such as n01443537",
            ));
        }
        if wnids.contains(&line) {
            return Err(faulty(&path, number, "names a class a second time"));
        }
        wnids.push(line);
    }
    if wnids.len() < 2 {
        return Err(DataError::Format {
            path,
            problem: format!("names {} classes, a classifier needs two", wnids.len()),
        });
    }
    wnids.sort();
    Ok(wnids)
}

/// Returns the name of each class: the first of its words, or all of them where two classes share it.
fn class_names(path: &Path, wnids: &[String]) -> Result<Vec<String>, DataError> {
    let lines = lines(path)?;
    let known: BTreeMap<&str, &str> = lines
        .iter()
        .filter_map(|(_, line)| line.split_once('\t'))
        .map(|(wnid, words)| (wnid.trim(), words.trim()))
        .collect();
    let mut words = Vec::new();
    for wnid in wnids {
        words.push(*known.get(wnid.as_str()).ok_or_else(|| DataError::Format {
            path: path.to_path_buf(),
            problem: format!("has no name for class {wnid:?}"),
        })?);
    }
    let first = |words: &str| words.split(',').next().unwrap_or(words).trim().to_owned();
    let count = |name: &str| words.iter().filter(|words| first(words) == name).count();
    let named = words.iter().map(|words| match first(words) {
        name if count(&name) == 1 => name,
        _ => (*words).to_owned(),
    });
    Ok(named.collect())
}

/// The class and the box of each file.
type Boxes = BTreeMap<String, (u16, Option<PixelBox>)>;

/// Returns what the file at `path` says of each picture; `label_of` takes the class from the rest of a
/// line.
fn boxes_of(
    path: &Path,
    label_of: impl Fn(&mut dyn Iterator<Item = &str>) -> Result<u16, String>,
) -> Result<(PathBuf, Boxes), DataError> {
    let mut boxes = Boxes::new();
    for (number, line) in lines(path)? {
        let mut fields = line.split('\t').map(str::trim);
        let file = fields.next().unwrap_or_default().to_owned();
        let place = |fields: &mut dyn Iterator<Item = &str>| {
            let label = label_of(fields)?;
            let numbers: Vec<&str> = fields.collect();
            let numbers: Vec<usize> = numbers
                .iter()
                .filter_map(|number| usize::from_str(number).ok())
                .collect();
            let [x0, y0, x1, y1] = numbers[..] else {
                return Err("does not end in the four numbers of a box".to_owned());
            };
            Ok((label, in_picture([x0, y0, x1, y1])))
        };
        let found = place(&mut fields).map_err(|problem| faulty(path, number, &problem))?;
        if boxes.insert(file, found).is_some() {
            return Err(faulty(path, number, "names a picture a second time"));
        }
    }
    Ok((path.to_path_buf(), boxes))
}

/// Returns the box with the given first and last pixels, as far as it lies in the picture.
fn in_picture([x0, y0, x1, y1]: [usize; 4]) -> Option<PixelBox> {
    let found = PixelBox {
        x0,
        y0,
        x1: x1.min(SIDE - 1) + 1,
        y1: y1.min(SIDE - 1) + 1,
    };
    (x0 < found.x1 && y0 < found.y1).then_some(found)
}

/// Returns the pictures in `folder`, in the order of their names, with class and box.
///
/// # Errors
/// A picture without a line, or a line without a picture.
fn with_boxes(
    tree: &Tree,
    folder: &Path,
    (path, mut boxes): (PathBuf, Boxes),
) -> Result<Vec<Listed>, DataError> {
    let unmatched = |what: String| DataError::Format {
        path: path.clone(),
        problem: what,
    };
    let mut pictures = Vec::new();
    for source in tree.pictures(folder)? {
        let name = file_name(&source);
        let (label, bounds) = boxes
            .remove(&name)
            .ok_or_else(|| unmatched(format!("has no line for {name:?}")))?;
        let instances = bounds.map(|bounds| Instance { bounds, mask: None });
        let instances = instances.into_iter().collect();
        pictures.push(Listed {
            label,
            source,
            annotation: Some(Annotation { instances }),
        });
    }
    match boxes.into_keys().next() {
        Some(name) => Err(unmatched(format!(
            "names {name:?}, which is not in {folder:?}"
        ))),
        None => Ok(pictures),
    }
}

fn file_name(source: &Source) -> String {
    let name = source.path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

/// Returns the lines of a file that are not empty, with their numbers from 1.
fn lines(path: &Path) -> Result<Vec<(usize, String)>, DataError> {
    let text = read_text(path).map_err(DataError::missing_or_io(NAME, path))?;
    let lines = text.lines().enumerate();
    let kept = lines.filter(|(_, line)| !line.trim().is_empty());
    Ok(kept
        .map(|(place, line)| (place + 1, line.trim().to_owned()))
        .collect())
}

fn faulty(path: &Path, line: usize, problem: &str) -> DataError {
    DataError::Format {
        path: path.to_path_buf(),
        problem: format!("line {line} {problem}"),
    }
}

#[cfg(test)]
#[path = "tiny_imagenet_tests.rs"]
mod tests;
