//! Every shipped experiment: it resolves, builds the network it promises, and says what it asks,
//! expects and costs; and the rules by which files extend and replace each other.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use burn::module::Module;
use burn::tensor::{Device, Distribution, Tensor};
use camtrail::data::clips::CANVAS_SIDE;
use camtrail::data::clips::DRAWN_DIGITS;
use camtrail::data::{CIFAR_100, ImageShape, SHAPES};
use camtrail::experiment::{
    self, ExperimentError, ForecastExperiment, Override, Resolved, compare, known, load_saved,
};
use camtrail::model::backbones::{BackboneName, TrainableBackbone};
use camtrail::model::tap::Tap;
use camtrail::model::{
    ForecastSpec, NetworkName, NetworkSize, PlainCnn, Recurrent, WithPredictor, with_predictor,
};
use camtrail::train::FIXED_ON_RESUME;
use serde_json::Value;

/// The shipped trials; a new one is added here when it is added there.
const TRIALS: [&str; 6] = [
    "trial-a",
    "trial-b",
    "trial-c",
    "trial-d",
    "trial-d-gap",
    "trial-e",
];
/// The shipped published networks, each of which is called as its experiment is.
const PUBLISHED: [&str; 6] = [
    "efficientnet-b0",
    "mobilenet-v2",
    "resnet101",
    "resnet50",
    "squeezenet1-0",
    "vgg16",
];
/// The shipped next-frame predictors.
const PREDICTORS: [&str; 6] = [
    "convgru",
    "convlstm",
    "convlstm-1-layer",
    "convlstm-kernel-5",
    "convlstm-narrow",
    "predrnn",
];
/// The key that the defaults omit.
const UNWRITTEN: &str = "forecast.network";
/// The base of all trials.
const ROOT: &str = "base/cifar-100";
/// The base of those.
const PREDICTOR_ROOT: &str = "base/moving-mnist";
/// A million, the unit of a header's cost.
const MILLION: f64 = 1e6;

fn shipped(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("experiments")
        .join(format!("{name}.toml"))
}

fn read(name: &str) -> String {
    std::fs::read_to_string(shipped(name)).expect("a shipped experiment")
}

/// An experiment that classifies images.
fn load(
    folder: &Path,
    name: &str,
    base: Option<&str>,
    overrides: &[Override],
) -> Result<Resolved, ExperimentError> {
    experiment::load(folder, name, base, overrides)
}

/// The override `given`, as the command line reads it.
fn set(given: &str) -> Override {
    let change = given.parse::<Override>().expect("KEY=VALUE");
    change.given_with("--set")
}

