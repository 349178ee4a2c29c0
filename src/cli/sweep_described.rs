//! The description of a sweep on the command line.

use clap::Args;

use crate::experiment::{ExperimentError, Sweep, check_sweep_name};
use crate::run::{PlannedCell, SweepDir};
use crate::study::sweep::planned;

use super::context::Context;
use super::failure::Complaint;
use super::shared::overrides;

/// A sweep by its name, or described by flags.
#[derive(Debug, Clone, Args)]
pub(super) struct Described {
    /// Name of the sweep: that of experiments/sweeps/NAME.toml, or a new one for the flags below
    pub(super) name: String,
    /// Experiment; can be given several times
    #[arg(long = "experiment", value_name = "NAME", value_delimiter = ',')]
    experiments: Vec<String>,
    /// A key and its values, such as train.learning_rate=1e-3,3e-3; several make every combination
    #[arg(long, value_name = "KEY=VALUE,VALUE", requires = "experiments")]
    grid: Vec<String>,
    /// Change a value in every cell
    #[arg(long = "set", value_name = "KEY=VALUE", requires = "experiments")]
    overrides: Vec<String>,
    /// Training seeds [default: 0]
    #[arg(
        long,
        value_delimiter = ',',
        value_name = "SEED,SEED",
        requires = "experiments"
    )]
    seeds: Vec<u64>,
    /// Use the defaults of this base instead of the experiments' own
    #[arg(
        long,
        visible_alias = "dataset",
        value_name = "NAME",
        requires = "experiments"
    )]
    base: Option<String>,
    /// The largest number of cells that is allowed [default: 1000]
    #[arg(long, value_name = "N")]
    most_cells: Option<u64>,
}

/// A share of the cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shard {
    /// Number of the share, from 0.
    share: u64,
    shares: u64,
}

impl Shard {
    /// Returns the share in the text "I/N".
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let parts = text.split_once('/');
        let numbers = parts.and_then(|(share, shares)| {
            Some((share.parse::<u64>().ok()?, shares.parse::<u64>().ok()?))
        });
        match numbers {
            Some((share, shares)) if (1..=shares).contains(&share) => Ok(Self {
                share: share - 1,
                shares,
            }),
            _ => Err("give I/N with I from 1 to N, such as 2/8".to_string()),
        }
    }

    /// Returns whether `cell` belongs to it.
    pub(super) fn has(&self, cell: u64) -> bool {
        cell % self.shares == self.share
    }
}

impl Described {
    /// Returns the sweep of the flags or of its file; `None` if there is neither, so that only its
    /// plan may be there.
    fn sweep(&self, context: &Context) -> anyhow::Result<Option<Sweep>> {
        let mut sweep = match self.experiments.is_empty() {
            true => match Sweep::load(&context.runs.folder, &self.name) {
                Err(ExperimentError::UnknownSweep { .. }) if self.is_planned(context) => {
                    return Ok(None);
                }
                loaded => loaded?,
            },
            false => self.of_flags(context)?,
        };
        if let Some(most) = self.most_cells {
            sweep.most_cells = most;
        }
        Ok(Some(sweep))
    }

    fn is_planned(&self, context: &Context) -> bool {
        SweepDir::new(&context.runs.checkpoints, &self.name)
            .plan()
            .exists()
    }

    fn of_flags(&self, context: &Context) -> anyhow::Result<Sweep> {
        check_sweep_name(&context.runs.folder, &self.name)?;
        let mut sweep = Sweep::new(&self.name);
        sweep.experiments = self.experiments.clone();
        sweep.base = self.base.clone();
        sweep.set = overrides(&self.overrides)?;
        if !self.seeds.is_empty() {
            sweep.seeds = self.seeds.clone();
        }
        for text in &self.grid {
            let Some((key, values)) = text.split_once('=') else {
                return Err(Complaint::misused(
                    format!("--grid {text:?} is not KEY=VALUE,VALUE"),
                    "for example --grid train.learning_rate=1e-3,3e-3",
                )
                .into());
            };
            let key = key.trim().to_string();
            if sweep.grid.iter().any(|(known, _)| *known == key) {
                return Err(Complaint::misused(
                    format!("--grid gives {key} twice"),
                    format!("give all its values at once: --grid {key}=VALUE,VALUE"),
                )
                .into());
            }
            sweep.grid.push((key, listed(values)));
        }
        Ok(sweep)
    }

    /// Returns the cells of the plan that is there, which every cell checks against its experiment, or
    /// of a new one.
    pub(super) fn planned(&self, context: &Context) -> anyhow::Result<Vec<PlannedCell>> {
        match self.is_planned(context) {
            true => Ok(planned(&context.runs, (&self.name, None), false)?),
            false => self.cells(context, false),
        }
    }

    /// Returns the cells of the plan, which is made if there is none.
    pub(super) fn cells(
        &self,
        context: &Context,
        replace: bool,
    ) -> anyhow::Result<Vec<PlannedCell>> {
        let sweep = self.sweep(context)?;
        Ok(planned(
            &context.runs,
            (&self.name, sweep.as_ref()),
            replace,
        )?)
    }
}

/// Returns the values of a list with commas between them; those in brackets belong to one value.
fn listed(text: &str) -> Vec<String> {
    let (mut values, mut depth) = (vec![String::new()], 0_usize);
    for character in text.chars() {
        match character {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                values.push(String::new());
                continue;
            }
            _ => {}
        }
        values
            .last_mut()
            .expect("there is always one")
            .push(character);
    }
    let values = values.iter().map(|value| value.trim().to_string());
    values.filter(|value| !value.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_in_brackets_belong_to_a_value() {
        assert_eq!(listed("1e-3, 3e-3"), ["1e-3", "3e-3"]);
        assert_eq!(listed("[8,16],[16, 32]"), ["[8,16]", "[16, 32]"]);
        assert_eq!(listed("relu,gelu,"), ["relu", "gelu"]);
    }

    #[test]
    fn shares_take_every_cell_once() {
        let share = |text| Shard::parse(text).expect("a share");
        for cell in 0..7 {
            let takers = ["1/3", "2/3", "3/3"].map(|text| share(text).has(cell));
            assert_eq!(takers.iter().filter(|takes| **takes).count(), 1);
        }
        for text in ["0/3", "4/3", "1", "a/b", "1/0"] {
            assert!(Shard::parse(text).is_err(), "{text}");
        }
    }
}
