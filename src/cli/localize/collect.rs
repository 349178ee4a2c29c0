//! The scores of every map of one trial, gathered network by network. Called by `localize`.

use crate::cli::caveat::Caveat;
use crate::cli::context::Context;
use crate::cli::measure::{Group, Measurement};
use crate::cli::network::{FINE_CELLS, Opened, Trained};
use crate::explain::localize::{
    DELTA_STEPS, Localization, Overlap, SCORED_STEPS, Truth, best_step, delta, localize,
};
use crate::explain::{Explainable, MapSource, SourceMaps};

use super::subject::Subject;

/// Everything measured at one layer of one trial with one method, over all seeds.
pub(in crate::cli) struct Cell {
    /// Layer name.
    pub(in crate::cli) layer: String,
    /// Why this layer.
    pub(in crate::cli) layer_rule: String,
    /// Height and width of the layer's map, in cells.
    pub(in crate::cli) native_size: [usize; 2],
    /// What made the maps.
    pub(in crate::cli) source: MapSource,
    /// What stands behind its name in a table.
    pub(in crate::cli) caveat: Caveat,
    /// One entry a seed and picture, seeds outermost.
    pub(in crate::cli) maps: Vec<MapScores>,
    /// Step of delta at which the mean IoU is highest, for boxes and for masks.
    pub(in crate::cli) best_steps: [usize; 2],
    /// Sums of the curves on the pictures that choose delta, for boxes and for masks.
    tuning: [Vec<f64>; 2],
}

/// What one map scores.
pub(in crate::cli) struct MapScores {
    /// Training seed.
    pub(in crate::cli) seed: u64,
    /// The picture's place.
    pub(in crate::cli) picture: usize,
    /// The class that the map explains.
    pub(in crate::cli) target_class: usize,
    /// The class that the network gives the picture.
    pub(in crate::cli) predicted_class: usize,
    /// Whether the map shows nothing.
    pub(in crate::cli) empty: bool,
    /// Whether several pixels share the maximum.
    pub(in crate::cli) tied: bool,
    /// In the order of [`score_names`]; `NaN` where not defined.
    pub(in crate::cli) scores: Vec<f32>,
    /// IoU at every step of delta, with the boxes and, where they are known, the masks.
    pub(in crate::cli) curves: [Option<Vec<f32>>; 2],
}

/// A score's name in files, and its threshold where it has one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::cli) struct ScoreName {
    /// Name without the threshold.
    pub(in crate::cli) name: &'static str,
    /// Place of the threshold among [`SCORED_STEPS`].
    pub(in crate::cli) at: Option<usize>,
}

/// The scores with a threshold: at each of [`SCORED_STEPS`].
const AT_DELTA: [&str; 7] = [
    "box_iou",
    "mask_iou",
    "area",
    "covered",
    "all_covered",
    "touched",
    "implied_box_iou",
];
/// The scores without one.
const AT_NONE: [&str; 9] = [
    "pointing_box",
    "pointing_mask",
    "energy_box",
    "energy_mask",
    "equal_area_covered",
    "equal_area_all_covered",
    "equal_area_recall",
    BEST_BOX,
    BEST_MASK,
];
/// The IoU at each method's own delta.
pub(super) const BEST_BOX: &str = "box_iou_best";
pub(super) const BEST_MASK: &str = "mask_iou_best";

impl ScoreName {
    /// The name of its column, such as "box_iou_0.15".
    pub(in crate::cli) fn column(self) -> String {
        match self.at {
            Some(at) => format!("{}_{}", self.name, delta(SCORED_STEPS[at])),
            None => self.name.to_string(),
        }
    }
}

/// Returns all scores, in the order in which a map has them.
pub(in crate::cli) fn score_names() -> Vec<ScoreName> {
    let thresholds = 0..SCORED_STEPS.len();
    let at_delta = thresholds.flat_map(|at| {
        let names = AT_DELTA.iter();
        names.map(move |name| ScoreName { name, at: Some(at) })
    });
    let at_none = AT_NONE.iter().map(|name| ScoreName { name, at: None });
    at_delta.chain(at_none).collect()
}

