//! `layers`: the layers of a published network that can be explained.

use clap::Args;

use crate::model::backbones::{Backbone, BackboneName, Parameters};
use crate::study::dialect_of;

use super::context::Context;
use super::failure::Complaint;
use super::output::{DONE, result, result_table};

/// Number of classes of the network: ImageNet's.
const CLASSES: usize = 1000;
/// Supported sides, in pixels: below, a network runs out of pixels; above, of memory.
const SIDES: std::ops::RangeInclusive<usize> = 32..=2048;

/// Arguments of `layers`.
#[derive(Debug, Clone, Args)]
pub(super) struct LayersArguments {
    /// ImageNet network, such as resnet50
    network: String,
    /// Side of the image, in pixels [default: the network's side for photographs, 224 or 227]
    #[arg(long, value_name = "N")]
    size: Option<usize>,
    /// Convention of the weights: "torchvision", "tensorflow" or "caffe" [default: torchvision]
    #[arg(long, value_name = "NAME")]
    dialect: Option<String>,
}

/// Weights of zero: sizes do not depend on weights.
struct Zeros;

impl Parameters for Zeros {
    fn values(&mut self, _name: &str, shape: &[usize]) -> Vec<f32> {
        vec![0.0; shape.iter().product()]
    }
}

/// Prints the name and size of every layer of a network.
pub(super) fn run(context: &Context, arguments: &LayersArguments) -> anyhow::Result<u8> {
    let name: BackboneName = arguments.network.parse()?;
    let dialect = arguments.dialect.as_deref().map(str::parse).transpose()?;
    let dialect = dialect_of(name, dialect)?.unwrap_or_default();
    let side = arguments.size.unwrap_or(name.preprocessing(dialect).crop);
    if !SIDES.contains(&side) {
        let (least, most) = (SIDES.start(), SIDES.end());
        let hint = format!("give a side from {least} to {most} pixels");
        let message = format!("--size {side} is no side that a network can be asked for");
        return Err(Complaint::misused(message, hint).into());
    }
    let device = &context.runs.device.device;
    let network = Backbone::new(name, dialect, CLASSES, &mut Zeros, device);
    let header = ["layer", "channels", "cells", ""].map(str::to_string);
    let mut rows = vec![header.to_vec()];
    for (layer, [channels, height, width]) in network.layer_sizes([side; 2], device) {
        let mut notes = Vec::new();
        if layer == network.default_layer() {
            notes.push("default");
        }
        if network.pooled_linear_weights(&layer).is_some() {
            notes.push("CAM");
        }
        rows.push(vec![
            layer,
            channels.to_string(),
            format!("{height} x {width}"),
            notes.join(", "),
        ]);
    }
    result_table(&rows);
    result(format!(
        "{name} on {side} x {side} pixels; head: {}",
        network.head()
    ));
    Ok(DONE)
}
