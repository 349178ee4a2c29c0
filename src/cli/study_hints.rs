//! How to fix a study's errors, worded for the command line, and the exit code.

use crate::data::photo::PICTURE_FORMATS;
use crate::study::{ClipUse, ListKind, RunName, SeedsError, StudyError, UnknownRun};

use super::commands::{Commands, base_words, option};
use super::context::Context;
use super::hints;
use super::output::{FAILED, MISUSED};
use super::stability::with_seeds;

/// The form of a file of boxes.
const BOXES_EXAMPLE: &str = "the first line is file,class,x0,y0,x1,y1 and every other one an object, \
     such as photo.jpg,apple,12,30,96,110";
/// The form of a table of labels.
const LABELS_EXAMPLE: &str =
    "the first line is file,class and every other one a picture, such as cat.jpg,tabby";
/// The form of a file of class names.
const NAMES_EXAMPLE: &str = "give a file with one name per line, in the order of the class numbers";

/// Returns how to fix `error`, and the exit code.
pub(super) fn study_hint(error: &StudyError, context: &Context) -> (Option<String>, u8) {
    let failed = |hint: String| (Some(hint), FAILED);
    let misused = |hint: &str| (Some(hint.to_string()), MISUSED);
    match error {
        StudyError::Stopped => (None, context.signals.exit_code()),
        StudyError::NoRun { run, .. } => failed(absent(
            std::slice::from_ref(run),
            &[train(run, context)],
            context,
        )),
        StudyError::Named(UnknownRun::None(_)) => failed(format!(
            "train one: {}; or name the folder of your runs with --runs DIR",
            context.command(["train", "trial-a"])
        )),
        StudyError::Named(UnknownRun::Named { near, .. }) => failed(match near.as_slice() {
            [] => format!("to see the runs: {}", context.command(["list"])),
            [near] => format!("did you mean {near:?}?"),
            near => format!("did you mean one of {}?", near.join(", ")),
        }),
        StudyError::RecordLost { run, .. } => failed(format!(
            "put the file back from a copy, or start over: {} --force",
            train(run, context)
        )),
        StudyError::NotTrained { experiment, base } => {
            let run = RunName {
                experiment: experiment.clone(),
                base: base.clone(),
                seed: 0,
            };
            let mut words = vec!["train".to_string(), experiment.clone()];
            words.extend(base_words(base.as_deref()));
            failed(absent(&[run], &[context.command(words)], context))
        }
        StudyError::Seeds(SeedsError::One {
            experiment,
            base,
            seed,
        }) => {
            let found = context.runs.runs_of(experiment);
            let same = found.iter().filter(|run| run.base == *base);
            let mut seeds: Vec<u64> = same.map(|run| run.seed).collect();
            seeds.sort_unstable();
            if seeds.len() > 1 {
                let all = with_seeds(seeds);
                return failed(Commands::again_with(&["--seeds", "--seed"], &all));
            }
            let next = RunName {
                experiment: experiment.clone(),
                base: base.clone(),
                seed: seed + 1,
            };
            failed(format!("train another: {}", train(&next, context)))
        }
        StudyError::Seeds(SeedsError::PredictedClass) => misused("take --class true, or name a class"),
        StudyError::Seeds(SeedsError::Baseline(_)) => misused("name methods, such as --methods grad-cam"),
        StudyError::Untrained {
            experiments,
            base,
            seed,
        } => {
            let run = |name: &String| RunName {
                experiment: name.clone(),
                base: base.clone(),
                seed: *seed,
            };
            let runs: Vec<RunName> = experiments.iter().map(run).collect();
            let commands: Vec<String> = runs.iter().map(|run| train(run, context)).collect();
            failed(absent(&runs, &commands, context))
        }
        StudyError::NoCheckpoint { done: true, .. } => {
            failed("take one of those, \"best\" or \"last\"".to_string())
        }
        StudyError::NoCheckpoint { run, .. } => failed(format!("{} --resume", train(run, context))),
        StudyError::UnknownCheckpoint(_) => misused("take \"best\", \"last\" or an epoch's number"),
        StudyError::NamedTwice { what, .. } => match *what {
            "experiment" => misused("name each once"),
            what => misused(&format!("name each {what} once")),
        },
        StudyError::NoneNamed { what } => misused(match *what {
            "trial" => "leave them out for trials A to D",
            "seed" => "for example --seeds 0,1,2",
            _ => "name one",
        }),
        StudyError::UnreadHead => misused("add cam to them, or leave --retrain-head out"),
        StudyError::DifferentRuns { seeds, .. } => failed(format!(
            "measure them apart: --seeds {} or --seeds {}; or train both with the same values",
            seeds[0], seeds[1]
        )),
        StudyError::ExperimentEdited { .. } => failed(
            "change it back, or remove it: the checkpoints have a copy of what was trained"
                .to_string(),
        ),
        StudyError::DifferentData { .. } => {
            failed("compare networks of one base, or one by one".to_string())
        }
        StudyError::DifferentClips { .. } => misused("take them one at a time"),
        StudyError::DifferentClasses { .. } => {
            misused("compare networks with weights for the same classes")
        }
        StudyError::NoImage { dataset, count, .. } => {
            misused(&format!("{dataset} has test images 0 to {}", count - 1))
        }
        StudyError::TrueClassUnknown => misused("take --class predicted, or name the class"),
        StudyError::ClassUnknown { drawn: true, .. } => misused(
            "--image and --several take it from the labels of --photos; or take --class predicted",
        ),
        StudyError::ClassUnknown { .. } => {
            failed("name a table of classes: --labels FILE with the columns file,class".to_string())
        }
        StudyError::ListFault {
            advice: Some(advice),
            ..
        } => failed(advice.clone()),
        StudyError::ListUnreadable { kind, .. }
        | StudyError::ListFault { kind, .. }
        | StudyError::ListEmpty { kind, .. } => failed(example(*kind).to_string()),
        StudyError::ListClass { source, .. } => {
            let known = || "name a class that the network knows".to_string();
            failed(hints::data(source, &context.commands).unwrap_or_else(known))
        }
        StudyError::FolderClass { .. } => failed(
            "name a folder that holds one folder per class, called by the class's name, its number \
             or, for ImageNet, its WordNet ID such as n01440764; or pictures and labels.csv"
                .to_string(),
        ),
        StudyError::ClassNamesCount { .. } => failed(NAMES_EXAMPLE.to_string()),
        StudyError::FolderUnreadable { .. } => failed("name a folder with pictures".to_string()),
        StudyError::NoPicture { unread: None, .. } => failed(PICTURE_FORMATS.to_string()),
        StudyError::NoPicture { .. } => failed(format!(
            "{PICTURE_FORMATS}, in the folder or in one folder per class"
        )),
        StudyError::NoneRead { .. } => failed("see the notes above".to_string()),
        StudyError::BoxedPicture { source, exists, .. } => failed(match exists {
            true => hints::data(source, &context.commands).unwrap_or_default(),
            false => "files are looked for beside the CSV, or in the folder of --images or \
                      --boxed-images"
                .to_string(),
        }),
        StudyError::NoBoxInView { square, .. } => failed(match square {
            true => "coordinates are pixels of the original picture, and a network sees its \
                     largest centred square"
                .to_string(),
            false => "coordinates are pixels of the original picture".to_string(),
        }),
        StudyError::NoObjects { .. } => {
            let shapes = base_words(Some("shapes"));
            let generated = Commands::again_with(&["--base", "--dataset"], &shapes);
            failed(format!(
                "take generated images, whose boxes and masks are known: {generated}; or give \
                 boxes on your own pictures: --boxes FILE.csv with the columns \
                 file,class,x0,y0,x1,y1"
            ))
        }
        StudyError::NothingAllowed => misused("measure trial-d-gap, or use \"grad-cam\""),
        StudyError::TooManySteps { .. } => misused("a step changes at least one pixel"),
        StudyError::EarlierTables { folder, .. } => failed(format!(
            "move {folder:?} away, and run the sanity checks again"
        )),
        StudyError::NoWeights { network, .. } => {
            let fetch = context.command(["weights", "fetch", network]);
            failed(format!("{fetch}, or give a file: --weights FILE"))
        }
        StudyError::OneClass { .. } => failed(
            "save the network with two outputs: put a row of zeros before the one row of its last \
             weight and bias, and the softmax of the second class is the sigmoid of that output"
                .to_string(),
        ),
        StudyError::NoDialect { .. } => misused("leave --dialect out"),
        StudyError::NotFinite { weights, .. } => {
            failed(format!("take other weights than \"{weights}\""))
        }
        StudyError::NoLayer { layers, .. } => {
            let known: Vec<String> = (0..*layers).map(|layer| layer.to_string()).collect();
            misused(&format!("its layers are {}", known.join(", ")))
        }
        StudyError::NoClip { available, .. } => {
            misused(&format!("give numbers from 0 to {}", available - 1))
        }
        StudyError::TooFewClips {
            available, wanted, ..
        } => misused(&format!(
            "give {} {available} at most",
            match wanted {
                ClipUse::Scoring => "--limit",
                ClipUse::Memory => "--capacity-clips",
            }
        )),
        StudyError::HiddenTarget { .. } => {
            failed("explain the other digit, the frame or another clip".to_string())
        }
        StudyError::Run(_)
        | StudyError::Data(_)
        | StudyError::Experiment(_)
        | StudyError::Checkpoint(_)
        | StudyError::Weights(_)
        | StudyError::Explain(_)
        | StudyError::Train(_)
        | StudyError::Sweep(_) => (None, FAILED),
    }
}

