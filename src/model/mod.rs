//! Networks, the tap that watches their activations, and checkpoints.
//!
//! Called by `train`, `evaluate`, `explain` and `cli`.

pub mod backbones;
mod checkpoint;
mod classifier;
mod clips;
mod conv_lstm;
mod forecast_spec;
mod numbering;
mod patches;
mod plain_cnn;
mod pooled;
mod predict;
mod randomise;
mod resident;
mod size;
mod spec;
pub mod tap;
mod trained;
pub mod weights;

pub use checkpoint::{
    CheckpointError, LoadedCheckpoint, MODEL_FILE, OPTIMIZER_FILE, load_network, load_training,
    tensor_shapes, write_training,
};
pub use classifier::Classifier;
pub use clips::{clip_tensor, frames_tensor};
pub use conv_lstm::{ConvLstm, place};
pub use forecast_spec::{ForecastSpec, ForecastSpecError};
pub use plain_cnn::PlainCnn;
pub use pooled::{PooledSplit, pooled_split};
pub use predict::{Prediction, Score, predict, score, to_tensor};
pub use randomise::fresh_linear_weights;
pub use resident::ResidentImages;
pub use size::NetworkSize;
pub use spec::{Head, ModelSpec, NetworkName, SpecError};
pub use trained::{Published, TrainedNetwork};
