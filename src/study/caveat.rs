//! What a table must state after a method's name: that it reads a retrained head, or that it failed
//! its sanity checks.

use std::fmt;
use std::path::Path;

use crate::explain::MapSource;
use crate::run::{TableRow, Verdict, VerdictRow, settle, verdict_of};

use super::error::StudyError;
use super::subject::Subject;

/// From a share to percent.
const PERCENT: f64 = 100.0;
/// Follows the name of a method that failed its sanity checks.
const FAILS: &str = " (fails sanity)";

/// The verdicts of the sanity checks on the networks of one data set.
#[derive(Debug, Clone, Default)]
pub struct Verdicts {
    rows: Vec<VerdictRow>,
}

impl Verdicts {
    /// Returns the verdicts in `folder`; none if the sanity checks were never run.
    ///
    /// # Errors
    /// [`StudyError::EarlierTables`].
    pub fn read(folder: &Path) -> Result<Self, StudyError> {
        settle(folder)?;
        let rows = VerdictRow::read_if_present(&folder.join(VerdictRow::FILE));
        let rows = rows.map_err(|source| StudyError::EarlierTables {
            source: source.into(),
            folder: folder.to_path_buf(),
        })?;
        Ok(Self { rows })
    }

    /// Returns the text after the name of a method that failed at a layer of the network. It is
    /// empty if the method passed, is undecided or was not checked with these weights.
    pub fn mark(&self, subject: &Subject, layer: &str, method: &str) -> &'static str {
        let Some(weights) = &subject.weights else {
            return "";
        };
        let found = verdict_of(&self.rows, &weights.sha256, (layer, method));
        match found.map(|row| row.verdict) {
            Some(Verdict::Fail) => FAILS,
            Some(Verdict::Pass | Verdict::Undecided) | None => "",
        }
    }
}

/// What a table must state after a method's name.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Caveat {
    /// Validation accuracy of each retrained head that the method reads, 0 to 1.
    heads: Vec<f64>,
    /// Verdict of the sanity checks.
    mark: &'static str,
}

impl Caveat {
    /// Returns the caveat of `source` at a layer of the network.
    pub fn of(verdicts: &Verdicts, subject: &Subject, layer: &str, source: MapSource) -> Self {
        // Tables already state that a baseline ignores the network.
        if matches!(source, MapSource::Baseline(_)) {
            return Self::default();
        }
        let head = subject.retrained_head(source.name(), layer);
        Self {
            heads: head
                .map(|head| head.validation_accuracy)
                .into_iter()
                .collect(),
            mark: verdicts.mark(subject, layer, source.name()),
        }
    }

    /// Adds the caveat of the same method with another seed.
    pub fn add(&mut self, other: &Self) {
        self.heads.extend(&other.heads);
        if self.mark.is_empty() {
            self.mark = other.mark;
        }
    }
}

impl fmt::Display for Caveat {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = |accuracy: f64| format!("{:.1}", PERCENT * accuracy);
        let lowest = self.heads.iter().copied().fold(f64::INFINITY, f64::min);
        let highest = self.heads.iter().copied().fold(0.0, f64::max);
        match self.heads.len() {
            0 => {}
            1 => write!(formatter, " (retrained head, {} %)", percent(highest))?,
            _ => write!(
                formatter,
                " (retrained heads, {} to {} %)",
                percent(lowest),
                percent(highest)
            )?,
        }
        formatter.write_str(self.mark)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caveat_states_the_heads_of_all_seeds_and_one_verdict() {
        let of = |accuracy, mark| Caveat {
            heads: vec![accuracy],
            mark,
        };
        let mut caveat = of(0.217, "");
        assert_eq!(caveat.to_string(), " (retrained head, 21.7 %)");
        caveat.add(&of(0.173, " (fails sanity)"));
        assert_eq!(
            caveat.to_string(),
            " (retrained heads, 17.3 to 21.7 %) (fails sanity)"
        );
        assert_eq!(Caveat::default().to_string(), "");
    }
}
