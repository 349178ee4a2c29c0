//! `shapes`: generated 32 x 32 images of twelve forms over clutter, with masks and boxes.
//!
//! It replaces real data where there is none, and provides ground truth for localisation. Classes
//! differ only by form: colour, size, position, rotation, number of objects and clutter are drawn
//! independently of the class.

mod forms;
pub(in crate::data) mod options;
mod raster;
mod scene;

use std::sync::Arc;

use crate::data::dataset::{
    DataOptions, Dataset, ImageDataset, ImageShape, ObjectTruth, OptionRange, PICTURE_KEYS, Parts,
};
use crate::data::error::DataError;
use crate::data::image_set::{
    CHANNELS, ImageSet, ImageSetParts, Normalisation, PixelStore, Pixels,
};
use crate::data::locate::DataSearch;
use crate::data::origin::Origin;
use crate::data::random;
use crate::data::split::Split;
use crate::data::splits::{SourceChecksum, Splits};
use crate::run::hexadecimal;
use forms::FORM_NAMES;
use sha2::{Digest, Sha256};

pub use options::ShapesOptions;

/// Generated forms over clutter, 32 x 32 pixels in twelve classes, with masks.
pub const DATASET: Dataset = Dataset::new(&Shapes);

/// Name of the data set.
const NAME: &str = "shapes";

/// Height and width of an image, pixels.
const SIDE: usize = 32;

/// Size and classes of the images.
const SHAPE: ImageShape = ImageShape {
    side: SIDE,
    classes: FORM_NAMES.len(),
};

/// The generator's version: it changes whenever a pixel changes.
const GENERATOR: &str = "shapes generator 1";

/// Mean and standard deviation of the first 12,000 training images of seed 0, measured with
/// [`ImageSet::channel_statistics`]. Used for every seed and size, so that an image's input does
/// not depend on how many others were generated.
pub const SHAPES_NORMALISATION: Normalisation = Normalisation {
    mean: [0.499_322, 0.501_225, 0.498_187],
    std: [0.203_428, 0.203_465, 0.203_679],
};

/// Maximum number of images of a split: 3 GB of pixels.
const MOST_IMAGES: usize = 1_000_000;

#[derive(Debug)]
struct Shapes;

impl Origin for Shapes {
    fn name(&self) -> &'static str {
        NAME
    }

    fn summary(&self) -> &'static str {
        "generated: 12 forms over clutter, 32 x 32, with masks and boxes"
    }

    fn is_generated(&self) -> bool {
        true
    }
}

impl ImageDataset for Shapes {
    fn truth(&self) -> ObjectTruth {
        ObjectTruth::Masks
    }

    fn known_shape(&self) -> Option<ImageShape> {
        Some(SHAPE)
    }

    fn shape(&self, _options: &DataOptions, _search: &DataSearch) -> Result<ImageShape, DataError> {
        Ok(SHAPE)
    }

    fn ranges(&self, options: &DataOptions) -> Vec<OptionRange> {
        let shapes = &options.shapes;
        let counts = [
            ("data.shapes.train_images", shapes.train_images),
            ("data.shapes.validation_images", shapes.validation_images),
            ("data.shapes.test_images", shapes.test_images),
        ];
        counts
            .map(|(key, value)| OptionRange {
                key,
                value,
                least: SHAPE.classes,
                most: MOST_IMAGES,
            })
            .to_vec()
    }

    fn train_images(&self, options: &DataOptions) -> Option<usize> {
        Some(options.shapes.train_images)
    }

    fn reads(&self, key: &str) -> bool {
        !PICTURE_KEYS.contains(&key)
    }

    fn load(&self, options: &DataOptions, _search: &DataSearch) -> Result<Splits, DataError> {
        splits(&options.shapes)
    }

    fn parts(&self, options: &DataOptions, _search: &DataSearch) -> Result<Parts, DataError> {
        let splits = splits(&options.shapes)?;
        Ok(Parts {
            sets: vec![splits.train, splits.validation, splits.test],
            sources: splits.sources,
            warnings: splits.warnings,
        })
    }
}

