//! A finished figure: rendered to PNG and saved with its SVG.

use std::path::{Path, PathBuf};

use image::ImageEncoder;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use resvg::{tiny_skia, usvg};

use super::error::FigureError;
use super::theme::DPI;
use super::typeface::{self, FAMILY};
use crate::run::write_atomically;

/// Endings of the files of a figure.
pub(super) const ENDINGS: [&str; 2] = ["png", "svg"];
/// Metres in an inch, for the PNG's resolution field.
const METRES_PER_INCH: f32 = 0.0254;
/// Length of the PNG signature and its header chunk: a resolution chunk may follow directly.
const PNG_HEADER_BYTES: usize = 33;
/// Fonts whose letters are as wide as those of [`FAMILY`], and what every viewer has.
const LIKE_IT: &str = "Bitstream Vera Sans, Verdana, sans-serif";

/// A figure, composed and ready to be saved.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Drawing {
    /// The figure's title.
    pub title: String,
    /// The figure as SVG, with its text as text in the font "DejaVu Sans".
    pub svg: String,
    /// Width of the PNG in pixels, at 200 per inch.
    pub width_px: u32,
    /// Height of the PNG in pixels, at 200 per inch.
    pub height_px: u32,
}

impl Drawing {
    /// Returns the figure as an opaque RGB PNG that states its resolution.
    ///
    /// # Errors
    /// [`FigureError::Render`] when the renderer refuses the SVG, [`FigureError::Encode`] when the
    /// PNG cannot be encoded.
    pub(super) fn png(&self) -> Result<Vec<u8>, FigureError> {
        let rgb = self.rgb()?;
        let mut png = encode_png(&rgb, self.width_px, self.height_px)?;
        png.splice(PNG_HEADER_BYTES..PNG_HEADER_BYTES, resolution_chunk());
        Ok(png)
    }

    /// Returns the figure's pixels, three bytes each, in rows.
    ///
    /// # Errors
    /// [`FigureError::Render`] when the renderer refuses the SVG.
    pub(super) fn rgb(&self) -> Result<Vec<u8>, FigureError> {
        let tree = self.parsed()?;
        let mut canvas = tiny_skia::Pixmap::new(self.width_px, self.height_px)
            .ok_or_else(|| self.refused("the page has no area or is too large"))?;
        canvas.fill(tiny_skia::Color::WHITE);
        let size = tree.size();
        let scale = tiny_skia::Transform::from_scale(
            self.width_px as f32 / size.width(),
            self.height_px as f32 / size.height(),
        );
        resvg::render(&tree, scale, &mut canvas.as_mut());
        // The page is opaque, so premultiplied colours are the colours.
        let pixels = canvas.pixels().iter();
        Ok(pixels
            .flat_map(|p| [p.red(), p.green(), p.blue()])
            .collect())
    }

    /// Returns the figure as SVG whose text can be edited and searched. Where the font is not installed, a
    /// viewer takes one of the same widths, or any without serifs.
    pub(super) fn saved_svg(&self) -> String {
        let own = format!("font-family=\"{FAMILY}\"");
        let named = format!("font-family=\"{FAMILY}, {LIKE_IT}\"");
        self.svg.replace(&own, &named)
    }

    /// Writes `folder/stem.png` and `folder/stem.svg`, and returns both paths.
    ///
    /// # Errors
    /// As [`Drawing::png`]; [`FigureError::Save`] when a file cannot be written;
    /// [`FigureError::Stopped`].
    pub(super) fn save(&self, folder: &Path, stem: &str) -> Result<Vec<PathBuf>, FigureError> {
        let [png, svg] = ENDINGS.map(|ending| folder.join(format!("{stem}.{ending}")));
        write_atomically(&png, &self.png()?)?;
        FigureError::unless_interrupted()?;
        write_atomically(&svg, self.saved_svg().as_bytes())?;
        Ok(vec![png, svg])
    }

    fn parsed(&self) -> Result<usvg::Tree, FigureError> {
        usvg::Tree::from_str(&self.svg, &typeface::options()).map_err(|reason| self.refused(reason))
    }

    fn refused(&self, reason: impl std::fmt::Display) -> FigureError {
        FigureError::Render {
            title: self.title.clone(),
            reason: reason.to_string(),
        }
    }
}

/// Returns `rgb`, three bytes per pixel in rows, as a PNG.
///
/// # Errors
/// [`FigureError::Encode`] with the size.
pub(super) fn encode_png(rgb: &[u8], width: u32, height: u32) -> Result<Vec<u8>, FigureError> {
    let mut png = Vec::new();
    PngEncoder::new_with_quality(&mut png, CompressionType::Default, FilterType::Adaptive)
        .write_image(rgb, width, height, image::ExtendedColorType::Rgb8)
        .map_err(|source| FigureError::Encode {
            format: "png",
            width,
            height,
            source,
        })?;
    Ok(png)
}

/// Returns the PNG chunk that states [`DPI`].
///
/// # Source
/// PNG specification, 3rd edition, 11.3.4.3 `pHYs`.
fn resolution_chunk() -> Vec<u8> {
    const METRE: u8 = 1;
    let per_metre = ((DPI / METRES_PER_INCH).round() as u32).to_be_bytes();
    let mut content = b"pHYs".to_vec();
    content.extend(per_metre);
    content.extend(per_metre);
    content.push(METRE);
    let mut crc = flate2::Crc::new();
    crc.update(&content);
    // The length counts the data without the chunk's name.
    let mut chunk = (content.len() as u32 - 4).to_be_bytes().to_vec();
    chunk.extend(content);
    chunk.extend(crc.sum().to_be_bytes());
    chunk
}

#[cfg(test)]
mod tests {
    use super::super::canvas::{Anchor, Area, Canvas};
    use super::super::theme::BODY;
    use super::*;

    fn small() -> Drawing {
        let mut canvas = Canvas::new();
        canvas.fill(
            Area {
                left: 10.0,
                top: 20.0,
                width: 30.0,
                height: 5.0,
            },
            "#FF0000",
        );
        canvas.text((60.0, 10.0), Anchor::Start, &BODY, "a < b");
        canvas.finish("a <small> figure", 200.0, 60.0)
    }

    #[test]
    fn the_png_has_the_page_size_and_the_drawn_pixels() {
        let png = small().png().expect("rendered");
        let decoded = image::load_from_memory(&png)
            .expect("a sound png")
            .to_rgb8();
        assert_eq!(decoded.dimensions(), (200, 60));
        assert_eq!(decoded.get_pixel(10, 20).0, [255, 0, 0]);
        assert_eq!(decoded.get_pixel(39, 24).0, [255, 0, 0]);
        assert_eq!(decoded.get_pixel(9, 20).0, [255, 255, 255]);
        assert_eq!(decoded.get_pixel(40, 24).0, [255, 255, 255]);
        // 200 dots per inch are 7874 per metre.
        assert_eq!(&png[37..45], b"pHYs\x00\x00\x1e\xc2");
    }

    #[test]
    fn both_files_are_saved_and_text_stays_text() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let paths = small().save(folder.path(), "small").expect("saved");
        assert_eq!(
            paths,
            [
                folder.path().join("small.png"),
                folder.path().join("small.svg")
            ]
        );
        let svg = std::fs::read_to_string(&paths[1]).expect("text");
        assert!(
            svg.contains("<title>a &lt;small&gt; figure</title>"),
            "{svg}"
        );
        assert!(svg.contains(">a &lt; b</text>"), "{svg}");
        assert!(
            svg.contains("DejaVu Sans, Bitstream Vera Sans, Verdana"),
            "{svg}"
        );
    }
}
