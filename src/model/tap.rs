//! The tap: observes or replaces activations at named places of a forward pass.
//!
//! Every network's forward pass calls [`Tap::observe`] at its named places. Training and evaluation
//! pass [`Tap::off`]; `explain::evidence` passes [`Tap::on`] to get the gradient at each place;
//! `explain::questions` passes [`Tap::replacing`] to get the network's output for another
//! activation.

use burn::tensor::{Gradients, Tensor};

/// What a tap does at a requested place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Off,
    Activations,
    Gradients,
    Replacement,
}

/// Records named activations during one forward pass.
///
/// Burn has no hooks, and a computed tensor cannot be asked for its gradient. A tap that is *on*
/// therefore adds a zero tensor that requires grad, the probe, at each requested place: the values
/// are unchanged, and the gradient of a score with respect to the probe is its gradient with
/// respect to the activation.
///
/// The network must be in inference mode (`network.valid()`) on a device without autodiff.
/// Everything before the first requested place then runs without an autodiff graph, and after it
/// only the probes are leaves: the parameters are constants.
///
/// # Examples
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use camtrail::model::tap::Tap;
///
/// fn forward(images: Tensor<4>, tap: &mut Tap) -> Tensor<4> {
///     tap.observe("doubled", images * 2.0)
/// }
///
/// let mut tap = Tap::on(["doubled"]);
/// let score = forward(Tensor::ones([1, 1, 2, 2], &Device::flex()), &mut tap).sum();
/// assert!(score.is_autodiff());
/// assert_eq!(tap.seen(), ["doubled"]);
/// ```
#[derive(Debug)]
pub struct Tap {
    mode: Mode,
    requested: Vec<String>,
    seen: Vec<String>,
    observations: Vec<Observation>,
    /// The activation that replaces the one at the requested place, in [`Mode::Replacement`].
    replacement: Option<Tensor<4>>,
}

/// The activation at one requested place, and its probe.
#[derive(Debug)]
pub struct Observation {
    name: String,
    activation: Tensor<4>,
    probe: Option<Tensor<4>>,
}

impl Tap {
    /// Returns a tap that returns every activation unchanged and keeps nothing.
    pub fn off() -> Self {
        Self::new(Mode::Off, Vec::new())
    }

    /// Returns a tap that keeps the activation of each of `layers` and probes its gradient.
    pub fn on<I>(layers: I) -> Self
    where
        I: IntoIterator<Item: Into<String>>,
    {
        Self::new(
            Mode::Gradients,
            layers.into_iter().map(Into::into).collect(),
        )
    }

    /// Returns a tap that keeps the activation of each of `layers`, without an autodiff graph.
    ///
    /// Without layers it still lists the network's places in [`Tap::seen`].
    pub fn activations_only<I>(layers: I) -> Self
    where
        I: IntoIterator<Item: Into<String>>,
    {
        Self::new(
            Mode::Activations,
            layers.into_iter().map(Into::into).collect(),
        )
    }

    /// Returns a tap that keeps nothing and replaces the network's activation at `layer` with
    /// `activation`.
    ///
    /// # Shapes
    ///
    /// - `activation`: `[batch, channels, height, width]`, as in the forward pass at `layer`
    pub fn replacing(layer: impl Into<String>, activation: Tensor<4>) -> Self {
        Self {
            replacement: Some(activation),
            ..Self::new(Mode::Replacement, vec![layer.into()])
        }
    }

    fn new(mode: Mode, requested: Vec<String>) -> Self {
        Self {
            mode,
            requested,
            seen: Vec::new(),
            observations: Vec::new(),
            replacement: None,
        }
    }

    /// Returns the activation to continue with: the same values, probed if this place was
    /// requested; or the replacement, if this is its place.
    ///
    /// A forward pass must continue with the returned tensor; otherwise the probe has no gradient.
    /// A recurrent network names one place per time step, such as `"upper/7"`.
    ///
    /// # Shapes
    ///
    /// - `activation`: `[batch, channels, height, width]`
    /// - returned: the same
    ///
    /// # Panics
    ///
    /// If a requested name is observed twice in one forward pass: its gradient would be ambiguous.
    /// If a replacement has another shape than the activation.
    #[must_use = "the forward must go on with the returned tensor, or the probe sees no gradient"]
    pub fn observe(&mut self, name: &str, activation: Tensor<4>) -> Tensor<4> {
        if self.mode == Mode::Off {
            return activation;
        }
        self.seen.push(name.to_owned());
        if !self.wants(name) {
            return activation;
        }
        let earlier = &self.seen[..self.seen.len() - 1];
        assert!(
            earlier.iter().all(|seen| seen != name),
            "place \"{name}\" was observed twice in one forward"
        );
        if let Some(replacement) = self.replacement.take() {
            assert_eq!(
                replacement.dims(),
                activation.dims(),
                "the replacement at \"{name}\" has another shape than what it replaces"
            );
            return replacement;
        }

        let kept = activation.clone().without_autodiff();
        let (probe, onward) = match self.mode {
            Mode::Gradients => {
                let device = activation.device().autodiff();
                let zeros = Tensor::zeros(activation.dims(), (&device, activation.dtype()));
                let probe = zeros.require_grad();
                let onward = activation.autodiff() + probe.clone();
                (Some(probe), onward)
            }
            Mode::Off | Mode::Activations | Mode::Replacement => (None, activation),
        };
        self.observations.push(Observation {
            name: name.to_owned(),
            activation: kept,
            probe,
        });
        onward
    }