/// Returns how to go on without the `runs`: with one that exists, or by training them with the
/// `commands`.
fn absent(runs: &[RunName], commands: &[String], context: &Context) -> String {
    let commands = commands.join("; ");
    let trains = context.reads("--train");
    let training = match runs {
        [_] if trains => format!("{commands}, or let this command train it: --train"),
        _ if trains => format!("train them with --train, or one by one: {commands}"),
        _ => commands,
    };
    let Some(other) = other(runs, context) else {
        return training;
    };
    let training = match runs {
        [_] => format!("train it: {training}"),
        _ => training,
    };
    let place = context.runs.place(&other).path();
    let again = context.on(&other);
    format!(
        "there is one in \"{}\": {again}; or {training}",
        place.display()
    )
}

/// Returns the base and seed of which all `runs` exist, those nearest to the wanted ones first.
fn other(runs: &[RunName], context: &Context) -> Option<RunName> {
    let (first, others) = runs.split_first()?;
    let mut found = context.runs.runs_of(&first.experiment);
    found.sort_by_key(|run| (run.base != first.base, run.seed != first.seed));
    found.into_iter().find(|run| {
        others.iter().all(|other| {
            let same = RunName {
                experiment: other.experiment.clone(),
                ..run.clone()
            };
            context.runs.place(&same).best().exists()
        })
    })
}

/// Returns the command that trains `run`.
fn train(run: &RunName, context: &Context) -> String {
    let mut words = vec!["train".to_string(), run.experiment.clone()];
    words.extend(base_words(run.base.as_deref()));
    words.extend(option("--seed", run.seed));
    context.command(words)
}

fn example(kind: ListKind) -> &'static str {
    match kind {
        ListKind::Boxes => BOXES_EXAMPLE,
        ListKind::Labels => LABELS_EXAMPLE,
        ListKind::ClassNames => NAMES_EXAMPLE,
    }
}
