//! Weight files as PyTorch 2.15 writes them, whole and harmed, and what the command line says of them.
//!
//! `tests/weights/` holds small ones: `torch.save` of one state dict in both of its forms (`zip.pth`,
//! `legacy.pth`), a training script's checkpoint (`nested.pth`), an object whose pickle calls
//! `os.system` (`calls.pth`), and `zip.pth` packed anew with compression (`compressed.pth`). `make.py`
//! there writes the others: state dicts as training scripts wrap them, and files that hold none.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use burn::tensor::Device;
use camtrail::model::backbones::{Backbone, BackboneName};
use camtrail::model::tap::Tap;
use camtrail::model::weights::{
    ElementKind, ExportedTensor, LoadOptions, Precision, WeightFile, WeightsError,
    export_safetensors, load_backbone,
};

#[path = "support/small_network.rs"]
mod small_network;

use small_network::small_network;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/weights")
        .join(name)
}

/// Writes `content` to the file at `path`, opens it, and reads every tensor of it that is no larger
/// than the file.
fn read_all(path: &Path, content: &[u8]) -> Result<(), WeightsError> {
    fs::write(path, content).expect("written");
    let file = WeightFile::open(path)?;
    for (name, entry) in file.entries() {
        if entry.shape.iter().product::<usize>() <= content.len() {
            file.values(name)?;
        }
    }
    Ok(())
}

#[test]
fn both_forms_of_torch_save_hold_the_same_tensors() {
    for name in ["zip.pth", "legacy.pth"] {
        let file = WeightFile::open(&fixture(name)).expect("a state dict");
        let values = |tensor: &str| file.values(tensor).expect("floats").expect("it is there");
        let eighths = |numbers: &[u8]| -> Vec<f32> {
            numbers
                .iter()
                .map(|number| f32::from(*number) / 8.0)
                .collect()
        };
        assert_eq!(file.entries()["plain"].shape, [2, 3], "{name}");
        assert_eq!(values("plain"), eighths(&[0, 1, 2, 3, 4, 5]), "{name}");
        assert_eq!(file.entries()["transposed"].shape, [3, 2], "{name}");
        assert_eq!(
            values("transposed"),
            eighths(&[6, 9, 7, 10, 8, 11]),
            "{name}"
        );
        assert_eq!(values("part"), eighths(&[14, 15, 16, 17]), "{name}");
        assert_eq!(values("half"), [1.5, -2.0], "{name}");
        assert_eq!(values("brain"), [1.5, -2.0], "{name}");
        assert_eq!(values("double"), [0.25], "{name}");
        assert_eq!(values("parameter"), [9.0], "{name}");
        let count = &file.entries()["norm.num_batches_tracked"];
        assert_eq!(
            (count.kind, count.shape.len()),
            (ElementKind::Whole(8), 0),
            "{name}"
        );
        assert_eq!(file.entries().len(), 8, "{name}");
    }
}

#[test]
fn a_checkpoint_of_a_training_script_is_looked_into() {
    let file = WeightFile::open(&fixture("nested.pth")).expect("a state dict inside");
    let names: Vec<&String> = file.entries().keys().collect();
    assert_eq!(names, ["w"]);
    assert_eq!(file.values("w").expect("floats"), Some(vec![1.0, 1.0]));
}

/// The tensors of the network of two layers in the files that `make.py` writes.
fn assert_two_layers(name: &str) {
    let file = WeightFile::open(&fixture(name)).unwrap_or_else(|error| panic!("{error}"));
    let eighths = |from: f32, count: u8| -> Option<Vec<f32>> {
        Some((0..count).map(|i| f32::from(i) / 8.0 + from).collect())
    };
    for (tensor, expected) in [
        ("conv.weight", eighths(0.0, 2)),
        ("conv.bias", eighths(1.0, 2)),
        ("fc.weight", eighths(2.0, 4)),
        ("fc.bias", eighths(3.0, 2)),
    ] {
        assert_eq!(
            file.values(tensor).expect("floats"),
            expected,
            "{name}: {tensor}"
        );
    }
    let names: Vec<&String> = file.entries().keys().collect();
    let others = names.iter().filter(|name| **name != "n_averaged");
    assert_eq!(others.count(), 4, "{name}: {names:?}");
}

#[test]
fn state_dicts_are_found_however_scripts_wrap_them() {
    for name in [
        // Prefixes of the names, alone and one in the other.
        "compiled.pth",
        "deep.pth",
        "averaged.pth",
        // Other keys, next to numbers of NumPy, and a dict in a dict.
        "net.pth",
        "odd-key.pth",
        "ema.pth",
        // torchvision's training script, with arguments of every kind, in three forms.
        "reference.pth",
        "reference-legacy.pth",
        "reference-p5.pth",
    ] {
        assert_two_layers(name);
    }
    let file = WeightFile::open(&fixture("attr.pth")).expect("a parameter with an attribute");
    assert_eq!(file.values("p").expect("floats"), Some(vec![1.0, 1.0]));
}

