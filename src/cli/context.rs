//! The context of one run of the program: runs and data, signals, and progress display.

use std::path::{Path, PathBuf};
use std::sync::Once;

use crate::data::DataSearch;
use crate::device::{DeviceChoice, choose};
use crate::experiment::Resolved;
use crate::figure::{FigureError, characters_without_font, draw_folder};
use crate::study::{Progress, Runs, StudyError, Watch, measure};
use crate::train::TrainEvents;

use super::output::{note, program};
use super::progress::{Bar, TrainView};
use super::shared::{DEFAULT_RUNS, DeviceName, MeasureArguments, Shared};
use super::signals::Signals;

/// Folder of all figures.
const FIGURES: &str = "figures";
/// Folder of the sanity checks' results, in that of the data set.
pub(super) const SANITY: &str = "sanity";

/// Number of characters without a font that the note shows.
const SHOWN_CHARACTERS: usize = 8;

/// The context of one run of the program. It follows every study.
pub(super) struct Context {
    /// Experiments, runs, data and the device.
    pub(super) runs: Runs,
    /// Signals to stop.
    pub(super) signals: Signals,
    /// The shared options that differ from their defaults, for printed commands.
    flags: String,
}

impl Context {
    /// Returns the context. If no networks will run, it looks for a GPU only if one is requested.
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
            runs: Runs {
                data: DataSearch {
                    flag: shared.data_dir.clone(),
                },
                ..Runs::new(&shared.runs, device)
            },
            signals: Signals::install()?,
            flags: flags(shared),
        })
    }

    /// Returns the output folder for the data set or network in `parts`, or the user's folder.
    pub(super) fn figures(&self, out: Option<&Path>, parts: &[&str]) -> PathBuf {
        match out {
            Some(out) => out.to_path_buf(),
            None => parts
                .iter()
                .fold(PathBuf::from(FIGURES), |path, part| path.join(part)),
        }
    }

    /// Returns the folder of the sanity checks' results for the `trials`: next to `out`, otherwise
    /// that of their data set.
    pub(super) fn verdicts(
        &self,
        trials: &[String],
        base: Option<&str>,
        out: Option<&Path>,
    ) -> Option<PathBuf> {
        let beside = out.and_then(Path::parent).map(|parent| parent.join(SANITY));
        if let Some(folder) = beside.filter(|folder| folder.is_dir()) {
            return Some(folder);
        }
        // An unknown trial is reported by the study.
        let resolved: Resolved = self.runs.experiment(trials.first()?, base, &[]).ok()?;
        let dataset = resolved.experiment.data.dataset;
        Some(self.figures(None, &[dataset.name(), SANITY]))
    }

    /// Returns the request of a measurement.
    pub(super) fn measurement(&self, given: &MeasureArguments) -> anyhow::Result<measure::Request> {
        let (base, out) = (given.base.as_deref(), given.out.as_deref());
        given.request(self.verdicts(&given.trials, base, out))
    }

    /// Draws every figure whose tables and maps lie in `folder`, and returns the files.
    pub(super) fn draw(&self, folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
        let drawn = draw_folder(folder, &|| self.signals.stop());
        note_empty_boxes();
        match drawn {
            Err(FigureError::Stopped) => Err(StudyError::Stopped.into()),
            drawn => Ok(drawn?),
        }
    }

    /// Returns the command `rest` with this run's shared options, ready to paste.
    pub(super) fn command(&self, rest: &str) -> String {
        format!("{} {rest}{}", program(), self.flags)
    }
}

impl Watch for Context {
    fn should_stop(&self) -> bool {
        self.signals.stop()
    }

    fn note(&self, message: &str) {
        note(message);
    }

    fn begin(&self, label: &str, items: Option<usize>) -> Box<dyn Progress> {
        Box::new(Bar::new(label, items))
    }

    fn training(&self, label: &str) -> Box<dyn TrainEvents> {
        Box::new(TrainView::new(label))
    }
}

/// Notes once that figures hold characters that no font has.
pub(super) fn note_empty_boxes() {
    static NOTED: Once = Once::new();
    let without = characters_without_font();
    if without.is_empty() {
        return;
    }
    NOTED.call_once(|| {
        let shown: String = without.iter().take(SHOWN_CHARACTERS).collect();
        note(format!(
            "no font of this system has {} of the figures' characters, such as {shown:?}: they are \
             empty boxes; install one, such as Noto Sans CJK, and draw again",
            without.len()
        ));
    });
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
