//! The gates of a ConvLSTM, with one pass over memory per step, forward and backward.

use pulp::{Scalar, Simd, WithSimd};
use rayon::prelude::*;

use super::exponential::{sigmoid, tanh};
use super::level::arch;
use super::product::PANEL;

/// Gates of a cell: input, forget, output and candidate, in this order along the channels.
pub const GATES: usize = 4;
/// Number of pixels that one core processes at a time.
const PIXELS: usize = 128;

/// One forward step. All tensors have their channels last, those of the gates four times as many.
pub(super) struct Step<'a> {
    /// The input's contribution to the gates, before their sigmoid or tanh.
    pub(super) given: &'a [f32],
    /// The previous hidden state's contribution to the gates and the previous cell, unless they are
    /// zero.
    pub(super) before: Option<(&'a [f32], &'a [f32])>,
    /// The gates, after their sigmoid or tanh.
    pub(super) gates: &'a mut [f32],
    pub(super) cell: &'a mut [f32],
    pub(super) hidden: &'a mut [f32],
    pub(super) channels: usize,
}

impl Step<'_> {
    /// Computes the gates, the cell and the hidden state.
    pub(super) fn run(self) {
        let channels = self.channels;
        let per = PIXELS * channels;
        let into = (self.gates.par_chunks_mut(GATES * per))
            .zip(self.cell.par_chunks_mut(per))
            .zip(self.hidden.par_chunks_mut(per));
        let parts = self.given.par_chunks(GATES * per).zip(into).enumerate();
        parts.for_each(|(index, (given, ((gates, cell), hidden)))| {
            let before = self.before.map(|(share, cell_before)| {
                let share = &share[index * GATES * per..][..gates.len()];
                (share, &cell_before[index * per..][..cell.len()])
            });
            arch().dispatch(Forward(Step {
                given,
                before,
                gates,
                cell,
                hidden,
                channels,
            }));
        });
    }
}

struct Forward<'a>(Step<'a>);

impl WithSimd for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        if self.0.channels.is_multiple_of(PANEL) {
            forward(simd, self.0);
        } else {
            forward(Scalar, self.0);
        }
    }
}

#[inline(always)]
fn forward<S: Simd>(simd: S, step: Step) {
    let vectors = step.channels / S::F32_LANES;
    let given = S::as_simd_f32s(step.given).0;
    let (share, cell_before) = step.before.unwrap_or((&[], &[]));
    let [share, cell_before] = [share, cell_before].map(|values| S::as_simd_f32s(values).0);
    let gates = S::as_mut_simd_f32s(step.gates).0;
    let cell = S::as_mut_simd_f32s(step.cell).0;
    let hidden = S::as_mut_simd_f32s(step.hidden).0;
    let started = step.before.is_some();
    for pixel in 0..cell.len() / vectors {
        for vector in 0..vectors {
            let at = pixel * vectors + vector;
            let first = pixel * GATES * vectors + vector;
            let mut sums = [simd.splat_f32s(0.0); GATES];
            for gate in 0..GATES {
                let place = first + gate * vectors;
                sums[gate] = given[place];
                if started {
                    sums[gate] = simd.add_f32s(sums[gate], share[place]);
                }
            }
            let admit = sigmoid(simd, sums[0]);
            let keep = sigmoid(simd, sums[1]);
            let show = sigmoid(simd, sums[2]);
            let candidate = tanh(simd, sums[3]);
            let mut now = simd.mul_f32s(admit, candidate);
            if started {
                now = simd.mul_add_e_f32s(keep, cell_before[at], now);
            }
            for (gate, value) in [admit, keep, show, candidate].into_iter().enumerate() {
                gates[first + gate * vectors] = value;
            }
            cell[at] = now;
            hidden[at] = simd.mul_f32s(show, tanh(simd, now));
        }
    }
}

