//! Which pictures are explained: of the test split by number or by rule, or files. Called by
//! `explain` and `ablate`.

use std::path::{Path, PathBuf};

use image::imageops::FilterType;
use image::{DynamicImage, ImageDecoder, ImageReader, Limits};

use crate::data::image_set::CHANNELS;
use crate::data::{ImageSet, Normalisation, pixels_01};

use super::failure::Complaint;

/// Widest and tallest image file that is decoded, in pixels.
const MOST_PIXELS_A_SIDE: u32 = 16_384;
/// Memory that decoding an image file may take, in bytes.
const MOST_DECODING_BYTES: u64 = 1 << 30;
/// What stands before a file's name where a split's name stands before a number.
const FILE_PREFIX: &str = "image files/";
/// What to do about a file that is no image.
pub(super) const FORMATS: &str = "give PNG, JPEG, WebP or BMP files";
/// Largest value of an 8-bit channel.
const CHANNEL_MAX: f32 = 255.0;

/// Pictures to explain, all of one size.
pub(super) struct Pictures {
    /// Name of each picture, such as "cifar-100/test/7" or a file's path.
    pub(super) ids: Vec<String>,
    /// Pixels of each picture: `[channels, height, width]`, RGB, 0 to 1.
    pub(super) pixels: Vec<Vec<f32>>,
    /// True class of each picture, where known.
    pub(super) labels: Vec<Option<usize>>,
    /// Whether they are generated.
    pub(super) generated: bool,
    /// Height and width in pixels.
    pub(super) size: [usize; 2],
    /// Names of the classes.
    pub(super) class_names: Vec<String>,
    /// How the network's inputs are standardised.
    pub(super) normalisation: Normalisation,
    /// How the pictures were chosen, one sentence.
    pub(super) rule: String,
}

impl Pictures {
    /// Returns the pictures of `range` alone.
    pub(super) fn part(&self, range: std::ops::Range<usize>) -> Self {
        Self {
            ids: self.ids[range.clone()].to_vec(),
            pixels: self.pixels[range.clone()].to_vec(),
            labels: self.labels[range].to_vec(),
            class_names: self.class_names.clone(),
            rule: self.rule.clone(),
            ..*self
        }
    }
}

/// Returns images of `set` by number; each number counts once.
pub(super) fn by_index(
    set: &ImageSet,
    normalisation: Normalisation,
    indices: &[usize],
    rule: String,
) -> anyhow::Result<Pictures> {
    let mut indices = indices.to_vec();
    let mut seen = Vec::new();
    indices.retain(|index| {
        let new = !seen.contains(index);
        seen.push(*index);
        new
    });
    if let Some(index) = indices.iter().find(|index| **index >= set.len()) {
        return Err(Complaint::misused(
            format!("there is no test image {index}"),
            format!(
                "{} has test images 0 to {}",
                set.dataset_name(),
                set.len() - 1
            ),
        )
        .into());
    }
    Ok(Pictures {
        ids: indices.iter().map(|&index| set.id(index)).collect(),
        pixels: indices.iter().map(|&index| pixels_01(set, index)).collect(),
        labels: indices
            .iter()
            .map(|&index| Some(set.label(index)))
            .collect(),
        generated: set.is_generated(),
        size: [set.height(), set.width()],
        class_names: set.class_names().to_vec(),
        normalisation,
        rule,
    })
}

/// Returns the first images of `set` whose classes are pairwise different; no network has a say.
pub(super) fn by_rule(
    set: &ImageSet,
    normalisation: Normalisation,
    count: usize,
) -> anyhow::Result<Pictures> {
    let most = count.min(set.class_names().len());
    let mut classes = Vec::new();
    let mut indices = Vec::new();
    for index in 0..set.len() {
        if indices.len() < most && !classes.contains(&set.label(index)) {
            classes.push(set.label(index));
            indices.push(index);
        }
    }
    let rule = format!(
        "Pictures: the first {most} of the test split whose classes differ; no network had a say."
    );
    by_index(set, normalisation, &indices, rule)
}

