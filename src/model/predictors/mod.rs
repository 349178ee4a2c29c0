//! The list of next-frame predictors, one of which `[forecast]` names.

mod parts;
mod patches;
mod stack;

use burn::tensor::Device;

use super::forecast_spec::{ForecastSpec, ForecastSpecError};
use super::predictor::{Predictor, Recurrent};
use super::size::NetworkSize;
use super::{CheckpointError, LoadedCheckpoint, load_network};
use crate::run::{CheckpointName, RunDir};

/// Work that needs a predictor's concrete type, such as training it.
pub trait WithPredictor {
    /// The result of the work.
    type Output;

    /// Does the work for predictors of type `N`.
    fn with<N: Recurrent>(self) -> Self::Output;
}

/// Declares the predictors' modules and lists their types.
macro_rules! predictors {
    ($($module:ident::$network:ident),+ $(,)?) => {
        $(mod $module;)+
        $(pub use $module::$network;)+

        /// The names of all predictors.
        const NAMES: &[&str] = &[$($network::NAME),+];

        /// The names of all predictors, each with that in figures.
        const TITLES: &[(&str, &str)] = &[$(($network::NAME, $network::TITLE)),+];

        /// Does `work` for the predictor called `name`; returns `None` if there is none.
        fn with<W: WithPredictor>(name: &str, work: W) -> Option<W::Output> {
            $(if name == $network::NAME {
                return Some(work.with::<$network>());
            })+
            None
        }

        #[cfg(test)]
        mod laws {
            $(mod $module {
                #[test]
                fn the_laws_hold() {
                    super::super::law_tests::check::<super::super::$network>();
                }

                #[test]
                fn results_are_those_of_the_reference() {
                    super::super::reference_tests::check::<super::super::$network>();
                }
            })+
        }
    };
}

// A new predictor is one file and one line here.
predictors! {
    conv_lstm::ConvLstm,
    conv_gru::ConvGru,
    pred_rnn::PredRnn,
}

/// Does `work` for the predictor that `spec` names.
///
/// # Errors
/// [`ForecastSpecError::UnknownNetwork`] with the known names.
pub fn with_predictor<W: WithPredictor>(
    spec: &ForecastSpec,
    work: W,
) -> Result<W::Output, ForecastSpecError> {
    let name = spec.network.as_str();
    with(name, work).ok_or_else(|| ForecastSpecError::UnknownNetwork {
        network: name.to_owned(),
        known: NAMES.to_vec(),
    })
}

/// Returns the name in figures of the predictor of an experiment, and the rest of the experiment's name:
/// "ConvLSTM" and "-narrow" for "convlstm-narrow". `None` if it begins with the name of no predictor.
pub fn titled(experiment: &str) -> Option<(&'static str, &str)> {
    TITLES.iter().find_map(|(name, title)| {
        let rest = experiment.strip_prefix(&name.replace('-', ""))?;
        Some((*title, rest))
    })
}

/// Checks that the predictor of `spec` can be built for frames of `side` x `side` pixels.
///
/// # Errors
/// [`ForecastSpecError`] with what is wrong and what is allowed.
pub fn check_predictor(spec: &ForecastSpec, side: usize) -> Result<(), ForecastSpecError> {
    struct Check<'a>(&'a ForecastSpec, usize);
    impl WithPredictor for Check<'_> {
        type Output = Result<(), ForecastSpecError>;

        fn with<N: Recurrent>(self) -> Self::Output {
            N::check(self.0, self.1)
        }
    }
    with_predictor(spec, Check(spec, side))?
}

/// Returns the size of the predictor of `spec` for frames of `side` x `side` pixels; multiply-adds
/// are those of one frame.
///
/// # Panics
/// As [`untrained_predictor`].
pub(in crate::model) fn predictor_size(spec: &ForecastSpec, side: usize) -> NetworkSize {
    struct Size<'a>(&'a ForecastSpec, usize);
    impl WithPredictor for Size<'_> {
        type Output = NetworkSize;

        fn with<N: Recurrent>(self) -> NetworkSize {
            N::size(self.0, self.1)
        }
    }
    known(with_predictor(spec, Size(spec, side)))
}

/// Returns the untrained predictor of `spec`, in validation mode, with weights drawn from `seed`.
///
/// # Panics
/// If `spec` does not pass [`check_predictor`]; the experiment must have been validated.
pub fn untrained_predictor(
    spec: &ForecastSpec,
    side: usize,
    seed: u64,
    device: &Device,
) -> Box<dyn Predictor> {
    struct Build<'a>(&'a ForecastSpec, usize, u64, &'a Device);
    impl WithPredictor for Build<'_> {
        type Output = Box<dyn Predictor>;

        fn with<N: Recurrent>(self) -> Box<dyn Predictor> {
            Box::new(N::build(self.0, self.1, self.2, self.3).valid())
        }
    }
    known(with_predictor(spec, Build(spec, side, seed, device)))
}

/// Location of a predictor's checkpoint.
#[derive(Debug, Clone, Copy)]
pub struct PredictorPlace<'a> {
    /// The run folder.
    pub run: &'a RunDir,
    /// The checkpoint.
    pub checkpoint: CheckpointName,
    /// Side of the frames in pixels.
    pub side: usize,
}

/// Returns the predictor of `spec` with the weights of a checkpoint, in validation mode, and the
/// state of its training.
///
/// # Errors
/// As [`load_network`].
///
/// # Panics
/// As [`untrained_predictor`].
pub fn load_predictor(
    spec: &ForecastSpec,
    place: PredictorPlace<'_>,
    device: &Device,
) -> Result<LoadedCheckpoint<Box<dyn Predictor>>, CheckpointError> {
    struct Load<'a>(&'a ForecastSpec, PredictorPlace<'a>, &'a Device);
    impl WithPredictor for Load<'_> {
        type Output = Result<LoadedCheckpoint<Box<dyn Predictor>>, CheckpointError>;

        fn with<N: Recurrent>(self) -> Self::Output {
            let Self(spec, place, device) = self;
            let network = N::build(spec, place.side, 0, device);
            let loaded = load_network(place.run, place.checkpoint, network, &spec.describe())?;
            Ok(LoadedCheckpoint {
                network: Box::new(loaded.network.valid()),
                state: loaded.state,
            })
        }
    }
    known(with_predictor(spec, Load(spec, place, device)))
}

/// Returns the result of work for a network whose experiment was validated.
fn known<T>(output: Result<T, ForecastSpecError>) -> T {
    output.unwrap_or_else(|error| panic!("the experiment was validated, yet {error}"))
}

#[cfg(test)]
mod law_tests;
#[cfg(test)]
mod reference_tests;
