//! What a study can fail of: the reason as data. How to fix it, in the words of a command line, is
//! left to the command line.

use std::path::{Path, PathBuf};

use crate::data::DataError;
use crate::experiment::ExperimentError;
use crate::explain::ExplainError;
use crate::model::CheckpointError;
use crate::model::weights::WeightsError;
use crate::run::RunError;
use crate::train::TrainError;

use super::named::{ClipUse, ListKind, RunName};

/// Why a study ended early.
#[derive(Debug, thiserror::Error)]
pub enum StudyError {
    /// It was asked to stop.
    #[error("stopped by a signal")]
    Stopped,
    /// There is no run folder.
    #[error("no trained run in {:?}", path.display())]
    NoRun {
        /// Where it would be.
        path: PathBuf,
        /// What was looked for.
        run: RunName,
    },
    /// No seed of an experiment was trained.
    #[error("{experiment} was not trained")]
    NotTrained {
        /// The experiment.
        experiment: String,
        /// The base that replaces its own, if any.
        base: Option<String>,
    },
    /// Runs that an ablation needs have no checkpoint.
    #[error("no checkpoint of {} with seed {seed}", experiments.join(", "))]
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
        /// What was looked for, and what is there.
        source: Box<RunError>,
        /// The run.
        run: RunName,
        /// Whether the run went through all its epochs.
        done: bool,
    },
    /// A text that is neither "best", "last" nor a number.
    #[error("\"{0}\" names no checkpoint")]
    UnknownCheckpoint(String),
    /// Something stands twice in a list of which each entry counts once.
    #[error("{what} {name} is named twice")]
    NamedTwice {
        /// What it is: "trial", "seed", "network", "clip".
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// A list of what to study is empty.
    #[error("no {what} is {}", if *what == "seed" { "given" } else { "named" })]
    NoneNamed {
        /// What is missing: "trial", "experiment", "seed".
        what: &'static str,
    },
    /// Two runs saw different images.
    #[error("{:?} and {:?} were trained on different data", first.display(), second.display())]
    DifferentData {
        /// One run folder.
        first: PathBuf,
        /// The other.
        second: PathBuf,
    },
    /// Two predictors saw different test clips.
    #[error("{first} and {second} were trained with other test clips")]
    DifferentClips {
        /// One run: its experiment and seed.
        first: String,
        /// The other.
        second: String,
    },
    /// Two networks know different classes.
    #[error("{first} and {second} know different classes")]
    DifferentClasses {
        /// One network.
        first: String,
        /// The other.
        second: String,
    },
    /// An image that the split does not have.
    #[error("there is no test image {index}")]
    NoImage {
        /// Its number.
        index: usize,
        /// Data set.
        dataset: String,
        /// How many images there are.
        count: usize,
    },
    /// The true class of a picture is asked for and not known.
    #[error("the true class of an image file is not known")]
    TrueClassUnknown,
    /// The class of a picture is not known.
    #[error("the class of \"{name}\" is not known")]
    ClassUnknown {
        /// The picture.
        name: String,
        /// Whether the picture is drawn, and not only measured.
        drawn: bool,
    },
    /// A list cannot be read.
    #[error("cannot read the {} \"{}\": {source}", kind.holds(), path.display())]
    ListUnreadable {
        /// Which list.
        kind: ListKind,
        /// Its file.
        path: PathBuf,
        /// The operating system's answer.
        source: std::io::Error,
    },
    /// A list has a fault at a line.
    #[error("\"{}\", line {line}: {fault}", path.display())]
    ListFault {
        /// Which list.
        kind: ListKind,
        /// Its file.
        path: PathBuf,
        /// Line, from 1.
        line: u64,
        /// What is wrong there.
        fault: String,
        /// What to do, where the form of the list does not say it.
        advice: Option<String>,
    },
    /// A list names a class that the network does not know.
    #[error("\"{}\", line {line}: {source}", path.display())]
    ListClass {
        /// Its file.
        path: PathBuf,
        /// Line, from 1.
        line: u64,
        /// The class, and near ones.
        source: Box<DataError>,
    },
    /// A list is empty.
    #[error("\"{}\" {}", path.display(), match kind {
        ListKind::Boxes => "has no box",
        ListKind::Labels => "names no picture",
        ListKind::ClassNames => "names no class",
    })]
    ListEmpty {
        /// Which list.
        kind: ListKind,
        /// Its file.
        path: PathBuf,
    },
    /// A list of class names is of another length than the network's classes.
    #[error("\"{}\" names {lines} classes, the weights have {classes}", path.display())]
    ClassNamesCount {
        /// The file.
        path: PathBuf,
        /// Names in it.
        lines: usize,
        /// The network's classes.
        classes: usize,
    },
    /// A folder cannot be listed.
    #[error("cannot list the folder \"{}\": {source}", path.display())]
    FolderUnreadable {
        /// The folder.
        path: PathBuf,
        /// The operating system's answer.
        source: std::io::Error,
    },
    /// A folder holds no picture.
    #[error("there is no picture in \"{}\"", path.display())]
    NoPicture {
        /// The folder.
        path: PathBuf,
    },
    /// No picture of a folder can be read.
    #[error("none of the pictures in \"{}\" can be read", path.display())]
    NoneRead {
        /// The folder.
        path: PathBuf,
    },
    /// A picture that a list of boxes names cannot be read.
    #[error("\"{}\", line {line}: {source}", csv.display())]
    BoxedPicture {
        /// The list.
        csv: PathBuf,
        /// Line, from 1.
        line: u64,
        /// The picture's fault.
        source: Box<DataError>,
        /// Whether the file is there.
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
    /// A data set does not say where its objects are.
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
        /// Steps asked for.
        steps: usize,
        /// Pixels of an image.
        pixels: usize,
    },
    /// Tables of an earlier measurement cannot be read.
    #[error("{source}")]
    EarlierTables {
        /// The fault.
        source: RunError,
        /// Their folder.
        folder: PathBuf,
    },
    /// The weights of a published network are not there.
    #[error("no weights of {network}: \"{}\" is not there", path.display())]
    NoWeights {
        /// The network.
        network: String,
        /// Where they would be.
        path: PathBuf,
    },
    /// A dialect that a network does not have.
    #[error("the dialect \"{dialect}\" is given for {network}; only squeezenet1-0 has it")]
    NoDialect {
        /// The dialect.
        dialect: String,
        /// The network.
        network: String,
    },
    /// A network answers with values that are not finite.
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
        /// The layer asked for.
        layer: usize,
        /// How many layers it has, numbered from 0.
        layers: usize,
    },
    /// A clip that the split does not have.
    #[error("no clip {number}: {split} has {count} clips")]
    NoClip {
        /// Its number.
        number: usize,
        /// The split, such as "moving-mnist/test".
        split: String,
        /// How many clips there are, with thousands grouped.
        count: String,
        /// The same as a number.
        available: usize,
    },
    /// More clips than there are.
    #[error("{split} has {count} clips")]
    TooFewClips {
        /// The split or file.
        split: String,
        /// How many clips there are, with thousands grouped.
        count: String,
        /// The same as a number.
        available: usize,
        /// What they were wanted for.
        wanted: ClipUse,
    },
    /// The explained digit cannot be seen.
    #[error("in clip {clip} {target} is hidden in the predicted frame")]
    HiddenTarget {
        /// The clip.
        clip: usize,
        /// The target, such as "digit-1".
        target: String,
    },
    /// The run folder.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The data.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The experiment.
    #[error(transparent)]
    Experiment(#[from] ExperimentError),
    /// The checkpoint.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// Weights from a file.
    #[error(transparent)]
    Weights(#[from] WeightsError),
    /// The explanation.
    #[error(transparent)]
    Explain(#[from] ExplainError),
    /// The training.
    #[error(transparent)]
    Train(#[from] TrainError),
}

impl StudyError {
    /// Returns the fault at `line` of the list at `path`.
    pub(super) fn at_line(
        kind: ListKind,
        path: &Path,
        line: u64,
        fault: impl Into<String>,
    ) -> Self {
        Self::ListFault {
            kind,
            path: path.to_path_buf(),
            line,
            fault: fault.into(),
            advice: None,
        }
    }
}

/// Fails where an item stands twice among `items`, each a `what`.
///
/// # Errors
/// [`StudyError::NamedTwice`].
pub fn check_once<T: PartialEq>(
    what: &'static str,
    items: &[T],
    name: impl Fn(&T) -> String,
) -> Result<(), StudyError> {
    let twice = |(place, item): &(usize, &T)| items[..*place].contains(item);
    match items.iter().enumerate().find(twice) {
        Some((_, item)) => Err(StudyError::NamedTwice {
            what,
            name: name(item),
        }),
        None => Ok(()),
    }
}
