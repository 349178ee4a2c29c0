//! `sanity` from the command line to its tables and figures, on a network that was trained for
//! seconds.

mod support;
#[path = "support/trained.rs"]
mod trained_run;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use camtrail::explain::{Baseline, Method, Needs};
use camtrail::run::{SanityTables, TableRow, Verdict, VerdictRow, verdict_of};
use support::{done_in, run_in};
use trained_run::trained;

/// Layers of the network from the logits downwards.
const CASCADE: [&str; 4] = ["none", "dense", "block-2", "block-1"];
/// Rounding of a correlation of a thousand ranks in double precision.
const ROUNDING: f64 = 1e-9;

/// What the checks said and where they wrote, made once for all tests.
fn checked() -> &'static (PathBuf, String) {
    static CHECKED: OnceLock<(PathBuf, String)> = OnceLock::new();
    CHECKED.get_or_init(|| {
        let folder = trained("sanity-trained");
        let mut arguments = vec!["sanity", "trial-b", "--base", "shapes", "--retrain-head"];
        arguments.extend(["--limit", "30", "--draws", "2", "--pictures", "2"]);
        let shown = done_in(&folder, &arguments);
        (folder, shown.stdout)
    })
}

fn tables(folder: &Path) -> SanityTables {
    SanityTables::read(&folder.join("figures/shapes/sanity")).expect("written")
}

#[test]
fn nothing_drawn_changes_nothing_and_baselines_never_change() {
    let (folder, _) = checked();
    let rows = tables(folder).cascade;
    for row in &rows {
        assert_eq!(row.down_to, CASCADE[row.stage]);
        assert_eq!((row.images, row.draws, row.generated), (30, 2, true));
        let mean = row.mean.unwrap_or(f64::NAN);
        if row.stage == 0 {
            assert!(
                row.mean.is_none() || (mean - 1.0).abs() < ROUNDING,
                "{row:?}"
            );
        }
        if row.baseline {
            assert!(
                (mean - 1.0).abs() < ROUNDING && row.undefined == 0,
                "{row:?}"
            );
        } else if row.stage == 3 {
            assert!(row.mean.is_none() || mean < 0.999, "{row:?}");
        }
    }
    // Two blocks and the dense layer make four stages of every method and baseline.
    let count = |method: &str| rows.iter().filter(|row| row.method == method).count();
    for method in [
        "cam",
        "grad-cam",
        "grad-cam-pp",
        "random",
        "gaussian",
        "edges",
    ] {
        assert_eq!(count(method), 4, "{method}");
    }
    assert!(
        rows.iter().all(|row| row.layer == "block-2"),
        "16 x 16 cells: one layer is both"
    );
}

/// The retrained head goes where the dense layer goes: CAM above it stays, as nothing else did.
#[test]
fn a_retrained_head_is_drawn_with_the_logits() {
    let (folder, stdout) = checked();
    let rows = tables(folder).cascade;
    let cam = |stage| {
        rows.iter()
            .find(|row| row.method == "cam" && row.stage == stage)
    };
    let dense = cam(1).expect("a row");
    assert!(dense.mean.is_none_or(|mean| mean < 0.999), "{dense:?}");
    let head = dense.head_accuracy.expect("CAM reads a retrained head");
    assert!((0.0..=1.0).contains(&head) && dense.network_accuracy.is_some());
    let others = rows.iter().filter(|row| row.method != "cam");
    assert_eq!(others.filter(|row| row.head_accuracy.is_some()).count(), 0);
    assert!(stdout.contains("cam (retrained head, "), "{stdout}");
}

#[test]
fn what_never_looks_at_the_network_fails_and_every_verdict_can_be_read() {
    let (folder, stdout) = checked();
    let verdicts = VerdictRow::read_if_present(&folder.join("figures/shapes/sanity/verdicts.csv"))
        .expect("written");
    let weights = &verdicts[0].weights;
    for baseline in ["random", "gaussian", "edges"] {
        let row = verdict_of(&verdicts, weights, ("block-2", baseline)).expect("a verdict");
        assert_eq!(row.verdict, Verdict::Fail, "{row:?}");
        assert!(row.reason.starts_with("rank correlation 1.00"), "{row:?}");
    }
    assert!(
        stdout.contains("the baselines fail, as maps that never look"),
        "{stdout}"
    );
    assert_eq!(
        verdict_of(&verdicts, "other weights", ("block-2", "edges")),
        None
    );
    let classes = tables(folder).classes;
    let edges = classes.iter().filter(|row| row.method == "edges");
    for row in edges {
        assert_eq!((row.difference, row.undefined), (Some(0.0), 0), "{row:?}");
    }
    let others: Vec<_> = classes
        .iter()
        .filter(|row| row.method == "grad-cam-pp")
        .collect();
    assert_eq!(
        [&others[0].other, &others[1].other],
        ["runner-up", "least-likely"]
    );
    assert!(
        others.iter().all(|row| row.difference > Some(0.0)),
        "{others:?}"
    );
}

