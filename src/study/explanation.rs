//! Explanations of given pictures by one network, group by group.

use std::ops::Range;
use std::path::PathBuf;

use crate::data::photo::Photo;
use crate::explain::TargetRule;
use crate::run::{DrawnAs, ExplanationSet, Overlay};

use super::choice::{MethodChoice, QuantityChoice, target_rule};
use super::error::StudyError;
use super::maps::{MapRequest, add_maps, at_once, empty_set};
use super::photos::{PhotoFile, Sight, class_number};
use super::pictures::Pictures;
use super::runs::{Runs, Trained};
use super::selection::{Selection, file_ids};
use super::subject::{LayerChoice, Subject};
use super::watch::Watch;
use super::weights::Published;
use super::which::Which;

/// Folder of every map as pictures of its own, below that of the maps.
pub const PANELS: &str = "panels";
/// The figures that are drawn of the maps.
pub const FIGURES: [&str; 2] = ["explain", PANELS];

/// What to explain of each picture.
#[derive(Debug, Clone)]
pub struct Request {
    /// The layers.
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
    /// How heat maps lie over their pictures.
    pub overlay: Overlay,
}

/// A network, pictures, and what to explain of them.
#[derive(Debug)]
pub struct Explaining<'a> {
    runs: &'a Runs,
    subject: Subject,
    source: Source,
    target: TargetRule,
    quantity: QuantityChoice,
    layers: Vec<String>,
    methods: MethodChoice,
    overlay: Overlay,
}

/// Where the pictures come from.
#[derive(Debug)]
enum Source {
    /// Images of a data set.
    Held(Box<Pictures>),
    /// Files with their names, read group by group.
    Files(Vec<PathBuf>, Vec<String>, Box<Sight>),
}

impl<'a> Explaining<'a> {
    /// Opens the checkpoint `which` of `trained` to explain the pictures of `selection`.
    ///
    /// # Errors
    /// Absent data; an unknown layer, class or quantity; a method that the network does not allow;
    /// [`StudyError::Stopped`].
    pub fn of_trained(
        runs: &'a Runs,
        (trained, which): (&Trained, Which),
        (selection, request): (&Selection, &Request),
        watch: &dyn Watch,
    ) -> Result<Self, StudyError> {
        let mut subject = trained.open(which, runs)?;
        let (sight, source) = match selection {
            Selection::Files(files) => {
                let sight = trained.sight(runs)?;
                (sight.clone(), Source::of_files(files, sight))
            }
            selection => {
                let data = trained.images(runs)?;
                let pictures = selection.pictures(&data)?;
                (Sight::of_images(&data), Source::Held(Box::new(pictures)))
            }
        };
        let layers = request.layers.layers(&subject, sight.view.side())?;
        if request.retrain_head {
            subject.retrain_heads(runs, trained, &layers.names, watch)?;
        }
        let find = |name: &str| Ok::<_, StudyError>(class_number(&sight.class_names, name)?);
        let quantity = QuantityChoice::parse(&request.quantity, find)?;
        let layers = match request.layers {
            LayerChoice::Named(_) => layers.names,
            LayerChoice::Ablation => {
                let (network, methods) = (subject.network(), &request.methods);
                methods.possible(network, layers.names, quantity.quantity)
            }
        };
        Ok(Self {
            runs,
            subject,
            target: target_rule(&request.class, find)?,
            quantity,
            layers,
            methods: request.methods.clone(),
            overlay: request.overlay,
            source,
        })
    }

    /// Prepares to explain the photographs `files` with a published network.
    ///
    /// # Errors
    /// As [`of_trained`](Self::of_trained).
    pub fn of_published(
        runs: &'a Runs,
        published: Published,
        (files, request): (&[PathBuf], &Request),
    ) -> Result<Self, StudyError> {
        let side = published.sight.view.side();
        let layers = request.layers.layers(&published.subject, side)?;
        let find = |name: &str| Ok::<_, StudyError>(published.find_class(name)?);
        Ok(Self {
            runs,
            target: target_rule(&request.class, find)?,
            quantity: QuantityChoice::parse(&request.quantity, find)?,
            layers: layers.names,
            methods: request.methods.clone(),
            overlay: request.overlay,
            source: Source::of_files(files, published.sight),
            subject: published.subject,
        })
    }

    /// Returns the network.
    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// Returns the number of pictures.
    pub fn pictures(&self) -> usize {
        match &self.source {
            Source::Held(pictures) => pictures.len(),
            Source::Files(files, ..) => files.len(),
        }
    }

    /// Explains group by group, and passes each group's pictures and maps to `with` as soon as they
    /// are there; no more than a group is in memory. All files are read once before anything is
    /// explained, so that one that cannot be read is reported early.
    ///
    /// # Errors
    /// [`StudyError::Stopped`]; a file that cannot be read; errors of explaining or of `with`.
    pub fn each<E: From<StudyError>>(
        &self,
        watch: &dyn Watch,
        mut with: impl FnMut(ExplanationSet) -> Result<(), E>,
    ) -> Result<(), E> {
        let at_once = at_once(self.source.size());
        self.source.check_after(at_once, watch)?;
        for start in (0..self.pictures()).step_by(at_once) {
            let end = (start + at_once).min(self.pictures());
            watch.go_on()?;
            let pictures = self.source.pictures(start..end)?;
            let mut set = empty_set(&pictures);
            set.drawn_as = DrawnAs {
                figures: FIGURES.map(str::to_string).to_vec(),
                overlay: self.overlay,
                ..DrawnAs::default()
            };
            let request = MapRequest {
                layers: &self.layers,
                methods: &self.methods,
                target: self.target,
                quantity: &self.quantity,
                device: &self.runs.device.device,
            };
            add_maps(&mut set, &self.subject, &pictures, &request, watch)?;
            with(set)?;
        }
        Ok(())
    }
}

impl Source {
    /// Returns `files`, each once.
    fn of_files(files: &[PathBuf], sight: Sight) -> Self {
        let mut once: Vec<PathBuf> = Vec::new();
        for file in files {
            if !once.contains(file) {
                once.push(file.clone());
            }
        }
        let ids = file_ids(&once);
        Self::Files(once, ids, Box::new(sight))
    }

    /// Returns height and width of the pictures as the network sees them.
    fn size(&self) -> [usize; 2] {
        match self {
            Self::Held(pictures) => pictures.size,
            Self::Files(_, _, sight) => [sight.view.side(); 2],
        }
    }

    /// Reads every file after the first `count`, which are read next anyway.
    fn check_after(&self, count: usize, watch: &dyn Watch) -> Result<(), StudyError> {
        let Self::Files(files, ..) = self else {
            return Ok(());
        };
        for file in files.iter().skip(count) {
            watch.go_on()?;
            Photo::read(file)?;
        }
        Ok(())
    }

    fn pictures(&self, places: Range<usize>) -> Result<Pictures, StudyError> {
        match self {
            Self::Held(pictures) => Ok(pictures.at(&places.collect::<Vec<_>>())),
            Self::Files(files, ids, sight) => {
                let (files, ids) = (&files[places.clone()], ids[places].to_vec());
                let files = files.iter().map(|path| PhotoFile::unlabelled(path));
                Ok(sight.of_files(&files.collect::<Vec<_>>(), ids)?)
            }
        }
    }
}