/// Returns all three splits.
///
/// # Errors
/// [`DataError::Option`] for a split without images, or one too large for memory;
/// [`DataError::Interrupted`].
fn splits(options: &ShapesOptions) -> Result<Splits, DataError> {
    let split = |split, key, count| {
        if !(1..=MOST_IMAGES).contains(&count) {
            let allowed = "1 to 1000000";
            return Err(DataError::Option {
                key,
                value: count.to_string(),
                allowed,
            });
        }
        drawn((options.seed, split, count), DataError::unless_interrupted)
    };
    let train = split(
        Split::Train,
        "data.shapes.train_images",
        options.train_images,
    )?;
    let validation = split(
        Split::Validation,
        "data.shapes.validation_images",
        options.validation_images,
    )?;
    let test = split(Split::Test, "data.shapes.test_images", options.test_images)?;
    let mut sources = Vec::new();
    for set in [&train, &validation, &test] {
        DataError::unless_interrupted()?;
        sources.push(source_checksum(set, options.seed));
    }
    Ok(Splits {
        train,
        validation,
        test,
        normalisation: SHAPES_NORMALISATION,
        sources,
        warnings: Vec::new(),
    })
}

/// Returns the first `count` images of a split. Image `i` has class `i` modulo the number of
/// classes and depends only on `(seed, split, i)`, so a longer split begins with the shorter one.
pub fn generate(seed: u64, split: Split, count: usize) -> ImageSet {
    let never_stopped = || Ok::<(), std::convert::Infallible>(());
    let Ok(set) = drawn((seed, split, count), never_stopped);
    set
}

/// Returns the images that [`generate`] describes, or the error of `go_on`, which is called before
/// each.
fn drawn<E>(
    (seed, split, count): (u64, Split, usize),
    go_on: impl Fn() -> Result<(), E>,
) -> Result<ImageSet, E> {
    let stride = CHANNELS * SIDE * SIDE;
    let mut bytes = Vec::with_capacity(count * stride);
    let mut annotations = Vec::with_capacity(count);
    let purpose = format!("{NAME}/{split}");
    for i in 0..count {
        go_on()?;
        let mut rng = random::stream(seed, &purpose, i as u64);
        let scene = scene::draw(i % FORM_NAMES.len(), &mut rng);
        bytes.extend(scene.pixels);
        annotations.push(scene.annotation);
    }
    Ok(ImageSet::new(ImageSetParts {
        dataset: NAME,
        split,
        generated: true,
        class_names: class_names(),
        size: (SIDE, SIDE),
        store: PixelStore {
            pixels: Pixels::Memory {
                bytes,
                stride,
                header: 0,
            },
            labels: (0..count).map(|i| (i % FORM_NAMES.len()) as u16).collect(),
            annotations: Some(annotations),
        },
    }))
}

/// Returns the checksum of a generated split: of every image's pixels and label, in order.
fn source_checksum(set: &ImageSet, seed: u64) -> SourceChecksum {
    let mut state = Sha256::new();
    for i in 0..set.len() {
        state.update(set.pixels(i));
        state.update([set.label(i) as u8]);
    }
    SourceChecksum {
        source: format!(
            "{NAME}/{}: {GENERATOR}, seed {seed}, {} images",
            set.split(),
            set.len()
        ),
        sha256: hexadecimal(&state.finalize()),
    }
}

