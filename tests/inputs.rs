//! Inputs as people have them, from the command line: folders, lists, boxes, weights, pipes, signals
//! and characters that the embedded font lacks.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use camtrail::model::backbones::BackboneName;
use camtrail::run::{DepthRow, ExplanationSet, TableRow};

#[path = "support/small_networks.rs"]
mod small_networks;

use small_networks::{write_picture, write_weights};

/// Longest wait for what happens in a second or two on a machine without other work.
const PATIENCE: Duration = Duration::from_secs(120);
/// The weights and class names of [`prepared`].
const NETWORK: [&str; 4] = ["--weights", "net.safetensors", "--class-names", "names.txt"];

/// A folder with weights of a SqueezeNet for three classes, their names, and a picture of 60 x 30.
fn prepared() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let weights = folder.path().join("net.safetensors");
    write_weights(&weights, BackboneName::Squeezenet10, 3);
    fs::write(folder.path().join("names.txt"), "cat\ndog\nbird\n").expect("written");
    picture(folder.path(), "photos/wide.png");
    folder
}

/// Writes a picture of 60 x 30 pixels.
fn picture(folder: &Path, file: &str) {
    let path = folder.join(file);
    fs::create_dir_all(path.parent().expect("a parent")).expect("created");
    write_picture(&path, 60, 30);
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_camtrail"));
    command
        .current_dir(folder)
        .args(arguments)
        .env_remove("CARGO")
        .env_remove("CAMTRAIL_DATA")
        .env("CAMTRAIL_PUBLISHED", "")
        .env("NO_COLOR", "1");
    command
}

/// Standard output, standard error and the exit code.
fn said(output: Output) -> (String, String, i32) {
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    let code = output.status.code().expect("it ends by itself");
    (text(output.stdout), text(output.stderr), code)
}

fn run(folder: &Path, arguments: &[&str]) -> (String, String, i32) {
    said(command(folder, arguments).output().expect("it starts"))
}

/// Standard error and the exit code, with the network of [`prepared`].
fn refused(folder: &Path, arguments: &[&str]) -> (String, i32) {
    let (shown, said, code) = run(folder, &[arguments, &NETWORK].concat());
    assert_eq!(shown, "", "{said}");
    (said, code)
}

#[test]
fn lists_are_read_in_every_encoding() {
    let folder = prepared();
    let utf_16 = |text: &str| -> Vec<u8> {
        let units = [0xFEFF].into_iter().chain(text.encode_utf16());
        units.flat_map(u16::to_le_bytes).collect()
    };
    let names = [
        "tench\nK\u{fc}ste\nbird\n",
        "tench\r\nK\u{fc}ste\r\nbird\r\n\r\n",
    ];
    let contents = [
        names[0].as_bytes().to_vec(),
        format!("\u{feff}{}", names[0]).into_bytes(),
        names[1].as_bytes().to_vec(),
        utf_16(names[1]),
        utf_16(&names[0].replace('\n', "\r")),
    ];
    for content in contents {
        fs::write(folder.path().join("names.txt"), content).expect("written");
        fs::write(
            folder.path().join("photos/labels.csv"),
            utf_16("file,class\r\nwide.png,K\u{fc}ste\r\n"),
        )
        .expect("written");
        let evaluate = ["evaluate", "squeezenet1-0", "--photos", "photos"];
        let (shown, said, code) = run(folder.path(), &[&evaluate[..], &NETWORK].concat());
        assert_eq!((said.as_str(), code), ("", 0), "{shown}");
        let explain = [
            "explain",
            "squeezenet1-0",
            "--image",
            "photos/wide.png",
            "--class",
            "tench",
        ];
        let explain = [
            &explain[..],
            &["--method", "grad-cam", "--out", "out"],
            &NETWORK,
        ]
        .concat();
        let (_, said, code) = run(folder.path(), &explain);
        assert_eq!(code, 0, "{said}");
        let set = ExplanationSet::read(&folder.path().join("out")).expect("written");
        assert_eq!(set.records[0].target_class, "tench");
    }
}

