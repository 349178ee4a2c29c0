//! Where results go: names that do not collide, folders that belong to one call, places that cannot be
//! written to, and sets of files that appear whole.

mod support;
#[path = "support/trained.rs"]
mod trained;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use camtrail::run::{ExplanationSet, Output};
use support::{done_in, new_folder, run_in};

/// Returns a folder with a run of `trial-b` on generated images.
fn folder() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| trained::trained("outputs"))
}

/// Writes a picture of one colour to `path`.
fn picture(path: &Path, red: u8) -> String {
    fs::create_dir_all(path.parent().expect("a parent")).expect("created");
    image::RgbImage::from_pixel(24, 16, image::Rgb([red, 120, 30]))
        .save(path)
        .expect("written");
    path.to_str().expect("UTF-8").to_string()
}

/// Explains `images` with Grad-CAM into the folder `out`, and returns what is printed on stderr before the
/// warning that they are unlike the training images.
fn explain(images: &[String], out: &str) -> String {
    let mut arguments = vec!["explain", "trial-b", "--base", "shapes", "--out", out];
    arguments.extend(["--method", "grad-cam", "--image"]);
    arguments.extend(images.iter().map(String::as_str));
    let told = done_in(folder(), &arguments).stderr;
    let warning = "warning: trial-b was trained on generated images (shapes); if these files are \
                   of another kind, such as photographs, its answer means little\n";
    let rest = told.strip_suffix(warning);
    rest.unwrap_or_else(|| panic!("no warning: {told}"))
        .to_string()
}

/// Returns the names in `folder`, hidden ones too.
fn names(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).expect("listed");
    let name = |entry: std::io::Result<fs::DirEntry>| entry.expect("listed").file_name();
    entries
        .map(|entry| name(entry).to_string_lossy().into_owned())
        .collect()
}

#[test]
fn pictures_with_names_that_become_equal_or_are_too_long_have_files_of_their_own() {
    let place = new_folder("outputs-names");
    let long = "n".repeat(200);
    let images = [
        picture(&place.join("cat 1.png"), 10),
        picture(&place.join("cat-1.png"), 20),
        picture(&place.join("dog 1.png"), 30),
        picture(&place.join(format!("{long}.png")), 40),
        picture(&place.join(format!("{}/same.png", "a".repeat(200))), 50),
        picture(&place.join(format!("{}/same.png", "b".repeat(200))), 60),
    ];
    // The first one twice: it is explained once.
    explain(&[&images[..], &images[..1]].concat(), "named");
    let out = folder().join("named");
    let panels = names(&out.join("panels"));
    assert_eq!(panels.len(), 6, "a folder for each picture: {panels:?}");
    let kinds = ["cells", "explanation", "map", "overlay"];
    let files = kinds.map(|kind| format!("block-2-grad-cam-{kind}.png"));
    assert_eq!(
        names(&out.join("panels/image-files-dog-1.png")),
        files.into()
    );
    let set = ExplanationSet::read(&out).expect("read");
    assert_eq!((set.images.len(), set.records.len()), (6, 6));
    assert_eq!(
        names(&out),
        [
            "explain.png",
            "explain.svg",
            "maps.json",
            "maps.safetensors",
            "panels"
        ]
        .map(str::to_string)
        .into()
    );
}

#[test]
fn a_folder_of_explain_belongs_to_one_call() {
    let place = new_folder("outputs-calls");
    let [first, second] = ["first.png", "second.png"].map(|name| picture(&place.join(name), 7));
    let out = folder().join("one-call");
    assert_eq!(explain(&[first, second.clone()], "one-call"), "");
    fs::write(out.join("notes.txt"), "mine").expect("written");
    fs::write(out.join("panels/mine-heat.png"), "mine").expect("written");
    let told = explain(&[second], "one-call");
    assert_eq!(
        told,
        "removed 4 files of an earlier call from \"one-call\"\n"
    );
    let expected = ["image-files-second.png", "mine-heat.png"].map(str::to_string);
    assert_eq!(names(&out.join("panels")), expected.into());
    assert_eq!(
        fs::read_to_string(out.join("notes.txt")).expect("kept"),
        "mine"
    );
}

