//! Tests of data sets in folders of pictures: side and classes are known only after reading.

use image::{Rgb, RgbImage};

use super::*;
use crate::data::{CatalogueEntry, describe, load};

/// A data set as a new file would define it.
static TINY: PictureFolder = PictureFolder {
    name: "tiny",
    summary: "two classes of 5 x 5 pixels",
    folder: "tiny-pictures",
};

fn put(root: &Path, name: &str, side: u32, colour: [u8; 3]) {
    let path = root.join("tiny-pictures").join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let picture = RgbImage::from_fn(side, side, |x, y| {
        let mut colour = colour;
        colour[0] += x as u8;
        colour[1] += y as u8;
        colour[2] += (x * y) as u8;
        Rgb(colour)
    });
    picture.save(path).unwrap();
}

/// Returns four training pictures of "cat", three of "dog", and one test picture of "dog".
fn tiny() -> (tempfile::TempDir, DataSearch) {
    let root = tempfile::tempdir().unwrap();
    for i in 0..4u8 {
        put(
            root.path(),
            &format!("train/cat/{i}.png"),
            5,
            [10 * i, 0, 0],
        );
    }
    for i in 0..3u8 {
        put(
            root.path(),
            &format!("train/dog/{i}.png"),
            5,
            [0, 10 * i, 0],
        );
    }
    put(root.path(), "test/dog/0.png", 5, [7, 8, 9]);
    fs::write(root.path().join("tiny-pictures/train/.hidden"), "").unwrap();
    let search = DataSearch {
        flag: Some(root.path().to_path_buf()),
    };
    (root, search)
}

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
        train_limit: None,
    }
}

#[test]
fn side_and_classes_are_known_after_looking() {
    let (_root, search) = tiny();
    let dataset = Dataset::new(&TINY);
    assert_eq!(dataset.known_shape(), None);
    let (side, classes) = (5, 2);
    assert_eq!(
        dataset.shape(&search).unwrap(),
        ImageShape { side, classes }
    );

    let splits = load(&options(dataset), &search).unwrap();
    assert_eq!(splits.train.class_names(), ["cat", "dog"]);
    assert_eq!(splits.train.class_counts(), [3, 2]);
    assert_eq!(splits.validation.class_counts(), [1, 1]);
    assert_eq!(splits.test.id(0), "tiny/test/0");
    // Planes of red, green and blue; the pixel at x = 4, y = 1.
    let pixels = splits.test.pixels(0);
    assert_eq!([pixels[9], pixels[25 + 9], pixels[50 + 9]], [11, 9, 13]);
    let sources: Vec<&str> = splits.sources.iter().map(|s| s.source.as_str()).collect();
    assert_eq!(sources, ["tiny/train: 7 pictures", "tiny/test: 1 pictures"]);
    assert!(splits.normalisation.std.iter().all(|std| *std > 0.0));
    // The same options give the same splits.
    let again = load(&options(dataset), &search).unwrap();
    assert_eq!(splits.validation.id(0), again.validation.id(0));
}

#[test]
fn a_folder_of_your_own_is_named_and_needs_no_code() {
    let (root, search) = tiny();
    let dataset: Dataset = "folder:tiny-pictures".parse().unwrap();
    assert_eq!(dataset, "folder:tiny-pictures".parse().unwrap());
    assert_eq!(dataset.to_string(), "folder:tiny-pictures");
    assert!(!dataset.is_generated() && !dataset.has_objects());
    put(root.path(), "validation/cat/0.png", 5, [1, 2, 3]);
    let splits = load(&options(dataset), &search).unwrap();
    assert_eq!((splits.train.len(), splits.validation.len()), (7, 1));

    let entry: CatalogueEntry = "folder:tiny-pictures".parse().unwrap();
    let generated = describe::GeneratedOptions {
        shapes: options(dataset).shapes,
        clips: crate::data::ClipOptions {
            dataset: crate::data::clips::DRAWN_DIGITS,
            train_clips: 1,
            validation_clips: 1,
            test_clips: 1,
            seed: 0,
        },
    };
    let report = describe::check(entry, &generated, &search).unwrap();
    let counts: Vec<usize> = report.parts.iter().map(|part| part.images).collect();
    assert_eq!(counts, [7, 1, 1]);
    for name in ["folder:", "folder:..", "folder:a/b", "folders"] {
        assert!(name.parse::<Dataset>().is_err(), "{name}");
    }
}

#[test]
fn what_does_not_fit_is_named() {
    let problem = |name: &str, side: u32| {
        let (root, search) = tiny();
        put(root.path(), name, side, [1, 1, 1]);
        let error = load(&options(Dataset::new(&TINY)), &search).unwrap_err();
        error.to_string()
    };
    let odd = problem("train/dog/9.png", 6);
    assert!(
        odd.ends_with("9.png\" has 6 x 6 pixels, expected 5 x 5 like the first"),
        "{odd}"
    );
    let bird = problem("test/bird/0.png", 5);
    assert!(
        bird.ends_with("bird\" is a class that the training pictures do not have"),
        "{bird}"
    );

    let empty = tempfile::tempdir().unwrap();
    let search = DataSearch {
        flag: Some(empty.path().to_path_buf()),
    };
    let error = Dataset::new(&TINY).shape(&search).unwrap_err();
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
    let (_root, search) = tiny();
    let none = DataOptions {
        validation_images: 0,
        ..options(Dataset::new(&TINY))
    };
    let error = load(&none, &search).unwrap_err().to_string();
    assert_eq!(
        error,
        "data.validation_images is 0, allowed: at least one per class"
    );
}

#[test]
fn what_would_be_skipped_is_refused() {
    let problem = |name: &str| {
        let (root, search) = tiny();
        put(root.path(), name, 5, [1, 2, 3]);
        let error = TINY.read(&search).err().expect("refused").to_string();
        error.replace(&root.path().display().to_string(), "data")
    };
    assert_eq!(
        problem("train/stray.png"),
        "\"data/tiny-pictures/train/stray.png\" has no class: it lies next to the folders of the \
         classes"
    );
    assert_eq!(
        problem("val/dog/0.png"),
        "\"data/tiny-pictures/val\" is no split: the splits are \"train\", \"validation\" and \
         \"test\""
    );
    let (root, search) = tiny();
    fs::remove_dir_all(root.path().join("tiny-pictures/train/cat")).unwrap();
    let error = TINY.read(&search).err().expect("refused").to_string();
    assert!(
        error.ends_with("has the folder of one class, a classifier needs two"),
        "{error}"
    );
}
