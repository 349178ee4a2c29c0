//! Weight files of ImageNet networks with small random weights, and pictures.

use std::fs;
use std::path::Path;

use camtrail::model::backbones::BackboneName;
use camtrail::model::weights::{Precision, export_safetensors};

#[path = "small_network.rs"]
mod small_network;

use small_network::small_network;

/// Writes weights of the network `name` for `classes` classes to `path`.
pub(crate) fn write_weights(path: &Path, name: BackboneName, classes: usize) {
    let (_, tensors) = small_network(name, classes);
    let content = export_safetensors(&tensors, &[], Precision::Single).expect("shapes fit");
    fs::write(path, content).expect("written");
}

/// Writes a picture of a pattern to `path`.
pub(crate) fn write_picture(path: &Path, width: u32, height: u32) {
    let pixels = image::RgbImage::from_fn(width, height, |x, y| {
        image::Rgb([(x * 4) as u8, (y * 8) as u8, ((x * y) % 256) as u8])
    });
    pixels.save(path).expect("written");
}
