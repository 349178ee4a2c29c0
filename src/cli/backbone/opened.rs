//! An ImageNet network with weights from a file, and the names of its classes. Opened by every verb
//! that takes such a network.

use std::path::{Path, PathBuf};

use crate::cli::context::Context;
use crate::cli::failure::Complaint;
use crate::data::photo::View;
use crate::data::{DataError, Normalisation, find_class_in};
use crate::model::backbones::{Backbone, BackboneName, Dialect, imagenet_classes};
use crate::model::weights::{LoadOptions, WeightFile, load_backbone};

use super::arguments::FromWeights;

/// Folder of fetched weights, below that of the data sets.
const FOLDER: &str = "weights";

/// A network, ready to be explained or measured.
pub(in crate::cli) struct OpenedBackbone {
    /// The network.
    pub(in crate::cli) network: Backbone,
    /// Name of the file that its weights are from.
    pub(in crate::cli) file: String,
    /// Names of its classes, by number.
    pub(in crate::cli) class_names: Vec<String>,
}

impl OpenedBackbone {
    /// Returns the network `name` with the weights that the user names, or those that were fetched.
    pub(in crate::cli) fn open(
        context: &Context,
        name: BackboneName,
        from: &FromWeights,
    ) -> anyhow::Result<Self> {
        let options = LoadOptions {
            dialect: dialect_of(name, from.dialect.as_deref())?,
            allow_nan: from.allow_nan,
        };
        let path = match &from.weights {
            Some(path) => path.clone(),
            None => fetched(context, name)?,
        };
        let file = WeightFile::open(&path)?;
        let network = load_backbone(name, &file, options, &context.device.device)?;
        let class_names = class_names(network.classes(), from.class_names.as_deref())?;
        let file = path.file_name().unwrap_or(path.as_os_str());
        Ok(Self {
            network,
            file: file.to_string_lossy().into_owned(),
            class_names,
        })
    }

    /// Returns the number of the class that `text` names or numbers.
    pub(in crate::cli) fn find_class(&self, text: &str) -> Result<usize, DataError> {
        class_number(&self.class_names, text)
    }

    /// Returns what the network sees of a picture.
    pub(in crate::cli) fn view(&self) -> View {
        let preprocessing = self.network.preprocessing();
        View::ResizedCrop {
            resize: preprocessing.resize,
            crop: preprocessing.crop,
            filter: preprocessing.filter,
        }
    }

    /// Returns how its input is standardised.
    pub(in crate::cli) fn normalisation(&self) -> Normalisation {
        self.network.preprocessing().normalisation
    }
}

/// Returns the dialect that the user names for the network `name`, if any.
pub(super) fn dialect_of(
    name: BackboneName,
    text: Option<&str>,
) -> anyhow::Result<Option<Dialect>> {
    let dialect = text.map(str::parse).transpose()?;
    if dialect == Some(Dialect::Caffe) && name != BackboneName::Squeezenet10 {
        let message = format!("--dialect caffe is given for {name}; only squeezenet1-0 has it");
        return Err(Complaint::misused(message, "leave it out").into());
    }
    Ok(dialect)
}

/// Returns the number of the class that `text` names, or numbers where no class is called so.
pub(super) fn class_number(class_names: &[String], text: &str) -> Result<usize, DataError> {
    match (find_class_in(class_names, text), text.parse::<usize>()) {
        (Ok(class), _) => Ok(class),
        (Err(_), Ok(class)) if class < class_names.len() => Ok(class),
        (Err(error), _) => Err(error),
    }
}

/// Where `weights fetch` puts the weights of a network.
pub(super) fn place(context: &Context, name: BackboneName) -> PathBuf {
    let file = name.published().file;
    context.search.root().join(FOLDER).join(file)
}

fn fetched(context: &Context, name: BackboneName) -> Result<PathBuf, Complaint> {
    let path = place(context, name);
    if path.exists() {
        return Ok(path);
    }
    let message = format!("no weights of {name}: \"{}\" is not there", path.display());
    let fetch = context.command(&format!("weights fetch {name}"));
    Err(Complaint::failed(
        message,
        format!("{fetch}, or give a file: --weights FILE"),
    ))
}

/// Returns the names of `classes` classes: those in the file, ImageNet's, or their numbers.
fn class_names(classes: usize, file: Option<&Path>) -> anyhow::Result<Vec<String>> {
    let Some(file) = file else {
        let names = imagenet_classes();
        return Ok(match names.len() == classes {
            true => names,
            false => (0..classes).map(|class| format!("class {class}")).collect(),
        });
    };
    let hint = "give a file with one name a line, in the order of the class numbers";
    let text = std::fs::read_to_string(file).map_err(|reason| {
        let message = format!(
            "cannot read the class names \"{}\": {reason}",
            file.display()
        );
        Complaint::failed(message, hint)
    })?;
    let names: Vec<String> = text.lines().map(|line| line.trim().to_string()).collect();
    if names.len() != classes {
        let (lines, file) = (names.len(), file.display());
        let message = format!("\"{file}\" names {lines} classes, the weights have {classes}");
        return Err(Complaint::failed(message, hint).into());
    }
    Ok(names)
}
