//! Pictures to explain, with names and known facts.

use std::ops::Range;

use burn::tensor::{Device, Tensor, TensorData};

use crate::data::image_set::{CHANNELS, PIXEL_MAX};
use crate::data::photo::{Photo, View, Window};
use crate::data::{ImageSet, Normalisation, Split, Splits, pixels_01};
use crate::explain::Standardisation;
use crate::explain::localize::Truth;

/// Takes the place of a split's name for pictures from files.
pub const PICTURES: &str = "pictures";
/// Longer side of a stored and drawn whole picture, in pixels.
const SHOWN_SIDE: usize = 512;

/// Pictures of one size, as a network sees them.
#[derive(Debug, Clone)]
pub struct Pictures {
    /// Data set name, or the name of a folder or list of pictures.
    pub dataset: String,
    /// Whether they are generated.
    pub generated: bool,
    /// A split's name, or [`PICTURES`].
    pub split: String,
    /// Whether they are the complete split, not its first images or a choice.
    pub complete: bool,
    /// How the pictures were chosen, one sentence.
    pub rule: String,
    /// Name of each picture, such as "cifar-100/test/7" or a file's name.
    pub ids: Vec<String>,
    /// True class of each picture, where known.
    pub labels: Vec<Option<usize>>,
    /// The objects of each picture; empty if unknown.
    pub truths: Vec<Truth>,
    /// Height and width in pixels.
    pub size: [usize; 2],
    /// Names of the classes.
    pub class_names: Vec<String>,
    /// How the network's inputs are standardised.
    pub normalisation: Normalisation,
    /// The whole pictures, if the network sees a part of each; none or one each.
    pub wholes: Vec<Whole>,
    pixels: Pixels,
}

/// Where the pixels are.
#[derive(Debug, Clone)]
enum Pixels {
    Set(ImageSet),
    Planes(Vec<Vec<f32>>),
}

/// A picture of which the network sees a part.
#[derive(Debug, Clone)]
pub struct Whole {
    /// Pixels: `[channels, height, width]`, RGB, 0 to 1.
    pub pixels: Vec<f32>,
    /// Height and width in pixels.
    pub size: [usize; 2],
    /// The visible part: left, top, width and height as shares of the whole.
    pub seen: [f64; 4],
}

impl Whole {
    /// Returns the whole of a picture, small enough to draw.
    pub fn of(photo: &Photo, view: View) -> Self {
        let (width, height) = (photo.width(), photo.height());
        let Window {
            left,
            top,
            width: seen_width,
            height: seen_height,
        } = view.window(width, height);
        let (pixels, size) = photo.thumbnail(SHOWN_SIDE);
        let (width, height) = (width as f64, height as f64);
        Self {
            pixels,
            size,
            seen: [
                left / width,
                top / height,
                seen_width / width,
                seen_height / height,
            ],
        }
    }
}

/// Pictures with pixels in memory, and their known facts.
#[derive(Debug, Clone)]
pub struct PictureParts {
    /// As in [`Pictures`].
    pub dataset: String,
    /// As in [`Pictures`].
    pub rule: String,
    /// As in [`Pictures`].
    pub ids: Vec<String>,
    /// As in [`Pictures`].
    pub labels: Vec<Option<usize>>,
    /// Pixels of each picture: `[channels, side, side]`, RGB, 0 to 1.
    pub pixels: Vec<Vec<f32>>,
    /// Height and width in pixels.
    pub side: usize,
    /// As in [`Pictures`].
    pub class_names: Vec<String>,
    /// As in [`Pictures`].
    pub normalisation: Normalisation,
}

impl Pictures {
    /// Returns the images of `set`.
    pub fn of_set(set: ImageSet, normalisation: Normalisation) -> Self {
        let numbers = || 0..set.len();
        Self {
            dataset: set.dataset_name().to_string(),
            generated: set.is_generated(),
            split: set.split().to_string(),
            complete: true,
            rule: String::new(),
            ids: numbers().map(|image| set.id(image)).collect(),
            labels: numbers().map(|image| Some(set.label(image))).collect(),
            truths: Vec::new(),
            size: [set.height(), set.width()],
            class_names: set.class_names().to_vec(),
            normalisation,
            wholes: Vec::new(),
            pixels: Pixels::Set(set),
        }
    }

    /// Returns the images of a split, or its first `limit`.
    pub fn of_split(data: &Splits, split: Split, limit: Option<usize>) -> Self {
        let set = match split {
            Split::Train => &data.train,
            Split::Validation => &data.validation,
            Split::Test => &data.test,
        };
        let count = limit.unwrap_or(set.len()).min(set.len());
        let set = set.subset(&(0..count).collect::<Vec<_>>());
        Self {
            complete: limit.is_none(),
            ..Self::of_set(set, data.normalisation)
        }
    }

