//! From scores of maps to means with intervals, and to the rows on disk. Called by `localize`.

use crate::explain::localize::{DELTA_STEPS, SCORED_STEPS, delta};
use crate::explain::{Interval, MapSource, bootstrap};
use crate::run::{LocalizationCurveRow, LocalizationRow, LocalizationSummaryRow};

use crate::cli::titles::network_title;

use super::collect::{BEST_BOX, BEST_MASK, Cell, ScoreName, score_names};
use super::subject::Annotated;

/// The method that the others are compared with.
pub(super) const REFERENCE: &str = "grad-cam";
/// Stands for pictures of any number of objects.
pub(super) const ALL: &str = "all";
/// Seed of the resampling.
const RESAMPLING_SEED: u64 = 0;

/// Returns the rows of `localization.csv` of one trial.
pub(in crate::cli) fn map_rows(
    annotated: &Annotated,
    trial: &str,
    cells: &[Cell],
) -> Vec<LocalizationRow> {
    let names = &annotated.class_names;
    let rows = cells.iter().flat_map(|cell| {
        cell.maps.iter().map(move |map| LocalizationRow {
            image: annotated.ids[map.picture].clone(),
            instances: annotated.truths[map.picture].boxes().len(),
            trial: trial.to_string(),
            seed: map.seed,
            layer: cell.layer.clone(),
            method: cell.source.name().to_string(),
            target_class: names[map.target_class].clone(),
            predicted_class: names[map.predicted_class].clone(),
            empty: map.empty,
            tied: map.tied,
            scores: map.scores.clone(),
        })
    });
    rows.collect()
}

/// Returns the means of one trial: layer by layer, over all pictures and by number of objects.
pub(in crate::cli) fn summarise(
    annotated: &Annotated,
    trial: &str,
    cells: &[Cell],
) -> Vec<LocalizationSummaryRow> {
    let mut counts: Vec<usize> = annotated.truths.iter().map(|t| t.boxes().len()).collect();
    counts.sort_unstable();
    counts.dedup();
    let mut rows = Vec::new();
    for group in layers(cells) {
        rows.extend(of_class(annotated, trial, &group, None));
        for count in &counts {
            rows.extend(of_class(annotated, trial, &group, Some(*count)));
        }
    }
    rows
}

/// Returns the cells of each layer, in their order.
fn layers(cells: &[Cell]) -> Vec<Vec<&Cell>> {
    let mut groups: Vec<Vec<&Cell>> = Vec::new();
    for cell in cells {
        match groups.iter_mut().find(|g| g[0].layer == cell.layer) {
            Some(group) => group.push(cell),
            None => groups.push(vec![cell]),
        }
    }
    groups
}

/// Returns the means of one layer over the pictures with `count` objects, or over all.
fn of_class(
    annotated: &Annotated,
    trial: &str,
    cells: &[&Cell],
    count: Option<usize>,
) -> Vec<LocalizationSummaryRow> {
    let wanted = |picture: &usize| {
        count.is_none_or(|count| annotated.truths[*picture].boxes().len() == count)
    };
    let pictures: Vec<usize> = (0..annotated.truths.len()).filter(wanted).collect();
    let names = score_names();
    let columns: Vec<Vec<Vec<f64>>> = (cells.iter())
        .map(|cell| by_picture(cell, &pictures, names.len()))
        .collect();
    let reference = cells
        .iter()
        .position(|cell| cell.source.name() == REFERENCE);
    // Each cell's scores, then its differences from the reference, all over the same resamples.
    let mut table: Vec<Vec<f64>> = Vec::new();
    for column in &columns {
        table.extend(column.iter().cloned());
        if let Some(reference) = reference {
            let pairs = column.iter().zip(&columns[reference]);
            table.extend(pairs.map(|(own, other)| {
                let differences = own.iter().zip(other).map(|(own, other)| own - other);
                differences.collect::<Vec<f64>>()
            }));
        }
    }
    let mut intervals = bootstrap(&table, RESAMPLING_SEED).into_iter();
    let mut rows = Vec::new();
    for cell in cells {
        let own: Vec<Interval> = intervals.by_ref().take(names.len()).collect();
        let differences: Vec<Option<Interval>> = match reference {
            Some(_) => intervals.by_ref().take(names.len()).map(Some).collect(),
            None => vec![None; names.len()],
        };
        let about = About::of(annotated, trial, cell);
        let is_reference = cell.source.name() == REFERENCE;
        for (place, name) in names.iter().enumerate().filter(|(p, _)| own[*p].n > 0) {
            let difference = differences[place].filter(|_| !is_reference);
            let instances = count.map_or(ALL.to_string(), |count| count.to_string());
            let row = about.summary(cell, &pictures, (*name, place), own[place], difference);
            rows.push(LocalizationSummaryRow { instances, ..row });
        }
    }
    rows
}

/// Returns each score's column: a number a picture, the mean over the seeds.
fn by_picture(cell: &Cell, pictures: &[usize], scores: usize) -> Vec<Vec<f64>> {
    let last = pictures.last().map_or(0, |last| last + 1);
    let mut places = vec![None; last];
    for (place, picture) in pictures.iter().enumerate() {
        places[*picture] = Some(place);
    }
    let mut sums = vec![vec![0.0; pictures.len()]; scores];
    let mut seeds = vec![0.0; pictures.len()];
    for map in &cell.maps {
        let Some(place) = places.get(map.picture).copied().flatten() else {
            continue;
        };
        seeds[place] += 1.0;
        for (sum, score) in sums.iter_mut().zip(&map.scores) {
            sum[place] += f64::from(*score);
        }
    }
    for column in &mut sums {
        for (sum, seeds) in column.iter_mut().zip(&seeds) {
            *sum /= seeds;
        }
    }
    sums
}

