//! The table of options: what each verb reads in each of its modes. An option that the mode of a
//! command does not read is refused, in one wording, before anything is done.

use clap::{ArgMatches, Command, parser::ValueSource};

pub(super) use super::mode::Mode;
use super::mode::Words;

/// Options of weights from a file.
const WEIGHTS: &str = "--weights --dialect --class-names --allow-nan";
/// Options of one run.
const RUN: &str = "--base --seed --checkpoint";
/// Options of several runs.
const RUNS: &str = "--base --seeds --checkpoint";
/// Options of the explanations of given pictures.
const PICTURES: &str = "--image --method --layer --class --quantity --json --out";
/// Options of how heat maps are drawn.
const OVERLAY: &str = "--colour-map --alpha --alpha-by-map --clip";
/// Options of the ablation, whatever the pictures.
const ABLATION: &str = "--series --along --class --retrain-head --train --out";
/// Options of measured maps, whatever the pictures.
const MAPS: &str = "--series --methods --layers --class --retrain-head --json --out";
/// Options that describe a sweep.
const SWEEP: &str = "--experiment --grid --set --seeds --base --most-cells";
/// Options of a sweep's jobs, whatever the engine.
const SUBMIT: &str = "--engine --throttle --dry-run";
/// Options of compared classifiers.
const COMPARED: &str = "--base --checkpoint --maps --out";
/// Options that choose images of a data set.
const SPLIT: &str = "--split --limit";

/// What each verb reads in each mode. The options of every verb, such as `--data-dir`, describe the
/// machine and not the command, and are accepted everywhere.
const TABLE: [(&str, Mode, &[&str]); 45] = [
    (
        "train",
        Mode::Only,
        &["--base --set --name --seed --seeds --resume --accept-changes --force --log"],
    ),
    ("sweep plan", Mode::Only, &[SWEEP, "--replace"]),
    (
        "sweep run",
        Mode::Only,
        &[SWEEP, "--workers --cell --shard"],
    ),
    ("sweep merge", Mode::Only, &["--out"]),
    ("sweep submit", Mode::Slurm, &[SWEEP, SUBMIT, "--option"]),
    (
        "sweep submit",
        Mode::Kubernetes,
        &[SWEEP, SUBMIT, "--image --claim"],
    ),
    ("sweep list", Mode::Only, &[]),
    ("explain", Mode::ImageNet, &[PICTURES, OVERLAY, WEIGHTS]),
    (
        "explain",
        Mode::Trained,
        &[PICTURES, OVERLAY, RUN, "--test-index --retrain-head"],
    ),
    (
        "explain-seq",
        Mode::Only,
        &[
            RUN,
            "--clip --target --layer --method --capacity-clips --train --out",
        ],
    ),
    (
        "ablate",
        Mode::Chosen,
        &[RUN, ABLATION, OVERLAY, "--images"],
    ),
    (
        "ablate",
        Mode::Numbered,
        &[RUN, ABLATION, OVERLAY, "--test-index"],
    ),
    ("localize", Mode::Split, &[RUNS, MAPS, SPLIT]),
    ("localize", Mode::Boxes, &[RUNS, MAPS, "--boxes --images"]),
    (
        "sanity",
        Mode::Only,
        &[RUNS, MAPS, SPLIT, "--draws --pictures"],
    ),
    ("stability", Mode::Only, &[RUNS, MAPS, SPLIT, "--pictures"]),
    (
        "evaluate",
        Mode::Photographed,
        &[WEIGHTS, "--photos --labels --skip-bad --ten-crop"],
    ),
    ("evaluate", Mode::Trained, &[RUNS, "--csv --json --out"]),
    (
        "evaluate",
        Mode::Frames,
        &[RUNS, "--csv --json --limit --official --out"],
    ),
    ("score", Mode::Maps, &[RUNS, MAPS, SPLIT]),
    (
        "score",
        Mode::Curves,
        &[RUNS, MAPS, SPLIT, "--insertion-deletion --steps"],
    ),
    (
        "reproduce",
        Mode::Images,
        &["--quick --seeds --series --only --set --force --dry-run --out"],
    ),
    (
        "reproduce",
        Mode::Clips,
        &["--quick --seeds --only --force --dry-run --out"],
    ),
    (
        "benchmark",
        Mode::Photos,
        &[
            WEIGHTS,
            OVERLAY,
            "--photos --labels --limit --skip-bad --methods --class --json --out",
        ],
    ),
    (
        "benchmark",
        Mode::Located,
        &[
            WEIGHTS,
            OVERLAY,
            "--boxes --boxed-images --methods --class --json --out",
        ],
    ),
    (
        "benchmark",
        Mode::Drawn,
        &[WEIGHTS, OVERLAY, "--image --several --class --json --out"],
    ),
    ("draw", Mode::Only, &["--out"]),
    ("report", Mode::Only, &["--networks"]),
    ("completions", Mode::Only, &[]),
    ("layers", Mode::Only, &["--size --dialect"]),
    (
        "export",
        Mode::Only,
        &[RUN, "--format --half --out --force"],
    ),
    ("export-runs", Mode::Only, &["--format --out"]),
    ("weights fetch", Mode::Only, &[]),
    ("weights check", Mode::Only, &[WEIGHTS]),
    ("weights list", Mode::Only, &[]),
    (
        "list",
        Mode::Ran,
        &["--where --dataset --each --json --csv"],
    ),
    ("list", Mode::Planned, &[]),
    ("compare", Mode::Chosen, &[COMPARED, "--images"]),
    ("compare", Mode::Numbered, &[COMPARED, "--test-index"]),
    ("compare", Mode::Frames, &["--base --checkpoint --out"]),
    ("show", Mode::Only, &["--base --set"]),
    ("diff", Mode::Only, &[]),
    ("data fetch", Mode::Only, &[]),
    (
        "data check",
        Mode::Only,
        &["--side --skip-bad --json --contact-sheet"],
    ),
    ("data list", Mode::Only, &[]),
];

