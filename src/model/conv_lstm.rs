//! The next-frame predictor: layers of convolutional LSTM cells and a 1x1 head. Built by `cli`,
//! trained by `train`, explained by `explain`.

use burn::module::{Module, Param};
use burn::nn::PaddingConfig2d;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::tensor::activation::sigmoid;
use burn::tensor::module::conv2d;
use burn::tensor::ops::ConvOptions;
use burn::tensor::{Device, Tensor};

use super::ForecastSpec;
use super::numbering::numbered;
use super::patches::{fold, unfold};
use super::tap::Tap;

/// Gates of a cell: input, forget, output and candidate, in this order along the channels.
const GATES: usize = 4;

/// One layer: a ConvLSTM cell without peepholes.
///
/// Its gates come from one convolution over the input and the previous hidden state, laid behind
/// each other along the channels, with zero padding.
#[derive(Module, Debug)]
pub(super) struct Cell {
    pub(super) gates: Conv2d,
    #[module(skip)]
    input_channels: usize,
}

/// What one layer remembers after a step.
///
/// # Shapes
///
/// Both are `[batch, channels, height, width]` at the size of the folded frames.
#[derive(Debug, Clone)]
pub struct Memory {
    /// h, what the layer shows to the layer above.
    pub hidden: Tensor<4>,
    /// c, what it keeps to itself.
    pub cell: Tensor<4>,
}

/// A stack of ConvLSTM layers that predicts the next frame at every step.
///
/// Its tap points are the hidden states: `hidden-0/0` is the lowest layer's after the first frame,
/// `hidden-1/9` the second layer's after the tenth.
///
/// # Source
///
/// Shi et al., "Convolutional LSTM Network", NeurIPS 2015, eq. 3, without the peephole terms
/// (`W_ci`, `W_cf`, `W_co`). Frames are cut into patches that are folded into channels, as their
/// experiments do.
#[derive(Module, Debug)]
pub struct ConvLstm {
    pub(super) cells: Vec<Cell>,
    pub(super) head: Conv2d,
    #[module(skip)]
    patch: usize,
}

impl ConvLstm {
    /// Returns a network for grey frames, its weights drawn at once from the device's generator
    /// seeded with `seed`: uniform within +-1/sqrt(fan in), the biases of the forget gates and of
    /// the head then set to the spec's. Its parameters are numbered from 1 in network order.
    ///
    /// # Panics
    /// When `spec` does not pass [`ForecastSpec::check`]; the experiment was validated before.
    pub fn new(spec: &ForecastSpec, side: usize, seed: u64, device: &Device) -> Self {
        if let Err(error) = spec.check(side) {
            panic!("the experiment was validated, yet {error}");
        }
        device.seed(seed);
        let pixels = spec.patch * spec.patch;
        let mut channels = pixels;
        let cells = spec
            .hidden
            .iter()
            .map(|&hidden| {
                let cell = Cell::new([channels, hidden], spec, device);
                channels = hidden;
                cell
            })
            .collect();
        let mut head = Conv2dConfig::new([channels, pixels], [1, 1]).init(device);
        let bias = Tensor::full([pixels], spec.head_bias, device);
        head.bias = Some(Param::from_tensor(bias));
        numbered(Self {
            cells,
            head,
            patch: spec.patch,
        })
    }

    /// Returns the logits of the next frame at every step: the one at step t has seen the frames
    /// 0 to t and predicts frame t + 1. Their sigmoid is the predicted frame, 0 to 1.
    ///
    /// # Shapes
    /// - `frames`: `[batch, time, 1, height, width]`, 0 to 1
    /// - returned: the same
    pub fn forward(&self, frames: Tensor<5>, tap: &mut Tap) -> Tensor<5> {
        self.watch(frames, tap).0
    }

    /// Returns the logits of the `further` frames after the last of `frames`. The first follows
    /// the frames themselves, every later one the prediction before it.
    ///
    /// # Shapes
    /// - `frames`: `[batch, time, 1, height, width]`, 0 to 1
    /// - returned: `[batch, further, 1, height, width]`
    ///
    /// # Panics
    /// If `further` is 0.
    pub fn roll_out(&self, frames: Tensor<5>, further: usize, tap: &mut Tap) -> Tensor<5> {
        let [_, time, ..] = frames.dims();
        let all = self.watch_and_roll(frames, further - 1, tap);
        all.narrow(1, time - 1, further)
    }

