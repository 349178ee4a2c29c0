//! What the command line prints and the code that it ends with, for what it is asked rightly and
//! for what it is asked wrongly.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use assert_cmd::Command;
use tempfile::TempDir;

/// A folder in which the binary is run.
struct Place {
    folder: TempDir,
}

impl Place {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().expect("a temporary folder"),
        }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes an experiment of the folder's own.
    fn experiment(&self, name: &str, text: &str) {
        let path = self.path().join("experiments").join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("created");
        fs::write(path, text).expect("written");
    }

    fn run(&self, arguments: &[&str]) -> String {
        run_in(self.path(), arguments)
    }
}

/// Runs the binary and returns its exit code, its results and what it told besides.
fn run_in(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_camtrail"))
        .current_dir(folder)
        .args(arguments)
        .env("NO_COLOR", "1")
        .env_remove("CARGO")
        .env_remove("CAMTRAIL_DATA")
        .output()
        .expect("the binary starts");
    let code = output.status.code().expect("it ends by itself");
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
    let mut shown = format!("exit code {code}\n");
    for (stream, text) in [
        ("stdout", text(&output.stdout)),
        ("stderr", text(&output.stderr)),
    ] {
        if !text.is_empty() {
            shown.push_str(&format!("--- {stream}\n{}\n", text.trim_end()));
        }
    }
    shown.replace(folder.to_str().expect("UTF-8"), "[folder]")
}

/// Runs the binary in a folder where nothing is.
fn run(arguments: &[&str]) -> String {
    Place::new().run(arguments)
}

/// A folder with a trained run of `trial-b` and of `trial-d-gap`, made once for all tests.
fn trained() -> &'static Path {
    static TRAINED: OnceLock<PathBuf> = OnceLock::new();
    TRAINED.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cli-trained");
        // What an earlier run of the tests left.
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("created");
        for (trial, filters) in [("trial-b", "[4, 8]"), ("trial-d-gap", "[4, 8, 8]")] {
            let filters = format!("model.filters={filters}");
            let mut arguments = vec!["train", trial, "--base", "shapes"];
            for change in [
                filters.as_str(),
                "data.shapes.train_images=48",
                "data.shapes.validation_images=24",
                "data.shapes.test_images=24",
                "train.batch_size=24",
                "train.epochs=1",
            ] {
                arguments.extend(["--set", change]);
            }
            let shown = run_in(&folder, &arguments);
            assert!(shown.starts_with("exit code 0\n"), "{shown}");
        }
        folder
    })
}

/// Explains an image of the generated test split with a trained run.
fn explain(more: &[&str]) -> String {
    let out = tempfile::tempdir().expect("a temporary folder");
    let mut arguments = vec!["explain", "trial-b", "--base", "shapes"];
    arguments.extend(["--out", out.path().to_str().expect("UTF-8")]);
    if !more.contains(&"--image") {
        arguments.extend(["--test-index", "0"]);
    }
    arguments.extend(more);
    run_in(trained(), &arguments).replace(out.path().to_str().expect("UTF-8"), "[out]")
}

#[test]
fn list_names_every_trial_with_its_size() {
    insta::assert_snapshot!(run(&["list"]), @"");
}

#[test]
fn list_takes_no_file_for_a_run() {
    let place = Place::new();
    fs::create_dir_all(place.path().join("checkpoints/trial-a")).expect("created");
    fs::write(place.path().join("checkpoints/README.md"), "Runs.").expect("written");
    assert_eq!(place.run(&["list"]), run(&["list"]));
}

#[test]
fn diff_shows_what_a_trial_adds_and_costs() {
    insta::assert_snapshot!(run(&["diff", "trial-c", "trial-d"]), @"");
}

#[test]
fn diff_of_a_trial_with_itself_finds_nothing() {
    insta::assert_snapshot!(run(&["diff", "trial-c", "trial-c"]), @"");
}

#[test]
fn show_prints_the_header_and_the_resolved_model() {
    let shown = run(&["show", "trial-d"]);
    let model = shown.find("[model]").expect("a model section");
    let train = shown.find("[train]").expect("a train section");
    let data = shown.find("[data]").expect("a data section");
    insta::assert_snapshot!(&shown[..data], @"");
    insta::assert_snapshot!(&shown[model..train], @"");
    assert!(
        shown
            .trim_end()
            .ends_with("# 1,004,196 parameters, 17,425,408 multiply-adds an image")
    );
}

#[test]
fn an_unknown_trial_is_answered_with_the_near_one() {
    insta::assert_snapshot!(run(&["train", "trail-d"]), @"");
}

