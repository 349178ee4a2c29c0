//! `weights`: fetch, check and list the weights of the ImageNet networks. Called by
//! [`super::super::run`].

use crate::cli::DONE;
use crate::cli::context::Context;
use crate::cli::fetch_progress::FetchProgress;
use crate::cli::output::{note, program, result, table};
use crate::data::{DataError, FetchEvent, FileSource, fetch_file};
use crate::model::backbones::BackboneName;
use crate::model::weights::WeightsError;

use super::arguments::{FromWeights, WeightsArguments, WeightsVerb};
use super::opened::{OpenedBackbone, place};

/// Most bytes of a weight file. VGG-16's, the largest, has 553 million.
const MOST_BYTES: u64 = 1 << 30;

/// Runs one of the weights verbs.
pub(in crate::cli) fn run(context: &Context, arguments: &WeightsArguments) -> anyhow::Result<u8> {
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
    match fetch_file(&source, &place(context, name), &mut show, &stop) {
        Ok(path) => {
            result(path.display());
            Ok(DONE)
        }
        Err(error @ DataError::Stopped { .. }) => {
            note(error);
            let again = context.command(&format!("weights fetch {name}"));
            note(format!("to go on: {again}"));
            Ok(context.signals.exit_code())
        }
        Err(error) => Err(error.into()),
    }
}

fn check(context: &Context, name: BackboneName, from: &FromWeights) -> anyhow::Result<u8> {
    let opened = OpenedBackbone::open(context, name, from);
    if let Some(mismatch) = opened.as_ref().err().and_then(|error| error.downcast_ref()) {
        list_mismatch(mismatch);
    }
    let opened = opened?;
    let (network, file) = (&opened.network, &opened.file);
    let (classes, dialect) = (network.classes(), network.dialect());
    result(format!(
        "{file}: all tensors of {name} are there, {classes} classes, as {dialect} has them"
    ));
    Ok(DONE)
}

/// Prints every tensor that does not fit, a line each; the error names the first ones.
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
        ("missing", missing),
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
        let path = place(context, name);
        rows.push(vec![
            name.to_string(),
            match path.exists() {
                true => path.display().to_string(),
                false => format!("absent; {} weights fetch {name}", program()),
            },
        ]);
    }
    result(table(&rows));
    DONE
}
