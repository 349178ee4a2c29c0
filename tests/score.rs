//! `camtrail score` on small trained networks: its tables against the library and against each
//! other, and its answers to what is asked wrongly.

#[path = "support/binary.rs"]
mod binary;
#[path = "support/printed.rs"]
mod printed;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};
use camtrail::data::{DataSearch, load, pixels_01};
use camtrail::experiment::load_saved;
use camtrail::explain::{
    ExplainRequest, Method, Plane, Standardisation, TargetSpec, confidences_on_explanations,
    explain,
};
use camtrail::model::{PlainCnn, load_network};
use camtrail::run::{
    CheckpointName, LayerPlace, RunDir, ScorePair, ScoreRow, ScoreSummary, TableRow,
};
use printed::printed_in;

/// Images of the test split.
const IMAGES: usize = 24;
/// Grad-CAM, Grad-CAM++ and the three baselines.
const SOURCES: [&str; 5] = ["grad-cam", "grad-cam-pp", "random", "gaussian", "edges"];
/// Metrics, insertion and deletion included.
const METRICS: usize = 6;
/// Rounding of means of a few dozen float64 values in percent.
const ROUNDING: f64 = 1e-9;
/// The 97.5 % quantile of Student's t with one degree of freedom.
const T_OF_TWO: f64 = 12.7062;
/// Float32 forwards of batches of another size, in shares of 0 to 1.
const FORWARD: f64 = 1e-5;

/// A folder with two seeds of a small `trial-b` and one of a small `trial-d-gap`, and with their
/// scores, made once for all tests.
fn scored() -> &'static Path {
    static SCORED: OnceLock<PathBuf> = OnceLock::new();
    SCORED.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("score-trained");
        // What an earlier run of the tests left.
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("created");
        for (trial, filters, seeds) in [
            ("trial-b", "[4, 8]", "0,1"),
            ("trial-d-gap", "[4, 4, 8, 8]", "0"),
        ] {
            let filters = format!("model.filters={filters}");
            let mut arguments = vec![
                "train", trial, "--base", "shapes", "--name", trial, "--seeds", seeds,
            ];
            for change in [
                filters.as_str(),
                "data.shapes.train_images=48",
                "data.shapes.validation_images=24",
                "data.shapes.test_images=24",
                "train.batch_size=24",
                "train.epochs=1",
            ] {
                arguments.extend(["--set", change]);
            }
            let shown = printed_in(&folder, &arguments);
            assert!(shown.starts_with("exit code 0\n"), "{shown}");
        }
        let curves = ["--insertion-deletion", "--steps", "3"];
        let methods = ["--methods", "grad-cam,grad-cam-pp,random,gaussian,edges"];
        let shown = score_into(
            &folder,
            "seeds",
            &[&["trial-b"], &methods[..], &curves].concat(),
        );
        assert!(shown.starts_with("exit code 0\n"), "{shown}");
        fs::write(folder.join("seeds.txt"), shown).expect("written");
        folder
    })
}

fn score_into(folder: &Path, out: &str, more: &[&str]) -> String {
    let arguments = ["score", "--base", "shapes", "--out", out];
    printed_in(folder, &[&arguments[..], more].concat())
}

fn score(out: &str, more: &[&str]) -> String {
    score_into(scored(), out, more)
}

/// One map's values by the metrics, which stand after the columns of [`ScoreRow`].
#[derive(Debug, Clone, serde::Deserialize)]
struct Values {
    drop: f64,
    area: f64,
    increase: bool,
    gain: f64,
    insertion: Option<f64>,
    deletion: Option<f64>,
}

/// A row of `scores.csv` with all its columns.
struct MapRow {
    row: ScoreRow,
    values: Values,
}

impl std::ops::Deref for MapRow {
    type Target = ScoreRow;

    fn deref(&self) -> &ScoreRow {
        &self.row
    }
}

fn map_rows(path: &Path) -> Vec<MapRow> {
    let rows = ScoreRow::read(path).expect("rows");
    let mut reader = csv::Reader::from_path(path).expect("a table");
    let values = reader.deserialize().map(|values| values.expect("values"));
    let pairs = rows.into_iter().zip(values);
    pairs.map(|(row, values)| MapRow { row, values }).collect()
}

/// The three tables in the folder `out`.
fn tables(out: &str) -> (Vec<MapRow>, Vec<ScoreSummary>, Vec<ScorePair>) {
    let folder = scored().join(out);
    (
        map_rows(&folder.join(ScoreRow::FILE)),
        ScoreSummary::read(&folder.join(ScoreSummary::FILE)).expect("means"),
        ScorePair::read(&folder.join(ScorePair::FILE)).expect("pairs"),
    )
}

