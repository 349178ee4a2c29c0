//! What every verb needs: folders, the device, the signals. Made once by [`super::run`].

use std::path::{Path, PathBuf};

use crate::data::{DataSearch, Splits, load};
use crate::device::{ChosenDevice, DeviceChoice, choose};
use crate::experiment::{
    ExperimentError, ExperimentKind, Override, Resolved, load as load_experiment,
};
use crate::run::RunDir;

use super::arguments::{DEFAULT_RUNS, DeviceName, ExperimentArguments, Shared};
use super::failure::Complaint;
use super::output::{note, program};
use super::signals::Signals;

/// Folder of everything drawn.
const FIGURES: &str = "figures";

/// The setting of one run of the program.
pub(super) struct Context {
    /// Where experiments are looked for first.
    pub(super) folder: PathBuf,
    /// Where data are looked for.
    pub(super) search: DataSearch,
    /// Root of all run folders.
    pub(super) runs: PathBuf,
    /// The device.
    pub(super) device: ChosenDevice,
    /// Whether to stop.
    pub(super) signals: Signals,
    /// The shared options that differ from their defaults, to print commands that can be pasted.
    flags: String,
}

impl Context {
    /// Returns the setting; where no networks will run, a GPU is not looked for unless asked for.
    pub(super) fn new(shared: &Shared, runs_networks: bool) -> anyhow::Result<Self> {
        // The device first: it sets the environment, which must happen before any thread starts.
        let choice = match shared.device {
            DeviceName::Auto if runs_networks => DeviceChoice::Auto,
            DeviceName::Auto | DeviceName::Cpu => DeviceChoice::Cpu,
            DeviceName::Cuda => DeviceChoice::Cuda,
        };
        let device = choose(choice)?;
        if let Some(reason) = &device.fallback {
            note(format!("on {}: {reason}", device.name));
        }
        Ok(Self {
            device,
            folder: PathBuf::new(),
            search: DataSearch {
                flag: shared.data_dir.clone(),
            },
            runs: shared.runs.clone(),
            signals: Signals::install()?,
            flags: flags(shared),
        })
    }

    /// Returns the experiment `trial` with what the user changed in it.
    pub(super) fn experiment<E: ExperimentKind>(
        &self,
        trial: &str,
        arguments: &ExperimentArguments,
    ) -> anyhow::Result<Resolved<E>> {
        let overrides = arguments
            .overrides
            .iter()
            .map(|text| Ok(text.parse::<Override>()?.given_with("--set")))
            .collect::<Result<Vec<Override>, ExperimentError>>()?;
        Ok(load_experiment(
            &self.folder,
            trial,
            arguments.base.as_deref(),
            &overrides,
        )?)
    }

    /// Returns the experiment `trial` as it is, on `base` where one is named.
    pub(super) fn plain<E: ExperimentKind>(
        &self,
        trial: &str,
        base: Option<&str>,
    ) -> anyhow::Result<Resolved<E>> {
        Ok(load_experiment(&self.folder, trial, base, &[])?)
    }

    /// Returns the run folder of `experiment` and `seed`. A trial on another base than its own has
    /// a folder apart.
    pub(super) fn run<E>(&self, experiment: &Resolved<E>, seed: u64) -> RunDir {
        RunDir::new(&self.runs_of(experiment), &experiment.name, seed)
    }

    /// Returns the folder of the runs on the base of `experiment`.
    pub(super) fn runs_of<E>(&self, experiment: &Resolved<E>) -> PathBuf {
        match experiment.base_replaced {
            true => self.runs.join(&experiment.base),
            false => self.runs.clone(),
        }
    }

    /// Returns the folder for figures made with `base`, or the one that the user named.
    pub(super) fn figures(&self, out: Option<&Path>, parts: &[&str]) -> PathBuf {
        match out {
            Some(out) => out.to_path_buf(),
            None => parts
                .iter()
                .fold(PathBuf::from(FIGURES), |path, part| path.join(part)),
        }
    }

    /// Returns the command `rest` with this run's shared options, to be pasted.
    pub(super) fn command(&self, rest: &str) -> String {
        format!("{} {rest}{}", program(), self.flags)
    }

    /// Fails where a signal asked to stop; called between steps that leave nothing half-done.
    pub(super) fn go_on(&self) -> Result<(), Complaint> {
        if self.signals.stop() {
            return Err(Complaint::stopped(self.signals.exit_code()));
        }
        Ok(())
    }

    /// Returns the images of `experiment`.
    pub(super) fn data(&self, experiment: &Resolved) -> anyhow::Result<Splits> {
        let images = load(&experiment.experiment.data_options(), &self.search)?;
        experiment.check_images(&images)?;
        Ok(images)
    }
}

/// Returns the shared options that differ from their defaults, each after a space.
fn flags(shared: &Shared) -> String {
    let mut text = String::new();
    if let Some(folder) = &shared.data_dir {
        text.push_str(&format!(" --data-dir '{}'", folder.display()));
    }
    if shared.runs != Path::new(DEFAULT_RUNS) {
        text.push_str(&format!(" --runs '{}'", shared.runs.display()));
    }
    match shared.device {
        DeviceName::Auto => {}
        DeviceName::Cpu => text.push_str(" --device cpu"),
        DeviceName::Cuda => text.push_str(" --device cuda"),
    }
    text
}

/// Returns the option that names `base`, after a space, or nothing.
pub(super) fn base_flag(base: Option<&str>) -> String {
    base.map_or(String::new(), |base| format!(" --base {base}"))
}
