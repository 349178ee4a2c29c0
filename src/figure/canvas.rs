//! The sheet that a figure is drawn on: SVG text, built shape by shape.
//!
//! Coordinates are pixels at 200 dots per inch, from the top left corner.

use std::fmt::Write;

pub(super) use super::area::Area;
use super::colour::Marker;
use super::drawing::Drawing;
use super::error::FigureError;
use super::picture::Pixels;
use super::svg_text::escape;
use super::theme::{DPI, Style};
use super::typeface::FAMILY;

/// A place on the sheet: distance from the left and from the top, in pixels.
pub(super) type Point = (f32, f32);

/// Which part of a text stands at its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    /// The left end.
    Start,
    /// The middle.
    Middle,
    /// The right end.
    End,
}

/// How a line is stroked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Stroke {
    /// Colour, as SVG writes it.
    pub(super) colour: &'static str,
    /// Width in pixels.
    pub(super) width: f32,
    /// Lengths of dash and gap in pixels; `None` for a solid line.
    pub(super) dash: Option<(f32, f32)>,
}

impl Stroke {
    /// Returns a solid stroke of `width` pixels.
    pub(super) const fn solid(colour: &'static str, width: f32) -> Self {
        Self {
            colour,
            width,
            dash: None,
        }
    }

    /// Returns the same stroke with dashes and gaps of the given lengths in pixels.
    pub(super) const fn dashed(self, dash: f32, gap: f32) -> Self {
        Self {
            dash: Some((dash, gap)),
            ..self
        }
    }

    fn attributes(&self) -> String {
        let dash = self.dash.map_or_else(String::new, |(on, off)| {
            format!(" stroke-dasharray=\"{on} {off}\"")
        });
        format!(
            "stroke=\"{}\" stroke-width=\"{}\"{dash}",
            self.colour, self.width
        )
    }
}

/// A sheet of fixed width that grows downwards.
#[derive(Debug)]
pub(super) struct Canvas {
    body: String,
}

impl Canvas {
    /// Returns an empty sheet.
    pub(super) fn new() -> Self {
        Self {
            body: String::new(),
        }
    }

    /// Draws one line of text with the top of the line at `at`, and returns the line's bottom.
    pub(super) fn text(&mut self, at: Point, anchor: Anchor, style: &Style, text: &str) -> f32 {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        self.push(format_args!(
            "<text x=\"{:.2}\" y=\"{:.2}\" font-family=\"{FAMILY}\" font-size=\"{:.3}\" \
             font-weight=\"{}\" fill=\"{}\" text-anchor=\"{anchor}\">{}</text>",
            at.0,
            at.1 + style.ascent(),
            style.size,
            style.weight.svg(),
            style.fill,
            escape(text)
        ));
        at.1 + style.line()
    }

    /// Draws one line of text upwards, its left end at `at` and the line's middle above it.
    pub(super) fn upwards(&mut self, at: Point, style: &Style, text: &str) {
        let (x, y) = at;
        // The letters' middle is about a third of their size above the baseline.
        let baseline = x + style.size / 3.0;
        self.push(format_args!(
            "<text x=\"{baseline:.2}\" y=\"{y:.2}\" transform=\"rotate(-90 {baseline:.2} {y:.2})\" \
             font-family=\"{FAMILY}\" font-size=\"{:.3}\" font-weight=\"{}\" fill=\"{}\">{}</text>",
            style.size,
            style.weight.svg(),
            style.fill,
            escape(text)
        ));
    }

    /// Draws lines of text one under the other, the first line's top at `at`, and returns the last
    /// line's bottom.
    pub(super) fn lines(
        &mut self,
        at: Point,
        anchor: Anchor,
        style: &Style,
        lines: &[String],
    ) -> f32 {
        lines.iter().fold(at.1, |top, line| {
            self.text((at.0, top), anchor, style, line)
        })
    }

    /// Draws a filled rectangle.
    pub(super) fn fill(&mut self, area: Area, colour: &str) {
        let Area {
            left,
            top,
            width,
            height,
        } = area;
        self.push(format_args!(
            "<rect x=\"{left:.2}\" y=\"{top:.2}\" width=\"{width:.2}\" height=\"{height:.2}\" \
             fill=\"{colour}\"/>"
        ));
    }

