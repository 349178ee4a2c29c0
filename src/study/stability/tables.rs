//! From the maps of all networks to rows, means and pictures.

use burn::tensor::Device;

use crate::data::image_set::CHANNELS;
use crate::data::statistics::Interval;
use crate::explain::signed::enlarged;
use crate::explain::{Common, Plane, TargetRule, rank_correlation};
use crate::run::{
    Array, DrawnAs, ExplainedImage, SeedMap, StabilityPanel, StabilityRow, StabilitySummaryRow,
};
use crate::study::choice::target_name;
use crate::study::error::StudyError;
use crate::study::measure::Measurement;
use crate::study::table::{Summary, joined_seeds};
use crate::study::titles::network_title;
use crate::study::watch::Watch;

use super::findings::Findings;
use super::seen::{Seen, Sheet};

/// The maps of all networks.
pub(super) struct Compared<'a> {
    pub(super) measurement: &'a Measurement,
    pub(super) networks: &'a [Seen],
    pub(super) device: &'a Device,
    /// Places of the pictures to draw.
    pub(super) drawn: Vec<usize>,
}

/// The rank correlations of one picture's maps; `NaN` where undefined.
struct Correlations {
    seeds: f64,
    experiments: f64,
    pictures: f64,
}

/// One method at one layer of one experiment, seed by seed.
struct Group<'a> {
    seeds: &'a [Seen],
    sheets: Vec<&'a Sheet>,
}