/// Each image's mean over the two seeds of what `value` makes of a row.
fn over_seeds(rows: &[MapRow], method: &str, value: impl Fn(&MapRow) -> f64) -> Vec<f64> {
    let of = |seed| {
        rows.iter()
            .filter(move |row| row.method == method && row.seed == seed)
    };
    let pairs = of(0).zip(of(1));
    let means = pairs.map(|(a, b)| {
        assert_eq!(a.image, b.image);
        (value(a) + value(b)) / 2.0
    });
    means.collect()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

#[track_caller]
fn close(a: f64, b: f64, tolerance: f64) {
    assert!((a - b).abs() <= tolerance, "{a} and {b}");
}

#[test]
fn a_row_is_what_the_library_says_of_its_map() {
    let run = RunDir::new(&scored().join("checkpoints/shapes"), "trial-b", 1);
    let path = run.experiment();
    let text = fs::read_to_string(&path).expect("the saved experiment");
    let saved: camtrail::experiment::Resolved =
        load_saved(&path, "trial-b", &text).expect("resolved");
    let experiment = &saved.experiment;
    let data = load(&experiment.data_options(), &DataSearch { flag: None }).expect("generated");
    let device = Device::flex();
    let side = (32, 32);
    let fresh = PlainCnn::new(&experiment.model, side, data.test.classes(), 0, &device);
    let (rows, ..) = tables("seeds");
    let row = |image: &str| {
        let ours =
            |row: &&MapRow| row.seed == 1 && row.image == image && row.method == "grad-cam-pp";
        rows.iter().find(ours).expect("a row of the image")
    };
    let epoch = CheckpointName::epoch(row("shapes/test/0").epoch);
    let loaded = load_network(
        &run,
        epoch,
        fresh,
        &experiment.architecture(data.test.classes()),
    );
    let network = loaded.expect("the checkpoint").network.valid();

    let standardisation = Standardisation {
        mean: &data.normalisation.mean,
        std: &data.normalisation.std,
    };
    for index in [0, 7, IMAGES - 1] {
        let pixels = TensorData::new(pixels_01(&data.test, index), [1, 3, 32, 32]);
        let pixels = Tensor::<4>::from_data(pixels, &device);
        let request = ExplainRequest {
            layers: vec!["block-2".into()],
            methods: vec![Method::parse("grad-cam-pp").expect("listed")],
            target: TargetSpec::predicted(),
        };
        let explained = explain(&network, standardisation.apply(pixels.clone()), &request);
        let explained = &explained.expect("explainable")[0];
        let map = &explained.saliency.normalised;
        let on_map = confidences_on_explanations(
            &network,
            pixels,
            Plane::to_batch(&[map], &device),
            &[explained.target_class],
            standardisation,
        );
        let (y, o) = (
            f64::from(explained.confidence),
            f64::from(on_map.expect("a known class")[0]),
        );
        let row = row(&data.test.id(index));
        assert_eq!(
            row.target_class,
            data.test.class_names()[explained.target_class]
        );
        assert_eq!(
            row.correct,
            Some(explained.predicted_class == data.test.label(index))
        );
        assert_eq!([row.native_height, row.native_width], [16, 16]);
        close(row.confidence, y, FORWARD);
        close(row.explanation_confidence, o, FORWARD);
        close(row.values.drop, (y - o).max(0.0) / y, FORWARD / y);
        close(
            row.values.gain,
            (o - y).max(0.0) / (1.0 - y),
            FORWARD / (1.0 - y),
        );
        let area = map.values().iter().map(|v| f64::from(*v)).sum::<f64>() / 1024.0;
        close(row.values.area, area, FORWARD);
        assert!(row.generated && row.split == "test" && row.layer == "block-2");
    }
}

#[test]
fn means_are_those_of_the_rows_and_lie_in_their_intervals() {
    let (rows, means, _) = tables("seeds");
    assert_eq!(rows.len(), 2 * IMAGES * SOURCES.len());
    assert_eq!(means.len(), SOURCES.len() * METRICS);
    for summary in &means {
        let share = |row: &MapRow| match summary.metric.as_str() {
            "average-drop" => 100.0 * row.values.drop,
            "mean-area" => 100.0 * row.values.area,
            "increase" => 100.0 * f64::from(u8::from(row.values.increase)),
            "average-gain" => 100.0 * row.values.gain,
            "insertion" => row.values.insertion.expect("measured"),
            "deletion" => row.values.deletion.expect("measured"),
            other => panic!("no column of {other}"),
        };
        let values = over_seeds(&rows, &summary.method, share);
        assert_eq!((values.len(), summary.images), (IMAGES, IMAGES));
        close(summary.mean, mean(&values), ROUNDING);
        assert!(summary.low <= summary.mean && summary.mean <= summary.high);
        // Every map has a score, so the mean over images and seeds is that of the seeds' means.
        let of_seeds = &summary.seed_means.0;
        assert_eq!(of_seeds.len(), 2);
        close(mean(of_seeds), summary.mean, ROUNDING);
        let half = T_OF_TWO * (of_seeds[0] - of_seeds[1]).abs() / 2.0;
        close(
            summary.seeds_high.expect("two seeds"),
            summary.mean + half,
            ROUNDING,
        );
        close(
            summary.seeds_low.expect("two seeds"),
            summary.mean - half,
            ROUNDING,
        );
        assert_eq!((summary.seeds.as_str(), summary.maps), ("0 1", 2 * IMAGES));
        let of_method = rows.iter().filter(|row| row.method == summary.method);
        assert_eq!(summary.empty, of_method.filter(|row| row.empty).count());
        assert_eq!(
            summary.baseline,
            SOURCES[2..].contains(&summary.method.as_str())
        );
        assert_eq!(
            (summary.layer_place, summary.steps),
            (LayerPlace::Both, Some(3))
        );
    }
}

#[test]
fn pairs_are_counted_image_by_image_against_grad_cam() {
    let (rows, _, pairs) = tables("seeds");
    let compared: Vec<&str> = pairs.iter().map(|pair| pair.method.as_str()).collect();
    assert_eq!(compared, SOURCES[1..]);
    for pair in &pairs {
        assert_eq!(pair.over, "grad-cam");
        let confidence = |method: &str| {
            let ours = rows.iter().filter(|row| row.method == method);
            ours.map(|row| row.explanation_confidence)
                .collect::<Vec<_>>()
        };
        let (ours, theirs) = (confidence(&pair.method), confidence("grad-cam"));
        let count = |met: fn(&f64, &f64) -> bool| {
            let all = ours.iter().zip(&theirs);
            100.0 * all.filter(|(a, b)| met(a, b)).count() as f64 / ours.len() as f64
        };
        close(pair.win, count(|a, b| a > b), ROUNDING);
        close(pair.ties, count(|a, b| a == b), ROUNDING);
        let drops = |method| mean(&over_seeds(&rows, method, |row| 100.0 * row.values.drop));
        let difference = drops(&pair.method) - drops("grad-cam");
        close(pair.drop_difference, difference, ROUNDING);
        assert!(pair.drop_difference_low <= difference && difference <= pair.drop_difference_high);
    }
}

#[test]
fn the_table_says_what_its_numbers_are_and_lists_the_files() {
    scored();
    let shown = fs::read_to_string(scored().join("seeds.txt")).expect("shown");
    for part in [
        "trial-b, 2 blocks, seeds 0, 1: maps of 16 x 16 cells at block-2",
        "Average Drop %  Mean area %",
        "% Win over Grad-CAM",
        "centred Gaussian *",
        "shapes (generated data), all 24 images of the test split; maps of the class that the \
         network predicts",
        "95 % bootstrap interval over images",
        "areas under 3 steps",
        "mean colour",
        "seeds/scores.csv",
        "seeds/score-depth.png",
    ] {
        assert!(shown.contains(part), "no {part:?} in {shown}");
    }
    assert!(scored().join("seeds/score-depth.svg").exists());
}

#[test]
fn a_network_with_finer_and_coarser_maps_has_both_layers_and_cam_where_it_may() {
    let shown = score("gap", &["trial-d-gap", "--limit", "5", "--class", "true"]);
    assert!(shown.starts_with("exit code 0\n"), "{shown}");
    assert!(
        shown.contains("the first 5 images of the test split"),
        "{shown}"
    );
    let (rows, means, pairs) = tables("gap");
    let places = |place| {
        let of_drop = means
            .iter()
            .filter(move |row| row.layer_place == place && row.metric == "average-drop");
        let named = of_drop.map(|row| (row.layer.clone(), row.native_height, row.method.clone()));
        named.collect::<Vec<_>>()
    };
    let (fine, last) = (places(LayerPlace::FineCells), places(LayerPlace::LastBlock));
    assert!(
        fine.iter()
            .all(|(layer, cells, _)| layer == "block-3" && *cells == 8)
    );
    assert!(
        last.iter()
            .all(|(layer, cells, _)| layer == "block-4" && *cells == 4)
    );
    let has_cam = |found: &[(String, usize, String)]| found.iter().any(|(.., m)| m == "cam");
    assert!(has_cam(&last) && !has_cam(&fine), "{fine:?} {last:?}");
    assert!(
        rows.iter()
            .all(|row| row.values.insertion.is_none() && row.target_rule == "true")
    );
    assert_eq!(rows.len(), 5 * (fine.len() + last.len()));
    // On a pooled linear head CAM and Grad-CAM are the same map up to rounding.
    let cam = pairs
        .iter()
        .find(|pair| pair.method == "cam")
        .expect("a pair");
    close(cam.drop_difference, 0.0, 1e-2);
}

#[test]
fn the_same_command_writes_the_same_tables() {
    let again = ["trial-b", "--limit", "6", "--seeds", "1"];
    for out in ["first", "second"] {
        let shown = score(out, &again);
        assert!(shown.starts_with("exit code 0\n"), "{shown}");
    }
    for file in [
        ScoreRow::FILE,
        ScoreSummary::FILE,
        ScorePair::FILE,
        "score-depth.svg",
    ] {
        let read = |out: &str| fs::read(scored().join(out).join(file)).expect("a file");
        assert!(read("first") == read("second"), "{file} differs");
    }
}

#[test]
fn what_is_asked_wrongly_is_answered_with_a_way_out() {
    insta::assert_snapshot!(score("none", &["trial-a"]), @r#"
    exit code 1
    --- stderr
    error: no trained run of trial-a
    hint: camtrail train trial-a --base shapes
    "#);
    insta::assert_snapshot!(score("none", &["trial-b", "--seeds", "5"]), @r#"
    exit code 1
    --- stderr
    error: no trained run in "checkpoints/shapes/trial-b/seed-5"
    hint: there is one in "checkpoints/shapes/trial-b/seed-0": camtrail score --out none trial-b --base shapes --seeds 0; or train it: camtrail train trial-b --base shapes --seed 5
    "#);
    insta::assert_snapshot!(score("none", &["trial-b", "--methods", "cam"]), @r#"
    exit code 2
    --- stderr
    CAM is omitted: no measured layer has the head that it needs
    error: none of these methods can explain any of the layers
    hint: measure trial-d-gap, or use "grad-cam"
    "#);
    insta::assert_snapshot!(score("none", &["trial-b", "--split", "tset"]), @r#"
    exit code 2
    --- stderr
    error: no split is called "tset"
    hint: did you mean "test"? known: train, validation, test
    "#);
    insta::assert_snapshot!(score("none", &["trial-b", "--class", "rnig"]), @r#"
    exit code 2
    --- stderr
    error: no class is called "rnig"
    hint: did you mean "ring"? known: disc, ring, square, triangle, cross, tee, ell, zigzag, star, crescent, heart, arrow
    "#);
    insta::assert_snapshot!(score("none", &["trial-b", "--layers", "block-9"]), @r#"
    exit code 2
    --- stderr
    error: unknown layer "block-9"; known: "block-1", "pool-1", "block-2", "pool-2"
    hint: did you mean "block-2"?
    "#);
    insta::assert_snapshot!(score("none", &["trial-b", "--limit", "0"]), @r#"
    exit code 2
    --- stderr
    error: invalid value '0' for '--limit <N>': give a whole number of at least 1

    For more information, try '--help'.
    "#);
    let many = ["trial-b", "--insertion-deletion", "--steps", "2000"];
    insta::assert_snapshot!(score("none", &many), @r#"
    exit code 2
    --- stderr
    error: 2000 steps for 1024 pixels
    hint: a step changes at least one pixel
    "#);
    let alone = score("none", &["trial-b", "--steps", "4"]);
    let needs = "error: --steps is for insertion and deletion curves; only scores are measured\n";
    assert!(
        alone.starts_with("exit code 2\n") && alone.contains(needs),
        "{alone}"
    );
    // The list of methods grows.
    let method = score("none", &["trial-b", "--methods", "grad-cm"]);
    let known = "error: unknown method \"grad-cm\"; known: \"cam\", \"grad-cam\", ";
    assert!(
        method.contains(known) && method.contains("\"edges\""),
        "{method}"
    );
    let hint = "hint: did you mean \"grad-cam\"?";
    assert!(
        method.starts_with("exit code 2\n") && method.contains(hint),
        "{method}"
    );
    assert!(!scored().join("none").exists(), "nothing was written");
}
