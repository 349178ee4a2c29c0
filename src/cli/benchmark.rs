//! `benchmark`: ImageNet networks compared on photographs, in figures and in tables.

use std::path::PathBuf;

use clap::Args;

use crate::model::backbones::{BackboneName, Dialect};
use crate::run::Output;
use crate::study::benchmark::{Benchmark, NETWORKS, PhotoSource, Request, SEVERAL_OBJECTS};
use crate::study::{BoxSource, Watch, WeightSource, check_once, picture_files};

use super::agreement_text;
use super::among::{all_among, one_among};
use super::context::Context;
use super::failure::Complaint;
use super::localize;
use super::localize_text;
use super::modes::{Chosen, Mode};
use super::output::{listed, note, result};
use super::score_text;
use super::shared::{OverlayArguments, at_least_one};

/// Folder of the measurements on boxes, in the folder of the benchmark.
const BOXES: &str = "boxes";
/// Folder of the tables and figures.
const FOLDER: &str = "benchmark";

/// Arguments of `benchmark`.
#[derive(Debug, Clone, Args)]
pub(super) struct BenchmarkArguments {
    /// ImageNet networks to compare, such as resnet50
    #[arg(required_unless_present_any = ["images", "several"])]
    networks: Vec<String>,
    /// Photographs to score explanations on: Average Drop, % Increase, % Win and, with several
    /// networks, the agreement of their maps
    #[arg(long, value_name = "DIR")]
    photos: Option<PathBuf>,
    /// Their classes: a CSV with the columns file,class, by name or number [default: labels.csv in
    /// the folder]
    #[arg(long, value_name = "FILE")]
    labels: Option<PathBuf>,
    /// The first N photographs [default: all]
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    limit: Option<usize>,
    /// Skip photographs that cannot be read, and count them
    #[arg(long)]
    skip_bad: bool,
    /// Objects to localise: a CSV with the columns file,class,x0,y0,x1,y1, in pixels of the
    /// picture, x1 and y1 not included; one row per object
    #[arg(long, value_name = "FILE")]
    boxes: Option<PathBuf>,
    /// Folder of those pictures [default: the CSV's]
    #[arg(long, value_name = "DIR")]
    boxed_images: Option<PathBuf>,
    /// Pictures, or folders of them, to draw with every network, one figure each [default: the first photograph]
    #[arg(long = "image", value_name = "PATH", num_args = 1..)]
    images: Vec<PathBuf>,
    /// Pictures with several objects, or folders of them, to draw with CAM, Grad-CAM and Grad-CAM++ [default: the first
    /// four of --boxes with more than one]
    #[arg(long, value_name = "PATH", num_args = 1..)]
    several: Vec<PathBuf>,
    /// Weights of a network, .pth or .safetensors with torchvision's names [default: those
    /// downloaded by `weights fetch`]
    #[arg(long = "weights", value_name = "NETWORK=FILE")]
    weights: Vec<String>,
    /// Convention that a network's weights follow: "torchvision", "tensorflow" or "caffe" [default:
    /// as stated in the file, else torchvision]
    #[arg(long = "dialect", value_name = "NETWORK=NAME")]
    dialects: Vec<String>,
    /// Names of the classes, one per line, if they are not ImageNet's
    #[arg(long, value_name = "FILE")]
    class_names: Option<PathBuf>,
    /// Accept weights that are NaN or infinite
    #[arg(long)]
    allow_nan: bool,
    /// Methods and baselines to measure, or "all" [default: all but score-cam and ablation-cam,
    /// which need many forward passes per map]
    #[arg(
        long,
        alias = "method",
        value_delimiter = ',',
        value_name = "NAME,NAME"
    )]
    methods: Vec<String>,
    /// Class to explain: "predicted", "true" or a class name; with --boxes always the class of the
    /// box
    #[arg(long, default_value = "predicted", value_name = "CLASS")]
    class: String,
    #[command(flatten)]
    overlay: OverlayArguments,
    /// Print one JSON object instead of text
    #[arg(long)]
    pub(super) json: bool,
    /// Folder for tables and figures [default: figures/benchmark]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

impl BenchmarkArguments {
    fn request(&self, watch: &dyn Watch) -> anyhow::Result<Request> {
        // `--image` and `--several` take every word after them.
        let is_network = |word: &str| word.parse::<BackboneName>().is_ok();
        let (after_images, mut images) = all_among(&self.images, is_network);
        let (after_several, several) = all_among(&self.several, is_network);
        let mut names = [self.networks.clone(), after_images, after_several].concat();
        if names.is_empty()
            && let Some((name, rest)) = one_among(&images, is_network)
        {
            (names, images) = (vec![name], rest);
        }
        Ok(Request {
            networks: self.networks(&names)?,
            methods: self.methods.clone(),
            class: self.class.clone(),
            photos: self.photos.as_ref().map(|folder| PhotoSource {
                folder: folder.clone(),
                labels: self.labels.clone(),
                limit: self.limit,
                skip_bad: self.skip_bad,
            }),
            boxes: self.boxes.as_ref().map(|csv| BoxSource {
                csv: csv.clone(),
                folder: self.boxed_images.clone(),
            }),
            images: picture_files(&images, watch)?,
            several: picture_files(&several, watch)?,
            overlay: self.overlay.overlay(),
        })
    }

