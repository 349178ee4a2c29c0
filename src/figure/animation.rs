//! The trajectory as a moving picture: the frames one by one with the maps of their states, then the
//! prediction next to the truth.

use std::path::Path;

use image::codecs::gif::{GifEncoder, Repeat};
use image::{Delay, Frame, RgbImage};

use super::canvas::{Anchor, Canvas, Stroke};
use super::clip_view::ClipView;
use super::drawing::Drawing;
use super::error::FigureError;
use super::picture::PanelSize;
use super::theme::{HEADING, INK, MARGIN, RULE, SMALL, TITLE};
use super::typeface::wrap;
use crate::run::write_atomically;

/// Side of a panel in pixels.
const PANEL: usize = 256;
/// Space between panels, in pixels.
const GAP: f32 = 24.0;
/// How long a frame stays, in milliseconds.
const FRAME_MS: u32 = 500;
/// How long the prediction stays, in milliseconds.
const LAST_MS: u32 = 2500;

/// Writes the animation to `path` as a GIF that repeats for ever.
///
/// # Errors
/// [`FigureError`] names the array that is missing, or the file that cannot be written.
pub(super) fn save_animation(view: &ClipView<'_>, path: &Path) -> Result<(), FigureError> {
    let mut bytes = Vec::new();
    let mut encoder = GifEncoder::new_with_speed(&mut bytes, 10);
    let mut size = (0, 0);
    let steps = steps(view)?;
    let last = steps.len() - 1;
    let encoded = encoder.set_repeat(Repeat::Infinite).and_then(|()| {
        for (place, (drawing, rgb)) in steps.into_iter().enumerate() {
            size = (drawing.width_px, drawing.height_px);
            let picture = RgbImage::from_raw(size.0, size.1, rgb)
                .expect("a drawing has three bytes for each of its pixels");
            let picture = image::DynamicImage::ImageRgb8(picture).into_rgba8();
            let stays = if place == last { LAST_MS } else { FRAME_MS };
            let delay = Delay::from_numer_denom_ms(stays, 1);
            encoder.encode_frame(Frame::from_parts(picture, 0, 0, delay))?;
        }
        Ok(())
    });
    drop(encoder);
    encoded.map_err(|source| FigureError::Encode {
        format: "gif",
        width: size.0,
        height: size.1,
        source,
    })?;
    Ok(write_atomically(path, &bytes)?)
}

/// The drawing of each step with its pixels: one per frame that is seen, then the prediction.
fn steps(view: &ClipView<'_>) -> Result<Vec<(Drawing, Vec<u8>)>, FigureError> {
    let steps = (0..=view.clip.watched).map(|time| {
        let drawing = step(view, time)?;
        let rgb = drawing.rgb()?;
        Ok((drawing, rgb))
    });
    steps.collect()
}

/// Draws the step of frame `time`; the one after the last seen is the prediction's.
fn step(view: &ClipView<'_>, time: usize) -> Result<Drawing, FigureError> {
    let panel = view.panel(PANEL)?;
    let columns = 1 + view.layers.len();
    let pitch = panel.width as f32 + GAP;
    let content = columns as f32 * pitch - GAP;
    let mut canvas = Canvas::new();
    let title = format!("{}: {}", view.network(), view.target());
    let lines = wrap(&title, content, &TITLE);
    let mut y = canvas.lines((MARGIN, MARGIN * 0.6), Anchor::Start, &TITLE, &lines);
    let lines = wrap(&view.provenance(), content, &SMALL);
    y = canvas.lines((MARGIN, y), Anchor::Start, &SMALL, &lines) + GAP * 0.6;
    let left = |column: usize| MARGIN + column as f32 * pitch;
    let top = y + HEADING.line() + 4.0;
    let bottom = top + panel.height as f32;
    let head = |canvas: &mut Canvas, column: usize, text: &str| {
        canvas.text((left(column), y), Anchor::Start, &HEADING, text);
    };
    if time < view.clip.watched {
        head(
            &mut canvas,
            0,
            &format!("frame {} of {}", time + 1, view.clip.watched),
        );
        canvas.picture(panel.at(left(0), top), &view.frame(time, panel)?)?;
        view.way(&mut canvas, (left(0), top), panel, time)?;
        for (column, layer) in (0..view.layers.len()).rev().enumerate() {
            let map = view.layers[layer][time];
            let at = (left(column + 1), top);
            head(&mut canvas, column + 1, &view.layer_name(layer));
            canvas.picture(panel.at(at.0, at.1), &view.overlay(map, panel)?)?;
            view.way(&mut canvas, at, panel, time)?;
            let words = match (map.likeness, map.repeats) {
                (_, true) => "only repeats the prediction".to_string(),
                (Some(value), false) => format!("correlation with the prediction {value:.2}"),
                (None, false) => "no map".to_string(),
            };
            let words = wrap(&words, panel.width as f32, &SMALL);
            canvas.lines(
                (at.0, bottom + 4.0),
                Anchor::Start,
                &SMALL.coloured(INK),
                &words,
            );
        }
    } else {
        head(&mut canvas, 0, &format!("frame {}, true", time + 1));
        canvas.picture(panel.at(left(0), top), &view.frame(time, panel)?)?;
        head(&mut canvas, 1, "predicted");
        canvas.picture(panel.at(left(1), top), &view.prediction(panel)?)?;
        let words = format!("squared error {:.1}", view.clip.error);
        canvas.text(
            (left(1), bottom + 4.0),
            Anchor::Start,
            &SMALL.coloured(INK),
            &words,
        );
        frame_trail(&mut canvas, view, (left(2), y, top), panel)?;
    }
    let end = bottom + 2.0 * SMALL.line() + 8.0;
    canvas.polyline(
        &[(MARGIN, end), (MARGIN + content, end)],
        Stroke::solid(RULE, 2.0),
    );
    let note = "red: for the prediction · blue: against it · yellow: the path of the digit";
    let lines = wrap(note, content, &SMALL);
    let end = canvas.lines((MARGIN, end + 6.0), Anchor::Start, &SMALL, &lines);
    Ok(canvas.finish(&title, content + 2.0 * MARGIN, end + MARGIN * 0.5))
}

/// Draws all maps of the lowest layer in one panel, where there is room for a third.
fn frame_trail(
    canvas: &mut Canvas,
    view: &ClipView<'_>,
    (left, heading, top): (f32, f32, f32),
    panel: PanelSize,
) -> Result<(), FigureError> {
    if view.layers.len() < 2 {
        return Ok(());
    }
    let words = format!("{}, all maps", view.layer_name(0));
    canvas.text((left, heading), Anchor::Start, &HEADING, &words);
    canvas.picture(panel.at(left, top), &view.trail(0, panel)?)?;
    view.way(canvas, (left, top), panel, view.clip.watched - 1)
}
