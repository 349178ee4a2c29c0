//! Measurements as values: a typed request, what was measured, its tables, and how they are written.
//! Nothing here parses arguments or prints.

pub mod ablation;
pub mod accuracy;
pub mod agreement;
pub mod benchmark;
mod boxes;
mod caveat;
mod choice;
mod error;
pub mod explanation;
pub mod export;
mod file_name;
mod groups;
mod heads;
mod lists;
pub mod localize;
mod maps;
pub mod measure;
pub mod metrics;
pub mod photo_accuracy;
mod photos;
mod pictures;
mod runs;
pub mod score;
mod score_tables;
mod subject;
mod table;
pub mod training;
mod watch;
mod weights;

pub use boxes::BoxSource;
pub use caveat::{Caveat, Verdicts};
pub use choice::{
    MethodChoice, QuantityChoice, map_sources, rule_name, target_name, target_rule, target_spec,
};
pub use error::{ClipUse, ListKind, RunName, StudyError, check_once};
pub use groups::{Group, Question};
pub use heads::grouped;
pub use maps::{MapRequest, add_maps, empty_set};
pub use photos::{Labelled, PhotoFile, PhotoReader, Sight, labelled, name_of};
pub use pictures::{PICTURES, PictureParts, Pictures, Selection, Whole, file_ids};
pub use runs::{Predictor, Runs, Trained, Which, is_done, saved_experiment};
pub use score_tables::ScoreTables;
pub use subject::{FINE_CELLS, LayerChoice, Layers, Subject};
pub use table::{Column, Intervals, Summary, Values, joined_seeds};
pub use watch::{Progress, Unwatched, Watch};
pub use weights::{Published, WeightSource, class_number, dialect_of, place};