/// One backward step.
pub(super) struct StepBack<'a> {
    /// The gates and the cell of the step.
    pub(super) gates: &'a [f32],
    pub(super) cell: &'a [f32],
    /// The previous cell, unless it is zero.
    pub(super) cell_before: Option<&'a [f32]>,
    /// The gradient of the hidden state, from above and, except for the last step, from the next
    /// step.
    pub(super) hidden: (&'a [f32], Option<&'a [f32]>),
    /// The gradient of the cell, first of this step and then of the previous one.
    pub(super) carried: &'a mut [f32],
    /// The gradient of the gates before their sigmoid or tanh.
    pub(super) into: &'a mut [f32],
    pub(super) channels: usize,
}

impl StepBack<'_> {
    /// Computes the gradients.
    pub(super) fn run(self) {
        let channels = self.channels;
        let per = PIXELS * channels;
        let into = self
            .into
            .par_chunks_mut(GATES * per)
            .zip(self.carried.par_chunks_mut(per));
        into.enumerate().for_each(|(index, (into, carried))| {
            let [start, end] = [index * per, index * per + carried.len()];
            let part = StepBack {
                gates: &self.gates[GATES * start..GATES * end],
                cell: &self.cell[start..end],
                cell_before: self.cell_before.map(|cell| &cell[start..end]),
                hidden: (
                    &self.hidden.0[start..end],
                    self.hidden.1.map(|hidden| &hidden[start..end]),
                ),
                carried,
                into,
                channels,
            };
            arch().dispatch(Back(part));
        });
    }
}

struct Back<'a>(StepBack<'a>);

impl WithSimd for Back<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        if self.0.channels.is_multiple_of(PANEL) {
            back(simd, self.0);
        } else {
            back(Scalar, self.0);
        }
    }
}

#[inline(always)]
fn back<S: Simd>(simd: S, step: StepBack) {
    let vectors = step.channels / S::F32_LANES;
    let [gates, cell, from_above] =
        [step.gates, step.cell, step.hidden.0].map(|values| S::as_simd_f32s(values).0);
    let [cell_before, from_next] =
        [step.cell_before, step.hidden.1].map(|values| S::as_simd_f32s(values.unwrap_or(&[])).0);
    let carried = S::as_mut_simd_f32s(step.carried).0;
    let into = S::as_mut_simd_f32s(step.into).0;
    let (zero, one) = (simd.splat_f32s(0.0), simd.splat_f32s(1.0));
    for pixel in 0..cell.len() / vectors {
        for vector in 0..vectors {
            let at = pixel * vectors + vector;
            let first = pixel * GATES * vectors + vector;
            let [admit, keep, show, candidate] =
                [0, 1, 2, 3].map(|gate| gates[first + gate * vectors]);
            let mut hidden = from_above[at];
            if !from_next.is_empty() {
                hidden = simd.add_f32s(hidden, from_next[at]);
            }
            let shown = tanh(simd, cell[at]);
            let slope = simd.negate_mul_add_e_f32s(shown, shown, one);
            let through = simd.mul_f32s(simd.mul_f32s(hidden, show), slope);
            let now = simd.add_f32s(carried[at], through);
            let before = if cell_before.is_empty() {
                zero
            } else {
                cell_before[at]
            };
            let candidate_slope = simd.negate_mul_add_e_f32s(candidate, candidate, one);
            let gradients = [
                gated(simd, simd.mul_f32s(now, candidate), admit),
                gated(simd, simd.mul_f32s(now, before), keep),
                gated(simd, simd.mul_f32s(hidden, shown), show),
                simd.mul_f32s(simd.mul_f32s(now, admit), candidate_slope),
            ];
            for (gate, value) in gradients.into_iter().enumerate() {
                into[first + gate * vectors] = value;
            }
            carried[at] = simd.mul_f32s(now, keep);
        }
    }
}

/// Returns the gradient before a sigmoid whose value is `gate`.
#[inline(always)]
fn gated<S: Simd>(simd: S, gradient: S::f32s, gate: S::f32s) -> S::f32s {
    let slope = simd.negate_mul_add_e_f32s(gate, gate, gate);
    simd.mul_f32s(gradient, slope)
}