#[test]
fn faulty_names_and_ambiguous_classes_are_refused() {
    let folder = prepared();
    let explain = ["explain", "squeezenet1-0", "--image", "photos/wide.png"];
    for (names, expected) in [
        (
            "cat\r\ndog\r\ncat\r\n",
            "error: \"names.txt\", line 3: \"cat\" is also the name on line 1\nhint: give each class \
             its own name\n",
        ),
        (
            "cat\n\ndog\n",
            "error: \"names.txt\", line 2: the name is missing\nhint: give a file with one name per \
             line, in the order of the class numbers\n",
        ),
    ] {
        fs::write(folder.path().join("names.txt"), names).expect("written");
        assert_eq!(refused(folder.path(), &explain), (expected.to_string(), 1));
    }
    fs::write(
        folder.path().join("names.txt"),
        "cat\nK\u{fc}ste\n".replace('\u{fc}', "\u{1}"),
    )
    .expect("written");
    fs::write(folder.path().join("names.txt"), b"cat\nK\xFCste\n").expect("written");
    let (latin, code) = refused(folder.path(), &explain);
    let expected = "line 2 is neither UTF-8 nor UTF-16 with a byte-order mark";
    assert!(latin.contains(expected) && code == 1, "{latin}");
    fs::write(folder.path().join("names.txt"), "1\n2\n3\n").expect("written");
    let ambiguous = refused(folder.path(), &[&explain[..], &["--class", "2"]].concat());
    let expected = "error: class \"2\" is ambiguous: it is the name of class 1 and the number of \
                    \"3\"\nhint: write name:2 for the class called \"2\", or number:2 for class number \
                    2, from 0\n";
    assert_eq!(ambiguous, (expected.to_string(), 2));
    for (class, name) in [("name:2", "2"), ("number:2", "3"), ("3", "3"), ("0", "1")] {
        let more = ["--class", class, "--method", "grad-cam", "--out", "out"];
        let (_, said, code) = run(folder.path(), &[&explain[..], &more, &NETWORK].concat());
        assert_eq!(code, 0, "{said}");
        let set = ExplanationSet::read(&folder.path().join("out")).expect("written");
        assert_eq!(set.records[0].target_class, name, "{class}");
    }
    let table = "file,class\nwide.png,2\n";
    fs::write(folder.path().join("photos/labels.csv"), table).expect("written");
    let evaluate = ["evaluate", "squeezenet1-0", "--photos", "photos"];
    let (said, code) = refused(folder.path(), &evaluate);
    let expected = "error: \"photos/labels.csv\", line 2: class \"2\" is ambiguous";
    assert!(said.starts_with(expected) && code == 1, "{said}");
}

#[test]
fn a_folder_per_class_is_evaluated_and_the_rest_is_noted_once() {
    let folder = prepared();
    for file in ["set/cat/a.png", "set/dog/b.png", "set/dog/more/c.png"] {
        picture(folder.path(), file);
    }
    fs::write(folder.path().join("set/dog/d.tif"), "II*").expect("written");
    let evaluate = ["evaluate", "squeezenet1-0", "--photos", "set"];
    let (shown, said, code) = run(folder.path(), &[&evaluate[..], &NETWORK].concat());
    let expected = "not read in \"set\": 1 folder (\"dog/more\"), 1 other file (\"dog/d.tif\")\n";
    assert_eq!((said.as_str(), code), (expected, 0), "{shown}");
    assert!(shown.contains("net.safetensors         2"), "{shown}");
    let benchmark = [
        "benchmark",
        "squeezenet1-0",
        "--photos",
        "set",
        "--methods",
        "grad-cam",
    ];
    let weights = [
        "--weights",
        "squeezenet1-0=net.safetensors",
        "--class-names",
        "names.txt",
        "--out",
        "out",
    ];
    let benchmark = [&benchmark[..], &weights, &["--class", "true"]].concat();
    let (shown, said, code) = run(folder.path(), &benchmark);
    assert_eq!(code, 0, "{said}");
    assert_eq!(said.matches(expected).count(), 1, "{said}");
    assert!(
        shown.contains("these 2 pictures of set; maps of the true class"),
        "{shown}"
    );
    for file in ["set/dog/d.tif", "set/dog/more/c.png"] {
        fs::remove_file(folder.path().join(file)).expect("removed");
    }
    fs::remove_dir(folder.path().join("set/dog/more")).expect("removed");
    let above = ["evaluate", "squeezenet1-0", "--photos", "."];
    fs::remove_dir_all(folder.path().join("photos")).expect("removed");
    let (told, code) = refused(folder.path(), &above);
    assert!(
        told.starts_with("error: there is no picture in \".\"; not read in \".\": "),
        "{told}"
    );
    let hint =
        "hint: give PNG, JPEG, WebP or BMP files, in the folder or in one folder per class\n";
    assert!(told.ends_with(hint) && code == 1, "{told}");
    let (shown, said, _) = run(folder.path(), &benchmark);
    assert!(
        !said.contains("not read") && shown.contains("all 2 pictures of set"),
        "{said}{shown}"
    );
}

