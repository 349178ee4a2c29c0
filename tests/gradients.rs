//! The training step against mathematics: the gradient of the loss against finite differences,
//! Adam against the paper's algorithm, and dropout in training alone.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor, TensorData};
use burn::train::TrainStep;
use camtrail::data::{
    Augmentation, DataOptions, EpochOrder, SHAPES, ShapesOptions, Splits, fill_batch,
};
use camtrail::model::tap::Tap;
use camtrail::model::{
    BlockActivation, BlockDropout, Head, Initialisation, ModelSpec, PlainCnn, load_network,
    to_tensor,
};
use camtrail::run::{CheckpointName, EpochRow, RunDir, RunManifest, RunStatus, read_epoch_records};
use camtrail::train::{
    CheckpointSpec, ClassifyJob, ImageBatch, Silent, StartMode, TrainSpec, train,
};

/// Adam's constants as Kingma and Ba (2015) give them.
const LEARNING_RATE: f64 = 1e-3;
const BETA_1: f64 = 0.9;
const BETA_2: f64 = 0.999;
const EPSILON: f64 = 1e-8;
/// Images of the one batch that is an epoch.
const IMAGES: usize = 24;
/// Classes of the generated data.
const CLASSES: usize = 12;

/// Burn's random generator is one for the whole process: trainings take turns.
static GENERATOR: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    GENERATOR.lock().unwrap_or_else(PoisonError::into_inner)
}

fn spec(head: Head) -> ModelSpec {
    ModelSpec {
        head,
        ..ModelSpec::plain(&[3, 4])
    }
}

fn shapes() -> Splits {
    let shapes = ShapesOptions {
        train_images: IMAGES,
        validation_images: IMAGES,
        test_images: CLASSES,
        seed: 3,
    };
    let options = DataOptions {
        dataset: SHAPES,
        validation_images: 0,
        split_seed: 0,
        shapes,
        pictures: Default::default(),
        train_limit: None,
    };
    camtrail::data::load(&options, &Default::default()).expect("generated data need no file")
}

/// The training images of `indices`, and their classes.
fn batch(data: &Splits, indices: &[usize], device: &Device) -> ImageBatch {
    let (mut images, mut labels) = (Vec::new(), Vec::new());
    fill_batch(
        &data.train,
        indices,
        None,
        &data.normalisation,
        &mut images,
        &mut labels,
    );
    let (images, labels) = to_tensor(&data.train, &images, &labels, device);
    ImageBatch {
        images,
        labels,
        targets: None,
    }
}

/// Collects all weights, or all gradients, by parameter number, as float64.
#[derive(Default)]
struct Collect<'a> {
    gradients: Option<&'a GradientsParams>,
    values: BTreeMap<u64, Vec<f64>>,
}

impl ModuleVisitor for Collect<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let tensor = match self.gradients {
            Some(gradients) => gradients
                .get::<D>(param.id)
                .expect("every weight has a gradient"),
            None => param.val().without_autodiff(),
        };
        self.values
            .insert(param.id.val(), tensor.to_data().iter::<f64>().collect());
    }
}

fn weights(network: &PlainCnn) -> BTreeMap<u64, Vec<f64>> {
    let mut collect = Collect::default();
    network.visit(&mut collect);
    collect.values
}

fn gradients(network: &PlainCnn, batch: ImageBatch) -> BTreeMap<u64, Vec<f64>> {
    let output = TrainStep::step(network, batch);
    let mut collect = Collect {
        gradients: Some(&output.grads),
        ..Collect::default()
    };
    network.visit(&mut collect);
    collect.values
}

/// Adds `change` to one element of one parameter.
struct Nudge {
    parameter: u64,
    element: usize,
    change: f32,
}

impl ModuleMapper for Nudge {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let (id, tensor, mapper) = param.consume();
        if id.val() != self.parameter {
            return Param::from_mapped_value(id, tensor, mapper);
        }
        let (shape, device) = (tensor.dims(), tensor.device());
        let mut values: Vec<f32> = tensor.to_data().iter::<f32>().collect();
        values[self.element] += self.change;
        let nudged = Tensor::from_data(TensorData::new(values, shape), &device);
        Param::from_mapped_value(id, nudged, mapper)
    }
}

