//! The table against clap's own list of options: every option of every verb in every mode.

use std::ffi::OsString;

use burn::tensor::Device;
use clap::{Arg, ArgAction, CommandFactory};

use super::*;
use crate::cli::app::Arguments;
use crate::device::ChosenDevice;
use crate::study::Runs;

/// A command in each mode.
const EXAMPLES: [(Mode, &str); TABLE.len()] = [
    (Mode::Only, "train trial-a"),
    (Mode::Only, "sweep plan learning-rate"),
    (Mode::Only, "sweep run learning-rate"),
    (Mode::Only, "sweep merge learning-rate"),
    (Mode::Slurm, "sweep submit learning-rate --engine slurm"),
    (
        Mode::Kubernetes,
        "sweep submit learning-rate --engine kubernetes --image i --claim c",
    ),
    (Mode::Only, "sweep list"),
    (Mode::ImageNet, "explain resnet50"),
    (Mode::Trained, "explain trial-b"),
    (Mode::Only, "explain-seq convlstm"),
    (Mode::Chosen, "ablate"),
    (Mode::Numbered, "ablate --test-index 0"),
    (Mode::Split, "localize"),
    (Mode::Boxes, "localize --boxes b.csv"),
    (Mode::Only, "sanity"),
    (Mode::Only, "stability"),
    (Mode::Photographed, "evaluate resnet50"),
    (Mode::Trained, "evaluate trial-b"),
    (Mode::Frames, "evaluate convlstm"),
    (Mode::Maps, "score"),
    (Mode::Curves, "score --insertion-deletion"),
    (Mode::Images, "reproduce"),
    (Mode::Clips, "reproduce --only frames"),
    (Mode::Photos, "benchmark resnet50 --photos d"),
    (Mode::Located, "benchmark resnet50 --boxes b.csv"),
    (Mode::Drawn, "benchmark resnet50 --image a.png"),
    (Mode::Only, "draw figures"),
    (Mode::Only, "report"),
    (Mode::Only, "completions bash"),
    (Mode::Only, "layers resnet50"),
    (Mode::Only, "export trial-b"),
    (Mode::Only, "export-runs"),
    (Mode::Only, "weights fetch resnet50"),
    (Mode::Only, "weights check resnet50"),
    (Mode::Only, "weights list"),
    (Mode::Ran, "list"),
    (Mode::Planned, "list experiments"),
    (Mode::Chosen, "compare a b"),
    (Mode::Numbered, "compare a b --test-index 0"),
    (Mode::Frames, "compare convlstm convgru"),
    (Mode::Only, "show trial-a"),
    (Mode::Only, "diff trial-a trial-b"),
    (Mode::Only, "data fetch mnist"),
    (Mode::Only, "data check mnist"),
    (Mode::Only, "data list"),
];

/// Returns every verb that can be run, with its command.
fn verbs(command: &Command, before: &str) -> Vec<(String, Command)> {
    let mut found = Vec::new();
    for below in command.get_subcommands() {
        let name = format!("{before} {}", below.get_name())
            .trim_start()
            .to_string();
        match below.has_subcommands() {
            true => found.extend(verbs(below, &name)),
            false => found.push((name, below.clone())),
        }
    }
    found
}

/// Returns the words that give `argument`, with a value of its kind.
fn words(argument: &Arg, mode: Mode) -> Vec<String> {
    let long = argument.get_long().expect("an option");
    let option = format!("--{long}");
    if matches!(argument.get_action(), ArgAction::SetTrue) {
        return vec![option];
    }
    let possible = argument.get_possible_values();
    let value = match (long, possible.first()) {
        ("base", _) if mode == Mode::Frames => "digits",
        ("base", _) => "shapes",
        (_, Some(value)) => value.get_name(),
        (_, None) => "1",
    };
    vec![option, value.to_string()]
}

fn runs() -> Runs {
    let device = ChosenDevice {
        device: Device::flex(),
        name: "cpu".to_string(),
        fallback: None,
    };
    Runs::new("checkpoints", device)
}

/// Reads a command line, and returns its modes and what was given.
fn chosen(line: &[String]) -> Result<(Chosen, Given), clap::Error> {
    let line: Vec<OsString> = line.iter().map(OsString::from).collect();
    let (arguments, given) = Arguments::read(&line)?;
    let chosen = arguments.verb.modes(&runs(), &given);
    Ok((
        chosen.unwrap_or_else(|error| panic!("{line:?}: {error:#}")),
        given,
    ))
}