#[test]
fn boxes_that_their_picture_cannot_have_are_refused_before_anything_is_measured() {
    let folder = prepared();
    let benchmark = [
        "benchmark",
        "squeezenet1-0",
        "--boxes",
        "photos/boxes.csv",
        "--out",
        "out",
    ];
    let weights = [
        "--weights",
        "squeezenet1-0=net.safetensors",
        "--class-names",
        "names.txt",
    ];
    let benchmark = [&benchmark[..], &weights].concat();
    for (row, fault, hint) in [
        (
            "0.2,0.2,0.8,0.8",
            "the box 0.2,0.2,0.8,0.8 of \"wide.png\" (60 x 30 pixels) looks normalised, 0 to 1",
            "give pixels: this box times width and height is 12,6,48,24",
        ),
        (
            "10,10,900,700",
            "the box 10,10,900,700 of \"wide.png\" ends beyond its 60 x 30 pixels: it looks like \
             pixels of another resolution, at least 900 x 700",
            "give pixels of the file itself, upright, from its top left corner: x0 and x1 from 0 to \
             60, y0 and y1 from 0 to 30",
        ),
        (
            "20,10,15,12",
            "the box from (20, 10) to (15, 12) is reversed: x1 must be above x0 and y1 above y0; it \
             looks like x,y,width,height in its 60 x 30 pixels",
            "give two corners, x0,y0,x1,y1: with x1 = x + width and y1 = y + height this box is \
             20,10,35,22",
        ),
    ] {
        let table = format!("file,class,x0,y0,x1,y1\nwide.png,cat,1,2,50,30\nwide.png,cat,{row}\n");
        fs::write(folder.path().join("photos/boxes.csv"), table).expect("written");
        let (shown, said, code) = run(folder.path(), &benchmark);
        let expected = format!("error: \"photos/boxes.csv\", line 3: {fault}\nhint: {hint}\n");
        assert_eq!((shown.as_str(), said, code), ("", expected, 1));
        assert!(!folder.path().join("out").exists());
    }
}

#[test]
fn a_network_with_one_output_is_refused_by_every_verb() {
    let folder = prepared();
    write_weights(
        &folder.path().join("one.safetensors"),
        BackboneName::Squeezenet10,
        1,
    );
    let expected = "error: squeezenet1-0 with the weights \"one.safetensors\" has one class: its \
                    confidence is 1 for every picture, so that no confidence, score or accuracy means \
                    anything\nhint: save the network with two outputs: put a row of zeros before the \
                    one row of its last weight and bias, and the softmax of the second class is the \
                    sigmoid of that output\n";
    for verb in [
        &["explain", "squeezenet1-0", "--image", "photos/wide.png"][..],
        &["evaluate", "squeezenet1-0", "--photos", "photos"],
        &["weights", "check", "squeezenet1-0"],
    ] {
        let found = run(
            folder.path(),
            &[verb, &["--weights", "one.safetensors"]].concat(),
        );
        assert_eq!(found, (String::new(), expected.to_string(), 1));
    }
    let benchmark = [
        "benchmark",
        "squeezenet1-0",
        "--photos",
        "photos",
        "--weights",
    ];
    let benchmark = [&benchmark[..], &["squeezenet1-0=one.safetensors"]].concat();
    let found = run(folder.path(), &benchmark);
    assert_eq!(found, (String::new(), expected.to_string(), 1));
}

