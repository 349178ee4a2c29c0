//! Sizes, greys and text styles that every figure shares.
//!
//! A figure's unit is the pixel at 200 dots per inch, so that embedded pictures fall on whole
//! pixels of the PNG; text sizes are given in points and are at least 8 at print size.

/// Resolution of the PNG, in pixels per inch.
pub(super) const DPI: f32 = 200.0;
/// Points in an inch.
const POINTS_PER_INCH: f32 = 72.0;
/// White space around a figure, in pixels.
pub(super) const MARGIN: f32 = 50.0;
/// Colour of the main text.
pub(super) const INK: &str = "#1A1A1A";
/// Colour of secondary text; contrast 7 to 1 on white.
pub(super) const QUIET: &str = "#555555";
/// Colour of grid lines and frames.
pub(super) const RULE: &str = "#D9D9D9";
/// Line height as a multiple of the text size; the font's own box is 1.17.
const LEADING: f32 = 1.28;
/// From the top of a line to its baseline, as a multiple of the text size; the font's own ascent
/// is 0.93.
const ASCENT: f32 = 0.96;

/// Stroke weight of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Weight {
    /// Normal text.
    Regular,
    /// Titles and names.
    Bold,
}

impl Weight {
    /// Returns the weight as SVG writes it.
    pub(super) fn svg(self) -> &'static str {
        match self {
            Self::Regular => "400",
            Self::Bold => "700",
        }
    }
}

/// How a piece of text looks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Style {
    /// Text size in pixels.
    pub(super) size: f32,
    /// Stroke weight.
    pub(super) weight: Weight,
    /// Colour, as SVG writes it.
    pub(super) fill: &'static str,
}

impl Style {
    const fn new(points: f32, weight: Weight, fill: &'static str) -> Self {
        Self {
            size: points * DPI / POINTS_PER_INCH,
            weight,
            fill,
        }
    }

    /// Returns the same style in another colour.
    pub(super) const fn coloured(self, fill: &'static str) -> Self {
        Self { fill, ..self }
    }

    /// Returns the height of one line in pixels.
    pub(super) fn line(&self) -> f32 {
        (self.size * LEADING).ceil()
    }

    /// Returns the distance from a line's top to its baseline in pixels.
    pub(super) fn ascent(&self) -> f32 {
        self.size * ASCENT
    }
}

/// A figure's title.
pub(super) const TITLE: Style = Style::new(12.0, Weight::Bold, INK);
/// The lines under the title.
pub(super) const SUBTITLE: Style = Style::new(9.0, Weight::Regular, QUIET);
/// Headings of blocks, columns and panels.
pub(super) const HEADING: Style = Style::new(9.0, Weight::Bold, INK);
/// Running text in cells.
pub(super) const BODY: Style = Style::new(8.5, Weight::Regular, INK);
/// Axis numbers, captions and other secondary text.
pub(super) const SMALL: Style = Style::new(8.0, Weight::Regular, QUIET);
/// Names inside running text.
pub(super) const STRONG: Style = Style::new(8.5, Weight::Bold, INK);
