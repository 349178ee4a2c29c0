//! `localize` from the command line: on generated images, on boxes of one's own, and asked wrongly.

#[path = "support/binary.rs"]
mod binary;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use image::{Rgb, RgbImage};

/// Images of the generated test split.
const IMAGES: usize = 24;
/// Grad-CAM, Grad-CAM++ and the three baselines, named so that the list may grow.
const METHODS: &str = "grad-cam,grad-cam-pp,random,gaussian,edges";

/// Runs the binary and returns its exit code, its results and what it told besides.
fn run_in(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let shown = binary::run_in(folder, arguments);
    (shown.code, shown.stdout, shown.stderr)
}

/// A folder with a trained run of `trial-b`, made once for all tests.
fn trained() -> &'static Path {
    static TRAINED: OnceLock<PathBuf> = OnceLock::new();
    TRAINED.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("localize-trained");
        // What an earlier run of the tests left.
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("created");
        let mut arguments = vec![
            "train", "trial-b", "--base", "shapes", "--name", "trial-b", "--seeds", "0,1",
        ];
        for change in [
            "model.filters=[4, 8]",
            "data.shapes.train_images=48",
            "data.shapes.validation_images=24",
            "data.shapes.test_images=24",
            "train.batch_size=24",
            "train.epochs=1",
        ] {
            arguments.extend(["--set", change]);
        }
        let (code, _, told) = run_in(&folder, &arguments);
        assert_eq!(code, 0, "{told}");
        folder
    })
}

/// Localises with the trained run into a folder of its own.
fn localize(name: &str, more: &[&str]) -> (i32, String, String) {
    let mut arguments = vec!["localize", "trial-b", "--base", "shapes", "--out", name];
    arguments.extend(more);
    run_in(trained(), &arguments)
}

/// Returns the cells of a CSV: its header, then its rows.
fn cells(path: &Path) -> Vec<Vec<String>> {
    let text = fs::read_to_string(path).expect("written");
    let row = |line: &str| line.split(',').map(str::to_string).collect();
    text.lines().map(row).collect()
}

fn column<'a>(cells: &'a [Vec<String>], name: &str) -> Vec<&'a str> {
    let place = cells[0].iter().position(|head| head == name);
    let place = place.unwrap_or_else(|| panic!("no column {name} in {:?}", cells[0]));
    cells[1..].iter().map(|row| row[place].as_str()).collect()
}

#[test]
fn generated_images_give_tables_rows_and_figures() {
    let (code, shown, told) = localize("generated", &["--methods", METHODS]);
    assert_eq!(code, 0, "{told}");
    for text in [
        "trial-b, block-2 (last block and deepest with 8 x 8 cells), maps of 16 x 16 cells: 24 shapes \
         test images (generated), seeds 0, 1, maps of the true class",
        "best delta, chosen on 24 validation images",
        "  minus Grad-CAM",
        "centred Gaussian",
        "0 of 48",
        "half a 95 % bootstrap interval",
    ] {
        assert!(shown.contains(text), "{text}\n{shown}");
    }
    let folder = trained().join("generated");
    for file in [
        "iou-box-by-delta.png",
        "iou-mask-by-delta.svg",
        "objects-covered.png",
        "boxes-trial-b-block-2-seed-0.png",
        "pictures/boxes-trial-b-block-2-seed-0/localization.json",
    ] {
        assert!(folder.join(file).exists(), "{file}");
    }
    let maps = cells(&folder.join("localization.csv"));
    assert_eq!(maps.len() - 1, 2 * 5 * IMAGES, "two seeds, five methods");
    let share = |text: &&str| (0.0..=1.0).contains(&text.parse::<f64>().expect("a number"));
    for score in [
        "box_iou_0.15",
        "energy_mask",
        "equal_area_recall",
        "mask_iou_best",
    ] {
        assert!(column(&maps, score).iter().all(share), "{score}");
    }

    // The mean in the summary is the mean of the rows.
    let summary = cells(&folder.join("localization-summary.csv"));
    let of = |row: &Vec<String>, name: &str| {
        let place = summary[0].iter().position(|head| head == name);
        row[place.expect("a column")].clone()
    };
    let wanted = |row: &&Vec<String>| {
        of(row, "method") == "grad-cam-pp"
            && of(row, "instances") == "all"
            && of(row, "score") == "equal_area_recall"
    };
    let found = summary[1..].iter().find(wanted).expect("a row");
    let methods = column(&maps, "method");
    let scores = column(&maps, "equal_area_recall");
    let mean = |name: &str| {
        let own = methods.iter().zip(&scores).filter(|(m, _)| **m == name);
        let own: Vec<f64> = own.map(|(_, s)| s.parse().expect("a number")).collect();
        own.iter().sum::<f64>() / own.len() as f64
    };
    let number = |name: &str| of(found, name).parse::<f64>().expect("a number");
    // Scores are float32 in the rows.
    assert!((number("mean") - mean("grad-cam-pp")).abs() < 1e-6);
    let difference = mean("grad-cam-pp") - mean("grad-cam");
    assert!((number("difference") - difference).abs() < 1e-6);
    assert!(number("low") <= number("mean") && number("mean") <= number("high"));
    assert_eq!(of(found, "seeds"), "0 1");
    assert_eq!(
        (of(found, "pictures"), of(found, "maps")),
        ("24".into(), "48".into())
    );
}