#[test]
fn a_pipe_is_refused_before_it_is_opened() {
    let folder = prepared();
    let made = Command::new("mkfifo")
        .arg(folder.path().join("pipe"))
        .status();
    assert!(made.expect("mkfifo is there").success());
    let explain = ["explain", "squeezenet1-0", "--image", "photos/wide.png"];
    let network =
        |weights: &'static str, names: &'static str| ["--weights", weights, "--class-names", names];
    let problem = "it is a pipe, a socket or a device, not a regular file";
    for arguments in [
        [
            &["explain", "squeezenet1-0", "--image", "pipe"][..],
            &NETWORK,
        ]
        .concat(),
        [&explain[..], &network("pipe", "names.txt")].concat(),
        [&explain[..], &network("net.safetensors", "pipe")].concat(),
        [
            &[
                "evaluate",
                "squeezenet1-0",
                "--photos",
                "photos",
                "--labels",
                "pipe",
            ][..],
            &NETWORK,
        ]
        .concat(),
        ["evaluate", "convlstm", "--official", "pipe"].to_vec(),
    ] {
        let mut child = command(folder.path(), &arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        wait(&mut child);
        let (_, said, code) = said(child.wait_with_output().expect("it ended"));
        if arguments[1] != "convlstm" {
            assert!(said.contains(problem), "{arguments:?}: {said}");
        }
        assert_eq!(code, 1, "{arguments:?}: {said}");
    }
}

/// Waits until `child` has ended.
fn wait(child: &mut Child) {
    let deadline = Instant::now() + PATIENCE;
    while child.try_wait().expect("a child").is_none() {
        if Instant::now() > deadline {
            child.kill().expect("ended");
            panic!("it did not end within {PATIENCE:?}");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Sends the signal `name` ("TERM") to `child`.
fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill")
        .args([&format!("-{name}"), &child.id().to_string()])
        .status();
    assert!(sent.expect("kill is there").success());
}

fn started(mut command: Command) -> Child {
    let piped = command.stdout(Stdio::piped()).stderr(Stdio::piped());
    piped.spawn().expect("it starts")
}

/// Waits until `is_there`.
fn wait_for(is_there: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_there() {
        assert!(Instant::now() < deadline, "not within {PATIENCE:?}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn generating_stops_at_the_next_image() {
    let folder = tempfile::tempdir().expect("a folder");
    let changes = ["--set", "data.shapes.train_images=1000000"];
    let train = [&["train", "trial-a", "--base", "shapes"][..], &changes].concat();
    let mut child = started(command(folder.path(), &train));
    // A million images take more than a minute.
    std::thread::sleep(Duration::from_secs(2));
    signal(&child, "TERM");
    let sent = Instant::now();
    wait(&mut child);
    let took = sent.elapsed();
    let (shown, said, code) = said(child.wait_with_output().expect("it ended"));
    assert_eq!(
        (shown.as_str(), said.as_str(), code),
        ("", "error: stopped by a signal\n", 143)
    );
    assert!(took < Duration::from_secs(10), "{took:?}");
    assert!(!folder.path().join("checkpoints").exists());
}

#[test]
fn a_hang_up_saves_a_training_unless_it_is_ignored() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut train = vec!["train", "trial-a", "--base", "shapes", "--name", "trial-a"];
    for change in [
        "data.shapes.train_images=240",
        "data.shapes.validation_images=48",
        "data.shapes.test_images=48",
        "train.epochs=2000",
    ] {
        train.extend(["--set", change]);
    }
    let rows = |seed: u64| {
        let run = format!("checkpoints/shapes/trial-a/seed-{seed}/epochs.csv");
        let table = fs::read_to_string(folder.path().join(run)).unwrap_or_default();
        table.lines().count()
    };
    let mut child = started(command(folder.path(), &train));
    wait_for(|| rows(0) > 3);
    // A terminal that closes may send several.
    signal(&child, "HUP");
    signal(&child, "HUP");
    wait(&mut child);
    let (_, told, code) = said(child.wait_with_output().expect("it ended"));
    assert_eq!(code, 129, "{told}");
    assert!(
        told.contains("stopped; saved as ") && told.contains("--resume"),
        "{told}"
    );
    // As under nohup.
    let mut ignoring = Command::new("sh");
    ignoring
        .current_dir(folder.path())
        .args([
            "-c",
            "trap '' HUP; exec \"$@\"",
            "sh",
            env!("CARGO_BIN_EXE_camtrail"),
        ])
        .args(&train)
        .args(["--seed", "1"]);
    let mut child = started(ignoring);
    wait_for(|| rows(1) > 3);
    signal(&child, "HUP");
    let before = rows(1);
    wait_for(|| rows(1) > before + 2);
    signal(&child, "TERM");
    wait(&mut child);
    let (_, told, code) = said(child.wait_with_output().expect("it ended"));
    assert_eq!(code, 143, "{told}");
}

#[test]
fn drawing_stops_at_the_next_panel() {
    let folder = prepared();
    let mut explain = vec!["explain", "squeezenet1-0", "--out", "out", "--image"];
    let names: Vec<String> = (0..8).map(|i| format!("photos/{i}.png")).collect();
    for name in &names {
        write_picture(&folder.path().join(name), 400, 400);
    }
    explain.extend(names.iter().map(String::as_str));
    explain.extend(NETWORK);
    let mut child = started(command(folder.path(), &explain));
    // The maps are written into the set that will replace `out`, and drawn next.
    let is_written = |entry: std::io::Result<std::fs::DirEntry>| {
        entry.is_ok_and(|entry| entry.path().join("maps.json").exists())
    };
    let out = folder.path().join("out");
    wait_for(|| std::fs::read_dir(&out).is_ok_and(|mut entries| entries.any(is_written)));
    signal(&child, "TERM");
    let sent = Instant::now();
    wait(&mut child);
    let took = sent.elapsed();
    let (_, told, code) = said(child.wait_with_output().expect("it ended"));
    assert!(
        told.ends_with("error: stopped by a signal\n") && code == 143,
        "{told}"
    );
    assert!(took < Duration::from_secs(5), "{took:?}");
}

#[test]
fn characters_are_drawn_with_a_font_of_the_system_or_noted_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let row = |trial: &str| DepthRow {
        trial: trial.to_string(),
        network_title: trial.to_string(),
        seed: 0,
        blocks: 1,
        parameters: 10,
        multiply_adds: 10,
        epoch: 1,
        checkpoint: "best".to_string(),
        dataset: "\u{732b}\u{732b}".to_string(),
        generated: false,
        validation_accuracy: 0.5,
        validation_images: 10,
        test_accuracy: 0.5,
        test_top5_accuracy: 0.5,
        test_images: 10,
    };
    for place in ["one", "two"] {
        let table = folder
            .path()
            .join("figures")
            .join(place)
            .join(DepthRow::FILE);
        fs::create_dir_all(table.parent().expect("a parent")).expect("created");
        DepthRow::write(&table, &[row("trial-a")]).expect("written");
    }
    let fonts = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fonts");
    let drawn = |fonts: &Path| {
        let config = folder.path().join("fonts.conf");
        let text = format!("<fontconfig><dir>{}</dir></fontconfig>", fonts.display());
        fs::write(&config, text).expect("written");
        let mut draw = command(folder.path(), &["draw", "figures"]);
        let output = draw
            .env("FONTCONFIG_FILE", &config)
            .output()
            .expect("it starts");
        let (_, told, code) = said(output);
        assert_eq!(code, 0, "{told}");
        (
            told,
            fs::read(folder.path().join("figures/one/depth.png")).expect("drawn"),
        )
    };
    let (told, boxes) = drawn(&folder.path().join("nowhere"));
    let expected = "no font of this system has 1 of the figures' characters, such as \"\u{732b}\": they \
                    are empty boxes; install one, such as Noto Sans CJK, and draw again\n";
    assert_eq!(told, expected);
    let (told, cats) = drawn(&fonts);
    assert_eq!(told, "");
    assert!(boxes != cats, "the boxes stayed");
}
