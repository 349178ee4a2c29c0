//! The figures of `benchmark`: one picture by every network, and pictures with several objects by
//! every method.

use std::path::{Path, PathBuf};

use crate::cli::backbone::{PhotoFile, labelled, pictures};
use crate::cli::context::Context;
use crate::cli::explained::Explained;
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

/// Draws the figures into `out` and returns their files.
pub(super) fn draw(
    context: &Context,
    networks: &[Network],
    (arguments, boxed): (&BenchmarkArguments, Option<&Boxed>),
    class: &ClassChoice,
    out: &Path,
) -> anyhow::Result<Vec<PathBuf>> {
    let mut drawn = Vec::new();
    let pictures = of_networks(networks, arguments)?;
    let all: Vec<&Network> = networks.iter().collect();
    for file in &pictures {
        let stem = |file: &PhotoFile| file.path.file_stem().unwrap_or_default().to_os_string();
        let same = pictures.iter().filter(|other| stem(other) == stem(file));
        let name = match same.count() {
            1 => safe_name(&stem(file).to_string_lossy(), ""),
            // Pictures of one name from several folders or of several kinds.
            _ => safe_name(&file.path.to_string_lossy(), ""),
        };
        let folder = out.join("networks").join(name);
        let files = std::slice::from_ref(file);
        drawn.extend(grid(context, &all, (files, class), &OF_NETWORKS, &folder)?);
    }
    let several = of_several(arguments, boxed);
    if several.is_empty() {
        note("no figure of several objects: name pictures with --several FILE, or boxes");
        return Ok(drawn);
    }
    for network in networks {
        let folder = out.join("several-objects").join(network.name());
        let (files, one) = (&several[..], [network]);
        drawn.extend(grid(context, &one, (files, class), &OF_SEVERAL, &folder)?);
    }
    Ok(drawn)
}

/// Returns the pictures that are drawn with every network.
fn of_networks(
    networks: &[Network],
    arguments: &BenchmarkArguments,
) -> anyhow::Result<Vec<PhotoFile>> {
    let opened = &networks[0].opened;
    if let (true, Some(folder)) = (arguments.images.is_empty(), &arguments.photos) {
        let mut all = labelled(folder, arguments.labels.as_deref(), &opened.class_names)?;
        // One that cannot be read was passed over before.
        let place = match arguments.skip_bad {
            true => all.iter().position(|file| file.read().is_ok()).unwrap_or(0),
            false => 0,
        };
        return Ok(vec![all.swap_remove(place)]);
    }
    Ok(arguments.images.iter().map(|path| named(path)).collect())
}

/// Returns the pictures with several objects.
fn of_several(arguments: &BenchmarkArguments, boxed: Option<&Boxed>) -> Vec<PhotoFile> {
    if let (true, Some(boxed)) = (arguments.several.is_empty(), boxed) {
        let several = boxed.pictures.iter().filter(|p| p.objects.len() > 1);
        return several
            .take(SEVERAL)
            .map(|picture| boxed.file(picture))
            .collect();
    }
    arguments.several.iter().map(|path| named(path)).collect()
}

fn named(path: &Path) -> PhotoFile {
    PhotoFile {
        path: path.to_path_buf(),
        name: path.display().to_string(),
        label: None,
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