#[test]
fn the_same_command_gives_the_same_rows_and_delta_may_flatter() {
    let split = [
        "--split",
        "validation",
        "--seed",
        "1",
        "--class",
        "predicted",
    ];
    let (code, first, told) = localize("first", &split);
    assert_eq!(code, 0, "{told}");
    let flatters = "best delta, the highest on these images themselves, so it flatters";
    assert!(first.contains(flatters), "{first}");
    assert!(first.contains("maps of the predicted class"), "{first}");
    localize("second", &split);
    for file in [
        "localization.csv",
        "localization-summary.csv",
        "iou-curve.csv",
    ] {
        let read = |folder: &str| fs::read(trained().join(folder).join(file)).expect("written");
        assert!(read("first") == read("second"), "{file}");
    }
}

/// Writes a CSV with `rows` and two pictures of 64 x 48 pixels beside it, and returns its path.
fn boxes(name: &str, rows: &str) -> String {
    let folder = trained().join(name);
    fs::create_dir_all(&folder).expect("created");
    for (file, bright) in [("left.png", 16..32), ("right.png", 40..52)] {
        let picture = RgbImage::from_fn(64, 48, |x, y| {
            let inside = bright.contains(&x) && (12..30).contains(&y);
            Rgb(if inside { [230, 200, 90] } else { [60, 70, 80] })
        });
        picture.save(folder.join(file)).expect("saved");
    }
    let csv = folder.join("boxes.csv");
    fs::write(&csv, format!("file,class,x0,y0,x1,y1\n{rows}\n")).expect("written");
    csv.to_str().expect("UTF-8").to_string()
}

#[test]
fn boxes_of_ones_own_are_moved_into_the_square() {
    // The square of 64 x 48 begins at 8: the first box is all of it.
    let csv = boxes(
        "own",
        "left.png,ring,8,0,56,48\nright.png,star,40,12,52,30\nright.png,star,0,0,16,48\n\
         right.png,star,0,0,8,48",
    );
    let (code, shown, told) = localize("own-out", &["--boxes", &csv, "--methods", METHODS]);
    assert_eq!(code, 0, "{told}");
    assert!(
        told.contains("line 4: 50 % of the box lies outside the centred square of \"right.png\"")
    );
    assert!(
        told.contains("line 5: the box is omitted because it lies outside"),
        "{told}"
    );
    assert!(
        shown.contains("2 pictures with the boxes of boxes"),
        "{shown}"
    );
    assert!(!shown.contains("mask IoU"), "no mask is known: {shown}");
    let maps = cells(&trained().join("own-out/localization.csv"));
    let images = column(&maps, "image");
    let of = |image: &str, score: &str| -> Vec<String> {
        let pairs = images.iter().zip(column(&maps, score));
        let own = pairs.filter(|(name, _)| **name == image);
        own.map(|(_, score)| score.to_string()).collect()
    };
    assert_eq!(of("left.png", "instances"), vec!["1"; 10]);
    assert_eq!(of("right.png", "instances"), vec!["2"; 10]);
    // A box that is the whole picture holds every map's mass and maximum, unless it is empty.
    for score in ["energy_box", "pointing_box", "equal_area_recall"] {
        let found = of("left.png", score)
            .into_iter()
            .zip(of("left.png", "empty"));
        for (score, empty) in found {
            assert_eq!(score == "0", empty == "true", "{score}");
            assert!(score == "0" || score == "1", "{score}");
        }
    }
    assert_eq!(of("left.png", "mask_iou_0.15"), vec![""; 10]);
}

#[test]
fn faulty_boxes_are_answered_with_file_line_and_a_way_out() {
    let fails = |name: &str, rows: &str, expected: &str| {
        let csv = boxes(name, rows);
        let (code, _, told) = localize(&format!("{name}-out"), &["--boxes", &csv]);
        let told = told.replace(trained().to_str().expect("UTF-8"), "[folder]");
        assert_eq!(code, 1, "{told}");
        assert!(told.contains(expected), "{told}");
        assert!(told.contains("hint: "), "{told}");
    };
    fails(
        "lost",
        "left.png,ring,8,0,56,48\nlost.png,ring,8,0,56,48",
        "\"[folder]/lost/boxes.csv\", line 3: cannot read the image \"[folder]/lost/lost.png\"",
    );
    fails(
        "class",
        "left.png,rnig,8,0,56,48",
        "\"[folder]/class/boxes.csv\", line 2: no class is called \"rnig\"\nhint: did you mean \
         \"ring\"?",
    );
    fails(
        "outside",
        "left.png,ring,0,0,8,48",
        "no box of \"[folder]/outside/boxes.csv\" lies in a picture's centred square",
    );
}

#[test]
fn images_without_objects_are_answered_with_both_ways_out() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (code, _, told) = run_in(folder.path(), &["localize", "trial-b"]);
    assert_eq!(code, 1);
    insta::assert_snapshot!(told, @r#"
    error: cifar-100 does not say where the objects of its images are
    hint: take generated images, whose boxes and masks are known: camtrail localize trial-b --base shapes; or give boxes on your own pictures: --boxes FILE.csv with the columns file,class,x0,y0,x1,y1
    "#);
    let (code, _, told) = run_in(folder.path(), &["localize", "--images", "here"]);
    assert_eq!(code, 2, "{told}");
    let expected = "error: --images is for your own pictures with boxes; the images are those of a \
                    data set\n";
    assert!(told.starts_with(expected), "{told}");
}
