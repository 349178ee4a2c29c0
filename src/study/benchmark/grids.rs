//! Maps to draw: one picture by every network, and pictures with several objects by every method.

use std::path::{Path, PathBuf};

use crate::explain::{ExplainError, MapSource, Method, TargetRule};
use crate::run::{ExplanationSet, Overlay, unique_names};
use crate::study::boxes::Boxes;
use crate::study::choice::{MethodChoice, QuantityChoice};
use crate::study::error::StudyError;
use crate::study::maps::{MapRequest, add_maps, empty_set};
use crate::study::photos::PhotoFile;
use crate::study::runs::Runs;
use crate::study::selection::file_ids;
use crate::study::watch::Watch;

use super::networks::Network;

/// Methods in the figure of networks.
const OF_NETWORKS: [&str; 2] = ["grad-cam", "grad-cam-pp"];
/// Methods in the figure of several objects.
const OF_SEVERAL: [&str; 3] = ["cam", "grad-cam", "grad-cam-pp"];
/// Default number of pictures with several objects.
const SEVERAL: usize = 4;
/// Folder of the pictures by every network.
pub const NETWORKS: &str = "networks";
/// Folder of the pictures with several objects.
pub const SEVERAL_OBJECTS: &str = "several-objects";

/// Pictures and their maps, drawn as one grid.
#[derive(Debug)]
pub struct Grid {
    /// Their folder, in that of the benchmark.
    pub folder: PathBuf,
    /// The pictures and maps.
    pub set: ExplanationSet,
}

/// The pictures to draw.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'a> {
    /// Pictures to draw with every network; the first of the known ones if none are given.
    pub(super) images: &'a [PathBuf],
    /// Pictures with several objects; the first of the boxes if none are given.
    pub(super) several: &'a [PathBuf],
    /// Whether unreadable known pictures are skipped.
    pub(super) skip_bad: bool,
}

/// The drawn pictures. All were read once, so that errors are reported early.
#[derive(Debug)]
pub(super) struct Drawn {
    /// Pictures drawn with every network.
    of_networks: Vec<PhotoFile>,
    /// Pictures with several objects.
    pub(super) of_several: Vec<PhotoFile>,
}

/// The networks, pictures and methods of one grid.
#[derive(Debug)]
pub(super) struct Plan<'a> {
    folder: PathBuf,
    networks: Vec<&'a Network>,
    files: &'a [PhotoFile],
    methods: &'static [&'static str],
}

impl Drawn {
    /// Returns the named pictures, or the first of the folder and the first with several boxes. A
    /// picture among the `known` ones of the folder has its class.
    ///
    /// # Errors
    /// A picture that cannot be read; [`StudyError::ClassUnknown`] if the true class is to be
    /// explained.
    pub(super) fn read(
        wanted: Wanted<'_>,
        known: &[PhotoFile],
        boxes: Option<&Boxes>,
        target: TargetRule,
    ) -> Result<Self, StudyError> {
        if let (true, Some(boxes)) = (wanted.several.is_empty(), boxes) {
            for picture in boxes.several(SEVERAL) {
                boxes.photo(picture)?;
            }
        }
        let drawn = Self {
            of_networks: of_networks(wanted, known),
            of_several: of_several(wanted, boxes, known),
        };
        for file in drawn.of_networks.iter().chain(&drawn.of_several) {
            file.read()?;
            if target == TargetRule::True && file.label.is_none() {
                return Err(StudyError::ClassUnknown {
                    name: file.name.clone(),
                    drawn: true,
                });
            }
        }
        Ok(drawn)
    }

    /// Returns what to draw.
    pub(super) fn plans<'a>(&'a self, networks: &'a [Network]) -> Vec<Plan<'a>> {
        let named = self.of_networks.iter().zip(self.names());
        let of_networks = named.map(|(file, name)| Plan {
            folder: Path::new(NETWORKS).join(name),
            networks: networks.iter().collect(),
            files: std::slice::from_ref(file),
            methods: &OF_NETWORKS,
        });
        let several = networks.iter().filter(|_| !self.of_several.is_empty());
        let of_several = several.map(|network| Plan {
            folder: Path::new(SEVERAL_OBJECTS).join(network.name()),
            networks: vec![network],
            files: &self.of_several,
            methods: &OF_SEVERAL,
        });
        of_networks.chain(of_several).collect()
    }

    /// Returns the name of the folder of each picture drawn with every network: that of its file or,
    /// for files with the same name from several folders or with several extensions, its path.
    fn names(&self) -> Vec<String> {
        let stem = |file: &PhotoFile| file.path.file_stem().unwrap_or_default().to_os_string();
        let name = |file: &PhotoFile| {
            let same = self.of_networks.iter();
            match same.filter(|other| stem(other) == stem(file)).count() {
                1 => stem(file).to_string_lossy().into_owned(),
                _ => file.path.to_string_lossy().into_owned(),
            }
        };
        unique_names(&self.of_networks.iter().map(name).collect::<Vec<_>>(), "")
    }
}

