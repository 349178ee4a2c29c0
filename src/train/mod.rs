//! Training: the only place apart from `explain/evidence.rs` that computes gradients. It reports
//! through [`TrainEvents`] and stops on request.

mod average;
mod classify;
mod clip;
mod epochs;
mod error;
mod events;
mod feed;
mod forecast;
mod job;
mod lifecycle;
mod linear_head;
mod minimise;
mod optimizer;
mod schedule;
mod session;
mod space;
mod spec;
mod step;
mod unread;

pub use classify::{ClassifyJob, train};
pub use clip::clip_by_global_norm;
pub use error::TrainError;
pub use events::{EpochMeans, EpochReport, Progress, Silent, StopSignal, TrainEvents};
pub use forecast::{ForecastJob, FrameLoss, ObjectiveSpec, frame_loss, train_forecast};
pub use job::{Outcome, StartMode, StopReason};
pub use linear_head::{
    GRADIENT_SHARE, HeadFit, LinearHead, PooledFeatures, WEIGHT_DECAYS, fit_head,
};
pub use schedule::RateChange;
pub use session::{check_epochs, check_start};
pub use space::checkpoint_bytes;
pub use spec::{CheckpointSpec, FIXED_ON_RESUME, OptimizerName, Schedule, TrainSpec};
pub use step::ImageBatch;
