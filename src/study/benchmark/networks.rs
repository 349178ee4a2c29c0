//! The networks of a benchmark, each at one layer.

use crate::explain::{MapSource, TargetRule};
use crate::model::backbones::BackboneName;
use crate::study::choice::{map_sources, target_rule};
use crate::study::error::StudyError;
use crate::study::groups::{Group, Question};
use crate::study::once::check_once;
use crate::study::photos::Labelled;
use crate::study::pictures::{PictureParts, Pictures};
use crate::study::runs::Runs;
use crate::study::subject::{LayerChoice, Layers};
use crate::study::weights::{Published, WeightSource};

/// Number of photographs explained at once; bounds memory and the delay of a signal.
pub(super) const AT_ONCE: usize = 8;

/// A network of the benchmark.
#[derive(Debug)]
pub(super) struct Network {
    /// The network with its weights.
    pub(super) published: Published,
    /// Its explained layer: the output of the last convolution block.
    pub(super) layers: Layers,
}

/// What to explain with each network.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    /// The methods and baselines.
    pub(super) sources: Vec<MapSource>,
    /// The explained class.
    pub(super) target: TargetRule,
}

/// Returns the networks, all with the same classes.
pub(super) fn open(
    runs: &Runs,
    named: &[(BackboneName, WeightSource)],
) -> Result<Vec<Network>, StudyError> {
    let names: Vec<BackboneName> = named.iter().map(|(name, _)| *name).collect();
    check_once("network", &names, BackboneName::to_string)?;
    let mut networks: Vec<Network> = Vec::new();
    for (name, source) in named {
        let published = Published::open(runs, *name, source)?;
        if let Some(first) = networks.first()
            && first.published.sight.class_names != published.sight.class_names
        {
            return Err(StudyError::DifferentClasses {
                first: first.name().to_string(),
                second: name.to_string(),
            });
        }
        let side = published.sight.view.side();
        let layers = LayerChoice::Ablation.layers(&published.subject, side)?;
        networks.push(Network { published, layers });
    }
    match networks.is_empty() {
        true => Err(StudyError::NoneNamed { what: "network" }),
        false => Ok(networks),
    }
}

impl Network {
    /// Returns its name.
    pub(super) fn name(&self) -> &'static str {
        self.published.name.name()
    }

    /// Returns photographs of the folder `dataset` as it sees them.
    pub(super) fn see(&self, dataset: &str, photos: &[Labelled]) -> Pictures {
        self.published.sight.of_photos(dataset, photos)
    }

    /// Returns its maps of pictures as it sees them, numbered after `before` other pictures.
    pub(super) fn group(
        &self,
        runs: &Runs,
        (before, pictures): (usize, &Pictures),
        asked: &Asked,
    ) -> Result<Group, StudyError> {
        let question = Question {
            sources: &asked.sources,
            layers: &self.layers.names,
            target: asked.target,
            device: &runs.device.device,
        };
        question.group_after(before, self.published.subject.network(), pictures)
    }

    /// Returns the table entries of photographs not in memory: the pictures `ids` of the folder
    /// `dataset`, without pixels.
    pub(super) fn listed(&self, dataset: String, ids: Vec<String>) -> Pictures {
        let sight = &self.published.sight;
        Pictures::of_parts(PictureParts {
            dataset,
            rule: String::new(),
            labels: vec![None; ids.len()],
            ids,
            pixels: Vec::new(),
            side: sight.view.side(),
            class_names: sight.class_names.clone(),
            normalisation: sight.normalisation,
        })
    }
}

impl Asked {
    /// Returns the methods and class named by `methods` and `class`; the classes are those of
    /// `first`.
    pub(super) fn parse(
        methods: &[String],
        class: &str,
        first: &Network,
    ) -> Result<Self, StudyError> {
        let find = |name: &str| Ok::<_, StudyError>(first.published.find_class(name)?);
        Ok(Self {
            sources: map_sources(methods)?,
            target: target_rule(class, find)?,
        })
    }
}
