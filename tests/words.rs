//! What the command line says: refused options, escaped names, commands to paste, and hints.

#[path = "support/small_networks.rs"]
mod small_networks;
mod support;
#[path = "support/trained.rs"]
mod trained_runs;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use camtrail::model::backbones::BackboneName;
use camtrail::run::RunDir;
use small_networks::{write_picture, write_weights};
use support::{Shown, done_in, new_folder, run_in};

/// A folder with a run of trial-b on shapes with seed 0, made once.
fn trained() -> &'static Path {
    static TRAINED: OnceLock<PathBuf> = OnceLock::new();
    TRAINED.get_or_init(|| trained_runs::trained("words-trained"))
}

/// Runs the binary in `folder`, which must fail with `code`, and returns what it says.
fn told(folder: &Path, arguments: &[&str], code: i32) -> String {
    let shown = run_in(folder, arguments);
    assert_eq!(
        shown.code, code,
        "{arguments:?}\n{}\n{}",
        shown.stdout, shown.stderr
    );
    assert_eq!(shown.stdout, "", "{arguments:?}");
    shown.stderr
}

/// Returns the commands to paste in a hint, each up to a semicolon.
fn hint(said: &str) -> &str {
    let line = said.lines().find_map(|line| line.strip_prefix("hint: "));
    line.unwrap_or_else(|| panic!("no hint in {said}"))
}

/// Runs a printed command in a shell.
fn paste(folder: &Path, command: &str) -> std::process::Output {
    let binary = Path::new(env!("CARGO_BIN_EXE_camtrail"));
    let tools = binary.parent().expect("a folder").to_str().expect("UTF-8");
    let path = std::env::var("PATH").expect("a search path");
    let mut shell = Command::new("sh");
    shell.args(["-c", command]).current_dir(folder);
    shell
        .env("PATH", format!("{tools}:{path}"))
        .env_remove("CARGO");
    shell.output().expect("a shell")
}

#[test]
fn options_of_another_mode_are_refused_before_anything_is_done() {
    let folder = trained();
    let run = ["trial-b", "--base", "shapes"];
    for (verb, given, expected) in [
        (
            "evaluate",
            &["--weights", "/nonexistent.pth", "--ten-crop"][..],
            "--weights is for ImageNet networks on photographs; trial-b is a network trained here",
        ),
        ("evaluate", &["--dialect", "caffe"], "--dialect is for"),
        (
            "evaluate",
            &["--class-names", "n.txt"],
            "--class-names is for",
        ),
        ("evaluate", &["--allow-nan"], "--allow-nan is for"),
        ("evaluate", &["--labels", "l.csv"], "--labels is for"),
        ("evaluate", &["--skip-bad"], "--skip-bad is for"),
        ("evaluate", &["--photos", "."], "--photos is for"),
        (
            "evaluate",
            &["--limit", "1"],
            "--limit is for networks that predict frames; trial-b is a network trained here",
        ),
        (
            "explain",
            &["--test-index", "0", "--weights", "w.pth"],
            "--weights is for ImageNet networks; trial-b is a network trained here",
        ),
        (
            "localize",
            &["--boxes", "b.csv", "--split", "test"],
            "--split is for images of a data set; --boxes names your own pictures",
        ),
        (
            "localize",
            &["--images", "."],
            "--images is for your own pictures with boxes; the images are those of a data set",
        ),
        (
            "ablate",
            &["--images", "2", "--test-index", "1"],
            "--images is for pictures chosen by class; --test-index names the pictures",
        ),
        (
            "score",
            &["--steps", "3"],
            "--steps is for insertion and deletion curves; only scores are measured",
        ),
    ] {
        let said = told(folder, &[&[verb], &run[..], given].concat(), 2);
        assert!(said.starts_with(&format!("error: {expected}")), "{said}");
        assert!(hint(&said).starts_with("leave --"), "{said}");
    }
    for (arguments, expected) in [
        (
            "evaluate resnet50 --photos . --limit 1",
            "--limit is for networks that predict frames; resnet50 is an ImageNet network",
        ),
        (
            "evaluate resnet50 --photos . --official f.npy",
            "--official is for",
        ),
        ("evaluate resnet50 --photos . --csv f.csv", "--csv is for"),
        (
            "evaluate resnet50 --photos . --checkpoint last",
            "--checkpoint is for",
        ),
        (
            "evaluate convlstm --weights w.pth",
            "--weights is for ImageNet networks on photographs; convlstm predicts frames",
        ),
        (
            "explain resnet50 --image a.png --seed 1",
            "--seed is for networks trained here; resnet50 is an ImageNet network",
        ),
        (
            "explain resnet50 --test-index 1",
            "--test-index is for networks trained here",
        ),
        (
            "reproduce --only frames --set train.epochs=1",
            "--set is for trials A to D; --only frames trains networks that predict frames",
        ),
        (
            "benchmark resnet50 --image a.png --limit 3",
            "--limit is for photographs to score maps on",
        ),
        (
            "benchmark resnet50 --photos . --boxed-images .",
            "--boxed-images is for boxes",
        ),
    ] {
        let arguments: Vec<&str> = arguments.split(' ').collect();
        let said = told(folder, &arguments, 2);
        assert!(said.starts_with(&format!("error: {expected}")), "{said}");
    }
}