    fn networks(&self, names: &[String]) -> anyhow::Result<Vec<(BackboneName, WeightSource)>> {
        let names = names.iter().map(|text| text.parse());
        let names = names.collect::<Result<Vec<BackboneName>, _>>()?;
        check_once("network", &names, BackboneName::to_string)?;
        let weights = of_networks("--weights", &self.weights, &names)?;
        let dialects = of_networks("--dialect", &self.dialects, &names)?;
        let sources = names.iter().zip(weights).zip(dialects);
        let sources = sources.map(|((name, weights), dialect)| {
            let source = WeightSource {
                file: weights.map(PathBuf::from),
                dialect: dialect.map(str::parse::<Dialect>).transpose()?,
                class_names: self.class_names.clone(),
                allow_nan: self.allow_nan,
            };
            Ok((*name, source))
        });
        sources.collect()
    }
}

/// Returns the modes: what is measured and drawn.
///
/// # Errors
/// Nothing to measure or to draw.
pub(super) fn modes(arguments: &BenchmarkArguments) -> Result<Chosen, Complaint> {
    let drawn = !arguments.images.is_empty() || !arguments.several.is_empty();
    let modes: Vec<Mode> = [
        arguments.photos.as_ref().map(|_| Mode::Photos),
        arguments.boxes.as_ref().map(|_| Mode::Located),
        drawn.then_some(Mode::Drawn),
    ]
    .into_iter()
    .flatten()
    .collect();
    if modes.is_empty() {
        let hint = "name photographs to score maps on with --photos DIR, boxes to localise them on \
                    with --boxes FILE, or pictures to draw with --image FILE or --several FILE";
        return Err(Complaint::misused(
            "there is nothing to compare the networks on",
            hint,
        ));
    }
    Ok(Chosen::all(modes))
}

/// Runs the requested measurements, draws the figures, and lists the files.
pub(super) fn run(context: &Context, arguments: &BenchmarkArguments) -> anyhow::Result<u8> {
    let runs = &context.runs;
    let request = arguments.request(context)?;
    let output = context.output(arguments.out.as_deref(), &[FOLDER])?;
    let benchmark = Benchmark::new(runs, &request, context)?;
    let mut files = score(context, &benchmark, (arguments.limit.is_some(), &output))?;
    let found = benchmark.localize(runs, context, localize_text::print)?;
    if let Some(findings) = found {
        let set = output.stage()?;
        let tables = localize::write(&findings, &set.path().join(BOXES))?;
        files.extend(tables.iter().map(|file| set.placed(file)));
        files.extend(context.finish(set, BOXES, &[])?);
    }
    let mut outdated = Vec::new();
    for folder in [NETWORKS, SEVERAL_OBJECTS] {
        outdated.extend(context.sets_left_in(&output.path().join(folder), &["explain"]));
    }
    for grid in benchmark.grids(runs, context) {
        let grid = grid?;
        let set = output.stage()?;
        grid.set.write(&set.path().join(&grid.folder))?;
        // Those of an earlier call go with the first set of this one.
        files.extend(context.finish(set, &grid.folder, &std::mem::take(&mut outdated))?);
    }
    if !benchmark.draws_several() {
        note("no figure of several objects: name pictures with --several FILE, or boxes");
    }
    Ok(listed(files))
}

/// Scores the maps on the photographs, prints and writes the tables, and returns the files.
fn score(
    context: &Context,
    benchmark: &Benchmark,
    (limited, output): (bool, &Output),
) -> anyhow::Result<Vec<PathBuf>> {
    let Some(found) = benchmark.score(&context.runs, context)? else {
        return Ok(Vec::new());
    };
    let set = output.stage()?;
    let mut files = found.scores.write(set.path())?.to_vec();
    let which = match () {
        () if limited => "the first",
        () if benchmark.is_whole() && found.skipped == 0 => "all",
        () => "these",
    };
    score_text::print(&found.scores.tables, which);
    if let Some(agreement) = &found.agreement {
        agreement_text::print(agreement);
        files.push(agreement.write(set.path())?);
    }
    if found.skipped > 0 {
        result(format!("not read, and not counted: {}", found.skipped));
    }
    if benchmark.networks() == 1 {
        note("one network has none to agree with: name several to compare their maps");
    }
    files.iter_mut().for_each(|file| *file = set.placed(file));
    context.replace(set, &[])?;
    Ok(files)
}

/// Returns the values for each of the networks, from entries of the form NETWORK=VALUE.
fn of_networks<'a>(
    option: &str,
    values: &'a [String],
    networks: &[BackboneName],
) -> anyhow::Result<Vec<Option<&'a str>>> {
    let mut found = vec![None; networks.len()];
    for text in values {
        let Some((network, value)) = text.split_once('=') else {
            let message = format!("{option} {text:?} names no network");
            let hint = format!("write it as {option} {}=...", networks[0]);
            return Err(Complaint::misused(message, hint).into());
        };
        let network: BackboneName = network.parse()?;
        let Some(place) = networks.iter().position(|known| *known == network) else {
            let message = format!("{option} is given for {network}, which is not compared");
            let known: Vec<&str> = networks.iter().map(|known| known.name()).collect();
            let hint = format!("the networks are {}", known.join(", "));
            return Err(Complaint::misused(message, hint).into());
        };
        if found[place].replace(value).is_some() {
            let message = format!("{option} is given twice for {network}");
            return Err(Complaint::misused(message, "give it once").into());
        }
    }
    Ok(found)
}
