//! The ImageNet networks on the command line. Called by [`super::run`] and by the verbs that take a
//! network in place of a trial.

mod arguments;
mod evaluate;
mod explain;
mod layers;
mod opened;
mod photos;
mod pictures;
mod weights;

pub(super) use arguments::{FromWeights, LayersArguments, PhotoArguments, WeightsArguments};
pub(super) use evaluate::evaluate_photos;
pub(super) use explain::explain_photos;
pub(super) use layers::list_layers;
pub(super) use opened::OpenedBackbone;
pub(super) use photos::{PhotoFile, PhotoReader, labelled};
pub(super) use pictures::pictures;
pub(super) use weights::run as run_weights;