/// Returns the lowest and the highest mean of one seed, of the score at `place`.
fn seed_range(cell: &Cell, pictures: &[usize], place: usize) -> (f64, f64) {
    let mut range = (f64::INFINITY, f64::NEG_INFINITY);
    for seed in seeds(cell) {
        let maps = cell
            .maps
            .iter()
            .filter(|map| map.seed == seed && pictures.binary_search(&map.picture).is_ok());
        let scores: Vec<f64> = maps.map(|map| f64::from(map.scores[place])).collect();
        let mean = scores.iter().sum::<f64>() / scores.len() as f64;
        range = (range.0.min(mean), range.1.max(mean));
    }
    range
}

fn seeds(cell: &Cell) -> Vec<u64> {
    let mut seeds: Vec<u64> = cell.maps.iter().map(|map| map.seed).collect();
    seeds.dedup();
    seeds
}

/// Returns the curve of mean IoU against delta of one trial, with an interval at every point.
pub(in crate::cli) fn curves(
    annotated: &Annotated,
    trial: &str,
    cells: &[Cell],
) -> Vec<LocalizationCurveRow> {
    let mut rows = Vec::new();
    for cell in cells {
        let about = About::of(annotated, trial, cell);
        for (kind, region) in ["box", "mask"].into_iter().enumerate() {
            let mut columns = vec![vec![0.0; annotated.truths.len()]; DELTA_STEPS];
            let mut seeds = vec![0.0; annotated.truths.len()];
            for map in &cell.maps {
                let Some(curve) = &map.curves[kind] else {
                    continue;
                };
                seeds[map.picture] += 1.0;
                for (column, iou) in columns.iter_mut().zip(curve) {
                    column[map.picture] += f64::from(*iou);
                }
            }
            if seeds.contains(&0.0) {
                continue;
            }
            for column in &mut columns {
                for (sum, seeds) in column.iter_mut().zip(&seeds) {
                    *sum /= seeds;
                }
            }
            let points = bootstrap(&columns, RESAMPLING_SEED).into_iter().enumerate();
            rows.extend(points.map(|(step, point)| about.curve(cell, region, step, point)));
        }
    }
    rows
}

/// What every row says of where it comes from.
struct About<'a> {
    annotated: &'a Annotated,
    trial: &'a str,
    seeds: String,
    baseline: bool,
}

impl<'a> About<'a> {
    fn of(annotated: &'a Annotated, trial: &'a str, cell: &Cell) -> Self {
        let seeds: Vec<String> = seeds(cell).iter().map(u64::to_string).collect();
        Self {
            annotated,
            trial,
            seeds: seeds.join(" "),
            baseline: matches!(cell.source, MapSource::Baseline(_)),
        }
    }

    fn summary(
        &self,
        cell: &Cell,
        pictures: &[usize],
        (name, place): (ScoreName, usize),
        own: Interval,
        difference: Option<Interval>,
    ) -> LocalizationSummaryRow {
        let counted = |which: fn(&super::collect::MapScores) -> bool| {
            let maps = cell.maps.iter().filter(|map| which(map));
            maps.filter(|map| pictures.binary_search(&map.picture).is_ok())
                .count()
        };
        let at = match name.name {
            BEST_BOX => Some(cell.best_steps[0]),
            BEST_MASK => Some(cell.best_steps[1]),
            _ => name.at.map(|at| SCORED_STEPS[at]),
        };
        let (seed_low, seed_high) = seed_range(cell, pictures, place);
        LocalizationSummaryRow {
            dataset: self.annotated.dataset.clone(),
            generated: self.annotated.generated,
            split: self.annotated.split.clone(),
            trial: self.trial.to_string(),
            network_title: network_title(self.trial),
            seeds: self.seeds.clone(),
            layer: cell.layer.clone(),
            layer_rule: cell.layer_rule.clone(),
            native_height: cell.native_size[0],
            native_width: cell.native_size[1],
            target_rule: self.annotated.target_rule.to_string(),
            method: cell.source.name().to_string(),
            title: cell.source.title().to_string(),
            caveat: cell.caveat.to_string(),
            baseline: self.baseline,
            instances: String::new(),
            pictures: own.n,
            maps: counted(|_| true),
            empty: counted(|map| map.empty),
            ties: counted(|map| map.tied),
            score: name.name.to_string(),
            delta: at.map(delta),
            mean: own.mean,
            low: own.low,
            high: own.high,
            seed_low,
            seed_high,
            difference: difference.map(|d| d.mean),
            difference_low: difference.map(|d| d.low),
            difference_high: difference.map(|d| d.high),
        }
    }

    fn curve(
        &self,
        cell: &Cell,
        region: &str,
        step: usize,
        point: Interval,
    ) -> LocalizationCurveRow {
        LocalizationCurveRow {
            dataset: self.annotated.dataset.clone(),
            generated: self.annotated.generated,
            split: self.annotated.split.clone(),
            trial: self.trial.to_string(),
            network_title: network_title(self.trial),
            seeds: self.seeds.clone(),
            layer: cell.layer.clone(),
            native_height: cell.native_size[0],
            native_width: cell.native_size[1],
            method: cell.source.name().to_string(),
            title: cell.source.title().to_string(),
            baseline: self.baseline,
            region: region.to_string(),
            delta: delta(step),
            mean: point.mean,
            low: point.low,
            high: point.high,
            pictures: point.n,
        }
    }
}
