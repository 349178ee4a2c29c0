//! What the measuring verbs share: which networks, which images, and their maps group by group.
//! Used by `score`, `localize` and `sanity`.

use std::io::IsTerminal;
use std::ops::Range;

use burn::tensor::{Tensor, TensorData};
use indicatif::{ProgressBar, ProgressStyle};

use crate::data::image_set::CHANNELS;
use crate::data::{ImageSet, Normalisation, Split, Splits, pixels_01};
use crate::explain::{
    Baseline, ExplainError, Explainable, MapSource, Method, Needs, Standardisation, Survey,
    SurveyRequest, TargetSpec, survey,
};

use super::arguments::MeasureArguments;
use super::caveat::Caveat;
use super::context::{Context, base_flag};
use super::evaluate::trained_seeds;
use super::failure::Complaint;
use super::maps::ClassChoice;
use super::network::{FINE_CELLS, Opened, Trained, ablation_layers, find};
use super::train::named_twice;
use super::verdicts::Verdicts;

/// Images that are explained in one go; it bounds memory and how long a signal waits.
const IMAGES_AT_ONCE: usize = 128;
/// The same where a method asks the network many questions about each.
const IMAGES_AT_ONCE_ASKED: usize = 8;
/// Stands where a split's name would, for pictures of one's own.
pub(super) const PICTURES: &str = "pictures";
/// The name that stands for every method and baseline.
const EVERYTHING: &str = "all";
/// How a progress bar looks.
const BAR: &str = "{msg}  {bar:30} {pos}/{len} images  {eta} left";

/// The networks and images of one measurement.
pub(super) struct Measurement {
    /// The trained networks, trial by trial and seed by seed.
    pub(super) networks: Vec<Trained>,
    /// The images, of the split and no more than the limit.
    pub(super) images: ImageSet,
    /// How the networks' inputs are standardised.
    pub(super) normalisation: Normalisation,
    /// The methods and baselines.
    pub(super) sources: Vec<MapSource>,
    /// Which class each image is explained for.
    pub(super) class: ClassChoice,
    /// What the sanity checks said of the networks' maps.
    verdicts: Verdicts,
}

/// One group of images, explained.
pub(super) struct Group {
    /// The places of its images in [`Measurement::images`].
    pub(super) places: Range<usize>,
    /// The images, `[batch, channels, height, width]`, 0 to 1.
    pub(super) pixels: Tensor<4>,
    /// Their true classes, where they are known.
    pub(super) labels: Vec<Option<usize>>,
    /// Their maps.
    pub(super) survey: Survey,
}

impl Measurement {
    /// Finds the networks, loads the images and reads the names of methods and class.
    pub(super) fn new(context: &Context, arguments: &MeasureArguments) -> anyhow::Result<Self> {
        let networks = networks(context, arguments)?;
        let Some(first) = networks.first() else {
            let hint = "leave them out for trials A to D";
            return Err(Complaint::misused("no trial is named", hint).into());
        };
        let split: Split = arguments.split.parse()?;
        let data = context.data(&first.experiment)?;
        let class = ClassChoice::parse(&arguments.class, &data.test)?;
        Ok(Self {
            verdicts: Verdicts::read(context, data.test.dataset_name(), arguments.out.as_deref())?,
            images: images(&data, split, arguments.limit),
            normalisation: data.normalisation,
            sources: sources(&arguments.methods)?,
            networks,
            class,
        })
    }

    /// Opens a network at the checkpoint that the user names, with the layers to measure at and, where
    /// asked for, a retrained head at each.
    pub(super) fn open(
        &self,
        context: &Context,
        trained: &Trained,
        arguments: &MeasureArguments,
    ) -> anyhow::Result<(Opened, Vec<String>)> {
        let opened = trained.open(context, &arguments.checkpoint)?;
        let layers = self.layers(&opened.network, &arguments.layers)?;
        let opened = match arguments.retrain_head {
            true => opened.retrain_heads(context, trained, &layers)?,
            false => opened,
        };
        Ok((opened, layers))
    }

    /// Returns what a table must say behind the name of `source` at a layer of the network.
    pub(super) fn caveat(&self, opened: &Opened, layer: &str, source: MapSource) -> Caveat {
        Caveat::of(&self.verdicts, opened, layer, source)
    }

    /// Returns the layers of `network` to measure at: those named, else those of an ablation.
    pub(super) fn layers(
        &self,
        network: &impl Explainable,
        named: &[String],
    ) -> Result<Vec<String>, ExplainError> {
        let known = network.layers();
        if named.is_empty() {
            return Ok(ablation_layers(network, self.images.height(), FINE_CELLS));
        }
        match named.iter().find(|name| !known.contains(name)) {
            Some(layer) => Err(ExplainError::UnknownLayer {
                layer: layer.clone(),
                known,
            }),
            None => {
                let named_once = |(place, name): &(usize, &String)| !named[..*place].contains(name);
                let layers = named.iter().enumerate().filter(named_once);
                Ok(layers.map(|(_, name)| name.clone()).collect())
            }
        }
    }

