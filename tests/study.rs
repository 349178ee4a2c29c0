//! Studies as a library user calls them: a run found, opened and measured in a few lines, what a watch
//! sees of it, and where it stops.

use std::cell::{Cell, RefCell};
use std::path::Path;
use std::rc::Rc;

use camtrail::device::{DeviceChoice, choose};
use camtrail::experiment::{Experiment, Override, Resolved};
use camtrail::run::{ExplanationSet, MapWriter, ScoreRow, ScoreSummary, TableRow};
use camtrail::study::explanation::{self, Explaining};
use camtrail::study::training::{Training, train_run, train_unless_done};
use camtrail::study::{
    LayerChoice, MethodChoice, Progress, Runs, Selection, StudyError, Trained, Unwatched, Watch,
    Which, accuracy, measure, score,
};
use camtrail::train::{Outcome, StartMode};
use tempfile::TempDir;

/// Images of the test split.
const IMAGES: usize = 36;
/// A small trial of two epochs.
const SMALL: [&str; 6] = [
    "model.filters=[4, 8]",
    "data.shapes.train_images=96",
    "data.shapes.validation_images=24",
    "data.shapes.test_images=36",
    "train.batch_size=24",
    "train.epochs=2",
];

/// Keeps what a study shows, and asks it to stop after so many looks.
#[derive(Default)]
struct Recorder {
    notes: RefCell<Vec<String>>,
    work: RefCell<Vec<Work>>,
    looks: Cell<usize>,
    most_looks: Option<usize>,
}

/// One piece of work: its label, its items and those done.
type Work = (String, Option<usize>, Rc<Cell<usize>>);

struct Counter(Rc<Cell<usize>>);

impl Progress for Counter {
    fn advance(&self, items: usize) {
        self.0.set(self.0.get() + items);
    }
}

impl Watch for Recorder {
    fn should_stop(&self) -> bool {
        self.looks.set(self.looks.get() + 1);
        self.most_looks.is_some_and(|most| self.looks.get() > most)
    }

    fn note(&self, message: &str) {
        self.notes.borrow_mut().push(message.to_string());
    }

    fn begin(&self, label: &str, items: Option<usize>) -> Box<dyn Progress> {
        let done = Rc::new(Cell::new(0));
        let work = (label.to_string(), items, done.clone());
        self.work.borrow_mut().push(work);
        Box::new(Counter(done))
    }
}

fn runs_in(folder: &Path) -> Runs {
    Runs::new(folder, choose(DeviceChoice::Cpu).expect("a CPU"))
}

fn resolved(runs: &Runs) -> Resolved<Experiment> {
    let overrides = SMALL.map(|change| change.parse::<Override>().expect("an override"));
    let resolved = runs.experiment("trial-b", Some("shapes"), &overrides);
    called_trial_b(resolved.expect("a shipped trial"))
}

/// Returns `resolved` with the name of its runs of an experiment without changes.
fn called_trial_b(resolved: Resolved<Experiment>) -> Resolved<Experiment> {
    Resolved {
        name: "trial-b".to_string(),
        ..resolved
    }
}

/// Trains the seeds 0 and 1 of the small trial in a folder of its own.
fn trained() -> (TempDir, Runs) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let runs = runs_in(folder.path());
    for seed in [0, 1] {
        let outcome = train_run(
            &runs,
            &resolved(&runs),
            (seed, StartMode::Fresh),
            &Unwatched,
        );
        assert!(matches!(outcome, Ok(Outcome::Done { .. })), "{outcome:?}");
    }
    (folder, runs)
}

fn request() -> score::Request {
    score::Request {
        measurement: measure::Request {
            base: Some("shapes".to_string()),
            methods: vec!["grad-cam".to_string(), "random".to_string()],
            ..measure::Request::of(&["trial-b"])
        },
        steps: None,
    }
}