/// Loads `name` from the files in the binary: the folder has none of its own.
fn resolve(name: &str, base: Option<&str>) -> Resolved {
    let empty = tempfile::tempdir().expect("a temporary folder");
    load(empty.path(), name, base, &[]).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// As [`resolve`], for an experiment that predicts frames.
fn predictor(name: &str, base: Option<&str>) -> Resolved<ForecastExperiment> {
    let empty = tempfile::tempdir().expect("a temporary folder");
    experiment::load(empty.path(), name, base, &[])
        .unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn predictor_size(resolved: &Resolved<ForecastExperiment>) -> NetworkSize {
    NetworkSize::of_forecast(&resolved.experiment.forecast, CANVAS_SIDE)
}

fn size(resolved: &Resolved) -> NetworkSize {
    let dataset = resolved.experiment.data.dataset;
    let ImageShape { side, classes } = dataset.known_shape().expect("known");
    NetworkSize::of(&resolved.experiment.model, side, side, classes)
}

/// All keys of a TOML text with their sections, and their values.
fn keys(text: &str) -> BTreeMap<String, Value> {
    fn walk(prefix: &str, value: Value, out: &mut BTreeMap<String, Value>) {
        match value {
            Value::Object(table) => {
                for (key, value) in table {
                    let path = if prefix.is_empty() {
                        key
                    } else {
                        format!("{prefix}.{key}")
                    };
                    walk(&path, value, out);
                }
            }
            value => {
                out.insert(prefix.to_string(), value);
            }
        }
    }
    let mut out = BTreeMap::new();
    walk("", toml_edit::de::from_str(text).expect("TOML"), &mut out);
    out
}

#[test]
fn the_shipped_trials_are_known() {
    let empty = tempfile::tempdir().expect("a temporary folder");
    let mut all = [&PREDICTORS[..], &TRIALS, &PUBLISHED].concat();
    all.sort_unstable();
    assert_eq!(known(empty.path()), all);
}

#[test]
fn every_trial_builds_the_network_that_it_promises() {
    let device = Device::flex();
    for (name, base) in TRIALS
        .iter()
        .flat_map(|name| [(name, None), (name, Some("shapes"))])
    {
        let resolved = resolve(name, base);
        let dataset = resolved.experiment.data.dataset;
        let ImageShape { side, classes } = dataset.known_shape().expect("known");
        let model = &resolved.experiment.model;
        let network = PlainCnn::new(model, (side, side), classes, 1, &device);
        let tensors = network.tensors().into_iter();
        let learned = tensors.filter(|tensor| !tensor.name.contains(".running_"));
        let count: usize = learned.map(|tensor| tensor.values.len()).sum();
        let counted = size(&resolved).parameters;
        assert_eq!(count as u64, counted, "{name} on {dataset}");

        device.seed(2);
        let images = Tensor::random([2, 3, side, side], Distribution::Normal(0.0, 1.0), &device);
        let mut tap = Tap::activations_only(network.layers());
        let logits = network.forward(images, &mut tap);
        assert_eq!(
            tap.seen(),
            network.layers(),
            "{name}: the forward passes the named places"
        );
        let [images, width] = logits.dims();
        assert_eq!((images, width), (2, classes), "{name}");
        let logits: Vec<f32> = logits.to_data().iter::<f32>().collect();
        assert!(
            logits.iter().all(|logit| logit.is_finite()),
            "{name}: {logits:?}"
        );
        let (first, second) = logits.split_at(classes);
        let differing = first.iter().zip(second).filter(|(a, b)| a != b).count();
        assert_eq!(differing, classes, "{name}: two images, two answers");
        // Block n is seen before its pool, so it has the cells of the image after n - 1 pools.
        for observation in tap.into_observations() {
            let Some(number) = observation.name().strip_prefix("block-") else {
                continue;
            };
            let number: usize = number.parse().expect("blocks are numbered");
            let [_batch, channels, height, _width] = observation.activation().dims();
            assert_eq!(
                channels,
                model.filters[number - 1],
                "{name}, block {number}"
            );
            assert_eq!(height, side >> (number - 1), "{name}, block {number}");
        }
    }
}

#[test]
fn every_published_network_is_the_one_of_its_name() {
    let device = Device::flex();
    for (name, base) in PUBLISHED
        .iter()
        .flat_map(|name| [(name, None), (name, Some("shapes"))])
    {
        let resolved = resolve(name, base);
        let network: BackboneName = name.parse().expect("a published network");
        let model = &resolved.experiment.model;
        assert_eq!(model.network, NetworkName::Backbone(network), "{name}");
        // On generated images alone, which have fewer classes: the weights fill memory.
        let Some(_) = base else { continue };
        let dataset = resolved.experiment.data.dataset;
        let ImageShape { side, classes } = dataset.known_shape().expect("known");
        let network = TrainableBackbone::new(network, classes, 1, &device).valid();
        let learned = network.tensors().into_iter();
        let learned = learned.filter(|tensor| !tensor.name.contains(".running_"));
        let learned: usize = learned.map(|tensor| tensor.values.len()).sum();
        assert_eq!(learned as u64, size(&resolved).parameters, "{name}");
        let images = Tensor::ones([1, 3, side, side], &device);
        let logits = network.forward(images, &mut Tap::off());
        assert_eq!(logits.dims(), [1, classes], "{name}");
        assert!(logits.is_finite().all().into_scalar::<bool>(), "{name}");
    }
}

/// Counts the states and the parameters of a predictor.
struct Counts<'a>(&'a ForecastSpec);

impl WithPredictor for Counts<'_> {
    type Output = [usize; 2];

    fn with<N: Recurrent>(self) -> [usize; 2] {
        let network = N::build(self.0, CANVAS_SIDE, 1, &Device::flex());
        [network.states().len(), network.num_params()]
    }
}

