//! `confusion.csv`: how many images of each class were predicted as each class.

use std::path::Path;

use super::{RunError, read_text, write_atomically};

/// The first cell of the header: rows are true classes, columns predicted ones.
const CORNER: &str = "true \\ predicted";

/// A confusion matrix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confusion {
    classes: Vec<String>,
    /// By true class, then by predicted class.
    counts: Vec<Vec<u64>>,
    /// By true class.
    images: Vec<u64>,
}

/// Images of one class that were predicted as one other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConfusedPair {
    /// Number of the true class.
    pub truth: usize,
    /// Number of the predicted class.
    pub predicted: usize,
    /// Number of images.
    pub count: u64,
    /// Number of images of the true class.
    pub images: u64,
}

impl Confusion {
    /// Name of the file.
    pub const FILE: &'static str = "confusion.csv";

    /// Returns the matrix of `pairs` of a true and a predicted class.
    ///
    /// # Panics
    /// If a number is not that of one of `classes`.
    pub fn new(classes: &[String], pairs: impl IntoIterator<Item = [usize; 2]>) -> Self {
        let mut counts = vec![vec![0; classes.len()]; classes.len()];
        for [truth, predicted] in pairs {
            counts[truth][predicted] += 1;
        }
        Self::of(classes.to_vec(), counts)
    }

    fn of(classes: Vec<String>, counts: Vec<Vec<u64>>) -> Self {
        Self {
            images: counts.iter().map(|row| row.iter().sum()).collect(),
            classes,
            counts,
        }
    }

    /// Returns the names of the classes, by number.
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// Returns the number of images of class `truth` that were predicted as `predicted`.
    pub fn count(&self, truth: usize, predicted: usize) -> u64 {
        self.counts[truth][predicted]
    }

    /// Returns the number of images of a class.
    pub fn images(&self, truth: usize) -> u64 {
        self.images[truth]
    }

    /// Returns the number of images predicted as a class.
    pub fn predicted(&self, class: usize) -> u64 {
        self.counts.iter().map(|row| row[class]).sum()
    }

    /// Returns the share of the images of `truth` that were predicted as `predicted`, 0 to 1; 0 without
    /// images.
    pub fn share(&self, truth: usize, predicted: usize) -> f64 {
        let images = self.images(truth).max(1);
        self.count(truth, predicted) as f64 / images as f64
    }

    /// Returns the up to `most` pairs of different classes with the largest share of the true class's
    /// images; among equals, the lowest numbers first.
    pub fn worst(&self, most: usize) -> Vec<ConfusedPair> {
        let all = 0..self.classes.len();
        let mut pairs: Vec<ConfusedPair> = all
            .clone()
            .flat_map(|truth| all.clone().map(move |predicted| (truth, predicted)))
            .filter(|(truth, predicted)| truth != predicted)
            .map(|(truth, predicted)| ConfusedPair {
                truth,
                predicted,
                count: self.count(truth, predicted),
                images: self.images(truth),
            })
            .filter(|pair| pair.count > 0)
            .collect();
        // Stable: equals stay in the order of their numbers.
        pairs.sort_by(|a, b| {
            let share = |pair: &ConfusedPair| pair.count as f64 / pair.images as f64;
            share(b).total_cmp(&share(a))
        });
        pairs.truncate(most);
        pairs
    }

    /// Writes the matrix to `path`: a header with the classes, then a row per true class.
    ///
    /// # Errors
    /// As [`write_atomically`].
    pub fn write(&self, path: &Path) -> Result<(), RunError> {
        let damaged = |reason: csv::Error| RunError::damaged(path, reason);
        let mut writer = csv::Writer::from_writer(Vec::new());
        let header = [CORNER].into_iter();
        let header = header.chain(self.classes.iter().map(String::as_str));
        writer.write_record(header).map_err(damaged)?;
        for (class, counts) in self.classes.iter().zip(&self.counts) {
            let counts = counts.iter().map(ToString::to_string);
            let row = [class.clone()].into_iter().chain(counts);
            writer.write_record(row).map_err(damaged)?;
        }
        let content = writer
            .into_inner()
            .map_err(|reason| RunError::damaged(path, reason))?;
        write_atomically(path, &content)
    }

