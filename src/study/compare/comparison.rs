//! The request and the result of a comparison, and its files.

use std::path::Path;

use serde_json::Value;

use crate::experiment::{ExperimentKind, FieldDifference, changes, values};
use crate::run::{
    CURVES_FILE, ComparedRow, DifferenceRow, ExplanationSet, PairedRow, RunDir, RunError, TableRow,
    write_named_curves,
};
use crate::study::ablation::MAPS;
use crate::study::{Selection, Which};

use super::agreement::Agreements;
use super::sides::Side;

/// What to compare.
#[derive(Debug, Clone)]
pub struct Request {
    /// The checkpoint of each run.
    pub which: Which,
    /// The pictures whose maps are drawn; of predictors, none.
    pub selection: Selection,
    /// Number of test images whose maps are compared, from the first.
    pub maps: usize,
}

/// A comparison.
#[derive(Debug)]
pub struct Comparison {
    /// The runs, in their order.
    pub labels: Vec<String>,
    /// The keys that differ, run by run.
    pub differences: Vec<DifferenceRow>,
    /// The scores of each run.
    pub scores: Vec<ComparedRow>,
    /// The differences of each pair of runs.
    pub pairs: Vec<PairedRow>,
    /// The same pictures' maps by the first seed of each run; none for predictors.
    pub maps: Option<ExplanationSet>,
    /// The agreement of the maps; none for predictors.
    pub agreement: Option<Agreements>,
    /// The run folders, each with the name of its run.
    pub folders: Vec<(String, RunDir)>,
}

impl Comparison {
    /// Writes tables and maps into `folder`.
    ///
    /// # Errors
    /// A folder that cannot be written; a run whose epochs cannot be read.
    pub fn write(&self, folder: &Path) -> Result<(), RunError> {
        let place = |file: &str| folder.join(file);
        DifferenceRow::write(&place(DifferenceRow::FILE), &self.differences)?;
        ComparedRow::write(&place(ComparedRow::FILE), &self.scores)?;
        PairedRow::write(&place(PairedRow::FILE), &self.pairs)?;
        let folders = self.folders.iter();
        let folders = folders.map(|(name, run)| (Some(name.as_str()), run));
        write_named_curves(&place(CURVES_FILE), folders)?;
        if let Some(maps) = &self.maps {
            maps.write(&place(MAPS))?;
        }
        match &self.agreement {
            Some(agreement) => agreement.write(folder),
            None => Ok(()),
        }
    }
}

/// Returns the keys in which any side differs from the first, with the value of each side.
pub(super) fn differences<E: ExperimentKind>(sides: &[Side<E>]) -> Vec<DifferenceRow> {
    let experiment = |side: &Side<E>| {
        let value = serde_json::to_value(&side.runs[0].experiment.experiment);
        values(&value.expect("numbers, texts and sections all have a form"))
    };
    let first = &sides[0].runs[0].experiment.experiment;
    let mut keys: Vec<String> = Vec::new();
    for side in &sides[1..] {
        let changed = changes(first, &side.runs[0].experiment.experiment);
        let changed = changed.into_iter().filter(FieldDifference::decides_result);
        for key in changed.map(|field| field.key) {
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
    }
    let all: Vec<Vec<(String, Value)>> = sides.iter().map(experiment).collect();
    let mut rows = Vec::new();
    for key in &keys {
        for (side, values) in sides.iter().zip(&all) {
            let value = values.iter().find(|(known, _)| known == key);
            rows.push(DifferenceRow {
                key: key.clone(),
                run: side.label.clone(),
                value: value.map_or("default".to_string(), |(_, value)| value.to_string()),
            });
        }
    }
    rows
}

/// Returns the run folders of `sides`, each with the name of its run.
pub(super) fn folders<E>(sides: &[Side<E>]) -> Vec<(String, RunDir)> {
    let of = |side: &Side<E>| -> Vec<(String, RunDir)> {
        let runs = side.runs.iter();
        runs.map(|run| (side.label.clone(), run.run.clone()))
            .collect()
    };
    sides.iter().flat_map(of).collect()
}
