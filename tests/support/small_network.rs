//! An ImageNet network with small random weights.

use burn::tensor::Device;
use camtrail::model::backbones::{Backbone, BackboneName, Dialect, Parameters};
use camtrail::model::weights::ExportedTensor;

/// A source of small values above 0, so that every class's score grows with every activation; it
/// keeps the values.
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

/// Returns the network `name` for `classes` classes, and its weights.
pub(crate) fn small_network(name: BackboneName, classes: usize) -> (Backbone, Vec<ExportedTensor>) {
    let mut kept = Kept::default();
    let device = Device::flex();
    let network = Backbone::new(name, Dialect::Torchvision, classes, &mut kept, &device);
    (network, kept.tensors)
}
