//! ImageNet networks on photographs, from the command line: maps on the whole picture, and what is
//! said of folders, labels and files that are not as they should be.

use std::fs;
use std::path::Path;
use std::process::Command;

use camtrail::model::backbones::BackboneName;
use camtrail::run::ExplanationSet;

#[path = "support/small_networks.rs"]
mod small_networks;

use small_networks::{write_picture, write_weights};

/// A folder with weights of a SqueezeNet for three classes, their names, and a wide picture.
fn prepared() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let weights = folder.path().join("net.safetensors");
    write_weights(&weights, BackboneName::Squeezenet10, 3);
    fs::write(folder.path().join("names.txt"), "cat\ndog\nbird\n").expect("written");
    let photos = folder.path().join("photos");
    fs::create_dir(&photos).expect("created");
    write_picture(&photos.join("wide.png"), 60, 30);
    folder
}

/// Standard output, standard error and the exit code.
fn run(folder: &Path, arguments: &[&str]) -> (String, String, i32) {
    let weights = ["--weights", "net.safetensors", "--class-names", "names.txt"];
    bare(folder, &[arguments, &weights].concat())
}

/// As [`run`], of the arguments alone.
fn bare(folder: &Path, arguments: &[&str]) -> (String, String, i32) {
    let output = Command::new(env!("CARGO_BIN_EXE_camtrail"))
        .current_dir(folder)
        .args(arguments)
        .env_remove("CARGO")
        .env_remove("CAMTRAIL_DATA")
        .env("CAMTRAIL_PUBLISHED", "")
        .output()
        .expect("the binary starts");
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
    let code = output.status.code().expect("it ends by itself");
    (text(&output.stdout), text(&output.stderr), code)
}

#[test]
fn maps_lie_on_the_whole_picture() {
    let folder = prepared();
    let arguments = [
        "explain",
        "squeezenet1-0",
        "--image",
        "photos/wide.png",
        "--method",
        "grad-cam",
        "--class",
        "dog",
        "--out",
        "out",
    ];
    let (shown, said, code) = run(folder.path(), &arguments);
    assert_eq!(code, 0, "{shown}\n{said}");
    assert!(
        shown.contains("13 x 13") && shown.contains("dog"),
        "{shown}"
    );
    let set = ExplanationSet::read(&folder.path().join("out")).expect("written");
    let (image, record) = (&set.images[0], &set.records[0]);
    assert_eq!(record.layer, "features.12");
    assert_eq!(record.pretrained.as_deref(), Some("net.safetensors"));
    // 60 x 30 becomes 512 x 256, of which the middle 224 x 224 are seen.
    let seen = set.records[0].seen.expect("a part is seen");
    let expected = [144.0 / 512.0, 16.0 / 256.0, 224.0 / 512.0, 224.0 / 256.0];
    for (found, expected) in seen.iter().zip(expected) {
        assert!((found - expected).abs() < 1e-9, "{seen:?}");
    }
    assert_eq!(set.arrays[&image.pixels].shape, [3, 30, 60]);
    let heat = &set.arrays[&record.heat];
    assert_eq!(heat.shape, [30, 60]);
    // The square reaches from column 16.875 to 43.125.
    for row in heat.values.chunks_exact(60) {
        assert!(row[..16].iter().chain(&row[44..]).all(|heat| *heat == 0.0));
    }
    assert!(heat.values.iter().any(|heat| *heat > 0.5));
}

/// Four pictures are in memory at a time; groups do not change a bit of the maps, nor their order.
#[test]
fn pictures_are_explained_group_by_group_with_the_same_bits() {
    let folder = prepared();
    let photos: Vec<String> = (0..6)
        .map(|number| format!("photos/{number}.png"))
        .collect();
    for (number, photo) in photos.iter().enumerate() {
        write_picture(&folder.path().join(photo), 40 + number as u32, 30);
    }
    let explained = |photos: &[String], out: &str| {
        let mut arguments = vec!["explain", "squeezenet1-0", "--out", out];
        arguments.extend(["--method", "grad-cam", "--method", "hires-cam", "--image"]);
        arguments.extend(photos.iter().map(String::as_str));
        let (shown, said, code) = run(folder.path(), &arguments);
        assert_eq!(code, 0, "{shown}\n{said}");
        ExplanationSet::read(&folder.path().join(out)).expect("written")
    };
    let whole = explained(&photos, "whole");
    let mut parts = explained(&photos[..4], "first");
    let last = explained(&photos[4..], "last");
    parts.images.extend(last.images);
    parts.records.extend(last.records);
    parts.arrays.extend(last.arrays);
    assert_eq!(whole.images.len(), 6);
    assert!(whole == parts, "every bit");

    // A file that cannot be read is reported before anything is explained.
    fs::write(folder.path().join("photos/5.png"), "no picture").expect("written");
    let mut arguments = vec!["explain", "squeezenet1-0", "--out", "none", "--image"];
    arguments.extend(photos.iter().map(String::as_str));
    let (shown, said, code) = run(folder.path(), &arguments);
    assert_eq!((shown.as_str(), code), ("", 1));
    assert!(said.contains("photos/5.png"), "{said}");
    assert!(!folder.path().join("none").exists());
}