fn class_names() -> Arc<[String]> {
    FORM_NAMES.iter().map(|name| (*name).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checksum of the first 64 training images of seed 0. If this changes, stored runs no longer
    /// replay: increase the number in [`GENERATOR`] and note it in the changelog.
    const FIRST_64: &str = "f73034a5eef1b7332ab1081d6786f9a22cac2e0b02aaae1c24ced5ad92b81d21";

    #[test]
    fn the_same_pixels_on_every_machine() {
        let sum = source_checksum(&generate(0, Split::Train, 64), 0);
        assert_eq!(
            sum.source,
            "shapes/train: shapes generator 1, seed 0, 64 images"
        );
        assert_eq!(sum.sha256, FIRST_64);
    }

    #[test]
    fn an_image_depends_on_its_own_number_alone() {
        let (short, long) = (generate(5, Split::Test, 3), generate(5, Split::Test, 40));
        for i in 0..3 {
            assert_eq!(short.pixels(i), long.pixels(i));
            assert_eq!(short.annotation(i), long.annotation(i));
        }
        assert_ne!(long.pixels(0), generate(6, Split::Test, 1).pixels(0));
        assert_ne!(long.pixels(0), generate(5, Split::Train, 1).pixels(0));
    }

    #[test]
    fn classes_are_balanced_by_number() {
        let set = generate(1, Split::Validation, 25);
        assert_eq!(set.class_counts()[..3], [3, 2, 2]);
        assert_eq!(set.label(13), 1);
        assert_eq!(set.class_names()[1], "ring");
    }

    #[test]
    fn every_object_has_an_exact_box_and_shares_no_pixel() {
        let set = generate(2, Split::Train, 600);
        let mut by_count = [0; 4];
        for i in 0..set.len() {
            let annotation = set.annotation(i).expect("shapes have annotations");
            let areas: usize = annotation
                .instances
                .iter()
                .map(|instance| {
                    let mask = instance.mask.as_ref().expect("shapes have masks");
                    assert_eq!(mask.bounding_box(), Some(instance.bounds));
                    mask.area()
                })
                .sum();
            assert_eq!(annotation.union().map(|mask| mask.area()), Some(areas));
            by_count[annotation.instances.len()] += 1;
        }
        // Of 600, 360 have one object by design and the others two or three, if there is room.
        assert!(
            by_count[0] == 0 && by_count[1] >= 330 && by_count[2] >= 100,
            "{by_count:?}"
        );
    }

    #[test]
    fn objects_stand_out_from_what_surrounds_them() {
        // Brightness inside the mask against the rest of its box, in images with one square.
        let set = generate(3, Split::Train, 1_200);
        let mut differences = Vec::new();
        for i in (2..set.len()).step_by(FORM_NAMES.len()) {
            let annotation = set.annotation(i).expect("shapes have annotations");
            let [only] = annotation.instances.as_slice() else {
                continue;
            };
            let mask = only.mask.as_ref().expect("shapes have masks");
            let (mut inside, mut outside) = ((0.0, 0), (0.0, 0));
            for y in only.bounds.y0..only.bounds.y1 {
                for x in only.bounds.x0..only.bounds.x1 {
                    let value = f32::from(set.pixels(i)[y * SIDE + x]);
                    let side = if mask.contains(x, y) {
                        &mut inside
                    } else {
                        &mut outside
                    };
                    *side = (side.0 + value, side.1 + 1);
                }
            }
            if outside.1 > 0 {
                differences.push((inside.0 / inside.1 as f32 - outside.0 / outside.1 as f32).abs());
            }
        }
        let clear = differences
            .iter()
            .filter(|difference| **difference > 20.0)
            .count();
        // One channel of the drawn contrast (50 to 105, hue change 30); clutter may cover the rest.
        assert!(
            clear * 10 >= differences.len() * 8,
            "{clear} of {}",
            differences.len()
        );
    }

    #[test]
    fn the_recorded_statistics_are_those_of_the_images() {
        let measured = generate(0, Split::Train, 1_200).channel_statistics();
        for channel in 0..CHANNELS {
            // The means of images vary by about 0.17, so 1,200 of them determine it to 0.005; four
            // times that.
            let mean = measured.mean[channel] - SHAPES_NORMALISATION.mean[channel];
            let std = measured.std[channel] - SHAPES_NORMALISATION.std[channel];
            assert!(mean.abs() < 0.02 && std.abs() < 0.02, "{measured:?}");
        }
    }
}
