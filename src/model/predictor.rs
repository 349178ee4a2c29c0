//! What a next-frame predictor is: the next frame from the frames so far, through states that a tap
//! can observe.

use std::fmt::Debug;

use burn::module::Module;
use burn::tensor::activation::sigmoid;
use burn::tensor::{Device, Tensor};

use super::forecast_spec::{ForecastSpec, ForecastSpecError};
use super::size::NetworkSize;
use super::tap::Tap;

/// A next-frame predictor as its own file describes it. Everything else is derived: see [`Predictor`].
pub trait Recurrent: Module + 'static {
    /// The kebab-case name in `[forecast]` and in the network's description.
    const NAME: &'static str;

    /// What the network remembers between two frames.
    type Memory;

    /// Checks that the network of `spec` can be built for frames of `side` x `side` pixels.
    ///
    /// # Errors
    /// [`ForecastSpecError`] says what is wrong and what is allowed.
    fn check(spec: &ForecastSpec, side: usize) -> Result<(), ForecastSpecError>;

    /// Returns the parameters, and the multiply-adds of one frame, of the network of `spec` for frames
    /// of `side` x `side` pixels. A count that does not fit is the largest that does.
    fn size(spec: &ForecastSpec, side: usize) -> NetworkSize;

    /// Returns the network of `spec` before training, its weights drawn by `seed`.
    ///
    /// # Panics
    /// When `spec` does not pass [`check`](Self::check).
    fn build(spec: &ForecastSpec, side: usize, seed: u64, device: &Device) -> Self;

    /// Returns the names of the states, lowest layer first, such as "hidden-0".
    fn states(&self) -> Vec<String>;

    /// Returns the logits of the frame after `frame`, and what the network then remembers. It observes
    /// every state at [`place`] of its name and `step`.
    ///
    /// # Shapes
    /// - `frame`: `[batch, 1, 1, height, width]`, 0 to 1
    /// - `memory`: after the `step` frames before; nothing before the first
    /// - returned logits: `[batch, 1, 1, height, width]`
    fn step(
        &self,
        frame: Tensor<5>,
        memory: Option<Self::Memory>,
        step: usize,
        tap: &mut Tap,
    ) -> (Tensor<5>, Self::Memory);

    /// Returns the logits of the next frame at every step of a clip, and what the network remembers
    /// at its end. By default [`step`](Self::step) for each frame; a network that can compute several
    /// steps at once overrides it.
    ///
    /// # Shapes
    /// - `frames`: `[batch, time, 1, height, width]`, 0 to 1
    /// - returned logits: the same
    ///
    /// # Panics
    /// If there is no frame.
    fn watch(&self, frames: Tensor<5>, tap: &mut Tap) -> (Tensor<5>, Self::Memory) {
        let [_batch, time, ..] = frames.dims();
        let (first, mut memory) = self.step(frames.clone().narrow(1, 0, 1), None, 0, tap);
        let mut logits = vec![first];
        for step in 1..time {
            let frame = frames.clone().narrow(1, step, 1);
            let (next, later) = self.step(frame, Some(memory), step, tap);
            logits.push(next);
            memory = later;
        }
        (Tensor::cat(logits, 1), memory)
    }
}

/// A next-frame predictor of any kind, as it is trained, measured and explained.
pub trait Predictor: Debug + Send {
    /// Returns the logits of the next frame at every step: the one at step t has seen the frames
    /// 0 to t and predicts frame t + 1. Their sigmoid is the predicted frame, 0 to 1.
    ///
    /// # Shapes
    /// - `frames`: `[batch, time, 1, height, width]`, 0 to 1
    /// - returned: the same
    fn forward(&self, frames: Tensor<5>, tap: &mut Tap) -> Tensor<5>;

    /// Returns what [`forward`](Self::forward) does, and then the logits of `further` frames that
    /// each follow the prediction before them.
    ///
    /// # Shapes
    /// - `frames`: `[batch, time, 1, height, width]`, 0 to 1
    /// - returned: `[batch, time + further, 1, height, width]`
    fn watch_and_roll(&self, frames: Tensor<5>, further: usize, tap: &mut Tap) -> Tensor<5>;

    /// Returns the names of the states, lowest layer first. [`place`] makes the tap points of them.
    fn state_names(&self) -> Vec<String>;

    /// Returns the logits of the `further` frames after the last of `frames`. The first follows
    /// the frames themselves, every later one the prediction before it.
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

    fn state_names(&self) -> Vec<String> {
        self.states()
    }
}

/// Returns the tap point of the state called `state` after the frame `step`, counted from 0, such as
/// "hidden-0/9".
pub fn place(state: &str, step: usize) -> String {
    format!("{state}/{step}")
}