#[test]
fn a_run_is_found_opened_scored_and_written_in_a_few_lines() {
    let (folder, runs) = trained();
    let found: Trained = runs.find("trial-b", Some("shapes"), 1).expect("trained");
    let subject = found.open(Which::Best, &runs).expect("whole");
    assert_eq!((subject.name.as_str(), subject.seed), ("trial-b", 1));
    let layers = LayerChoice::Ablation.layers(&subject, 32).expect("layers");
    assert_eq!(layers.names, ["block-2"]);

    let watch = Recorder::default();
    let scores = score::measure(&runs, &request(), &watch).expect("measured");
    // Two seeds, each over all images of the split.
    let work = watch.work.borrow();
    let seen: Vec<_> = (work.iter())
        .map(|(label, items, done)| (label.as_str(), *items, done.get()))
        .collect();
    let all = |label| (label, Some(IMAGES), IMAGES);
    assert_eq!(seen, [all("trial-b seed 0"), all("trial-b seed 1")]);

    let out = folder.path().join("scores");
    scores.write(&out).expect("written");
    let means = ScoreSummary::read(&out.join(ScoreSummary::FILE)).expect("read");
    assert_eq!(means, scores.tables.means);
    let rows = ScoreRow::read(&out.join(ScoreRow::FILE)).expect("read");
    assert_eq!(rows.len(), 2 * IMAGES * 2);
    let drop = means.iter().find(|row| row.metric == "average-drop");
    let drop = drop.expect("a mean");
    assert_eq!((drop.seeds.as_str(), drop.images), ("0 1", IMAGES));
    let every_drop = rows.iter().filter(|row| row.method == "grad-cam");
    let every_drop = every_drop.map(|row| {
        let lost = (row.confidence - row.explanation_confidence).max(0.0);
        100.0 * lost / row.confidence
    });
    let mean = every_drop.sum::<f64>() / (2 * IMAGES) as f64;
    assert!((drop.mean - mean).abs() < 1e-9, "{} and {mean}", drop.mean);
}

#[test]
fn one_seed_is_measured_where_one_is_named() {
    let (_folder, runs) = trained();
    let request = |seeds: &[u64]| accuracy::Request {
        trials: vec!["trial-b".to_string()],
        base: Some("shapes".to_string()),
        seeds: seeds.to_vec(),
        which: Which::Last,
    };
    let seeds = |given: &[u64]| -> Vec<u64> {
        let rows = accuracy::measure(&runs, &request(given), &Unwatched).expect("measured");
        rows.iter().map(|row| row.seed).collect()
    };
    assert_eq!(seeds(&[]), [0, 1]);
    assert_eq!(seeds(&[1]), [1]);
    assert!(matches!(
        accuracy::measure(&runs, &request(&[7]), &Unwatched),
        Err(StudyError::NoRun { run, .. }) if run.seed == 7
    ));
}

#[test]
fn a_study_stops_at_the_next_look() {
    let (_folder, runs) = trained();
    for most_looks in [0, 1, 2] {
        let watch = Recorder {
            most_looks: Some(most_looks),
            ..Recorder::default()
        };
        let stopped = score::measure(&runs, &request(), &watch);
        assert!(matches!(stopped, Err(StudyError::Stopped)), "{most_looks}");
        assert_eq!(watch.looks.get(), most_looks + 1);
    }
}