fn line(example: &str) -> Vec<String> {
    let words = ["camtrail"].into_iter().chain(example.split(' '));
    words.map(str::to_string).collect()
}

#[test]
fn every_option_of_every_verb_is_in_the_table() {
    let verbs = verbs(&Arguments::command(), "");
    for (verb, command) in &verbs {
        let rows: Vec<Mode> = TABLE
            .iter()
            .filter(|(of, ..)| of == verb)
            .map(|(_, mode, _)| *mode)
            .collect();
        assert!(!rows.is_empty(), "\"{verb}\" has no row");
        for (_, option) in own_options(command) {
            let is_read = rows.iter().any(|mode| reads(verb, *mode, &option));
            assert!(is_read, "no mode of \"{verb}\" reads {option}");
        }
    }
    for (verb, _, groups) in TABLE {
        let (_, command) = verbs.iter().find(|(known, _)| known == verb).expect(verb);
        for option in groups.iter().flat_map(|group| group.split(' ')) {
            let mut known = own_options(command);
            assert!(
                known.any(|(_, known)| known == option),
                "\"{verb}\" has no {option}"
            );
        }
    }
}

#[test]
fn every_option_is_read_or_refused_in_every_mode() {
    let verbs = verbs(&Arguments::command(), "");
    let (mut admitted, mut refused) = (0, 0);
    for ((verb, mode, _), (of, example)) in TABLE.iter().zip(EXAMPLES) {
        assert_eq!(*mode, of, "{example}");
        let (found, given) = chosen(&line(example)).expect(example);
        assert_eq!(
            (found.first(), given.verb.as_str()),
            (*mode, *verb),
            "{example}"
        );
        found.admit(&given).expect(example);
        let (_, command) = verbs.iter().find(|(known, _)| known == verb).expect(verb);
        let options = command
            .get_arguments()
            .filter(|argument| argument.get_long().is_some());
        for argument in options {
            let option = format!("--{}", argument.get_long().expect("filtered"));
            let more = words(argument, *mode);
            // Clap refuses options that exclude each other, such as --seed and --seeds.
            let Ok((found, given)) = chosen(&[line(example), more].concat()) else {
                refused += 1;
                continue;
            };
            match found.admit(&given) {
                // The option may itself select another mode.
                Ok(()) => {
                    assert!(found.reads(&given, &option), "{example} {option}");
                    admitted += 1;
                }
                Err(complaint) => {
                    let told = complaint.message;
                    assert!(!reads(verb, *mode, &option), "{example} {option}: {told}");
                    assert!(
                        told.starts_with("--") && told.contains(" is for "),
                        "{told}"
                    );
                    refused += 1;
                }
            }
        }
    }
    assert!(
        admitted > 100 && refused > 20,
        "{admitted} admitted, {refused} refused"
    );
}

#[test]
fn a_refusal_reads_as_agreed() {
    let told = |example: &str| {
        let (found, given) = chosen(&line(example)).expect(example);
        found.admit(&given).expect_err(example).message
    };
    assert_eq!(
        told("evaluate trial-b --ten-crop"),
        "--ten-crop is for ImageNet networks on photographs; trial-b is a network trained here"
    );
    assert_eq!(
        told("evaluate convlstm --weights w.pth"),
        "--weights is for ImageNet networks on photographs; convlstm predicts frames"
    );
    assert_eq!(
        told("localize --boxes b.csv --limit 3"),
        "--limit is for images of a data set; --boxes names your own pictures"
    );
    assert_eq!(
        told("benchmark resnet50 --image a.png --methods cam"),
        "--methods is for photographs to score maps on and boxes to localise maps on; --image and \
         --several name pictures to draw"
    );
    assert_eq!(
        told("sweep submit s --engine slurm --claim data"),
        "--claim is for jobs of Kubernetes; --engine slurm submits to Slurm"
    );
    assert_eq!(
        told("sweep submit s --engine kubernetes --image i --claim c --option=--time=1"),
        "--option is for jobs of Slurm; --engine kubernetes writes a job of Kubernetes"
    );
}
