//! Runs that are exported to be shared, and used where there is no run of one's own.

mod support;
#[path = "support/trained.rs"]
mod trained_run;

use std::fs;
use std::path::{Path, PathBuf};

use support::binary::run_with_published;
use support::{done_in, new_folder, run_in};
use trained_run::trained;

/// A picture, 40 x 30 pixels of one colour.
fn picture(folder: &Path) {
    let picture = image::RgbImage::from_pixel(40, 30, image::Rgb([200, 40, 90]));
    picture.save(folder.join("a.png")).expect("written");
}

/// Returns the file of the weights of the shared run below `folder`.
fn weights(folder: &Path) -> PathBuf {
    let run = folder.join("shared/shapes/trial-b/seed-0");
    let files = fs::read_dir(run).expect("a run").flatten();
    let found: Vec<PathBuf> = files
        .map(|entry| entry.path().join("model.safetensors"))
        .filter(|path| path.is_file())
        .collect();
    assert_eq!(found.len(), 1, "{found:?}");
    found[0].clone()
}

#[test]
fn a_shared_run_explains_where_there_is_no_run_of_ones_own() {
    let from = trained("shared-from");
    let export = ["export", "trial-b", "--base", "shapes", "--format", "run"];
    let shared = [&export[..], &["--half", "--out", "shared"]].concat();
    let place = done_in(&from, &shared).stdout;
    assert_eq!(place.trim(), "shared/shapes/trial-b/seed-0");
    assert!(weights(&from).is_file());
    let again = run_in(&from, &shared);
    assert_eq!(again.code, 1);
    assert!(
        again.stderr.contains("is there already"),
        "{}",
        again.stderr
    );

    let folder = new_folder("shared-to");
    picture(&folder);
    let explain = ["explain", "trial-b", "--image", "a.png", "--device", "cpu"];
    let without = run_in(&folder, &explain);
    assert_eq!(without.code, 1, "{}", without.stdout);
    let published = from.join("shared");
    let with = run_with_published(&folder, &published, &explain);
    assert_eq!(with.code, 0, "{}", with.stderr);
    let note = "there is no trial-b of your own; this is the published one: trained on shapes, \
                validation accuracy ";
    assert!(with.stderr.contains(note), "{}", with.stderr);
    assert!(
        folder
            .join("figures/explain/trial-b-seed-0/explain.png")
            .is_file()
    );
    let other = run_with_published(
        &folder,
        &published,
        &[&explain[..], &["--seed", "1"]].concat(),
    );
    assert_eq!(other.code, 1, "{}", other.stdout);

    // One's own comes first, and its maps differ by the rounding of 16-bit weights alone.
    let own = [&explain[..], &["--base", "shapes"]].concat();
    picture(&from);
    let own = run_with_published(&from, &published, &own);
    assert!(!own.stderr.contains("published"), "{}", own.stderr);
    let rows = |stdout: &str| stdout.lines().filter(|line| line.contains("a.png")).count();
    assert_eq!(rows(&own.stdout), rows(&with.stdout));
}

#[test]
fn only_the_best_checkpoint_is_shared_and_into_a_named_folder() {
    let folder = trained("shared-misuse");
    let export = ["export", "trial-b", "--base", "shapes", "--format", "run"];
    for (more, said) in [
        (
            &["--out", "shared", "--checkpoint", "0"][..],
            "has its best checkpoint",
        ),
        (&[][..], "no folder is named"),
    ] {
        let shown = run_in(&folder, &[&export[..], more].concat());
        assert_eq!(shown.code, 2, "{}", shown.stderr);
        assert!(shown.stderr.contains(said), "{}", shown.stderr);
    }
    assert!(!folder.join("shared").exists());
}

#[test]
fn a_damaged_shared_run_is_named() {
    let from = trained("shared-damaged");
    let export = ["export", "trial-b", "--base", "shapes", "--format", "run"];
    done_in(&from, &[&export[..], &["--out", "shared"]].concat());
    let weights = weights(&from);
    let mut content = fs::read(&weights).expect("there");
    let last = content.len() - 1;
    content[last] ^= 1;
    fs::write(&weights, content).expect("written");
    picture(&from);
    let explain = ["--runs", "none", "explain", "trial-b", "--image", "a.png"];
    let shown = run_with_published(&from, &from.join("shared"), &explain);
    assert_eq!(shown.code, 1, "{}", shown.stdout);
    assert!(
        shown.stderr.contains("model.safetensors"),
        "{}",
        shown.stderr
    );
}
