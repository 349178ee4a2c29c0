//! The measurements: every image explained by the trained network, for other classes, and by the
//! networks of the cascade.

use burn::tensor::Tensor;

use crate::explain::{
    Checks, Deviation, Evidence, Explainable, Found, Interval, Likeness, MapSource, SourceMaps,
    TargetSpec, WithHeads, cam_is_grad_cam, completeness, gather, judge,
};
use crate::model::TrainedNetwork;
use crate::run::{CascadeRow, ClassRow, IdentityRow, SanityTables, VerdictRow};
use crate::study::error::StudyError;
use crate::study::groups::{Group, Question};
use crate::study::pictures::Pictures;
use crate::study::subject::Subject;
use crate::study::table::{Column, Summary};
use crate::study::watch::Watch;

use crate::study::titles::network_title;

use super::cascade::Cascade;

/// Tolerance of an identity: sums of up to 65,536 float32 products, each rounded to 6e-8, in any
/// order, and a margin for products of reduced precision.
const IDENTITY_TOLERANCE: f64 = 1e-3;
/// The other classes that maps are compared with, by their rank among the logits.
const OTHERS: [&str; 2] = ["runner-up", "least-likely"];

/// The network to check, and what to explain.
pub(super) struct Checked<'a> {
    pub(super) question: Question<'a>,
    pub(super) images: &'a Pictures,
    pub(super) subject: &'a Subject,
    pub(super) network: &'a WithHeads<TrainedNetwork>,
    pub(super) cascade: &'a Cascade<'a>,
    pub(super) watch: &'a dyn Watch,
}

impl Checked<'_> {
    /// Returns the maps of a group's images by another network or for other classes.
    pub(super) fn again(
        &self,
        network: &dyn Explainable,
        group: &Group,
        classes: Vec<usize>,
    ) -> Result<Vec<SourceMaps>, StudyError> {
        let target = TargetSpec::labelled(classes);
        let survey = self.question.again(network, self.images, group, &target)?;
        Ok(survey.maps)
    }
}

/// A sum that must hold at a layer, and its deviation.
struct Identity {
    layer: String,
    method: &'static str,
    identity: &'static str,
    worst: Deviation,
}

/// Results for one source at one layer so far.
struct Tally {
    layer: String,
    native_size: [usize; 2],
    source: MapSource,
    /// For each stage, for each image: all draws.
    stages: Vec<Vec<Vec<Likeness>>>,
    /// For each of [`OTHERS`]: one entry per image.
    others: [Vec<Likeness>; 2],
}

/// Returns all tables of one network.
pub(super) fn check(checked: &Checked<'_>) -> Result<SanityTables, StudyError> {
    let network = checked.network;
    let mut tallies: Vec<Tally> = Vec::new();
    let mut identities: Vec<Identity> = Vec::new();
    let label = checked.subject.label();
    let shown = (checked.watch, label.as_str());
    checked
        .question
        .each_group(network, checked.images, shown, |group| {
            let trained = &group.survey.maps;
            if tallies.is_empty() {
                tallies = trained
                    .iter()
                    .map(|maps| Tally::new(maps, checked))
                    .collect();
            }
            let standardisation = checked.images.standardisation();
            let input = standardisation.apply(group.pixels.clone());
            let target = TargetSpec::labelled(group.survey.target_class.clone());
            // Checked on the network itself: a retrained head is not on the path from the layer to
            // the logits.
            let layers = checked.question.layers;
            let evidence = gather(network.network(), input, &target, layers)?;
            add_identities(&mut identities, checked, &evidence);
            for (other, classes) in other_classes(&evidence).into_iter().enumerate() {
                checked.watch.go_on()?;
                let found = checked.again(network, group, classes)?;
                for ((tally, maps), trained) in tallies.iter_mut().zip(&found).zip(trained) {
                    tally.others[other].extend(likenesses(trained, maps));
                }
            }
            add_cascade(checked, group, &mut tallies)
        })?;
    Ok(tables(checked, &tallies, &identities))
}

