//! What is measured: networks, pictures and where their objects are. Made once by `localize`.

use std::path::Path;

use crate::cli::arguments::{LocalizeArguments, MeasureArguments};
use crate::cli::context::Context;
use crate::cli::failure::Complaint;
use crate::cli::hints;
use crate::cli::measure::{Measurement, PICTURES};
use crate::cli::output::{note, program};
use crate::data::image_set::{ImageSetParts, PIXEL_MAX, PixelStore};
use crate::data::photo::{Photo, View};
use crate::data::{ImageSet, PixelBox, Split};
use crate::experiment::Resolved;
use crate::explain::localize::Truth;

use super::boxes::{BoxedPicture, Moved, moved, read_boxes};

/// Smallest share of a box, cut off by the frame, that is told.
pub(in crate::cli) const TOLD_SHARE: f64 = 0.01;
/// Validation images from which each method's delta is chosen.
const DELTA_IMAGES: usize = 600;

/// The networks and the annotated pictures of one measurement.
pub(super) struct Subject {
    /// The networks, and the pictures that have an object.
    pub(super) measurement: Measurement,
    /// What is known of the pictures.
    pub(super) annotated: Annotated,
    /// Pictures to choose each method's delta on, with their objects; `None` where it is chosen on
    /// the measured pictures themselves.
    pub(super) tuning: Option<(ImageSet, Vec<Truth>)>,
}

/// The pictures of one measurement, and where their objects are.
pub(in crate::cli) struct Annotated {
    /// Name of each picture.
    pub(in crate::cli) ids: Vec<String>,
    /// Where the objects of each picture are.
    pub(in crate::cli) truths: Vec<Truth>,
    /// Names of the classes.
    pub(in crate::cli) class_names: Vec<String>,
    /// Data set name, or that of the CSV.
    pub(in crate::cli) dataset: String,
    /// Whether the pictures are generated.
    pub(in crate::cli) generated: bool,
    /// Which pictures: a split's name, or [`PICTURES`].
    pub(in crate::cli) split: String,
    /// Which class the maps explain: "true", "predicted" or "named".
    pub(in crate::cli) target_rule: &'static str,
}

impl Subject {
    /// Finds the networks and loads the pictures that the arguments name.
    pub(super) fn new(context: &Context, arguments: &LocalizeArguments) -> anyhow::Result<Self> {
        let measure = &arguments.measure;
        match &arguments.boxes {
            Some(csv) => of_boxes(context, measure, csv, arguments.images.as_deref()),
            None => of_split(context, measure),
        }
    }

    /// How each method's own delta was chosen, for a sentence.
    pub(super) fn delta_rule(&self) -> String {
        match &self.tuning {
            Some((set, _)) => format!("chosen on {} validation images", set.len()),
            None => self.annotated.own_delta_rule(),
        }
    }
}

impl Annotated {
    /// How each method's own delta is chosen where there are no other pictures to choose it on.
    pub(in crate::cli) fn own_delta_rule(&self) -> String {
        let which = if self.split == PICTURES {
            "pictures"
        } else {
            "images"
        };
        format!("the highest on these {which} themselves, so it flatters")
    }
}

fn of_split(context: &Context, measure: &MeasureArguments) -> anyhow::Result<Subject> {
    if let Some(trial) = measure.trials.first() {
        let shipped: Resolved = context.plain(trial, measure.base.as_deref())?;
        let dataset = shipped.experiment.data.dataset;
        if !dataset.has_objects() {
            return Err(no_objects(context, dataset.name()).into());
        }
    }
    let mut measurement = Measurement::new(context, measure)?;
    let (images, truths) = annotated(&measurement.images);
    let Some(_) = truths.first() else {
        return Err(no_objects(context, images.dataset_name()).into());
    };
    let tuning = match measure.split.parse()? {
        Split::Test => {
            let tuning = MeasureArguments {
                split: Split::Validation.to_string(),
                limit: Some(measure.limit.unwrap_or(DELTA_IMAGES).min(DELTA_IMAGES)),
                ..measure.clone()
            };
            Some(annotated(&Measurement::new(context, &tuning)?.images))
        }
        Split::Train | Split::Validation => None,
    };
    measurement.images = images;
    let images = &measurement.images;
    let annotated = Annotated {
        ids: (0..images.len()).map(|place| images.id(place)).collect(),
        truths,
        class_names: images.class_names().to_vec(),
        dataset: images.dataset_name().to_string(),
        generated: images.is_generated(),
        split: images.split().to_string(),
        target_rule: measurement.class.rule(),
    };
    Ok(Subject {
        annotated,
        tuning,
        measurement,
    })
}

fn no_objects(context: &Context, dataset: &str) -> Complaint {
    let generated = context.command("localize --base shapes");
    Complaint::failed(
        format!("{dataset} does not say where the objects of its images are"),
        format!(
            "take generated images, whose boxes and masks are known: {generated}; or give boxes \
             on pictures of your own: --boxes FILE.csv with the columns file,class,x0,y0,x1,y1"
        ),
    )
}

