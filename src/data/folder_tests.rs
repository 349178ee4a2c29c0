//! Tests of data sets in folders of pictures: layouts, sizes, the cache, and what does not fit.

use std::fs;

use image::{Rgb, RgbImage};

use super::*;
use crate::data::data_warning::DataWarning;
use crate::data::image_set::ImageSet;
use crate::data::picture_cache::CACHE_FOLDER;
use crate::data::{
    CatalogueEntry, PictureOptions, ShapesOptions, describe, fill_batch, load, standardised,
};

/// A data set as a new file would define it.
static TINY: PictureFolder = PictureFolder {
    name: "tiny",
    summary: "two classes of 5 x 5 pixels",
    folder: "tiny-pictures",
};

/// A folder of pictures, and where to find it.
struct Place {
    root: tempfile::TempDir,
    search: DataSearch,
}

impl Place {
    fn empty() -> Self {
        let root = tempfile::tempdir().unwrap();
        let flag = Some(root.path().to_path_buf());
        Self {
            root,
            search: DataSearch { flag },
        }
    }

    /// Returns four training pictures of "cat", three of "dog", and one test picture of "dog".
    fn tiny() -> Self {
        let place = Self::empty();
        for i in 0..4u8 {
            place.put(&format!("train/cat/{i}.png"), (5, 5), [10 * i, 0, 0]);
        }
        for i in 0..3u8 {
            place.put(&format!("train/dog/{i}.png"), (5, 5), [0, 10 * i, 0]);
        }
        place.put("test/dog/0.png", (5, 5), [7, 8, 9]);
        fs::write(place.path("train/.hidden"), "").unwrap();
        fs::write(place.path("train/dog/Thumbs.db"), "").unwrap();
        place
    }

    /// Returns `cats` and `dogs` without folders of splits.
    fn flat(cats: u8, dogs: u8) -> Self {
        let place = Self::empty();
        for i in 0..cats {
            place.put(&format!("cat/{i}.png"), (5, 5), [i, 100, 0]);
        }
        for i in 0..dogs {
            place.put(&format!("dog/{i}.png"), (5, 5), [i, 0, 100]);
        }
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join("tiny-pictures").join(name)
    }

    fn put(&self, name: &str, (width, height): (u32, u32), colour: [u8; 3]) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let picture = RgbImage::from_fn(width, height, |x, y| {
            let mut colour = colour;
            colour[0] += x as u8;
            colour[1] += y as u8;
            colour[2] += (x * y) as u8;
            Rgb(colour)
        });
        picture.save(path).unwrap();
    }

    fn load(&self) -> Result<Splits, DataError> {
        load(&options(Dataset::new(&TINY)), &self.search)
    }

    fn load_with(&self, pictures: PictureOptions) -> Result<Splits, DataError> {
        let options = DataOptions {
            pictures,
            ..options(Dataset::new(&TINY))
        };
        load(&options, &self.search)
    }

    /// Returns the error of loading, with "data" for the data folder.
    fn problem(&self) -> String {
        let error = self.load().expect_err("it does not fit").to_string();
        error.replace(&self.root.path().display().to_string(), "data")
    }

    fn cache(&self) -> PathBuf {
        self.root.path().join(CACHE_FOLDER).join("tiny-own.cache")
    }
}

const OWN_SIZE: PictureOptions = PictureOptions {
    side: 0,
    test_images: 0,
    skip_bad: false,
};

fn options(dataset: Dataset) -> DataOptions {
    DataOptions {
        dataset,
        validation_images: 2,
        split_seed: 1,
        shapes: ShapesOptions {
            train_images: 1,
            validation_images: 1,
            test_images: 1,
            seed: 0,
        },
        pictures: OWN_SIZE,
        train_limit: None,
    }
}