    /// Returns what [`forward`](Self::forward) does, and then the logits of `further` frames that
    /// each follow the prediction before them.
    ///
    /// # Shapes
    /// - `frames`: `[batch, time, 1, height, width]`, 0 to 1
    /// - returned: `[batch, time + further, 1, height, width]`
    pub fn watch_and_roll(&self, frames: Tensor<5>, further: usize, tap: &mut Tap) -> Tensor<5> {
        let [batch, time, _, height, width] = frames.dims();
        let (logits, mut memories) = self.watch(frames, tap);
        let mut next = logits.clone().narrow(1, time - 1, 1);
        let mut predicted = vec![logits];
        for step in time..time + further {
            let mut input = fold(sigmoid(next), self.patch);
            for (layer, (cell, memory)) in self.cells.iter().zip(&mut memories).enumerate() {
                let (from_input, from_hidden) = cell.kernels();
                let given = convolve(input, from_input, cell.bias());
                *memory = advance(given, Some(memory), &from_hidden);
                memory.hidden = tap.observe(&place(layer, step), memory.hidden.clone());
                input = memory.hidden.clone();
            }
            let size = [batch, 1, height, width];
            next = unfold(self.head.forward(input), size, self.patch);
            predicted.push(next.clone());
        }
        Tensor::cat(predicted, 1)
    }

    /// Returns the logits at every step and what each layer remembers at the end.
    fn watch(&self, frames: Tensor<5>, tap: &mut Tap) -> (Tensor<5>, Vec<Memory>) {
        let [batch, time, _, height, width] = frames.dims();
        // [batch * time, channels, height, width]: what comes from the input needs no order in time.
        let mut input = fold(frames, self.patch);
        let mut memories = Vec::with_capacity(self.cells.len());
        for (layer, cell) in self.cells.iter().enumerate() {
            let (from_input, from_hidden) = cell.kernels();
            let given = convolve(input, from_input, cell.bias());
            let [_, gates, rows, columns] = given.dims();
            let given = given.reshape([batch, time, gates, rows, columns]);
            let mut memory: Option<Memory> = None;
            let mut hidden = Vec::with_capacity(time);
            for step in 0..time {
                let given = given.clone().narrow(1, step, 1).squeeze_dim(1);
                let mut now = advance(given, memory.as_ref(), &from_hidden);
                now.hidden = tap.observe(&place(layer, step), now.hidden);
                hidden.push(now.hidden.clone());
                memory = Some(now);
            }
            let stacked: Tensor<5> = Tensor::stack(hidden, 1);
            input = stacked.reshape([batch * time, gates / GATES, rows, columns]);
            memories.extend(memory);
        }
        let logits = self.head.forward(input);
        (
            unfold(logits, [batch, time, height, width], self.patch),
            memories,
        )
    }

    /// Returns the names of the tap points of a clip of `frames` frames, layer by layer.
    pub fn places(&self, frames: usize) -> Vec<String> {
        let layers = 0..self.cells.len();
        layers
            .flat_map(|layer| (0..frames).map(move |step| place(layer, step)))
            .collect()
    }

    /// Returns how many layers there are.
    pub fn layers(&self) -> usize {
        self.cells.len()
    }
}

/// Returns the name of a hidden state's tap point; layer and step count from 0.
pub fn place(layer: usize, step: usize) -> String {
    format!("hidden-{layer}/{step}")
}

impl Cell {
    fn new([input, hidden]: [usize; 2], spec: &ForecastSpec, device: &Device) -> Self {
        let mut gates = Conv2dConfig::new([input + hidden, GATES * hidden], [spec.kernel; 2])
            .with_padding(PaddingConfig2d::Same)
            .init(device);
        if let Some(bias) = &gates.bias {
            let forget = Tensor::full([hidden], spec.forget_bias, device);
            let drawn = bias.val();
            let [before, after] = [(0, hidden), (2 * hidden, 2 * hidden)]
                .map(|(start, length)| drawn.clone().narrow(0, start, length));
            let bias = Tensor::cat(vec![before, forget, after], 0);
            // Detached: a parameter is a leaf.
            gates.bias = Some(Param::from_tensor(bias.detach()));
        }
        Self {
            gates,
            input_channels: input,
        }
    }

    /// The parts of the kernel that read the input and the hidden state,
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

/// A convolution that keeps height and width; kernels have an odd side.
fn convolve(input: Tensor<4>, kernel: Tensor<4>, bias: Option<Tensor<1>>) -> Tensor<4> {
    let [_, _, rows, columns] = kernel.dims();
    let options = ConvOptions::new([1, 1], [rows / 2, columns / 2], [1, 1], 1);
    conv2d(input, kernel, bias, options)
}

/// One step of a layer. `given` is the gates' share from input and bias,
/// `[batch, gates * hidden, height, width]`; before the first step the memory is zero.
fn advance(given: Tensor<4>, memory: Option<&Memory>, from_hidden: &Tensor<4>) -> Memory {
    let gates = match memory {
        Some(memory) => given + convolve(memory.hidden.clone(), from_hidden.clone(), None),
        None => given,
    };
    let hidden = gates.dims()[1] / GATES;
    let gate = |index: usize| gates.clone().narrow(1, index * hidden, hidden);
    let admitted = sigmoid(gate(0)) * gate(3).tanh();
    let cell = match memory {
        Some(memory) => sigmoid(gate(1)) * memory.cell.clone() + admitted,
        None => admitted,
    };
    Memory {
        hidden: sigmoid(gate(2)) * cell.clone().tanh(),
        cell,
    }
}

#[cfg(test)]
#[path = "conv_lstm_tests.rs"]
mod tests;
