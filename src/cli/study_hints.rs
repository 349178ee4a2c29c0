//! How to fix a study's errors, worded for the command line, and the exit code.

use crate::data::photo::PICTURE_FORMATS;
use crate::study::{ClipUse, ListKind, RunName, StudyError};

use super::context::Context;
use super::hints;
use super::output::{FAILED, MISUSED, program};
use super::shared::base_flag;

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
        StudyError::NoRun { run, .. } => failed(context.command(&train(run))),
        StudyError::NotTrained { experiment, base } => {
            let base = base_flag(base.as_deref());
            failed(context.command(&format!("train {experiment}{base}")))
        }
        StudyError::Untrained {
            experiments,
            base,
            seed,
        } => {
            let base = base_flag(base.as_deref());
            let command =
                |name: &String| context.command(&format!("train {name}{base} --seed {seed}"));
            let commands: Vec<String> = experiments.iter().map(command).collect();
            failed(format!(
                "train them with --train, or one by one: {}",
                commands.join("; ")
            ))
        }
        StudyError::NoCheckpoint { done: true, .. } => {
            failed("take one of those, \"best\" or \"last\"".to_string())
        }
        StudyError::NoCheckpoint { run, .. } => {
            failed(context.command(&format!("{} --resume", train(run))))
        }
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
            failed(hints::data(source, program()).unwrap_or_else(known))
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
            true => hints::data(source, program()).unwrap_or_default(),
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
            let generated = context.command("localize --base shapes");
            failed(format!(
                "take generated images, whose boxes and masks are known: {generated}; or give \
                 boxes on your own pictures: --boxes FILE.csv with the columns \
                 file,class,x0,y0,x1,y1"
            ))
        }
        StudyError::NothingAllowed => misused("measure trial-d-gap, or use \"grad-cam\""),
        StudyError::TooManySteps { .. } => misused("a step changes at least one pixel"),
        StudyError::EarlierTables { folder, .. } => failed(format!(
            "remove {folder:?}, and run the sanity checks again"
        )),
        StudyError::NoWeights { network, .. } => {
            let fetch = context.command(&format!("weights fetch {network}"));
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
        | StudyError::Train(_) => (None, FAILED),
    }
}

/// Returns the arguments that train `run`.
fn train(run: &RunName) -> String {
    let base = base_flag(run.base.as_deref());
    format!("train {}{base} --seed {}", run.experiment, run.seed)
}

fn example(kind: ListKind) -> &'static str {
    match kind {
        ListKind::Boxes => BOXES_EXAMPLE,
        ListKind::Labels => LABELS_EXAMPLE,
        ListKind::ClassNames => NAMES_EXAMPLE,
    }
}