#[test]
fn every_predictor_builds_the_network_that_it_promises() {
    for (name, base) in PREDICTORS
        .iter()
        .flat_map(|name| [(name, None), (name, Some("digits"))])
    {
        let resolved = predictor(name, base);
        let experiment = &resolved.experiment;
        let generated = experiment.clips.dataset == DRAWN_DIGITS;
        assert_eq!(generated, base.is_some(), "{name}");
        let built = with_predictor(&experiment.forecast, Counts(&experiment.forecast));
        let [states, parameters] = built.expect("a known network");
        assert_eq!(states, experiment.forecast.hidden.len(), "{name}");
        let counted = predictor_size(&resolved).parameters;
        assert_eq!(parameters as u64, counted, "{name}");
    }
}

/// The network is named where an experiment chooses it; what else is shown has no such key.
#[test]
fn a_predictor_is_chosen_by_a_key_that_the_defaults_do_not_write() {
    let usual = predictor("convlstm", None);
    assert!(!usual.text.contains("network ="), "{}", usual.text);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let own = "extends = \"convlstm\"\n\n[forecast]\nnetwork = \"conv-lstm\"\n";
    std::fs::create_dir(folder.path().join("experiments")).expect("a folder");
    std::fs::write(folder.path().join("experiments/chosen.toml"), own).expect("written");
    let chosen: Resolved<ForecastExperiment> =
        experiment::load(folder.path(), "chosen", None, &[]).expect("it names a known network");
    assert!(
        chosen.text.contains("network = \"conv-lstm\""),
        "{}",
        chosen.text
    );
    assert_eq!(chosen.experiment, usual.experiment);
    let change = ["forecast.network=conv-lstm".parse().expect("a change")];
    let changed: Resolved<ForecastExperiment> =
        experiment::load(Path::new(""), "convlstm", None, &change).expect("as well by --set");
    assert_eq!(changed.experiment, usual.experiment);
    let other = ["forecast.netwrok=conv-lstm".parse().expect("a change")];
    let unknown = experiment::load::<ForecastExperiment>(Path::new(""), "convlstm", None, &other);
    assert!(unknown.is_err());
}

#[test]
fn the_predictors_differ_in_one_field_each_and_one_layer_is_as_large_as_two() {
    let own = predictor("convlstm", None);
    let differences = |name: &str| -> Vec<String> {
        let other = predictor(name, None);
        let fields = compare(&own.experiment, &other.experiment);
        fields.into_iter().map(|field| field.key).collect()
    };
    for (name, network) in [("convgru", "conv-gru"), ("predrnn", "predrnn")] {
        assert_eq!(differences(name), [UNWRITTEN]);
        let other = predictor(name, None);
        let [there] = &compare(&other.experiment, &own.experiment)[..] else {
            panic!("{name}: one field");
        };
        assert_eq!(
            (there.first.as_str(), there.second.as_str()),
            (format!("{network:?}").as_str(), "default")
        );
    }
    assert_eq!(differences("convlstm-1-layer"), ["forecast.hidden"]);
    assert_eq!(differences("convlstm-kernel-5"), ["forecast.kernel"]);
    assert_eq!(differences("convlstm-narrow"), ["forecast.hidden"]);
    let parameters = |name: &str| predictor_size(&predictor(name, None)).parameters as f64;
    let ratio = parameters("convlstm-1-layer") / parameters("convlstm");
    assert!((ratio - 1.0).abs() < 0.01, "{ratio}");
}

#[test]
fn every_header_states_question_expectation_and_cost() {
    for name in PREDICTORS {
        let resolved = predictor(name, None);
        let cost = stated_cost(name, &resolved.header);
        let counted = predictor_size(&resolved).multiply_adds;
        let stated = format!("{:.1} M multiply-adds a frame.", counted as f64 / MILLION);
        assert_eq!(cost, stated, "{name}");
    }
    for name in TRIALS.into_iter().chain(PUBLISHED) {
        let resolved = resolve(name, None);
        let cost = stated_cost(name, &resolved.header);
        let counted = size(&resolved).multiply_adds;
        if let Some(trial) = cost.strip_prefix("as trial ") {
            let other = format!("trial-{}", trial.trim_end_matches('.').to_lowercase());
            assert_eq!(
                counted,
                size(&resolve(&other, None)).multiply_adds,
                "{name}: {cost}"
            );
        } else {
            let stated = format!("{:.1} M multiply-adds an image.", counted as f64 / MILLION);
            assert_eq!(cost, stated, "{name}");
        }
    }
}