impl Compared<'_> {
    /// Adds the rows, means and pictures of one experiment, whose networks are `seeds`.
    pub(super) fn add_trial(
        &self,
        findings: &mut Findings,
        seeds: &[Seen],
        watch: &dyn Watch,
    ) -> Result<(), StudyError> {
        for (place, first) in seeds[0].sheets.iter().enumerate() {
            watch.go_on()?;
            let group = Group {
                seeds,
                sheets: seeds.iter().map(|seen| &seen.sheets[place]).collect(),
            };
            let others = self
                .networks
                .iter()
                .filter(|seen| seen.trial != seeds[0].trial);
            let others = others.flat_map(|seen| &seen.sheets);
            let others: Vec<&Sheet> = others.filter(|sheet| first.is_like(sheet)).collect();
            let correlations = self.correlations(&group.sheets, &others);
            let rows: Vec<StabilityRow> = (correlations.iter().enumerate())
                .map(|(picture, found)| self.row(&group, picture, found))
                .collect();
            findings.summary.push(self.summary(&group, &rows));
            self.draw(findings, &group, &rows);
            findings.rows.extend(rows);
        }
        Ok(())
    }

    /// Returns the correlations of each picture's maps, all at the picture's size: maps of different
    /// layers have different numbers of cells.
    fn correlations(&self, own: &[&Sheet], others: &[&Sheet]) -> Vec<Correlations> {
        let shown = |sheet: &&Sheet| {
            let maps: Vec<&Plane> = sheet.maps.iter().collect();
            enlarged(&maps, self.measurement.pictures.size, self.device)
        };
        let own: Vec<Vec<Plane>> = own.iter().map(shown).collect();
        let others: Vec<Vec<Plane>> = others.iter().map(shown).collect();
        let count = self.measurement.pictures.len();
        (0..count)
            .map(|picture| correlations_of(&own, &others, (picture, (picture + 1) % count)))
            .collect()
    }

    fn row(&self, group: &Group<'_>, picture: usize, found: &Correlations) -> StabilityRow {
        let (pictures, first) = (&self.measurement.pictures, group.sheets[0]);
        let class = group.seeds[0].target_class[picture];
        let predicts = |seen: &&Seen| seen.predicted_class[picture] == class;
        let [native_height, native_width] = first.maps[picture].size();
        let maps = group.maps(picture);
        StabilityRow {
            image: pictures.ids[picture].clone(),
            trial: group.seeds[0].trial.clone(),
            seeds: seeds_of(group.seeds),
            layer: first.layer.clone(),
            native_height,
            native_width,
            method: first.method.name().to_string(),
            target_class: pictures.class_names[class].clone(),
            predicted_by: group.seeds.iter().filter(predicts).count(),
            empty: maps.iter().filter(|map| is_zero(map)).count(),
            agreed: Common::of(&maps).agreed_share,
            agreed_by_chance: Common::share_by_chance(maps.len()),
            between_seeds: defined(found.seeds),
            between_experiments: defined(found.experiments),
            between_pictures: defined(found.pictures),
        }
    }

    /// Returns the means over pictures, all over the same resamples.
    fn summary(&self, group: &Group<'_>, rows: &[StabilityRow]) -> StabilitySummaryRow {
        let mut summary = Summary::default();
        let columns: [fn(&StabilityRow) -> Option<f64>; 4] = [
            |row| Some(row.agreed),
            |row| row.between_seeds,
            |row| row.between_experiments,
            |row| row.between_pictures,
        ];
        let columns = columns.map(|value| {
            let values = rows.iter().map(|row| value(row).unwrap_or(f64::NAN));
            summary.add(values.collect())
        });
        let found = summary.intervals();
        let [agreed, seeds, experiments, pictures] = columns.map(|column| found[column]);
        let (first, sheet, shown) = (&rows[0], group.sheets[0], &self.measurement.pictures);
        let ends = |interval: Interval| {
            let Interval {
                mean, low, high, ..
            } = interval;
            [mean, low, high].map(defined)
        };
        let [seeds, experiments, pictures] = [seeds, experiments, pictures].map(ends);
        StabilitySummaryRow {
            dataset: shown.dataset.clone(),
            generated: shown.generated,
            split: shown.split.clone(),
            pictures: rows.len(),
            trial: first.trial.clone(),
            network_title: network_title(&first.trial),
            seeds: first.seeds.clone(),
            checkpoint: group.seeds[0].checkpoint.clone(),
            layer: first.layer.clone(),
            layer_place: sheet.place,
            native_height: first.native_height,
            native_width: first.native_width,
            method: first.method.clone(),
            title: sheet.method.title().to_string(),
            target: target_name(self.measurement.target, &shown.class_names),
            maps: rows.len() * group.sheets.len(),
            empty: rows.iter().map(|row| row.empty).sum(),
            signed: group.sheets.iter().any(|sheet| sheet.signed),
            agreed: agreed.mean,
            agreed_low: agreed.low,
            agreed_high: agreed.high,
            agreed_by_chance: first.agreed_by_chance,
            between_seeds: seeds[0],
            between_seeds_low: seeds[1],
            between_seeds_high: seeds[2],
            between_experiments: experiments[0],
            between_experiments_low: experiments[1],
            between_experiments_high: experiments[2],
            between_pictures: pictures[0],
            between_pictures_low: pictures[1],
            between_pictures_high: pictures[2],
        }
    }

    /// Adds the pictures to draw.
    fn draw(&self, findings: &mut Findings, group: &Group<'_>, rows: &[StabilityRow]) {
        let shown = &self.measurement.pictures;
        let set = &mut findings.pictures.set;
        set.drawn_as = DrawnAs {
            figures: vec!["stability".to_string()],
            ..DrawnAs::default()
        };
        set.selection_rule = format!(
            "Pictures: the first of the {} split whose {}; no network had a say.",
            shown.split,
            match self.measurement.target {
                TargetRule::True => "classes, which the maps explain, differ",
                _ => "classes differ",
            }
        );
        for &picture in &self.drawn {
            let (row, id) = (&rows[picture], &shown.ids[picture]);
            let pixels = format!("picture/{id}");
            if set.images.iter().all(|image| image.id != *id) {
                let [height, width] = shown.size;
                let shape = vec![CHANNELS, height, width];
                let values = shown.pixels(picture);
                set.arrays.insert(pixels.clone(), Array { shape, values });
                set.images.push(ExplainedImage {
                    id: id.clone(),
                    generated: shown.generated,
                    true_class: shown.true_class(picture),
                    pixels,
                });
            }
            let stem = format!("{}/{}/{}", row.trial, row.layer, row.method);
            let mut add = |what: &str, map: &Plane| {
                let name = format!("{what}/{stem}/{id}");
                let (shape, values) = (map.size().to_vec(), map.values().to_vec());
                set.arrays.insert(name.clone(), Array { shape, values });
                name
            };
            let maps = group.maps(picture);
            let common = Common::of(&maps);
            let seeds = group.seeds.iter().zip(&maps).map(|(seen, map)| SeedMap {
                seed: seen.seed,
                predicted_class: shown.class_names[seen.predicted_class[picture]].clone(),
                map: add(&format!("seed-{}", seen.seed), map),
                empty: is_zero(map),
            });
            let seeds = seeds.collect();
            findings.pictures.panels.push(StabilityPanel {
                image: id.clone(),
                trial: row.trial.clone(),
                layer: row.layer.clone(),
                method: row.method.clone(),
                target_class: row.target_class.clone(),
                seeds,
                mean: add("mean", &common.mean),
                spread: add("spread", &common.spread),
                agreed: add("agreed", &common.agreed),
                agreed_share: common.agreed_share,
                between_seeds: row.between_seeds,
            });
        }
    }
}

