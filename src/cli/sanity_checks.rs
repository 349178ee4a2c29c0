//! The measurements behind `sanity`: every image explained by the trained network, for other classes,
//! and by the networks of the cascade. Called by `sanity`.

use std::ops::Range;

use burn::tensor::Tensor;

use crate::explain::{
    Checks, Deviation, Evidence, Explainable, Found, Interval, Likeness, MapSource, SourceMaps,
    Survey, SurveyRequest, TargetSpec, bootstrap, cam_is_grad_cam, completeness, gather, judge,
    survey,
};
use crate::run::{CascadeRow, ClassRow, IdentityRow, SanityTables, VerdictRow};

use super::context::Context;
use super::measure::{Group, Measurement};
use super::network::{Opened, Trained};
use super::sanity::Cascade;
use super::titles::network_title;

/// Deviation up to which an identity holds: sums over up to 65,536 float32 products, each rounded to
/// 6e-8, in any order, and a margin for products of reduced precision.
const IDENTITY_TOLERANCE: f64 = 1e-3;
/// Seed of the bootstrap's resamples.
const BOOTSTRAP_SEED: u64 = 0;
/// The other classes that maps are compared with, by their place among the logits.
const OTHERS: [&str; 2] = ["runner-up", "least-likely"];

/// The network that is checked.
pub(super) struct Checked<'a> {
    pub(super) trained: &'a Trained,
    pub(super) opened: &'a Opened,
    pub(super) layers: &'a [String],
    pub(super) cascade: &'a Cascade<'a>,
}

/// What was found so far of one source at one layer.
struct Tally {
    layer: String,
    native_size: [usize; 2],
    source: MapSource,
    /// Stage by stage: image by image, all draws.
    stages: Vec<Vec<Vec<Likeness>>>,
    /// For each of [`OTHERS`]: image by image.
    others: [Vec<Likeness>; 2],
}

/// Returns all tables of one network.
pub(super) fn check(
    context: &Context,
    measurement: &Measurement,
    checked: &Checked<'_>,
) -> anyhow::Result<SanityTables> {
    let run = &checked.trained.run;
    let label = format!("{} seed {}", run.trial(), run.seed());
    let network = &checked.opened.network;
    let mut tallies: Vec<Tally> = Vec::new();
    let mut identities: Vec<(String, &'static str, &'static str, Deviation)> = Vec::new();
    measurement.each_group(context, network, (checked.layers, &label), |group| {
        let trained = &group.survey.maps;
        if tallies.is_empty() {
            tallies = trained
                .iter()
                .map(|maps| Tally::new(maps, checked))
                .collect();
        }
        let input = measurement.standardisation().apply(group.pixels.clone());
        let target = TargetSpec::labelled(group.survey.target_class.clone());
        // Of the network itself: a retrained head is no way from the layer to the logits.
        let evidence = gather(network.network(), input, &target, checked.layers)?;
        add_identities(&mut identities, checked, &evidence);
        for (other, classes) in other_classes(&evidence).into_iter().enumerate() {
            context.go_on()?;
            let found = explained(measurement, network, checked.layers, group, classes)?;
            for ((tally, maps), trained) in tallies.iter_mut().zip(&found.maps).zip(trained) {
                tally.others[other].extend(likenesses(trained, maps));
            }
        }
        add_cascade(context, measurement, checked, group, &mut tallies)
    })?;
    Ok(tables(measurement, checked, &tallies, &identities))
}

