//! The `data` verbs from the command line: what is listed, checked and fetched, and what is said where
//! that cannot be.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Command;

use flate2::Compression;
use flate2::write::GzEncoder;
use tempfile::TempDir;

/// The four files of MNIST, unpacked.
const MNIST_FILES: [&str; 4] = [
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
];

fn folder() -> TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

/// Exit code, results and notes of `data ARGUMENTS` in `folder`, whose path is shown as "[folder]".
fn data(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_camtrail"))
        .current_dir(folder)
        .arg("data")
        .args(arguments)
        .env("NO_COLOR", "1")
        .env_remove("CARGO")
        .env_remove("CAMTRAIL_DATA")
        .output()
        .expect("the binary starts");
    let code = output.status.code().expect("it ends by itself");
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
    let shown = format!(
        "exit code {code}\n{}{}",
        text(&output.stdout),
        text(&output.stderr)
    );
    shown.replace(folder.to_str().expect("UTF-8"), "[folder]")
}

#[test]
fn the_list_says_where_each_data_set_is_or_comes_from() {
    insta::assert_snapshot!(data(folder().path(), &["list"]), @"");
}

#[test]
fn what_is_generated_is_not_fetched() {
    let place = folder();
    insta::assert_snapshot!(data(place.path(), &["fetch", "digits"]), @"");
    assert!(!place.path().join("datasets").exists(), "nothing was made");
}

#[test]
fn an_unknown_data_set_is_answered_with_the_known_ones() {
    insta::assert_snapshot!(data(folder().path(), &["fetch", "minst"]), @"");
}

#[test]
fn absent_digits_are_answered_with_where_was_looked_and_both_ways_on() {
    let place = folder();
    insta::assert_snapshot!(data(place.path(), &["check", "mnist"]), @"");
    let clips = data(place.path(), &["check", "moving-mnist"]);
    assert_eq!(clips, data(place.path(), &["check", "mnist"]));
}

#[test]
fn a_packed_file_that_torchvision_left_is_found_and_its_damage_told() {
    let place = folder();
    let raw = place.path().join("datasets/MNIST/raw");
    fs::create_dir_all(&raw).expect("created");
    fs::write(raw.join("train-images-idx3-ubyte.gz"), "<html>").expect("written");
    insta::assert_snapshot!(data(place.path(), &["check", "mnist"]), @"");
}

#[test]
fn drawn_digits_are_counted_and_their_clips_shown_frame_by_frame() {
    let place = folder();
    let arguments = ["check", "digits", "--contact-sheet", "sheet.png"];
    insta::assert_snapshot!(data(place.path(), &arguments), @"");
    let sheet = image::open(place.path().join("sheet.png")).expect("a picture");
    // 20 frames of 64 pixels by 10 clips, 4 pixels around each.
    assert_eq!((sheet.width(), sheet.height()), (20 * 68 + 4, 10 * 68 + 4));
}

#[test]
#[ignore = "needs the real MNIST in $CAMTRAIL_DATA"]
fn the_real_digits_are_found_packed_where_torchvision_leaves_them() {
    let root = std::env::var("CAMTRAIL_DATA").expect("set for this test");
    let place = folder();
    let raw = place.path().join("datasets/MNIST/raw");
    fs::create_dir_all(&raw).expect("created");
    for name in MNIST_FILES {
        let content = fs::read(Path::new(&root).join("mnist").join(name)).expect("unpacked");
        let packed = fs::File::create(raw.join(format!("{name}.gz"))).expect("created");
        let mut encoder = GzEncoder::new(packed, Compression::fast());
        encoder.write_all(&content).expect("written");
        encoder.finish().expect("written");
    }
    insta::assert_snapshot!(data(place.path(), &["check", "mnist", "--contact-sheet", "a.png"]), @"");
    let sheet = image::open(place.path().join("a.png")).expect("a picture");
    // Eight pictures of 28 pixels, four times enlarged, by ten digits.
    assert_eq!((sheet.width(), sheet.height()), (8 * 116 + 4, 10 * 116 + 4));
    insta::assert_snapshot!(data(place.path(), &["fetch", "mnist"]), @"");
}