/// Nothing that a terminal obeys is printed, and the lines are our own.
fn assert_plain(shown: &Shown, lines: &[&str]) {
    for text in [&shown.stdout, &shown.stderr] {
        let obeyed = |letter: char| letter.is_control() && letter != '\n';
        assert!(
            !text.contains(obeyed) && !text.contains('\u{202e}'),
            "{text:?}"
        );
        for line in text.lines() {
            assert!(!line.starts_with("error: forged"), "{text}");
        }
    }
    let all = format!("{}{}", shown.stdout, shown.stderr);
    for line in lines {
        assert!(all.contains(line), "no {line:?} in {all}");
    }
}

#[test]
fn names_cannot_act_on_the_terminal_or_forge_lines() {
    let place = new_folder("words-names");
    let bad = "a\u{1b}[31m\nerror: forged\r\u{9b}\u{202e}";
    let shown_bad = "a\\u{1b}[31m\\nerror: forged\\r\\u{9b}\\u{202e}";
    let set = format!("{bad}=1");
    for (arguments, expected) in [
        (
            &["show", bad][..],
            format!("error: no experiment \"{shown_bad}\""),
        ),
        (
            &["show", "trial-a", "--base", bad],
            format!("error: no base \"{shown_bad}\""),
        ),
        (
            &["show", "trial-a", "--set", &set],
            format!("error: unknown key \"{shown_bad}\""),
        ),
        (
            &["evaluate", "trial-a", "--checkpoint", bad],
            format!("error: \"{shown_bad}\" names no checkpoint"),
        ),
        (&["draw", bad], "error: there is no folder".to_string()),
        (&["list", bad], "invalid value".to_string()),
        (&["score", "--limit", bad], "invalid value".to_string()),
    ] {
        let shown = run_in(&place, arguments);
        assert_eq!(shown.code, 2, "{}", shown.stderr);
        assert_plain(&shown, &[&expected]);
    }
    // An experiment, its text, and what a run's files hold.
    let name = "b\u{1b}[2J\nerror: forged";
    fs::create_dir(place.join("experiments")).expect("created");
    let text = "extends = \"base/shapes\"\n[model]\nfilters = [4]\nx\u{9b} = 1\n";
    fs::write(place.join(format!("experiments/{name}.toml")), text).expect("written");
    assert_plain(
        &run_in(&place, &["show", name]),
        &["b\\u{1b}[2J\\nerror: forged.toml, line 4"],
    );
    let small = "extends = \"base/shapes\"\n[model]\nfilters = [4]\n[train]\nepochs = 1\nbatch_size = \
                 24\n[data.shapes]\ntrain_images = 48\nvalidation_images = 24\ntest_images = 24\n";
    fs::write(place.join(format!("experiments/{name}.toml")), small).expect("written");
    let shown = run_in(&place, &["train", name]);
    assert_eq!(shown.code, 0, "{}", shown.stderr);
    assert_plain(&shown, &["b\\u{1b}[2J\\nerror: forged seed 0  epoch 1/1"]);
    let shown = run_in(&place, &["evaluate", name]);
    assert_plain(&shown, &["b\\u{1b}[2J\\nerror: forged", "test images"]);
    let picture = "c\u{1b}[31m\nerror: forged.png";
    write_picture(&trained().join(picture), 40, 30);
    fs::write(trained().join("d\ne.png"), "no picture").expect("written");
    let explain = [
        "explain", "trial-b", "--base", "shapes", "--method", "grad-cam", "--image",
    ];
    let shown = run_in(
        trained(),
        &[&explain[..], &[picture, "--out", "o\nerror: forged"]].concat(),
    );
    assert_eq!(shown.code, 0, "{}", shown.stderr);
    assert_plain(
        &shown,
        &["c\\u{1b}[31m\\nerror: forged", "o\\nerror: forged/"],
    );
    let shown = run_in(trained(), &[&explain[..], &["d\ne.png"]].concat());
    assert_plain(&shown, &["error: cannot read the image \"d\\ne.png\""]);
    fs::remove_file(trained().join(picture)).expect("removed");
    let run = place.join("checkpoints/trial-a/seed-0");
    fs::create_dir_all(&run).expect("created");
    fs::write(run.join("run.json"), "{\"trial\": \"\u{1b}[31m\\n\u{9b}\"}").expect("written");
    fs::remove_dir_all(place.join("experiments")).expect("removed");
    assert_plain(&run_in(&place, &["list"]), &["checkpoints/trial-a/seed-0"]);
    fs::write(run.join(".lock"), "process 1\u{1b}[31m\nerror: forged").expect("written");
    let held = fs::File::open(run.join(".lock")).expect("open");
    held.lock().expect("free");
    let shown = run_in(&place, &["train", "trial-a", "--base", "cifar-100"]);
    assert_plain(
        &shown,
        &["is in use by process 1\\u{1b}[31m\\nerror: forged"],
    );
}

