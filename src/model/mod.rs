//! Networks, the tap that observes their activations, and checkpoints.

pub mod backbones;
mod checkpoint;
mod classifier;
mod clips;
mod cost;
mod exported;
mod forecast_spec;
mod ingredients;
mod norm;
mod numbering;
mod plain_cnn;
mod pooled;
mod predict;
mod predictor;
pub mod predictors;
mod resident;
mod size;
mod spec;
mod stored;
pub mod tap;
mod trained;
pub mod weights;

pub use checkpoint::{
    CheckpointError, EXPORT_FILE, InTraining, LATEST_FILE, LoadedCheckpoint, MODEL_FILE,
    OPTIMIZER_FILE, load_network, load_training, numbered, tensor_shapes, weights_file,
    write_training,
};
pub use classifier::Classifier;
pub use clips::{clip_tensor, frames_tensor};
pub use forecast_spec::{ForecastSpec, ForecastSpecError, PredictorName};
pub use ingredients::{BlockActivation, BlockDropout, BlockNormalisation, Head, Initialisation};
pub use plain_cnn::{PlainCnn, fresh_linear_weights};
pub use pooled::{PooledSplit, pooled_split};
pub use predict::{
    Prediction, Score, TOP_CLASSES, predict, predict_while, score, score_while, to_tensor,
};
pub use predictor::{Predictor, Recurrent, place};
pub use predictors::{
    ConvGru, ConvLstm, PredRnn, PredictorPlace, WithPredictor, check_predictor, load_predictor,
    titled, untrained_predictor, with_predictor,
};
pub use resident::ResidentImages;
pub use size::NetworkSize;
pub use spec::{ModelSpec, NetworkName, SpecError};
pub use trained::{Published, TrainedNetwork};
