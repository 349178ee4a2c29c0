//! Prints a hash of each gradient and weight of one training step, and of two maps afterwards. Two
//! processors compute the same bits if the lines are the same; the first line that differs names the
//! layer where they part.
//!
//!     cargo run --example hash_a_step -- resnet50 16 2
//!     cargo run --example hash_a_step -- convlstm 64 2
//!
//! The arguments are a network, the side of its images in pixels, and the number of images or clips.

#![expect(clippy::print_stdout, reason = "an example shows what it found")]

use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::{Device, Int, Tensor, TensorData};
use burn::train::TrainStep;
use camtrail::explain::{ExplainRequest, Method, TargetSpec, explain};
use camtrail::model::backbones::{Backbone, BackboneName, TrainableBackbone};
use camtrail::model::tap::Tap;
use camtrail::model::{ConvLstm, ForecastSpec, Predictor, PredictorName};
use camtrail::train::{FrameLoss, ImageBatch, frame_loss};

const CLASSES: usize = 12;
const FRAMES: usize = 8;
const LEARNING_RATE: f64 = 1e-3;

/// Returns the FNV-1a hash of the bits of all values.
fn hash(values: impl IntoIterator<Item = f32>) -> u64 {
    let start = 0xcbf2_9ce4_8422_2325;
    values.into_iter().fold(start, |hash: u64, value| {
        (hash ^ u64::from(value.to_bits())).wrapping_mul(0x100_0000_01b3)
    })
}

fn show<const D: usize>(name: &str, tensor: Tensor<D>) {
    let shape = tensor.dims();
    let hash = hash(tensor.into_data().iter::<f32>());
    println!("{name} {shape:?} {hash:016x}");
}

/// Returns values from 0 to 1 from a formula.
fn values<const D: usize>(shape: [usize; D], device: &Device) -> Tensor<D> {
    let value = |at: usize| (at * 7919 % 10_007) as f32 / 10_007.0;
    let values: Vec<f32> = (0..shape.iter().product()).map(value).collect();
    Tensor::from_data(TensorData::new(values, shape), device)
}

struct Gradients<'a>(&'a GradientsParams);

impl ModuleVisitor for Gradients<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(gradient) = self.0.get::<D>(param.id) {
            show("gradient", gradient);
        }
    }
}

struct Weights;

impl ModuleVisitor for Weights {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        show("weight", param.val());
    }
}

fn published(name: &str, [count, side]: [usize; 2]) -> Result<(), Box<dyn std::error::Error>> {
    let name: BackboneName = name.parse()?;
    let device = Device::flex().autodiff();
    let images = |device: &Device| (values([count, 3, side, side], device) - 0.5) * 3.0;
    let network = TrainableBackbone::new(name, CLASSES, 0, &device);
    let batch = ImageBatch {
        images: images(&device),
        labels: Tensor::<1, Int>::arange(0..count as i64, &device) % CLASSES as i32,
        targets: None,
    };
    let output = TrainStep::step(&network, batch);
    show("logits", output.item.output);
    show("loss", output.item.loss);
    network.visit(&mut Gradients(&output.grads));
    let mut adam = AdamConfig::new().init();
    let network = adam.step(LEARNING_RATE, network, output.grads).valid();
    network.visit(&mut Weights);
    let folded = Backbone::of_trained(&network);
    let request = ExplainRequest {
        layers: vec![folded.default_layer().to_owned()],
        methods: vec![Method::parse("grad-cam")?, Method::parse("grad-cam-pp")?],
        target: TargetSpec::predicted(),
    };
    for found in explain(&folded, images(&Device::flex()), &request)? {
        let map = hash(found.saliency.raw.values().iter().copied());
        println!("{} {map:016x}", found.method);
    }
    Ok(())
}

fn predictor([count, side]: [usize; 2]) {
    let spec = ForecastSpec {
        network: PredictorName::default(),
        hidden: vec![16, 24],
        kernel: 3,
        patch: 4,
        forget_bias: 1.0,
        head_bias: -3.0,
    };
    let device = Device::flex().autodiff();
    let clips = values([count, FRAMES, 1, side, side], &device);
    let network = ConvLstm::new(&spec, side, 0, &device);
    let seen = clips.clone().narrow(1, 0, FRAMES - 1);
    let logits = network.forward(seen, &mut Tap::off());
    show("logits", logits.clone());
    let loss = frame_loss(FrameLoss::Bce, logits, clips.narrow(1, 1, FRAMES - 1));
    show("loss", loss.clone());
    let gradients = GradientsParams::from_grads(loss.backward(), &network);
    network.visit(&mut Gradients(&gradients));
    let mut adam = AdamConfig::new().init();
    let network = adam.step(LEARNING_RATE, network, gradients);
    network.visit(&mut Weights);
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [name, side, count] = words.as_slice() else {
        return Err("give a network, a side and a number of images".into());
    };
    let size = [count.parse()?, side.parse()?];
    match name.as_str() {
        "convlstm" => predictor(size),
        name => published(name, size)?,
    }
    Ok(())
}
