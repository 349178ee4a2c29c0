//! `layers`: the places of a network that can be explained. Called by [`super::super::run`].

use crate::cli::DONE;
use crate::cli::context::Context;
use crate::cli::failure::Complaint;
use crate::cli::output::{result, table};
use crate::model::backbones::{Backbone, BackboneName, Parameters};

use super::arguments::LayersArguments;
use super::opened::dialect_of;

/// Classes of the network that is looked at: ImageNet's.
const CLASSES: usize = 1000;
/// Sides that are worth a look, in pixels: below, a network runs out of pixels; above, of memory.
const SIDES: std::ops::RangeInclusive<usize> = 32..=2048;

/// Weights of zero: sizes depend on none.
struct Zeros;

impl Parameters for Zeros {
    fn values(&mut self, _name: &str, shape: &[usize]) -> Vec<f32> {
        vec![0.0; shape.iter().product()]
    }
}

/// Prints the name and size of every layer of a network.
pub(in crate::cli) fn list_layers(
    context: &Context,
    arguments: &LayersArguments,
) -> anyhow::Result<u8> {
    let name: BackboneName = arguments.network.parse()?;
    let dialect = dialect_of(name, arguments.dialect.as_deref())?.unwrap_or_default();
    let side = arguments.size.unwrap_or(name.preprocessing(dialect).crop);
    if !SIDES.contains(&side) {
        let (least, most) = (SIDES.start(), SIDES.end());
        let hint = format!("give a side from {least} to {most} pixels");
        let message = format!("--size {side} is no side that a network can be asked for");
        return Err(Complaint::misused(message, hint).into());
    }
    let device = &context.device.device;
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
    result(table(&rows));
    result(format!(
        "{name} on {side} x {side} pixels; head: {}",
        network.head()
    ));
    Ok(DONE)
}