/// Every verb with an output, on networks that are there.
const WRITING: [&str; 11] = [
    "score trial-b --base shapes --limit 4",
    "localize trial-b --base shapes --limit 4",
    "sanity trial-b --base shapes --limit 4 --draws 1",
    "ablate trial-b --base shapes --images 1",
    "explain trial-b --base shapes --test-index 0",
    "explain squeezenet1-0 --image absent.png",
    "benchmark squeezenet1-0 --image absent.png",
    "reproduce --quick",
    "draw checkpoints",
    "ablate trial-d --base shapes --train",
    "explain-seq --base digits --train",
];

#[test]
fn a_place_that_cannot_be_written_to_is_reported_before_anything_is_computed() {
    fs::write(folder().join("a-file"), "kept").expect("written");
    let refused = |command: &str, out: &str, option: &str, reason: &str| {
        let mut arguments: Vec<&str> = command.split(' ').collect();
        arguments.extend([option, out]);
        let shown = run_in(folder(), &arguments);
        let error = format!("error: cannot write to {reason}\nhint: name a place that can");
        assert!(
            shown.stderr.starts_with(&error),
            "{command}: {}",
            shown.stderr
        );
        assert_eq!((shown.code, shown.stdout.as_str()), (1, ""), "{command}");
    };
    for command in WRITING {
        let (file, below) = match command.starts_with("reproduce") {
            // The first folder that it needs.
            true => (
                "\"a-file/sanity\": \"a-file\" is a file, not a folder",
                "\"a-file/b/sanity\": \"a-file\" is a file, not a folder",
            ),
            false => (
                "\"a-file\": it is a file, not a folder",
                "\"a-file/b\": \"a-file\" is a file, not a folder",
            ),
        };
        refused(command, "a-file", "--out", file);
        refused(command, "a-file/b", "--out", below);
    }
    let evaluate = "evaluate trial-b --base shapes";
    let below = "\"a-file/b.csv\": \"a-file\" is a file, not a folder";
    refused(evaluate, "a-file/b.csv", "--csv", below);
    let folder = "\"checkpoints\": it is a folder, not a file";
    refused(evaluate, "checkpoints", "--csv", folder);
    refused(
        "export trial-b --base shapes",
        "checkpoints",
        "--out",
        folder,
    );
    refused(
        "data check shapes",
        "checkpoints",
        "--contact-sheet",
        folder,
    );
    assert_eq!(
        fs::read_to_string(self::folder().join("a-file")).expect("kept"),
        "kept"
    );
}

#[test]
fn what_fails_leaves_no_folder_and_a_second_writer_is_refused() {
    let missing = "score trial-a --base shapes --out a-new/one";
    let shown = run_in(folder(), &missing.split(' ').collect::<Vec<_>>());
    assert_eq!(shown.code, 1, "{}", shown.stderr);
    assert!(!folder().join("a-new").exists());

    let out = folder().join("held");
    let (held, _) = Output::open(&out).expect("free");
    let told = format!(
        "error: the folder \"held\" is in use by process {} on ",
        std::process::id()
    );
    for command in &WRITING[..5] {
        let mut arguments: Vec<&str> = command.split(' ').collect();
        arguments.extend(["--out", "held"]);
        let shown = run_in(folder(), &arguments);
        assert!(
            shown.stderr.starts_with(&told),
            "{command}: {}",
            shown.stderr
        );
        assert_eq!((shown.code, shown.stdout.as_str()), (1, ""), "{command}");
    }
    drop(held);
    assert!(!out.exists());
}

/// The name of the file is that of the data set, whose results stay.
#[test]
fn boxes_in_a_file_called_as_a_data_set_leave_its_results_alone() {
    let localize = ["localize", "trial-b", "--base", "shapes"];
    done_in(folder(), &[&localize[..], &["--limit", "4"]].concat());
    let own = folder().join("figures/shapes/localization/localization.csv");
    let before = fs::read(&own).expect("written");
    picture(&folder().join("boxed/a.png"), 80);
    let rows = "file,class,x0,y0,x1,y1\na.png,ring,6,2,14,12\n";
    for (name, place) in [
        ("shapes", "figures/boxes/shapes"),
        ("my boxes", "figures/my boxes"),
    ] {
        let csv = folder().join("boxed").join(format!("{name}.csv"));
        fs::write(&csv, rows).expect("written");
        let csv = csv.to_str().expect("UTF-8");
        done_in(folder(), &[&localize[..], &["--boxes", csv]].concat());
        let table = folder().join(place).join("localization/localization.csv");
        assert!(table.is_file(), "{table:?}");
    }
    assert!(fs::read(&own).expect("still there") == before);
}

