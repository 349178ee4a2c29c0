//! The context of one run of the program: runs and data, signals, and progress display.

use std::cell::{Cell, OnceCell, RefCell};
use std::path::{Path, PathBuf};
use std::sync::Once;

use crate::data::DataSearch;
use crate::device::{DeviceChoice, choose};
use crate::experiment::{Experiment, ExperimentKind, Resolved};
use crate::figure::{FigureError, characters_without_font, draw_folder, drawn_files};
use crate::run::{LOCALIZATION_JSON, Leftover, MAPS_JSON, MAPS_TENSORS, Output, RunDir, StagedSet};
use crate::study::{Progress, RunName, Runs, StudyError, Watch, measure};
use crate::train::TrainEvents;

use super::commands::{Commands, base_words, option};
use super::modes::{Chosen, Given, Mode};
use super::output::note;
use super::picture_progress::show_decoding;
use super::progress::{Bar, Following, TrainView};
use super::published::published_runs;
use super::shared::{DeviceName, MeasureArguments, Shared};
use super::signals::Signals;

/// Folder of all figures.
pub(super) const FIGURES: &str = "figures";
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
    /// What is trained after the current run.
    pub(super) following: Cell<Following>,
    /// The run whose epochs are written for TensorBoard, if any.
    pub(super) logged: RefCell<Option<RunDir>>,
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
        show_decoding();
        Ok(Self {
            runs: Runs {
                data: DataSearch {
                    flag: shared.data_dir.clone(),
                },
                published: published_runs(&shared.runs),
                ..Runs::new(&shared.runs, device)
            },
            signals: Signals::install()?,
            commands: Commands::with(shared),
            given,
            chosen: OnceCell::new(),
            following: Cell::new(Following::Alike(0)),
            logged: RefCell::new(None),
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
        Some(self.figures(None, &[folder_of(base, dataset.name()), SANITY]))
    }

    /// Returns the request of a measurement.
    pub(super) fn measurement(&self, given: &MeasureArguments) -> anyhow::Result<measure::Request> {
        let (trials, base) = (given.trials(), given.base());
        given.request(self.verdicts(&trials, base.as_deref(), given.out.as_deref()))
    }

    /// Opens the output folder for the data set or network in `parts`, or the user's folder, before
    /// anything is computed.
    pub(super) fn output(&self, out: Option<&Path>, parts: &[&str]) -> anyhow::Result<Output> {
        let (output, cleared) = Output::open(&self.figures(out, parts))?;
        for leftover in cleared {
            note(match leftover {
                Leftover::Removed(name) => format!("removed {name:?}, left by a killed process"),
                Leftover::Restored(name) => format!("restored {name:?}, moved by a killed process"),
            });
        }
        Ok(output)
    }

    /// Opens the output folder `name` of a measurement, in that of its data set, or the user's folder.
    pub(super) fn measured(
        &self,
        out: Option<&Path>,
        request: &measure::Request,
        name: &str,
    ) -> anyhow::Result<Output> {
        let networks = (
            &request.trials[..],
            request.base.as_deref(),
            &request.seeds[..],
        );
        self.output_on::<Experiment>(out, networks, &[name])
    }

    /// Opens the output folder `below` that of the base or data set of the networks, given by their
    /// names, base and seeds, or the user's folder.
    pub(super) fn output_on<E: ExperimentKind>(
        &self,
        out: Option<&Path>,
        (names, base, seeds): (&[String], Option<&str>, &[u64]),
        below: &[&str],
    ) -> anyhow::Result<Output> {
        let dataset = self.runs.dataset::<E>(names, base, seeds)?;
        self.output(out, &[&[folder_of(base, dataset)], below].concat())
    }

    /// Draws what the folder `below` of `set` holds, puts the set in its place, and returns the drawn
    /// files. The `outdated` files that are not in it are removed. The set is put in its place even if
    /// it cannot be drawn.
    pub(super) fn finish(
        &self,
        set: StagedSet<'_>,
        below: impl AsRef<Path>,
        outdated: &[PathBuf],
    ) -> anyhow::Result<Vec<PathBuf>> {
        let place = set.path().join(below);
        let drawn = draw_folder(&place, &|| self.signals.stop()).map_err(|error| match error {
            FigureError::InFolder {
                figure,
                folder,
                reason,
            } => FigureError::InFolder {
                figure,
                folder: set.placed(&folder),
                reason,
            },
            error => error,
        });
        note_empty_boxes();
        let files = drawn.map(|files| files.iter().map(|file| set.placed(file)).collect());
        self.replace(set, outdated)?;
        files.map_err(not_drawn)
    }

    /// Puts `set` in its place as [`finish`](Self::finish) does, without drawing.
    pub(super) fn replace(&self, set: StagedSet<'_>, outdated: &[PathBuf]) -> anyhow::Result<()> {
        let folder = set.target().to_path_buf();
        match set.commit(outdated)? {
            0 => {}
            count => note(format!(
                "removed {count} files of an earlier call from \"{}\"",
                folder.display()
            )),
        }
        Ok(())
    }

    /// Returns the files of `figures` that an earlier call left in `folder`: those that the tables and
    /// maps there name. Of tables and maps that cannot be read, nothing is known to be a call's.
    pub(super) fn left_in(&self, folder: &Path, figures: &[&str]) -> Vec<PathBuf> {
        drawn_files(folder, figures).unwrap_or_default()
    }

    /// Returns the maps and their `figures` that an earlier call left in the folders of `folder`.
    pub(super) fn sets_left_in(&self, folder: &Path, figures: &[&str]) -> Vec<PathBuf> {
        let mut files = Vec::new();
        // What cannot be listed is not known to be a call's.
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let place = entry.path();
            if place.join(MAPS_JSON).is_file() {
                files.extend(self.left_in(&place, figures));
                files.extend(
                    [MAPS_JSON, MAPS_TENSORS, LOCALIZATION_JSON].map(|name| place.join(name)),
                );
            }
        }
        files
    }

    /// Draws every figure whose tables and maps lie in `folder`, and returns the files.
    pub(super) fn draw(&self, folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
        let drawn = draw_folder(folder, &|| self.signals.stop());
        note_empty_boxes();
        drawn.map_err(not_drawn)
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

/// Returns the name of the folder of results for networks trained on `base`, if it was given, or on the
/// data set: two bases may have the same data.
pub(super) fn folder_of<'a>(base: Option<&'a str>, dataset: &'a str) -> &'a str {
    base.unwrap_or(dataset)
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
        Box::new(TrainView::new(
            label,
            self.following.get(),
            self.logged.borrow().clone(),
        ))
    }
}

/// Returns the error of figures that were not drawn as the errors that the command line knows.
pub(super) fn not_drawn(error: FigureError) -> anyhow::Error {
    match error {
        FigureError::Stopped => StudyError::Stopped.into(),
        FigureError::Save(error) => error.into(),
        error => error.into(),
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
