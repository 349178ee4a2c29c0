//! The disk contract: what a run folder and an explanation folder hold, and how they are read and
//! written. No Burn here, so figures can be drawn from disk without a network.

mod arrays;
mod atomic;
mod capacity;
mod cascade;
mod checksum;
mod consistency;
mod depth;
mod dir;
mod error;
mod explanations;
mod frames;
mod head;
mod localization;
mod lock;
mod manifest;
mod near;
mod rows;
mod sanity;
mod scores;
mod sequence;
mod table;

pub use arrays::Array;
pub use atomic::{Leftover, clear_temporaries, write_atomically, write_folder_atomically};
pub use capacity::{CAPACITY_CSV, CapacityRow, claimed_lags, read_capacity, write_capacity};
pub use cascade::{CascadePanel, CascadePictures};
pub use checksum::{Checksum, hexadecimal, sha256};
pub use consistency::{CONSISTENCY_CSV, ConsistencyRow, write_consistency};
pub use depth::{DepthRow, read_depth_rows, write_depth_rows};
pub use dir::{CheckpointName, RunDir, list_runs};
pub use error::RunError;
pub use explanations::{
    ExplainedImage, ExplanationRecord, ExplanationSet, MAPS_JSON, MAPS_TENSORS,
};
pub use frames::{FRAME_SCORES_CSV, FrameScoreRow, read_frame_scores, write_frame_scores};
pub use head::{HeadRecord, RetrainedHead};
pub use localization::{
    LocalizationCurveRow, LocalizationRow, LocalizationSummaryRow, LocalizedMap, LocalizedPicture,
    LocalizedPictures, read_localization_curve, read_localization_summary,
    write_localization_curve, write_localization_rows, write_localization_summary,
};
pub use lock::RunLock;
pub use manifest::{
    BestCheckpoint, CHECKPOINT_FORMAT, CheckpointState, EpochTotals, RunManifest, RunStatus,
    TensorShape,
};
pub use near::{near_names, nearest};
pub use rows::{
    EpochRecord, EpochRow, ForecastRow, append_epoch_record, read_epoch_records, read_epoch_rows,
    truncate_epoch_records,
};
pub use sanity::{
    CascadeRow, ClassRow, IdentityRow, SanityTables, Verdict, VerdictRow, read_verdicts, verdict_of,
};
pub use scores::{
    LayerPlace, SCORE_PAIRS_CSV, SCORE_TABLE_CSV, SCORES_CSV, ScoreMetric, ScorePair, ScoreRow,
    ScoreSummary, read_score_pairs, read_score_rows, read_score_table, write_score_pairs,
    write_score_rows, write_score_table,
};
pub use sequence::{
    DigitTrack, ExplainedClip, SEQUENCE_JSON, SEQUENCE_TENSORS, SequenceSet, StateMap,
};
