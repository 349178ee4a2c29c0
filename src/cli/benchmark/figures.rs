//! The figures of `benchmark`: one picture by every network, and pictures with several objects by
//! every method.

use std::path::{Path, PathBuf};

use crate::cli::backbone::{PhotoFile, pictures};
use crate::cli::context::Context;
use crate::cli::explained::Explained;
use crate::cli::failure::Complaint;
use crate::cli::maps::{
    ClassChoice, MapRequest, MethodChoice, QuantityChoice, add_maps, empty_set,
};
use crate::cli::output::note;
use crate::cli::selection::file_ids;
use crate::explain::{MapSource, Method};
use crate::figure::{ExplainGrid, Figure, safe_name};
use crate::run::ExplanationSet;

use super::arguments::BenchmarkArguments;
use super::boxes::Boxed;
use super::networks::Network;

/// Methods of the figure of networks.
const OF_NETWORKS: [&str; 2] = ["grad-cam", "grad-cam-pp"];
/// Methods of the figure of several objects.
const OF_SEVERAL: [&str; 3] = ["cam", "grad-cam", "grad-cam-pp"];
/// Pictures with several objects where none are named.
const SEVERAL: usize = 4;

/// The pictures that are drawn. All of them were read once, so that a fault in one is told early.
pub(super) struct Drawn {
    /// Each is drawn with every network.
    of_networks: Vec<PhotoFile>,
    /// Those with several objects.
    of_several: Vec<PhotoFile>,
}

impl Drawn {
    /// Returns the pictures that the arguments name, or the first of the folder and those with several
    /// boxes. A picture that is one of the `known` ones of the folder has its class.
    ///
    /// # Errors
    /// Where a picture cannot be read, or where its true class is to be explained and is not known.
    pub(super) fn read(
        arguments: &BenchmarkArguments,
        known: &[PhotoFile],
        boxed: Option<&Boxed>,
        class: &ClassChoice,
    ) -> anyhow::Result<Self> {
        if let (true, Some(boxed)) = (arguments.several.is_empty(), boxed) {
            for picture in boxed.several(SEVERAL) {
                boxed.photo(picture)?;
            }
        }
        let drawn = Self {
            of_networks: of_networks(arguments, known),
            of_several: of_several(arguments, boxed, known),
        };
        for file in drawn.of_networks.iter().chain(&drawn.of_several) {
            file.read()?;
            if *class == ClassChoice::True && file.label.is_none() {
                let message = format!("the class of \"{}\" is not known", file.name);
                let hint = "--image and --several take it from the labels of --photos; or take --class \
                            predicted";
                return Err(Complaint::misused(message, hint).into());
            }
        }
        Ok(drawn)
    }

    /// Draws the figures into `out` and returns their files.
    pub(super) fn draw(
        &self,
        context: &Context,
        networks: &[Network],
        class: &ClassChoice,
        out: &Path,
    ) -> anyhow::Result<Vec<PathBuf>> {
        let mut drawn = Vec::new();
        let all: Vec<&Network> = networks.iter().collect();
        for file in &self.of_networks {
            let stem = |file: &PhotoFile| file.path.file_stem().unwrap_or_default().to_os_string();
            let same = self.of_networks.iter();
            let name = match same.filter(|other| stem(other) == stem(file)).count() {
                1 => safe_name(&stem(file).to_string_lossy(), ""),
                // Pictures of one name from several folders or of several kinds.
                _ => safe_name(&file.path.to_string_lossy(), ""),
            };
            let folder = out.join("networks").join(name);
            let files = std::slice::from_ref(file);
            drawn.extend(grid(context, &all, (files, class), &OF_NETWORKS, &folder)?);
        }
        if self.of_several.is_empty() {
            note("no figure of several objects: name pictures with --several FILE, or boxes");
            return Ok(drawn);
        }
        for network in networks {
            let folder = out.join("several-objects").join(network.name());
            let (files, one) = (&self.of_several[..], [network]);
            drawn.extend(grid(context, &one, (files, class), &OF_SEVERAL, &folder)?);
        }
        Ok(drawn)
    }
}

/// Returns the pictures that are drawn with every network.
fn of_networks(arguments: &BenchmarkArguments, known: &[PhotoFile]) -> Vec<PhotoFile> {
    if arguments.images.is_empty() {
        // One that cannot be read will be passed over.
        let first = match arguments.skip_bad {
            true => known.iter().find(|file| file.read().is_ok()),
            false => known.first(),
        };
        return first.cloned().into_iter().collect();
    }
    let named = |path: &PathBuf| named(path, known);
    arguments.images.iter().map(named).collect()
}

/// Returns the pictures with several objects.
fn of_several(
    arguments: &BenchmarkArguments,
    boxed: Option<&Boxed>,
    known: &[PhotoFile],
) -> Vec<PhotoFile> {
    if let (true, Some(boxed)) = (arguments.several.is_empty(), boxed) {
        let several = boxed.several(SEVERAL);
        return several.map(|picture| boxed.file(picture)).collect();
    }
    let named = |path: &PathBuf| named(path, known);
    arguments.several.iter().map(named).collect()
}

/// Returns the picture at `path`, with its class where it is one of the known ones.
fn named(path: &Path, known: &[PhotoFile]) -> PhotoFile {
    let place = path.canonicalize().ok();
    let same = |file: &&PhotoFile| {
        file.path.file_name() == path.file_name() && file.path.canonicalize().ok() == place
    };
    PhotoFile {
        path: path.to_path_buf(),
        name: path.display().to_string(),
        label: known.iter().find(same).and_then(|file| file.label),
    }
}

/// Explains the pictures by each network with those of the methods that it allows, writes maps and
/// figure into `folder`, and returns the figure's files.
fn grid(
    context: &Context,
    networks: &[&Network],
    (files, class): (&[PhotoFile], &ClassChoice),
    methods: &[&str],
    folder: &Path,
) -> anyhow::Result<Vec<PathBuf>> {
    let paths: Vec<PathBuf> = files.iter().map(|file| file.path.clone()).collect();
    let mut set = ExplanationSet::default();
    for network in networks {
        let opened = &network.opened;
        let pictures = pictures(opened, files, file_ids(&paths))?;
        if set.images.is_empty() {
            set = empty_set(&pictures);
            set.drawn_as.figures.push("explain".to_string());
        }
        let methods = methods.iter().map(|name| Method::parse(name));
        for (layer, methods) in placed(network, methods.collect::<Result<_, _>>()?) {
            let request = MapRequest {
                explained: Explained::Backbone(opened),
                layers: &[layer],
                methods: &MethodChoice::Named(methods),
                class,
                quantity: &QuantityChoice::logit(),
            };
            add_maps(context, &mut set, &pictures, &request)?;
        }
    }
    set.write(folder)?;
    Ok(ExplainGrid { set: &set }.save(folder)?)
}

/// Returns at which layer each of the methods is drawn: the network's own, and for CAM the last layer
/// that allows it, where its own does not. A method that no layer allows is left out.
fn placed(network: &Network, methods: Vec<Method>) -> Vec<(String, Vec<Method>)> {
    let explained = &network.opened.network;
    let own = &network.layers[0];
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
