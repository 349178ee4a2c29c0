//! `stability` from the command line, and what the other verbs show of several seeds.

mod support;
#[path = "support/trained.rs"]
mod trained_run;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use camtrail::run::{
    CascadeSeedsRow, DepthSeedsRow, ScoreSummary, StabilityPictures, StabilityRow,
    StabilitySummaryRow, TableRow,
};
use support::{done_in, run_in};
use trained_run::{train, trained};

/// Rounding of sums of a few terms in double precision.
const ROUNDING: f64 = 1e-9;
/// The tables and figures.
const FOLDER: &str = "figures/shapes/stability";

/// A folder with the seeds 0 and 1 of a small trial, compared once for all tests, and the output.
fn compared() -> &'static (PathBuf, String) {
    static COMPARED: OnceLock<(PathBuf, String)> = OnceLock::new();
    COMPARED.get_or_init(|| {
        let folder = trained("stability");
        train(&folder, "1");
        let with = |more: &[&str]| {
            let mut arguments = vec!["stability", "trial-b", "--base", "shapes", "--limit", "7"];
            arguments.extend(more);
            done_in(&folder, &arguments).stdout
        };
        let shown = with(&["--pictures", "2", "--methods", "grad-cam,grad-cam-pp"]);
        (folder, shown)
    })
}

fn file(name: &str) -> PathBuf {
    compared().0.join(FOLDER).join(name)
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let values: Vec<f64> = values.collect();
    values.iter().sum::<f64>() / values.len() as f64
}

#[test]
fn means_are_those_of_the_pictures_and_every_map_explains_the_true_class() {
    let rows = StabilityRow::read(&file(StabilityRow::FILE)).expect("written");
    let summary = StabilitySummaryRow::read(&file(StabilitySummaryRow::FILE)).expect("written");
    assert_eq!((rows.len(), summary.len()), (2 * 7, 2));
    for found in &summary {
        let own: Vec<_> = rows
            .iter()
            .filter(|row| row.method == found.method)
            .collect();
        assert_eq!(
            (found.seeds.as_str(), found.pictures, found.maps),
            ("0 1", 7, 14)
        );
        assert_eq!(
            (found.layer.as_str(), found.target.as_str()),
            ("block-2", "true")
        );
        assert!((found.agreed_by_chance - 0.5).abs() < ROUNDING);
        assert!((found.agreed - mean(own.iter().map(|row| row.agreed))).abs() < ROUNDING);
        let between = mean(own.iter().filter_map(|row| row.between_seeds));
        let stated = found.between_seeds.expect("defined");
        assert!(
            (stated - between).abs() < ROUNDING,
            "{stated} and {between}"
        );
        assert!(
            own.iter().all(|row| row.between_experiments.is_none()),
            "one experiment"
        );
    }
    assert_eq!([true, false], [summary[0].signed, summary[1].signed]);
}

/// What all seeds share, computed again from the stored maps of the seeds.
#[test]
fn the_stored_maps_give_the_stated_mean_spread_and_signs() {
    let pictures = StabilityPictures::read_if_present(&compared().0.join(FOLDER));
    let pictures = pictures.expect("read").expect("written");
    assert_eq!((pictures.set.images.len(), pictures.panels.len()), (2, 4));
    let values = |name: &str| pictures.set.arrays[name].values.clone();
    for panel in &pictures.panels {
        let [a, b] = [0, 1].map(|seed| values(&panel.seeds[seed].map));
        let largest = |map: &[f32]| map.iter().fold(0.0_f32, |most, v| most.max(v.abs()));
        assert_eq!([largest(&a), largest(&b)], [1.0, 1.0], "scaled");
        let (means, spreads) = (values(&panel.mean), values(&panel.spread));
        let signs = values(&panel.agreed);
        let mut same = 0;
        for cell in 0..a.len() {
            assert!((means[cell] - (a[cell] + b[cell]) / 2.0).abs() < 1e-6);
            // Of two values: their distance over the square root of 2.
            let spread = (a[cell] - b[cell]).abs() / 2.0_f32.sqrt();
            assert!((spreads[cell] - spread).abs() < 1e-6);
            let shared = a[cell] * b[cell] > 0.0;
            assert_eq!(signs[cell], if shared { a[cell].signum() } else { 0.0 });
            same += usize::from(shared);
        }
        let share = same as f64 / a.len() as f64;
        assert!((panel.agreed_share - share).abs() < ROUNDING);
    }
}