impl Plan<'_> {
    /// Explains the pictures with each network and with those of the methods that it allows.
    pub(super) fn explain(
        &self,
        runs: &Runs,
        (target, overlay): (TargetRule, Overlay),
        watch: &dyn Watch,
    ) -> Result<Grid, StudyError> {
        let paths: Vec<PathBuf> = self.files.iter().map(|file| file.path.clone()).collect();
        let mut set = ExplanationSet::default();
        for network in &self.networks {
            let published = &network.published;
            let pictures = published.sight.of_files(self.files, file_ids(&paths))?;
            if set.images.is_empty() {
                set = empty_set(&pictures);
                set.drawn_as.figures = vec!["explain".to_string()];
                set.drawn_as.overlay = overlay;
            }
            let methods = self.methods.iter().map(|name| Method::parse(name));
            let methods = methods.collect::<Result<Vec<Method>, ExplainError>>()?;
            for (layer, methods) in placed(network, methods) {
                let request = MapRequest {
                    layers: &[layer],
                    methods: &MethodChoice::Named(methods),
                    target,
                    quantity: &QuantityChoice::default(),
                    device: &runs.device.device,
                };
                add_maps(&mut set, &published.subject, &pictures, &request, watch)?;
            }
        }
        Ok(Grid {
            folder: self.folder.clone(),
            set,
        })
    }
}

/// Returns the pictures drawn with every network.
fn of_networks(wanted: Wanted<'_>, known: &[PhotoFile]) -> Vec<PhotoFile> {
    if wanted.images.is_empty() {
        // An unreadable one will be skipped.
        let first = match wanted.skip_bad {
            true => known.iter().find(|file| file.read().is_ok()),
            false => known.first(),
        };
        return first.cloned().into_iter().collect();
    }
    let named = |path: &PathBuf| named(path, known);
    wanted.images.iter().map(named).collect()
}

/// Returns the pictures with several objects.
fn of_several(wanted: Wanted<'_>, boxes: Option<&Boxes>, known: &[PhotoFile]) -> Vec<PhotoFile> {
    if let (true, Some(boxes)) = (wanted.several.is_empty(), boxes) {
        let several = boxes.several(SEVERAL);
        return several.map(|picture| boxes.file(picture)).collect();
    }
    let named = |path: &PathBuf| named(path, known);
    wanted.several.iter().map(named).collect()
}

/// Returns the picture at `path`, with its class if it is one of the known ones.
fn named(path: &Path, known: &[PhotoFile]) -> PhotoFile {
    let place = path.canonicalize().ok();
    let same = |file: &&PhotoFile| {
        file.path.file_name() == path.file_name() && file.path.canonicalize().ok() == place
    };
    PhotoFile {
        label: known.iter().find(same).and_then(|file| file.label),
        ..PhotoFile::unlabelled(path)
    }
}

/// Returns the layer at which each of the methods is drawn: the network's own or, for CAM, the last
/// layer that allows it if its own does not. A method that no layer allows is omitted.
fn placed(network: &Network, methods: Vec<Method>) -> Vec<(String, Vec<Method>)> {
    let explained = network.published.subject.network();
    let own = &network.layers.names[0];
    let mut placed: Vec<(String, Vec<Method>)> = Vec::new();
    for method in methods {
        let allows = |layer: &&String| MapSource::Method(method).is_allowed(explained, layer);
        let last = || explained.layers().into_iter().rfind(|layer| allows(&layer));
        let Some(layer) = Some(own).filter(allows).cloned().or_else(last) else {
            continue;
        };
        match placed.last_mut() {
            Some((before, methods)) if *before == layer => methods.push(method),
            _ => placed.push((layer, vec![method])),
        }
    }
    placed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_whose_names_become_equal_have_folders_of_their_own() {
        let names = |paths: &[&str]| {
            let files = paths
                .iter()
                .map(|path| PhotoFile::unlabelled(Path::new(path)));
            let drawn = Drawn {
                of_networks: files.collect(),
                of_several: Vec::new(),
            };
            drawn.names()
        };
        assert_eq!(names(&["a/x y.jpg", "a/z.jpg"]), ["x-y", "z"]);
        assert_eq!(names(&["a/z.jpg", "b/z.jpg"]), ["a-z-jpg", "b-z-jpg"]);
        let found = names(&[
            "a/x y.jpg",
            "a/x-y.jpg",
            "a/x(y.jpg",
            "a/z.jpg",
            "a-z.jpg",
            "b/z.jpg",
        ]);
        let mut once = found.clone();
        once.sort();
        once.dedup();
        assert_eq!(once.len(), 6, "{found:?}");
    }
}