fn add_cascade(
    context: &Context,
    measurement: &Measurement,
    checked: &Checked<'_>,
    group: &Group,
    tallies: &mut [Tally],
) -> anyhow::Result<()> {
    let targets = &group.survey.target_class;
    for stage in 0..=checked.cascade.layers.len() {
        for tally in tallies.iter_mut() {
            tally.stages[stage].extend(vec![Vec::new(); targets.len()]);
        }
        for draw in 0..checked.cascade.fresh.len() {
            context.go_on()?;
            let found = match stage {
                // Nothing is drawn: the maps at hand.
                0 => group.survey.maps.clone(),
                _ => {
                    let network = checked.cascade.network(draw, stage);
                    explained(
                        measurement,
                        &network,
                        checked.layers,
                        group,
                        targets.clone(),
                    )?
                    .maps
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

/// The maps of a group's images by another network or for other classes.
pub(super) fn explained(
    measurement: &Measurement,
    network: &impl Explainable,
    layers: &[String],
    group: &Group,
    classes: Vec<usize>,
) -> anyhow::Result<Survey> {
    let Range { start, end } = group.places;
    let numbers: Vec<u64> = (start..end).map(|place| place as u64).collect();
    Ok(survey(
        network,
        &SurveyRequest {
            pixels: group.pixels.clone(),
            image_numbers: &numbers,
            standardisation: measurement.standardisation(),
            layers,
            sources: &measurement.sources,
            target: &TargetSpec::labelled(classes),
            seed: 0,
        },
    )?)
}

/// How alike two sources' maps are, image by image. Both surveys were asked for the same.
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

/// For each of [`OTHERS`], the class of each image: the likeliest and the least likely one besides
/// the explained class.
fn other_classes(evidence: &Evidence) -> [Vec<usize>; 2] {
    let [_batch, classes] = evidence.logits.dims();
    let logits: Vec<f32> = evidence.logits.to_data().iter::<f32>().collect();
    let rows = logits.chunks_exact(classes).zip(&evidence.target_class);
    let mut others = [Vec::new(), Vec::new()];
    for (row, target) in rows {
        let mut order: Vec<usize> = (0..classes).filter(|class| class != target).collect();
        order.sort_by(|&a, &b| row[b].total_cmp(&row[a]));
        // A network of one class has no other.
        others[0].push(order.first().copied().unwrap_or(*target));
        others[1].push(order.last().copied().unwrap_or(*target));
    }
    others
}

fn add_identities(
    identities: &mut Vec<(String, &'static str, &'static str, Deviation)>,
    checked: &Checked<'_>,
    evidence: &Evidence,
) {
    let network = checked.opened.network.network();
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
                .find(|(name, its_method, ..)| *name == layer.name && *its_method == method);
            match known {
                Some((.., worst)) => {
                    worst.relative = worst.relative.max(deviation.relative);
                    worst.images += deviation.images;
                }
                None => identities.push((layer.name.clone(), method, identity, deviation)),
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
    fn intervals(&self) -> Vec<Interval> {
        // NaN of no correlation: the image is left out.
        let mean = |draws: &Vec<Likeness>| {
            let defined: Vec<f64> = draws.iter().filter_map(|draw| draw.correlation).collect();
            defined.iter().sum::<f64>() / defined.len() as f64
        };
        let stages = self.stages.iter();
        let stages = stages.map(|images| images.iter().map(mean).collect());
        let mut columns: Vec<Vec<f64>> = stages.collect();
        for images in &self.others {
            let correlation = |image: &Likeness| image.correlation.unwrap_or(f64::NAN);
            columns.push(images.iter().map(correlation).collect());
            columns.push(images.iter().map(|image| image.difference).collect());
        }
        bootstrap(&columns, BOOTSTRAP_SEED)
    }
}

fn tables(
    measurement: &Measurement,
    checked: &Checked<'_>,
    tallies: &[Tally],
    identities: &[(String, &'static str, &'static str, Deviation)],
) -> SanityTables {
    let run = &checked.trained.run;
    let (epoch, weights) = (checked.opened.epoch, &checked.opened.weights.sha256);
    let images = measurement.images.len();
    let set = &measurement.images;
    let mut tables = SanityTables::default();
    for (layer, method, identity, deviation) in identities {
        tables.identities.push(IdentityRow {
            trial: run.trial().to_string(),
            seed: run.seed(),
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
        let intervals = tally.intervals();
        let method = tally.source.name();
        let head = checked.opened.retrained(method, &tally.layer);
        for (stage, likenesses) in tally.stages.iter().enumerate() {
            let found = intervals[stage];
            let likenesses = likenesses.concat();
            tables.cascade.push(CascadeRow {
                trial: run.trial().to_string(),
                network_title: network_title(run.trial()),
                seed: run.seed(),
                epoch,
                weights: weights.clone(),
                data: format!("{} {}", set.dataset_name(), set.split()),
                generated: set.is_generated(),
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
        let stages = tally.stages.len();
        for (place, other) in OTHERS.iter().enumerate() {
            let (correlation, difference) = (
                intervals[stages + 2 * place],
                intervals[stages + 2 * place + 1],
            );
            tables.classes.push(ClassRow {
                trial: run.trial().to_string(),
                seed: run.seed(),
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
        let identity = tables.identities.iter();
        let mut identity = identity.filter(|row| row.layer == tally.layer && row.method == method);
        let (verdict, reason) = judge(&Checks {
            all_randomised: Found {
                correlation: intervals[stages - 1],
                vanished: share(&tally.stages[stages - 1].concat()),
            },
            least_likely: Found {
                correlation: intervals[stages + 2],
                vanished: share(&tally.others[1]),
            },
            identity: identity.next().map(|row| row.holds),
        });
        tables.verdicts.push(VerdictRow {
            trial: run.trial().to_string(),
            seed: run.seed(),
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

/// The value, if there is one.
fn there(value: f64) -> Option<f64> {
    (!value.is_nan()).then_some(value)
}
