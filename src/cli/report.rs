//! `report`: one page of all results.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::experiment::Experiment;
use crate::model::weights::Precision;
use crate::report::{
    EmbeddedNetwork, NetworkError, NetworkSource, PAGE, ReportError, Request, shown_networks, write,
};
use crate::run::{RunManifest, list_runs};
use crate::study::export::export;
use crate::study::{Runs, StudyError, Trained, Which};

use super::context::{Context, FIGURES};
use super::failure::Complaint;
use super::output::{DONE, note, result};

/// Arguments of `report`.
#[derive(Debug, Clone, Args)]
pub(super) struct ReportArguments {
    /// Folder with figures, tables and maps; the page is written into it
    #[arg(value_name = "FOLDER", default_value = FIGURES)]
    folder: PathBuf,
    /// Networks inside the page, for the reader's own pictures [default: own if they were trained on
    /// photographs, else published]
    #[arg(long, value_enum, value_name = "WHICH")]
    networks: Option<Networks>,
}

/// Networks inside the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Networks {
    /// Those of the ablation in the folder
    Own,
    /// Those that come with camtrail
    Published,
    /// None: a smaller page
    None,
}

/// Networks to embed, and what they were trained on.
type Embedded = (Vec<EmbeddedNetwork>, String);

/// Writes the page and names it.
pub(super) fn run(context: &Context, arguments: &ReportArguments) -> anyhow::Result<u8> {
    let path = write_page(context, &arguments.folder, arguments.networks)?;
    result(format!("open {} in a browser", path.display()));
    Ok(DONE)
}

/// Writes the page of `folder`, and returns its path.
pub(super) fn write_page(
    context: &Context,
    folder: &Path,
    networks: Option<Networks>,
) -> anyhow::Result<PathBuf> {
    if !folder.is_dir() {
        let message = format!("there is no folder {folder:?}");
        return Err(Complaint::misused(message, without_results(context)).into());
    }
    let name = folder.to_string_lossy();
    let published = context.runs.published.as_ref();
    let own = std::iter::once(context.runs.checkpoints.as_path());
    let runs: Vec<&Path> = own
        .chain(published.map(|published| published.folder.as_path()))
        .collect();
    let worded = |error| in_words(context, error);
    let (networks, trained_on) = match networks {
        Some(Networks::None) => Embedded::default(),
        Some(Networks::Own) => own_networks(context, folder)?.0,
        Some(Networks::Published) => published_networks(&context.runs)?,
        None => match own_networks(context, folder)? {
            (own, true) => own,
            (own, false) => match published_networks(&context.runs)? {
                (none, _) if none.is_empty() => own,
                published => published,
            },
        },
    };
    let request = Request {
        folder,
        runs: &runs,
        command: &context.command(["report", &name]),
        networks: &networks,
        trained_on: &trained_on,
    };
    write(&request, &|| context.signals.stop()).map_err(worded)
}

/// Returns the networks of the first ablation in `folder` that still exist, and whether they were trained
/// on photographs. Their weights keep all bits: with 16, some maps would differ from the command line's.
fn own_networks(context: &Context, folder: &Path) -> anyhow::Result<(Embedded, bool)> {
    let shown = shown_networks(folder).map_err(|error| in_words(context, error))?;
    let first = shown.first().map(|(section, _, _)| section.clone());
    let mut found = Vec::new();
    for (section, name, seed) in shown {
        if Some(&section) != first.as_ref() {
            continue;
        }
        match context.runs.find::<Experiment>(&name, Some(&section), seed) {
            Ok(trained) => found.push(trained),
            Err(reason) => note(format!(
                "{name} of {section} is not put into the page: {reason}"
            )),
        }
    }
    let manifests = found
        .iter()
        .map(|trained| RunManifest::read(&trained.run.manifest()));
    let is_photographs = manifests.flatten().any(|manifest| !manifest.generated);
    Ok((
        embedded(&context.runs, &found, Precision::Single)?,
        is_photographs,
    ))
}

/// Returns the published networks.
fn published_networks(runs: &Runs) -> anyhow::Result<Embedded> {
    let Some(published) = &runs.published else {
        return Ok(Embedded::default());
    };
    // Their own folder: nothing is said of using them, and no run of the user hides one.
    let runs = Runs {
        checkpoints: published.folder.clone(),
        published: None,
        ..runs.clone()
    };
    let mut found = Vec::new();
    for run in list_runs(&published.folder)? {
        if let Some((base, name)) = run.trial().split_once('/')
            && let Ok(trained) = runs.find::<Experiment>(name, Some(base), run.seed())
        {
            found.push(trained);
        }
    }
    // They are stored so.
    embedded(&runs, &found, Precision::Half)
}

/// Returns `networks` as the page holds them, with weights in `precision`; those that its program cannot run are left out with a note.
fn embedded(runs: &Runs, networks: &[Trained], precision: Precision) -> anyhow::Result<Embedded> {
    let mut found = Embedded::default();
    for trained in networks {
        let exported = export(runs, trained, (Which::Best, precision))?;
        let model = serde_json::to_value(&trained.experiment.experiment.model)?;
        let Some((images, statistics)) = exported.images() else {
            continue;
        };
        let source = NetworkSource {
            trial: trained.run.trial(),
            seed: trained.run.seed(),
            epoch: exported.epoch(),
            model: &model,
            images,
            statistics,
            weights: &exported.content,
        };
        match EmbeddedNetwork::new(&source) {
            Ok(network) => found.0.push(network),
            Err(reason @ NetworkError::NotPlain { .. }) => note(reason.to_string()),
            Err(reason) => return Err(reason.into()),
        }
        found.1 = trained
            .experiment
            .experiment
            .data
            .dataset
            .name()
            .to_string();
    }
    Ok(found)
}

/// Returns the hint for a folder without results.
fn without_results(context: &Context) -> String {
    format!(
        "make results first: {}",
        context.command(["reproduce", "--quick"])
    )
}

fn in_words(context: &Context, error: ReportError) -> anyhow::Error {
    match error {
        ReportError::Stopped => StudyError::Stopped.into(),
        ReportError::Nothing { .. } => {
            Complaint::failed(error.to_string(), without_results(context)).into()
        }
        ReportError::Run(error) => error.into(),
        error => anyhow::Error::new(error).context(format!("cannot write {PAGE:?}")),
    }
}
