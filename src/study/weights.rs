//! Published networks with weights from a file, and the names of their classes.

use std::path::{Path, PathBuf};

use crate::data::DataError;
use crate::data::photo::View;
use crate::model::backbones::{BackboneName, Dialect, imagenet_classes};
use crate::model::weights::{LoadOptions, WeightFile, load_backbone};

use super::error::StudyError;
use super::named::ListKind;
use super::photos::{Sight, class_number};
use super::runs::Runs;
use super::subject::Subject;

/// Folder of fetched weights, below that of the data sets.
const FOLDER: &str = "weights";

/// Where a network's weights come from, and how they are taken.
#[derive(Debug, Clone, Default)]
pub struct WeightSource {
    /// The file; the fetched one where none is named.
    pub file: Option<PathBuf>,
    /// Whose conventions the weights follow; what the file says, where none is named.
    pub dialect: Option<Dialect>,
    /// Names of the classes, one per line, where they are not ImageNet's.
    pub class_names: Option<PathBuf>,
    /// Whether weights that are NaN or infinite are accepted.
    pub allow_nan: bool,
}

/// A published network, ready to be explained or measured.
#[derive(Debug)]
pub struct Published {
    /// The network.
    pub subject: Subject,
    /// Which it is.
    pub name: BackboneName,
    /// Whose conventions its weights follow.
    pub dialect: Dialect,
    /// Name of the file that its weights are from.
    pub file: String,
    /// How it sees photographs.
    pub sight: Sight,
}

impl Published {
    /// Returns the network `name` with the weights of `source`.
    ///
    /// # Errors
    /// Weights that are absent or do not fit; a dialect that the network does not have; class names
    /// that cannot be read or are of another number.
    pub fn open(
        runs: &Runs,
        name: BackboneName,
        source: &WeightSource,
    ) -> Result<Self, StudyError> {
        let options = LoadOptions {
            dialect: dialect_of(name, source.dialect)?,
            allow_nan: source.allow_nan,
        };
        let path = match &source.file {
            Some(path) => path.clone(),
            None => fetched(runs, name)?,
        };
        let file = WeightFile::open(&path)?;
        let network = load_backbone(name, &file, options, &runs.device.device)?;
        let class_names = class_names(network.classes(), source.class_names.as_deref())?;
        let file = path.file_name().unwrap_or(path.as_os_str());
        let file = file.to_string_lossy().into_owned();
        let preprocessing = network.preprocessing();
        Ok(Self {
            name,
            dialect: network.dialect(),
            sight: Sight {
                view: View::ResizedCrop {
                    resize: preprocessing.resize,
                    crop: preprocessing.crop,
                    filter: preprocessing.filter,
                },
                normalisation: preprocessing.normalisation,
                class_names,
            },
            subject: Subject::pretrained(network, &file),
            file,
        })
    }

    /// Returns the number of the class that `text` names or numbers.
    ///
    /// # Errors
    /// An unknown class.
    pub fn find_class(&self, text: &str) -> Result<usize, DataError> {
        class_number(&self.sight.class_names, text)
    }
}

/// Returns `dialect`, where the network `name` has it.
///
/// # Errors
/// [`StudyError::NoDialect`].
pub fn dialect_of(
    name: BackboneName,
    dialect: Option<Dialect>,
) -> Result<Option<Dialect>, StudyError> {
    if dialect == Some(Dialect::Caffe) && name != BackboneName::Squeezenet10 {
        return Err(StudyError::NoDialect {
            dialect: Dialect::Caffe.to_string(),
            network: name.to_string(),
        });
    }
    Ok(dialect)
}

/// Returns where the fetched weights of a network are.
pub fn place(runs: &Runs, name: BackboneName) -> PathBuf {
    let file = name.published().file;
    runs.data.root().join(FOLDER).join(file)
}

fn fetched(runs: &Runs, name: BackboneName) -> Result<PathBuf, StudyError> {
    let path = place(runs, name);
    match path.exists() {
        true => Ok(path),
        false => Err(StudyError::NoWeights {
            network: name.to_string(),
            path,
        }),
    }
}

/// Returns the names of `classes` classes: those in the file, ImageNet's, or their numbers.
fn class_names(classes: usize, file: Option<&Path>) -> Result<Vec<String>, StudyError> {
    let Some(path) = file else {
        let names = imagenet_classes();
        return Ok(match names.len() == classes {
            true => names,
            false => (0..classes).map(|class| format!("class {class}")).collect(),
        });
    };
    let text = std::fs::read_to_string(path).map_err(|source| StudyError::ListUnreadable {
        kind: ListKind::ClassNames,
        path: path.to_path_buf(),
        source,
    })?;
    let names: Vec<String> = text.lines().map(|line| line.trim().to_string()).collect();
    match names.len() == classes {
        true => Ok(names),
        false => Err(StudyError::ClassNamesCount {
            path: path.to_path_buf(),
            lines: names.len(),
            classes,
        }),
    }
}
