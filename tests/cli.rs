//! What the command line prints and the code that it ends with, for what it is asked rightly and
//! for what it is asked wrongly.

#[path = "support/binary.rs"]
mod binary;
#[path = "support/printed.rs"]
mod printed;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use printed::printed_in;
use tempfile::TempDir;

/// A folder in which the binary is run.
struct Place {
    folder: TempDir,
}

impl Place {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().expect("a temporary folder"),
        }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes an experiment of the folder's own.
    fn experiment(&self, name: &str, text: &str) {
        let path = self.path().join("experiments").join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("created");
        fs::write(path, text).expect("written");
    }

    fn run(&self, arguments: &[&str]) -> String {
        printed_in(self.path(), arguments)
    }
}

/// Runs the binary in a folder where nothing is.
fn run(arguments: &[&str]) -> String {
    Place::new().run(arguments)
}

/// A folder with a trained run of `trial-b` and of `trial-d-gap`, made once for all tests.
fn trained() -> &'static Path {
    static TRAINED: OnceLock<PathBuf> = OnceLock::new();
    TRAINED.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cli-trained");
        // What an earlier run of the tests left.
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("created");
        for (trial, filters) in [("trial-b", "[4, 8]"), ("trial-d-gap", "[4, 8, 8]")] {
            let filters = format!("model.filters={filters}");
            let mut arguments = vec!["train", trial, "--base", "shapes", "--name", trial];
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
        folder
    })
}

/// Explains an image of the generated test split with a trained run.
fn explain(more: &[&str]) -> String {
    let out = tempfile::tempdir().expect("a temporary folder");
    let mut arguments = vec!["explain", "trial-b", "--base", "shapes"];
    arguments.extend(["--out", out.path().to_str().expect("UTF-8")]);
    if !more.contains(&"--image") {
        arguments.extend(["--test-index", "0"]);
    }
    arguments.extend(more);
    printed_in(trained(), &arguments).replace(out.path().to_str().expect("UTF-8"), "[out]")
}

