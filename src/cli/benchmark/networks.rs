//! The networks of a benchmark, and their maps of a group of photographs. Opened once by `benchmark`.

use std::path::PathBuf;

use burn::tensor::{Tensor, TensorData};

use crate::cli::backbone::{FromWeights, OpenedBackbone};
use crate::cli::context::Context;
use crate::cli::failure::Complaint;
use crate::cli::maps::ClassChoice;
use crate::cli::measure::Group;
use crate::cli::train::named_twice;
use crate::data::image_set::CHANNELS;
use crate::data::photo::Photo;
use crate::explain::{MapSource, Standardisation, SurveyRequest, survey};
use crate::model::backbones::BackboneName;

use super::arguments::BenchmarkArguments;

/// Photographs that are explained in one go; it bounds memory and how long a signal waits.
pub(super) const AT_ONCE: usize = 8;

/// A network of the benchmark.
pub(super) struct Network {
    /// The network with its weights.
    pub(super) opened: OpenedBackbone,
    /// The layer that it is explained at: the last convolutional block's output.
    pub(super) layers: [String; 1],
}

/// What is asked of each network.
pub(super) struct Question {
    /// The methods and baselines.
    pub(super) sources: Vec<MapSource>,
    /// The class that is explained.
    pub(super) class: ClassChoice,
}

/// A photograph and its class, where it is known.
pub(super) struct Labelled {
    /// The photograph.
    pub(super) photo: Photo,
    /// Its class.
    pub(super) label: Option<usize>,
}

/// Returns the networks that the arguments name, all of which know the same classes.
pub(super) fn open(
    context: &Context,
    arguments: &BenchmarkArguments,
) -> anyhow::Result<Vec<Network>> {
    let names = arguments.networks.iter().map(|text| text.parse());
    let names = names.collect::<Result<Vec<BackboneName>, _>>()?;
    if let Some(twice) = named_twice(&names) {
        let message = format!("network {twice} is named twice");
        return Err(Complaint::misused(message, "name each network once").into());
    }
    let weights = of_networks("--weights", &arguments.weights, &names)?;
    let dialects = of_networks("--dialect", &arguments.dialects, &names)?;
    let mut networks: Vec<Network> = Vec::new();
    for (place, name) in names.into_iter().enumerate() {
        let from = FromWeights {
            weights: weights[place].map(PathBuf::from),
            dialect: dialects[place].map(str::to_string),
            class_names: arguments.class_names.clone(),
            allow_nan: arguments.allow_nan,
        };
        let opened = OpenedBackbone::open(context, name, &from)?;
        if let Some(first) = networks.first()
            && first.opened.class_names != opened.class_names
        {
            let message = format!("{} and {name} know different classes", first.name());
            let hint = "compare networks with weights for the same classes";
            return Err(Complaint::misused(message, hint).into());
        }
        let layers = [opened.network.default_layer().to_string()];
        networks.push(Network { opened, layers });
    }
    Ok(networks)
}

/// Returns what the values, each NETWORK=VALUE, give to each of the networks.
fn of_networks<'a>(
    option: &str,
    values: &'a [String],
    networks: &[BackboneName],
) -> anyhow::Result<Vec<Option<&'a str>>> {
    let mut found = vec![None; networks.len()];
    for text in values {
        let Some((network, value)) = text.split_once('=') else {
            let message = format!("{option} {text:?} names no network");
            let hint = format!("write it as {option} {}=...", networks[0]);
            return Err(Complaint::misused(message, hint).into());
        };
        let network: BackboneName = network.parse()?;
        let Some(place) = networks.iter().position(|known| *known == network) else {
            let message = format!("{option} is given for {network}, which is not compared");
            let known: Vec<&str> = networks.iter().map(|known| known.name()).collect();
            let hint = format!("the networks are {}", known.join(", "));
            return Err(Complaint::misused(message, hint).into());
        };
        if found[place].replace(value).is_some() {
            let message = format!("{option} is given twice for {network}");
            return Err(Complaint::misused(message, "give it once").into());
        }
    }
    Ok(found)
}

impl Network {
    /// Returns its name.
    pub(super) fn name(&self) -> &'static str {
        self.opened.network.name().name()
    }

    /// Returns the photographs as the network sees them, and its maps; `start` counts those before.
    pub(super) fn group(
        &self,
        context: &Context,
        photos: &[Labelled],
        start: usize,
        question: &Question,
    ) -> anyhow::Result<Group> {
        let view = self.opened.view();
        let values: Vec<f32> = photos
            .iter()
            .flat_map(|labelled| view.pixels(&labelled.photo))
            .collect();
        let shape = [photos.len(), CHANNELS, view.side(), view.side()];
        let pixels: Tensor<4> =
            Tensor::from_data(TensorData::new(values, shape), &context.device.device);
        let labels: Vec<Option<usize>> = photos.iter().map(|labelled| labelled.label).collect();
        let places = start..start + photos.len();
        let numbers: Vec<u64> = places.clone().map(|place| place as u64).collect();
        let normalisation = self.opened.normalisation();
        let survey = survey(
            &self.opened.network,
            &SurveyRequest {
                pixels: pixels.clone(),
                image_numbers: &numbers,
                standardisation: Standardisation {
                    mean: &normalisation.mean,
                    std: &normalisation.std,
                },
                layers: &self.layers,
                sources: &question.sources,
                target: &question.class.target(&labels)?,
                seed: 0,
            },
        )?;
        Ok(Group {
            places,
            pixels,
            labels,
            survey,
        })
    }
}