    /// How the networks' inputs are standardised.
    pub(super) fn standardisation(&self) -> Standardisation<'_> {
        Standardisation {
            mean: &self.normalisation.mean,
            std: &self.normalisation.std,
        }
    }

    /// Explains all images by `network` and hands each group to `with`; a signal is obeyed between
    /// groups. `label` stands before the progress on a terminal.
    pub(super) fn each_group(
        &self,
        context: &Context,
        network: &impl Explainable,
        (layers, label): (&[String], &str),
        mut with: impl FnMut(&Group) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let bar = progress(self.images.len(), label);
        let at_once = self.images_at_once();
        for start in (0..self.images.len()).step_by(at_once) {
            context.go_on()?;
            let places = start..(start + at_once).min(self.images.len());
            let group = self.group(context, network, layers, places)?;
            with(&group)?;
            bar.inc(group.labels.len() as u64);
        }
        bar.finish_and_clear();
        Ok(())
    }

    /// How many images are explained between two looks at the signals.
    fn images_at_once(&self) -> usize {
        let asks = |source: &MapSource| match source {
            MapSource::Method(method) => method.needs() == Needs::Questions,
            MapSource::Baseline(_) => false,
        };
        if self.sources.iter().any(asks) {
            IMAGES_AT_ONCE_ASKED
        } else {
            IMAGES_AT_ONCE
        }
    }

    /// Returns the images at `places` with their maps.
    pub(super) fn group(
        &self,
        context: &Context,
        network: &impl Explainable,
        layers: &[String],
        places: Range<usize>,
    ) -> anyhow::Result<Group> {
        let labels: Vec<usize> = places.clone().map(|i| self.images.label(i)).collect();
        let numbers: Vec<u64> = places.clone().map(|i| i as u64).collect();
        let values: Vec<f32> = places
            .clone()
            .flat_map(|i| pixels_01(&self.images, i))
            .collect();
        let [height, width] = [self.images.height(), self.images.width()];
        let data = TensorData::new(values, [labels.len(), CHANNELS, height, width]);
        let pixels: Tensor<4> = Tensor::from_data(data, &context.device.device);
        let target = match self.class {
            ClassChoice::Predicted => TargetSpec::predicted(),
            ClassChoice::Named(class) => TargetSpec::class(class),
            ClassChoice::True => TargetSpec::labelled(labels.clone()),
        };
        let survey = survey(
            network,
            &SurveyRequest {
                pixels: pixels.clone(),
                image_numbers: &numbers,
                standardisation: self.standardisation(),
                layers,
                sources: &self.sources,
                target: &target,
                seed: 0,
            },
        )?;
        Ok(Group {
            places,
            pixels,
            labels: labels.into_iter().map(Some).collect(),
            survey,
        })
    }
}

/// Returns the trained runs of the trials and seeds, all of which saw the same data.
fn networks(context: &Context, arguments: &MeasureArguments) -> anyhow::Result<Vec<Trained>> {
    if let Some(twice) = named_twice(&arguments.trials) {
        let message = format!("trial {twice:?} is named twice");
        return Err(Complaint::misused(message, "name each trial once").into());
    }
    let base = arguments.base.as_deref();
    let mut networks: Vec<Trained> = Vec::new();
    for trial in &arguments.trials {
        let seeds = match arguments.seeds.is_empty() {
            true => trained_seeds(context, trial, base)?,
            false => arguments.seeds.clone(),
        };
        if seeds.is_empty() {
            let base = base_flag(base);
            return Err(Complaint::failed(
                format!("{trial} was not trained"),
                context.command(&format!("train {trial}{base}")),
            )
            .into());
        }
        for seed in seeds {
            networks.push(find(context, trial, base, seed)?);
        }
    }
    check_same_data(&networks)?;
    Ok(networks)
}

/// Fails where two of the networks were trained on different data.
pub(super) fn check_same_data(networks: &[Trained]) -> Result<(), Complaint> {
    for pair in networks.windows(2) {
        let options = |trained: &Trained| trained.experiment.experiment.data_options();
        if !options(&pair[0]).same_images(&options(&pair[1])) {
            let name = |trained: &Trained| format!("{:?}", trained.run.path().display());
            return Err(Complaint::failed(
                format!(
                    "{} and {} were trained on different data",
                    name(&pair[0]),
                    name(&pair[1])
                ),
                "compare networks of one base, or one by one",
            ));
        }
    }
    Ok(())
}

fn images(data: &Splits, split: Split, limit: Option<usize>) -> ImageSet {
    let set = match split {
        Split::Train => &data.train,
        Split::Validation => &data.validation,
        Split::Test => &data.test,
    };
    let count = limit.unwrap_or(set.len()).min(set.len());
    set.subset(&(0..count).collect::<Vec<_>>())
}

/// Returns the methods and baselines named; none is every one that costs one forward and one
/// gradient pass, with every baseline.
pub(super) fn sources(names: &[String]) -> Result<Vec<MapSource>, ExplainError> {
    if names == [EVERYTHING] {
        return Ok(MapSource::all());
    }
    if names.is_empty() {
        let quick = |method: &Method| method.needs() != Needs::Questions;
        let methods = Method::all().iter().copied().filter(quick);
        let sources = methods.map(MapSource::Method);
        return Ok(sources
            .chain(Baseline::ALL.map(MapSource::Baseline))
            .collect());
    }
    let mut sources: Vec<MapSource> = Vec::new();
    for name in names {
        let source = name.parse()?;
        if !sources.contains(&source) {
            sources.push(source);
        }
    }
    Ok(sources)
}

/// Returns a progress bar over `images`, hidden where nobody watches.
pub(super) fn progress(images: usize, label: &str) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template(BAR).expect("the template names known keys");
    ProgressBar::new(images as u64)
        .with_style(style)
        .with_message(label.to_string())
}