/// Returns image files at the size of the images of `like`: the largest centred square, resized.
pub(super) fn from_files(
    paths: &[PathBuf],
    like: &ImageSet,
    normalisation: Normalisation,
) -> anyhow::Result<Pictures> {
    let size = [like.height(), like.width()];
    let mut pixels = Vec::new();
    for path in paths {
        let picture =
            read_picture(path, size).map_err(|message| Complaint::failed(message, FORMATS))?;
        pixels.push(picture.pixels);
    }
    Ok(Pictures {
        ids: file_ids(paths),
        labels: vec![None; paths.len()],
        pixels,
        generated: false,
        size,
        class_names: like.class_names().to_vec(),
        normalisation,
        rule: "Pictures: files, cut to the largest centred square and resized.".to_string(),
    })
}

/// An image file at the size that a network takes.
pub(super) struct FramedPicture {
    /// Pixels: `[channels, height, width]`, RGB, 0 to 1.
    pub(super) pixels: Vec<f32>,
    /// The part of the file's picture that they show.
    pub(super) frame: Frame,
}

/// The largest centred square of a picture, in the picture's own pixels as a viewer shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Frame {
    /// Width of the whole picture.
    pub(super) width: u32,
    /// Height of the whole picture.
    pub(super) height: u32,
}

impl Frame {
    /// Returns the left and the top of the square, and its side.
    pub(super) fn square(self) -> (u32, u32, u32) {
        let side = self.width.min(self.height);
        ((self.width - side) / 2, (self.height - side) / 2, side)
    }
}

/// Returns the image file at `path` at `size` pixels: the largest centred square, resized. An error
/// is a sentence that names the file.
pub(super) fn read_picture(path: &Path, size: [usize; 2]) -> Result<FramedPicture, String> {
    let decoded = decode(path).map_err(|reason| {
        let reason = reason.to_string();
        let reason = reason.trim().trim_end_matches('.');
        format!("cannot read the image \"{}\": {reason}", path.display())
    })?;
    let frame = Frame {
        width: decoded.width(),
        height: decoded.height(),
    };
    Ok(FramedPicture {
        pixels: fit(&decoded, frame, size),
        frame,
    })
}

/// Returns a name for each file: its own where no other has the same, else its path.
fn file_ids(paths: &[PathBuf]) -> Vec<String> {
    let same = |path: &Path| {
        paths
            .iter()
            .filter(move |other| other.file_name() == path.file_name())
            .count()
    };
    let name = |path: &PathBuf| match path.file_name() {
        Some(name) if same(path) == 1 => name.to_string_lossy().into_owned(),
        _ => path.display().to_string(),
    };
    paths
        .iter()
        .map(|path| format!("{FILE_PREFIX}{}", name(path)))
        .collect()
}

fn decode(path: &Path) -> anyhow::Result<DynamicImage> {
    let mut limits = Limits::default();
    limits.max_image_width = Some(MOST_PIXELS_A_SIDE);
    limits.max_image_height = Some(MOST_PIXELS_A_SIDE);
    limits.max_alloc = Some(MOST_DECODING_BYTES);
    let mut reader = ImageReader::open(path)?.with_guessed_format()?;
    reader.limits(limits);
    let mut decoder = reader.into_decoder()?;
    let orientation = decoder.orientation()?;
    let mut decoded = DynamicImage::from_decoder(decoder)?;
    decoded.apply_orientation(orientation);
    Ok(decoded)
}

/// Returns the largest centred square of `picture` at `size`, as planes of 0 to 1; transparent
/// parts are shown on white.
fn fit(picture: &DynamicImage, frame: Frame, [height, width]: [usize; 2]) -> Vec<f32> {
    let (x, y, side) = frame.square();
    let square = picture.crop_imm(x, y, side, side);
    let resized = square
        .resize_exact(width as u32, height as u32, FilterType::Triangle)
        .to_rgba8();
    let mut planes = vec![0.0; CHANNELS * height * width];
    for (place, pixel) in resized.pixels().enumerate() {
        let alpha = f32::from(pixel[3]) / CHANNEL_MAX;
        for channel in 0..CHANNELS {
            let value = f32::from(pixel[channel]) / CHANNEL_MAX;
            planes[channel * height * width + place] = value * alpha + (1.0 - alpha);
        }
    }
    planes
}
