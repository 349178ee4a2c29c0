//! Decodes an image file to RGB pixels, as a viewer shows it.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits, RgbImage};

use super::exif;
use super::guard::guarded;
use super::jpeg::{JPEG_START, reaches_its_end};
use crate::data::error::DataError;
use crate::run::{open_regular, read_regular};

/// Maximum width and height of a decoded picture, in pixels.
const MOST_PIXELS_A_SIDE: u32 = 16_384;
/// Maximum memory of a decoded picture, in bytes.
const MOST_DECODED_BYTES: u64 = 1 << 30;
/// How to fix a file that is not a picture.
pub const PICTURE_FORMATS: &str = "give PNG, JPEG, WebP or BMP files";
/// Name endings of those formats.
const ENDINGS: [&str; 8] = ["png", "jpg", "jpeg", "jpe", "jfif", "webp", "bmp", "gif"];
/// Those of the formats that their first bytes identify; two bytes of a BMP do not suffice.
const IDENTIFIED: [ImageFormat; 4] = [
    ImageFormat::Png,
    ImageFormat::Jpeg,
    ImageFormat::WebP,
    ImageFormat::Gif,
];
/// Number of bytes that identify them.
const START_BYTES: u64 = 16;
/// How to fix a file that the system cannot read.
const UNREADABLE: &str = "name a picture file that is there and may be read";
/// How to fix a picture with too many pixels.
const TOO_LARGE: &str = "make it smaller first; a network sees a few hundred pixels of it";
/// How to fix a truncated file.
const CUT: &str = "copy or download it again";
/// Largest value of an 8-bit channel.
const CHANNEL_MAX: u32 = 255;

/// A decoded picture: 8-bit RGB, upright.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Photo {
    pixels: RgbImage,
}

impl Photo {
    /// Returns the picture in the file at `path`. Its format is detected from the content, not the
    /// name.
    ///
    /// The conversion is fixed. The EXIF rotation is applied; grey becomes equal red, green and
    /// blue; 16 bits are rounded to 8; transparency is shown on white; CMYK is converted by its
    /// complement, without a colour profile.
    ///
    /// # Errors
    /// [`DataError::Picture`] with the file and the reason: not an image, truncated, more than
    /// 16,384 pixels per side or 1 GiB decoded (checked in the header, before memory is allocated),
    /// 0 pixels, or so damaged that its decoder panics. [`DataError::Interrupted`].
    pub fn read(path: &Path) -> Result<Self, DataError> {
        DataError::unless_interrupted()?;
        Ok(Self {
            pixels: on_white(checked(path, decode)?),
        })
    }

    /// Returns the width and height in pixels of the upright picture in the file at `path`, from its
    /// header alone.
    ///
    /// # Errors
    /// As [`read`](Self::read), except for damage after the header.
    pub fn size_of(path: &Path) -> Result<[usize; 2], DataError> {
        checked(path, |path| {
            let (decoder, orientation) = header(reader(path)?)?;
            let (width, height) = decoder.dimensions();
            Ok(match is_quarter_turn(orientation) {
                true => [height, width],
                false => [width, height],
            }
            .map(|side| side as usize))
        })
    }

    /// Returns a picture of `width` x `height` pixels whose pixel at (x, y) is `pixel(x, y)`.
    ///
    /// # Panics
    /// If a side is 0.
    pub fn from_fn(width: u32, height: u32, pixel: impl Fn(u32, u32) -> [u8; 3]) -> Self {
        assert!(width > 0 && height > 0, "a picture of {width} x {height}");
        Self {
            pixels: RgbImage::from_fn(width, height, |x, y| image::Rgb(pixel(x, y))),
        }
    }

    /// Returns the width in pixels, at least 1.
    pub fn width(&self) -> usize {
        self.pixels.width() as usize
    }

    /// Returns the height in pixels, at least 1.
    pub fn height(&self) -> usize {
        self.pixels.height() as usize
    }

    /// Returns the pixels, 0 to 255.
    ///
    /// # Shapes
    /// `[height, width, channels]`, row-major.
    pub fn pixels(&self) -> &[u8] {
        self.pixels.as_raw()
    }
}

/// Returns whether the file at `path` is a picture that [`Photo::read`] may decode: by its name or
/// else by its first bytes.
pub fn is_picture(path: &Path) -> bool {
    let ending = path.extension().unwrap_or_default().to_string_lossy();
    if ENDINGS.contains(&ending.to_ascii_lowercase().as_str()) {
        return path.is_file();
    }
    let mut start = Vec::new();
    let read = open_regular(path).and_then(|file| file.take(START_BYTES).read_to_end(&mut start));
    let format = image::guess_format(&start).ok();
    read.is_ok() && format.is_some_and(|format| IDENTIFIED.contains(&format))
}

/// What is wrong with a file, and how to fix it.
struct Fault {
    problem: String,
    remedy: &'static str,
}

