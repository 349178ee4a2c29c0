//! `explain`: explanations of given images by one network.

use std::path::PathBuf;

use clap::Args;

use crate::experiment::{Experiment, known};
use crate::model::backbones::BackboneName;
use crate::run::{
    ExplanationRecord, HeadRecord, MAPS_JSON, MAPS_TENSORS, MapWriter, Output, check_folder,
    short_name,
};
use crate::study::explanation::{Explaining, FIGURES, PANELS, Request};
use crate::study::{LayerChoice, Published, Runs, Selection, Trained, Verdicts, picture_files};

use super::among::one_among;
use super::context::{Context, SANITY, folder_of};
use super::failure::Complaint;
use super::modes::{Chosen, Given, Mode};
use super::output::{DONE, listed, note, result, result_table};
use super::shared::{CheckpointArguments, FromWeights, MapArguments, OverlayArguments};

/// Folder of explanations, in that of all figures.
const FOLDER: &str = "explain";

/// Arguments of `explain`.
#[derive(Debug, Clone, Args)]
pub(super) struct ExplainArguments {
    /// Experiment, such as trial-d, or ImageNet network, such as resnet50; with --dataset the
    /// resnet50 trained here
    #[arg(required_unless_present = "images", value_name = "EXPERIMENT")]
    trial: Option<String>,
    #[command(flatten)]
    from: FromWeights,
    #[command(flatten)]
    checkpoint: CheckpointArguments,
    /// Image files, or folders of them
    #[arg(long = "image", value_name = "PATH", num_args = 1.., conflicts_with = "test_index")]
    images: Vec<PathBuf>,
    /// Images of the test split by number, from 0
    #[arg(long, value_delimiter = ',', value_name = "N,N")]
    test_index: Vec<usize>,
    #[command(flatten)]
    maps: MapArguments,
    #[command(flatten)]
    overlay: OverlayArguments,
    /// Print one JSON object instead of text
    #[arg(long)]
    pub(super) json: bool,
    /// Folder for maps and figure [default: figures/explain/EXPERIMENT-seed-N]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

impl ExplainArguments {
    /// Returns the network, and the image files and folders.
    ///
    /// # Errors
    /// No network is named.
    fn named(&self, runs: &Runs) -> Result<(String, Vec<PathBuf>), Complaint> {
        if let Some(trial) = &self.trial {
            return Ok((trial.clone(), self.images.clone()));
        }
        let trials = known(&runs.folder);
        let is_known = |word: &str| {
            trials.iter().any(|trial| trial == word) || word.parse::<BackboneName>().is_ok()
        };
        match one_among(&self.images, is_known) {
            Some((trial, images)) if !images.is_empty() || is_known(&trial) => Ok((trial, images)),
            _ => {
                let hint = "name one, such as trial-d, before or after its pictures";
                Err(Complaint::misused("no network is named", hint))
            }
        }
    }