/// Returns what the header says of the cost, after checking that it is the file's own and whole.
fn stated_cost(name: &str, header: &str) -> String {
    assert_eq!(
        header,
        from_file(name),
        "{name}: the header is that of its own file"
    );
    let line = |start: &str| {
        let found = header.lines().find_map(|line| line.strip_prefix(start));
        found
            .unwrap_or_else(|| panic!("{name} has no line {start:?}"))
            .trim()
            .to_string()
    };
    assert!(line("Question:").len() > 10, "{name}");
    assert!(line("Expected:").len() > 10, "{name}");
    line("Cost:")
}

fn from_file(name: &str) -> String {
    let text = read(name);
    let comment = text.lines().take_while(|line| line.starts_with('#'));
    let lines: Vec<&str> = comment
        .map(|line| line.trim_start_matches('#').trim())
        .collect();
    lines.join("\n")
}

/// Multiply-adds by hand for trial D: pixels x filters x channels x 9 of each block, and 256 x 100.
#[test]
fn the_counted_cost_of_trial_d_is_that_of_paper_and_pencil() {
    let blocks = [
        1024 * 32 * 3 * 9,
        256 * 64 * 32 * 9,
        64 * 128 * 64 * 9,
        16 * 256 * 128 * 9,
        4 * 256 * 256 * 9,
    ];
    let expected: u64 = blocks.iter().sum::<u64>() + 256 * 100;
    assert_eq!(size(&resolve("trial-d", None)).multiply_adds, expected);
}

#[test]
fn a_file_holds_only_what_differs_from_what_it_extends() {
    let classifiers = TRIALS.into_iter().chain(PUBLISHED);
    let classifiers = classifiers.chain(["base/shapes", "base/cifar-100-bn"]);
    for name in classifiers
        .chain(PREDICTORS)
        // It has the defaults themselves.
        .filter(|name| *name != "convlstm")
        .chain(["base/digits"])
    {
        let own = keys(&read(name));
        let parent = own["extends"].as_str().expect("a name").to_string();
        let inherited = keys(&resolve_text(&parent));
        assert!(own.len() > 1, "{name} changes something");
        for (key, value) in own {
            if key != "extends" {
                assert_ne!(
                    Some(&value),
                    inherited.get(&key),
                    "{name}: {key} is as in {parent}"
                );
                let written = key != UNWRITTEN;
                assert!(
                    !written || inherited.contains_key(&key),
                    "{name}: {key} has no default"
                );
            }
        }
    }
}

/// A base alone is no trial (it has no filters), so its text is read through a trial on it.
fn resolve_text(parent: &str) -> String {
    match parent.strip_prefix("base/") {
        None if PREDICTORS.contains(&parent) => predictor(parent, None).text,
        None => resolve(parent, None).text,
        Some(_) if parent == ROOT || parent == PREDICTOR_ROOT => read(parent),
        Some(base) => resolve("trial-a", Some(base)).text,
    }
}

#[test]
fn the_trials_differ_in_the_fields_that_the_ablation_is_about() {
    let differences = |first: &str, second: &str| -> Vec<String> {
        let (first, second) = (resolve(first, None), resolve(second, None));
        let fields = compare(&first.experiment, &second.experiment);
        fields.into_iter().map(|field| field.key).collect()
    };
    assert_eq!(differences("trial-a", "trial-b"), ["model.filters"]);
    assert_eq!(
        differences("trial-b", "trial-c"),
        ["model.filters", "model.head_dropout"]
    );
    assert_eq!(differences("trial-c", "trial-d"), ["model.filters"]);
    assert_eq!(differences("trial-d", "trial-d-gap"), ["model.head"]);
}

#[test]
fn another_base_gives_its_data_set_along_the_whole_chain() {
    let own = resolve("trial-d-gap", None);
    assert_eq!(own.experiment.data.dataset, CIFAR_100);
    assert_eq!((own.base.as_str(), own.base_replaced), ("cifar-100", false));

    let replaced = resolve("trial-d-gap", Some("shapes"));
    assert_eq!(replaced.experiment.data.dataset, SHAPES);
    assert_eq!(
        (replaced.base.as_str(), replaced.base_replaced),
        ("shapes", true)
    );
    assert_eq!(
        replaced.experiment.model, own.experiment.model,
        "the trial's own values stay"
    );
    let epochs = keys(&read("base/shapes"))["train.epochs"]
        .as_u64()
        .expect("a number");
    assert_eq!(u64::from(replaced.experiment.train.epochs), epochs);
    assert_ne!(
        replaced.experiment.train.epochs,
        own.experiment.train.epochs
    );

    let named = resolve("trial-d-gap", Some("cifar-100"));
    assert_eq!(named.experiment, own.experiment);
    assert!(!named.base_replaced, "naming its own base replaces nothing");
}

