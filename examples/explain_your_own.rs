//! Explains a network that is not part of camtrail: a small residual one, trained here to
//! distinguish vertical from horizontal bars in generated pictures. Prints a heat map, and saves it
//! next to its picture.

use burn::module::Module;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::{Linear, LinearConfig, PaddingConfig2d, loss::CrossEntropyLoss};
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::{Device, Int, Tensor, TensorData, activation::relu};
use camtrail::explain::{ExplainRequest, Explainable, Method, Plane, TargetSpec, explain};
use camtrail::model::tap::Tap;

#[derive(Module, Debug)]
struct Residual {
    stem: Conv2d,
    body: Conv2d,
    classes: Linear,
}

impl Explainable for Residual {
    fn forward_tapped(&self, images: Tensor<4>, tap: &mut Tap) -> Tensor<2> {
        let stem = tap.observe("stem", relu(self.stem.forward(images)));
        let joined = relu(stem.clone() + self.body.forward(stem));
        let means = tap.observe("joined", joined).mean_dim(3).mean_dim(2);
        self.classes.forward(means.flatten(1, 3))
    }

    fn layers(&self) -> Vec<String> {
        vec!["stem".to_owned(), "joined".to_owned()]
    }
}

/// Returns pictures `[count, 1, 16, 16]` of bars over clutter, alternating between 0, vertical, and
/// 1, horizontal.
fn pictures(count: usize, device: &Device) -> (Tensor<4>, Tensor<1, Int>) {
    let pixel = |place: usize| {
        let (picture, y, x) = (place / 256, place / 16 % 16, place % 16);
        let (along, across) = [(y, x), (x, y)][picture % 2];
        let on_bar = (4..13).contains(&along) && across == 2 + picture * 7 % 12;
        0.8 * f32::from(u8::from(on_bar)) + 0.2 * ((place * place) as f32 * 0.7).sin().abs()
    };
    let pixels: Vec<f32> = (0..count * 256).map(pixel).collect();
    let pixels = Tensor::from_data(TensorData::new(pixels, [count, 1, 16, 16]), device);
    (pixels, Tensor::arange(0..count as i64, device) % 2)
}

#[expect(clippy::print_stdout, reason = "an example shows what it found")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let device = Device::flex().autodiff();
    device.seed(0);
    let conv = |channels| Conv2dConfig::new(channels, [3, 3]).with_padding(PaddingConfig2d::Same);
    let mut network = Residual {
        stem: conv([1, 8]).init(&device),
        body: conv([8, 8]).init(&device),
        classes: LinearConfig::new(8, 2).init(&device),
    };
    let ((images, labels), mut adam) = (pictures(48, &device), AdamConfig::new().init());
    for _step in 0..60 {
        let logits = network.forward_tapped(images.clone(), &mut Tap::off());
        let loss = CrossEntropyLoss::new(None, &device).forward(logits, labels.clone());
        let gradients = GradientsParams::from_grads(loss.backward(), &network);
        network = adam.step(0.01, network, gradients);
    }
    let (images, _labels) = pictures(2, &Device::flex());
    let request = ExplainRequest {
        layers: vec!["joined".to_owned()],
        methods: vec![Method::parse("grad-cam")?],
        target: TargetSpec::predicted(),
    };
    let heat = &explain(&network.valid(), images.clone(), &request)?[1]
        .saliency
        .normalised;
    heat.rows().for_each(|row| println!("{row:.1?}"));
    let panels = [&Plane::from_batch(images.squeeze_dim(1))[1], heat];
    let saved = image::GrayImage::from_fn(512, 256, |x, y| {
        let (x, y) = (x as usize / 16, y as usize / 16);
        image::Luma([(255.0 * panels[x / 16].at(y, x % 16)) as u8])
    });
    std::fs::create_dir_all("figures")?;
    Ok(saved.save("figures/explain-your-own.png")?)
}