impl Fault {
    fn new(problem: impl ToString, remedy: &'static str) -> Self {
        let problem = problem.to_string();
        Self { problem, remedy }
    }

    /// Returns the error for a file of no known format.
    fn format(problem: impl ToString) -> Self {
        Self::new(problem, PICTURE_FORMATS)
    }

    /// Returns the error of a decoder.
    fn decoding(error: ImageError) -> Self {
        match error {
            ImageError::Limits(_) => Self::new("its header claims too many pixels", TOO_LARGE),
            error => Self::format(error),
        }
    }
}

/// Returns what `read` returns for the file at `path`; a panic of its decoder is an error of the file.
fn checked<T>(path: &Path, read: impl FnOnce(&Path) -> Result<T, Fault>) -> Result<T, DataError> {
    let found = guarded(|| read(path))
        .unwrap_or_else(|fault| Err(Fault::format(format!("its decoder gave up: {fault}"))));
    found.map_err(|Fault { problem, remedy }| DataError::Picture {
        path: path.to_path_buf(),
        problem: problem.trim().trim_end_matches('.').to_string(),
        remedy,
    })
}

/// Returns a reader of the file at `path`, of the format of its content or else of its name.
fn reader(path: &Path) -> Result<ImageReader<BufReader<File>>, Fault> {
    let unreadable = |error: std::io::Error| Fault::new(error, UNREADABLE);
    let file = open_regular(path).map_err(unreadable)?;
    let mut reader = ImageReader::new(BufReader::new(file));
    if let Ok(format) = ImageFormat::from_path(path) {
        reader.set_format(format);
    }
    reader.with_guessed_format().map_err(unreadable)
}

/// Returns the decoder of a picture with an acceptable size, and its orientation.
fn header<'a>(
    mut reader: ImageReader<BufReader<File>>,
) -> Result<(impl ImageDecoder + 'a, Orientation), Fault> {
    // Sides are compared below, where the message can state them.
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(MOST_DECODED_BYTES);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(Fault::decoding)?;
    let (width, height) = decoder.dimensions();
    if width == 0 || height == 0 {
        return Err(Fault::format(format!("it has {width} x {height} pixels")));
    }
    if width > MOST_PIXELS_A_SIDE || height > MOST_PIXELS_A_SIDE {
        let most = format!("{MOST_PIXELS_A_SIDE} a side are the most");
        let problem = format!("it has {width} x {height} pixels, {most}");
        return Err(Fault::new(problem, TOO_LARGE));
    }
    let bytes = decoder.total_bytes();
    if bytes > MOST_DECODED_BYTES {
        let most = format!("{MOST_DECODED_BYTES} are the most");
        let problem = format!("its {width} x {height} pixels take {bytes} bytes, {most}");
        return Err(Fault::new(problem, TOO_LARGE));
    }
    let block = decoder.exif_metadata().map_err(Fault::decoding)?;
    let orientation = block.and_then(|block| exif::orientation(&block));
    Ok((decoder, orientation.unwrap_or(Orientation::NoTransforms)))
}

/// Returns whether width and height change places.
fn is_quarter_turn(orientation: Orientation) -> bool {
    use Orientation::{Rotate90, Rotate90FlipH, Rotate270, Rotate270FlipH};
    matches!(
        orientation,
        Rotate90 | Rotate90FlipH | Rotate270 | Rotate270FlipH
    )
}

fn decode(path: &Path) -> Result<DynamicImage, Fault> {
    let reader = reader(path)?;
    // Its decoder would fill missing parts with grey. If the content has no known format, this one
    // may come from the file's name.
    if reader.format() == Some(ImageFormat::Jpeg) {
        let content = read_regular(path).map_err(|error| Fault::new(error, UNREADABLE))?;
        if content.starts_with(&JPEG_START) && !reaches_its_end(&content) {
            return Err(Fault::new("the file ends before the picture does", CUT));
        }
    }
    let (decoder, orientation) = header(reader)?;
    let mut decoded = DynamicImage::from_decoder(decoder).map_err(Fault::decoding)?;
    decoded.apply_orientation(orientation);
    Ok(decoded)
}

/// Returns `picture` in RGB, with transparency shown on white.
fn on_white(picture: DynamicImage) -> RgbImage {
    if !picture.color().has_alpha() {
        return picture.into_rgb8();
    }
    let picture = picture.into_rgba8();
    RgbImage::from_fn(picture.width(), picture.height(), |x, y| {
        let [red, green, blue, alpha] = picture.get_pixel(x, y).0;
        image::Rgb([red, green, blue].map(|value| {
            let (value, alpha) = (u32::from(value), u32::from(alpha));
            let mixed = value * alpha + CHANNEL_MAX * (CHANNEL_MAX - alpha);
            // A mean of two values of at most 255.
            ((mixed + CHANNEL_MAX / 2) / CHANNEL_MAX) as u8
        }))
    })
}

#[cfg(test)]
#[path = "decode_tests.rs"]
mod tests;