/// Returns the scores of `found` in the order of [`score_names`]; the last two are open until each
/// method's delta is known.
fn scores(found: &Localization) -> Vec<f32> {
    let masks = found.mask_overlap.as_ref();
    let flag = |flag: bool| f64::from(u8::from(flag));
    let mut scores = Vec::new();
    for (at, &step) in SCORED_STEPS.iter().enumerate() {
        let coverage = &found.coverage[at];
        scores.extend([
            found.box_overlap.loc(step),
            masks.map_or(f64::NAN, |overlap| overlap.loc(step)),
            found.box_overlap.marked(step),
            coverage.covered,
            flag(coverage.all),
            coverage.touched,
            found.implied_iou[at],
        ]);
    }
    scores.extend([
        found.box_pointing.hit,
        found
            .mask_pointing
            .map_or(f64::NAN, |pointing| pointing.hit),
        found.box_energy,
        found.mask_energy.unwrap_or(f64::NAN),
        found.equal_area.covered,
        flag(found.equal_area.all),
        found.equal_area.recall,
        f64::NAN,
        f64::NAN,
    ]);
    scores.into_iter().map(|score| score as f32).collect()
}

/// Measures one network and adds what it gives to `cells`.
pub(super) fn add(
    context: &Context,
    cells: &mut Vec<Cell>,
    subject: &mut Subject,
    (trained, opened): (&Trained, &Opened),
    named: &[String],
) -> anyhow::Result<()> {
    let layers = subject.measurement.layers(&opened.network, named)?;
    let rules = rules(&subject.measurement, &opened.network, named)?;
    let seed = trained.run.seed();
    let label = format!("{} seed {seed}", trained.run.trial());
    let (truths, measurement) = (&subject.annotated.truths, &subject.measurement);
    measurement.each_group(context, &opened.network, (&layers, &label), |group| {
        let rule = |layer: &str| {
            let rule = rules.iter().find(|(known, _)| known == layer);
            rule.map_or(String::new(), |(_, rule)| rule.clone())
        };
        add_group(cells, group, truths, (seed, &rule));
        if group.places.start == 0 {
            for maps in &group.survey.maps {
                let own = measurement.caveat(opened, &maps.layer, maps.source);
                cell_of(cells, maps, &rule).caveat.add(&own);
            }
        }
        Ok(())
    })?;
    tune(context, cells, subject, (trained, opened), &layers)
}

/// Adds what the maps of a group score to their cells; `rule` says why a layer is measured.
pub(in crate::cli) fn add_group(
    cells: &mut Vec<Cell>,
    group: &Group,
    truths: &[Truth],
    (seed, rule): (u64, &dyn Fn(&str) -> String),
) {
    for maps in &group.survey.maps {
        let cell = cell_of(cells, maps, rule);
        for (index, saliency) in maps.saliency.iter().enumerate() {
            let picture = group.places.start + index;
            let found = localize(&saliency.normalised, &truths[picture]);
            let curve = |overlap: &Overlap| -> Vec<f32> {
                overlap.curve().into_iter().map(|iou| iou as f32).collect()
            };
            cell.maps.push(MapScores {
                seed,
                picture,
                target_class: group.survey.target_class[index],
                predicted_class: group.survey.predicted_class[index],
                empty: saliency.empty,
                tied: found.box_pointing.tied,
                scores: scores(&found),
                curves: [
                    Some(curve(&found.box_overlap)),
                    found.mask_overlap.as_ref().map(curve),
                ],
            });
        }
    }
}

