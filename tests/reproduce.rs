//! `reproduce` says beforehand what it makes.

mod support;

use support::{done_in, new_folder, run_in};

#[test]
fn a_dry_run_lists_the_plan_and_writes_nothing() {
    let folder = new_folder("reproduce-dry");
    let plan = |more: &[&str]| {
        let arguments = [&["reproduce", "--only", "images", "--dry-run"], more].concat();
        done_in(&folder, &arguments).stdout
    };
    assert_eq!(
        plan(&["--quick"]),
        "train trial-a, seed 0: 6 of 6 epochs left\n\
         train trial-b, seed 0: 6 of 6 epochs left\n\
         train trial-c, seed 0: 6 of 6 epochs left\n\
         train trial-d, seed 0: 6 of 6 epochs left\n\
         draw the ablation, and measure accuracy\n\
         sanity checks of the maps of the first 100 test images, or all if there are fewer\n\
         scores of the maps of the first 500 test images, or all if there are fewer\n\
         localisation on the first 500 test images, or all if there are fewer\n\
         24 epochs of training left; how long they take is known after the first run on each data \
         set\n"
    );
    // Without the data, too.
    let whole = plan(&["--seeds", "3,4", "--set", "train.epochs=2"]);
    let first = "train trial-a+train.epochs=2, seeds 3, 4: 4 of 4 epochs left\n";
    assert!(whole.starts_with(first), "{whole}");
    assert!(
        whole.contains("scores of the maps of all test images\n"),
        "{whole}"
    );
    assert!(!folder.join("checkpoints").exists() && !folder.join("figures").exists());
    let refused = run_in(&folder, &["reproduce", "--quick", "--series", "plain"]);
    assert_eq!(refused.code, 2, "{}", refused.stderr);
}

/// What is done, how long the rest takes by what was done, and what was made.
#[test]
fn the_time_left_follows_from_the_runs_that_are_there() {
    let folder = new_folder("reproduce-time");
    let train = ["train", "trial-b", "--base", "shapes", "--name", "trial-b"];
    let few = [
        "--set",
        "train.epochs=1",
        "--set",
        "data.shapes.train_images=96",
    ];
    done_in(&folder, &[&train[..], &few].concat());
    let arguments = ["reproduce", "--quick", "--only", "images", "--dry-run"];
    let plan = done_in(&folder, &arguments).stdout;
    let lines: Vec<&str> = plan.lines().collect();
    assert!(
        lines[0].starts_with("train trial-a, seed 0: 6 of 6 epochs left, about "),
        "{plan}"
    );
    // Its only epoch is done; a resumed run would have five more.
    assert!(lines[1].starts_with("train trial-b, seed 0: "), "{plan}");
    assert!(
        lines.last().expect("a line").starts_with("about "),
        "{plan}"
    );
}