#[test]
fn the_sum_that_must_come_out_does() {
    let (folder, stdout) = checked();
    let identities = tables(folder).identities;
    let [row] = &identities[..] else {
        panic!("a flattened head has one identity: {identities:?}")
    };
    assert_eq!(
        (row.method.as_str(), row.layer.as_str(), row.images),
        ("hires-cam", "block-2", 30)
    );
    assert!(row.holds && row.deviation < 1e-4, "{row:?}");
    assert!(
        stdout.contains("sum over the HiResCAM = logit - bias holds"),
        "{stdout}"
    );
}

#[test]
fn the_figures_are_drawn_and_the_first_column_is_the_trained_network() {
    let (folder, stdout) = checked();
    let out = folder.join("figures/shapes/sanity");
    for name in [
        "sanity-trial-b-seed-0.png",
        "sanity-pictures-trial-b-seed-0-block-2.png",
    ] {
        assert!(
            out.join(name).metadata().expect("drawn").len() > 10_000,
            "{name}"
        );
        assert!(stdout.contains(name), "{stdout}");
    }
    let text = fs::read_to_string(out.join("maps/trial-b-seed-0-block-2/cascade.json"));
    let panels: serde_json::Value = serde_json::from_str(&text.expect("written")).expect("JSON");
    let panels = panels.as_array().expect("a list");
    // Two pictures, every method that asks no questions and every baseline, four stages.
    let asks_none = |method: &&Method| method.needs() != Needs::Questions;
    let sources = Method::all().iter().filter(asks_none).count() + Baseline::ALL.len();
    assert_eq!(panels.len(), 2 * sources * 4);
    for panel in panels
        .iter()
        .filter(|panel| panel["stage"] == 0 && panel["empty"] == false)
    {
        let same = panel["correlation"].as_f64().expect("a number");
        assert!((same - 1.0).abs() < ROUNDING, "{panel}");
    }
}

#[test]
fn a_second_run_adds_to_the_tables_and_bad_names_are_refused() {
    let (trained, _) = checked();
    // A folder of its own: the other tests read theirs at the same time.
    let (out, trial) = (
        "again",
        ["sanity", "trial-b", "--base", "shapes", "--limit", "26"],
    );
    let again = |methods: &str| {
        let more = [
            "--methods",
            methods,
            "--out",
            out,
            "--draws",
            "1",
            "--pictures",
            "1",
        ];
        done_in(trained, &[&trial[..], &more[..]].concat());
        let tables = SanityTables::read(&trained.join(out)).expect("written");
        let verdicts = tables.verdicts.into_iter().map(|row| row.method);
        verdicts.collect::<Vec<_>>()
    };
    assert_eq!(again("edges,grad-cam"), ["edges", "grad-cam"]);
    assert_eq!(again("edges"), ["grad-cam", "edges"]);
    let unknown = run_in(trained, &[&trial[..], &["--methods", "grad-cm"]].concat());
    assert_eq!(unknown.code, 2);
    assert!(
        unknown.stderr.contains("hint: did you mean \"grad-cam\"?"),
        "{}",
        unknown.stderr
    );
}

/// Another folder with the same runs and a verdict of the test's own, for these weights and for
/// others.
#[test]
fn a_method_that_failed_is_marked_where_it_is_used() {
    let (trained, _) = checked();
    let place = tempfile::tempdir().expect("a temporary folder");
    let runs = trained.join("checkpoints");
    let explain = || {
        let mut arguments = vec![
            "explain",
            "trial-b",
            "--base",
            "shapes",
            "--test-index",
            "0",
        ];
        arguments.extend([
            "--layer",
            "block-2",
            "--runs",
            runs.to_str().expect("UTF-8"),
        ]);
        done_in(place.path(), &arguments).stdout
    };
    assert!(
        !explain().contains("fails sanity"),
        "nothing was checked here"
    );
    let mut tables = tables(trained);
    for row in &mut tables.verdicts {
        row.verdict = match row.method.as_str() {
            "grad-cam" => Verdict::Fail,
            _ => Verdict::Pass,
        };
    }
    let folder = place.path().join("figures/shapes/sanity");
    tables.write(&folder).expect("written");
    let stdout = explain();
    assert!(stdout.contains("grad-cam (fails sanity)"), "{stdout}");
    assert_eq!(stdout.matches("fails sanity").count(), 1, "{stdout}");
    for row in &mut tables.verdicts {
        row.weights = "of another training".into();
    }
    tables.write(&folder).expect("written");
    assert!(
        !explain().contains("fails sanity"),
        "a verdict is on weights"
    );
}
