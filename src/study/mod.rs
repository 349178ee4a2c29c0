//! Measurements as values: a typed request, the measured values, their tables, and their files.
//! Nothing here parses arguments or prints.

pub mod ablation;
pub mod accuracy;
pub mod agreement;
mod any_experiment;
pub mod benchmark;
mod box_faults;
mod boxes;
mod caveat;
mod choice;
pub mod compare;
mod error;
pub mod evaluation;
mod existing;
pub mod explanation;
pub mod export;
pub mod forecast;
mod groups;
mod heads;
mod identity;
pub mod listing;
mod lists;
pub mod localize;
mod maps;
pub mod measure;
pub mod memory;
pub mod metrics;
pub mod mlflow;
mod named;
mod once;
pub mod photo_accuracy;
mod photo_folder;
mod photos;
mod pictures;
pub mod reproduce;
mod runs;
mod same_data;
pub mod sanity;
pub mod score;
mod seeds_error;
pub mod series;
pub mod stability;
mod subject;
pub mod sweep;
mod table;
mod titles;
pub mod training;
mod unknown_run;
mod watch;
mod weights;

pub use any_experiment::AnyExperiment;
pub use boxes::BoxSource;
pub use caveat::{Caveat, Verdicts};
pub use choice::{
    MethodChoice, QuantityChoice, check_head, map_sources, rule_name, target_name, target_rule,
    target_spec,
};
pub use error::StudyError;
pub use groups::{Group, Question};
pub use heads::grouped;
pub use identity::{is_done, saved_experiment};
pub use maps::{MapRequest, add_maps, empty_set};
pub use named::{ClipUse, ListKind, RunName};
pub use once::check_once;
pub use photo_folder::{PhotoFolder, labelled, picture_files};
pub use photos::{Labelled, PhotoFile, PhotoReader, Sight, class_number, name_of};
pub use pictures::{PICTURES, PictureParts, Pictures, Selection, Whole, file_ids};
pub use runs::{OpenPredictor, Runs, Trained, Which};
pub use score::ScoreTables;
pub use seeds_error::SeedsError;
pub use subject::{FINE_CELLS, LayerChoice, Layers, Subject};
pub use table::{Column, Intervals, Summary, Values, joined_seeds};
pub use titles::network_title;
pub use unknown_run::UnknownRun;
pub use watch::{Progress, Unwatched, Watch};
pub use weights::{Published, WeightSource, dialect_of, place};
