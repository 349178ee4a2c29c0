//! `weights`: fetch, check and list the weights of the published networks.

use clap::{Args, Subcommand};

use crate::data::{DataError, FetchEvent, FileSource, fetch_file};
use crate::model::backbones::BackboneName;
use crate::model::weights::WeightsError;
use crate::study::{Published, StudyError, place};

use super::context::Context;
use super::fetch_progress::FetchProgress;
use super::output::{DONE, note, result, result_table};
use super::shared::FromWeights;

/// Arguments of `weights`.
#[derive(Debug, Clone, Args)]
pub(super) struct WeightsArguments {
    #[command(subcommand)]
    verb: WeightsVerb,
}

/// The subcommands of `weights`.
#[derive(Debug, Clone, Subcommand)]
enum WeightsVerb {
    /// Download torchvision's ImageNet weights of a network and verify them
    Fetch {
        /// ImageNet network, such as resnet50
        network: String,
    },
    /// Read weights into a network and print whether they fit
    Check {
        /// ImageNet network, such as resnet50
        network: String,
        #[command(flatten)]
        from: FromWeights,
    },
    /// List the ImageNet networks and where their weights are
    List,
}

/// Maximum size of a weight file in bytes. VGG-16's, the largest, has 553 million.
const MOST_BYTES: u64 = 1 << 30;

/// Runs one of the weights verbs.
pub(super) fn run(context: &Context, arguments: &WeightsArguments) -> anyhow::Result<u8> {
    match &arguments.verb {
        WeightsVerb::Fetch { network } => fetch(context, network.parse()?),
        WeightsVerb::Check { network, from } => check(context, network.parse()?, from),
        WeightsVerb::List => Ok(list(context)),
    }
}

fn fetch(context: &Context, name: BackboneName) -> anyhow::Result<u8> {
    let published = name.published();
    let source = FileSource {
        url: published.url,
        sha256_start: published.sha256_start.to_string(),
        cap: MOST_BYTES,
    };
    let mut progress = FetchProgress::new();
    let mut show = |event: FetchEvent<'_>| progress.show(event);
    let stop = || context.signals.stop();
    match fetch_file(&source, &place(&context.runs, name), &mut show, &stop) {
        Ok(path) => {
            result(path.display());
            Ok(DONE)
        }
        Err(error @ DataError::Stopped { .. }) => {
            note(error);
            let again = context.command(["weights", "fetch", name.name()]);
            note(format!("to go on: {again}"));
            Ok(context.signals.exit_code())
        }
        Err(error) => Err(error.into()),
    }
}

fn check(context: &Context, name: BackboneName, from: &FromWeights) -> anyhow::Result<u8> {
    let opened = Published::open(&context.runs, name, &from.source()?);
    if let Err(StudyError::Weights(mismatch)) = &opened {
        list_mismatch(mismatch);
    }
    let Published {
        file,
        dialect,
        sight,
        ..
    } = opened?;
    let classes = sight.class_names.len();
    result(format!(
        "{file}: all tensors of {name} are there, {classes} classes, as {dialect} has them"
    ));
    Ok(DONE)
}

/// Prints every tensor that does not fit, one line each; the error states only the first ones.
fn list_mismatch(error: &WeightsError) {
    let WeightsError::Mismatch {
        missing,
        unexpected,
        misshaped,
        ..
    } = error
    else {
        return;
    };
    for (what, names) in [
        ("missing", &missing[..]),
        ("unexpected", unexpected),
        ("of another shape", misshaped),
    ] {
        for name in names {
            result(format!("{what}: {name}"));
        }
    }
}

fn list(context: &Context) -> u8 {
    let header = ["network", "weights"].map(str::to_string);
    let mut rows = vec![header.to_vec()];
    for name in BackboneName::ALL {
        let path = place(&context.runs, name);
        rows.push(vec![
            name.to_string(),
            match path.exists() {
                true => path.display().to_string(),
                false => {
                    let fetch = context.command(["weights", "fetch", name.name()]);
                    format!("absent; {fetch}")
                }
            },
        ]);
    }
    result_table(&rows);
    DONE
}
