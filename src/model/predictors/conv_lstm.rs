//! ConvLSTM: layers of convolutional LSTM cells and a 1x1 head.

use burn::module::{Module, Param};
use burn::nn::conv::Conv2d;
use burn::tensor::{Device, Tensor};

use super::parts::{Part, drawn, head, set_bias};
use super::patches::{fold, unfold};
use super::stack::{self, LayerSize};
use crate::kernels::{After, Form, GATES, Memory, convolution, recurrence};
use crate::model::forecast_spec::{ForecastSpec, ForecastSpecError};
use crate::model::numbering::numbered;
use crate::model::predictor::{Recurrent, hidden_state, place};
use crate::model::size::{NetworkSize, product, sum};
use crate::model::tap::Tap;

/// One layer: a ConvLSTM cell without peepholes.
///
/// Its gates come from one convolution over the input and the previous hidden state, stacked along
/// the channels, with zero padding.
#[derive(Module, Debug)]
struct Cell {
    gates: Conv2d,
    #[module(skip)]
    input_channels: usize,
}

/// A stack of ConvLSTM layers that predicts the next frame at every step.
///
/// Its tap points are the hidden states: `hidden-0/0` is that of the lowest layer after the first
/// frame, `hidden-1/9` that of the second layer after the tenth.
///
/// # Source
///
/// Shi et al., "Convolutional LSTM Network", NeurIPS 2015, eq. 3, without the peephole terms
/// (`W_ci`, `W_cf`, `W_co`). Frames are divided into patches that are folded into channels, as in
/// their experiments.
#[derive(Module, Debug)]
pub struct ConvLstm {
    cells: Vec<Cell>,
    head: Conv2d,
    #[module(skip)]
    patch: usize,
}

impl ConvLstm {
    /// Returns a network for grey frames. Its weights are drawn at once from the device's generator
    /// seeded with `seed`: uniform within +-1/sqrt(fan in), with the biases of the forget gates and
    /// of the head then set to those of the spec. Its parameters are numbered from 1 in network
    /// order.
    ///
    /// # Panics
    /// If `spec` does not pass [`ForecastSpec::check`]; the experiment must have been validated.
    pub fn new(spec: &ForecastSpec, side: usize, seed: u64, device: &Device) -> Self {
        if let Err(error) = spec.check(side) {
            panic!("the experiment was validated, yet {error}");
        }
        device.seed(seed);
        let layers = stack::channels(spec).into_iter();
        numbered(Self {
            cells: layers.map(|layer| Cell::new(layer, spec, device)).collect(),
            head: head(spec, device),
            patch: spec.patch,
        })
    }
}

/// Returns the contribution of a layer's input to its gates.
fn from_below(input: Tensor<4>, taps: Tensor<4>, bias: Option<Tensor<1>>) -> Tensor<4> {
    let form = Form::same(taps.dims()[2]);
    convolution(input, taps, bias, form, After::NOTHING)
}

impl Recurrent for ConvLstm {
    const NAME: &'static str = "conv-lstm";
    const TITLE: &'static str = "ConvLSTM";

    type Memory = Vec<Memory>;

    fn check(spec: &ForecastSpec, side: usize) -> Result<(), ForecastSpecError> {
        spec.check(side)
    }

    fn size(spec: &ForecastSpec, side: usize) -> NetworkSize {
        let [kernel, gates] = [spec.kernel, GATES].map(|count| count as u64);
        stack::size(spec, side, |[input, hidden]| {
            let biases = product(&[gates, hidden]);
            LayerSize {
                weights: product(&[sum(&[input, hidden]), biases, kernel, kernel]),
                biases,
            }
        })
    }

    fn build(spec: &ForecastSpec, side: usize, seed: u64, device: &Device) -> Self {
        Self::new(spec, side, seed, device)
    }

    fn states(&self) -> Vec<String> {
        (0..self.cells.len()).map(hidden_state).collect()
    }