#[test]
fn a_file_without_a_state_dict_says_what_it_holds() {
    for (name, holds) in [
        (
            "whole.pth",
            "an object of the class \"torch.nn.modules.container.Sequential\"",
        ),
        (
            "whole-in-dict.pth",
            "a dict without tensors, with the keys \"model\" (an object of \
             \"torch.nn.modules.container.Sequential\"), \"epoch\"",
        ),
        ("list.pth", "a list of 2 values"),
        (
            "numbers.pth",
            "a dict without tensors, with the keys \"epoch\", \"best\"",
        ),
        (
            "optimizer.pth",
            "a dict without tensors, with the keys \"state\", \"param_groups\"",
        ),
        ("tensor.pth", "a single tensor without a name"),
        (
            "two.pth",
            "several dicts of tensors, under the keys \"generator\", \"discriminator\"",
        ),
    ] {
        let error = WeightFile::open(&fixture(name)).expect_err(name);
        assert!(matches!(error, WeightsError::NoStateDict { .. }), "{error}");
        let text = error.to_string();
        assert!(
            text.ends_with(&format!("holds no state dict, but {holds}")),
            "{text}"
        );
    }
    for (name, problem) in [
        (
            "arrays.npz",
            "it is a zip archive without data.pkl; it begins with [\"a.npy\"]",
        ),
        ("plain.pkl", "it is a pickle that torch.save did not write"),
        ("lfs.pth", "it is a pointer of Git LFS, not the file itself"),
    ] {
        let text = WeightFile::open(&fixture(name))
            .expect_err(name)
            .to_string();
        assert!(text.ends_with(problem), "{text}");
    }
    let (said, code) = said_of(&fs::read(fixture("whole.pth")).expect("a fixture"));
    let hint = "hint: save the state dict alone: torch.save(model.state_dict(), \"weights.pth\")\n";
    assert!(said.ends_with(hint) && code == 1, "{said}");
    // Nothing that another file could mend is sent for another file.
    for name in [
        "whole.pth",
        "zip.pth",
        "compiled.pth",
        "list.pth",
        "lfs.pth",
    ] {
        let (said, _) = said_of(&fs::read(fixture(name)).expect("a fixture"));
        assert!(!said.contains("weights fetch"), "{said}");
    }
}

#[test]
fn a_pickle_that_calls_is_refused_and_compression_too() {
    let error = WeightFile::open(&fixture("evil.pth")).expect_err("its arguments call");
    assert!(
        error.to_string().contains("asks for \"posix.system\""),
        "{error}"
    );
    let error = WeightFile::open(&fixture("calls.pth")).expect_err("it calls");
    let text = error.to_string();
    assert!(
        text.contains("asks for \"posix.system\"; nothing of it was run"),
        "{text}"
    );
    assert!(matches!(error, WeightsError::Refused { .. }));
    let error = WeightFile::open(&fixture("compressed.pth")).expect_err("compressed");
    assert!(error.to_string().contains("is compressed"), "{error}");
}

#[test]
fn a_file_cut_at_any_byte_is_an_error() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("weights.pth");
    for name in ["zip.pth", "legacy.pth"] {
        let whole = fs::read(fixture(name)).expect("a fixture");
        read_all(&path, &whole).expect_err("whole numbers are no floats");
        for length in 0..whole.len() {
            let error = read_all(&path, &whole[..length]).expect_err("it is cut");
            let whole_numbers = error.to_string().contains("whole numbers");
            assert!(!whole_numbers, "{name} cut at {length} was taken for whole");
        }
    }
}

/// Whatever byte is changed, reading ends; values may differ, for these files carry no checksum.
#[test]
fn no_changed_byte_does_harm() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("weights.pth");
    for name in [
        "zip.pth",
        "legacy.pth",
        "nested.pth",
        "reference.pth",
        "reference-legacy.pth",
        "whole.pth",
    ] {
        let whole = fs::read(fixture(name)).expect("a fixture");
        for place in 0..whole.len() {
            let mut changed = whole.clone();
            // Another bit at each place.
            changed[place] ^= 1 << (place % 8);
            let _ = read_all(&path, &changed);
        }
    }
}

/// A SqueezeNet for seven classes, and its weights.
fn squeezenet() -> (Backbone, Vec<ExportedTensor>) {
    small_network(BackboneName::Squeezenet10, 7)
}

fn load(tensors: &[ExportedTensor], options: LoadOptions) -> Result<Backbone, WeightsError> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("net.safetensors");
    let content = export_safetensors(tensors, &[], Precision::Single).expect("shapes fit");
    fs::write(&path, content).expect("written");
    let file = WeightFile::open(&path)?;
    load_backbone(BackboneName::Squeezenet10, &file, options, &Device::flex())
}

