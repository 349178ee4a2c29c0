//! Folders of pictures from the command line: checked, trained on and explained, and what is said of
//! those that do not fit.

#[path = "support/binary.rs"]
mod binary;

use std::fs;
use std::path::{Path, PathBuf};

use image::{Rgb, RgbImage};
use tempfile::TempDir;

use camtrail::run::RunManifest;

/// An experiment on the folder "forms".
const EXPERIMENT: &str = r#"extends = "base/folder"
[data]
dataset = "folder:forms"
side = 32
augmentation = { crop_padding = 2, horizontal_flip = true }
[model]
filters = [4, 8]
[train]
epochs = 2
batch_size = 8
"#;

/// A working folder with pictures in `datasets/forms` and an experiment on them.
struct Place(TempDir);

impl Place {
    /// Returns `each` pictures of "bars" and of "dots", of many sizes.
    fn new(each: u32) -> Self {
        let place = Self(tempfile::tempdir().expect("a folder"));
        for number in 0..each {
            let (width, height) = (40 + number, 36 + 2 * number);
            let bars = RgbImage::from_fn(width, height, |x, _| {
                Rgb([if x / 6 % 2 == 0 { 200 } else { 30 }, 90, number as u8])
            });
            let dots = RgbImage::from_fn(height, width, |x, y| {
                let is_dot = x % 8 < 4 && y % 8 < 4;
                Rgb([number as u8, if is_dot { 220 } else { 60 }, 120])
            });
            place.put(&format!("bars/{number}.png"), &bars);
            place.put(&format!("dots/{number}.png"), &dots);
        }
        fs::create_dir(place.0.path().join("experiments")).expect("created");
        fs::write(place.0.path().join("experiments/forms.toml"), EXPERIMENT).expect("written");
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join("datasets/forms").join(name)
    }

    fn put(&self, name: &str, picture: &RgbImage) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("created");
        picture.save(path).expect("saved");
    }

    /// Exit code, results and notes, with "[folder]" for the working folder.
    fn run(&self, arguments: &[&str]) -> String {
        let output = binary::run_in(self.0.path(), arguments);
        let shown = format!(
            "exit code {}\n{}{}",
            output.code, output.stdout, output.stderr
        );
        shown.replace(self.0.path().to_str().expect("UTF-8"), "[folder]")
    }
}

#[test]
fn a_folder_is_listed_checked_and_shown() {
    let place = Place::new(10);
    let list = place.run(&["data", "list"]);
    let line = list.lines().find(|line| line.starts_with("folder:forms"));
    let line: Vec<&str> = line.expect("it is listed").split_whitespace().collect();
    assert_eq!(line[1..3], ["real", "datasets/forms"]);
    let check = ["data", "check", "folder:forms", "--side", "32"];
    let sheet = ["--contact-sheet", "sheet.png"];
    let checked = place.run(&[&check[..], &sheet].concat());
    for part in [
        "exit code 0\nfolder:forms in \"datasets/forms\"\n",
        "folder:forms/train: 20 pictures of 32 x 32  sha-256 ",
        "\nsplit  images  size     classes  images a class  mean  ",
        "\ntrain      16  32 x 32        2               8  ",
        "\ntest        4  32 x 32        2               2  ",
        "\nsheet.png\ndecoding 20 pictures of \"datasets/forms\", once\n",
        "decoded 20 pictures of \"datasets/forms\"\n",
    ] {
        assert!(checked.contains(part), "{part}\n{checked}");
    }
    let sheet = image::open(place.0.path().join("sheet.png")).expect("a picture");
    // Eight pictures of 32 pixels, four times enlarged, by two classes.
    assert_eq!((sheet.width(), sheet.height()), (8 * 132 + 4, 2 * 132 + 4));
    let again = place.run(&check);
    assert!(!again.contains("decod"), "{again}");
}