fn add_cascade(
    checked: &Checked<'_>,
    group: &Group,
    tallies: &mut [Tally],
) -> Result<(), StudyError> {
    let targets = &group.survey.target_class;
    for stage in 0..=checked.cascade.layers.len() {
        for tally in tallies.iter_mut() {
            tally.stages[stage].extend(vec![Vec::new(); targets.len()]);
        }
        for draw in 0..checked.cascade.fresh.len() {
            checked.watch.go_on()?;
            let found = match stage {
                // Nothing is re-initialised: the maps already exist.
                0 => group.survey.maps.clone(),
                _ => {
                    let network = checked.cascade.network(draw, stage);
                    checked.again(&network, group, targets.clone())?
                }
            };
            for ((tally, maps), trained) in tallies.iter_mut().zip(&found).zip(&group.survey.maps) {
                let images = &mut tally.stages[stage];
                let first = images.len() - targets.len();
                for (image, likeness) in likenesses(trained, maps).enumerate() {
                    images[first + image].push(likeness);
                }
            }
        }
    }
    Ok(())
}

/// Returns how similar two sources' maps are, image by image. Both surveys had the same request.
fn likenesses<'a>(a: &'a SourceMaps, b: &'a SourceMaps) -> impl Iterator<Item = Likeness> + 'a {
    assert_eq!(
        (&a.layer, a.source),
        (&b.layer, b.source),
        "surveys of one request"
    );
    a.saliency
        .iter()
        .zip(&b.saliency)
        .map(|(a, b)| Likeness::of(a, b))
}

/// Returns, for each of [`OTHERS`], the class of each image: the most and the least probable one
/// other than the explained class.
fn other_classes(evidence: &Evidence) -> [Vec<usize>; 2] {
    let [_batch, classes] = evidence.logits.dims();
    let logits: Vec<f32> = evidence.logits.to_data().iter::<f32>().collect();
    let rows = logits.chunks_exact(classes).zip(&evidence.target_class);
    let mut others = [Vec::new(), Vec::new()];
    for (row, target) in rows {
        let mut order: Vec<usize> = (0..classes).filter(|class| class != target).collect();
        order.sort_by(|&a, &b| row[b].total_cmp(&row[a]));
        // A network with one class has no other.
        others[0].push(order.first().copied().unwrap_or(*target));
        others[1].push(order.last().copied().unwrap_or(*target));
    }
    others
}

fn add_identities(identities: &mut Vec<Identity>, checked: &Checked<'_>, evidence: &Evidence) {
    let network = checked.network.network();
    for layer in &evidence.layers {
        let at_zero: Option<Tensor<1>> = network.logits_at_zero(&layer.name);
        let sum = at_zero.map(|zeros| completeness(evidence, layer, &zeros));
        let found = [
            ("hires-cam", "sum over the HiResCAM = logit - bias", sum),
            (
                "cam",
                "CAM = height x width x Grad-CAM",
                cam_is_grad_cam(layer),
            ),
        ];
        for (method, identity, deviation) in found {
            let Some(deviation) = deviation else { continue };
            let known = identities
                .iter_mut()
                .find(|known| known.layer == layer.name && known.method == method);
            match known {
                Some(Identity { worst, .. }) => {
                    worst.relative = worst.relative.max(deviation.relative);
                    worst.images += deviation.images;
                }
                None => identities.push(Identity {
                    layer: layer.name.clone(),
                    method,
                    identity,
                    worst: deviation,
                }),
            }
        }
    }
}

impl Tally {
    fn new(maps: &SourceMaps, checked: &Checked<'_>) -> Self {
        Self {
            layer: maps.layer.clone(),
            native_size: maps.native_size,
            source: maps.source,
            stages: vec![Vec::new(); checked.cascade.layers.len() + 1],
            others: Default::default(),
        }
    }

    /// Returns the interval of each stage, and of correlation and difference for each other class,
    /// all over the same resamples.
    fn found(&self) -> FoundTally {
        // NaN means no correlation: the image is omitted.
        let mean = |draws: &Vec<Likeness>| {
            let defined: Vec<f64> = draws.iter().filter_map(|draw| draw.correlation).collect();
            defined.iter().sum::<f64>() / defined.len() as f64
        };
        let mut summary = Summary::default();
        let stages: Vec<Column> = (self.stages.iter())
            .map(|images| summary.add(images.iter().map(mean).collect()))
            .collect();
        let others = self.others.each_ref().map(|images| {
            let correlation = |image: &Likeness| image.correlation.unwrap_or(f64::NAN);
            [
                summary.add(images.iter().map(correlation).collect()),
                summary.add(images.iter().map(|image| image.difference).collect()),
            ]
        });
        let found = summary.intervals();
        FoundTally {
            stages: stages.into_iter().map(|stage| found[stage]).collect(),
            others: others.map(|columns| columns.map(|column| found[column])),
        }
    }
}