    /// Returns the matrix of the file at `path`.
    ///
    /// # Errors
    /// [`RunError::Io`]; [`RunError::Damaged`] with the row that is not a class of the header or has no
    /// counts.
    pub fn read(path: &Path) -> Result<Self, RunError> {
        let text = read_text(path).map_err(|source| RunError::io("read", path, source))?;
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let damaged = |reason: csv::Error| RunError::damaged(path, reason);
        let header = reader.headers().map_err(damaged)?;
        let classes: Vec<String> = header.iter().skip(1).map(str::to_string).collect();
        let mut counts = Vec::with_capacity(classes.len());
        for (row, record) in reader.records().enumerate() {
            let record = record.map_err(damaged)?;
            let mut cells = record.iter();
            let (name, expected) = (cells.next(), classes.get(row).map(String::as_str));
            if name != expected {
                let reason = format!(
                    "row {} is {:?}, column {} is {:?}",
                    row + 1,
                    name.unwrap_or_default(),
                    row + 1,
                    expected.unwrap_or_default()
                );
                return Err(RunError::damaged(path, reason));
            }
            let cells: Result<Vec<u64>, _> = cells.map(str::parse).collect();
            let cells = cells.map_err(|reason| {
                let name = name.unwrap_or_default();
                RunError::damaged(path, format!("row {name:?}: {reason}"))
            })?;
            counts.push(cells);
        }
        if counts.len() != classes.len() {
            let reason = format!("{} rows for {} columns", counts.len(), classes.len());
            return Err(RunError::damaged(path, reason));
        }
        Ok(Self::of(classes, counts))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three of four cats are right, one is a dog; one of two dogs is a cat; the cow is a dog.
    fn animals() -> Confusion {
        let classes = ["cat", "dog, wet", "cow"].map(str::to_string);
        let pairs = [[0, 0], [0, 0], [0, 0], [0, 1], [1, 0], [1, 1], [2, 1]];
        Confusion::new(&classes, pairs)
    }

    #[test]
    fn counts_shares_and_worst_pairs_by_hand() {
        let matrix = animals();
        assert_eq!([0, 1, 2].map(|class| matrix.images(class)), [4, 2, 1]);
        assert_eq!([0, 1, 2].map(|class| matrix.predicted(class)), [4, 3, 0]);
        assert_eq!(matrix.share(0, 1), 0.25);
        let worst = matrix.worst(2);
        let found = |pair: &ConfusedPair| [pair.truth, pair.predicted];
        assert_eq!(
            worst.iter().map(found).collect::<Vec<_>>(),
            [[2, 1], [1, 0]]
        );
        assert_eq!((worst[1].count, worst[1].images), (1, 2));
        assert_eq!(matrix.worst(9).len(), 3, "none without images");
    }

    #[test]
    fn a_matrix_survives_the_disk_and_damage_is_named() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join(Confusion::FILE);
        animals().write(&path).expect("written");
        let text = std::fs::read_to_string(&path).expect("text");
        assert_eq!(
            text,
            "true \\ predicted,cat,\"dog, wet\",cow\ncat,3,1,0\n\"dog, wet\",1,1,0\ncow,0,1,0\n"
        );
        assert_eq!(Confusion::read(&path).expect("read"), animals());
        let damaged = |from: &str, to: &str| {
            std::fs::write(&path, text.replace(from, to)).expect("damaged");
            Confusion::read(&path).expect_err("damaged").to_string()
        };
        let error = damaged("cow,0", "crow,0");
        assert!(
            error.contains("row 3 is \"crow\", column 3 is \"cow\""),
            "{error}"
        );
        let error = damaged("cow,0", "cow,-1");
        assert!(error.contains("row \"cow\": invalid digit"), "{error}");
        let error = damaged("cow,0,1,0\n", "");
        assert!(error.contains("2 rows for 3 columns"), "{error}");
        assert!(Confusion::read(&folder.path().join("none.csv")).is_err());
    }
}
