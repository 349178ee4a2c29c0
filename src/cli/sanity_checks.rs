//! The measurements behind `sanity`: every image explained by the trained network, for other classes,
//! and by the networks of the cascade. Called by `sanity`.

use std::ops::Range;

use burn::tensor::Tensor;

use crate::explain::{
    Checks, Deviation, Evidence, Explainable, Interval, Likeness, MapSource, SourceMaps, Survey,
    SurveyRequest, TargetSpec, bootstrap, cam_is_grad_cam, completeness, gather, judge, survey,
};
use crate::run::{CascadeRow, ClassRow, IdentityRow, SanityTables, VerdictRow};

use super::context::Context;
use super::measure::{Group, Measurement, progress};
use super::network::{Opened, Trained};
use super::sanity::Cascade;

/// Images that are explained in one go.
const IMAGES_AT_ONCE: usize = 100;
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

/// What was found so far of one source at one layer. `NaN` stands where a map is empty.
struct Tally {
    layer: String,
    native_size: [usize; 2],
    source: MapSource,
    /// Stage by stage: image by image, the correlations of all draws.
    stages: Vec<Vec<Vec<f64>>>,
    /// For each of [`OTHERS`]: image by image, correlation and difference.
    others: [(Vec<f64>, Vec<f64>); 2],
}

/// Returns all tables of one network.
pub(super) fn check(
    context: &Context,
    measurement: &Measurement,
    checked: &Checked<'_>,
) -> anyhow::Result<SanityTables> {
    let images = measurement.images.len();
    let label = format!(
        "{} seed {}",
        checked.trained.run.trial(),
        checked.trained.run.seed()
    );
    let bar = progress(images, &label);
    let mut tallies: Vec<Tally> = Vec::new();
    let mut identities: Vec<(String, &'static str, &'static str, Deviation)> = Vec::new();
    for start in (0..images).step_by(IMAGES_AT_ONCE) {
        let places = start..(start + IMAGES_AT_ONCE).min(images);
        let network = &checked.opened.network;
        let group = measurement.group(context, network, checked.layers, places)?;
        if tallies.is_empty() {
            tallies = group
                .survey
                .maps
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
            let found = explained(measurement, network, checked.layers, &group, classes)?;
            for ((tally, maps), trained) in
                tallies.iter_mut().zip(&found.maps).zip(&group.survey.maps)
            {
                for likeness in likenesses(trained, maps) {
                    tally.others[other]
                        .0
                        .push(likeness.correlation.unwrap_or(f64::NAN));
                    tally.others[other].1.push(likeness.difference);
                }
            }
        }
        add_cascade(context, measurement, checked, &group, &mut tallies)?;
        bar.inc(group.labels.len() as u64);
    }
    bar.finish_and_clear();
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
                    let correlation = likeness.correlation.unwrap_or(f64::NAN);
                    images[first + image].push(correlation);
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
        let mean = |draws: &Vec<f64>| {
            let defined: Vec<f64> = draws
                .iter()
                .copied()
                .filter(|value| !value.is_nan())
                .collect();
            // NaN of none: such an image has no correlation.
            defined.iter().sum::<f64>() / defined.len() as f64
        };
        let stages = self
            .stages
            .iter()
            .map(|images| images.iter().map(mean).collect());
        let mut columns: Vec<Vec<f64>> = stages.collect();
        for (correlation, difference) in &self.others {
            columns.extend([correlation.clone(), difference.clone()]);
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
        let undefined = |values: &[f64]| values.iter().filter(|value| value.is_nan()).count();
        for (stage, correlations) in tally.stages.iter().enumerate() {
            let found = intervals[stage];
            tables.cascade.push(CascadeRow {
                trial: run.trial().to_string(),
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
                undefined: undefined(&correlations.concat()),
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
                undefined: undefined(&tally.others[place].0),
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
            all_randomised: intervals[stages - 1],
            least_likely: intervals[stages + 2],
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

/// The value, if there is one.
fn there(value: f64) -> Option<f64> {
    (!value.is_nan()).then_some(value)
}
