//! PredRNN: layers of spatiotemporal LSTM cells that share one memory, and a 1x1 head.

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

/// Gates that read the input: input, forget and candidate of the cell, the same of the memory, and
/// output, in this order along the channels.
const FROM_INPUT: usize = 7;
/// Gates that read the previous hidden state: input, forget and candidate of the cell, and output.
const FROM_HIDDEN: usize = 4;
/// Gates that read the memory of the layer below: its input, forget and candidate.
const FROM_MEMORY: usize = 3;
/// The cell and the memory, which the output gate reads, and the 1x1 convolution.
const HELD: usize = 2;

/// Why layers of different sizes are refused.
const UNEQUAL: &str = "one memory passes through all layers of predrnn; give layers of equal size, \
                       such as [64, 64]";

/// One layer: a spatiotemporal LSTM cell. Each gate has one bias, that of its kernel for the input.
#[derive(Module, Debug)]
struct Cell {
    input: Conv2d,
    hidden: Conv2d,
    memory: Conv2d,
    output: Conv2d,
    merge: Conv2d,
}

/// A stack of spatiotemporal LSTM layers that predicts the next frame at every step.
///
/// Each layer has a hidden state and a cell of its own. One more memory M passes through the layers
/// from the lowest to the top, and from there to the lowest layer at the next step, so all layers
/// have the same number of channels. Tap points are the hidden states, as those of
/// [`ConvLstm`](super::ConvLstm); neither cells nor M are tapped.
///
/// # Source
///
/// Wang et al., "PredRNN: Recurrent Neural Networks for Predictive Learning using Spatiotemporal
/// LSTMs", NeurIPS 2017, equations 3 to 5: sections 3.1 (the path of M) and 3.2 (the cell). Frames
/// are folded into patches as in their experiments. No layer normalisation, which their code adds.
#[derive(Module, Debug)]
pub struct PredRnn {
    cells: Vec<Cell>,
    head: Conv2d,
    #[module(skip)]
    patch: usize,
}

/// The hidden state and the cell of each layer, and the memory M of the top layer.
///
/// # Shapes
/// `[batch, channels, height, width]` each.
#[derive(Debug, Clone)]
pub struct Memories {
    layers: Vec<(Tensor<4>, Tensor<4>)>,
    shared: Tensor<4>,
}

/// The kernels to input gate, forget gate and candidate, each from two tensors.
type Admission = [[Part; 2]; 3];

/// The kernels of a layer.
struct Kernels {
    /// From the input and from the hidden state.
    cell: Admission,
    /// From the input and from the memory.
    memory: Admission,
    /// To the output gate, from input, hidden state, cell and memory.
    output: [Part; 4],
    /// From cell and memory.
    merge: [Part; 2],
}

impl Cell {
    fn new([input, hidden]: [usize; 2], spec: &ForecastSpec, device: &Device) -> Self {
        let convolution = |from, gates, bias| {
            let channels = [from, gates * hidden];
            drawn(channels, spec.kernel, bias, device)
        };
        let mut from_input = convolution(input, FROM_INPUT, true);
        for forget in [1, 4] {
            let outputs = forget * hidden..(forget + 1) * hidden;
            set_bias(&mut from_input, outputs, spec.forget_bias);
        }
        Self {
            input: from_input,
            hidden: convolution(hidden, FROM_HIDDEN, false),
            memory: convolution(hidden, FROM_MEMORY, false),
            output: convolution(HELD * hidden, 1, false),
            merge: drawn([HELD * hidden, hidden], 1, false, device),
        }
    }

    fn channels(&self) -> usize {
        self.merge.weight.dims()[0]
    }

    fn kernels(&self) -> Kernels {
        let hidden = self.channels();
        let [_, inputs, ..] = self.input.weight.dims();
        let one = |index: usize| index * hidden..(index + 1) * hidden;
        let input = |gate| Part::with_bias(&self.input, one(gate), 0..inputs);
        let from_hidden = |gate| Part::of(&self.hidden, one(gate), one(0));
        let from_memory = |gate| Part::of(&self.memory, one(gate), one(0));
        let held = |whole, index| Part::of(whole, one(0), one(index));
        Kernels {
            cell: [0, 1, 2].map(|gate| [input(gate), from_hidden(gate)]),
            memory: [0, 1, 2].map(|gate| [input(3 + gate), from_memory(gate)]),
            output: [
                input(6),
                from_hidden(3),
                held(&self.output, 0),
                held(&self.output, 1),
            ],
            merge: [0, 1].map(|index| held(&self.merge, index)),
        }
    }
}

