//! Summaries over training seeds of the tables that have one row per network: `depth-seeds.csv` and
//! `cascade-seeds.csv`.

use serde::{Deserialize, Serialize};

use super::{CascadeRow, DepthRow, SeedSpread, SeedValues, TableRow};

/// The accuracy of one experiment on one split, over its seeds, as a row of `depth-seeds.csv`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DepthSeedsRow {
    /// Trial name.
    pub trial: String,
    /// "validation" or "test".
    pub split: String,
    /// Training seeds, separated by spaces.
    pub seeds: String,
    /// Share of images predicted correctly, 0 to 1, of each seed.
    pub accuracies: SeedValues,
    /// Their mean.
    pub mean: f64,
    /// Lower end of the 95 % t-interval of the mean over seeds; none for one seed.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
}

impl TableRow for DepthSeedsRow {
    const FILE: &'static str = "depth-seeds.csv";
}

impl DepthSeedsRow {
    /// Returns the rows of the experiments in `rows`, in their order.
    pub fn all(rows: &[DepthRow]) -> Vec<Self> {
        let trials = rows.chunk_by(|a, b| a.trial == b.trial);
        let of_trial = trials.flat_map(|rows| {
            [
                Self::of(rows, "validation", |row| row.validation_accuracy),
                Self::of(rows, "test", |row| row.test_accuracy),
            ]
        });
        of_trial.collect()
    }

    fn of(rows: &[DepthRow], split: &str, accuracy: fn(&DepthRow) -> f64) -> Self {
        let accuracies: SeedValues = rows.iter().map(accuracy).collect();
        let spread = accuracies.spread();
        Self {
            trial: rows[0].trial.clone(),
            split: split.to_string(),
            seeds: joined(rows.iter().map(|row| row.seed)),
            mean: spread.map_or(accuracies.0[0], |spread| spread.mean),
            low: spread.map(|spread| spread.low),
            high: spread.map(|spread| spread.high),
            accuracies,
        }
    }
}

/// One method at one layer of one experiment at one stage of the cascade, over its seeds, as a row of
/// `cascade-seeds.csv`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CascadeSeedsRow {
    /// Trial name.
    pub trial: String,
    /// The explained layer.
    pub layer: String,
    /// Method or baseline.
    pub method: String,
    /// Number of layers re-initialised.
    pub stage: usize,
    /// The lowest layer re-initialised; "none" at stage 0.
    pub down_to: String,
    /// Number of images.
    pub images: usize,
    /// Number of random re-initialisations.
    pub draws: usize,
    /// Training seeds, separated by spaces.
    pub seeds: String,
    /// Mean rank correlation with the trained network's maps, of each seed; NaN where undefined.
    pub correlations: SeedValues,
    /// Their mean; none for fewer than two.
    pub mean: Option<f64>,
    /// Lower end of the 95 % t-interval of the mean over seeds.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
}

impl TableRow for CascadeSeedsRow {
    const FILE: &'static str = "cascade-seeds.csv";
}

impl CascadeSeedsRow {
    /// Returns the summary of every experiment in `rows` with comparable seeds.
    pub fn all(rows: &[CascadeRow]) -> Vec<Self> {
        let mut trials: Vec<&str> = Vec::new();
        for row in rows {
            if !trials.contains(&row.trial.as_str()) {
                trials.push(&row.trial);
            }
        }
        let of_trial = trials.iter().flat_map(|trial| {
            let mut groups: Vec<Vec<&CascadeRow>> = Vec::new();
            for row in comparable_seeds(rows, trial) {
                let same = |known: &CascadeRow| {
                    (&known.layer, &known.method, known.stage)
                        == (&row.layer, &row.method, row.stage)
                };
                match groups.iter_mut().find(|group| same(group[0])) {
                    Some(group) => group.push(row),
                    None => groups.push(vec![row]),
                }
            }
            groups
        });
        of_trial.map(|group| Self::of(&group)).collect()
    }

