//! Tests of Tiny ImageNet's folders, made up with three classes.

use std::fs;

use image::{Rgb, RgbImage};

use super::*;
use crate::data::image_set::ImageSet;
use crate::data::zip_archive::tests::zipped;
use crate::data::{PictureOptions, ShapesOptions, load};

/// Classes out of order, as in the release; two of them share a first word.
const WNIDS: [&str; 3] = ["n03", "n01", "n02"];
const WORDS: &str = "n00\tsomething else\nn01\tgoldfish, Carassius auratus\nn02\tcrane\n\
                     n03\tcrane, hoisting crane\n";

struct Place {
    root: tempfile::TempDir,
}

impl Place {
    /// Returns four training pictures of each class and one test picture of the last two.
    fn new() -> Self {
        let place = Self {
            root: tempfile::tempdir().unwrap(),
        };
        place.write("wnids.txt", &WNIDS.join("\n"));
        place.write("words.txt", WORDS);
        for (number, wnid) in (0u8..).zip(WNIDS) {
            let mut boxes = String::new();
            for i in 0..4u8 {
                let name = format!("{wnid}_{i}.JPEG");
                place.picture(
                    &format!("train/{wnid}/images/{name}"),
                    [60 * number, 20 * i, 9],
                    64,
                );
                boxes += &format!("{name}\t{i}\t10\t63\t20\n");
            }
            place.write(&format!("train/{wnid}/{wnid}_boxes.txt"), &boxes);
        }
        for (name, colour) in [("val_0.JPEG", 7), ("val_1.JPEG", 90)] {
            place.picture(&format!("val/images/{name}"), [colour; 3], 64);
        }
        place.write(
            "val/val_annotations.txt",
            "val_1.JPEG\tn03\t0\t63\t63\t63\nval_0.JPEG\tn02\t5\t6\t99\t8\n",
        );
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(FOLDER).join(name)
    }

    fn write(&self, name: &str, content: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// Writes a PNG: the name does not decide the format, and its pixels are exact.
    fn picture(&self, name: &str, colour: [u8; 3], side: u32) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let picture = RgbImage::from_pixel(side, side, Rgb(colour));
        picture
            .save_with_format(path, image::ImageFormat::Png)
            .unwrap();
    }

    fn search(&self) -> DataSearch {
        DataSearch {
            flag: Some(self.root.path().to_path_buf()),
        }
    }

    fn load(&self) -> Result<Splits, DataError> {
        load(&options(), &self.search())
    }

    /// Returns the error of loading, with "data" for the data folder.
    fn problem(&self) -> String {
        let error = self.load().expect_err("it does not fit").to_string();
        error.replace(&self.root.path().display().to_string(), "data")
    }
}

fn options() -> DataOptions {
    DataOptions {
        dataset: DATASET,
        validation_images: 0,
        split_seed: 1,
        shapes: ShapesOptions {
            train_images: 1,
            validation_images: 1,
            test_images: 1,
            seed: 0,
        },
        pictures: PictureOptions::default(),
        train_limit: None,
    }
}

#[test]
fn classes_boxes_and_splits_are_those_of_the_files() {
    let place = Place::new();
    let (side, classes) = (64, 3);
    let shape = options().shape(&place.search()).unwrap();
    assert_eq!(shape, ImageShape { side, classes });
    assert_eq!(DATASET.truth(), ObjectTruth::Boxes);
    let splits = place.load().unwrap();
    assert_eq!(
        splits.train.class_names(),
        ["goldfish", "crane", "crane, hoisting crane"]
    );
    // 15 % of four is 0.6, rounded to one.
    assert_eq!(splits.train.class_counts(), [3; 3]);
    assert_eq!(splits.validation.class_counts(), [1; 3]);
    assert_eq!(splits.test.labels(), [1, 2]);
    assert_eq!(
        splits.test.file(1),
        Some(Path::new("val/images/val_1.JPEG"))
    );
    assert_eq!(splits.test.pixels(1)[64 * 64], 90);
    let bounds = |set: &ImageSet, i: usize| {
        let annotation = set.annotation(i).expect("boxes are known");
        assert_eq!(annotation.masks().map(|masks| masks.len()), None);
        let bounds = annotation.instances[0].bounds;
        [bounds.x0, bounds.y0, bounds.x1, bounds.y1]
    };
    // The last pixel counts; what lies outside does not.
    assert_eq!(bounds(&splits.test, 1), [0, 63, 64, 64]);
    assert_eq!(bounds(&splits.test, 0), [5, 6, 64, 9]);
    for i in 0..splits.train.len() {
        let name = splits.train.file(i).unwrap().file_stem().unwrap();
        let number = name.to_str().unwrap()[4..].parse().unwrap();
        assert_eq!(bounds(&splits.train, i), [number, 10, 64, 21]);
    }
}