#[test]
fn a_network_read_back_gives_the_same_logits_and_has_the_file_s_classes() {
    let (network, tensors) = squeezenet();
    let loaded = load(&tensors, LoadOptions::default()).expect("they fit");
    assert_eq!(loaded.classes(), 7);
    let image = burn::tensor::Tensor::<4>::ones([1, 3, 64, 64], &Device::flex());
    let logits = |network: &Backbone| network.forward(image.clone(), &mut Tap::off()).into_data();
    assert_eq!(logits(&loaded), logits(&network));
}

#[test]
fn everything_that_does_not_fit_is_listed() {
    let (_, tensors) = squeezenet();
    let mut odd = tensors.clone();
    odd[0].shape = vec![96, 3, 49];
    odd[1].name = "features.0.bios".to_string();
    let error = load(&odd, LoadOptions::default()).expect_err("they do not fit");
    let text = error.to_string();
    for part in [
        "50 of 52 tensors matched",
        "1 missing: \"features.0.bias\"",
        "1 unexpected: \"features.0.bios\"",
        "1 of another shape: \"features.0.weight [96, 3, 49] for [96, 3, 7, 7]\"",
    ] {
        assert!(text.contains(part), "{part:?} in {text}");
    }
    for tensor in &mut odd {
        tensor.name.insert_str(0, "backbone.");
    }
    let mut parallel = tensors.clone();
    for tensor in &mut parallel {
        tensor.name.insert_str(0, "module.");
    }
    load(&parallel, LoadOptions::default()).expect("DataParallel's prefix is taken off");
    parallel.push(tensors[1].clone());
    let twice = load(&parallel, LoadOptions::default()).expect_err("one name stands for two");
    let expected = format!("two tensors are called \"{}\"", tensors[1].name);
    assert!(twice.to_string().contains(&expected), "{twice}");
    let text = load(&odd, LoadOptions::default())
        .expect_err("none fits")
        .to_string();
    assert!(text.contains("0 of 52 tensors matched"), "{text}");
}

#[test]
fn values_that_are_not_finite_are_refused_unless_allowed() {
    let (_, mut tensors) = squeezenet();
    tensors[2].values[3] = f32::NAN;
    tensors[4].values[0] = f32::INFINITY;
    let error = load(&tensors, LoadOptions::default())
        .expect_err("NaN")
        .to_string();
    let first = &tensors[2].name;
    assert!(error.contains("2 values that are not finite"), "{error}");
    assert!(error.contains(first.as_str()), "{error}");
    let allowed = LoadOptions {
        allow_nan: true,
        ..LoadOptions::default()
    };
    load(&tensors, allowed).expect("the user asked for it");
}

/// What the command line says of `content` as weights, and the exit code.
fn said_of(content: &[u8]) -> (String, i32) {
    let (_shown, said, code) = checked(content);
    (said, code)
}

/// As [`said_of`], with what it prints as its result.
fn checked(content: &[u8]) -> (String, String, i32) {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("w.pth"), content).expect("written");
    let output = Command::new(env!("CARGO_BIN_EXE_camtrail"))
        .current_dir(folder.path())
        .args(["weights", "check", "squeezenet1-0", "--weights", "w.pth"])
        .env_remove("CARGO")
        .output()
        .expect("the binary starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    let code = output.status.code().expect("it ends by itself");
    (text(output.stdout), text(output.stderr), code)
}

#[test]
fn the_command_line_says_in_a_line_what_is_wrong() {
    let html = said_of(b"<html><head><title>404 Not Found</title></head></html>");
    let expected = "error: \"w.pth\" is not a weight file: it begins with \"<html><head><title>404 Not \
                    Found</title></head></html>\"\nhint: give a .pth of a state dict or a \
                    .safetensors file; a page that a server sent in its place has to be downloaded \
                    again\n";
    assert_eq!(html, (expected.to_string(), 1));
    let whole = fs::read(fixture("zip.pth")).expect("a fixture");
    let (cut, code) = said_of(&whole[..whole.len() / 2]);
    assert!(
        cut.starts_with("error: the weights \"w.pth\" are damaged: "),
        "{cut}"
    );
    assert!(cut.contains("cut short") && code == 1, "{cut}");
    let (listed, other, code) = checked(&whole);
    let lines = |kind: &str| listed.lines().filter(|line| line.starts_with(kind)).count();
    assert_eq!(
        (lines("missing: "), lines("unexpected: ")),
        (52, 7),
        "{listed}"
    );
    assert!(
        listed.contains("\nmissing: features.12.expand3x3.weight\n"),
        "{listed}"
    );
    assert!(
        other.contains("0 of 52 tensors matched; 52 missing: "),
        "{other}"
    );
    assert!(other.contains("; 7 unexpected: \"brain\""), "{other}");
    assert!(other.contains("hint: ") && code == 1, "{other}");
    assert_eq!(other.lines().count(), 2, "{other}");
}