/// The intervals of one source at one layer.
struct FoundTally {
    stages: Vec<Interval>,
    /// For each of [`OTHERS`]: correlation and difference.
    others: [[Interval; 2]; 2],
}

fn tables(checked: &Checked<'_>, tallies: &[Tally], identities: &[Identity]) -> SanityTables {
    let (subject, set) = (checked.subject, checked.images);
    let weights = subject.weights.as_ref();
    let weights = weights.map_or(String::new(), |weights| weights.sha256.clone());
    let (epoch, images) = (subject.epoch, set.len());
    let mut tables = SanityTables::default();
    for Identity {
        layer,
        method,
        identity,
        worst: deviation,
    } in identities
    {
        tables.identities.push(IdentityRow {
            trial: subject.name.clone(),
            seed: subject.seed,
            epoch,
            weights: weights.clone(),
            layer: layer.clone(),
            method: method.to_string(),
            identity: identity.to_string(),
            images: deviation.images,
            deviation: deviation.relative,
            tolerance: IDENTITY_TOLERANCE,
            holds: deviation.relative <= IDENTITY_TOLERANCE,
        });
    }
    for tally in tallies {
        let intervals = tally.found();
        let method = tally.source.name();
        let head = subject.retrained_head(method, &tally.layer);
        for (stage, likenesses) in tally.stages.iter().enumerate() {
            let found = intervals.stages[stage];
            let likenesses = likenesses.concat();
            tables.cascade.push(CascadeRow {
                trial: subject.name.clone(),
                seed: subject.seed,
                network_title: network_title(&subject.name),
                epoch,
                weights: weights.clone(),
                data: format!("{} {}", set.dataset, set.split),
                generated: set.generated,
                layer: tally.layer.clone(),
                native_height: tally.native_size[0],
                native_width: tally.native_size[1],
                method: method.to_string(),
                title: tally.source.title().to_string(),
                baseline: matches!(tally.source, MapSource::Baseline(_)),
                stage,
                down_to: checked.cascade.down_to(stage),
                images,
                draws: checked.cascade.fresh.len(),
                head_accuracy: head.map(|head| head.validation_accuracy),
                network_accuracy: head.map(|head| head.network_validation_accuracy),
                undefined: undefined(&likenesses),
                vanished: vanished(&likenesses),
                mean: there(found.mean),
                low: there(found.low),
                high: there(found.high),
            });
        }
        for (place, other) in OTHERS.iter().enumerate() {
            let [correlation, difference] = intervals.others[place];
            tables.classes.push(ClassRow {
                trial: subject.name.clone(),
                seed: subject.seed,
                epoch,
                weights: weights.clone(),
                layer: tally.layer.clone(),
                method: method.to_string(),
                other: other.to_string(),
                images,
                undefined: undefined(&tally.others[place]),
                vanished: vanished(&tally.others[place]),
                correlation: there(correlation.mean),
                correlation_low: there(correlation.low),
                correlation_high: there(correlation.high),
                difference: there(difference.mean),
                difference_low: there(difference.low),
                difference_high: there(difference.high),
            });
        }
        let last = tally.stages.len() - 1;
        let identity = tables.identities.iter();
        let mut identity = identity.filter(|row| row.layer == tally.layer && row.method == method);
        let (verdict, reason) = judge(&Checks {
            all_randomised: Found {
                correlation: intervals.stages[last],
                vanished: share(&tally.stages[last].concat()),
            },
            least_likely: Found {
                correlation: intervals.others[1][0],
                vanished: share(&tally.others[1]),
            },
            identity: identity.next().map(|row| row.holds),
        });
        tables.verdicts.push(VerdictRow {
            trial: subject.name.clone(),
            seed: subject.seed,
            epoch,
            weights: weights.clone(),
            layer: tally.layer.clone(),
            method: method.to_string(),
            verdict,
            reason,
        });
    }
    tables
}

fn undefined(pairs: &[Likeness]) -> usize {
    pairs
        .iter()
        .filter(|pair| pair.correlation.is_none())
        .count()
}

fn vanished(pairs: &[Likeness]) -> usize {
    pairs.iter().filter(|pair| pair.vanished).count()
}

fn share(pairs: &[Likeness]) -> f64 {
    vanished(pairs) as f64 / pairs.len() as f64
}

/// Returns the value, unless it is NaN.
fn there(value: f64) -> Option<f64> {
    (!value.is_nan()).then_some(value)
}
