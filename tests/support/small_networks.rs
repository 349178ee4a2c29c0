//! ImageNet networks with small random weights, and pictures.

use std::fs;
use std::path::Path;

use burn::tensor::Device;
use camtrail::model::backbones::{Backbone, BackboneName, Dialect, Parameters};
use camtrail::model::weights::{ExportedTensor, export_safetensors};

/// Gives small values above 0, so that every class's score grows with every activation, and keeps
/// them.
#[derive(Default)]
struct Kept {
    tensors: Vec<ExportedTensor>,
}

impl Parameters for Kept {
    fn values(&mut self, name: &str, shape: &[usize]) -> Vec<f32> {
        let count = shape.iter().product();
        let fan_in = (count / shape[0]) as f32;
        let values: Vec<f32> = (0..count)
            .map(|i| ((i * i + count) as f32).sin().abs() * 1.5 / fan_in)
            .collect();
        self.tensors.push(ExportedTensor {
            name: name.to_string(),
            shape: shape.to_vec(),
            values: values.clone(),
        });
        values
    }
}

/// Writes weights of the network `name` for `classes` classes to `path`.
pub(crate) fn write_weights(path: &Path, name: BackboneName, classes: usize) {
    let mut kept = Kept::default();
    let device = Device::flex();
    let _ = Backbone::new(name, Dialect::Torchvision, classes, &mut kept, &device);
    let content = export_safetensors(&kept.tensors, &[]).expect("shapes fit");
    fs::write(path, content).expect("written");
}

/// Writes a picture of a pattern to `path`.
pub(crate) fn write_picture(path: &Path, width: u32, height: u32) {
    let pixels = image::RgbImage::from_fn(width, height, |x, y| {
        image::Rgb([(x * 4) as u8, (y * 8) as u8, ((x * y) % 256) as u8])
    });
    pixels.save(path).expect("written");
}
