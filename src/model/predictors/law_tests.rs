//! Laws for every predictor of the list.

use burn::tensor::activation::sigmoid;
use burn::tensor::{Device, Tensor, TensorData};

use super::*;
use crate::model::tap::Tap;

/// Rounding of float32 sums in another order.
const SUM_ORDER: f32 = 1e-5;
/// Side of the frames in pixels.
const SIDE: usize = 8;

/// Returns a spec with layers of two sizes, or of one if the network allows no other.
fn spec<N: Recurrent>() -> ForecastSpec {
    let of = |hidden: [usize; 2]| ForecastSpec {
        network: N::NAME.into(),
        hidden: hidden.to_vec(),
        kernel: 3,
        patch: 2,
        forget_bias: 1.0,
        head_bias: -1.0,
    };
    let allowed = [[3, 2], [3, 3]].map(of).into_iter();
    let mut allowed = allowed.filter(|spec| N::check(spec, SIDE).is_ok());
    allowed.next().expect("two small layers")
}

/// Returns frames between 0 and 1 from a formula, `[batch, time, 1, side, side]`.
fn frames([batch, time]: [usize; 2]) -> Tensor<5> {
    let values: Vec<f32> = (0..batch * time * SIDE * SIDE)
        .map(|i| (i as f32 * 12.9898).sin().abs())
        .collect();
    let data = TensorData::new(values, [batch, time, 1, SIDE, SIDE]);
    Tensor::from_data(data, &Device::flex())
}

#[track_caller]
fn assert_close<const D: usize>(a: &Tensor<D>, b: &Tensor<D>) {
    assert_eq!(a.dims(), b.dims());
    let largest: f32 = b.clone().abs().max().into_scalar();
    let difference: f32 = (a.clone() - b.clone()).abs().max().into_scalar();
    assert!(difference <= SUM_ORDER * largest, "{difference} {largest}");
}

/// Checks all laws for `N`.
pub(super) fn check<N: Recurrent>() {
    let spec = spec::<N>();
    assert_eq!(N::check(&spec, SIDE), Ok(()));
    let network = N::build(&spec, SIDE, 3, &Device::flex());
    size_is_counted(&spec, &network);
    states_are_named(&network);
    a_clip_is_its_steps(&network);
    nothing_later_is_seen(&network);
    a_roll_out_feeds_predictions_back(&network);
    gradients_meet_finite_differences(&network);
}

fn size_is_counted<N: Recurrent>(spec: &ForecastSpec, network: &N) {
    let size = N::size(spec, SIDE);
    assert_eq!(size.parameters, network.num_params() as u64);
    assert_eq!(predictor_size(spec, SIDE), size, "found by its name");
    assert!(size.multiply_adds > 0);
}

fn states_are_named<N: Recurrent>(network: &N) {
    let states = network.states();
    let mut distinct = states.clone();
    distinct.sort();
    distinct.dedup();
    assert!(!states.is_empty() && distinct.len() == states.len());
    for taps in [Vec::new(), network.places(3)] {
        let mut tap = Tap::activations_only(taps.clone());
        let _ = network.forward(frames([1, 3]), &mut tap);
        let mut seen = tap.seen().to_vec();
        let mut places = network.places(3);
        seen.sort();
        places.sort();
        assert_eq!(seen, places);
        assert_eq!(tap.into_observations().len(), taps.len());
    }
}

fn a_clip_is_its_steps<N: Recurrent>(network: &N) {
    let clip = frames([2, 4]);
    let mut memory = None;
    let mut stepwise = Vec::new();
    for step in 0..4 {
        let frame = clip.clone().narrow(1, step, 1);
        let (logits, later) = network.step(frame, memory, step, &mut Tap::off());
        stepwise.push(logits);
        memory = Some(later);
    }
    let stepwise = Tensor::cat(stepwise, 1);
    let whole = network.forward(clip.clone(), &mut Tap::off());
    assert_close(&whole, &stepwise);
    let mut tap = Tap::activations_only(network.places(4));
    assert_close(&network.forward(clip, &mut tap), &stepwise);
}

fn nothing_later_is_seen<N: Recurrent>(network: &N) {
    let whole = network.forward(frames([1, 5]), &mut Tap::off());
    let part = network.forward(frames([1, 5]).narrow(1, 0, 3), &mut Tap::off());
    assert_close(&part, &whole.narrow(1, 0, 3));
}