#[test]
fn the_resolved_text_reads_back_and_keeps_the_comments_of_the_defaults() {
    let overrides = [
        "train.epochs=7",
        "model.head=average-pool",
        "checkpoints.at=[0, 7]",
    ];
    let overrides = overrides.map(set);
    let empty = tempfile::tempdir().expect("a temporary folder");
    for (name, base, overrides) in [
        ("trial-c", None, &overrides[..0]),
        ("trial-d-gap", Some("shapes"), &overrides[..0]),
        ("trial-b", Some("shapes"), &overrides[..]),
    ] {
        let resolved = load(empty.path(), name, base, overrides).expect("it resolves");
        let path = empty.path().join("experiment.toml");
        let saved: Resolved = load_saved(&path, name, &resolved.text).expect("it reads back");
        assert_eq!(saved.experiment, resolved.experiment, "{name}");
        for comment in read(ROOT).lines().filter(|line| line.starts_with('#')) {
            assert!(resolved.text.contains(comment), "{name} lost {comment:?}");
        }
        let whole = keys(&resolved.text);
        assert!(
            keys(&read(ROOT)).keys().all(|key| whole.contains_key(key)),
            "{name}"
        );
    }
    let changed = load(empty.path(), "trial-b", None, &overrides).expect("it resolves");
    assert_eq!(changed.experiment.train.epochs, 7);
    assert_eq!(changed.experiment.checkpoints.at, [0, 7]);
    assert!(
        changed.text.contains("# --set train.epochs=7\n"),
        "{}",
        changed.text
    );
    assert!(
        changed
            .text
            .starts_with("# Resolved from trial-b < base/cifar-100.\n")
    );
}

#[test]
fn normalisation_is_one_key_and_what_was_saved_without_it_has_none() {
    let plain = resolve("trial-d", None);
    let key = "normalisation = \"none\"\n";
    let earlier = plain.text.replace(key, "");
    assert_ne!(earlier, plain.text);
    let path = Path::new("experiment.toml");
    let saved: Resolved = load_saved(path, "trial-d", &earlier).expect("it reads back");
    assert_eq!(saved.experiment, plain.experiment);

    let empty = tempfile::tempdir().expect("a temporary folder");
    let with = |given: &str| load(empty.path(), "trial-d", None, &[set(given)]);
    let normalised = with("model.normalisation=batch").expect("it resolves");
    let fields = compare(&saved.experiment, &normalised.experiment);
    let changes: Vec<_> = fields
        .iter()
        .map(|field| (field.key.as_str(), field.second.as_str(), field.is_fixed()))
        .collect();
    assert_eq!(changes, [("model.normalisation", "\"batch\"", true)]);
    let text = "normalisation = \"batch\"\n";
    assert!(normalised.text.contains(text), "{}", normalised.text);
    let architectures = [&saved, &normalised].map(|one| one.experiment.architecture(100));
    let described = |word: &str| format!("plain-cnn 32-64-128-256-256 {word}flatten 100");
    assert_eq!(architectures, ["", "batch-norm "].map(described));
    // A scale and a shift in place of each bias.
    let filters: usize = plain.experiment.model.filters.iter().sum();
    let more = size(&normalised).parameters - size(&plain).parameters;
    assert_eq!(more, filters as u64);

    let error = with("model.normalisation=layer").expect_err("no such value");
    let allowed = "unknown variant `layer`, expected `none` or `batch`";
    assert!(error.to_string().contains(allowed), "{error}");
}

