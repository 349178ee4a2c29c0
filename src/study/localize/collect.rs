//! The scores of every map of one trial, collected network by network.

use crate::explain::localize::{
    DELTA_STEPS, Localization, Overlap, SCORED_STEPS, Truth, best_step, delta, localize,
};
use crate::explain::{MapSource, Plane, SourceMaps};
use crate::study::caveat::{Caveat, Verdicts};
use crate::study::groups::Group;
use crate::study::subject::{Layers, Subject};

/// All measurements at one layer of one trial with one method, over all seeds.
#[derive(Debug)]
pub(in crate::study) struct Sheet {
    /// Layer name.
    pub(in crate::study) layer: String,
    /// Why this layer was selected.
    pub(in crate::study) layer_rule: String,
    /// Height and width of the layer's map, in cells.
    pub(in crate::study) native_size: [usize; 2],
    /// The source of the maps.
    pub(in crate::study) source: MapSource,
    /// The text after its name in a table.
    pub(in crate::study) caveat: Caveat,
    /// The maps, seed by seed.
    pub(in crate::study) seeds: Vec<SeedMaps>,
    /// Step of delta with the highest mean IoU, for boxes and for masks.
    pub(in crate::study) best_steps: [usize; 2],
    /// Sums of the curves on the pictures that select delta, for boxes and for masks.
    tuning: [Vec<f64>; 2],
}

/// The maps of one training seed.
#[derive(Debug)]
pub(in crate::study) struct SeedMaps {
    /// The seed, 0 if unknown.
    pub(in crate::study) seed: u64,
    /// One entry per picture.
    pub(in crate::study) maps: Vec<MapScores>,
}

/// The scores of one map.
#[derive(Debug)]
pub(in crate::study) struct MapScores {
    /// The class that the map explains.
    pub(in crate::study) target_class: usize,
    /// The class that the network predicts for the picture.
    pub(in crate::study) predicted_class: usize,
    /// Whether the map is constant.
    pub(in crate::study) empty: bool,
    /// Whether several pixels share the maximum.
    pub(in crate::study) tied: bool,
    /// In the order of [`score_names`]; `NaN` where not defined.
    pub(in crate::study) scores: Vec<f32>,
    /// IoU at every step of delta, with the boxes and, if known, the masks.
    pub(in crate::study) curves: [Option<Vec<f32>>; 2],
}

/// A score's name in files, and its threshold if it has one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::study) struct ScoreName {
    /// Name without the threshold.
    pub(in crate::study) name: &'static str,
    /// Position of the threshold among [`SCORED_STEPS`].
    pub(in crate::study) at: Option<usize>,
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
/// The scores without a threshold.
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
    /// Returns the name of its column, such as "box_iou_0.15".
    pub(in crate::study) fn column(self) -> String {
        match self.at {
            Some(at) => format!("{}_{}", self.name, delta(SCORED_STEPS[at])),
            None => self.name.to_string(),
        }
    }
}

/// Returns all scores, in the order of a map's scores.
pub(in crate::study) fn score_names() -> Vec<ScoreName> {
    let thresholds = 0..SCORED_STEPS.len();
    let at_delta = thresholds.flat_map(|at| {
        let names = AT_DELTA.iter();
        names.map(move |name| ScoreName { name, at: Some(at) })
    });
    let at_none = AT_NONE.iter().map(|name| ScoreName { name, at: None });
    at_delta.chain(at_none).collect()
}

/// Returns the scores of `found` in the order of [`score_names`]; the last two are filled in when
/// each method's delta is known.
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

/// The sheets of one trial, by layer and by method within a layer.
#[derive(Debug, Default)]
pub(in crate::study) struct Sheets(pub(in crate::study) Vec<Sheet>);