    /// Returns pictures whose pixels are in memory.
    pub fn of_parts(parts: PictureParts) -> Self {
        Self {
            dataset: parts.dataset,
            generated: false,
            split: PICTURES.to_string(),
            complete: true,
            rule: parts.rule,
            ids: parts.ids,
            labels: parts.labels,
            truths: Vec::new(),
            size: [parts.side; 2],
            class_names: parts.class_names,
            normalisation: parts.normalisation,
            wholes: Vec::new(),
            pixels: Pixels::Planes(parts.pixels),
        }
    }

    /// Returns the pictures with their objects, one entry each.
    pub fn with_truths(mut self, truths: Vec<Truth>) -> Self {
        self.truths = truths;
        self
    }

    /// Returns the images with known objects.
    pub fn with_objects(&self) -> Self {
        let Pixels::Set(set) = &self.pixels else {
            return self.clone();
        };
        let of = |annotation| Truth::of_annotation(annotation, self.size);
        let truth = |place| set.annotation(place).and_then(of);
        let found = (0..set.len()).filter_map(|place| Some((place, truth(place)?)));
        let (places, truths): (Vec<usize>, _) = found.unzip();
        self.at(&places).with_truths(truths)
    }

    /// Returns the number of pictures.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Returns whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Returns the pixels of a picture: `[channels, height, width]`, RGB, 0 to 1.
    pub fn pixels(&self, place: usize) -> Vec<f32> {
        match &self.pixels {
            Pixels::Set(set) => pixels_01(set, place),
            Pixels::Planes(planes) => planes[place].clone(),
        }
    }

    /// Returns the pictures at `places` as a tensor.
    ///
    /// # Shapes
    /// - returned: `[batch, channels, height, width]`, RGB, 0 to 1
    pub fn tensor(&self, places: Range<usize>, device: &Device) -> Tensor<4> {
        let [height, width] = self.size;
        let shape = [places.len(), CHANNELS, height, width];
        let values: Vec<f32> = places.flat_map(|place| self.pixels(place)).collect();
        Tensor::from_data(TensorData::new(values, shape), device)
    }

    /// Returns the pixels of a picture as shown, and its height and width. This is the whole
    /// picture if the network sees a part.
    pub fn shown(&self, place: usize) -> (Vec<f32>, [usize; 2]) {
        match self.wholes.get(place) {
            Some(whole) => (whole.pixels.clone(), whole.size),
            None => (self.pixels(place), self.size),
        }
    }

    /// Returns the name of a picture's true class, where known.
    pub fn true_class(&self, place: usize) -> Option<String> {
        self.labels[place].map(|label| self.class_names[label].clone())
    }

    /// Returns how the network's inputs are standardised.
    pub fn standardisation(&self) -> Standardisation<'_> {
        Standardisation {
            mean: &self.normalisation.mean,
            std: &self.normalisation.std,
        }
    }

    /// Returns only the pictures at `places`, in that order.
    pub fn at(&self, places: &[usize]) -> Self {
        fn pick<T: Clone>(items: &[T], places: &[usize]) -> Vec<T> {
            match items.is_empty() {
                true => Vec::new(),
                false => places.iter().map(|&place| items[place].clone()).collect(),
            }
        }
        Self {
            ids: pick(&self.ids, places),
            labels: pick(&self.labels, places),
            truths: pick(&self.truths, places),
            wholes: pick(&self.wholes, places),
            pixels: match &self.pixels {
                Pixels::Set(set) => Pixels::Set(set.subset(places)),
                Pixels::Planes(planes) => Pixels::Planes(pick(planes, places)),
            },
            dataset: self.dataset.clone(),
            split: self.split.clone(),
            rule: self.rule.clone(),
            class_names: self.class_names.clone(),
            ..*self
        }
    }

    /// Returns the pictures at `places`, as chosen by `rule`.
    pub fn chosen(&self, places: &[usize], rule: String) -> Self {
        Self {
            complete: false,
            rule,
            ..self.at(places)
        }
    }

    /// Returns the places of the first `count` pictures with known and pairwise different classes.
    pub fn first_of_each_class(&self, count: usize) -> Vec<usize> {
        let (mut classes, mut places) = (Vec::new(), Vec::new());
        for (place, label) in self.labels.iter().enumerate() {
            if let Some(class) = label
                && places.len() < count
                && !classes.contains(class)
            {
                classes.push(*class);
                places.push(place);
            }
        }
        places
    }
}

/// Returns pixels as stored in a data set: rounded to one of 256 levels, 0 to 1.
pub(super) fn in_levels(pixels: Vec<f32>) -> Vec<f32> {
    let level = |value: f32| (value * PIXEL_MAX).round() / PIXEL_MAX;
    pixels.into_iter().map(level).collect()
}