impl Group<'_> {
    /// Returns the map of each seed.
    fn maps(&self, picture: usize) -> Vec<Plane> {
        let maps = self.sheets.iter().map(|sheet| sheet.maps[picture].clone());
        maps.collect()
    }
}

/// Returns the correlations of a picture's maps, given by network and picture; the second place is
/// that of the picture to compare with.
fn correlations_of(
    own: &[Vec<Plane>],
    others: &[Vec<Plane>],
    (picture, next): (usize, usize),
) -> Correlations {
    let alike = |a: &Plane, b: &Plane| rank_correlation(a.values(), b.values());
    let pairs = (0..own.len()).flat_map(|first| (first + 1..own.len()).map(move |b| (first, b)));
    let seeds = pairs.map(|(a, b)| alike(&own[a][picture], &own[b][picture]));
    let crossed = own.iter().flat_map(|ours| {
        let theirs = others.iter();
        theirs.map(|theirs| alike(&ours[picture], &theirs[picture]))
    });
    let elsewhere = own.iter().filter(|_| picture != next);
    let pictures = elsewhere.map(|maps| alike(&maps[picture], &maps[next]));
    Correlations {
        seeds: mean(seeds),
        experiments: mean(crossed),
        pictures: mean(pictures),
    }
}

/// Returns the mean of the defined values; `NaN` for none.
fn mean(values: impl Iterator<Item = Option<f64>>) -> f64 {
    let values: Vec<f64> = values.flatten().collect();
    values.iter().sum::<f64>() / values.len() as f64
}

fn defined(value: f64) -> Option<f64> {
    Some(value).filter(|value| value.is_finite())
}

/// Returns the seeds of `networks` as in tables.
fn seeds_of(networks: &[Seen]) -> String {
    joined_seeds(networks.iter().map(|network| network.seed))
}

fn is_zero(map: &Plane) -> bool {
    map.values().iter().all(|value| *value == 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn maps(values: [[f32; 4]; 2]) -> Vec<Plane> {
        values
            .iter()
            .map(|values| Plane::new([2, 2], values.to_vec()))
            .collect()
    }

    /// Ranks of the first picture: 1 2 3 4 for seed 0, 1 2 4 3 for seed 1 (0.8), 4 3 2 1 for seed 2
    /// (-1 with seed 0, -0.8 with seed 1): mean -1 / 3. The other experiment has 1 2 3 4: 1, 0.8 and
    /// -1, mean 0.8 / 3. The second picture is the first one turned round for seeds 0 and 1 (-1
    /// each), and constant for seed 2.
    #[test]
    fn correlations_of_three_seeds_by_hand() {
        let own = [
            maps([[-1.0, 0.0, 0.5, 1.0], [1.0, 0.5, 0.0, -1.0]]),
            maps([[-1.0, 0.0, 1.0, 0.5], [1.0, 0.5, -1.0, 0.0]]),
            maps([[1.0, 0.5, 0.0, -1.0], [0.0; 4]]),
        ];
        let others = [maps([[0.1, 0.2, 0.3, 1.0], [0.0; 4]])];
        let found = correlations_of(&own, &others, (0, 1));
        assert!((found.seeds + 1.0 / 3.0).abs() < 1e-12, "{}", found.seeds);
        assert!((found.experiments - 0.8 / 3.0).abs() < 1e-12);
        assert!((found.pictures + 1.0).abs() < 1e-12);
        let alone = correlations_of(&own, &[], (0, 0));
        assert!(alone.experiments.is_nan() && alone.pictures.is_nan());
    }
}
