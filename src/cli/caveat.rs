//! What a table must say behind a method's name: that it reads a retrained head, that it failed its
//! sanity checks. Used by `score` and `localize`.

use std::fmt;

use crate::explain::MapSource;

use super::network::Opened;
use super::verdicts::Verdicts;

/// From a share to percent.
const PERCENT: f64 = 100.0;

/// What a table must say behind a method's name.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Caveat {
    /// Validation accuracy of each retrained head that it reads, 0 to 1.
    heads: Vec<f64>,
    /// What the sanity checks said of it.
    mark: &'static str,
}

impl Caveat {
    /// Returns what is to be said of `source` at a layer of the network.
    pub(super) fn of(verdicts: &Verdicts, opened: &Opened, layer: &str, source: MapSource) -> Self {
        // That a baseline never looks at the network is said of it anyway.
        if matches!(source, MapSource::Baseline(_)) {
            return Self::default();
        }
        let head = opened.retrained(source.name(), layer);
        Self {
            heads: head
                .map(|head| head.validation_accuracy)
                .into_iter()
                .collect(),
            mark: verdicts.mark(opened, layer, source.name()),
        }
    }

    /// Adds what is to be said of the same method with another seed.
    pub(super) fn add(&mut self, other: &Self) {
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
    fn a_caveat_tells_the_heads_of_all_seeds_and_one_verdict() {
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