#[test]
fn a_run_on_a_folder_is_trained_recorded_evaluated_and_explained() {
    let place = Place::new(12);
    let picture = fs::read(place.path("bars/3.png")).expect("there");
    fs::write(
        place.path("bars/damaged.png"),
        &picture[..picture.len() / 2],
    )
    .expect("written");
    let refused = place.run(&["train", "forms"]);
    assert!(refused.starts_with("exit code 1\n"), "{refused}");
    assert!(refused.contains("bars/damaged.png"), "{refused}");
    assert!(!place.0.path().join("checkpoints").exists(), "{refused}");

    let trained = place.run(&["train", "forms", "--set", "data.skip_bad=true"]);
    assert!(trained.starts_with("exit code 0\n"), "{trained}");
    let warning = "skipped 1 picture that cannot be read, the first is \"bars/damaged.png\": ";
    assert!(trained.contains(warning), "{trained}");
    let run = place
        .0
        .path()
        .join("checkpoints/forms+data.skip_bad=true/seed-0");
    let manifest = RunManifest::read(&run.join("run.json")).expect("written");
    assert!(manifest.warnings[0].starts_with(warning));
    let statistics = manifest.statistics.expect("kept");
    // Blue is the number of the picture in the bars and 120 in the dots.
    assert!((0.2..0.3).contains(&statistics.mean[2]), "{statistics:?}");
    assert!(
        manifest
            .data
            .keys()
            .all(|name| name.starts_with("folder:forms/"))
    );

    for arguments in [
        &["evaluate", "forms+data.skip_bad=true"][..],
        &[
            "explain",
            "forms+data.skip_bad=true",
            "--test-index",
            "0",
            "--out",
            "out",
        ],
        &[
            "score",
            "forms+data.skip_bad=true",
            "--limit",
            "2",
            "--methods",
            "grad-cam",
            "--out",
            "out",
        ],
    ] {
        let output = place.run(arguments);
        assert!(output.starts_with("exit code 0\n"), "{output}");
    }
    // Another picture: the run is of other data.
    fs::copy(place.path("dots/1.png"), place.path("dots/copy.png")).expect("copied");
    let resumed = place.run(&["train", "forms", "--set", "data.skip_bad=true", "--resume"]);
    assert!(resumed.starts_with("exit code 1\n"), "{resumed}");
}

#[test]
fn boxes_are_localised_on_tiny_imagenet() {
    let place = Place::new(1);
    tiny_imagenet(&place.0.path().join("datasets/tiny-imagenet-200"));
    let base = ["--base", "tiny-imagenet"];
    let small = [
        "--set",
        "data.validation_images=0",
        "--set",
        "train.epochs=1",
        "--set",
        "train.batch_size=4",
    ];
    for arguments in [
        [
            &["train", "trial-b", "--name", "trial-b"][..],
            &base,
            &small,
        ]
        .concat(),
        [&["evaluate", "trial-b"][..], &base].concat(),
        [
            &["localize", "trial-b"][..],
            &base,
            &["--methods", "grad-cam,gaussian"],
        ]
        .concat(),
        [&["ablate", "--test-index", "0"][..], &base].concat(),
    ] {
        let output = place.run(&arguments);
        let verb = arguments[0];
        // The ablation wants all four trials.
        let expected = if verb == "ablate" { 1 } else { 0 };
        assert!(
            output.starts_with(&format!("exit code {expected}\n")),
            "{output}"
        );
    }
    let table = place.0.path().join("figures/tiny-imagenet/localization");
    assert!(
        table.is_dir(),
        "{:?}",
        fs::read_dir(place.0.path().join("figures/tiny-imagenet"))
    );
}

/// Writes two classes with six pictures each and two for testing.
fn tiny_imagenet(root: &Path) {
    let write = |name: &str, content: &str| {
        let path = root.join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("created");
        fs::write(path, content).expect("written");
    };
    let picture = |name: &str, colour: u8| {
        let path = root.join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("created");
        let picture = RgbImage::from_fn(64, 64, |x, y| Rgb([colour, x as u8 * 3, y as u8 * 2]));
        picture
            .save_with_format(path, image::ImageFormat::Png)
            .expect("saved");
    };
    write("wnids.txt", "n2\nn1\n");
    write("words.txt", "n1\tgoldfish, Carassius auratus\nn2\tcrane\n");
    let mut test = String::new();
    for (wnid, colour) in [("n1", 40), ("n2", 200)] {
        let mut boxes = String::new();
        for number in 0..6u8 {
            picture(
                &format!("train/{wnid}/images/{wnid}_{number}.JPEG"),
                colour + number,
            );
            boxes += &format!("{wnid}_{number}.JPEG\t8\t8\t40\t50\n");
        }
        write(&format!("train/{wnid}/{wnid}_boxes.txt"), &boxes);
        picture(&format!("val/images/val_{wnid}.JPEG"), colour + 9);
        test += &format!("val_{wnid}.JPEG\t{wnid}\t10\t10\t63\t30\n");
    }
    write("val/val_annotations.txt", &test);
}