/// Mean cross-entropy, from the network's float32 logits on in float64.
fn loss(network: &PlainCnn, batch: &ImageBatch) -> f64 {
    let logits = network.forward(batch.images.clone(), &mut Tap::off());
    let logits: Vec<f64> = logits.to_data().iter::<f64>().collect();
    let labels: Vec<i64> = batch.labels.to_data().iter::<i64>().collect();
    let rows = logits.chunks_exact(CLASSES).zip(&labels);
    let sum: f64 = rows
        .map(|(row, &label)| {
            let largest = row.iter().copied().fold(f64::MIN, f64::max);
            let sum: f64 = row.iter().map(|logit| (logit - largest).exp()).sum();
            largest + sum.ln() - row[label as usize]
        })
        .sum();
    sum / labels.len() as f64
}

/// Step of the finite differences. A mean of 24 losses from float32 logits is good to about 1e-7,
/// so a difference over 2 x 0.001 is good to about 5e-5; the curvature's share is of the order of
/// the step squared.
const STEP: f32 = 1e-3;
/// Allowed difference in the dense layer, as a share of the parameter's largest gradient: the
/// rounding above.
const SMOOTH_TOLERANCE: f64 = 1e-3;
/// Allowed difference in a convolution: a nudge that moves some activations over a kink of ReLU or
/// max-pool costs up to about one part in a hundred.
const KINKED_TOLERANCE: f64 = 2e-2;

/// Checks the gradients of the network of `spec`, which has `layers` layers of a weight and a bias; the
/// last is the dense one.
fn check_gradients(spec: &ModelSpec, layers: usize) {
    let _alone = alone();
    let data = shapes();
    let cpu = Device::flex();
    let network = PlainCnn::new(spec, (32, 32), CLASSES, 1, &cpu.clone().autodiff());
    let indices: Vec<usize> = (0..IMAGES).collect();
    let analytic = gradients(&network, batch(&data, &indices, &cpu.clone().autodiff()));
    let plain = batch(&data, &indices, &cpu);
    let network = network.valid();
    assert_eq!(analytic.len(), 2 * layers);
    for (&parameter, gradient) in &analytic {
        let tolerance = if parameter as usize <= 2 * (layers - 1) {
            KINKED_TOLERANCE
        } else {
            SMOOTH_TOLERANCE
        };
        let size = |element: &usize| gradient[*element].abs();
        let mut elements: Vec<usize> = (0..gradient.len()).collect();
        elements.sort_by(|a, b| size(b).total_cmp(&size(a)));
        let largest = size(&elements[0]);
        assert!(
            largest > 1e-3,
            "parameter {parameter} has a gradient to see: {largest}"
        );
        // The largest, the smallest and some between.
        let picked = (0..4).map(|part| elements[part * (elements.len() - 1) / 3]);
        for element in picked {
            let at = |change: f32| {
                let nudge = &mut Nudge {
                    parameter,
                    element,
                    change,
                };
                loss(&network.clone().map(nudge), &plain)
            };
            let numeric = (at(STEP) - at(-STEP)) / f64::from(2.0 * STEP);
            let found = gradient[element];
            assert!(
                (numeric - found).abs() <= tolerance * largest,
                "parameter {parameter}, element {element}: {found} against {numeric}"
            );
        }
    }
}

#[test]
fn the_gradient_under_a_flat_head_is_that_of_finite_differences() {
    check_gradients(&spec(Head::Flatten), 3);
}

#[test]
fn the_gradient_under_average_pooling_is_that_of_finite_differences() {
    check_gradients(&spec(Head::AveragePool), 3);
}

/// The smooth activations: six layers of kinks would be more than the tolerance. The others are
/// compared with PyTorch.
#[test]
fn the_gradient_with_shortcuts_is_that_of_finite_differences() {
    for activation in [BlockActivation::Gelu, BlockActivation::Silu] {
        let spec = ModelSpec {
            activation,
            convolutions_per_block: 3,
            kernel: 5,
            shortcut: true,
            initialisation: Initialisation::Kaiming,
            ..spec(Head::AveragePool)
        };
        check_gradients(&spec, 7);
    }
}

