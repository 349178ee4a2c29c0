//! Training: the only place besides `explain/evidence.rs` where gradients are taken. Called by
//! `cli`; reports through [`TrainEvents`] and stops when told to.

mod classify;
mod epochs;
mod error;
mod events;
mod linear_head;
mod minimise;
mod session;
mod space;
mod spec;
mod step;

pub use classify::{ClassifyJob, Outcome, train};
pub use error::TrainError;
pub use events::{Progress, Silent, StopSignal, TrainEvents};
pub use linear_head::{
    GRADIENT_SHARE, HeadFit, LinearHead, PooledFeatures, WEIGHT_DECAYS, fit_head,
};
pub use session::StartMode;
pub use spec::{CheckpointSpec, FIXED_ON_RESUME, Schedule, TrainSpec};
pub use step::ImageBatch;