/// Returns the images of `set` that have an object, with their objects.
fn annotated(set: &ImageSet) -> (ImageSet, Vec<Truth>) {
    let truth = |place| set.annotation(place).and_then(Truth::of_annotation);
    let found = (0..set.len()).filter_map(|place| Some((place, truth(place)?)));
    let (places, truths): (Vec<usize>, _) = found.unzip();
    (set.subset(&places), truths)
}

fn of_boxes(
    context: &Context,
    measure: &MeasureArguments,
    csv: &Path,
    folder: Option<&Path>,
) -> anyhow::Result<Subject> {
    let mut measurement = Measurement::new(context, measure)?;
    let like = &measurement.images;
    let size = [like.height(), like.width()];
    let view = View::LargestSquare {
        side: like.height(),
    };
    let folder = folder.or(csv.parent()).unwrap_or(Path::new(""));
    let (mut bytes, mut labels, mut ids, mut truths) = (vec![], vec![], vec![], vec![]);
    for picture in read_boxes(csv, &|name| like.find_class(name), like.class_names())? {
        let photo = read_boxed(csv, (folder, "--images"), &picture)?;
        let window = view.window(photo.width(), photo.height());
        let boxes: Vec<PixelBox> = in_frame(&picture, |bounds| moved(bounds, window, size));
        let Some(truth) = Truth::of_boxes(&boxes, size) else {
            let name = picture.file.display();
            note(format!(
                "left out \"{name}\": no box lies in its centred square"
            ));
            continue;
        };
        let byte = |value: &f32| (value * PIXEL_MAX).round() as u8;
        bytes.extend(view.pixels(&photo).iter().map(byte));
        // Class numbers come from the data set, which keeps them in the same type.
        labels.push(picture.class as u16);
        ids.push(picture.file.display().to_string());
        truths.push(truth);
    }
    if truths.is_empty() {
        let message = format!(
            "no box of \"{}\" lies in a picture's centred square",
            csv.display()
        );
        let hint = "coordinates are pixels of the original picture, and a network sees its largest \
                    centred square";
        return Err(Complaint::failed(message, hint).into());
    }
    let parts = ImageSetParts {
        dataset: PICTURES,
        split: Split::Test,
        generated: false,
        class_names: like.class_names().to_vec().into(),
        size: (size[0], size[1]),
        store: PixelStore {
            stride: bytes.len() / truths.len(),
            header: 0,
            bytes,
            labels,
            annotations: None,
        },
    };
    measurement.images = ImageSet::new(parts);
    let annotated = Annotated {
        ids,
        truths,
        class_names: measurement.images.class_names().to_vec(),
        dataset: stem_of(csv),
        generated: false,
        split: PICTURES.to_string(),
        target_rule: measurement.class.rule(),
    };
    Ok(Subject {
        measurement,
        annotated,
        tuning: None,
    })
}

/// Returns what the pictures of a CSV are called together.
fn stem_of(csv: &Path) -> String {
    let stem = csv.file_stem().unwrap_or(csv.as_os_str());
    stem.to_string_lossy().into_owned()
}

/// Returns the picture of a row of the CSV `csv`, which lies in `folder`; `option` names that.
pub(in crate::cli) fn read_boxed(
    csv: &Path,
    (folder, option): (&Path, &str),
    picture: &BoxedPicture,
) -> Result<Photo, Complaint> {
    let line = picture.objects[0].line;
    let file = folder.join(&picture.file);
    Photo::read(&file).map_err(|fault| {
        let hint = match file.exists() {
            true => hints::data(&fault, program()).unwrap_or_default(),
            false => format!("files are looked for beside the CSV, or in {option} DIR"),
        };
        Complaint::failed(format!("\"{}\", line {line}: {fault}", csv.display()), hint)
    })
}

/// Returns the boxes of `picture` as the network sees them, and tells what is cut off.
fn in_frame(picture: &BoxedPicture, moved: impl Fn([f64; 4]) -> Moved) -> Vec<PixelBox> {
    let mut boxes = Vec::new();
    for object in &picture.objects {
        let tell = |what: &str| {
            let (file, line) = (picture.file.display(), object.line);
            note(format!(
                "line {line}: {what} the centred square of \"{file}\""
            ));
        };
        match moved(object.bounds) {
            Moved::Whole(bounds) => boxes.push(bounds),
            Moved::Cut(bounds, share) => {
                if share >= TOLD_SHARE {
                    tell(&format!("{:.0} % of the box lies outside", 100.0 * share));
                }
                boxes.push(bounds);
            }
            Moved::Outside => tell("the box is left out, for it lies outside"),
        }
    }
    boxes
}
