//! What the sanity checks said of a method, for every table that names one. Called by the verbs that
//! print such tables.

use std::path::Path;

use crate::run::{TableRow, Verdict, VerdictRow, verdict_of};

use super::context::Context;
use super::network::Opened;
use super::sanity::{FOLDER, unreadable};

/// The verdicts on the networks of one data set.
pub(super) struct Verdicts {
    rows: Vec<VerdictRow>,
}

impl Verdicts {
    /// Returns what `sanity` wrote beside `out`, or to its own folder for `dataset` where the user
    /// names no `out`; nothing where it was never run.
    pub(super) fn read(
        context: &Context,
        dataset: &str,
        out: Option<&Path>,
    ) -> anyhow::Result<Self> {
        let beside = out.and_then(Path::parent).map(|parent| parent.join(FOLDER));
        let folder = match beside.filter(|folder| folder.is_dir()) {
            Some(folder) => folder,
            None => context.figures(None, &[dataset, FOLDER]),
        };
        let rows = VerdictRow::read_if_present(&folder.join(VerdictRow::FILE))
            .map_err(|error| unreadable(&error, &folder))?;
        Ok(Self { rows })
    }

    /// Returns what stands behind the name of a method that failed at a layer of the network:
    /// " (fails sanity)"; nothing behind one that passed, is undecided or was not checked with these
    /// weights.
    pub(super) fn mark(&self, opened: &Opened, layer: &str, method: &str) -> &'static str {
        let found = verdict_of(&self.rows, &opened.weights.sha256, (layer, method));
        match found.map(|row| row.verdict) {
            Some(Verdict::Fail) => " (fails sanity)",
            Some(Verdict::Pass | Verdict::Undecided) | None => "",
        }
    }
}