#[test]
fn side_and_classes_are_known_after_looking() {
    let place = Place::tiny();
    let dataset = Dataset::new(&TINY);
    assert_eq!(dataset.known_shape(), None);
    let (side, classes) = (5, 2);
    assert_eq!(
        options(dataset).shape(&place.search).unwrap(),
        ImageShape { side, classes }
    );

    let splits = place.load().unwrap();
    assert_eq!(splits.train.class_names(), ["cat", "dog"]);
    assert_eq!(splits.train.class_counts(), [3, 2]);
    assert_eq!(splits.validation.class_counts(), [1, 1]);
    assert_eq!(splits.test.id(0), "tiny/test/0");
    assert_eq!(splits.test.file(0), Some(Path::new("test/dog/0.png")));
    // Planes of red, green and blue; the pixel at x = 4, y = 1.
    let pixels = splits.test.pixels(0);
    assert_eq!([pixels[9], pixels[25 + 9], pixels[50 + 9]], [11, 9, 13]);
    let sources: Vec<&str> = splits.sources.iter().map(|s| s.source.as_str()).collect();
    assert_eq!(
        sources,
        [
            "tiny/train: 7 pictures of 5 x 5",
            "tiny/test: 1 pictures of 5 x 5"
        ]
    );
    let [DataWarning::Absent { first, .. }] = &splits.warnings[..] else {
        panic!("{:?}", splits.warnings);
    };
    assert_eq!(first, "cat");
    // The same options give the same splits.
    let again = place.load().unwrap();
    assert_eq!(splits.validation.id(0), again.validation.id(0));
}

#[test]
fn statistics_are_those_of_all_training_pictures() {
    let place = Place::tiny();
    let splits = place.load().unwrap();
    // Red is x plus 0, 10, 20, 30 in the cats and x in the three dogs; x averages 2 with a variance of
    // 2. The seven offsets average 60 / 7, and their squares 1400 / 7.
    let mean = 2.0 + 60.0 / 7.0;
    let variance = 2.0 + 200.0 - (60.0f32 / 7.0).powi(2);
    let found = splits.normalisation;
    assert!((found.mean[0] * 255.0 - mean).abs() < 1e-4, "{found:?}");
    assert!(
        (found.std[0] * 255.0 - variance.sqrt()).abs() < 1e-4,
        "{found:?}"
    );
}

#[test]
fn a_folder_of_your_own_is_named_and_needs_no_code() {
    let place = Place::tiny();
    let dataset: Dataset = "folder:tiny-pictures".parse().unwrap();
    assert_eq!(dataset, "folder:tiny-pictures".parse().unwrap());
    assert_eq!(dataset.to_string(), "folder:tiny-pictures");
    assert!(!dataset.is_generated() && !dataset.has_objects());
    place.put("val/cat/0.png", (5, 5), [1, 2, 3]);
    let splits = load(&options(dataset), &place.search).unwrap();
    assert_eq!((splits.train.len(), splits.validation.len()), (7, 1));

    let entry: CatalogueEntry = "folder:tiny-pictures".parse().unwrap();
    let described = describe::DescribeOptions {
        images: options(dataset),
        clips: crate::data::ClipOptions {
            dataset: crate::data::clips::DRAWN_DIGITS,
            train_clips: 1,
            validation_clips: 1,
            test_clips: 1,
            seed: 0,
        },
    };
    let report = describe::check(entry, &described, &place.search).unwrap();
    let counts: Vec<usize> = report.parts.iter().map(|part| part.images).collect();
    assert_eq!(counts, [7, 1, 1]);
    for name in ["folder:", "folder:..", "folder:a/b", "folders"] {
        assert!(name.parse::<Dataset>().is_err(), "{name}");
    }
}

#[test]
fn without_folders_of_splits_all_three_are_cut_by_class() {
    let place = Place::flat(20, 10);
    let all = DataOptions {
        validation_images: 0,
        ..options(Dataset::new(&TINY))
    };
    let splits = load(&all, &place.search).unwrap();
    // 15 % of 20 is 3, and of 10 is 1.5, rounded to 2; then 15 % of 17 is 2.55 and of 8 is 1.2.
    assert_eq!(splits.test.class_counts(), [3, 2]);
    assert_eq!(splits.validation.class_counts(), [3, 1]);
    assert_eq!(splits.train.class_counts(), [14, 7]);
    let sets = [&splits.train, &splits.validation, &splits.test];
    let names = |set: &ImageSet| {
        (0..set.len())
            .map(|i| set.file(i).unwrap().to_owned())
            .collect()
    };
    let mut names: Vec<PathBuf> = sets
        .into_iter()
        .flat_map(|set| -> Vec<PathBuf> { names(set) })
        .collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), 30, "every picture is in one split");

    let given = PictureOptions {
        test_images: 6,
        ..OWN_SIZE
    };
    let splits = place.load_with(given).unwrap();
    assert_eq!(splits.test.class_counts(), [3, 3]);
    assert_eq!(splits.validation.class_counts(), [1, 1]);
    // Another seed, other pictures.
    let other = DataOptions {
        split_seed: 2,
        ..all
    };
    let other = load(&other, &place.search).unwrap();
    assert_ne!(other.test.file(0), splits.test.file(0));
}

