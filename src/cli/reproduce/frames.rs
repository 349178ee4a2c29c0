//! The half of `reproduce` that predicts frames: predictors trained, scored and explained. Called by
//! [`super::run`].

use crate::data::{DataError, load_clips};
use crate::experiment::{ForecastExperiment, Resolved};

use super::{Made, ReproduceArguments, stopped};
use crate::cli::arguments::{CheckpointArguments, EvaluateArguments, ExperimentArguments};
use crate::cli::backbone::PhotoArguments;
use crate::cli::context::Context;
use crate::cli::evaluate_frames::{self, FrameArguments};
use crate::cli::explain_seq::{self, ExplainSeqArguments};
use crate::cli::failure::Complaint;
use crate::cli::train::train_unless_done;

/// The predictors, each with what is changed in it, and the base of each way: small enough for a CPU.
const NETWORKS: [(&str, Option<&str>); 3] = [
    ("convlstm", None),
    ("convlstm-narrow", None),
    // As many parameters as the two layers of convlstm have on this base.
    ("convlstm-1-layer", Some("forecast.hidden=[52]")),
];
const BASE: &str = "moving-mnist-small";
/// The quick way has one: on its base the first two are the same.
const QUICK_NETWORKS: [(&str, Option<&str>); 1] = [("convlstm", None)];
const QUICK_BASE: &str = "digits";
/// Test clips that are scored, and of those the ones whose maps are measured.
const CLIPS: Clips = Clips {
    scored: 1000,
    measured: 200,
};
const QUICK_CLIPS: Clips = Clips {
    scored: 100,
    measured: 50,
};
/// Folder of the scores below the one that the user names.
const SCORES: &str = "frames";

/// How many test clips are used.
#[derive(Clone, Copy)]
struct Clips {
    scored: usize,
    measured: usize,
}

/// What is trained, on which base, and how many clips are measured.
struct Plan {
    networks: &'static [(&'static str, Option<&'static str>)],
    base: &'static str,
    clips: Clips,
}

fn plan(arguments: &ReproduceArguments) -> Plan {
    match arguments.quick {
        true => Plan {
            networks: &QUICK_NETWORKS,
            base: QUICK_BASE,
            clips: QUICK_CLIPS,
        },
        false => Plan {
            networks: &NETWORKS,
            base: BASE,
            clips: CLIPS,
        },
    }
}

/// Fails where the digits are not there, and names the ways without them.
pub(super) fn check_data(context: &Context, arguments: &ReproduceArguments) -> anyhow::Result<()> {
    let Some(resolved) = predictors(context, arguments)?.into_iter().next() else {
        return Ok(());
    };
    let loaded = load_clips(&resolved.experiment.clips, &context.search).map(drop);
    loaded.map_err(|error| match &error {
        DataError::NotFound { dataset, .. } => {
            let fetch = context.command(&format!("data fetch {dataset}"));
            let only = context.command("reproduce --only images");
            let quick = context.command("reproduce --quick");
            let hint = format!("{fetch}, or without it: {only}, or on generated data: {quick}");
            Complaint::failed(error.to_string(), hint).into()
        }
        _ => error.into(),
    })
}

/// The predictors.
pub(super) fn predictors(
    context: &Context,
    arguments: &ReproduceArguments,
) -> anyhow::Result<Vec<Resolved<ForecastExperiment>>> {
    let Plan { networks, base, .. } = plan(arguments);
    let resolve = |(name, change): &(&str, Option<&str>)| {
        let changed = ExperimentArguments {
            base: Some(base.to_string()),
            overrides: change.iter().map(ToString::to_string).collect(),
        };
        context.experiment(name, &changed)
    };
    networks.iter().map(resolve).collect()
}

/// Trains the predictors that are not done, scores and explains them.
pub(super) fn make(
    context: &Context,
    arguments: &ReproduceArguments,
    seed: u64,
) -> anyhow::Result<Made> {
    let Plan {
        networks,
        base,
        clips,
    } = plan(arguments);
    for resolved in predictors(context, arguments)? {
        for &seed in &arguments.seeds {
            if let Some(code) = train_unless_done(context, &resolved, seed)? {
                return Ok(stopped(context, arguments, code));
            }
        }
    }
    let names: Vec<String> = networks.iter().map(|(name, _)| name.to_string()).collect();
    let mut files = evaluate_frames::draw(
        context,
        &EvaluateArguments {
            trials: names.clone(),
            photos: PhotoArguments::default(),
            base: Some(base.to_string()),
            checkpoint: "best".to_string(),
            csv: None,
            frames: FrameArguments {
                limit: Some(clips.scored),
                official: None,
                out: arguments.out.as_ref().map(|out| out.join(SCORES)),
            },
        },
    )?;
    files.extend(explain_seq::draw(
        context,
        &ExplainSeqArguments {
            experiments: names,
            checkpoint: CheckpointArguments {
                base: Some(base.to_string()),
                seed: Some(seed),
                checkpoint: None,
            },
            clips: vec![0, 1],
            target: "digit-1".to_string(),
            layers: Vec::new(),
            methods: ["grad-cam", "hires-cam"].map(str::to_string).to_vec(),
            capacity_clips: clips.measured,
            train: false,
            out: (arguments.out.as_ref()).map(|out| out.join(explain_seq::FOLDER)),
        },
    )?);
    Ok(Made::Files(files))
}