#[test]
fn folders_that_do_not_fit_are_refused_with_a_hint() {
    let place = Place::new(3);
    let check = || place.run(&["data", "check", "folder:forms", "--side", "32"]);
    let said = |output: String, expected: &str| assert_eq!(output.trim_end(), expected);
    said(
        place.run(&["data", "check", "folder:forms"]),
        "exit code 1\n\
         error: \"datasets/forms/bars/0.png\" has 40 x 36 pixels, expected a square\n\
         hint: give the height and width to resize pictures to: --set data.side=64 with train, \
         --side 64 with data check",
    );
    said(
        place.run(&["data", "check", "folder:forms", "--side", "16"]),
        "exit code 2\nerror: --side is 16, allowed: 32 to 224\nhint: --side 32",
    );
    said(
        place.run(&["data", "check", "shapes", "--side", "64"]),
        "exit code 2\n\
         error: --side is for folders of pictures, and shapes is none\n\
         hint: omit --side, or name a folder: folder:NAME",
    );
    let trained = place.run(&["train", "forms", "--set", "data.side=16"]);
    assert!(
        trained.starts_with("exit code 2\nerror: \"data.side\" is 16: "),
        "{trained}"
    );
    assert!(
        trained.contains("must be a whole number from 32 to 224"),
        "{trained}"
    );
    said(
        place.run(&["data", "check", "folder:birds"]),
        "exit code 1\n\
         error: no folder:birds data in \"datasets/birds\", \"datasets\"\n\
         hint: put its files into one of these folders, or name the folder that holds them with \
         --data-dir",
    );
    fs::create_dir(place.path("empty")).expect("created");
    said(
        check(),
        "exit code 1\n\
         error: \"datasets/forms/empty\" has no picture\n\
         hint: put pictures into it, or move it away",
    );
    fs::rename(place.path("empty"), place.path("Bars")).expect("renamed");
    said(
        check(),
        "exit code 1\n\
         error: \"datasets/forms/bars\" and \"Bars\" differ only in upper and lower case\n\
         hint: put the pictures into one of the two; other systems take both for the same folder",
    );
    fs::remove_dir(place.path("Bars")).expect("removed");
    fs::write(place.path("dots/1.png"), "not a picture").expect("written");
    let damaged = check();
    for part in [
        "error: cannot read the image \"datasets/forms/dots/1.png\": ",
        "hint: replace it or move it away; to skip and count such pictures: --set \
         data.skip_bad=true with train, --skip-bad with data check",
    ] {
        assert!(damaged.contains(part), "{damaged}");
    }
    fs::remove_dir_all(place.path("dots")).expect("removed");
    said(
        check(),
        "exit code 1\n\
         error: \"datasets/forms\" has the folder of one class, a classifier needs two\n\
         hint: give each class a folder with its pictures: NAME/CLASS/*.jpg, or \
         NAME/train/CLASS/*.jpg and NAME/test/CLASS/*.jpg",
    );
}

#[cfg(unix)]
#[test]
fn links_out_of_the_folder_are_refused_with_a_hint() {
    let place = Place::new(3);
    std::os::unix::fs::symlink("/etc/hostname", place.path("dots/link.png")).expect("linked");
    let output = place.run(&["data", "check", "folder:forms", "--side", "32"]);
    assert_eq!(
        output,
        "exit code 1\n\
         error: \"datasets/forms/dots/link.png\" is a symbolic link that leads out of the data set's \
         folder\n\
         hint: copy what it leads to; only the data set's folder itself may be a link to elsewhere\n"
    );
}