#[test]
fn an_unknown_base_is_answered_with_the_known_ones() {
    insta::assert_snapshot!(run(&["train", "trial-d", "--base", "shape"]), @"");
}

#[test]
fn a_name_is_no_path() {
    insta::assert_snapshot!(run(&["show", "../experiments/trial-a"]), @"");
}

#[test]
fn a_set_that_cannot_be_is_refused_with_what_is_allowed() {
    let set = |change: &str| {
        let shown = run(&["train", "trial-d", "--base", "shapes", "--set", change]);
        let told = shown.strip_prefix("exit code 2\n--- stderr\n");
        told.unwrap_or_else(|| panic!("{change}: {shown}"))
            .to_string()
    };
    insta::assert_snapshot!(set("train.learning_rat=0.1"), @"");
    insta::assert_snapshot!(set("trian.epochs=1"), @"");
    insta::assert_snapshot!(set("train.epochs.more=1"), @"");
    insta::assert_snapshot!(set("train=1"), @"");
    insta::assert_snapshot!(set("nonsense"), @"");
    insta::assert_snapshot!(set("train.learning_rate=nan"), @"");
    insta::assert_snapshot!(set("train.learning_rate=inf"), @"");
    insta::assert_snapshot!(set("train.learning_rate=-0.1"), @"");
    insta::assert_snapshot!(set("train.epochs=0"), @"");
    insta::assert_snapshot!(set("train.epochs=-1"), @"");
    insta::assert_snapshot!(set("train.epochs=many"), @"");
    insta::assert_snapshot!(set("train.batch_size=8001"), @"");
    insta::assert_snapshot!(set("train.batch_size=0"), @"");
    insta::assert_snapshot!(set("model.head_dropout=1"), @"");
    insta::assert_snapshot!(set("model.block_dropout=-0.1"), @"");
    insta::assert_snapshot!(set("model.head=flat"), @"");
    insta::assert_snapshot!(set("model.filters=[]"), @"");
    insta::assert_snapshot!(set("model.filters=[4, 4, 4, 4, 4, 4]"), @"");
    insta::assert_snapshot!(set("train.beta_2=1"), @"");
    insta::assert_snapshot!(set("data.shapes.train_images=3"), @"");
}

#[test]
fn a_faulty_file_is_shown_with_line_column_and_caret() {
    let place = Place::new();
    let base = "# Mine.\nextends = \"base/cifar-100\"\n\n";
    let show = |name: &str, text: &str| {
        place.experiment(&format!("{name}.toml"), text);
        let shown = place.run(&["show", name]);
        let told = shown.strip_prefix("exit code 2\n--- stderr\n");
        told.unwrap_or_else(|| panic!("{name}: {shown}"))
            .to_string()
    };
    let on_base = |name: &str, rest: &str| show(name, &format!("{base}{rest}"));
    insta::assert_snapshot!(on_base("type", "[model]\nfilters = [8]\n\n[train]\nepochs = \"five\"\n"), @"");
    insta::assert_snapshot!(on_base("element", "[model]\nfilters = [8, \"x\"]\n"), @"");
    insta::assert_snapshot!(on_base("key", "[model]\nfilters = [8]\nhead_dropuot = 0.5\n"), @"");
    insta::assert_snapshot!(on_base("section", "[modle]\nfilters = [8]\n"), @"");
    insta::assert_snapshot!(on_base("range", "[model]\nfilters = [8]\n\n[train]\nepochs = 0\n"), @"");
    insta::assert_snapshot!(on_base("twice", "[model]\nfilters = [8]\nfilters = [9]\n"), @"");
    insta::assert_snapshot!(on_base("none", ""), @"");
    insta::assert_snapshot!(show("unclosed", "extends = \"base/cifar-100\n\n[model]\n"), @"");
    insta::assert_snapshot!(show("number", "extends = 5\n"), @"");
    insta::assert_snapshot!(show("orphan", "extends = \"base/cifar-10\"\n"), @"");
    place.experiment("hen.toml", "extends = \"egg\"\n");
    insta::assert_snapshot!(show("egg", "extends = \"hen\"\n"), @"");
    insta::assert_snapshot!(show("self", "extends = \"self\"\n"), @"");
}

#[test]
fn a_comment_beside_a_faulty_value_does_not_hide_its_place() {
    let place = Place::new();
    let text = "extends = \"trial-a\"\n\n[train]\nepochs = 0 # none at all\n";
    place.experiment("noted.toml", text);
    insta::assert_snapshot!(place.run(&["show", "noted"]), @"");
}

