//! Published networks with weights from a file, and the names of their classes.

use std::path::{Path, PathBuf};

use crate::data::DataError;
use crate::data::photo::View;
use crate::model::backbones::{BackboneName, Dialect, imagenet_classes};
use crate::model::weights::{LoadOptions, WeightFile, load_backbone};

use super::error::StudyError;
use super::lists::names;
use super::named::ListKind;
use super::photos::{Sight, class_number};
use super::runs::Runs;
use super::subject::Subject;

/// Folder of fetched weights, in the folder of the data sets.
const FOLDER: &str = "weights";

/// Source of a network's weights, and how to read them.
#[derive(Debug, Clone, Default)]
pub struct WeightSource {
    /// The file; the fetched one if none is given.
    pub file: Option<PathBuf>,
    /// Convention that the weights follow; as stated in the file if none is given.
    pub dialect: Option<Dialect>,
    /// File of class names, one per line, if they are not ImageNet's.
    pub class_names: Option<PathBuf>,
    /// Whether weights that are NaN or infinite are accepted.
    pub allow_nan: bool,
}

/// A published network, ready to explain or measure.
#[derive(Debug)]
pub struct Published {
    /// The network.
    pub subject: Subject,
    /// Name of its architecture.
    pub name: BackboneName,
    /// Convention that its weights follow.
    pub dialect: Dialect,
    /// Name of its weight file.
    pub file: String,
    /// How it sees photographs.
    pub sight: Sight,
}

impl Published {
    /// Returns the network `name` with the weights of `source`.
    ///
    /// # Errors
    /// Weights that are absent or do not fit; a single class; a dialect that the network does not
    /// have; class names that cannot be read or whose number does not match.
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
        if network.classes() == 1 {
            return Err(StudyError::OneClass {
                network: name.to_string(),
                weights: path,
            });
        }
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

    /// Returns the number of the class given by `text`, a name or a number.
    ///
    /// # Errors
    /// An unknown class.
    pub fn find_class(&self, text: &str) -> Result<usize, DataError> {
        class_number(&self.sight.class_names, text)
    }
}

/// Returns `dialect`, if the network `name` has it.
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

/// Returns the path of a network's fetched weights.
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
    let names = names(ListKind::ClassNames, path)?;
    match names.len() == classes {
        true => Ok(names),
        false => Err(StudyError::ClassNamesCount {
            path: path.to_path_buf(),
            lines: names.len(),
            classes,
        }),
    }
}