#[test]
fn list_names_every_trial_with_its_size() {
    insta::assert_snapshot!(run(&["list"]), @r#"
    exit code 0
    --- stdout
    experiment         data          blocks  parameters  multiply-adds  question
    convgru            moving-mnist       2     360,848     92,274,688  does a state without a separate cell remember a digit's past track for as long?
    convlstm           moving-mnist       2     480,784    122,945,536  what of a digit's past track does a hidden state hold, and for how many frames?
    convlstm-1-layer   moving-mnist       1     484,288    123,863,040  does a second layer remember what one layer of the same size does not?
    convlstm-kernel-5  moving-mnist       2   1,332,752    341,049,344  does a wider kernel, which moves what is remembered further in one step, hold a track for longer?
    convlstm-narrow    moving-mnist       2      37,264      9,502,720  how much of the track is left where there is little room to keep it?
    efficientnet-b0    cifar-100         17   4,135,648    116,282,368  what do maps of a network look like that was searched for, and not drawn up?
    mobilenet-v2       cifar-100         19   2,351,972     88,091,648  are the maps of separable convolutions like those of dense ones at equal accuracy?
    predrnn            moving-mnist       2   1,004,432    256,901,120  does a memory that carries the top layer's state down to the next step lower the error, and what is then left in the hidden states?
    resnet101          cifar-100         33  42,697,380  2,510,168,064  what do maps gain from depth alone, at one resolution, where ResNet-50 has learned enough?
    resnet50           cifar-100         16  23,705,252  1,298,014,208  do shortcuts and depth bring the maps closer to the object than trial D's plain blocks?
    squeezenet1-0      cifar-100          8     775,204     53,280,768  do maps need many weights? It has no dense layer, so each class has a map of its own.
    trial-a            cifar-100          1     820,196      1,703,936  what does a network look at that sees 3 x 3 pixels and has one dense layer on top?
    trial-b            cifar-100          2     429,092      6,012,928  what does the second block add?
    trial-c            cifar-100          3     298,148     10,526,720  does a third block help once dropout holds back the dense layer?
    trial-d            cifar-100          5   1,004,196     17,425,408  do maps of the deepest network cover the object better than those of the shallow ones?
    trial-d-gap        cifar-100          5   1,004,196     17,425,408  what does CAM itself show? It is defined only for a network that ends in global average pooling and one dense layer (Zhou et al. 2016), and none of trials A to D does.
    trial-e            cifar-100          4   4,402,756    175,511,040  what do shortcuts and more convolutions per cell bring, at a last map of 4 x 4 cells that CAM itself can explain?
    vgg16              cifar-100         13  14,765,988    313,247,744  what does more of the same bring? It is trial D with two or three convolutions a block.
    --- stderr

    nothing trained yet; try: camtrail train trial-a --base shapes
    "#);
}

#[test]
fn list_takes_no_file_for_a_run() {
    let place = Place::new();
    fs::create_dir_all(place.path().join("checkpoints/trial-a")).expect("created");
    fs::write(place.path().join("checkpoints/README.md"), "Runs.").expect("written");
    assert_eq!(place.run(&["list"]), run(&["list"]));
}

#[test]
fn diff_shows_what_a_trial_adds_and_costs() {
    insta::assert_snapshot!(run(&["diff", "trial-c", "trial-d"]), @r#"
    exit code 0
    --- stdout
    field          trial-c      trial-d
    model.filters  [32,64,128]  [32,64,128,256,256]
    parameters         298,148            1,004,196
    multiply-adds   10,526,720           17,425,408
    "#);
}

#[test]
fn diff_of_a_trial_with_itself_finds_nothing() {
    insta::assert_snapshot!(run(&["diff", "trial-c", "trial-c"]), @r#"
    exit code 0
    --- stdout
    field          trial-c     trial-c
    parameters        298,148     298,148
    multiply-adds  10,526,720  10,526,720
    --- stderr
    trial-c and trial-c do not differ in any field
    "#);
}

#[test]
fn show_prints_the_header_and_the_resolved_model() {
    let shown = run(&["show", "trial-d"]);
    let model = shown.find("[model]").expect("a model section");
    let train = shown.find("[train]").expect("a train section");
    let data = shown.find("[data]").expect("a data section");
    insta::assert_snapshot!(&shown[..data], @r#"
    exit code 0
    --- stdout
    # Trial D: five convolution blocks, 32, 64, 128, 256 and 256 filters, with dropout.
    #
    # Question: do maps of the deepest network cover the object better than those of the shallow ones?
    # Expected: the highest accuracy of the four, with the fewest weights in the dense layer.
    # Cost: 17.4 M multiply-adds an image.

    # Resolved from trial-d < base/cifar-100.
    # Every default of camtrail, on CIFAR-100. A trial sets `extends = "base/cifar-100"` and only what
    # differs. `camtrail show TRIAL` prints the result.
    "#);
    insta::assert_snapshot!(&shown[model..train], @r#"
    [model]
    # "plain-cnn", or a published network with its first layers for small images: "vgg16", "resnet50",
    # "resnet101", "efficientnet-b0", "squeezenet1-0", "mobilenet-v2". The other keys are for "plain-cnn".
    network = "plain-cnn"
    # Filters of each block of [convolutions, 2x2 max-pool]; every trial gives its own.
    filters = [32, 64, 128, 256, 256]
    # Convolutions in each block, each with a normalisation, if any, and an activation.
    convolutions_per_block = 1
    # Side of the convolutions' kernels, in pixels: 3 or 5.
    kernel = 3
    # "batch": batch normalisation before each activation, after a convolution without a bias; or "none".
    normalisation = "none"
    # "relu", "leaky-relu", "gelu" or "silu".
    activation = "relu"
    # Whether a shortcut bypasses the convolutions of a block after its first (He et al. 2016).
    shortcut = false
    # Share of a block's output that dropout zeroes in training, 0 to below 1: one for all blocks, or a
    # list with one per block.
    block_dropout = 0.0
    # Share of the dense layer's input that dropout zeroes in training, 0 to below 1.
    head_dropout = 0.25
    # "flatten": one dense layer on the last pool. "average-pool": one dense layer on the average of
    # the last activation, as CAM needs.
    head = "flatten"
    # "pytorch": weights and biases uniform within 1/sqrt(fan in). "kaiming": the convolutions' weights
    # uniform within sqrt(6 / fan in) (He et al. 2015), their biases 0.
    initialisation = "pytorch"
    "#);
    assert!(
        shown
            .trim_end()
            .ends_with("# 1,004,196 parameters, 17,425,408 multiply-adds an image")
    );
}

#[test]
fn an_unknown_trial_is_answered_with_the_near_one() {
    insta::assert_snapshot!(run(&["train", "trail-d"]), @r#"
    exit code 2
    --- stderr
    error: no experiment "trail-d"
    hint: did you mean "trial-d"? known experiments: convgru, convlstm, convlstm-1-layer, convlstm-kernel-5, convlstm-narrow, efficientnet-b0, mobilenet-v2, predrnn, resnet101, resnet50, squeezenet1-0, trial-a, trial-b, trial-c, trial-d, trial-d-gap, trial-e, vgg16
    "#);
}

#[test]
fn an_unknown_base_is_answered_with_the_known_ones() {
    insta::assert_snapshot!(run(&["train", "trial-d", "--base", "shape"]), @r#"
    exit code 2
    --- stderr
    error: no base "shape"
    hint: did you mean "shapes"? known bases: cifar-10, cifar-100, cifar-100-bn, digits, folder, moving-mnist, moving-mnist-small, shapes, tiny-imagenet
    "#);
}

#[test]
fn a_name_is_no_path() {
    insta::assert_snapshot!(run(&["show", "../experiments/trial-a"]), @r#"
    exit code 2
    --- stderr
    error: no experiment "../experiments/trial-a"
    hint: an experiment is given by its name, not its file: "trial-a"
    "#);
}

#[test]
fn a_set_that_cannot_be_is_refused_with_what_is_allowed() {
    let set = |change: &str| {
        let mut arguments = vec!["show", "trial-d", "--base", "shapes"];
        for change in ["data.shapes.train_images=96", "train.batch_size=24", change] {
            arguments.extend(["--set", change]);
        }
        let shown = run(&arguments);
        let told = shown.strip_prefix("exit code 2\n--- stderr\n");
        told.unwrap_or_else(|| panic!("{change}: {shown}"))
            .to_string()
    };
    insta::assert_snapshot!(set("train.learning_rat=0.1"), @r#"
    error: unknown key "train.learning_rat"
    hint: did you mean "train.learning_rate"? known keys: train.epochs, train.batch_size, train.optimizer, train.learning_rate, train.beta_1, train.beta_2, train.epsilon, train.momentum, train.nesterov, train.weight_decay, train.schedule, train.warmup_epochs, train.milestones, train.step_factor, train.label_smoothing, train.gradient_norm, train.weight_average, train.early_stopping, train.max_minutes
    "#);
    insta::assert_snapshot!(set("trian.epochs=1"), @r#"
    error: unknown key "trian"
    hint: did you mean "train"? known keys: data, model, train, checkpoints
    "#);
    insta::assert_snapshot!(set("train.epochs.more=1"), @r#"
    error: unknown key "train.epochs.more"
    hint: did you mean "train.epochs"?
    "#);
    insta::assert_snapshot!(set("train=1"), @r#"
    error: "train" is 1: it is a section: name one key in it
    hint: the value was given with --set
    "#);
    insta::assert_snapshot!(set("nonsense"), @r#"
    error: "nonsense" is not KEY=VALUE
    hint: for example --set train.epochs=5
    "#);
    insta::assert_snapshot!(set("train.learning_rate=nan"), @r#"
    error: "train.learning_rate" is NaN: must be a finite number above 0
    hint: the value was given with --set
    "#);
    insta::assert_snapshot!(set("train.learning_rate=inf"), @r#"
    error: "train.learning_rate" is inf: must be a finite number above 0
    hint: the value was given with --set
    "#);
    insta::assert_snapshot!(set("train.learning_rate=-0.1"), @r#"
    error: "train.learning_rate" is -0.1: must be a finite number above 0
    hint: the value was given with --set
    "#);
    insta::assert_snapshot!(set("train.epochs=0"), @r#"
    error: "train.epochs" is 0: must be a whole number of at least 1
    hint: the value was given with --set
    "#);
    insta::assert_snapshot!(set("train.epochs=-1"), @r#"
    error: "train.epochs" is -1: invalid value: integer `-1`, expected a whole number of at least 0
    hint: the value was given with --set
    "#);
    insta::assert_snapshot!(set("train.epochs=many"), @r#"
    error: "train.epochs" is "many": invalid type: string "many", expected a whole number of at least 0
    hint: the value was given with --set
    "#);
    insta::assert_snapshot!(set("train.batch_size=97"), @r#"
    error: "train.batch_size" is 97: must be a whole number from 1 to 96
    hint: the value was given with --set
    "#);
    insta::assert_snapshot!(set("train.batch_size=0"), @r#"
    error: "train.batch_size" is 0: must be a whole number from 1 to 96
    hint: the value was given with --set
    "#);
    insta::assert_snapshot!(set("model.head_dropout=1"), @r#"
    error: "model.head_dropout" is 1: must be a number from 0 to below 1
    hint: the value was given with --set
    "#);
    insta::assert_snapshot!(set("model.block_dropout=-0.1"), @r#"
    error: "model.block_dropout" is -0.1: must be a number from 0 to below 1
    hint: the value was given with --set
    "#);
    insta::assert_snapshot!(set("model.head=flat"), @r#"
    error: "model.head" is "flat": unknown variant `flat`, expected `flatten` or `average-pool`
    hint: the value was given with --set
    "#);
    insta::assert_snapshot!(set("model.filters=[]"), @r#"
    error: "model.filters" is []: model.filters is empty: give the filters of at least one block, such as [32, 64]
    experiments/base/cifar-100.toml (embedded), line 50, column 11
       |
    50 | filters = []
       |           ^^
    "#);
    insta::assert_snapshot!(set("model.filters=[4, 4, 4, 4, 4, 4]"), @r#"
    error: "model.filters" is [4, 4, 4, 4, 4, 4]: model.filters has 6 blocks, but images of 32 pixels allow at most 5
    hint: the value was given with --set
    "#);
    insta::assert_snapshot!(set("train.beta_2=1"), @r#"
    error: "train.beta_2" is 1: must be a number from 0 to below 1
    hint: the value was given with --set
    "#);
    insta::assert_snapshot!(set("data.shapes.train_images=3"), @r#"
    error: "data.shapes.train_images" is 3: must be a whole number from 12 to 1000000
    hint: the value was given with --set
    "#);
}

#[test]
fn a_faulty_file_is_shown_with_line_column_and_caret() {
    let place = Place::new();
    let base = "# Mine.\nextends = \"base/cifar-100\"\n\n";
    let show = |name: &str, text: &str| {
        place.experiment(&format!("{name}.toml"), text);
        let shown = place.run(&["show", name]);
        let told = shown.strip_prefix("exit code 2\n--- stderr\n");
        told.unwrap_or_else(|| panic!("{name}: {shown}"))
            .to_string()
    };
    let on_base = |name: &str, rest: &str| show(name, &format!("{base}{rest}"));
    insta::assert_snapshot!(on_base("type", "[model]\nfilters = [8]\n\n[train]\nepochs = \"five\"\n"), @r#"
    error: "train.epochs" is "five": invalid type: string "five", expected a whole number of at least 0
    experiments/type.toml, line 8, column 10
      |
    8 | epochs = "five"
      |          ^^^^^^
    "#);
    insta::assert_snapshot!(on_base("element", "[model]\nfilters = [8, \"x\"]\n"), @r#"
    error: "model.filters" is [8, "x"]: invalid type: string "x", expected a whole number of at least 0
    experiments/element.toml, line 5, column 11
      |
    5 | filters = [8, "x"]
      |           ^^^^^^^^
    "#);
    insta::assert_snapshot!(on_base("key", "[model]\nfilters = [8]\nhead_dropuot = 0.5\n"), @r#"
    error: unknown key "model.head_dropuot"
    experiments/key.toml, line 6, column 1
      |
    6 | head_dropuot = 0.5
      | ^^^^^^^^^^^^
    hint: did you mean "model.head_dropout"? known keys: model.network, model.filters, model.convolutions_per_block, model.kernel, model.normalisation, model.activation, model.shortcut, model.block_dropout, model.head_dropout, model.head, model.initialisation
    "#);
    insta::assert_snapshot!(on_base("section", "[modle]\nfilters = [8]\n"), @r#"
    error: unknown key "modle"
    experiments/section.toml, line 4, column 2
      |
    4 | [modle]
      |  ^^^^^
    hint: did you mean "model"? known keys: data, model, train, checkpoints
    "#);
    insta::assert_snapshot!(on_base("range", "[model]\nfilters = [8]\n\n[train]\nepochs = 0\n"), @r#"
    error: "train.epochs" is 0: must be a whole number of at least 1
    experiments/range.toml, line 8, column 10
      |
    8 | epochs = 0
      |          ^
    "#);
    insta::assert_snapshot!(on_base("twice", "[model]\nfilters = [8]\nfilters = [9]\n"), @r#"
    error: duplicate key
    experiments/twice.toml, line 6, column 1
      |
    6 | filters = [9]
      | ^^^^^^^
    "#);
    insta::assert_snapshot!(on_base("none", ""), @r#"
    error: "model.filters" is []: model.filters is empty: give the filters of at least one block, such as [32, 64]
    experiments/base/cifar-100.toml (embedded), line 50, column 11
       |
    50 | filters = []
       |           ^^
    "#);
    insta::assert_snapshot!(show("unclosed", "extends = \"base/cifar-100\n\n[model]\n"), @r#"
    error: invalid basic string, expected `"`
    experiments/unclosed.toml, line 1, column 26
      |
    1 | extends = "base/cifar-100
      |                          ^
    "#);
    insta::assert_snapshot!(show("number", "extends = 5\n"), @r#"
    error: "extends" is 5: must be the name of an experiment in quotes
    experiments/number.toml, line 1, column 11
      |
    1 | extends = 5
      |           ^
    "#);
    insta::assert_snapshot!(show("orphan", "extends = \"base/cifar-1\"\n"), @r#"
    error: no experiment "base/cifar-1"
    experiments/orphan.toml, line 1, column 11
      |
    1 | extends = "base/cifar-1"
      |           ^^^^^^^^^^^^^^
    hint: did you mean "base/cifar-10"? known experiments: base/cifar-10, base/cifar-100, base/cifar-100-bn, base/digits, base/folder, base/moving-mnist, base/moving-mnist-small, base/shapes, base/tiny-imagenet
    "#);
    place.experiment("hen.toml", "extends = \"egg\"\n");
    insta::assert_snapshot!(show("egg", "extends = \"hen\"\n"), @r#"
    error: "extends" runs in a circle: egg -> hen -> egg
    experiments/hen.toml, line 1, column 11
      |
    1 | extends = "egg"
      |           ^^^^^
    "#);
    insta::assert_snapshot!(show("self", "extends = \"self\"\n"), @r#"
    error: "extends" runs in a circle: self -> self
    experiments/self.toml, line 1, column 11
      |
    1 | extends = "self"
      |           ^^^^^^
    "#);
}

#[test]
fn a_comment_beside_a_faulty_value_does_not_hide_its_place() {
    let place = Place::new();
    let text = "extends = \"trial-a\"\n\n[train]\nepochs = 0 # none at all\n";
    place.experiment("noted.toml", text);
    insta::assert_snapshot!(place.run(&["show", "noted"]), @r#"
    exit code 2
    --- stderr
    error: "train.epochs" is 0: must be a whole number of at least 1
    experiments/noted.toml, line 4, column 10
      |
    4 | epochs = 0 # none at all
      |          ^
    "#);
}

#[test]
fn absent_data_are_answered_with_both_ways_on() {
    let place = Place::new();
    let shown = place.run(&["train", "trial-a", "--data-dir", "nowhere"]);
    assert!(
        shown.starts_with("exit code 1\n--- stderr\nerror: no cifar-100 data in "),
        "{shown}"
    );
    for part in ["\"nowhere", "camtrail data fetch cifar-100", "shapes"] {
        assert!(shown.contains(part), "no {part:?} in {shown}");
    }
    assert!(
        !place.path().join("checkpoints").exists(),
        "nothing was begun"
    );
    assert!(!place.path().join("nowhere").exists(), "nothing was made");
}

#[test]
fn explaining_what_was_never_trained_shows_how_to_train_it() {
    insta::assert_snapshot!(run(&["explain", "trial-d", "--test-index", "0"]), @r#"
    exit code 1
    --- stderr
    error: no trained run in "checkpoints/trial-d/seed-0"
    hint: camtrail train trial-d --seed 0
    "#);
    insta::assert_snapshot!(run(&["explain", "trial-d", "--base", "shapes", "--seed", "3", "--test-index", "0"]), @r#"
    exit code 1
    --- stderr
    error: no trained run in "checkpoints/shapes/trial-d/seed-3"
    hint: camtrail train trial-d --base shapes --seed 3
    "#);
}

#[test]
fn an_ablation_without_its_runs_names_them_and_the_commands() {
    insta::assert_snapshot!(run(&["ablate"]), @r#"
    exit code 1
    --- stderr
    error: no trained run of trial-a, trial-b, trial-c, trial-d with seed 0
    hint: train them with --train, or one by one: camtrail train trial-a --seed 0; camtrail train trial-b --seed 0; camtrail train trial-c --seed 0; camtrail train trial-d --seed 0
    "#);
    insta::assert_snapshot!(run(&["ablate", "trial-a", "trial-d-gap", "--base", "shapes", "--seed", "2"]), @r#"
    exit code 1
    --- stderr
    error: no trained run of trial-a, trial-d-gap with seed 2
    hint: train them with --train, or one by one: camtrail train trial-a --base shapes --seed 2; camtrail train trial-d-gap --base shapes --seed 2
    "#);
}

#[test]
fn resuming_what_was_never_started_says_so() {
    insta::assert_snapshot!(run(&["train", "trial-a", "--base", "shapes", "--resume"]), @r#"
    exit code 1
    --- stderr
    error: nothing to resume in "checkpoints/shapes/trial-a/seed-0"
    hint: start it without --resume
    "#);
}

#[test]
fn unknown_methods_layers_and_classes_are_answered_with_the_known_ones() {
    insta::assert_snapshot!(explain(&["--method", "gradcam"]), @r#"
    exit code 2
    --- stderr
    error: unknown method "gradcam"; known: "cam", "grad-cam", "grad-cam-pp", "layer-cam", "hires-cam", "xgrad-cam", "score-cam", "ablation-cam"
    hint: did you mean "grad-cam"?
    "#);
    insta::assert_snapshot!(explain(&["--layer", "block5"]), @r#"
    exit code 2
    --- stderr
    error: unknown layer "block5"; known: "block-1", "pool-1", "block-2", "pool-2"
    hint: did you mean "block-2"?
    "#);
    insta::assert_snapshot!(explain(&["--class", "circel"]), @r#"
    exit code 2
    --- stderr
    error: no class is called "circel"
    hint: known: disc, ring, square, triangle, cross, tee, ell, zigzag, star, crescent, heart, arrow
    "#);
    insta::assert_snapshot!(explain(&["--method", "cam"]), @r#"
    exit code 2
    --- stderr
    error: method "cam" cannot explain layer "block-2": it needs global average pooling and one linear layer between it and the logits, and the network has head = "flatten"
    hint: train such a head with --retrain-head, or choose a network with head = "average-pool", or use method "grad-cam"
    "#);
    insta::assert_snapshot!(explain(&["--quantity", "odds"]), @r#"
    exit code 2
    --- stderr
    error: unknown quantity "odds"; known: "logit", "probability", or "minus:CLASS"
    "#);
    insta::assert_snapshot!(explain(&["--quantity", "minus:circel"]), @r#"
    exit code 2
    --- stderr
    error: no class is called "circel"
    hint: known: disc, ring, square, triangle, cross, tee, ell, zigzag, star, crescent, heart, arrow
    "#);
    insta::assert_snapshot!(explain(&["--class", "ring", "--quantity", "minus:ring"]), @r#"
    exit code 2
    --- stderr
    error: class 1 minus itself is 0: there is nothing to explain
    hint: take two classes that differ
    "#);
    insta::assert_snapshot!(explain(&["--method", "cam", "--quantity", "probability"]), @r#"
    exit code 2
    --- stderr
    error: method "cam" cannot explain a probability: it knows the weights of logits alone
    hint: use method "grad-cam"
    "#);
    insta::assert_snapshot!(explain(&["--test-index", "24"]), @r#"
    exit code 2
    --- stderr
    error: there is no test image 24
    hint: shapes has test images 0 to 23
    "#);
    insta::assert_snapshot!(explain(&["--checkpoint", "12"]), @r#"
    exit code 1
    --- stderr
    error: no checkpoint for epoch 12 in "checkpoints/shapes/trial-b/seed-0" (there are epoch-000, epoch-001)
    hint: take one of those, "best" or "last"
    "#);
    insta::assert_snapshot!(explain(&["--checkpoint", "newest"]), @r#"
    exit code 2
    --- stderr
    error: "newest" names no checkpoint
    hint: take "best", "last" or an epoch's number
    "#);
}

#[test]
fn images_that_are_none_are_named() {
    let place = Place::new();
    let file = |name: &str, content: &[u8]| {
        let path = place.path().join(name);
        fs::write(&path, content).expect("written");
        path.to_str().expect("UTF-8").to_string()
    };
    let explain_file = |path: &str| {
        let shown = explain(&["--image", path]);
        shown.replace(place.path().to_str().expect("UTF-8"), "[images]")
    };
    let mut jpeg = Vec::new();
    let picture = image::RgbImage::from_fn(64, 64, |x, y| image::Rgb([x as u8, y as u8, 7]));
    picture
        .write_to(
            &mut std::io::Cursor::new(&mut jpeg),
            image::ImageFormat::Jpeg,
        )
        .expect("encoded");
    let cut = &jpeg[..jpeg.len() / 2];
    insta::assert_snapshot!(explain_file(&file("empty.png", b"")), @r#"
    exit code 1
    --- stderr
    error: cannot read the image "[images]/empty.png": unexpected end of file
    hint: give PNG, JPEG, WebP or BMP files
    "#);
    insta::assert_snapshot!(explain_file(&file("text.png", b"no picture at all")), @r#"
    exit code 1
    --- stderr
    error: cannot read the image "[images]/text.png": Format error decoding Png: Invalid PNG signature
    hint: give PNG, JPEG, WebP or BMP files
    "#);
    insta::assert_snapshot!(explain_file(&file("cut.jpg", cut)), @r#"
    exit code 1
    --- stderr
    error: cannot read the image "[images]/cut.jpg": the file ends before the picture does
    hint: copy or download it again
    "#);
    let absent = place.path().join("absent.png");
    insta::assert_snapshot!(explain_file(absent.to_str().expect("UTF-8")), @r#"
    exit code 1
    --- stderr
    error: cannot read the image "[images]/absent.png": No such file or directory (os error 2)
    hint: name a picture file that is there and may be read
    "#);

    // The whole picture is explained: the ones above fail for what they are.
    let whole = explain_file(&file("whole.jpg", &jpeg));
    assert!(whole.starts_with("exit code 0\n"), "{whole}");
    assert!(whole.contains("/whole.jpg  block-2"), "{whole}");
}

#[test]
fn explaining_an_image_writes_maps_and_figure_and_a_row_a_method() {
    let shown = explain(&[]);
    assert!(shown.starts_with("exit code 0\n"), "{shown}");
    for part in [
        "shapes/test/0",
        "block-2",
        "16 x 16",
        "grad-cam ",
        "grad-cam-pp",
        "[out]/",
    ] {
        assert!(shown.contains(part), "no {part:?} in {shown}");
    }
    assert!(!shown.contains("  cam"), "CAM needs another head: {shown}");
    assert!(!shown.contains("score-cam"), "it asks questions: {shown}");
    let arguments = [
        "explain",
        "trial-d-gap",
        "--base",
        "shapes",
        "--test-index",
        "0",
    ];
    let out = tempfile::tempdir().expect("a temporary folder");
    let out = ["--out", out.path().to_str().expect("UTF-8")];
    let pooled = printed_in(trained(), &[&arguments[..], &out[..]].concat());
    assert!(pooled.contains("  cam"), "{pooled}");
}

#[test]
fn a_difference_of_classes_is_named_in_table_and_record_and_by_methods_that_ask() {
    let out = tempfile::tempdir().expect("a temporary folder");
    let folder = out.path().to_str().expect("UTF-8");
    let mut arguments = vec![
        "explain",
        "trial-b",
        "--base",
        "shapes",
        "--test-index",
        "0",
    ];
    arguments.extend([
        "--class",
        "ring",
        "--quantity",
        "minus:disc",
        "--out",
        folder,
    ]);
    arguments.extend(["--method", "score-cam", "--method", "ablation-cam"]);
    let shown = printed_in(trained(), &arguments);
    assert!(shown.starts_with("exit code 0\n"), "{shown}");
    for part in ["score-cam", "ablation-cam", "ring, minus:disc"] {
        assert!(shown.contains(part), "no {part:?} in {shown}");
    }
    let record = fs::read_to_string(out.path().join("maps.json")).expect("written");
    assert_eq!(record.matches("\"quantity\": \"minus:disc\"").count(), 2);
}