#[test]
fn a_box_without_a_pixel_is_no_object() {
    assert_eq!(in_picture([3, 3, 2, 9]), None);
    assert_eq!(in_picture([64, 0, 70, 9]), None);
    assert_eq!(
        in_picture([3, 3, 3, 3]).map(|bounds| bounds.area()),
        Some(1)
    );
}

#[test]
fn what_does_not_fit_is_named_with_its_line() {
    let problem = |change: &dyn Fn(&Place)| {
        let place = Place::new();
        change(&place);
        let problem = place.problem();
        problem.replace("data/tiny-imagenet-200/", "")
    };
    let test = |content: &'static str| {
        problem(&move |place: &Place| place.write("val/val_annotations.txt", content))
    };
    assert_eq!(
        test("val_0.JPEG\tn02\t5\t6\t9\t8\nval_1.JPEG\tn09\t0\t0\t9\t9\n"),
        "\"val/val_annotations.txt\" line 2 has class \"n09\", which is not in \"wnids.txt\""
    );
    assert_eq!(
        test("val_0.JPEG\tn02\t5\t6\t9\n"),
        "\"val/val_annotations.txt\" line 1 does not end in the four numbers of a box"
    );
    assert_eq!(
        test("val_0.JPEG\tn02\t5\t6\t9\t9\n"),
        "\"val/val_annotations.txt\" has no line for \"val_1.JPEG\""
    );
    assert_eq!(
        problem(&|place: &Place| fs::remove_file(place.path("val/images/val_0.JPEG")).unwrap()),
        "\"val/val_annotations.txt\" names \"val_0.JPEG\", which is not in \"val/images\""
    );
    assert_eq!(
        problem(&|place: &Place| place.write("wnids.txt", "n01\nn02\nn01\n")),
        "\"wnids.txt\" line 3 names a class a second time"
    );
    assert_eq!(
        problem(&|place: &Place| place.write("wnids.txt", "n01\n../..\n")),
        "\"wnids.txt\" line 2 is not a WordNet number such as n01443537"
    );
    assert_eq!(
        problem(&|place: &Place| place.write("wnids.txt", "n01\n")),
        "\"wnids.txt\" names 1 classes, a classifier needs two"
    );
    assert_eq!(
        problem(&|place: &Place| place.write("words.txt", "n01\tgoldfish\n")),
        "\"words.txt\" has no name for class \"n02\""
    );
    assert_eq!(
        problem(&|place: &Place| fs::remove_file(place.path("words.txt")).unwrap()),
        "\"words.txt\" is missing"
    );
    assert_eq!(
        problem(&|place: &Place| place.picture("train/n01/images/n01_2.JPEG", [1; 3], 65)),
        "\"train/n01/images/n01_2.JPEG\" has 65 x 65 pixels, expected 64 x 64 like the first"
    );
}

#[test]
fn a_fetched_folder_must_be_complete() {
    let place = Place::new();
    let error = check_release(&place.path("")).unwrap_err().to_string();
    assert!(error.ends_with("has 3 classes, expected 200"), "{error}");
}

/// The archive's members are unpacked without the test pictures.
#[test]
fn the_archive_is_unpacked_without_the_unlabelled_pictures() {
    let members: [(&str, &[u8]); 5] = [
        ("tiny-imagenet-200/", b""),
        ("tiny-imagenet-200/wnids.txt", b"n01\nn02\n"),
        ("tiny-imagenet-200/test/images/test_0.JPEG", b"picture"),
        ("tiny-imagenet-200/train/n01/images/n01_0.JPEG", b"picture"),
        ("tiny-imagenet-200/val/val_annotations.txt", b""),
    ];
    let folder = tempfile::tempdir().unwrap();
    let archive = folder.path().join(ARCHIVE);
    fs::write(&archive, zipped(&members)).unwrap();
    let into = folder.path().join("into");
    fs::create_dir(&into).unwrap();
    crate::data::zip_archive::unzip(&archive, &CONTENTS, &into).unwrap();
    assert!(into.join("train/n01/images/n01_0.JPEG").is_file());
    assert!(into.join("wnids.txt").is_file() && !into.join("test").exists());
}