#[test]
fn a_class_called_train_is_a_class() {
    let place = Place::empty();
    for i in 0..8u8 {
        place.put(&format!("train/{i}.png"), (5, 5), [i, 9, 0]);
        place.put(&format!("plane/{i}.png"), (5, 5), [i, 0, 9]);
    }
    let splits = place.load().unwrap();
    assert_eq!(splits.train.class_names(), ["plane", "train"]);
}

#[test]
fn pictures_are_cut_to_the_centre_and_resized() {
    let place = Place::flat(4, 4);
    // Four columns of 10, 11, 12, 13 red; the centred square holds the middle two.
    place.put("dog/wide.png", (4, 2), [10, 20, 30]);
    let two = PictureOptions {
        side: 2,
        ..OWN_SIZE
    };
    let splits = place.load_with(two).unwrap();
    let sets = [splits.train, splits.validation, splits.test];
    let found = sets.iter().find_map(|set| {
        let is_wide = |i: &usize| set.file(*i) == Some(Path::new("dog/wide.png"));
        (0..set.len())
            .find(is_wide)
            .map(|i| set.pixels(i).into_owned())
    });
    let expected = [[11, 12, 11, 12], [20, 20, 21, 21], [30, 30, 31, 32]];
    assert_eq!(found.unwrap(), expected.concat());
}

#[test]
fn a_batch_has_the_same_values_from_the_cache() {
    let place = Place::tiny();
    let splits = place.load().unwrap();
    let (mut images, mut labels) = (Vec::new(), Vec::new());
    let normalisation = &splits.normalisation;
    fill_batch(
        &splits.train,
        &[4, 1],
        None,
        normalisation,
        &mut images,
        &mut labels,
    );
    let each = [4, 1].map(|i| standardised(&splits.train, i, normalisation));
    assert_eq!(images, each.concat());
    assert_eq!(labels, [1, 0]);
    let red = splits.train.pixels(4)[0];
    let expected = (f32::from(red) / 255.0 - normalisation.mean[0]) / normalisation.std[0];
    assert_eq!(images[0], expected);
}

#[test]
fn a_cache_is_used_until_a_picture_changes() {
    let place = Place::tiny();
    let before = place.load().unwrap();
    let written = || fs::metadata(place.cache()).unwrap().modified().unwrap();
    let first = written();
    assert_eq!(place.load().unwrap().sources, before.sources);
    assert_eq!(written(), first, "it was read, not written again");
    for change in ["train/cat/0.png", "train/dog/new.png"] {
        place.put(change, (5, 5), [99, 98, 97]);
        let after = place.load().unwrap();
        assert_ne!(after.sources, before.sources, "{change}");
    }
    fs::remove_file(place.path("train/dog/new.png")).unwrap();
    let after = place.load().unwrap();
    let changed = (0..after.train.len()).chain(0..after.validation.len());
    assert_eq!(changed.count(), 7);
    assert!(written() > first);
}

#[test]
fn damage_of_any_byte_of_a_cache_is_noticed_and_repaired() {
    let place = Place::tiny();
    let whole = place.load().unwrap();
    let content = fs::read(place.cache()).unwrap();
    // A pixel, the index, its length, its checksum, the last byte; then pieces that are missing.
    let places = [
        3,
        8 * 75 + 20,
        content.len() - 85,
        content.len() - 40,
        content.len() - 1,
    ];
    let mut damaged: Vec<Vec<u8>> = places
        .map(|place| {
            let mut content = content.clone();
            content[place] ^= 0x04;
            content
        })
        .into();
    damaged.extend([0, 5, 300, content.len() - 1].map(|length| content[..length].to_vec()));
    damaged.push([&content[..75], &content].concat());
    for (case, damage) in damaged.into_iter().enumerate() {
        assert_ne!(damage, content);
        fs::write(place.cache(), damage).unwrap();
        let splits = place.load().unwrap();
        assert_eq!(splits.sources, whole.sources, "case {case}");
        assert_eq!(splits.test.pixels(0), whole.test.pixels(0), "case {case}");
        assert_eq!(fs::read(place.cache()).unwrap(), content, "case {case}");
    }
}