impl Sheets {
    /// Adds the scores of a group's maps. The groups of a network come in order, from its first
    /// picture.
    pub(in crate::study) fn add(
        &mut self,
        group: &Group,
        truths: &[Truth],
        (subject, layers, verdicts): (&Subject, &Layers, &Verdicts),
    ) {
        for maps in &group.survey.maps {
            let sheet = self.sheet_of(maps, layers);
            if group.places.start == 0 {
                let caveat = Caveat::of(verdicts, subject, &maps.layer, maps.source);
                sheet.caveat.add(&caveat);
                sheet.seeds.push(SeedMaps {
                    seed: subject.seed,
                    maps: Vec::new(),
                });
            }
            let Some(own) = sheet.seeds.last_mut() else {
                continue;
            };
            for (index, saliency) in maps.saliency.iter().enumerate() {
                let found = localize(&saliency.normalised, &truths[group.places.start + index]);
                let curve = |overlap: &Overlap| -> Vec<f32> {
                    overlap.curve().into_iter().map(|iou| iou as f32).collect()
                };
                own.maps.push(MapScores {
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

    /// Adds the curves of a group of pictures that select each method's delta.
    pub(in crate::study) fn tune(&mut self, group: &Group, truths: &[Truth]) {
        for maps in &group.survey.maps {
            let Some(sheet) = self.0.iter_mut().find(|sheet| sheet.is_of(maps)) else {
                continue;
            };
            for (index, saliency) in maps.saliency.iter().enumerate() {
                let truth = &truths[group.places.start + index];
                sheet.add_curves(&saliency.normalised, truth);
            }
        }
    }

    /// Selects each sheet's delta, and fills in the IoU there.
    pub(in crate::study) fn finish(&mut self, tuned: bool) {
        let names = score_names();
        for sheet in &mut self.0 {
            for (kind, best) in [BEST_BOX, BEST_MASK].into_iter().enumerate() {
                let step = match tuned {
                    true => best_step(&sheet.tuning[kind]),
                    false => best_step(&sheet.summed_curve(kind)),
                };
                sheet.best_steps[kind] = step;
                let place = names.iter().position(|name| name.name == best);
                let place = place.expect("it is one of the names");
                let maps = sheet.seeds.iter_mut().flat_map(|seed| &mut seed.maps);
                for map in maps {
                    if let Some(curve) = &map.curves[kind] {
                        map.scores[place] = curve[step];
                    }
                }
            }
        }
    }

    /// Returns the sheet of the maps, a new one if there is none yet.
    fn sheet_of(&mut self, maps: &SourceMaps, layers: &Layers) -> &mut Sheet {
        let known = self.0.iter().position(|sheet| sheet.is_of(maps));
        let at = known.unwrap_or_else(|| {
            self.0.push(Sheet {
                layer: maps.layer.clone(),
                layer_rule: layers.rule(&maps.layer),
                native_size: maps.native_size,
                source: maps.source,
                caveat: Caveat::default(),
                seeds: Vec::new(),
                best_steps: [0; 2],
                tuning: [vec![0.0; DELTA_STEPS], vec![0.0; DELTA_STEPS]],
            });
            self.0.len() - 1
        });
        &mut self.0[at]
    }
}

impl Sheet {
    /// Returns all maps, seed by seed.
    pub(in crate::study) fn maps(&self) -> impl Iterator<Item = &MapScores> {
        self.seeds.iter().flat_map(|seed| &seed.maps)
    }

    fn is_of(&self, maps: &SourceMaps) -> bool {
        self.layer == maps.layer && self.source == maps.source
    }

    fn add_curves(&mut self, map: &Plane, truth: &Truth) {
        let regions = [truth.box_region(), truth.object_region()];
        for (sum, region) in self.tuning.iter_mut().zip(regions) {
            add(sum, Overlap::of(map, region).curve());
        }
    }

    fn summed_curve(&self, kind: usize) -> Vec<f64> {
        let mut sums = vec![0.0; DELTA_STEPS];
        for curve in self.maps().filter_map(|map| map.curves[kind].as_ref()) {
            add(&mut sums, curve.iter().map(|iou| f64::from(*iou)));
        }
        sums
    }
}

/// Adds a curve to a sum of curves, step by step.
fn add(sums: &mut [f64], curve: impl IntoIterator<Item = f64>) {
    let pairs = sums.iter_mut().zip(curve);
    pairs.for_each(|(sum, iou)| *sum += iou);
}

#[cfg(test)]
#[path = "collect_tests.rs"]
mod tests;
