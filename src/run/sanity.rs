//! Results of the sanity checks, as CSV tables.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::RunError;
use super::TableRow;

/// Mean rank correlation above which maps count as the same after every parameter was
/// re-initialised.
///
/// Two maps that are each half common and half independent correlate by 0.5. Above it, most of a
/// trained network's map does not depend on its training.
pub const SAME_AFTER_RANDOMISATION: f64 = 0.5;
/// Mean rank correlation above which the maps for the predicted and for the least probable class
/// count as the same. Its square, 0.81, leaves less than a fifth of the variance of ranks to the
/// class. Two classes may depend on the same object, so this threshold is higher than the one for
/// re-initialised networks.
pub const SAME_FOR_ANOTHER_CLASS: f64 = 0.9;

/// Whether a method passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Its maps depend on the parameters and on the class.
    Pass,
    /// They do not depend on at least one of the two.
    Fail,
    /// There are too few images, or too many empty maps.
    Undecided,
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.pad(match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Undecided => "undecided",
        })
    }
}

/// One method at one layer of one network, with its parameters re-initialised down to some layer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CascadeRow {
    /// Trial name, such as "trial-d".
    pub trial: String,
    /// The network's name in figures, such as "VGG-16"; if empty, they show the trial's name.
    #[serde(default)]
    pub network_title: String,
    /// Training seed.
    pub seed: u64,
    /// Epoch of the checkpoint.
    pub epoch: u32,
    /// SHA-256 of the network's weights.
    pub weights: String,
    /// Data set and split, such as "cifar-100 test".
    pub data: String,
    /// Whether the data are generated.
    pub generated: bool,
    /// The explained layer.
    pub layer: String,
    /// Height of its map in cells.
    pub native_height: usize,
    /// Width of its map in cells.
    pub native_width: usize,
    /// Method or baseline, such as "grad-cam".
    pub method: String,
    /// Its name in figures, such as "Grad-CAM".
    pub title: String,
    /// Whether it is a baseline (ignores the network).
    pub baseline: bool,
    /// Number of layers re-initialised.
    pub stage: usize,
    /// The lowest layer re-initialised, such as "block-5"; "none" at stage 0.
    pub down_to: String,
    /// Number of images.
    pub images: usize,
    /// Number of random re-initialisations.
    pub draws: usize,
    /// Validation accuracy of the retrained head that the method reads, 0 to 1; none if it reads
    /// the network's own head or no head.
    pub head_accuracy: Option<f64>,
    /// The network's own validation accuracy, if there is such a head.
    pub network_accuracy: Option<f64>,
    /// Number of pairs of maps, of `images * draws`, without a correlation because one is empty.
    pub undefined: usize,
    /// Number of those whose other map is not empty.
    pub vanished: usize,
    /// Mean rank correlation with the trained network's maps.
    pub mean: Option<f64>,
    /// Lower end of its 95 % bootstrap interval over images.
    pub low: Option<f64>,
    /// Upper end of the interval.
    pub high: Option<f64>,
}

impl TableRow for CascadeRow {
    const FILE: &'static str = "cascade.csv";
}

/// One method at one layer of one network: its maps for the explained and for another class.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClassRow {
    /// Trial name.
    pub trial: String,
    /// Training seed.
    pub seed: u64,
    /// Epoch of the checkpoint.
    pub epoch: u32,
    /// SHA-256 of the network's weights.
    pub weights: String,
    /// The explained layer.
    pub layer: String,
    /// Method or baseline.
    pub method: String,
    /// The other class: "runner-up" or "least-likely".
    pub other: String,
    /// Number of images.
    pub images: usize,
    /// Number of images without a correlation because one of the two maps is empty.
    pub undefined: usize,
    /// Number of those whose other map is not empty.
    pub vanished: usize,
    /// Mean rank correlation of the two maps.
    pub correlation: Option<f64>,
    /// Lower end of its 95 % bootstrap interval.
    pub correlation_low: Option<f64>,
    /// Upper end of the interval.
    pub correlation_high: Option<f64>,
    /// Mean absolute difference of the two maps, 0 to 1; an empty map is all 0.
    pub difference: Option<f64>,
    /// Lower end of its 95 % bootstrap interval.
    pub difference_low: Option<f64>,
    /// Upper end of the interval.
    pub difference_high: Option<f64>,
}

impl TableRow for ClassRow {
    const FILE: &'static str = "classes.csv";
}