/// Returns the cell of the maps, a new one where there is none yet.
fn cell_of<'a>(
    cells: &'a mut Vec<Cell>,
    maps: &SourceMaps,
    rule: &dyn Fn(&str) -> String,
) -> &'a mut Cell {
    let same = |cell: &Cell| cell.layer == maps.layer && cell.source == maps.source;
    let at = cells.iter().position(same).unwrap_or_else(|| {
        cells.push(Cell {
            layer: maps.layer.clone(),
            layer_rule: rule(&maps.layer),
            native_size: maps.native_size,
            source: maps.source,
            caveat: Caveat::default(),
            maps: Vec::new(),
            best_steps: [0; 2],
            tuning: [vec![0.0; DELTA_STEPS], vec![0.0; DELTA_STEPS]],
        });
        cells.len() - 1
    });
    &mut cells[at]
}

/// Adds the curves of the pictures that choose each method's delta.
fn tune(
    context: &Context,
    cells: &mut [Cell],
    subject: &mut Subject,
    (trained, opened): (&Trained, &Opened),
    layers: &[String],
) -> anyhow::Result<()> {
    let Some((images, truths)) = &subject.tuning else {
        return Ok(());
    };
    let measured = std::mem::replace(&mut subject.measurement.images, images.clone());
    let label = format!("{} seed {}: delta", trained.run.trial(), trained.run.seed());
    let done =
        subject
            .measurement
            .each_group(context, &opened.network, (layers, &label), |group| {
                for maps in &group.survey.maps {
                    let same =
                        |cell: &&mut Cell| cell.layer == maps.layer && cell.source == maps.source;
                    let Some(cell) = cells.iter_mut().find(same) else {
                        continue;
                    };
                    for (index, saliency) in maps.saliency.iter().enumerate() {
                        add_curves(
                            cell,
                            &saliency.normalised,
                            &truths[group.places.start + index],
                        );
                    }
                }
                Ok(())
            });
    subject.measurement.images = measured;
    done
}

fn add_curves(cell: &mut Cell, map: &crate::explain::Plane, truth: &Truth) {
    for (sum, region) in (cell.tuning.iter_mut()).zip([truth.box_region(), truth.object_region()]) {
        let curve = Overlap::of(map, region).curve();
        sum.iter_mut().zip(curve).for_each(|(sum, iou)| *sum += iou);
    }
}

/// Chooses each cell's delta, and fills in the IoU there.
pub(in crate::cli) fn finish(cells: &mut [Cell], tuned: bool) {
    for cell in cells {
        let names = score_names();
        for (kind, best) in [BEST_BOX, BEST_MASK].into_iter().enumerate() {
            let step = match tuned {
                true => best_step(&cell.tuning[kind]),
                false => best_step(&cell.mean_curve(kind)),
            };
            cell.best_steps[kind] = step;
            let place = names.iter().position(|name| name.name == best);
            let place = place.expect("it is one of the names");
            for map in &mut cell.maps {
                if let Some(curve) = &map.curves[kind] {
                    map.scores[place] = curve[step];
                }
            }
        }
    }
}

impl Cell {
    fn mean_curve(&self, kind: usize) -> Vec<f64> {
        let mut sums = vec![0.0; DELTA_STEPS];
        for curve in self.maps.iter().filter_map(|map| map.curves[kind].as_ref()) {
            let pairs = sums.iter_mut().zip(curve);
            pairs.for_each(|(sum, iou)| *sum += f64::from(*iou));
        }
        sums
    }
}

/// Returns why each layer is measured.
fn rules(
    measurement: &Measurement,
    network: &impl Explainable,
    named: &[String],
) -> anyhow::Result<Vec<(String, String)>> {
    let layers = measurement.layers(network, named)?;
    let fine = format!("deepest with {FINE_CELLS} x {FINE_CELLS} cells");
    let rule = |place: usize| match (named.is_empty(), layers.len()) {
        (false, _) => "named".to_string(),
        (true, 1) => format!("last block and {fine}"),
        (true, _) if place == 0 => fine.clone(),
        (true, _) => "last block".to_string(),
    };
    let pairs = layers.iter().enumerate();
    Ok(pairs
        .map(|(place, layer)| (layer.clone(), rule(place)))
        .collect())
}

#[cfg(test)]
#[path = "collect_tests.rs"]
mod tests;
