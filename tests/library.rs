//! The example of the library, run on small trained runs.

mod support;
#[path = "support/train.rs"]
mod training;

#[allow(dead_code, reason = "its main is not called")]
#[path = "../examples/score_a_run.rs"]
mod score_a_run;

use support::new_folder;
use training::train;

#[test]
fn the_example_checks_scores_localises_explains_and_draws() {
    let folder = new_folder("library-example");
    let images = [
        "model.filters=[4,8]",
        "data.shapes.train_images=48",
        "data.shapes.validation_images=24",
        "data.shapes.test_images=24",
        "train.batch_size=24",
        "train.epochs=1",
    ];
    train(&folder, "trial-b", "shapes", &images);
    let clips = [
        "forecast.hidden=[4]",
        "clips.train_clips=8",
        "clips.validation_clips=4",
        "clips.test_clips=8",
        "train.batch_size=4",
        "train.epochs=1",
    ];
    train(&folder, "convlstm", "digits", &clips);
    let out = folder.join("figures");
    score_a_run::score_a_run(&folder.join("checkpoints"), &out).expect("measured and drawn");
    for file in [
        "sanity/verdicts.csv",
        "sanity/sanity-trial-b-seed-0.png",
        "scores/score-table.csv",
        "scores/score-depth.png",
        "localization/localization-summary.csv",
        "localization/iou-box-by-delta.png",
        "convlstm-seed-0/sequence.json",
    ] {
        assert!(out.join(file).is_file(), "no {file}");
    }
}