#[test]
fn a_damaged_picture_is_named_or_skipped_and_counted() {
    let place = Place::tiny();
    let whole = fs::read(place.path("train/cat/1.png")).unwrap();
    fs::write(place.path("train/cat/1.png"), &whole[..whole.len() / 2]).unwrap();
    fs::write(place.path("train/cat/note.txt"), "not a picture").unwrap();
    let error = place.problem();
    let start = "cannot read the image \"data/tiny-pictures/train/cat/1.png\": ";
    assert!(error.starts_with(start), "{error}");
    assert!(!place.cache().exists(), "nothing half-written");
    let left = fs::read_dir(place.root.path().join(CACHE_FOLDER)).unwrap();
    assert_eq!(left.count(), 0);

    let skip_bad = PictureOptions {
        skip_bad: true,
        ..OWN_SIZE
    };
    for _ in 0..2 {
        let splits = place.load_with(skip_bad).unwrap();
        assert_eq!(splits.train.len() + splits.validation.len(), 6);
        let [DataWarning::Skipped { count, first, .. }, ..] = &splits.warnings[..] else {
            panic!("{:?}", splits.warnings);
        };
        assert_eq!((*count, first.as_path()), (2, Path::new("train/cat/1.png")));
        // The picture after the skipped ones is not shifted.
        assert_eq!(splits.test.pixels(0)[0], 7);
    }
    // Without skipping, the cache of the others is not enough.
    assert!(place.problem().starts_with(start));
}

#[test]
fn a_class_of_damaged_pictures_alone_is_named() {
    let place = Place::tiny();
    fs::write(place.path("test/dog/0.png"), "").unwrap();
    let skip_bad = PictureOptions {
        skip_bad: true,
        ..OWN_SIZE
    };
    let error = place.load_with(skip_bad).unwrap_err().to_string();
    assert!(
        error.ends_with("dog\" has no picture that can be read, 1 were skipped"),
        "{error}"
    );
}

#[test]
fn pictures_in_two_splits_are_counted() {
    let place = Place::tiny();
    fs::copy(
        place.path("train/cat/2.png"),
        place.path("test/dog/copy.png"),
    )
    .unwrap();
    let splits = place.load().unwrap();
    let [
        DataWarning::Absent { first: absent, .. },
        doubles @ DataWarning::Doubles { split, count, .. },
    ] = &splits.warnings[..]
    else {
        panic!("{:?}", splits.warnings);
    };
    assert_eq!((absent.as_str(), *split, *count), ("cat", Split::Test, 1));
    let text = doubles.to_string();
    assert!(
        text.starts_with("1 picture of the test split is also in the ")
            && text.ends_with("\"test/dog/copy.png\", the same as \"train/cat/2.png\""),
        "{text}"
    );
}

#[test]
fn sizes_that_differ_are_named_unless_a_side_is_given() {
    let place = Place::tiny();
    place.put("train/dog/9.png", (6, 6), [1, 1, 1]);
    assert_eq!(
        place.problem(),
        "\"data/tiny-pictures/train/dog/9.png\" has 6 x 6 pixels, expected 5 x 5 like the first"
    );
    place.put("train/cat/0.png", (6, 4), [1, 1, 1]);
    assert_eq!(
        place.problem(),
        "\"data/tiny-pictures/train/cat/0.png\" has 6 x 4 pixels, expected a square"
    );
    let four = PictureOptions {
        side: 4,
        ..OWN_SIZE
    };
    assert_eq!(place.load_with(four).unwrap().train.height(), 4);
}