fn run(root: &Path, model: &ModelSpec, epochs: u32, data: &Splits) -> RunDir {
    let run = RunDir::new(root, "tiny", 2);
    let job = ClassifyJob {
        run: &run,
        model,
        architecture: &model.describe(),
        train: &TrainSpec {
            epochs,
            batch_size: IMAGES,
            learning_rate: LEARNING_RATE,
            beta_1: BETA_1,
            beta_2: BETA_2,
            epsilon: EPSILON,
            ..TrainSpec::default()
        },
        checkpoints: &CheckpointSpec {
            at: vec![0, 1, 2],
            every: 1,
        },
        augmentation: &Augmentation::NONE,
        data,
        device: &Device::flex(),
        experiment: "",
        manifest: RunManifest {
            trial: "tiny".to_string(),
            network_title: String::new(),
            seed: 2,
            camtrail: String::new(),
            burn: String::new(),
            git_revision: None,
            device: String::new(),
            host: String::new(),
            dataset: "shapes".to_string(),
            generated: true,
            data: BTreeMap::new(),
            statistics: None,
            images: None,
            blocks: 2,
            parameters: 0,
            multiply_adds: 0,
            started: 0,
            updated: 0,
            status: RunStatus::Running,
            warnings: Vec::new(),
            experiments: Vec::new(),
            sha256: String::new(),
        },
        mode: StartMode::Fresh,
    };
    train(job, &mut Silent, &|| false).expect("trained");
    run
}

/// Three steps of training against Kingma and Ba (2015), algorithm 1, from the same gradients.
#[test]
fn training_takes_the_steps_of_adam() {
    /// Float32 holds a weight below 1 to 6e-8; moments and step add roundings of their own, in
    /// parts of a step of 1e-3 at most.
    const ROUNDING: f64 = 2e-7;
    /// What the framework's own default for epsilon would be.
    const OTHER_EPSILON: f64 = 1e-5;

    let _alone = alone();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (model, data, device) = (spec(Head::Flatten), shapes(), Device::flex().autodiff());
    let run = run(folder.path(), &model, 3, &data);
    let checkpoint = |epoch| {
        let network = PlainCnn::new(&model, (32, 32), CLASSES, 0, &device);
        let name = CheckpointName::epoch(epoch);
        load_network(&run, name, network, &model.describe())
            .expect("a checkpoint")
            .network
    };
    let mut moments: BTreeMap<u64, Vec<(f64, f64)>> = BTreeMap::new();
    let mut sensitive = 0;
    for step in 1..=3 {
        let before = checkpoint(step - 1);
        let order = EpochOrder::new(IMAGES, run.seed(), u64::from(step));
        let gradients = gradients(&before, batch(&data, order.batch(IMAGES, 0), &device));
        let (before, after) = (weights(&before), weights(&checkpoint(step)));
        for (parameter, gradient) in &gradients {
            let moments = moments
                .entry(*parameter)
                .or_insert(vec![(0.0, 0.0); gradient.len()]);
            for (element, g) in gradient.iter().enumerate() {
                let (m, v) = &mut moments[element];
                *m = BETA_1 * *m + (1.0 - BETA_1) * g;
                *v = BETA_2 * *v + (1.0 - BETA_2) * g * g;
                let m_hat = *m / (1.0 - BETA_1.powi(step as i32));
                let v_hat = *v / (1.0 - BETA_2.powi(step as i32));
                let theta = |epsilon: f64| {
                    before[parameter][element] - LEARNING_RATE * m_hat / (v_hat.sqrt() + epsilon)
                };
                let (expected, found) = (theta(EPSILON), after[parameter][element]);
                assert!(
                    (expected - found).abs() <= ROUNDING,
                    "step {step}, parameter {parameter}, element {element}: {found}, {expected}"
                );
                sensitive += usize::from((theta(OTHER_EPSILON) - found).abs() > 5.0 * ROUNDING);
            }
        }
    }
    assert!(
        sensitive > 10,
        "another epsilon would be seen in {sensitive} weights only"
    );
}

#[test]
fn dropout_is_on_in_training_and_off_in_validation() {
    let _alone = alone();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = shapes();
    let rows = |name: &str, block_dropout: f64, head_dropout: f64| -> Vec<EpochRow> {
        let model = ModelSpec {
            block_dropout: BlockDropout::All(block_dropout),
            head_dropout,
            ..spec(Head::Flatten)
        };
        let run = run(&folder.path().join(name), &model, 1, &data);
        read_epoch_records::<EpochRow>(&run.epochs()).expect("a table")
    };
    let without = rows("without", 0.0, 0.0);
    for (name, block, head) in [("block", 0.5, 0.0), ("head", 0.0, 0.5)] {
        let with = rows(name, block, head);
        let validation = |rows: &[EpochRow]| (rows[0].validation_loss, rows[0].validation_accuracy);
        assert_eq!(
            validation(&with),
            validation(&without),
            "{name}: same weights, same values"
        );
        assert_ne!(
            with[1].train_loss, without[1].train_loss,
            "{name}: dropout in training"
        );
    }
}
