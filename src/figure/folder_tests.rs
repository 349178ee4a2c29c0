//! What is drawn of a folder, what of an older one, and what stops it.

use std::fs;

use super::samples::Sample;
use super::*;
use crate::run::{DrawnAs, ExplanationSet, MAPS_JSON, Output};

/// Returns the names of the files that are drawn of `folder`.
fn drawn(folder: &Path) -> Vec<String> {
    let files = draw_folder(folder, &|| false).expect("drawn");
    let names = files.iter().map(|file| {
        let name = file.strip_prefix(folder).expect("in the folder");
        name.display().to_string()
    });
    names.collect()
}

/// One picture and one map, drawn as `figures`.
fn set(figures: &[&str]) -> ExplanationSet {
    let sample = Sample {
        images: 1,
        trials: 1,
        ..Sample::default()
    };
    ExplanationSet {
        drawn_as: DrawnAs {
            figures: figures.iter().map(|name| name.to_string()).collect(),
            ..DrawnAs::default()
        },
        ..sample.set()
    }
}

#[test]
fn maps_are_drawn_as_their_folder_states() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path();
    assert!(drawn(folder).is_empty() && !inputs().is_empty());
    set(&["explain"]).write(folder).expect("written");
    assert_eq!(drawn(folder), ["explain.png", "explain.svg"]);
    set(&["explain", "panels"]).write(folder).expect("written");
    assert_eq!(drawn(folder).len(), 6);

    // Of both layers of an ablation, from the folder above; nothing of its own.
    let maps = folder.join("maps");
    set(&["ablation"]).write(&maps).expect("written");
    fs::remove_file(folder.join(MAPS_JSON)).expect("removed");
    let png = |name: &String| name.ends_with(".png");
    let pages: Vec<String> = drawn(folder).into_iter().filter(png).collect();
    assert_eq!(pages, ["ablation-grad-cam-seed-0.png"]);
    assert!(drawn(&maps).is_empty());
}

#[test]
fn folders_of_older_versions_are_drawn_by_their_place() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let explained = root.path().join("trial-a-seed-0");
    set(&[]).write(&explained).expect("written");
    assert_eq!(drawn(&explained), ["explain.png", "explain.svg"]);
    fs::create_dir(explained.join("panels")).expect("created");
    assert_eq!(drawn(&explained).len(), 6);
    let maps = root.path().join("maps");
    set(&[]).write(&maps).expect("written");
    assert!(drawn(&maps).is_empty());
    assert_eq!(drawn(root.path()).len(), 2, "a figure of both layers");
}

#[test]
fn a_figure_that_cannot_be_drawn_is_named_with_its_folder_and_a_signal_is_obeyed() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let mut bad = set(&["explain"]);
    bad.records[0].image = "elsewhere".into();
    bad.write(&root.path().join("a/b")).expect("written");
    let mut files = Vec::new();
    let mut draw = |stop: &dyn Fn() -> bool| {
        let mut drawn = |file: &Path| files.push(file.to_path_buf());
        let result = draw_below(root.path(), root.path(), stop, &mut drawn);
        result.expect_err("not drawn").to_string()
    };
    let error = draw(&|| false);
    assert!(
        error.contains("\"explain\"") && error.contains("a/b"),
        "{error}"
    );
    set(&["explain"])
        .write(&root.path().join("a/b"))
        .expect("written");
    assert!(draw(&|| true).contains("stopped"));
    assert!(files.is_empty());
}

#[test]
fn a_folder_that_is_drawn_is_held_and_may_be_spelled_in_two_ways() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let folder = root.path().join("explained");
    set(&["explain"]).write(&folder).expect("written");
    let draw = |into: &Path| draw_below(&folder, into, &|| false, &mut |_| {});
    draw(&root.path().join("explained/../explained")).expect("drawn");
    let elsewhere = root.path().join("elsewhere");
    draw(&elsewhere).expect("drawn");
    let (held, _) = Output::open(&folder).expect("free");
    for into in [&folder, &elsewhere] {
        let error = draw(into).expect_err("held").to_string();
        assert!(error.contains("is in use by process"), "{error}");
    }
    drop(held);
    draw(&folder).expect("free again");
}