#[test]
fn the_baselines_are_printed_beside_the_finding() {
    let (_, shown) = compared();
    for part in [
        "same sign %",
        "by chance %",
        "between seeds",
        "7 test images (generated) of shapes; every map explains the true class",
        "*: maps of this method are never negative",
        "stability-trial-b-block-2-grad-cam.png",
    ] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
}

#[test]
fn the_figure_comes_back_from_disk_alone() {
    let (folder, _) = compared();
    let out = folder.join("again");
    done_in(folder, &["draw", FOLDER, "--out", "again"]);
    for method in ["grad-cam", "grad-cam-pp"] {
        let name = format!("stability-trial-b-block-2-{method}.svg");
        let read = |folder: &Path| fs::read(folder.join(&name)).expect("drawn");
        assert_eq!(read(&out), read(&folder.join(FOLDER)), "{name}");
    }
}

#[test]
fn one_seed_a_baseline_and_the_predicted_class_are_refused() {
    let (folder, _) = compared();
    for (more, code, message, hint) in [
        (
            ["--seeds", "1"],
            1,
            "trial-b has one seed to compare, 1: it takes two or more",
            "--out refused --seeds 0,1",
        ),
        (
            ["--methods", "grad-cam,edges"],
            2,
            "edges is a baseline, which ignores the network",
            "name methods, such as --methods grad-cam",
        ),
        (
            ["--class", "predicted"],
            2,
            "the predicted class may differ between seeds",
            "take --class true, or name a class",
        ),
        (
            ["--methods", "cam"],
            2,
            "none of these methods can explain any of the layers",
            "measure trial-d-gap",
        ),
    ] {
        let arguments = [
            "stability",
            "trial-b",
            "--base",
            "shapes",
            "--out",
            "refused",
        ];
        let shown = run_in(folder, &[&arguments[..], &more].concat());
        assert_eq!((shown.code, shown.stdout.as_str()), (code, ""), "{more:?}");
        for part in [message, hint] {
            assert!(shown.stderr.contains(part), "{part} in {}", shown.stderr);
        }
        assert!(!folder.join("refused").exists(), "{more:?} leaves nothing");
    }
}

/// Two seeds: the interval of the mean is 12.7062 times half their distance on each side.
#[test]
fn ablate_score_and_sanity_state_the_interval_over_seeds() {
    let (folder, _) = compared();
    let shapes = ["trial-b", "--base", "shapes"];
    let shown = done_in(
        folder,
        &[&["ablate"], &shapes[..], &["--images", "1"]].concat(),
    );
    assert!(
        shown
            .stdout
            .contains("mean and 95 % t-interval over 2 seeds")
    );
    let rows = DepthSeedsRow::read(&folder.join("figures/shapes/depth-seeds.csv"));
    for row in rows.expect("written") {
        let [a, b] = row.accuracies.0[..] else {
            panic!("two seeds")
        };
        let high = (a + b) / 2.0 + 12.7062 * (a - b).abs() / 2.0;
        assert!((row.high.expect("two seeds") - high).abs() < ROUNDING);
    }
    let shown = done_in(
        folder,
        &[&["score"], &shapes[..], &["--limit", "6"]].concat(),
    );
    assert!(shown.stdout.contains("\n  over seeds "), "{}", shown.stdout);
    let rows = ScoreSummary::read(&folder.join("figures/shapes/scores/score-table.csv"));
    assert!(
        rows.expect("written")
            .iter()
            .all(|row| row.seed_means.0.len() == 2)
    );
    let sanity = ["sanity", "trial-b", "--base", "shapes", "--limit", "4"];
    done_in(
        folder,
        &[&sanity[..], &["--draws", "1", "--pictures", "1"]].concat(),
    );
    let folder = folder.join("figures/shapes/sanity");
    assert!(folder.join("sanity-trial-b-seeds.png").is_file());
    let rows = CascadeSeedsRow::read(&folder.join(CascadeSeedsRow::FILE)).expect("written");
    assert!(!rows.is_empty() && rows.iter().all(|row| row.seeds == "0 1"));
}