fn a_roll_out_feeds_predictions_back<N: Recurrent>(network: &N) {
    let rolled = network.roll_out(frames([1, 3]), 2, &mut Tap::off());
    let first = network.forward(frames([1, 3]), &mut Tap::off());
    let first = first.narrow(1, 2, 1);
    assert_close(&rolled.clone().narrow(1, 0, 1), &first);
    let fed = Tensor::cat(vec![frames([1, 3]), sigmoid(first)], 1);
    let second = network.forward(fed, &mut Tap::off()).narrow(1, 3, 1);
    assert_close(&rolled.narrow(1, 1, 1), &second);
}

/// Compares the gradient at every state with central differences of the score.
fn gradients_meet_finite_differences<N: Recurrent>(network: &N) {
    /// A cell of the state, away from its edge.
    const CELL: usize = 5;
    /// Half of the distance between the two scores.
    const STEP: f32 = 1e-2;
    let score = |tap: &mut Tap| {
        let logits = network.forward(frames([1, 3]), tap);
        sigmoid(logits.narrow(1, 2, 1)).sum()
    };
    let mut tap = Tap::on(network.places(3));
    let mut gradients = score(&mut tap).backward();
    for observation in tap.into_observations() {
        let name = observation.name();
        let gradient = observation.gradient(&mut gradients);
        let gradient = gradient.unwrap_or_else(|| panic!("nothing reads \"{name}\""));
        let found: f32 = gradient.flatten::<1>(0, 3).narrow(0, CELL, 1).into_scalar();
        let moved = |by: f32| -> f32 {
            let state = observation.activation();
            let mut values: Vec<f32> = state.to_data().iter::<f32>().collect();
            values[CELL] += by;
            let data = TensorData::new(values, state.dims());
            let state = Tensor::from_data(data, &state.device());
            score(&mut Tap::replacing(name, state)).into_scalar()
        };
        let expected = (moved(STEP) - moved(-STEP)) / (2.0 * STEP);
        // Float32 scores of about 20 are exact to 1e-6: 1e-4 over two steps of 1e-2.
        assert!(
            (found - expected).abs() < 2e-4 + 1e-2 * expected.abs(),
            "{name}: {found} against {expected}"
        );
    }
}

#[test]
fn an_unknown_network_is_refused_with_the_known_ones() {
    let mut spec = spec::<ConvLstm>();
    assert!(spec.network.is_usual());
    assert!(spec.describe().starts_with("conv-lstm 3-2 "));
    spec.network = "conv-rnn".into();
    let error = check_predictor(&spec, SIDE).expect_err("there is none");
    assert_eq!(
        error.to_string(),
        "no such network, known are \"conv-lstm\", \"conv-gru\", \"predrnn\""
    );
}

#[test]
fn a_name_stands_in_the_spec_only_where_it_is_not_the_usual_one() {
    let mut spec = spec::<ConvLstm>();
    let json = serde_json::to_string(&spec).expect("plain values");
    assert!(!json.contains("network"), "{json}");
    assert_eq!(
        serde_json::from_str::<ForecastSpec>(&json).ok(),
        Some(spec.clone())
    );
    spec.network = "other".into();
    let json = serde_json::to_string(&spec).expect("plain values");
    assert!(json.contains("\"network\":\"other\""), "{json}");
}

/// A predictor that implements only `step` is run step by step.
#[test]
fn the_default_watch_is_the_steps() {
    use burn::module::Module;

    /// A ConvLSTM that does not compute several steps at once.
    #[derive(Module, Debug)]
    struct Plain {
        inner: ConvLstm,
    }

    impl Recurrent for Plain {
        const NAME: &'static str = ConvLstm::NAME;
        const TITLE: &'static str = ConvLstm::TITLE;

        type Memory = <ConvLstm as Recurrent>::Memory;

        fn check(spec: &ForecastSpec, side: usize) -> Result<(), ForecastSpecError> {
            ConvLstm::check(spec, side)
        }

        fn size(spec: &ForecastSpec, side: usize) -> NetworkSize {
            ConvLstm::size(spec, side)
        }

        fn build(spec: &ForecastSpec, side: usize, seed: u64, device: &Device) -> Self {
            Self {
                inner: ConvLstm::build(spec, side, seed, device),
            }
        }

        fn states(&self) -> Vec<String> {
            self.inner.states()
        }

        fn step(
            &self,
            frame: Tensor<5>,
            memory: Option<Self::Memory>,
            step: usize,
            tap: &mut Tap,
        ) -> (Tensor<5>, Self::Memory) {
            self.inner.step(frame, memory, step, tap)
        }
    }

    check::<Plain>();
}