    /// Returns whether the activation at `name` was requested.
    ///
    /// A forward pass that can compute several steps at once checks this first, and then reports
    /// the places in between to [`pass`](Self::pass).
    pub fn wants(&self, name: &str) -> bool {
        self.requested.iter().any(|requested| requested == name)
    }

    /// Notes that the forward pass reached `name`, a place that is not [wanted](Self::wants),
    /// without observing it.
    ///
    /// # Panics
    ///
    /// If the place is wanted.
    pub fn pass(&mut self, name: &str) {
        assert!(
            !self.wants(name),
            "place \"{name}\" was asked for, yet passed"
        );
        if self.mode != Mode::Off {
            self.seen.push(name.to_owned());
        }
    }

    /// Returns the names of all places that the forward pass reached, requested or not, in forward
    /// order.
    ///
    /// Empty for a tap that is off.
    pub fn seen(&self) -> &[String] {
        &self.seen
    }

    /// Returns the kept observations, in forward order.
    pub fn into_observations(self) -> Vec<Observation> {
        self.observations
    }
}

impl Observation {
    /// Returns the name of the place.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the activation, without an autodiff graph.
    ///
    /// # Shapes
    ///
    /// - returned: `[batch, channels, height, width]`
    pub fn activation(&self) -> Tensor<4> {
        self.activation.clone()
    }

    /// Returns the gradient of the score with respect to the activation, without an autodiff graph.
    ///
    /// `None` if the place was not probed, or if the score does not depend on it at all: the
    /// forward pass dropped the tensor returned by [`Tap::observe`].
    ///
    /// # Shapes
    ///
    /// - returned: `[batch, channels, height, width]`
    pub fn gradient(&self, gradients: &mut Gradients) -> Option<Tensor<4>> {
        self.probe.as_ref()?.grad_remove(gradients)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::{Device, TensorData};

    fn images() -> Tensor<4> {
        Tensor::from_data(
            TensorData::new(vec![1.0_f32, -2.0, 3.0, -4.0], [1, 1, 2, 2]),
            &Device::flex(),
        )
    }

    #[test]
    fn a_tap_that_is_off_keeps_nothing_and_adds_no_tape() {
        let mut tap = Tap::off();
        let onward = tap.observe("block-1", images());
        assert!(!onward.is_autodiff());
        assert_eq!(onward.into_data(), images().into_data());
        assert!(tap.seen().is_empty());
        assert!(tap.into_observations().is_empty());
    }

    #[test]
    fn a_probe_leaves_the_values_as_they_are() {
        let mut tap = Tap::on(["block-1"]);
        let onward = tap.observe("block-1", images());
        assert!(onward.is_tracked());
        assert_eq!(onward.without_autodiff().into_data(), images().into_data());
    }

    #[test]
    fn only_requested_places_are_kept_and_all_are_seen() {
        let mut tap = Tap::activations_only(["block-2"]);
        let first = tap.observe("block-1", images());
        let second = tap.observe("block-2", first * 2.0);
        assert!(!second.is_autodiff());
        assert_eq!(tap.seen(), ["block-1", "block-2"]);
        let kept = tap.into_observations();
        assert_eq!(kept.len(), 1);
        assert_eq!(kept[0].name(), "block-2");
        assert_eq!(
            kept[0].activation().into_data(),
            (images() * 2.0).into_data()
        );
    }

    #[test]
    fn a_replacement_takes_the_place_of_one_activation() {
        let mut tap = Tap::replacing("block-2", images() + 5.0);
        let first = tap.observe("block-1", images());
        assert_eq!(first.to_data(), images().into_data());
        let second = tap.observe("block-2", first * 2.0);
        assert!(!second.is_autodiff());
        assert_eq!(second.into_data(), (images() + 5.0).into_data());
        assert_eq!(tap.seen(), ["block-1", "block-2"]);
        assert!(tap.into_observations().is_empty());
    }

    #[test]
    fn a_place_that_is_passed_is_seen() {
        let mut tap = Tap::activations_only(["block-2"]);
        assert!(!tap.wants("block-1") && tap.wants("block-2"));
        tap.pass("block-1");
        let _ = tap.observe("block-2", images());
        assert_eq!(tap.seen(), ["block-1", "block-2"]);
        let mut off = Tap::off();
        off.pass("block-1");
        assert!(!off.wants("block-1") && off.seen().is_empty());
    }

    #[test]
    #[should_panic(expected = "was asked for, yet passed")]
    fn a_place_that_is_wanted_is_not_passed() {
        Tap::on(["block-1"]).pass("block-1");
    }

    #[test]
    #[should_panic(expected = "another shape")]
    fn a_replacement_has_the_shape_of_what_it_replaces() {
        let mut tap = Tap::replacing("block-1", images().repeat_dim(1, 2));
        let _ = tap.observe("block-1", images());
    }

    #[test]
    #[should_panic(expected = "observed twice")]
    fn a_place_is_observed_once_a_forward() {
        let mut tap = Tap::on(["block-1"]);
        let onward = tap.observe("block-1", images());
        let _ = tap.observe("block-1", onward);
    }
}
