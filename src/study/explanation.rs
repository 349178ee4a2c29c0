//! Explanations of given pictures by one network.

use std::path::PathBuf;

use crate::explain::TargetRule;
use crate::run::ExplanationSet;

use super::choice::{MethodChoice, QuantityChoice, target_rule};
use super::error::StudyError;
use super::maps::{MapRequest, add_maps, empty_set};
use super::photos::PhotoFile;
use super::pictures::{Pictures, Selection, file_ids};
use super::runs::{Runs, Trained, Which};
use super::subject::{LayerChoice, Subject};
use super::watch::Watch;
use super::weights::Published;

/// Folder of every map as pictures of its own, below that of the maps.
pub const PANELS: &str = "panels";

/// What to explain of each picture.
#[derive(Debug, Clone)]
pub struct Request {
    /// The layers. [`LayerChoice::Last`] is the last block before its pool or, for a published
    /// network, its default layer.
    pub layers: LayerChoice,
    /// The methods.
    pub methods: MethodChoice,
    /// Class to explain: "predicted", "true" or a class name.
    pub class: String,
    /// Quantity of the class: "logit", "probability", or "minus:" and a class name.
    pub quantity: String,
    /// Whether layers without a pooled linear head get a retrained head, so that CAM can explain
    /// them.
    pub retrain_head: bool,
}

/// Explains the pictures of `selection` with the checkpoint `which` of `trained`.
///
/// # Errors
/// Absent data; an unknown layer, class or quantity; a method that the network does not allow;
/// [`StudyError::Stopped`].
pub fn of_trained(
    runs: &Runs,
    (trained, which): (&Trained, Which),
    (selection, request): (&Selection, &Request),
    watch: &dyn Watch,
) -> Result<(Subject, ExplanationSet), StudyError> {
    let mut subject = trained.open(which, runs)?;
    let data = runs.images(&trained.experiment)?;
    let layers = request.layers.layers(&subject, data.test.height())?;
    if request.retrain_head {
        subject.retrain_heads(runs, trained, &layers.names, watch)?;
    }
    let find = |name: &str| Ok::<_, StudyError>(data.test.find_class(name)?);
    let asked = Asked {
        target: target_rule(&request.class, find)?,
        quantity: QuantityChoice::parse(&request.quantity, find)?,
        layers: layers.names,
        methods: &request.methods,
    };
    let set = asked.explain(runs, &subject, &selection.pictures(&data)?, watch)?;
    Ok((subject, set))
}

/// Explains the photographs `files` with a published network.
///
/// # Errors
/// As [`of_trained`].
pub fn of_published(
    runs: &Runs,
    published: &Published,
    (files, request): (&[PathBuf], &Request),
    watch: &dyn Watch,
) -> Result<ExplanationSet, StudyError> {
    let sight = &published.sight;
    let layers = request
        .layers
        .layers(&published.subject, sight.view.side())?;
    let find = |name: &str| Ok::<_, StudyError>(published.find_class(name)?);
    let asked = Asked {
        target: target_rule(&request.class, find)?,
        quantity: QuantityChoice::parse(&request.quantity, find)?,
        layers: layers.names,
        methods: &request.methods,
    };
    let photos: Vec<PhotoFile> = files
        .iter()
        .map(|path| PhotoFile::unlabelled(path))
        .collect();
    let pictures = sight.of_files(&photos, file_ids(files))?;
    asked.explain(runs, &published.subject, &pictures, watch)
}

/// The request, with its names resolved.
struct Asked<'a> {
    target: TargetRule,
    quantity: QuantityChoice,
    layers: Vec<String>,
    methods: &'a MethodChoice,
}

impl Asked<'_> {
    fn explain(
        &self,
        runs: &Runs,
        subject: &Subject,
        pictures: &Pictures,
        watch: &dyn Watch,
    ) -> Result<ExplanationSet, StudyError> {
        let mut set = empty_set(pictures);
        set.drawn_as.figures = ["explain", PANELS].map(str::to_string).to_vec();
        let request = MapRequest {
            layers: &self.layers,
            methods: self.methods,
            target: self.target,
            quantity: &self.quantity,
            device: &runs.device.device,
        };
        add_maps(&mut set, subject, pictures, &request, watch)?;
        Ok(set)
    }
}