#[test]
fn a_local_file_wins_over_the_shipped_one() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let local = folder.path().join("experiments");
    std::fs::create_dir_all(local.join("base")).expect("created");
    let write = |name: &str, text: &str| {
        std::fs::write(local.join(format!("{name}.toml")), text).expect("written");
    };
    write(
        "trial-a",
        "extends = \"base/cifar-100\"\n\n[model]\nfilters = [7]\n",
    );
    write(
        "mine",
        "# Mine.\nextends = \"trial-a\"\n\n[train]\nepochs = 3\n",
    );
    let load = |name: &str| load(folder.path(), name, None, &[]).expect("it resolves");

    assert_eq!(load("trial-a").experiment.model.filters, [7]);
    assert_eq!(
        load("trial-b").experiment,
        resolve("trial-b", None).experiment
    );
    let mine = load("mine");
    assert_eq!(
        mine.experiment.model.filters,
        [7],
        "it extends the local file"
    );
    assert_eq!(
        (mine.experiment.train.epochs, mine.header.as_str()),
        (3, "Mine.")
    );
    let names = known(folder.path());
    let mut all = [&PREDICTORS[..], &["mine"], &TRIALS, &PUBLISHED].concat();
    all.sort_unstable();
    assert_eq!(names, all);

    // A local base is every trial's base.
    let base = read(ROOT).replace("batch_size = 128", "batch_size = 99");
    write(ROOT, &base);
    assert_eq!(load("trial-d").experiment.train.batch_size, 99);
}

#[test]
fn a_value_of_several_lines_survives_the_run_folder() {
    let given = "checkpoints.at=[\n  0, # before training\r\n  7,\n]";
    let change = set(given);
    let empty = tempfile::tempdir().expect("a temporary folder");
    let resolved = load(empty.path(), "trial-b", None, &[change]).expect("it resolves");
    assert_eq!(resolved.experiment.checkpoints.at, [0, 7]);
    let saved: Resolved =
        load_saved(Path::new("experiment.toml"), "trial-b", &resolved.text).expect("it reads back");
    assert_eq!(saved.experiment, resolved.experiment);
    let comment = "# --set checkpoints.at=[   0, # before training    7, ]\n";
    assert!(resolved.text.contains(comment), "{}", resolved.text);
}

#[test]
fn a_base_that_replaces_nothing_is_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let local = folder.path().join("experiments");
    std::fs::create_dir_all(&local).expect("created");
    let whole = resolve("trial-a", None).text;
    std::fs::write(local.join("whole.toml"), &whole).expect("written");
    std::fs::write(local.join("child.toml"), "extends = \"whole\"\n").expect("written");
    for name in ["whole", "child"] {
        load(folder.path(), name, None, &[]).expect("it resolves");
        let error = load(folder.path(), name, Some("shapes"), &[]).expect_err("no base");
        assert!(matches!(error, ExperimentError::NoBase { .. }), "{error:?}");
        let text = format!("\"{name}\" extends no base that could be replaced");
        assert_eq!(error.to_string(), text);
    }
}

#[test]
fn ranges_hold_for_the_numbers_that_are_computed_with() {
    let empty = tempfile::tempdir().expect("a temporary folder");
    let set = |given: &str| {
        let change = self::set(given);
        load(empty.path(), "trial-a", None, &[change])
    };
    for (given, told) in [
        (
            "train.beta_2=0.99999999",
            "is 0.99999999: must be a number from 0 to below 1 when rounded to 32 bits",
        ),
        (
            "train.epsilon=1e-50",
            "is 1e-50: must be a finite number above 0 when rounded to 32 bits",
        ),
        (
            "train.learning_rate=1e300",
            "is 1e300: must be a finite number above 0 when rounded to 32 bits",
        ),
        (
            "model.filters=[16385]",
            "model.filters has a block of 16385 filters, 16384 is the most",
        ),
        ("model.kernel=4", "model.kernel is 4: 3 and 5 are possible"),
        (
            "model.convolutions_per_block=0",
            "model.convolutions_per_block is 0: 1 to 16 are possible",
        ),
        (
            "model.shortcut=true",
            "model.shortcut bypasses the convolutions of a block after its first, but \
             model.convolutions_per_block is 1",
        ),
        (
            "model.block_dropout=[0.1, 0.2]",
            "model.block_dropout has 2 numbers for 1 blocks",
        ),
        (
            "model.block_dropout=[1.0]",
            "is 1: must be a number from 0 to below 1",
        ),
        (
            "model.activation=tanh",
            "unknown variant `tanh`, expected one of `relu`, `leaky-relu`, `gelu`, `silu`",
        ),
        (
            "train.optimizer=adagrad",
            "unknown variant `adagrad`, expected one of `adam`, `adamw`, `sgd`",
        ),
        (
            "train.weight_decay=-1",
            "is -1: must be a finite number, 0 or above",
        ),
        (
            "train.label_smoothing=1",
            "is 1: must be a number from 0 to below 1",
        ),
        (
            "train.warmup_epochs=51",
            "is 51: must be a whole number from 0 to 50",
        ),
        (
            "train.schedule=step",
            "is []: must be epochs in rising order, each from 1 to below train.epochs, 50, such as \
             [25]",
        ),
        (
            "data.augmentation.cutout=33",
            "is 33: must be a whole number from 0 to 32",
        ),
        (
            "data.augmentation.mixup=5",
            "is 5: must be 0, or a number from 0.01 to 4",
        ),
        (
            "data.augmentation.colour_jitter=2",
            "is 2: must be a number from 0 to 1",
        ),
    ] {
        let error = set(given).expect_err(given).to_string();
        assert!(error.contains(told), "{error}");
    }
    let most = set("train.epochs=4000000000")
        .expect("a long training")
        .experiment;
    let (train, checkpoints) = (&most.train, &most.checkpoints);
    // All multiples of 5 but 0, which with 1 and 2 is listed.
    assert_eq!(
        (checkpoints.every, checkpoints.at.as_slice()),
        (5, &[0, 1, 2, 5, 10][..])
    );
    assert_eq!(checkpoints.count(train.epochs), 800_000_000 + 3);
    assert!(set("train.beta_2=0.9999999").is_ok());
}