#[test]
fn a_data_folder_that_cannot_be_written_is_named() {
    let place = Place::new(3);
    fs::write(place.0.path().join("datasets/.camtrail-cache"), "").expect("written");
    let output = place.run(&["data", "check", "folder:forms", "--side", "32"]);
    let start = "cannot keep decoded pictures in \"datasets/.camtrail-cache";
    assert!(output.contains(start), "{output}");
    assert!(
        output.contains("hint: the data folder must be writable"),
        "{output}"
    );
}

/// The names of images in tables count as `--test-index` does, and tell the file.
#[test]
fn an_image_of_a_table_is_explained_by_its_number() {
    let place = Place::new(12);
    assert!(place.run(&["train", "forms"]).starts_with("exit code 0\n"));
    assert!(
        place
            .run(&["evaluate", "forms", "--out", "out"])
            .starts_with("exit code 0\n")
    );
    let folders = fs::read_dir(place.0.path().join("out")).expect("written");
    let folder = folders.flatten().find(|entry| entry.path().is_dir());
    let table = folder.expect("a folder").path().join("predictions.csv");
    let mut rows = csv::Reader::from_path(table).expect("a table");
    let rows: Vec<csv::StringRecord> = rows.records().map(|row| row.expect("a row")).collect();
    for (number, row) in rows.iter().enumerate() {
        assert_eq!(row[0], format!("folder:forms/test/{number}"));
        let truth = Path::new(&row[1]).parent().expect("a class");
        assert_eq!(truth, Path::new(&row[2]), "{row:?}");
    }
    let explain = ["explain", "forms", "--test-index", "2", "--out", "maps"];
    let shown = place.run(&explain);
    assert!(shown.starts_with("exit code 0\n"), "{shown}");
    let manifest = fs::read_to_string(place.0.path().join("maps/maps.json")).expect("written");
    assert!(manifest.contains("folder:forms/test/2\""), "{manifest}");
}

/// The splits are cut again, so a former training picture may now be a test picture.
#[test]
fn a_run_is_not_measured_on_other_pictures() {
    let place = Place::new(12);
    assert!(place.run(&["train", "forms"]).starts_with("exit code 0\n"));
    fs::remove_file(place.path("bars/3.png")).expect("removed");
    for verb in [
        &["evaluate", "forms"][..],
        &["score", "forms"],
        &["explain", "forms", "--test-index", "0"],
    ] {
        let shown = place.run(verb);
        assert!(shown.starts_with("exit code 1\n"), "{shown}");
        let expected = "the data are not those that the run in \"checkpoints/forms/seed-0\"";
        assert!(shown.contains(expected), "{shown}");
    }
}

/// New pictures of a split of their own may be measured.
#[test]
fn a_separate_test_split_may_change() {
    let place = Place::new(12);
    for (number, split) in (0..12).map(|number| (number, if number < 9 { "train" } else { "test" }))
    {
        for class in ["bars", "dots"] {
            let to = place.path(&format!("{split}/{class}"));
            fs::create_dir_all(&to).expect("created");
            let name = format!("{number}.png");
            fs::rename(place.path(&format!("{class}/{name}")), to.join(name)).expect("moved");
        }
    }
    for class in ["bars", "dots"] {
        fs::remove_dir(place.path(class)).expect("empty");
    }
    assert!(place.run(&["train", "forms"]).starts_with("exit code 0\n"));
    fs::remove_file(place.path("test/bars/9.png")).expect("removed");
    let shown = place.run(&["evaluate", "forms"]);
    assert!(shown.starts_with("exit code 0\n"), "{shown}");
    // A class without test pictures, and one next to the splits, are not overlooked.
    for name in ["10.png", "11.png"] {
        fs::remove_file(place.path("test/bars").join(name)).expect("removed");
    }
    fs::remove_dir(place.path("test/bars")).expect("empty");
    let shown = place.run(&["data", "check", "folder:forms", "--side", "32"]);
    let expected = "the test split has no picture of 1 class, the first is \"bars\"";
    assert!(shown.contains(expected), "{shown}");
    place.put("stray/1.png", &RgbImage::new(40, 40));
    let shown = place.run(&["data", "check", "folder:forms", "--side", "32"]);
    assert!(shown.contains("stray\" is not a split"), "{shown}");
}