    fn step(
        &self,
        frame: Tensor<5>,
        memory: Option<Vec<Memory>>,
        step: usize,
        tap: &mut Tap,
    ) -> (Tensor<5>, Vec<Memory>) {
        let [batch, _, _, height, width] = frame.dims();
        let mut before = memory.map(Vec::into_iter);
        let mut input = fold(frame, self.patch);
        let mut memories = Vec::with_capacity(self.cells.len());
        for (layer, cell) in self.cells.iter().enumerate() {
            let (from_input, from_hidden) = cell.kernels();
            let given = from_below(input, from_input, cell.bias());
            let start = before.as_mut().and_then(Iterator::next);
            let mut memory = recurrence(given, from_hidden, start, 1).1;
            memory.hidden = tap.observe(&place(&hidden_state(layer), step), memory.hidden);
            input = memory.hidden.clone();
            memories.push(memory);
        }
        let logits = Part::all(&self.head).of_images(input);
        let logits = unfold(logits, [batch, 1, height, width], self.patch);
        (logits, memories)
    }

    /// Computes all steps of a layer at once if no tap observes one of its states.
    fn watch(&self, frames: Tensor<5>, tap: &mut Tap) -> (Tensor<5>, Vec<Memory>) {
        let [batch, time, _, height, width] = frames.dims();
        // [time * batch, channels, height, width]: the contribution of the input needs no order in
        // time.
        let mut input = fold(frames.swap_dims(0, 1), self.patch);
        let mut memories = Vec::with_capacity(self.cells.len());
        for (layer, cell) in self.cells.iter().enumerate() {
            let (from_input, from_hidden) = cell.kernels();
            let given = from_below(input, from_input, cell.bias());
            let name = hidden_state(layer);
            let places: Vec<String> = (0..time).map(|step| place(&name, step)).collect();
            let (hidden, memory) = if places.iter().any(|place| tap.wants(place)) {
                observed(given, &from_hidden, &places, tap)
            } else {
                places.iter().for_each(|place| tap.pass(place));
                recurrence(given, from_hidden, None, time)
            };
            input = hidden;
            memories.push(memory);
        }
        let logits = Part::all(&self.head).of_images(input);
        let logits = unfold(logits, [time, batch, height, width], self.patch);
        (logits.swap_dims(0, 1), memories)
    }
}

/// Returns the hidden states of a layer, one step at a time, each as returned by the tap.
fn observed(
    given: Tensor<4>,
    from_hidden: &Tensor<4>,
    places: &[String],
    tap: &mut Tap,
) -> (Tensor<4>, Memory) {
    let batch = given.dims()[0] / places.len();
    let mut memory: Option<Memory> = None;
    let mut hidden = Vec::with_capacity(places.len());
    for (step, place) in places.iter().enumerate() {
        let given = given.clone().narrow(0, step * batch, batch);
        let (_, mut now) = recurrence(given, from_hidden.clone(), memory, 1);
        now.hidden = tap.observe(place, now.hidden);
        hidden.push(now.hidden.clone());
        memory = Some(now);
    }
    (Tensor::cat(hidden, 0), memory.expect("a clip has a frame"))
}

impl Cell {
    fn new([input, hidden]: [usize; 2], spec: &ForecastSpec, device: &Device) -> Self {
        let mut gates = drawn([input + hidden, GATES * hidden], spec.kernel, true, device);
        set_bias(&mut gates, hidden..2 * hidden, spec.forget_bias);
        Self {
            gates,
            input_channels: input,
        }
    }

    /// Returns the parts of the kernel for the input and for the hidden state,
    /// `[gates * hidden, channels, kernel, kernel]`.
    fn kernels(&self) -> (Tensor<4>, Tensor<4>) {
        let kernel = self.gates.weight.val();
        let [_, channels, _, _] = kernel.dims();
        let (input, hidden) = (self.input_channels, channels - self.input_channels);
        (
            kernel.clone().narrow(1, 0, input),
            kernel.narrow(1, input, hidden),
        )
    }

    fn bias(&self) -> Option<Tensor<1>> {
        self.gates.bias.as_ref().map(Param::val)
    }
}

#[cfg(test)]
#[path = "conv_lstm_tests.rs"]
mod tests;