    fn request(&self) -> anyhow::Result<Request> {
        Ok(Request {
            layers: LayerChoice::of(&self.maps.layers, LayerChoice::Ablation),
            methods: self.maps.methods()?,
            class: self.maps.class.clone(),
            quantity: self.maps.quantity.clone(),
            retrain_head: self.maps.retrain_head,
            overlay: self.overlay.overlay(),
        })
    }
}

/// Returns the mode: the kind of the network.
///
/// # Errors
/// An unknown network.
pub(super) fn mode(
    runs: &Runs,
    arguments: &ExplainArguments,
    given: &Given,
) -> anyhow::Result<Chosen> {
    let (trial, _) = arguments.named(runs)?;
    let base = arguments.checkpoint.base.as_deref();
    // With a base the name is a run trained here; without one it is the ImageNet network.
    let imagenet = trial.parse::<BackboneName>();
    match (imagenet, runs.experiment::<Experiment>(&trial, base, &[])) {
        (Ok(_), _) if base.is_none() => Ok(Chosen::new(Mode::ImageNet, &trial)),
        (Err(unknown), Err(_)) if given.wants(Mode::ImageNet, Mode::Trained) => Err(unknown.into()),
        (_, known) => known.map(|_| Ok(Chosen::new(Mode::Trained, &trial)))?,
    }
}

/// Explains the images, writes maps and figure, and prints the network's predictions.
pub(super) fn run(context: &Context, arguments: &ExplainArguments) -> anyhow::Result<u8> {
    let (trial, images) = arguments.named(&context.runs)?;
    let files = picture_files(&images, context)?;
    if files.is_empty() && arguments.test_index.is_empty() {
        let hint = match context.reads("--test-index") {
            true => {
                "name picture files with --image FILE, or images of the test split by number \
                     with --test-index 0,1"
            }
            false => "name picture files or a folder with --image FILE",
        };
        return Err(Complaint::misused("no picture to explain is named", hint).into());
    }
    match context.mode() {
        Mode::ImageNet => explain_photos(context, (trial.parse()?, &files), arguments),
        _ => explain_trained(context, (&trial, files), arguments),
    }
}

/// Explains images with a network trained here.
fn explain_trained(
    context: &Context,
    (trial, files): (&str, Vec<PathBuf>),
    arguments: &ExplainArguments,
) -> anyhow::Result<u8> {
    let (runs, which) = (&context.runs, &arguments.checkpoint);
    let trained: Trained = runs.find(trial, which.base.as_deref(), which.seed())?;
    let selection = match files.is_empty() {
        true => Selection::Numbers(arguments.test_index.clone()),
        false => Selection::Files(files),
    };
    let (which, request) = (which.which()?, arguments.request()?);
    let name = format!("{}-seed-{}", trained.run.trial(), trained.run.seed());
    let name = short_name(&name);
    let output = context.output(arguments.out.as_deref(), &[FOLDER, &name])?;
    let data = trained.experiment.experiment.data.dataset;
    let dataset = data.name();
    let base = arguments.checkpoint.base.as_deref();
    let place = [folder_of(base, dataset), SANITY];
    let verdicts = Verdicts::read(&context.figures(None, &place))?;
    let what = (&selection, &request);
    let explaining = Explaining::of_trained(runs, (&trained, which), what, context)?;
    let subject = explaining.subject();
    let mark = |record: &ExplanationRecord| verdicts.mark(subject, &record.layer, &record.method);
    let code = explain(context, &explaining, &output, mark)?;
    if data.is_generated() && matches!(selection, Selection::Files(_)) {
        note(format!(
            "warning: {trial} was trained on generated images ({dataset}); if these files are of another kind, such as \
             photographs, its answer means little"
        ));
    }
    Ok(code)
}

/// Explains photographs with an ImageNet network.
fn explain_photos(
    context: &Context,
    (name, files): (BackboneName, &[PathBuf]),
    arguments: &ExplainArguments,
) -> anyhow::Result<u8> {
    let (source, request) = (arguments.from.source()?, arguments.request()?);
    let output = context.output(arguments.out.as_deref(), &[FOLDER, name.name()])?;
    let published = Published::open(&context.runs, name, &source)?;
    let explaining = Explaining::of_published(&context.runs, published, (files, &request))?;
    explain(context, &explaining, &output, |_record| "")
}

/// Explains picture by picture, writes maps and figures into `output`, prints the network's
/// predictions, and lists the files; `mark` is the text after a method's name. What is done when the
/// work fails or is stopped is kept.
fn explain(
    context: &Context,
    explaining: &Explaining<'_>,
    output: &Output,
    mark: impl Fn(&ExplanationRecord) -> &'static str,
) -> anyhow::Result<u8> {
    check_folder(&output.path().join(PANELS))?;
    let staged = output.stage()?;
    let mut writer = MapWriter::create(staged.path())?;
    let explained = explaining.each(context, |part| anyhow::Ok(writer.add(part)?));
    let (done, all) = (writer.pictures(), explaining.pictures());
    if done == 0 {
        return explained.map(|()| DONE);
    }
    let set = writer.finish()?;
    print(&set.records, mark);
    let outdated = context.left_in(output.path(), &FIGURES);
    if let Err(error) = explained {
        context.replace(staged, &outdated)?;
        let folder = output.path().display();
        note(format!(
            "{done} of {all} pictures were explained; their maps are in \"{folder}\""
        ));
        let draw = context.command(["draw", &folder.to_string()]);
        note(format!("to draw them: {draw}"));
        return Err(error);
    }
    let drawn = context.finish(staged, "", &outdated)?;
    let panels = output.path().join(PANELS);
    let (of_panels, figure): (Vec<_>, Vec<_>) =
        drawn.iter().partition(|file| file.starts_with(&panels));
    let maps = [MAPS_JSON, MAPS_TENSORS].map(|name| output.path().join(name));
    listed(maps.iter().chain(figure));
    let count = of_panels.len();
    result(format!(
        "{} (a folder per picture, {count} files: overlay, map, explanation map, cells)",
        panels.display()
    ));
    Ok(DONE)
}

fn print(records: &[ExplanationRecord], mark: impl Fn(&ExplanationRecord) -> &'static str) {
    let header = [
        "image",
        "layer",
        "native",
        "method",
        "class",
        "confidence",
        "on the map",
        "predicted",
    ];
    let mut rows = vec![header.map(str::to_string).to_vec()];
    let explained = |record: &ExplanationRecord| match record.quantity.as_str() {
        "logit" => record.target_class.clone(),
        other => format!("{}, {other}", record.target_class),
    };
    for record in records {
        let [height, width] = record.native_size;
        let empty = if record.empty { " (empty map)" } else { "" };
        let head = record.retrained_head.as_ref();
        let head = head.map_or(String::new(), after_method);
        let mark = mark(record);
        rows.push(vec![
            record.image.clone(),
            record.layer.clone(),
            format!("{height} x {width}"),
            format!("{}{head}{mark}{empty}", record.method),
            explained(record),
            format!("{:.3}", record.confidence),
            format!("{:.3}", record.explanation_confidence),
            format!(
                "{} {:.3}",
                record.predicted_class, record.predicted_confidence
            ),
        ]);
    }
    result_table(&rows);
}

/// Returns the text after the name of a method that reads a retrained head: " (retrained head, 38.1
/// % against the network's 40.9 % on validation)".
pub(super) fn after_method(record: &HeadRecord) -> String {
    format!(
        " (retrained head, {:.1} % against the network's {:.1} % on validation)",
        100.0 * record.validation_accuracy,
        100.0 * record.network_validation_accuracy
    )
}
