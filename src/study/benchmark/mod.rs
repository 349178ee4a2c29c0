//! Published networks compared on photographs: scores, agreement, localisation, and maps to draw.

mod boxed;
mod grids;
mod networks;
mod photographs;

use std::path::PathBuf;

use crate::model::backbones::BackboneName;
use crate::run::{LocalizationSummaryRow, Overlay};

use super::boxes::{BoxSource, Boxes, Classes};
use super::error::StudyError;
use super::localize::{DeltaRule, Findings};
use super::photo_folder::{PhotoFolder, labelled};
use super::photos::PhotoFile;
use super::runs::Runs;
use super::watch::Watch;
use super::weights::WeightSource;
use grids::{Drawn, Wanted};
use networks::{Asked, Network, open};

pub use grids::{Grid, NETWORKS, SEVERAL_OBJECTS};
pub use photographs::{PhotoScores, PhotoSource};

/// What to compare.
#[derive(Debug, Clone)]
pub struct Request {
    /// The networks, each with its weights.
    pub networks: Vec<(BackboneName, WeightSource)>,
    /// Methods and baselines by name; see [`map_sources`](super::map_sources).
    pub methods: Vec<String>,
    /// Class to explain: "predicted", "true" or a class name; on boxes, the class of the box.
    pub class: String,
    /// Photographs on which to score the maps.
    pub photos: Option<PhotoSource>,
    /// Boxes on which to localise the maps.
    pub boxes: Option<BoxSource>,
    /// Pictures to draw with every network; the first photograph if none are given.
    pub images: Vec<PathBuf>,
    /// Pictures with several objects, to draw; the first of the boxes if none are given.
    pub several: Vec<PathBuf>,
    /// How heat maps lie over their pictures.
    pub overlay: Overlay,
}

/// A benchmark with open networks and parsed lists.
#[derive(Debug)]
pub struct Benchmark {
    networks: Vec<Network>,
    asked: Asked,
    photos: Option<(PhotoSource, Vec<PhotoFile>)>,
    /// Whether the folder of the photographs is read whole.
    is_whole: bool,
    boxes: Option<Boxes>,
    drawn: Drawn,
    overlay: Overlay,
}

impl Benchmark {
    /// Opens the networks and reads lists and drawn pictures, so that errors in them are reported
    /// before anything is measured.
    ///
    /// # Errors
    /// A network named twice; weights that are absent or do not fit;
    /// [`StudyError::DifferentClasses`]; an unknown method or class; an error in a list or picture.
    pub fn new(runs: &Runs, request: &Request, watch: &dyn Watch) -> Result<Self, StudyError> {
        let networks = open(runs, &request.networks)?;
        let first = &networks[0];
        let asked = Asked::parse(&request.methods, &request.class, first)?;
        let class_names = &first.published.sight.class_names;
        let find = |name: &str| first.published.find_class(name);
        let classes = Classes {
            find: &find,
            names: class_names,
        };
        let boxes = request.boxes.as_ref();
        let boxes = boxes.map(|source| Boxes::open(source, classes, watch));
        let boxes = boxes.transpose()?;
        let mut is_whole = true;
        let photos = match &request.photos {
            Some(source) => {
                let labels = source.labels.as_deref();
                let PhotoFolder { files, unread } = labelled(&source.folder, labels, class_names)?;
                is_whole = unread.is_none();
                if let Some(unread) = unread {
                    watch.note(&unread);
                }
                Some((source.clone(), files))
            }
            None => None,
        };
        let known = photos.as_ref().map(|(_, files)| &files[..]);
        let wanted = Wanted {
            images: &request.images,
            several: &request.several,
            skip_bad: request.photos.as_ref().is_some_and(|p| p.skip_bad),
        };
        let target = asked.target;
        let drawn = Drawn::read(wanted, known.unwrap_or_default(), boxes.as_ref(), target)?;
        Ok(Self {
            networks,
            asked,
            photos,
            is_whole,
            boxes,
            drawn,
            overlay: request.overlay,
        })
    }

    /// Scores the maps of every network on the photographs, if any, and compares the networks.
    ///
    /// # Errors
    /// A photograph that cannot be read, unless it is skipped; [`StudyError::NoneRead`];
    /// [`StudyError::NothingAllowed`]; [`StudyError::TrueClassUnknown`]; [`StudyError::Stopped`].
    pub fn score(&self, runs: &Runs, watch: &dyn Watch) -> Result<Option<PhotoScores>, StudyError> {
        let Some((source, files)) = &self.photos else {
            return Ok(None);
        };
        let photos = (source, &files[..]);
        photographs::score(runs, &self.networks, photos, &self.asked, watch).map(Some)
    }

    /// Localises the maps of every network on the boxes, if any, and passes the means of each
    /// network to `each` as soon as they are known.
    ///
    /// # Errors
    /// [`StudyError::BoxedPicture`]; [`StudyError::NoBoxInView`]; [`StudyError::Stopped`].
    pub fn localize(
        &self,
        runs: &Runs,
        watch: &dyn Watch,
        each: impl FnMut(&[LocalizationSummaryRow], DeltaRule),
    ) -> Result<Option<Findings>, StudyError> {
        let Some(boxes) = &self.boxes else {
            return Ok(None);
        };
        let what = (boxes, &self.asked);
        boxed::localize(runs, &self.networks, what, watch, each).map(Some)
    }

    /// Explains the drawn pictures, one grid at a time on demand.
    pub fn grids<'a>(
        &'a self,
        runs: &'a Runs,
        watch: &'a dyn Watch,
    ) -> impl Iterator<Item = Result<Grid, StudyError>> + 'a {
        let how = (self.asked.target, self.overlay);
        let plans = self.drawn.plans(&self.networks).into_iter();
        plans.map(move |plan| plan.explain(runs, how, watch))
    }

    /// Returns whether the folder of the photographs holds nothing else.
    pub fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// Returns the number of networks.
    pub fn networks(&self) -> usize {
        self.networks.len()
    }

    /// Returns whether pictures with several objects are drawn.
    pub fn draws_several(&self) -> bool {
        !self.drawn.of_several.is_empty()
    }
}
