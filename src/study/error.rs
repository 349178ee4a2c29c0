//! Errors of a study: the reason as data. The command line words how to fix it.

use std::path::PathBuf;

use crate::data::DataError;
use crate::experiment::ExperimentError;
use crate::explain::ExplainError;
use crate::model::{CheckpointError, weights::WeightsError};
use crate::run::RunError;
use crate::train::TrainError;

use super::named::{ClipUse, ListKind, RunName};
use super::{seeds_error::SeedsError, sweep::SweepError, unknown_run::UnknownRun};

/// Why a study ended early.
#[derive(Debug, thiserror::Error)]
pub enum StudyError {
    /// It was asked to stop.
    #[error("stopped by a signal")]
    Stopped,
    /// The run folder does not exist.
    #[error("no trained run in {:?}", path.display())]
    NoRun {
        /// Its expected path.
        path: PathBuf,
        /// The run that was looked for.
        run: RunName,
    },
    /// A run folder has lost the record of its experiment.
    #[error("the run's record {:?} is missing", path.display())]
    RecordLost {
        /// Its expected path.
        path: PathBuf,
        /// The run.
        run: RunName,
    },
    /// An experiment has no trained seed.
    #[error("no trained run of {experiment}")]
    NotTrained {
        /// The experiment.
        experiment: String,
        /// The base that replaces its own, if any.
        base: Option<String>,
    },
    /// Runs that an ablation needs have no checkpoint.
    #[error("no trained run of {} with seed {seed}", experiments.join(", "))]
    Untrained {
        /// The experiments.
        experiments: Vec<String>,
        /// The base that replaces their own, if any.
        base: Option<String>,
        /// Training seed.
        seed: u64,
    },
    /// A run has no such checkpoint.
    #[error("{source}")]
    NoCheckpoint {
        /// The checkpoint that was looked for, and those that exist.
        source: Box<RunError>,
        /// The run.
        run: RunName,
        /// Whether the run completed all its epochs.
        done: bool,
    },
    /// A text that is neither "best", "last" nor a number.
    #[error("\"{0}\" names no checkpoint")]
    UnknownCheckpoint(String),
    /// An entry is named twice in a list of unique entries.
    #[error("{what} {name} is named twice")]
    NamedTwice {
        /// Kind of entry: "trial", "seed", "network", "clip".
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// A list of what to study is empty.
    #[error("no {what} is {}", if *what == "seed" { "given" } else { "named" })]
    NoneNamed {
        /// The missing kind of entry: "trial", "experiment", "seed".
        what: &'static str,
    },
    /// A head is retrained for CAM alone, which is not among the methods.
    #[error("heads are retrained for CAM, which is not among the methods")]
    UnreadHead,
    /// Two runs of one name were trained with different experiments.
    #[error(
        "the runs of {experiment} are not of one experiment: with seeds {} and {}, {differences}",
        seeds[0], seeds[1]
    )]
    DifferentRuns {
        /// The experiment.
        experiment: String,
        /// Training seeds of the two.
        seeds: [u64; 2],
        /// The keys that differ, with both values.
        differences: String,
    },
    /// A run's `experiment.toml` is not what the run was trained with.
    #[error("{path:?} is not what the run was trained with: {changes}")]
    ExperimentEdited {
        /// The file.
        path: PathBuf,
        /// The keys that differ, with both values.
        changes: String,
    },
    /// Two runs were trained on different images.
    #[error("{:?} and {:?} were trained on different data", first.display(), second.display())]
    DifferentData {
        /// One run folder.
        first: PathBuf,
        /// The other.
        second: PathBuf,
    },
    /// Two predictors were trained with different test clips.
    #[error("{first} and {second} were trained with other test clips")]
    DifferentClips {
        /// One run: its experiment and seed.
        first: String,
        /// The other.
        second: String,
    },
    /// Two networks have different classes.
    #[error("{first} and {second} know different classes")]
    DifferentClasses {
        /// One network.
        first: String,
        /// The other.
        second: String,
    },
    /// An image number outside the split.
    #[error("there is no test image {index}")]
    NoImage {
        /// Its number.
        index: usize,
        /// Data set.
        dataset: String,
        /// Number of images.
        count: usize,
    },
    /// The true class of a picture is needed but not known.
    #[error("the true class of an image file is not known")]
    TrueClassUnknown,
    /// The class of a picture is not known.
    #[error("the class of \"{name}\" is not known")]
    ClassUnknown {
        /// The picture.
        name: String,
        /// Whether the picture is drawn, not only measured.
        drawn: bool,
    },
    /// A list cannot be read.
    #[error("cannot read the {} \"{}\": {source}", kind.holds(), path.display())]
    ListUnreadable {
        /// Kind of the list.
        kind: ListKind,
        /// Its file.
        path: PathBuf,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// A list has an invalid line.
    #[error("\"{}\", line {line}: {fault}", path.display())]
    ListFault {
        /// Kind of the list.
        kind: ListKind,
        /// Its file.
        path: PathBuf,
        /// Line, from 1.
        line: u64,
        /// What is wrong there.
        fault: String,
        /// How to fix it, if the form of the list does not show it.
        advice: Option<String>,
    },
    /// A list names an unknown class.
    #[error("\"{}\", line {line}: {source}", path.display())]
    ListClass {
        /// Its file.
        path: PathBuf,
        /// Line, from 1.
        line: u64,
        /// The class, and similar names.
        source: Box<DataError>,
    },
    /// A list is empty.
    #[error("\"{}\" {}", path.display(), match kind {
        ListKind::Boxes => "has no box",
        ListKind::Labels => "names no picture",
        ListKind::ClassNames => "names no class",
    })]
    ListEmpty {
        /// Kind of the list.
        kind: ListKind,
        /// Its file.
        path: PathBuf,
    },
    /// The number of class names is not the network's number of classes.
    #[error("\"{}\" names {lines} classes, the weights have {classes}", path.display())]
    ClassNamesCount {
        /// The file.
        path: PathBuf,
        /// Number of names in it.
        lines: usize,
        /// Number of the network's classes.
        classes: usize,
    },
    /// A folder cannot be listed.
    #[error("cannot list the folder \"{}\": {source}", path.display())]
    FolderUnreadable {
        /// The folder.
        path: PathBuf,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// A folder contains no picture.
    #[error(
        "there is no picture in \"{}\"{}",
        path.display(),
        unread.as_ref().map_or(String::new(), |unread| format!("; {unread}"))
    )]
    NoPicture {
        /// The folder.
        path: PathBuf,
        /// What it contains instead, in words.
        unread: Option<String>,
    },
    /// A folder of pictures in a folder is not named as a class.
    #[error("the folder \"{}\" is no class: {source}", path.display())]
    FolderClass {
        /// The folder.
        path: PathBuf,
        /// The class, and similar names.
        source: Box<DataError>,
    },
    /// No picture of a folder can be read.
    #[error("none of the pictures in \"{}\" can be read", path.display())]
    NoneRead {
        /// The folder.
        path: PathBuf,
    },
    /// A picture named in a list of boxes cannot be read.
    #[error("\"{}\", line {line}: {source}", csv.display())]
    BoxedPicture {
        /// The list.
        csv: PathBuf,
        /// Line, from 1.
        line: u64,
        /// The error of the picture.
        source: Box<DataError>,
        /// Whether the file exists.
        exists: bool,
    },
    /// No box lies in what a network sees of its picture.
    #[error("no box of \"{}\" lies in {}", csv.display(), if *square {
        "a picture's centred square"
    } else {
        "what the networks see of its picture"
    })]
    NoBoxInView {
        /// The list.
        csv: PathBuf,
        /// Whether the networks see the largest centred square.
        square: bool,
    },
    /// A data set does not state where its objects are.
    #[error("{dataset} does not say where the objects of its images are")]
    NoObjects {
        /// The data set.
        dataset: String,
    },
    /// No method can explain any of the layers.
    #[error("none of these methods can explain any of the layers")]
    NothingAllowed,
    /// A curve has more steps than the image has pixels.
    #[error("{steps} steps for {pixels} pixels")]
    TooManySteps {
        /// Number of steps requested.
        steps: usize,
        /// Number of pixels of an image.
        pixels: usize,
    },
    /// Tables of an earlier measurement cannot be read.
    #[error("{source}")]
    EarlierTables {
        /// The error.
        source: Box<RunError>,
        /// Their folder.
        folder: PathBuf,
    },
    /// The weights of a published network are absent.
    #[error("no weights of {network}: \"{}\" is not there", path.display())]
    NoWeights {
        /// The network.
        network: String,
        /// Their expected path.
        path: PathBuf,
    },
    /// A network has a single output, whose softmax is 1 for every picture.
    #[error(
        "{network} with the weights {weights:?} has one class: its confidence is 1 for every \
         picture, so that no confidence, score or accuracy means anything"
    )]
    OneClass {
        /// The network.
        network: String,
        /// The weight file.
        weights: PathBuf,
    },
    /// A dialect that a network does not have.
    #[error("the dialect \"{dialect}\" is given for {network}; only squeezenet1-0 has it")]
    NoDialect {
        /// The dialect.
        dialect: String,
        /// The network.
        network: String,
    },
    /// A network returns values that are not finite.
    #[error("{network} gives values for \"{picture}\" that are not finite")]
    NotFinite {
        /// The network.
        network: String,
        /// The picture.
        picture: String,
        /// The weight file.
        weights: String,
    },
    /// A predictor has no such layer.
    #[error("{network} has no layer {layer}")]
    NoLayer {
        /// The predictor.
        network: String,
        /// The layer requested.
        layer: usize,
        /// Number of layers, numbered from 0.
        layers: usize,
    },
    /// A clip number outside the split.
    #[error("no clip {number}: {split} has {count} clips")]
    NoClip {
        /// Its number.
        number: usize,
        /// The split, such as "moving-mnist/test".
        split: String,
        /// Number of clips, with grouped thousands.
        count: String,
        /// The same as a number.
        available: usize,
    },
    /// More clips requested than there are.
    #[error("{split} has {count} clips")]
    TooFewClips {
        /// The split or file.
        split: String,
        /// Number of clips, with grouped thousands.
        count: String,
        /// The same as a number.
        available: usize,
        /// What the clips were needed for.
        wanted: ClipUse,
    },
    /// The explained digit is hidden.
    #[error("in clip {clip} {target} is hidden in the predicted frame")]
    HiddenTarget {
        /// The clip.
        clip: usize,
        /// The target, such as "digit-1".
        target: String,
    },
    /// The seeds to compare.
    #[error(transparent)]
    Seeds(#[from] SeedsError),
    /// The runs named by the user.
    #[error(transparent)]
    Named(#[from] UnknownRun),
    /// The run folder.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The data.
    #[error(transparent)]
    Data(DataError),
    /// The experiment.
    #[error(transparent)]
    Experiment(#[from] ExperimentError),
    /// The sweep.
    #[error(transparent)]
    Sweep(#[from] SweepError),
    /// The checkpoint.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// Weights from a file.
    #[error(transparent)]
    Weights(#[from] WeightsError),
    /// The explanation.
    #[error(transparent)]
    Explain(ExplainError),
    /// The training.
    #[error(transparent)]
    Train(#[from] TrainError),
}