    /// Draws the outline of a rectangle.
    pub(super) fn outline(&mut self, area: Area, stroke: Stroke) {
        let Area {
            left,
            top,
            width,
            height,
        } = area;
        self.push(format_args!(
            "<rect x=\"{left:.2}\" y=\"{top:.2}\" width=\"{width:.2}\" height=\"{height:.2}\" \
             fill=\"none\" {}/>",
            stroke.attributes()
        ));
    }

    /// Draws straight lines through `points`.
    pub(super) fn polyline(&mut self, points: &[Point], stroke: Stroke) {
        let points: Vec<String> = points
            .iter()
            .map(|(x, y)| format!("{x:.2},{y:.2}"))
            .collect();
        self.push(format_args!(
            "<polyline points=\"{}\" fill=\"none\" stroke-linejoin=\"round\" {}/>",
            points.join(" "),
            stroke.attributes()
        ));
    }

    /// Draws a data point of `radius` pixels around `at`.
    pub(super) fn marker(&mut self, marker: Marker, at: Point, radius: f32, colour: &str) {
        let (x, y) = at;
        let polygon = |corners: &[Point]| {
            let points: Vec<String> = corners
                .iter()
                .map(|(dx, dy)| format!("{:.2},{:.2}", x + dx * radius, y + dy * radius))
                .collect();
            format!(
                "<polygon points=\"{}\" fill=\"{colour}\"/>",
                points.join(" ")
            )
        };
        // Corner offsets give the shapes about the area of the disc.
        let shape = match marker {
            Marker::Disc => {
                format!("<circle cx=\"{x:.2}\" cy=\"{y:.2}\" r=\"{radius}\" fill=\"{colour}\"/>")
            }
            Marker::Ring => format!(
                "<circle cx=\"{x:.2}\" cy=\"{y:.2}\" r=\"{radius}\" fill=\"white\" \
                 stroke=\"{colour}\" stroke-width=\"{:.2}\"/>",
                radius * 0.4
            ),
            Marker::Square => polygon(&[(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)]),
            Marker::Triangle => polygon(&[(0.0, -1.2), (1.15, 0.8), (-1.15, 0.8)]),
            Marker::Diamond => polygon(&[(0.0, -1.3), (1.15, 0.0), (0.0, 1.3), (-1.15, 0.0)]),
        };
        self.push(format_args!("{shape}"));
    }

    /// Draws a picture over all of `area`.
    ///
    /// # Errors
    /// As [`Pixels::data_uri`].
    pub(super) fn picture(&mut self, area: Area, pixels: &Pixels) -> Result<(), FigureError> {
        let Area {
            left,
            top,
            width,
            height,
        } = area;
        let rendering = if pixels.crisp {
            " image-rendering=\"optimizeSpeed\""
        } else {
            ""
        };
        let uri = pixels.data_uri()?;
        self.push(format_args!(
            "<image x=\"{left:.2}\" y=\"{top:.2}\" width=\"{width:.2}\" height=\"{height:.2}\" \
             preserveAspectRatio=\"none\"{rendering} href=\"{uri}\"/>"
        ));
        Ok(())
    }

    /// Returns the finished sheet, cut to `width` by `height` pixels.
    pub(super) fn finish(self, title: &str, width: f32, height: f32) -> Drawing {
        let (width_px, height_px) = (width.ceil() as u32, height.ceil() as u32);
        let svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}in\" height=\"{}in\" \
             viewBox=\"0 0 {width_px} {height_px}\">\n<title>{}</title>\n\
             <rect width=\"{width_px}\" height=\"{height_px}\" fill=\"white\"/>\n{}</svg>\n",
            width_px as f32 / DPI,
            height_px as f32 / DPI,
            escape(title),
            self.body
        );
        Drawing {
            title: title.to_string(),
            svg,
            width_px,
            height_px,
        }
    }

    fn push(&mut self, element: std::fmt::Arguments<'_>) {
        writeln!(self.body, "{element}").expect("writing to a string cannot fail");
    }
}
