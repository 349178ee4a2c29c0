//! The interface of next-frame predictors: the next frame from the frames so far, through states
//! that a tap can observe.

use std::fmt::Debug;

use burn::module::Module;
use burn::tensor::activation::sigmoid;
use burn::tensor::{Device, Tensor};

use super::forecast_spec::{ForecastSpec, ForecastSpecError};
use super::size::NetworkSize;
use super::stored::stored_tensors;
use super::tap::Tap;
use super::weights::ExportedTensor;

/// A next-frame predictor as described by its own file. Everything else is derived: see
/// [`Predictor`].
pub trait Recurrent: Module + 'static {
    /// The kebab-case name in `[forecast]` and in the network's description.
    const NAME: &'static str;

    /// The name in figures. Experiments whose names begin with [`NAME`](Self::NAME) without its
    /// hyphens have it.
    const TITLE: &'static str;

    /// The network's memory between two frames.
    type Memory;

    /// Checks that the network of `spec` can be built for frames of `side` x `side` pixels.
    ///
    /// # Errors
    /// [`ForecastSpecError`] with what is wrong and what is allowed.
    fn check(spec: &ForecastSpec, side: usize) -> Result<(), ForecastSpecError>;

    /// Returns the parameters, and the multiply-adds of one frame, of the network of `spec` for
    /// frames of `side` x `side` pixels. A count that overflows is the largest number.
    fn size(spec: &ForecastSpec, side: usize) -> NetworkSize;

    /// Returns the untrained network of `spec`, with weights drawn from `seed`.
    ///
    /// # Panics
    /// If `spec` does not pass [`check`](Self::check).
    fn build(spec: &ForecastSpec, side: usize, seed: u64, device: &Device) -> Self;

    /// Returns the names of the states, lowest layer first, such as "hidden-0".
    fn states(&self) -> Vec<String>;

    /// Returns the logits of the frame after `frame`, and the updated memory. It observes every
    /// state at the [`place`] of its name and `step`.
    ///
    /// # Shapes
    /// - `frame`: `[batch, 1, 1, height, width]`, 0 to 1
    /// - `memory`: after the previous `step` frames; `None` before the first
    /// - returned logits: `[batch, 1, 1, height, width]`
    fn step(
        &self,
        frame: Tensor<5>,
        memory: Option<Self::Memory>,
        step: usize,
        tap: &mut Tap,
    ) -> (Tensor<5>, Self::Memory);

    /// Returns the logits of the next frame at every step of a clip, and the memory at its end. The
    /// default calls [`step`](Self::step) for each frame; a network that can compute several steps
    /// at once overrides it.
    ///
    /// # Shapes
    /// - `frames`: `[batch, time, 1, height, width]`, 0 to 1
    /// - returned logits: the same
    ///
    /// # Panics
    /// If there is no frame.
    fn watch(&self, frames: Tensor<5>, tap: &mut Tap) -> (Tensor<5>, Self::Memory) {
        in_turn(frames, |frame, memory, step| {
            self.step(frame, memory, step, tap)
        })
    }
}

/// A next-frame predictor of any kind, for training, measurement and explanation.
pub trait Predictor: Debug + Send {
    /// Returns the logits of the next frame at every step: step t has seen the frames 0 to t and
    /// predicts frame t + 1. Their sigmoid is the predicted frame, 0 to 1.
    ///
    /// # Shapes
    /// - `frames`: `[batch, time, 1, height, width]`, 0 to 1
    /// - returned: the same
    fn forward(&self, frames: Tensor<5>, tap: &mut Tap) -> Tensor<5>;

    /// Returns the logits of [`forward`](Self::forward), followed by those of `further` frames,
    /// each predicted from the previous prediction.
    ///
    /// # Shapes
    /// - `frames`: `[batch, time, 1, height, width]`, 0 to 1
    /// - returned: `[batch, time + further, 1, height, width]`
    fn watch_and_roll(&self, frames: Tensor<5>, further: usize, tap: &mut Tap) -> Tensor<5>;

    /// Returns the parameters for export, each under the path of its fields. All are kernels and
    /// biases of convolutions, whose layout is PyTorch's.
    fn tensors(&self) -> Vec<ExportedTensor>;

    /// Returns the names of the states, lowest layer first. [`place`] turns them into tap points.
    fn state_names(&self) -> Vec<String>;

    /// Returns the logits of the `further` frames after the last of `frames`. The first is
    /// predicted from the frames themselves, every later one from the previous prediction.
    ///
    /// # Shapes
    /// - `frames`: `[batch, time, 1, height, width]`, 0 to 1
    /// - returned: `[batch, further, 1, height, width]`
    ///
    /// # Panics
    /// If `further` is 0.
    fn roll_out(&self, frames: Tensor<5>, further: usize, tap: &mut Tap) -> Tensor<5> {
        let [_, time, ..] = frames.dims();
        let all = self.watch_and_roll(frames, further - 1, tap);
        all.narrow(1, time - 1, further)
    }

    /// Returns the names of the tap points of a clip of `frames` frames, state by state.
    fn places(&self, frames: usize) -> Vec<String> {
        let of_state = |state: String| (0..frames).map(move |step| place(&state, step));
        self.state_names().into_iter().flat_map(of_state).collect()
    }
}

impl<N: Recurrent> Predictor for N {
    fn forward(&self, frames: Tensor<5>, tap: &mut Tap) -> Tensor<5> {
        self.watch(frames, tap).0
    }

    fn watch_and_roll(&self, frames: Tensor<5>, further: usize, tap: &mut Tap) -> Tensor<5> {
        let [_, time, ..] = frames.dims();
        let (logits, mut memory) = self.watch(frames, tap);
        let mut next = logits.clone().narrow(1, time - 1, 1);
        let mut predicted = vec![logits];
        for step in time..time + further {
            let (logits, later) = self.step(sigmoid(next), Some(memory), step, tap);
            predicted.push(logits.clone());
            (next, memory) = (logits, later);
        }
        Tensor::cat(predicted, 1)
    }

    fn tensors(&self) -> Vec<ExportedTensor> {
        stored_tensors(self)
    }

    fn state_names(&self) -> Vec<String> {
        self.states()
    }
}

/// Returns the logits of every step, and the memory after the last, of a network that sees `frames`
/// one at a time. `step` is as [`Recurrent::step`].
///
/// # Shapes
/// As [`Recurrent::watch`].
///
/// # Panics
/// If there is no frame.
pub(super) fn in_turn<M>(
    frames: Tensor<5>,
    mut step: impl FnMut(Tensor<5>, Option<M>, usize) -> (Tensor<5>, M),
) -> (Tensor<5>, M) {
    let [_batch, time, ..] = frames.dims();
    let mut memory = None;
    let logits = (0..time).map(|number| {
        let frame = frames.clone().narrow(1, number, 1);
        let (logits, later) = step(frame, memory.take(), number);
        memory = Some(later);
        logits
    });
    let logits = Tensor::cat(logits.collect(), 1);
    (logits, memory.expect("a clip has a frame"))
}

/// Returns the name of a layer's hidden state; layers count from 0.
pub(super) fn hidden_state(layer: usize) -> String {
    format!("hidden-{layer}")
}

/// Returns the tap point of `state` after the frame `step`, counted from 0, such as "hidden-0/9".
pub fn place(state: &str, step: usize) -> String {
    format!("{state}/{step}")
}