#[test]
fn absent_data_are_answered_with_both_ways_on() {
    let place = Place::new();
    let shown = place.run(&["train", "trial-a", "--data-dir", "nowhere"]);
    assert!(
        shown.starts_with("exit code 1\n--- stderr\nerror: no cifar-100 data in "),
        "{shown}"
    );
    for part in ["\"nowhere", "camtrail data fetch cifar-100", "shapes"] {
        assert!(shown.contains(part), "no {part:?} in {shown}");
    }
    assert!(
        !place.path().join("checkpoints").exists(),
        "nothing was begun"
    );
    assert!(!place.path().join("nowhere").exists(), "nothing was made");
}

#[test]
fn explaining_what_was_never_trained_shows_how_to_train_it() {
    insta::assert_snapshot!(run(&["explain", "trial-d", "--test-index", "0"]), @"");
    insta::assert_snapshot!(run(&["explain", "trial-d", "--base", "shapes", "--seed", "3", "--test-index", "0"]), @"");
}

#[test]
fn an_ablation_without_its_runs_names_them_and_the_commands() {
    insta::assert_snapshot!(run(&["ablate"]), @"");
    insta::assert_snapshot!(run(&["ablate", "trial-a", "trial-d-gap", "--base", "shapes", "--seed", "2"]), @"");
}

#[test]
fn resuming_what_was_never_started_says_so() {
    insta::assert_snapshot!(run(&["train", "trial-a", "--base", "shapes", "--resume"]), @"");
}

#[test]
fn unknown_methods_layers_and_classes_are_answered_with_the_known_ones() {
    insta::assert_snapshot!(explain(&["--method", "gradcam"]), @"");
    insta::assert_snapshot!(explain(&["--layer", "block5"]), @"");
    insta::assert_snapshot!(explain(&["--class", "circel"]), @"");
    insta::assert_snapshot!(explain(&["--method", "cam"]), @"");
    insta::assert_snapshot!(explain(&["--test-index", "24"]), @"");
    insta::assert_snapshot!(explain(&["--checkpoint", "12"]), @"");
    insta::assert_snapshot!(explain(&["--checkpoint", "newest"]), @"");
}

#[test]
fn images_that_are_none_are_named() {
    let place = Place::new();
    let file = |name: &str, content: &[u8]| {
        let path = place.path().join(name);
        fs::write(&path, content).expect("written");
        path.to_str().expect("UTF-8").to_string()
    };
    let explain_file = |path: &str| {
        let shown = explain(&["--image", path]);
        shown.replace(place.path().to_str().expect("UTF-8"), "[images]")
    };
    let mut jpeg = Vec::new();
    let picture = image::RgbImage::from_fn(64, 64, |x, y| image::Rgb([x as u8, y as u8, 7]));
    picture
        .write_to(
            &mut std::io::Cursor::new(&mut jpeg),
            image::ImageFormat::Jpeg,
        )
        .expect("encoded");
    let cut = &jpeg[..jpeg.len() / 2];
    insta::assert_snapshot!(explain_file(&file("empty.png", b"")), @"");
    insta::assert_snapshot!(explain_file(&file("text.png", b"no picture at all")), @"");
    insta::assert_snapshot!(explain_file(&file("cut.jpg", cut)), @"");
    let absent = place.path().join("absent.png");
    insta::assert_snapshot!(explain_file(absent.to_str().expect("UTF-8")), @"");

    // The whole picture is explained: the ones above fail for what they are.
    let whole = explain_file(&file("whole.jpg", &jpeg));
    assert!(whole.starts_with("exit code 0\n"), "{whole}");
    assert!(whole.contains("[images]/whole.jpg"), "{whole}");
}

#[test]
fn explaining_an_image_writes_maps_and_figure_and_a_row_a_method() {
    let shown = explain(&[]);
    assert!(shown.starts_with("exit code 0\n"), "{shown}");
    for part in [
        "shapes/test/0",
        "block-2",
        "16 x 16",
        "grad-cam ",
        "grad-cam-pp",
        "[out]/",
    ] {
        assert!(shown.contains(part), "no {part:?} in {shown}");
    }
    assert!(!shown.contains(" cam "), "CAM needs another head: {shown}");
    let arguments = [
        "explain",
        "trial-d-gap",
        "--base",
        "shapes",
        "--test-index",
        "0",
    ];
    let out = tempfile::tempdir().expect("a temporary folder");
    let out = ["--out", out.path().to_str().expect("UTF-8")];
    let pooled = run_in(trained(), &[&arguments[..], &out[..]].concat());
    assert!(pooled.contains("  cam  "), "{pooled}");
}
