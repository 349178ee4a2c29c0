//! A layer of a ConvLSTM over a clip, forward and backward through time.

use super::activation::Activation;
use super::convolution::{Prepared, taps_gradient};
use super::finish::Finish;
use super::gates::{GATES, Step, StepBack};
use super::size::Size;
use super::taps::Taps;

/// The sizes of a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Course {
    /// Number of time steps.
    pub(super) steps: usize,
    /// The convolution from a hidden state to the gates.
    pub(super) size: Size,
}

impl Course {
    /// Returns the number of values in a hidden state.
    pub(super) fn state(self) -> usize {
        self.size.pixels() * self.size.inputs
    }
}

/// The initial state of a layer, `[batch, height, width, channels]` each.
#[derive(Debug, Clone, Copy)]
pub(super) struct Start<'a> {
    pub(super) hidden: &'a [f32],
    pub(super) cell: &'a [f32],
}

/// The results of a layer's steps.
#[derive(Debug)]
pub(super) struct Passed {
    /// The hidden state of every step, and then the last step's cell:
    /// `[time + 1, batch, height, width, channels]`.
    pub(super) hidden: Vec<f32>,
    /// The cell of every step, `[time, batch, height, width, channels]`.
    pub(super) cells: Vec<f32>,
    /// The gates of every step after their sigmoid or tanh, with four times the channels.
    pub(super) gates: Vec<f32>,
}

/// Returns the results of a layer whose input contributes `given` to the gates,
/// `[time, batch, height, width, 4 * channels]`.
pub(super) fn forward(given: &[f32], taps: &[f32], start: Option<Start>, course: Course) -> Passed {
    let Course { steps, size } = course;
    let state = course.state();
    let mut hidden = vec![0.0; (steps + 1) * state];
    let mut cells = vec![0.0; steps * state];
    let mut gates = vec![0.0; steps * GATES * state];
    let kernels = Prepared::new(Taps::forward(taps, size));
    let mut share = vec![0.0; GATES * state];
    for step in 0..steps {
        let [from, to] = [step * state, (step + 1) * state];
        let (hidden_before, hidden_now) = hidden.split_at_mut(from);
        let (cells_before, cells_now) = cells.split_at_mut(from);
        let before = match step {
            0 => start.map(|start| (start.hidden, start.cell)),
            _ => Some((
                &hidden_before[from - state..],
                &cells_before[from - state..],
            )),
        };
        if let Some((hidden, _)) = before {
            let finish = Finish::Whole {
                into: &mut share,
                bias: None,
                activation: Activation::Identity,
            };
            kernels.convolve(hidden, finish);
        }
        let step = Step {
            given: &given[GATES * from..GATES * to],
            before: before.map(|(_, cell)| (&share[..], cell)),
            gates: &mut gates[GATES * from..GATES * to],
            cell: &mut cells_now[..state],
            hidden: &mut hidden_now[..state],
            channels: size.inputs,
        };
        step.run();
    }
    if let Some(last) = steps.checked_sub(1) {
        hidden[steps * state..].copy_from_slice(&cells[last * state..]);
    }
    Passed {
        hidden,
        cells,
        gates,
    }
}

/// The gradients of a layer.
#[derive(Debug)]
pub(super) struct Gradients {
    /// Of the input's contribution to the gates.
    pub(super) given: Vec<f32>,
    /// Of the taps, if requested.
    pub(super) taps: Option<Vec<f32>>,
    /// Of the initial hidden state and cell; zero if there were none.
    pub(super) start: [Vec<f32>; 2],
}

/// The values of a layer's steps that its gradients need, as in [`Passed`].
#[derive(Debug, Clone, Copy)]
pub(super) struct Past<'a> {
    pub(super) hidden: &'a [f32],
    pub(super) cells: &'a [f32],
    pub(super) gates: &'a [f32],
}

/// Returns the gradients from that of [`Passed::hidden`], which has the same shape.
pub(super) fn back(
    gradient: &[f32],
    passed: Past,
    taps: &[f32],
    start: Option<Start>,
    course: Course,
    with_taps: bool,
) -> Gradients {
    let Course { steps, size } = course;
    let state = course.state();
    let kernels = Prepared::new(Taps::backward(taps, size));
    let mut given = vec![0.0; steps * GATES * state];
    let mut carried = gradient[steps * state..].to_vec();
    let mut from_next = vec![0.0; state];
    for step in (0..steps).rev() {
        let [from, to] = [step * state, (step + 1) * state];
        let cell_before = match step {
            0 => start.map(|start| start.cell),
            _ => Some(&passed.cells[from - state..from]),
        };
        let into = &mut given[GATES * from..GATES * to];
        let back = StepBack {
            gates: &passed.gates[GATES * from..GATES * to],
            cell: &passed.cells[from..to],
            cell_before,
            hidden: (
                &gradient[from..to],
                (step + 1 < steps).then_some(&from_next[..]),
            ),
            carried: &mut carried,
            into: &mut *into,
            channels: size.inputs,
        };
        back.run();
        if step > 0 || start.is_some() {
            let finish = Finish::Whole {
                into: &mut from_next,
                bias: None,
                activation: Activation::Identity,
            };
            kernels.convolve(into, finish);
        }
    }
    let taps = with_taps.then(|| {
        let later = Size {
            images: (steps - 1) * size.images,
            ..size
        };
        let later_given = &given[GATES * state..];
        let mut taps = taps_gradient(&passed.hidden[..(steps - 1) * state], later_given, later);
        if let Some(start) = start {
            let first = taps_gradient(start.hidden, &given[..GATES * state], size);
            taps.iter_mut()
                .zip(first)
                .for_each(|(sum, first)| *sum += first);
        }
        taps
    });
    Gradients {
        given,
        taps,
        start: [from_next, carried],
    }
}