#[test]
fn what_does_not_fit_is_named() {
    let problem = |change: &dyn Fn(&Place)| {
        let place = Place::tiny();
        change(&place);
        place.problem()
    };
    let put = |name: &'static str| problem(&|place: &Place| place.put(name, (5, 5), [1, 2, 3]));
    assert_eq!(
        put("test/bird/0.png"),
        "\"data/tiny-pictures/test/bird\" is a class that the training pictures do not have"
    );
    assert_eq!(
        put("train/stray.png"),
        "\"data/tiny-pictures/train/stray.png\" has no class: it lies next to the folders of the \
         classes"
    );
    assert_eq!(
        put("stray.png"),
        "\"data/tiny-pictures/stray.png\" has no class: it lies next to the folders of the classes"
    );
    assert_eq!(
        put("dev/dog/0.png"),
        "\"data/tiny-pictures/dev\" is not a split: the splits are \"train\", \"val\" and \"test\""
    );
    assert_eq!(
        put("train/dog/more/0.png"),
        "\"data/tiny-pictures/train/dog/more\" is a folder among the pictures of a class"
    );
    assert_eq!(
        put("train/Cat/0.png"),
        "\"data/tiny-pictures/train/cat\" and \"Cat\" differ only in upper and lower case"
    );
    assert_eq!(
        problem(&|place: &Place| {
            place.put("val/dog/0.png", (5, 5), [1, 2, 3]);
            place.put("validation/dog/0.png", (5, 5), [1, 2, 3]);
        }),
        "\"data/tiny-pictures/validation\" and \"val\" are both folders of validation pictures"
    );
    assert_eq!(
        problem(&|place: &Place| fs::create_dir(place.path("train/eel")).unwrap()),
        "\"data/tiny-pictures/train/eel\" has no picture"
    );
    assert_eq!(
        problem(&|place: &Place| fs::remove_dir_all(place.path("train/cat")).unwrap()),
        "\"data/tiny-pictures/train\" has the folder of one class, a classifier needs two"
    );
    assert_eq!(
        problem(&|place: &Place| {
            fs::remove_dir_all(place.path("")).unwrap();
            fs::create_dir(place.path("")).unwrap();
        }),
        "\"data/tiny-pictures/\" has no folder of a class".replace("/\"", "\"")
    );
    let error = Place::empty().load().unwrap_err();
    assert!(
        matches!(
            error,
            DataError::NotFound {
                dataset: "tiny",
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn numbers_that_do_not_fit_name_their_key() {
    let place = Place::tiny();
    let one = DataOptions {
        validation_images: 1,
        ..options(Dataset::new(&TINY))
    };
    assert_eq!(
        load(&one, &place.search).unwrap_err().to_string(),
        "data.validation_images is 1, allowed: at least one per class, or 0 for 15 % of each class"
    );
    // Two cats: one for testing, one for validation, none for training.
    let error = Place::flat(2, 9).load().unwrap_err().to_string();
    assert_eq!(
        error,
        "class \"cat\" has 1 images in all pictures, of which some are held out, too few for 2"
    );
    let dataset = Dataset::new(&TINY);
    let ranges = |side| {
        let pictures = PictureOptions { side, ..OWN_SIZE };
        let options = DataOptions {
            pictures,
            ..options(dataset)
        };
        let found = dataset.ranges(&options);
        found
            .iter()
            .all(|range| (range.least..=range.most).contains(&range.value))
    };
    assert_eq!(
        [0, 16, 31, 32, 224, 225].map(ranges),
        [true, false, false, true, true, false]
    );
}

#[cfg(unix)]
#[test]
fn links_stay_inside_the_folder() {
    use std::os::unix::fs::symlink;
    let place = Place::tiny();
    symlink("../cat/3.png", place.path("train/dog/inside.png")).unwrap();
    let splits = place.load().unwrap();
    assert_eq!(splits.train.len() + splits.validation.len(), 8);
    // The whole folder may be a link.
    let linked = tempfile::tempdir().unwrap();
    symlink(place.path(""), linked.path().join("tiny-pictures")).unwrap();
    let flag = Some(linked.path().to_path_buf());
    let search = DataSearch { flag };
    assert!(load(&options(Dataset::new(&TINY)), &search).is_ok());

    let problem = |target: &str, name: &str| {
        let place = Place::tiny();
        fs::write(place.root.path().join("outside.png"), "").unwrap();
        symlink(target, place.path(name)).unwrap();
        let problem = place.problem();
        let start = format!("\"data/tiny-pictures/{name}\" ");
        problem.strip_prefix(&start).unwrap_or(&problem).to_owned()
    };
    assert_eq!(
        problem("../../../outside.png", "train/dog/out.png"),
        "is a symbolic link that leads out of the data set's folder"
    );
    for nowhere in ["absent.png", "self.png"] {
        assert_eq!(
            problem(nowhere, "train/dog/self.png"),
            "is a symbolic link that leads nowhere"
        );
    }
    for folder in ["train/circle", "train/dog/circle", "val"] {
        assert_eq!(
            problem("..", folder),
            "is a symbolic link to a folder, which is not followed"
        );
    }
}

#[cfg(unix)]
#[test]
fn names_that_are_not_text_are_refused() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let odd = OsStr::from_bytes(b"K\xfcste");
    let place = Place::tiny();
    fs::create_dir(place.path("train").join(odd)).unwrap();
    let problem = place.problem();
    assert_eq!(
        problem,
        "\"data/tiny-pictures/train/K\\xFCste\" has a name that is not UTF-8"
    );
    let place = Place::tiny();
    fs::copy(
        place.path("train/dog/0.png"),
        place.path("train/dog").join(odd),
    )
    .unwrap();
    assert!(place.problem().ends_with("has a name that is not UTF-8"));
}
