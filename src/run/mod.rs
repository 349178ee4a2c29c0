//! The disk contract: the content of a run folder and an explanation folder, with reading and
//! writing. Burn is not used here, so figures can be drawn from disk without a network.

mod across_seeds;
mod arrays;
mod atomic;
mod capacity;
mod cascade;
mod changes;
mod checkpoint_name;
mod checksum;
mod compared;
mod confusion;
mod consistency;
mod curves;
mod depth;
mod dir;
mod drawn_as;
mod error;
mod evaluation;
mod event_file;
mod explanations;
mod file_name;
mod frames;
mod head;
mod holder;
mod host;
mod interrupt;
mod localization;
mod lock;
mod manifest;
mod map_writer;
mod measured;
mod metrics;
mod names;
mod near;
mod output;
mod own_file;
mod pixel_statistics;
mod rows;
mod run_list;
mod sanity;
mod scores;
mod sealed;
mod seed_tables;
mod sequence;
mod stability;
mod sweep;
mod sweep_tables;
mod table;
mod tensorboard;
mod totals;
mod user_file;

pub use across_seeds::{SeedSpread, SeedValues, mean_error, t_quantile};
pub use arrays::{Array, StoredArrays};
pub use atomic::{
    Leftover, clear_beside, clear_temporaries, remove_folder_atomically, write_atomically,
    write_folder_atomically, write_with,
};
pub use capacity::{CapacityRow, claimed_lags};
pub use cascade::{
    CASCADE_JSON, CASCADE_NETWORK_JSON, CascadeNetwork, CascadePanel, CascadePictures,
};
pub use changes::{CHANGE, split_changes};
pub use checkpoint_name::CheckpointName;
pub use checksum::{Checksum, hexadecimal, sha256};
pub use compared::{ComparedRow, DifferenceRow, PairedRow};
pub use confusion::{ConfusedPair, Confusion};
pub use consistency::ConsistencyRow;
pub use curves::{
    CURVES_FILE, CurveRun, RunTables, epoch_cells, read_curves, read_run, read_runs, write_curves,
    write_named_curves,
};
pub use depth::DepthRow;
pub use dir::{EPOCHS_FILE, MANIFEST_FILE, RunDir};
pub use drawn_as::{ColourMap, DrawnAs, Overlay};
pub use error::RunError;
pub use evaluation::{CalibrationRow, EvaluationRow, PerClassRow, PredictionRow};
pub use explanations::{
    ExplainedImage, ExplanationRecord, ExplanationSet, MAPS_JSON, MAPS_TENSORS,
};
pub use file_name::{safe_name, short_name, unique_names};
pub use frames::FrameScoreRow;
pub use head::{HeadRecord, RetrainedHead};
pub use interrupt::{interrupt_by, interrupted};
pub use localization::{
    LOCALIZATION_JSON, LocalizationCurveRow, LocalizationRow, LocalizationSummaryRow, LocalizedMap,
    LocalizedPicture, LocalizedPictures,
};
pub use lock::{RunLock, is_locked};
pub use manifest::{
    BestCheckpoint, CHECKPOINT_FORMAT, CheckpointState, RunManifest, RunStatus, TensorShape,
};
pub use map_writer::MapWriter;
pub use measured::{Measured, add_measured, read_measured};
pub use near::{near_names, nearest};
pub use output::{Output, StagedSet, check_file, check_folder, settle};
pub use own_file::open_own;
pub use pixel_statistics::{ImageRecord, PixelStatistics};
pub use rows::{
    EpochRecord, EpochRow, ForecastRow, append_epoch_record, check_epoch_records, epoch_seconds,
    read_epoch_records, truncate_epoch_records,
};
pub use run_list::{PUBLISHED, list_runs};
pub use sanity::{
    CascadeRow, ClassRow, IdentityRow, SAME_AFTER_RANDOMISATION, SAME_FOR_ANOTHER_CLASS,
    SanityTables, Verdict, VerdictRow, verdict_of,
};
pub use scores::{LayerPlace, ScorePair, ScoreRow, ScoreSummary};
pub use seed_tables::{CascadeSeedsRow, DepthSeedsRow, comparable_seeds, correlations};
pub use sequence::{
    DigitTrack, ExplainedClip, SEQUENCE_JSON, SEQUENCE_TENSORS, SequenceSet, StateMap,
};
pub use stability::{
    STABILITY_JSON, SeedMap, StabilityPanel, StabilityPictures, StabilityRow, StabilitySummaryRow,
};
pub use sweep::{CellFailure, PlannedCell, SweepDir, lines as plan_lines};
pub use sweep_tables::{SweepRow, SweepSummaryRow, UndoneRow};
pub use table::{Cell, TableRow, write_wide};
pub use tensorboard::{LoggedPicture, log_epochs, log_pictures};
pub use totals::{EpochTotals, Quality, TotalsRecord};
pub use user_file::{open_regular, read_regular, read_text};