/// One identity at one layer of one network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IdentityRow {
    /// Trial name.
    pub trial: String,
    /// Training seed.
    pub seed: u64,
    /// Epoch of the checkpoint.
    pub epoch: u32,
    /// SHA-256 of the network's weights.
    pub weights: String,
    /// Layer.
    pub layer: String,
    /// The method that it concerns.
    pub method: String,
    /// The identity in words.
    pub identity: String,
    /// Number of images.
    pub images: usize,
    /// Largest difference between the two sides, as a share of the largest value.
    pub deviation: f64,
    /// Largest deviation at which it holds.
    pub tolerance: f64,
    /// Whether it holds.
    pub holds: bool,
}

impl TableRow for IdentityRow {
    const FILE: &'static str = "identities.csv";
}

/// The verdict on one method at one layer of one network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VerdictRow {
    /// Trial name.
    pub trial: String,
    /// Training seed.
    pub seed: u64,
    /// Epoch of the checkpoint.
    pub epoch: u32,
    /// SHA-256 of the network's weights.
    pub weights: String,
    /// Layer.
    pub layer: String,
    /// Method or baseline.
    pub method: String,
    /// The verdict.
    pub verdict: Verdict,
    /// The reason, with the numbers.
    pub reason: String,
}

impl TableRow for VerdictRow {
    const FILE: &'static str = "verdicts.csv";
}

/// All tables of a folder.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SanityTables {
    /// `cascade.csv`.
    pub cascade: Vec<CascadeRow>,
    /// `classes.csv`.
    pub classes: Vec<ClassRow>,
    /// `identities.csv`.
    pub identities: Vec<IdentityRow>,
    /// `verdicts.csv`.
    pub verdicts: Vec<VerdictRow>,
}

impl SanityTables {
    /// Returns the tables in `folder`; a missing one is empty.
    ///
    /// # Errors
    /// [`RunError::Damaged`] with the file and line that does not parse.
    pub fn read(folder: &Path) -> Result<Self, RunError> {
        Ok(Self {
            cascade: TableRow::read_if_present(&folder.join(CascadeRow::FILE))?,
            classes: TableRow::read_if_present(&folder.join(ClassRow::FILE))?,
            identities: TableRow::read_if_present(&folder.join(IdentityRow::FILE))?,
            verdicts: TableRow::read_if_present(&folder.join(VerdictRow::FILE))?,
        })
    }

    /// Adds the rows of `new`. They replace rows about the same network, layer and method, and rows
    /// about other weights at the same place.
    pub fn replace(&mut self, new: Self) {
        replace(&mut self.cascade, new.cascade);
        replace(&mut self.classes, new.classes);
        replace(&mut self.identities, new.identities);
        replace(&mut self.verdicts, new.verdicts);
    }

    /// Names of the table files.
    pub const FILES: [&str; 4] = [
        CascadeRow::FILE,
        ClassRow::FILE,
        IdentityRow::FILE,
        VerdictRow::FILE,
    ];

    /// Writes every table into `folder`.
    ///
    /// # Errors
    /// As [`write_atomically`](super::write_atomically).
    pub fn write(&self, folder: &Path) -> Result<(), RunError> {
        CascadeRow::write(&folder.join(CascadeRow::FILE), &self.cascade)?;
        ClassRow::write(&folder.join(ClassRow::FILE), &self.classes)?;
        IdentityRow::write(&folder.join(IdentityRow::FILE), &self.identities)?;
        VerdictRow::write(&folder.join(VerdictRow::FILE), &self.verdicts)
    }
}

/// Returns the verdict on `method` at `layer` of the network with these weights, identified by
/// their SHA-256. A verdict on earlier weights of the same run does not count.
pub fn verdict_of<'a>(
    rows: &'a [VerdictRow],
    weights: &str,
    (layer, method): (&str, &str),
) -> Option<&'a VerdictRow> {
    rows.iter()
        .find(|row| row.weights == weights && row.layer == layer && row.method == method)
}

/// The subject of a row.
trait About {
    /// Returns trial, seed, epoch; weights; layer and method.
    fn about(&self) -> ((&str, u64, u32), &str, (&str, &str));
}

macro_rules! about {
    ($($row:ident),+) => {
        $(impl About for $row {
            fn about(&self) -> ((&str, u64, u32), &str, (&str, &str)) {
                let network = (self.trial.as_str(), self.seed, self.epoch);
                (network, &self.weights, (&self.layer, &self.method))
            }
        })+
    };
}
about!(CascadeRow, ClassRow, IdentityRow, VerdictRow);

fn replace<T: About>(old: &mut Vec<T>, new: Vec<T>) {
    old.retain(|row| {
        let (network, weights, place) = row.about();
        !new.iter()
            .map(About::about)
            .any(|(other, its_weights, its_place)| {
                network == other && (weights != its_weights || place == its_place)
            })
    });
    old.extend(new);
}

#[cfg(test)]
#[path = "sanity_tests.rs"]
mod tests;
