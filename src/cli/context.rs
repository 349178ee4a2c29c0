//! The context of one run of the program: runs and data, signals, and progress display.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};
use std::sync::Once;

use crate::data::DataSearch;
use crate::device::{DeviceChoice, choose};
use crate::experiment::Resolved;
use crate::figure::{FigureError, characters_without_font, draw_folder};
use crate::study::{Progress, RunName, Runs, StudyError, Watch, measure};
use crate::train::TrainEvents;

use super::commands::{Commands, base_words, option};
use super::modes::{Chosen, Given, Mode};
use super::output::note;
use super::progress::{Bar, TrainView};
use super::shared::{DeviceName, MeasureArguments, Shared};
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
    /// Commands to print.
    pub(super) commands: Commands,
    /// The verb and the options given.
    pub(super) given: Given,
    /// The modes of the verb, once they are known.
    pub(super) chosen: OnceCell<Chosen>,
}

impl Context {
    /// Returns the context. If no networks will run, it looks for a GPU only if one is requested.
    pub(super) fn new(shared: &Shared, given: Given, runs_networks: bool) -> anyhow::Result<Self> {
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
            commands: Commands::with(shared),
            given,
            chosen: OnceCell::new(),
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

    /// Returns the command with these words and this run's shared options, ready to paste.
    pub(super) fn command<T: AsRef<str>>(&self, words: impl IntoIterator<Item = T>) -> String {
        self.commands.of(words)
    }

    /// Returns the command that this program was started with, on the run `run`.
    pub(super) fn on(&self, run: &RunName) -> String {
        let seed = match self.reads("--seeds") {
            true => "--seeds",
            false => "--seed",
        };
        let mut words = base_words(run.base.as_deref());
        words.extend(option(seed, run.seed));
        Commands::again_with(&["--base", "--dataset", "--seed", "--seeds"], &words)
    }

    /// Returns the mode of the verb; the first, if it is in several.
    pub(super) fn mode(&self) -> Mode {
        self.chosen.get().map_or(Mode::Only, Chosen::first)
    }

    /// Returns whether the verb reads `option` in its mode.
    pub(super) fn reads(&self, option: &str) -> bool {
        let chosen = self.chosen.get();
        chosen.is_some_and(|chosen| chosen.reads(&self.given, option))
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