#[test]
fn folders_and_labels_that_are_not_as_they_should_be_are_told() {
    let folder = prepared();
    let evaluate = ["evaluate", "squeezenet1-0", "--photos", "photos"];
    let said = |arguments: &[&str]| {
        let (shown, said, code) = run(folder.path(), arguments);
        assert_eq!(code, 1, "{shown}\n{said}");
        said
    };
    let unlabelled = said(&evaluate);
    assert!(
        unlabelled.contains("the class of \"wide.png\" is not known"),
        "{unlabelled}"
    );
    let labels = folder.path().join("photos/labels.csv");
    let one_lost = "file,class\nwide.png,2\nlost.png,cat\n";
    for (content, expected) in [
        (
            "file,class\nwide.png,bird\nwide.png,horse\n",
            "line 3: no class is called \"horse\"",
        ),
        (one_lost, "cannot read the image \"photos/lost.png\""),
        (
            "file,class\nwide.png,2\nwide.png,cat\n",
            "line 3: \"wide.png\" has another class further up",
        ),
        ("file,class\n", "\"photos/labels.csv\" names no picture"),
        ("file,class\n,2\n", "line 2: the name of a file is missing"),
    ] {
        fs::write(&labels, content).expect("written");
        let told = said(&evaluate);
        assert!(told.contains(expected), "{told}");
    }
    fs::write(&labels, one_lost).expect("written");
    let (shown, said_of_it, code) = run(folder.path(), &[&evaluate[..], &["--skip-bad"]].concat());
    assert_eq!(code, 0, "{said_of_it}");
    assert!(shown.contains("not read, and not counted: 1"), "{shown}");
    let mut content = fs::read(folder.path().join("net.safetensors")).expect("written");
    let last = content.len() - 4;
    content[last..].copy_from_slice(&f32::NAN.to_le_bytes());
    fs::write(folder.path().join("nan.safetensors"), content).expect("written");
    let nan = ["--skip-bad", "--allow-nan", "--class-names", "names.txt"];
    let nan = [&evaluate[..], &nan, &["--weights", "nan.safetensors"]].concat();
    let (shown, told, code) = bare(folder.path(), &nan);
    assert_eq!((shown.as_str(), code), ("", 1), "{told}");
    let expected = "squeezenet1-0 gives values for \"wide.png\" that are not finite";
    assert!(told.contains(expected), "{told}");
    let ten_crop = [&evaluate[..], &["--skip-bad", "--ten-crop"]].concat();
    let (shown, said_of_it, code) = run(folder.path(), &ten_crop);
    assert_eq!(code, 0, "{said_of_it}");
    assert!(
        shown.contains("mean probabilities of ten crops; not read, and not counted: 1"),
        "{shown}"
    );
    fs::create_dir(folder.path().join("empty")).expect("created");
    let empty = said(&["evaluate", "squeezenet1-0", "--photos", "empty"]);
    assert!(
        empty.contains("there is no picture in \"empty\""),
        "{empty}"
    );
}

#[test]
fn options_of_the_other_kind_of_network_are_refused() {
    let folder = prepared();
    let (_, said, code) = run(folder.path(), &["evaluate", "trial-a", "--ten-crop"]);
    assert!(said.contains("--photos"), "{said}");
    assert_eq!(code, 2);
    let explain = ["explain", "squeezenet1-0", "--image", "photos/wide.png"];
    let (_, said, code) = run(folder.path(), &[&explain[..], &["--retrain-head"]].concat());
    assert!(
        said.contains(
            "--retrain-head is for networks trained here; squeezenet1-0 is an ImageNet network"
        ),
        "{said}"
    );
    assert_eq!(code, 2);
    let (_, said, code) = run(
        folder.path(),
        &["explain", "trial-a", "--image", "photos/wide.png"],
    );
    assert!(
        said.contains("--weights is for ImageNet networks; trial-a is a network trained here"),
        "{said}"
    );
    assert_eq!(code, 2);
    let mistyped = ["explain", "squeezenet", "--image", "photos/wide.png"];
    let (_, said, _) = run(folder.path(), &mistyped);
    assert!(said.contains("did you mean \"squeezenet1-0\""), "{said}");
    let caffe = ["--dialect", "caffe"];
    for verb in [&["weights", "check"][..], &["layers"]] {
        let arguments = [verb, &["mobilenet-v2"], &caffe].concat();
        let (_, said, code) = bare(folder.path(), &arguments);
        assert!(said.contains("only squeezenet1-0 has it"), "{said}");
        assert_eq!(code, 2);
    }
    let (shown, _, _) = bare(
        folder.path(),
        &["layers", "squeezenet1-0", "--dialect", "caffe"],
    );
    let words: Vec<&str> = shown.split_whitespace().collect();
    let words = words.join(" ");
    for part in ["classifier.2 1000 13 x 13 CAM", "on 227 x 227 pixels"] {
        assert!(words.contains(part), "{shown}");
    }
    let (_, said, _) = run(
        folder.path(),
        &[&explain[..], &["--class", "hose"]].concat(),
    );
    assert!(said.contains("no class is called \"hose\""), "{said}");
    let (_, said, _) = run(
        folder.path(),
        &[&explain[..], &["--layer", "layer4"]].concat(),
    );
    assert!(
        said.contains("unknown layer \"layer4\"; known: \"features.0\""),
        "{said}"
    );
    let (_, said, _) = run(
        folder.path(),
        &["explain", "mobilenet-v2", "--image", "photos/wide.png"],
    );
    assert!(
        said.contains("are not those of mobilenet-v2: 1 of 262"),
        "{said}"
    );
}