/// A killed process left a set that was decided, half of it in its place, and temporary files.
#[test]
fn a_folder_of_localize_belongs_to_one_call() {
    let folder = new_folder("outputs-localize");
    trained::train(&folder, "0");
    trained::train(&folder, "1");
    let localize = [
        "localize", "trial-b", "--base", "shapes", "--out", "out", "--limit", "4",
    ];
    let methods = ["--methods", "grad-cam"];
    done_in(&folder, &[&localize[..], &methods].concat());
    let of_seed = |seed: &str| {
        let all = names(&folder.join("out"));
        all.into_iter().filter(|name| name.contains(seed)).count()
    };
    // Pictures are drawn of the first seed.
    let first = of_seed("seed-0");
    assert!(first > 0 && of_seed("seed-1") == 0, "{first}");
    let shown = done_in(
        &folder,
        &[&localize[..], &methods, &["--seeds", "1"]].concat(),
    );
    assert_eq!((of_seed("seed-0"), of_seed("seed-1")), (0, first));
    assert!(
        shown
            .stderr
            .contains("files of an earlier call from \"out\""),
        "{}",
        shown.stderr
    );
}

#[test]
fn what_a_killed_process_left_is_completed_or_removed() {
    let out = folder().join("killed");
    let images = ["a.png", "b.png"].map(|name| picture(&folder().join("killed-in").join(name), 9));
    explain(&images[..1], "killed");
    explain(&images[1..], "killed-new");
    let decided = out.join(".replacing");
    fs::rename(folder().join("killed-new"), &decided).expect("moved");
    fs::rename(
        decided.join("maps.safetensors"),
        out.join("maps.safetensors"),
    )
    .expect("moved");
    let done = done_in(folder(), &["draw", "killed"]);
    assert!(
        done.stdout.contains("killed/explain.png"),
        "{}",
        done.stdout
    );
    let set = ExplanationSet::read(&out).expect("whole");
    assert_eq!(set.images[0].id, "image files/b.png");
    assert!(!decided.exists());

    fs::create_dir(out.join(".writing-1-set")).expect("created");
    let panels = out.join("panels/image-files-b.png");
    fs::write(panels.join(".writing-1-x.png"), "torn").expect("written");
    let told = explain(&images[1..], "killed");
    assert_eq!(
        told.lines().next(),
        Some("removed \".writing-1-set\", left by a killed process")
    );
    for place in [&out, &panels] {
        assert!(names(place).iter().all(|name| !name.starts_with('.')));
    }
}

/// The same bytes as in memory, and more rows than a page of the grid holds.
#[test]
fn many_pictures_are_explained_group_by_group_and_drawn_page_by_page() {
    let numbers: Vec<String> = (0..36).map(|number| number.to_string()).collect();
    let mut arguments = vec!["explain", "trial-b", "--base", "shapes", "--out", "many"];
    let numbers = numbers.join(",");
    arguments.extend(["--method", "grad-cam", "--test-index", &numbers]);
    let shown = done_in(folder(), &arguments);
    for file in [
        "many/explain.png",
        "many/explain-2.png",
        "many/panels (a folder per picture, 144 files",
    ] {
        assert!(shown.stdout.contains(file), "{file} in {}", shown.stdout);
    }
    let out = folder().join("many");
    let set = ExplanationSet::read(&out).expect("read");
    assert_eq!(set.images.len(), 36);
    let again = new_folder("outputs-again");
    set.write(&again).expect("written");
    for file in ["maps.json", "maps.safetensors"] {
        assert_eq!(
            fs::read(out.join(file)).expect("read"),
            fs::read(again.join(file)).expect("read"),
            "{file}"
        );
    }
    // Fewer pictures: the second page belongs to the earlier call.
    done_in(
        folder(),
        &[&arguments[..8], &["--test-index", "0"]].concat(),
    );
    assert!(!out.join("explain-2.png").exists());
    assert_eq!(names(&out.join("panels")).len(), 1);
}