    fn of(rows: &[&CascadeRow]) -> Self {
        let row = rows[0];
        let correlations = correlations(rows);
        let spread: Option<SeedSpread> = correlations.spread();
        Self {
            trial: row.trial.clone(),
            layer: row.layer.clone(),
            method: row.method.clone(),
            stage: row.stage,
            down_to: row.down_to.clone(),
            images: row.images,
            draws: row.draws,
            seeds: joined(rows.iter().map(|row| row.seed)),
            mean: spread.map(|spread| spread.mean),
            low: spread.map(|spread| spread.low),
            high: spread.map(|spread| spread.high),
            correlations,
        }
    }
}

/// Returns the correlations of the seeds in `rows`, NaN where undefined.
pub fn correlations(rows: &[&CascadeRow]) -> SeedValues {
    rows.iter()
        .map(|row| row.mean.unwrap_or(f64::NAN))
        .collect()
}

/// Returns the rows of `trial` that can be averaged over seeds: of each seed the checkpoint that was
/// checked last, with the images and re-initialisations of the last row of the trial. None if fewer
/// than two seeds are left.
pub fn comparable_seeds<'a>(rows: &'a [CascadeRow], trial: &str) -> Vec<&'a CascadeRow> {
    let own: Vec<&CascadeRow> = rows.iter().filter(|row| row.trial == trial).collect();
    let Some(last) = own.last() else {
        return Vec::new();
    };
    let epoch_of = |seed: u64| {
        let mut newest = own.iter().rev();
        newest.find(|row| row.seed == seed).map(|row| row.epoch)
    };
    let same = |row: &&&CascadeRow| {
        (&row.data, row.images, row.draws) == (&last.data, last.images, last.draws)
            && epoch_of(row.seed) == Some(row.epoch)
    };
    let mut found: Vec<&CascadeRow> = own.iter().filter(same).copied().collect();
    if found.iter().all(|row| row.seed == last.seed) {
        found.clear();
    }
    // Stable: the rows of one seed keep their order.
    found.sort_by_key(|row| row.seed);
    found
}

fn joined(seeds: impl Iterator<Item = u64>) -> String {
    let seeds: Vec<String> = seeds.map(|seed| seed.to_string()).collect();
    seeds.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(seed: u64, epoch: u32, images: usize, mean: Option<f64>) -> CascadeRow {
        CascadeRow {
            trial: "trial-b".into(),
            network_title: String::new(),
            seed,
            epoch,
            weights: "aa".into(),
            data: "shapes test".into(),
            generated: true,
            layer: "block-2".into(),
            native_height: 2,
            native_width: 2,
            method: "grad-cam".into(),
            title: "Grad-CAM".into(),
            baseline: false,
            stage: 1,
            down_to: "dense".into(),
            images,
            draws: 3,
            head_accuracy: None,
            network_accuracy: None,
            undefined: 0,
            vanished: 0,
            mean,
            low: mean,
            high: mean,
        }
    }

    /// Seed 1 was checked at epoch 5, then at 9; seed 3 on other images.
    #[test]
    fn only_seeds_of_one_setting_are_averaged() {
        let rows = [
            row(2, 9, 40, Some(0.3)),
            row(3, 9, 10, Some(0.9)),
            row(1, 5, 40, Some(0.8)),
            row(1, 9, 40, Some(0.1)),
        ];
        let found = CascadeSeedsRow::all(&rows);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].seeds, "1 2");
        assert_eq!(found[0].correlations.0, [0.1, 0.3]);
        // 0.2 ± 12.7062 * 0.1.
        let high = found[0].high.expect("two seeds");
        assert!((high - 1.47062).abs() < 1e-9, "{high}");
        assert!(CascadeSeedsRow::all(&rows[1..3]).is_empty(), "other images");
        assert!(CascadeSeedsRow::all(&rows[..1]).is_empty(), "one seed");
    }

    #[test]
    fn a_seed_without_a_correlation_is_left_out_of_the_mean() {
        let rows = [row(0, 9, 40, Some(0.3)), row(1, 9, 40, None)];
        let found = CascadeSeedsRow::all(&rows);
        assert_eq!((found[0].mean, found[0].high), (None, None));
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join(CascadeSeedsRow::FILE);
        CascadeSeedsRow::write(&path, &found).expect("written");
        let read = CascadeSeedsRow::read(&path).expect("read");
        assert!(read[0].correlations.0[1].is_nan());
    }
}