/// 64 images of this size are explained at once; the second group is not.
#[test]
fn what_was_explained_before_a_stop_is_there() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let runs = runs_in(folder.path());
    let more = "data.shapes.test_images=130";
    let overrides = SMALL.map(|change| change.replace("data.shapes.test_images=36", more));
    let overrides = overrides.map(|change| change.parse::<Override>().expect("an override"));
    let resolved: Resolved<Experiment> = runs
        .experiment("trial-b", Some("shapes"), &overrides)
        .expect("a shipped trial");
    let resolved = called_trial_b(resolved);
    train_run(&runs, &resolved, (0, StartMode::Fresh), &Unwatched).expect("trained");
    let trained = runs.find("trial-b", Some("shapes"), 0).expect("found");
    let request = explanation::Request {
        layers: LayerChoice::Ablation,
        methods: MethodChoice::parse(&["grad-cam".to_string()]).expect("known"),
        class: "predicted".to_string(),
        quantity: "logit".to_string(),
        retrain_head: false,
        overlay: camtrail::run::Overlay::default(),
    };
    let numbers = Selection::Numbers((0..130).collect());
    let what = (&numbers, &request);
    let explaining = Explaining::of_trained(&runs, (&trained, Which::Best), what, &Unwatched);
    let explaining = explaining.expect("opened");
    let explained = |watch: &dyn Watch, most: Option<usize>| {
        let out = tempfile::tempdir().expect("a temporary folder");
        let mut writer = MapWriter::create(out.path()).expect("created");
        let mut groups = Vec::new();
        let outcome = explaining.each(watch, |part| {
            groups.push(part.images.len());
            writer.add(part)?;
            match most.is_some_and(|most| groups.len() >= most) {
                true => Err(StudyError::Stopped),
                false => Ok(()),
            }
        });
        assert_eq!(writer.pictures(), groups.iter().sum::<usize>());
        writer.finish().expect("written");
        let set = ExplanationSet::read(out.path()).expect("read");
        assert_eq!(set.records.len(), set.images.len());
        (outcome.is_ok(), groups, set)
    };
    let (done, groups, whole) = explained(&Unwatched, None);
    assert_eq!((done, groups), (true, vec![64, 64, 2]));
    let (done, groups, part) = explained(&Unwatched, Some(1));
    assert_eq!((done, groups), (false, vec![64]));
    assert_eq!(part.records[..], whole.records[..64]);
    for (name, array) in &part.arrays {
        assert_eq!(whole.arrays[name], *array, "{name}");
    }
    let stopped = Recorder {
        most_looks: Some(2),
        ..Recorder::default()
    };
    let (done, groups, _) = explained(&stopped, None);
    assert_eq!(
        (done, groups),
        (false, vec![64]),
        "stopped before the second"
    );
}

#[test]
fn a_training_that_stopped_goes_on_and_one_that_is_done_stays() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let runs = runs_in(folder.path());
    let resolved = resolved(&runs);
    let watch = Recorder {
        most_looks: Some(3),
        ..Recorder::default()
    };
    let first = train_unless_done(&runs, &resolved, 0, &watch).expect("trained");
    assert!(
        matches!(first, Training::Ended(Outcome::Stopped { .. })),
        "{first:?}"
    );
    let second = train_unless_done(&runs, &resolved, 0, &Unwatched).expect("trained");
    assert!(
        matches!(second, Training::Ended(Outcome::Done { .. })),
        "{second:?}"
    );
    let watch = Recorder::default();
    let third = train_unless_done(&runs, &resolved, 0, &watch).expect("trained");
    assert_eq!(third, Training::Already);
    assert_eq!(*watch.notes.borrow(), ["trial-b seed 0 is trained already"]);
}

#[test]
fn what_is_missing_is_named_as_data() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let runs = runs_in(folder.path());
    let missing = runs.find::<Experiment>("trial-b", Some("shapes"), 3);
    let Err(StudyError::NoRun { path, run }) = missing else {
        panic!("{missing:?}");
    };
    assert_eq!(path, folder.path().join("shapes/trial-b/seed-3"));
    assert_eq!((run.experiment.as_str(), run.seed), ("trial-b", 3));
    let none = score::measure(&runs, &request(), &Unwatched);
    assert!(
        matches!(none, Err(StudyError::NotTrained { ref experiment, .. }) if experiment == "trial-b"),
        "{none:?}"
    );
    let twice = score::Request {
        measurement: measure::Request::of(&["trial-b", "trial-b"]),
        steps: None,
    };
    let twice = score::measure(&runs, &twice, &Unwatched);
    assert!(
        matches!(twice, Err(StudyError::NamedTwice { what: "trial", .. })),
        "{twice:?}"
    );
    assert!("bset".parse::<Which>().is_err());
}