/// Returns what is held after a step: the share of `before` that the forget gate keeps, and what the
/// input gate admits of the candidate.
fn held(kernels: &Admission, [input, other]: [&Tensor<4>; 2], before: Tensor<4>) -> Tensor<4> {
    let gate = |[from_input, from_other]: &[Part; 2], squash| {
        let given = from_input.of_images(input.clone());
        squashed(given, from_other.of_images(other.clone()), squash)
    };
    let [admit, keep, candidate] = kernels;
    let admitted = gate(admit, Squash::Sigmoid) * gate(candidate, Squash::Tanh);
    gate(keep, Squash::Sigmoid) * before + admitted
}

impl Kernels {
    /// Returns the hidden state, the cell and the memory after a step of the layer.
    fn advance(
        &self,
        input: &Tensor<4>,
        (hidden, cell): (Tensor<4>, Tensor<4>),
        memory: Tensor<4>,
    ) -> [Tensor<4>; 3] {
        let cell = held(&self.cell, [input, &hidden], cell);
        let memory = held(&self.memory, [input, &memory], memory.clone());
        let [from_input, from_hidden, from_cell, from_memory] = &self.output;
        let seen = from_input.of_images(input.clone()) + from_hidden.of_images(hidden);
        let known = from_cell.of_images(cell.clone()) + from_memory.of_images(memory.clone());
        let output = squashed(seen, known, Squash::Sigmoid);
        let [from_cell, from_memory] = &self.merge;
        let [of_cell, of_memory] = [
            from_cell.of_images(cell.clone()),
            from_memory.of_images(memory.clone()),
        ];
        let hidden = output * squashed(of_cell, of_memory, Squash::Tanh);
        [hidden, cell, memory]
    }
}

impl PredRnn {
    /// Returns the kernels of the layers and of the head, which are cut once per clip.
    fn kernels(&self) -> (Vec<Kernels>, Part) {
        let cells = self.cells.iter().map(Cell::kernels);
        (cells.collect(), Part::all(&self.head))
    }

    /// Returns the memory before the first frame: zero.
    fn start(&self, patches: &Tensor<4>) -> Memories {
        let zeros = |cell: &Cell| zeros(patches, cell.channels());
        Memories {
            layers: (self.cells.iter())
                .map(|cell| (zeros(cell), zeros(cell)))
                .collect(),
            shared: zeros(&self.cells[0]),
        }
    }

    /// Returns what [`step`](Recurrent::step) returns.
    fn advance(
        &self,
        (cells, head): &(Vec<Kernels>, Part),
        frame: Tensor<5>,
        memory: Option<Memories>,
        at: (usize, &mut Tap),
    ) -> (Tensor<5>, Memories) {
        let [batch, _, _, height, width] = frame.dims();
        let (step, tap) = at;
        let mut input = fold(frame, self.patch);
        let Memories { layers, mut shared } = memory.unwrap_or_else(|| self.start(&input));
        let mut after = Vec::with_capacity(cells.len());
        for (layer, (kernels, before)) in cells.iter().zip(layers).enumerate() {
            let [hidden, cell, memory] = kernels.advance(&input, before, shared);
            input = tap.observe(&place(&hidden_state(layer), step), hidden);
            after.push((input.clone(), cell));
            shared = memory;
        }
        let logits = unfold(head.of_images(input), [batch, 1, height, width], self.patch);
        let layers = after;
        (logits, Memories { layers, shared })
    }
}

impl Recurrent for PredRnn {
    const NAME: &'static str = "predrnn";
    const TITLE: &'static str = "PredRNN";

    type Memory = Memories;

    fn check(spec: &ForecastSpec, side: usize) -> Result<(), ForecastSpecError> {
        spec.check(side)?;
        match spec.hidden.windows(2).all(|pair| pair[0] == pair[1]) {
            true => Ok(()),
            false => Err(ForecastSpecError::Hidden { rule: UNEQUAL }),
        }
    }

    fn size(spec: &ForecastSpec, side: usize) -> NetworkSize {
        let kernel = spec.kernel as u64;
        let gates = [FROM_INPUT, FROM_HIDDEN + FROM_MEMORY + HELD, HELD];
        let [from_input, from_states, merged] = gates.map(|gates| gates as u64);
        stack::size(spec, side, |[input, hidden]| {
            let read = sum(&[
                product(&[from_input, input]),
                product(&[from_states, hidden]),
            ]);
            let gates = product(&[read, hidden, kernel, kernel]);
            LayerSize {
                weights: sum(&[gates, product(&[merged, hidden, hidden])]),
                biases: product(&[from_input, hidden]),
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
        memory: Option<Memories>,
        step: usize,
        tap: &mut Tap,
    ) -> (Tensor<5>, Memories) {
        self.advance(&self.kernels(), frame, memory, (step, tap))
    }

    fn watch(&self, frames: Tensor<5>, tap: &mut Tap) -> (Tensor<5>, Memories) {
        let kernels = self.kernels();
        in_turn(frames, |frame, memory, step| {
            self.advance(&kernels, frame, memory, (step, tap))
        })
    }
}