/// Returns whether `verb` reads `option` in `mode`.
fn reads(verb: &str, mode: Mode, option: &str) -> bool {
    let mut rows = TABLE.iter();
    let row = rows.find(|(of, when, _)| (*of, *when) == (verb, mode));
    row.is_some_and(|(_, _, groups)| {
        let mut options = groups.iter().flat_map(|group| group.split(' '));
        options.any(|known| known == option)
    })
}

/// A verb and the options of its own that were given on the command line, in their order.
#[derive(Debug, Clone, Default)]
pub(super) struct Given {
    verb: String,
    options: Vec<String>,
}

impl Given {
    /// Returns what `matches` of the whole `command` holds.
    pub(super) fn of(command: &Command, matches: &ArgMatches) -> Self {
        let mut given = Self::default();
        let (mut command, mut matches) = (command, matches);
        while let Some((name, below)) = matches.subcommand() {
            let Some(found) = command.find_subcommand(name) else {
                break;
            };
            (command, matches) = (found, below);
            given.verb = format!("{} {name}", given.verb).trim_start().to_string();
            let options = own_options(command).filter_map(|(id, option)| {
                let given = matches.value_source(id) == Some(ValueSource::CommandLine);
                given.then(|| (matches.index_of(id), option))
            });
            let mut options: Vec<_> = options.collect();
            options.sort();
            given
                .options
                .extend(options.into_iter().map(|(_, option)| option));
        }
        given
    }

    /// Returns whether `option` was given.
    pub(super) fn has(&self, option: &str) -> bool {
        self.options.iter().any(|given| given == option)
    }

    /// Returns whether an option was given that the verb reads in the mode `first` alone.
    pub(super) fn wants(&self, first: Mode, second: Mode) -> bool {
        let reads = |mode, option: &String| reads(&self.verb, mode, option);
        (self.options.iter()).any(|option| reads(first, option) && !reads(second, option))
    }
}

/// Returns the id and the long name of every option of `command`, except those of every verb.
fn own_options(command: &Command) -> impl Iterator<Item = (&str, String)> {
    let own = command
        .get_arguments()
        .filter(|argument| !argument.is_global_set());
    own.filter_map(|argument| {
        Some((
            argument.get_id().as_str(),
            format!("--{}", argument.get_long()?),
        ))
    })
}

/// The refusal of an option, and how to fix it.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) message: String,
    pub(super) hint: String,
}

/// The modes that a command is in, and what it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Chosen {
    modes: Vec<Mode>,
    subject: String,
}

impl Chosen {
    /// Returns the mode of a command about `subject`.
    pub(super) fn new(mode: Mode, subject: &str) -> Self {
        Self {
            modes: vec![mode],
            subject: subject.to_string(),
        }
    }

    /// Returns the modes of a command that does several things.
    pub(super) fn all(modes: Vec<Mode>) -> Self {
        let subject = String::new();
        Self { modes, subject }
    }

    /// Returns the first mode.
    pub(super) fn first(&self) -> Mode {
        self.modes.first().copied().unwrap_or(Mode::Only)
    }

    /// Returns whether `given.verb` reads `option` in one of the modes.
    pub(super) fn reads(&self, given: &Given, option: &str) -> bool {
        let mut modes = self.modes.iter();
        modes.any(|mode| reads(&given.verb, *mode, option))
    }

    /// Refuses an option that is read in none of the modes.
    ///
    /// # Errors
    /// [`Refusal`] with the option, what it is for, and what the command is about.
    pub(super) fn admit(&self, given: &Given) -> Result<(), Refusal> {
        let mut options = given.options.iter();
        match options.find(|option| !self.reads(given, option)) {
            Some(option) => Err(self.refusal(given, option)),
            None => Ok(()),
        }
    }

    fn refusal(&self, given: &Given, option: &str) -> Refusal {
        let rows = TABLE
            .iter()
            .filter(|(verb, mode, _)| *verb == given.verb && reads(verb, *mode, option));
        let readers: Vec<Words> = rows.map(|(_, mode, _)| mode.words()).collect();
        let joined = |part: fn(&Words) -> &'static str, between: &str| {
            let parts: Vec<&str> = readers.iter().map(part).collect();
            parts.join(between)
        };
        let here = self.modes.iter().map(|mode| mode.words().because);
        let here: Vec<String> = here
            .map(|because| because.replace("{}", &self.subject))
            .collect();
        let message = format!(
            "{option} is for {}; {}",
            joined(|words| words.of, " and "),
            here.join(", ")
        );
        let how = joined(|words| words.how, ", or ");
        let hint = format!("leave {option} out, or {how}");
        Refusal { message, hint }
    }
}

#[cfg(test)]
#[path = "modes_tests.rs"]
mod tests;