/// A key that is renamed would no longer be fixed.
#[test]
fn the_fixed_keys_are_keys() {
    let mut keys = keys(&read(ROOT));
    keys.extend(self::keys(&read(PREDICTOR_ROOT)));
    for fixed in FIXED_ON_RESUME {
        assert!(keys.keys().any(|key| key.starts_with(fixed)), "{fixed}");
    }
}

fn refused_text(found: Result<Resolved, ExperimentError>) -> String {
    found.expect_err("refused").to_string()
}

/// A predictor has no classes to smooth and no pictures to mix.
#[test]
fn what_only_classifiers_have_is_no_key_of_a_predictor() {
    let empty = tempfile::tempdir().expect("a temporary folder");
    for (key, expected) in [
        ("data.augmentation.mixup", "unknown key \"data\""),
        (
            "train.label_smoothing",
            "unknown key \"train.label_smoothing\"",
        ),
    ] {
        let change = set(&format!("{key}=0.1"));
        let found =
            experiment::load::<ForecastExperiment>(empty.path(), "convlstm", None, &[change]);
        let found = found.expect_err("refused").to_string();
        assert!(found.contains(expected), "{found}");
    }
}

#[test]
fn a_value_that_is_not_read_is_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let experiments = folder.path().join("experiments");
    std::fs::create_dir(&experiments).expect("a folder");
    let load = |name: &str, changes: &[&str]| {
        let changes: Vec<Override> = changes.iter().map(|change| set(change)).collect();
        load(folder.path(), name, None, &changes)
    };
    let refused = |name: &str, changes: &[&str]| refused_text(load(name, changes));
    assert_eq!(
        refused("trial-a", &["train.momentum=0.5"]),
        "\"train.momentum\" is 0.5: is not read: train.optimizer is \"adam\""
    );
    for (key, reason) in [
        ("train.beta_1=0.5", "train.optimizer is \"sgd\""),
        ("train.step_factor=0.5", "train.schedule is \"constant\""),
        ("data.shapes.seed=1", "data.dataset is \"cifar-100\""),
    ] {
        let found = refused("trial-a", &["train.optimizer=sgd", key]);
        assert!(
            found.ends_with(&format!("is not read: {reason}")),
            "{found}"
        );
    }
    load("trial-a", &["train.optimizer=sgd", "train.momentum=0.5"]).expect("read");
    let ahead = [
        "train.optimizer=sgd",
        "train.nesterov=true",
        "train.momentum=0",
    ];
    assert!(refused_text(load("trial-a", &ahead)).contains("false if train.momentum is 0"));
    for milestones in ["[30, 20]", "[0]", "[50]", "[20, 20]"] {
        let given = format!("train.milestones={milestones}");
        let found = refused_text(load("trial-a", &["train.schedule=step", &given]));
        assert!(found.contains("rising order"), "{found}");
    }
    let text = "extends = \"trial-a\"\n[train]\nnesterov = true\n";
    std::fs::write(experiments.join("ahead.toml"), text).expect("a file");
    let found = refused("ahead", &[]);
    let expected = "\"train.nesterov\" is true: is not read: train.optimizer is \"adam\"\n";
    assert!(found.starts_with(expected), "{found}");
    assert!(found.contains("ahead.toml, line 3"), "{found}");
}
