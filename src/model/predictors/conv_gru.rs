//! ConvGRU: layers of convolutional gated recurrent units and a 1x1 head.

use burn::module::Module;
use burn::nn::conv::Conv2d;
use burn::tensor::{Device, Tensor};

use super::parts::{Part, drawn, head, set_bias};
use super::patches::{fold, unfold};
use super::stack::{self, LayerSize, zeros};
use crate::kernels::{Squash, squashed};
use crate::model::forecast_spec::{ForecastSpec, ForecastSpecError};
use crate::model::numbering::numbered;
use crate::model::predictor::{Recurrent, hidden_state, in_turn, place};
use crate::model::size::{NetworkSize, product, sum};
use crate::model::tap::Tap;

/// Gates of a cell: update and reset, in this order along the channels.
const GATES: usize = 2;

/// One layer. Its gates come from one convolution over the input and the previous hidden state, its
/// candidate from one over the input and the hidden state after the reset gate.
#[derive(Module, Debug)]
struct Cell {
    gates: Conv2d,
    candidate: Conv2d,
}

/// A stack of ConvGRU layers that predicts the next frame at every step.
///
/// Its tap points are the hidden states, as those of [`ConvLstm`](super::ConvLstm).
///
/// # Source
///
/// Ballas et al., "Delving Deeper into Convolutional Networks for Learning Video Representations",
/// ICLR 2016, equations 5 to 8 (GRU-RCN): `h' = (1 - z) h + z tanh(W * x + U * (r h))`, with the reset
/// gate applied before the convolution. We add biases; a layer's input is the hidden state of the
/// layer below it at the same step, and nothing else.
#[derive(Module, Debug)]
pub struct ConvGru {
    cells: Vec<Cell>,
    head: Conv2d,
    #[module(skip)]
    patch: usize,
}

/// The kernels of a layer, each from the input and from the hidden state.
struct Kernels {
    update: [Part; 2],
    reset: [Part; 2],
    candidate: [Part; 2],
}

impl Cell {
    /// The hidden state is kept where the update gate is small, so its bias starts from the negative
    /// of that of a forget gate.
    fn new([input, hidden]: [usize; 2], spec: &ForecastSpec, device: &Device) -> Self {
        let convolution =
            |gates| drawn([input + hidden, gates * hidden], spec.kernel, true, device);
        let mut gates = convolution(GATES);
        set_bias(&mut gates, 0..hidden, -spec.forget_bias);
        Self {
            gates,
            candidate: convolution(1),
        }
    }

    fn kernels(&self) -> Kernels {
        let [hidden, channels, ..] = self.candidate.weight.dims();
        let input = channels - hidden;
        let parts = |whole: &Conv2d, gate: usize| {
            let outputs = gate * hidden..(gate + 1) * hidden;
            [
                Part::with_bias(whole, outputs.clone(), 0..input),
                Part::of(whole, outputs, input..channels),
            ]
        };
        Kernels {
            update: parts(&self.gates, 0),
            reset: parts(&self.gates, 1),
            candidate: parts(&self.candidate, 0),
        }
    }
}

impl Kernels {
    /// Returns the next hidden state, `[batch, hidden, height, width]`.
    fn advance(&self, input: Tensor<4>, hidden: Tensor<4>) -> Tensor<4> {
        let gate = |[from_input, from_hidden]: &[Part; 2], hidden: Tensor<4>, squash| {
            let given = from_input.of_images(input.clone());
            squashed(given, from_hidden.of_images(hidden), squash)
        };
        let update = gate(&self.update, hidden.clone(), Squash::Sigmoid);
        let reset = gate(&self.reset, hidden.clone(), Squash::Sigmoid);
        let candidate = gate(&self.candidate, reset * hidden.clone(), Squash::Tanh);
        hidden.clone() + update * (candidate - hidden)
    }
}

impl ConvGru {
    /// Returns the kernels of the layers and of the head, which are cut once per clip.
    fn kernels(&self) -> (Vec<Kernels>, Part) {
        let cells = self.cells.iter().map(Cell::kernels);
        (cells.collect(), Part::all(&self.head))
    }

    /// Returns what [`step`](Recurrent::step) returns.
    fn advance(
        &self,
        (cells, head): &(Vec<Kernels>, Part),
        frame: Tensor<5>,
        memory: Option<Vec<Tensor<4>>>,
        at: (usize, &mut Tap),
    ) -> (Tensor<5>, Vec<Tensor<4>>) {
        let [batch, _, _, height, width] = frame.dims();
        let (step, tap) = at;
        let mut input = fold(frame, self.patch);
        let widths = self
            .cells
            .iter()
            .map(|cell| cell.candidate.weight.dims()[0]);
        let before = memory.unwrap_or_else(|| widths.map(|width| zeros(&input, width)).collect());
        let mut memory = Vec::with_capacity(cells.len());
        for (layer, (cell, hidden)) in cells.iter().zip(before).enumerate() {
            let hidden = cell.advance(input, hidden);
            input = tap.observe(&place(&hidden_state(layer), step), hidden);
            memory.push(input.clone());
        }
        let logits = head.of_images(input);
        (
            unfold(logits, [batch, 1, height, width], self.patch),
            memory,
        )
    }
}

impl Recurrent for ConvGru {
    const NAME: &'static str = "conv-gru";
    const TITLE: &'static str = "ConvGRU";

    type Memory = Vec<Tensor<4>>;

    fn check(spec: &ForecastSpec, side: usize) -> Result<(), ForecastSpecError> {
        spec.check(side)
    }

    fn size(spec: &ForecastSpec, side: usize) -> NetworkSize {
        let [kernel, outputs] = [spec.kernel, GATES + 1].map(|count| count as u64);
        stack::size(spec, side, |[input, hidden]| {
            let biases = product(&[outputs, hidden]);
            LayerSize {
                weights: product(&[sum(&[input, hidden]), biases, kernel, kernel]),
                biases,
            }
        })
    }

    fn build(spec: &ForecastSpec, side: usize, seed: u64, device: &Device) -> Self {
        if let Err(error) = Self::check(spec, side) {
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

    fn states(&self) -> Vec<String> {
        (0..self.cells.len()).map(hidden_state).collect()
    }

    fn step(
        &self,
        frame: Tensor<5>,
        memory: Option<Self::Memory>,
        step: usize,
        tap: &mut Tap,
    ) -> (Tensor<5>, Self::Memory) {
        self.advance(&self.kernels(), frame, memory, (step, tap))
    }

    fn watch(&self, frames: Tensor<5>, tap: &mut Tap) -> (Tensor<5>, Self::Memory) {
        let kernels = self.kernels();
        in_turn(frames, |frame, memory, step| {
            self.advance(&kernels, frame, memory, (step, tap))
        })
    }
}