#[test]
fn printed_commands_can_be_pasted_whatever_the_names() {
    let place = new_folder("words-quoted");
    fs::create_dir(place.join("experiments")).expect("created");
    let text = "extends = \"base/shapes\"\n[model]\nfilters = [4]\n[train]\nepochs = 1\nbatch_size = \
                24\n[data.shapes]\ntrain_images = 48\nvalidation_images = 24\ntest_images = 24\n";
    fs::write(place.join("experiments/q'uote.toml"), text).expect("written");
    let explain = ["--runs", "r u'ns", "explain", "q'uote", "--test-index", "0"];
    let said = told(&place, &explain, 1);
    assert_eq!(
        hint(&said),
        r#"camtrail train "q'uote" --seed 0 --runs "r u'ns""#
    );
    let output = paste(&place, hint(&said));
    assert!(output.status.success(), "{output:?}");
    assert!(place.join("r u'ns/q'uote/seed-0/best.json").is_file());
    // The run that exists, by its seed.
    let said = told(&place, &[&explain[..], &["--seed", "4"]].concat(), 1);
    let again = r#"camtrail --runs "r u'ns" explain "q'uote" --test-index 0 --seed 0"#;
    let expected = format!(
        "there is one in \"r u'ns/q'uote/seed-0\": {again}; or train it: camtrail train \"q'uote\" \
         --seed 4 --runs \"r u'ns\""
    );
    assert_eq!(hint(&said), expected);
    let output = paste(&place, again);
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn links_at_known_places_are_not_written_through() {
    let place = new_folder("words-links");
    fs::write(place.join("thesis.txt"), "kept").expect("written");
    let run = place.join("checkpoints/shapes/trial-a/seed-0");
    fs::create_dir_all(&run).expect("created");
    symlink(place.join("thesis.txt"), run.join(".lock")).expect("linked");
    let said = told(&place, &["train", "trial-a", "--base", "shapes"], 1);
    assert!(
        said.contains(".lock\": it is a symbolic link: move it away"),
        "{said}"
    );
    let data = place.join("datasets/weights");
    fs::create_dir_all(&data).expect("created");
    symlink(
        place.join("thesis.txt"),
        data.join(".squeezenet1_0-b66bff10.pth.lock"),
    )
    .expect("linked");
    let said = told(&place, &["weights", "fetch", "squeezenet1-0"], 1);
    assert!(said.contains("it is a symbolic link"), "{said}");
    assert_eq!(fs::read(place.join("thesis.txt")).expect("there"), b"kept");
}

#[test]
fn a_run_that_exists_is_offered_in_one_wording_by_every_verb() {
    let folder = trained();
    for (arguments, again) in [
        (
            "explain trial-b --test-index 0",
            "explain trial-b --test-index 0 --base shapes --seed 0",
        ),
        (
            "explain trial-b --test-index 0 --base shapes --seed 3",
            "explain trial-b --test-index 0 --base shapes --seed 0",
        ),
        (
            "evaluate trial-b",
            "evaluate trial-b --base shapes --seeds 0",
        ),
        (
            "evaluate trial-b --seeds 2",
            "evaluate trial-b --base shapes --seeds 0",
        ),
        (
            "score trial-b --limit 2",
            "score trial-b --limit 2 --base shapes --seeds 0",
        ),
        (
            "localize trial-b --base shapes --seeds 3",
            "localize trial-b --base shapes --seeds 0",
        ),
        ("sanity trial-b", "sanity trial-b --base shapes --seeds 0"),
        ("ablate trial-b", "ablate trial-b --base shapes --seed 0"),
        ("export trial-b", "export trial-b --base shapes --seed 0"),
    ] {
        let arguments: Vec<&str> = arguments.split(' ').collect();
        let said = told(folder, &arguments, 1);
        let start =
            format!("there is one in \"checkpoints/shapes/trial-b/seed-0\": camtrail {again};");
        assert!(hint(&said).starts_with(&start), "{said}");
        assert!(hint(&said).contains("camtrail train trial-b"), "{said}");
    }
    // Nothing is offered that would not do for all.
    let said = told(folder, &["ablate", "trial-a", "trial-b"], 1);
    assert!(
        hint(&said).starts_with("train them with --train, or one by one: "),
        "{said}"
    );
}

/// The checkpoints hold a copy of the record, but not those of the first versions.
#[test]
fn a_run_without_its_record_is_not_sent_in_a_circle() {
    let place = new_folder("words-record");
    trained_runs::train(&place, "0");
    let record = "checkpoints/shapes/trial-b/seed-0/experiment.toml";
    fs::remove_file(place.join(record)).expect("removed");
    let explain = [
        "explain",
        "--test-index",
        "0",
        "trial-b",
        "--base",
        "shapes",
    ];
    done_in(&place, &explain);
    let run = RunDir::new(&place.join("checkpoints/shapes"), "trial-b", 0);
    for name in run.checkpoints().expect("listed") {
        let mut state = run.read_state(name).expect("a state");
        state.experiment.clear();
        let files = ["model.bpk", "optimizer.bpk"]
            .map(|file| (file, run.read_checked(&state, file).expect("complete")));
        let files = files
            .each_ref()
            .map(|(name, content)| (*name, &content[..]));
        run.write_checkpoint(state, &files).expect("written");
    }
    for arguments in [
        &explain[..],
        &["train", "--resume", "trial-b", "--base", "shapes"],
    ] {
        assert_eq!(
            told(&place, arguments, 1),
            format!(
                "error: the run's record \"{record}\" is missing\nhint: put the file back from a \
                 copy, or start over: camtrail train trial-b --base shapes --seed 0 --force\n"
            )
        );
    }
}

#[test]
fn a_head_that_no_method_reads_is_not_retrained() {
    for arguments in [
        &[
            "explain",
            "trial-b",
            "--test-index",
            "0",
            "--method",
            "grad-cam",
        ][..],
        &["score", "trial-b", "--methods", "grad-cam,layer-cam"],
        &["localize", "trial-b", "--methods", "grad-cam"],
    ] {
        let more = ["--base", "shapes", "--retrain-head"];
        let said = told(trained(), &[arguments, &more].concat(), 2);
        let expected = "error: heads are retrained for CAM, which is not among the methods\n";
        assert!(said.starts_with(expected), "{said}");
    }
}

#[test]
fn a_run_that_is_there_is_refused_before_its_start_is_announced() {
    let said = told(trained(), &["train", "trial-b", "--base", "shapes"], 1);
    let expected = "error: \"checkpoints/shapes/trial-b/seed-0\" holds a run already (done)\n";
    assert!(said.starts_with(expected), "{said}");
}

#[test]
fn hints_name_what_helps() {
    let place = new_folder("words-hints");
    fs::create_dir(place.join("experiments")).expect("created");
    fs::write(
        place.join("experiments/mine.toml"),
        "extends = \"base/shapes\"\n",
    )
    .expect("written");
    fs::create_dir(place.join("experiments/sub")).expect("created");
    fs::write(
        place.join("experiments/sub/y.toml"),
        "extends = \"base/shapes\"\n",
    )
    .expect("written");
    fs::write(
        place.join("experiments/half.toml"),
        "[model]\nfilters = [8]\n",
    )
    .expect("written");
    for (arguments, code, expected) in [
        (
            "train ./experiments/mine.toml",
            2,
            "error: no experiment \"./experiments/mine.toml\"\nhint: an experiment is given by its \
             name, not its file: \"mine\"",
        ),
        (
            "train ./other/mine2.toml",
            2,
            "put the file into \"experiments\" and give the name \"mine2\"",
        ),
        (
            "show experiments/sub/y.toml",
            2,
            "hint: an experiment is given by its name, not its file: \"sub/y\"",
        ),
        (
            "show trial-d --set train.zzz=1",
            2,
            "error: unknown key \"train.zzz\"\nhint: known keys: train.epochs",
        ),
        (
            "show half",
            1 + 1,
            "experiments/half.toml, line 1, column 1",
        ),
        (
            "train convlstm --base shapes",
            2,
            "error: base \"shapes\" is for another kind of network than \"convlstm\"\nhint: bases of \
             convlstm: digits, moving-mnist, moving-mnist-small; camtrail show convlstm",
        ),
        (
            "train trial-d --base digits",
            2,
            "error: base \"digits\" is for another kind of network than \"trial-d\"\nhint: bases of \
             trial-d: cifar-10, cifar-100, cifar-100-bn, folder, shapes, tiny-imagenet;",
        ),
        (
            "explain trial-d",
            2,
            "error: no picture to explain is named\nhint: name picture files with --image FILE, or \
             images of the test split by number with --test-index 0,1",
        ),
        (
            "explain --image trial-d",
            2,
            "error: no picture to explain is named\n",
        ),
        (
            "explain --image a.jpg",
            2,
            "error: no network is named\nhint: name one, such as trial-d, before or after its \
             pictures",
        ),
        (
            "benchmark resnet50",
            2,
            "hint: name photographs to score maps on with --photos DIR, boxes to localise them on \
             with --boxes FILE, or pictures to draw with --image FILE or --several FILE",
        ),
        (
            "explain-seq --target digit-9",
            2,
            "hint: for example --target digit-1, or --target box:8,8,24,24",
        ),
        (
            "--data-dir d explain trial-d --test-index 0",
            1,
            "hint: camtrail train trial-d --seed 0 --data-dir d",
        ),
        (
            "--data-dir d data check cifar-100",
            1,
            "hint: camtrail data fetch cifar-100 --data-dir d, or take images",
        ),
    ] {
        let arguments: Vec<&str> = arguments.split(' ').collect();
        let said = told(&place, &arguments, code);
        assert!(said.contains(expected), "{said}");
    }
    let shown = done_in(&place, &["--data-dir", "d", "weights", "list"]).stdout;
    assert!(
        shown.contains("absent; camtrail weights fetch resnet50 --data-dir d"),
        "{shown}"
    );
}

#[test]
fn explaining_with_all_methods_and_a_missing_official_file() {
    let explain = [
        "explain",
        "trial-b",
        "--base",
        "shapes",
        "--test-index",
        "0",
        "--out",
        "all",
    ];
    let shown = done_in(trained(), &[&explain[..], &["--method", "all"]].concat()).stdout;
    for method in ["grad-cam ", "score-cam ", "ablation-cam "] {
        assert!(shown.contains(method), "{shown}");
    }
    let sanity = [
        "sanity", "trial-b", "--base", "shapes", "--draws", "1", "--limit", "4",
    ];
    let shown = done_in(
        trained(),
        &[&sanity[..], &["--methods", "grad-cam"]].concat(),
    )
    .stderr;
    assert!(
        shown.contains("parameters re-initialised once\n"),
        "{shown}"
    );
}

#[test]
fn a_network_may_follow_its_pictures_and_a_folder_stands_for_them() {
    let folder = trained();
    let pictures = folder.join("pictures");
    fs::create_dir(&pictures).expect("created");
    for name in ["b.png", "a.png", "c.png"] {
        write_picture(&pictures.join(name), 40, 30);
    }
    fs::write(pictures.join("notes.txt"), "").expect("written");
    fs::write(pictures.join("d.tif"), "").expect("written");
    fs::create_dir(pictures.join("inner")).expect("created");
    let more = ["--base", "shapes", "--method", "grad-cam", "--out", "out"];
    let images = |arguments: &[&str]| {
        let shown = done_in(folder, &[&["explain"], arguments, &more[..]].concat());
        let rows = shown
            .stdout
            .lines()
            .filter(|line| line.contains("grad-cam"));
        let first = |row: &str| row.split_whitespace().next().expect("a name").to_string();
        (rows.map(first).collect::<Vec<String>>(), shown.stderr)
    };
    let (before, _) = images(&["--image", "pictures/a.png", "trial-b"]);
    let (after, _) = images(&["trial-b", "--image", "pictures/a.png"]);
    assert_eq!((before.len(), &before), (1, &after));
    let (two, _) = images(&["--image", "pictures/a.png", "pictures/b.png", "trial-b"]);
    assert_eq!(two.len(), 2);
    let (all, said) = images(&["--image", "pictures", "trial-b"]);
    assert_eq!(all.len(), 3);
    let mut sorted = all.clone();
    sorted.sort();
    assert_eq!(all, sorted, "in the order of names");
    let note = "not read in \"pictures\": 1 folder (\"inner\"), 2 other files (\"d.tif\", \
                \"notes.txt\")";
    assert!(said.contains(note), "{said}");
    let said = told(
        folder,
        &["explain", "--image", "pictures/a.png", "trail-b"],
        2,
    );
    assert!(said.contains("no experiment \"trail-b\""), "{said}");
    let said = told(
        folder,
        &[
            "explain",
            "--image",
            "pictures/inner",
            "trial-b",
            "--base",
            "shapes",
        ],
        1,
    );
    assert!(
        said.contains("there is no picture in \"pictures/inner\""),
        "{said}"
    );
}

#[test]
fn hints_for_imagenet_networks_name_nothing_that_is_refused_there() {
    let place = new_folder("words-imagenet");
    write_weights(
        &place.join("w.safetensors"),
        BackboneName::Squeezenet10,
        1000,
    );
    write_picture(&place.join("a.png"), 40, 30);
    let weights = ["--weights", "w.safetensors"];
    let explain = [
        &["explain", "squeezenet1-0", "--image", "a.png"],
        &weights[..],
    ]
    .concat();
    let cam = ["--method", "cam", "--layer", "features.0"];
    let said = told(&place, &[&explain[..], &cam].concat(), 2);
    assert!(!said.contains("--retrain-head"), "{said}");
    assert!(
        hint(&said).starts_with("explain layer \"classifier."),
        "{said}"
    );
    let said = told(
        &place,
        &[&explain[..], &["--class", "tabby cat"]].concat(),
        2,
    );
    assert!(
        hint(&said).starts_with("did you mean \"tabby\" or "),
        "{said}"
    );

    let mut content = fs::read(place.join("w.safetensors")).expect("written");
    let last = content.len() - 4;
    content[last..].copy_from_slice(&f32::NAN.to_le_bytes());
    fs::write(place.join("nan.safetensors"), content).expect("written");
    let nan = [
        "explain",
        "squeezenet1-0",
        "--image",
        "a.png",
        "--allow-nan",
        "--method",
        "grad-cam",
    ];
    let said = told(
        &place,
        &[&nan[..], &["--weights", "nan.safetensors"]].concat(),
        1,
    );
    assert!(!said.contains("learning rate"), "{said}");
    assert!(hint(&said).starts_with("take other weights"), "{said}");

    // A network after the pictures of a benchmark, and a folder.
    fs::create_dir(place.join("pictures")).expect("created");
    for name in ["pictures/c.png", "pictures/b.png", "pictures/x.txt"] {
        write_picture_or_text(&place.join(name));
    }
    let weights = ["--weights", "squeezenet1-0=w.safetensors"];
    let benchmark = [
        "benchmark",
        "--image",
        "pictures",
        "squeezenet1-0",
        "--out",
        "out",
    ];
    let shown = done_in(&place, &[&benchmark[..], &weights].concat());
    for name in ["b", "c"] {
        assert!(
            place
                .join("out/networks")
                .join(name)
                .join("maps.json")
                .is_file(),
            "{}",
            shown.stdout
        );
    }
    assert!(
        shown
            .stderr
            .contains("not read in \"pictures\": 1 other file (\"x.txt\")"),
        "{}",
        shown.stderr
    );
}

fn write_picture_or_text(path: &Path) {
    match path.extension().is_some_and(|ending| ending == "png") {
        true => write_picture(path, 40, 30),
        false => fs::write(path, "").expect("written"),
    }
}
