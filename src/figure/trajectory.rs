//! The trajectory figure: what the prediction of the next frame rests on in every hidden state that led
//! to it.
//!
//! Time runs from left to right. The large panel of each layer lays all its maps over each other, in
//! the colour of their frame, so that a track is seen at once where there is one.

use std::path::{Path, PathBuf};

use super::animation::save_animation;
use super::canvas::{Anchor, Area, Canvas, Point, Stroke};
use super::clip_view::ClipView;
use super::colour::{diverging, viridis};
use super::drawing::Drawing;
use super::error::FigureError;
use super::folder::FolderFigure;
use super::page::{Page, scale_bar};
use super::picture::PanelSize;
use super::selection::unique;
use super::sheet::Figure;
use super::theme::{BODY, HEADING, INK, MARGIN, RULE, SMALL, STRONG};
use super::typeface::wrap;
use crate::run::{SEQUENCE_JSON, SequenceSet, StateMap};

/// Side of a frame's panel in pixels.
const PANEL: usize = 128;
/// Space between panels, in pixels.
const GAP: f32 = 8.0;
/// Room for the names of the rows, in pixels.
const NAMES: f32 = 168.0;
/// Space before the large panels, in pixels.
const LARGE_GAP: f32 = 34.0;
/// Space between the blocks of rows, in pixels.
const BLOCK_GAP: f32 = 26.0;
/// Outline of a map that only repeats the prediction.
const REPEATS: Stroke = Stroke::solid(INK, 3.0).dashed(9.0, 5.0);

/// Draws each clip by each method, as a page and as an animation.
pub(super) const FIGURE: FolderFigure = FolderFigure {
    name: "trajectory",
    reads: SEQUENCE_JSON,
    draw: |folder| {
        if !folder.from.join(SEQUENCE_JSON).is_file() {
            return Ok(());
        }
        let set = &SequenceSet::read(folder.from)?;
        for clip in set.clips.iter().map(|clip| clip.id.as_str()) {
            let own = set.maps.iter().filter(|map| map.clip == clip);
            for method in unique(own.map(|map| map.method.as_str())) {
                let figure = Trajectory { set, clip, method };
                folder.save(&figure)?;
                let file = format!("{}.gif", figure.stem());
                folder.add(&[file], |into| figure.save_animation(into).map(drop))?;
            }
        }
        Ok(())
    },
};

/// The trajectory figure of one clip and one method.
#[derive(Debug, Clone)]
pub(super) struct Trajectory<'a> {
    /// What was explained.
    pub set: &'a SequenceSet,
    /// The clip's name, such as "moving-mnist/test/5".
    pub clip: &'a str,
    /// Method name, such as "grad-cam".
    pub method: &'a str,
}

impl Figure for Trajectory<'_> {
    fn name(&self) -> String {
        let number = self.clip.rsplit('/').next().unwrap_or(self.clip);
        format!("trajectory-clip-{number}-{}", self.method)
    }

    fn draw(&self) -> Result<Drawing, FigureError> {
        let view = ClipView::new(self.set, self.clip, self.method)?;
        let panel = view.panel(PANEL)?;
        let pitch = panel.width as f32 + GAP;
        let large_left = MARGIN + NAMES + view.clip.watched as f32 * pitch - GAP + LARGE_GAP;
        let large = 2.0 * panel.width as f32 + GAP;
        let title = format!(
            "{}: what the prediction of {} rests on, frame by frame",
            view.network(),
            view.target()
        );
        let content = large_left + large - MARGIN;
        let mut page = Page::new(content, &title, &view.provenance());
        bars(&mut page, view.clip.watched)?;
        let columns = Columns {
            first: MARGIN + NAMES,
            pitch,
            panel,
            large_left,
        };
        frames(&mut page, &view, &columns)?;
        for layer in (0..view.layers.len()).rev() {
            page.y += BLOCK_GAP;
            block(&mut page, &view, layer, &columns)?;
        }
        page.caption(&caption(&view));
        Ok(page.finish())
    }
}

impl Trajectory<'_> {
    /// Writes the animation into `folder` as a GIF that repeats for ever, and returns its path.
    ///
    /// # Errors
    /// As [`Figure::save`].
    pub(super) fn save_animation(&self, folder: &Path) -> Result<PathBuf, FigureError> {
        let path = folder.join(format!("{}.gif", self.stem()));
        let view = ClipView::new(self.set, self.clip, self.method)?;
        save_animation(&view, &path)?;
        Ok(path)
    }
}

/// Where the panels stand.
struct Columns {
    /// Left side of the first frame's column.
    first: f32,
    pitch: f32,
    panel: PanelSize,
    /// Left side of the large panels.
    large_left: f32,
}

impl Columns {
    fn at(&self, time: usize, top: f32) -> Point {
        (self.first + time as f32 * self.pitch, top)
    }

    fn area(&self, at: Point) -> Area {
        self.panel.at(at.0, at.1)
    }
}

/// Draws both colour scales with their ends.
fn bars(page: &mut Page, watched: usize) -> Result<(), FigureError> {
    let signed = |share: f32| diverging(2.0 * share - 1.0);
    let top = page.y;
    let after = scale_bar(page, MARGIN, "maps: against the score", signed, "for it")?;
    let last = format!("{watched} (the last seen)");
    page.y = top;
    scale_bar(page, after + 60.0, "large panels: frame 1", viridis, &last)?;
    page.y = top + SMALL.line() + BLOCK_GAP * 0.6;
    Ok(())
}

/// Draws the row of the frames, followed by truth and prediction.
fn frames(page: &mut Page, view: &ClipView<'_>, columns: &Columns) -> Result<(), FigureError> {
    let top = page.y + HEADING.line() + 6.0;
    let (canvas, half) = (&mut page.canvas, columns.panel.width as f32 / 2.0);
    row_name(
        canvas,
        top,
        "frames seen",
        "yellow: the digit's path so far",
    );
    for time in 0..view.clip.watched {
        let at = columns.at(time, top);
        let heading = (at.0 + half, page.y);
        canvas.text(heading, Anchor::Middle, &HEADING, &(time + 1).to_string());
        canvas.picture(columns.area(at), &view.frame(time, columns.panel)?)?;
        view.way(canvas, at, columns.panel, time)?;
    }
    let next = view.clip.watched;
    let pair = [
        (
            format!("{} true", next + 1),
            view.frame(next, columns.panel)?,
        ),
        ("predicted".to_string(), view.prediction(columns.panel)?),
    ];
    for (place, (word, pixels)) in pair.into_iter().enumerate() {
        let left = columns.large_left + place as f32 * columns.pitch;
        let heading = (left + half, page.y);
        canvas.text(heading, Anchor::Middle, &HEADING, &word);
        canvas.picture(columns.area((left, top)), &pixels)?;
    }
    page.y = top + columns.panel.height as f32;
    Ok(())
}

/// Draws the rows of one layer, and its large panel.
fn block(
    page: &mut Page,
    view: &ClipView<'_>,
    layer: usize,
    columns: &Columns,
) -> Result<(), FigureError> {
    let (canvas, top) = (&mut page.canvas, page.y);
    let height = columns.panel.height as f32;
    row_name(
        canvas,
        top,
        &view.layer_name(layer),
        "map of each state, in its cells",
    );
    let second = top + height + 2.0 * SMALL.line() + GAP;
    row_name(canvas, second, "", "the same over its frame");
    let newest = view.layers[layer]
        .last()
        .map_or(0.0, |map| map.gradient_norm);
    let mut bottom = second + height;
    for map in &view.layers[layer] {
        let at = columns.at(view.time(map), top);
        let (cells, over) = (columns.area(at), columns.area((at.0, second)));
        canvas.picture(cells, &view.cells(map, columns.panel)?)?;
        canvas.picture(over, &view.overlay(map, columns.panel)?)?;
        view.way(canvas, (at.0, second), columns.panel, view.time(map))?;
        let style = match map.repeats {
            true => STRONG,
            false => SMALL.coloured(INK),
        };
        let words = under((at.0, cells.bottom() + 3.0), map, newest);
        let after = canvas.text(words.0, Anchor::Start, &style, &words.1);
        canvas.text((at.0, after), Anchor::Start, &SMALL, &words.2);
        if map.repeats {
            canvas.outline(cells, REPEATS);
            canvas.outline(over, REPEATS);
        } else {
            canvas.outline(cells, Stroke::solid(RULE, 1.5));
        }
        bottom = bottom.max(over.bottom());
    }
    bottom = bottom.max(large(page, view, layer, (columns, top))?);
    page.y = bottom;
    Ok(())
}

/// The place and the two lines of words under a map: its likeness with the prediction, and the
/// gradient at its state as a share of that at the newest.
fn under(at: Point, map: &StateMap, newest: f64) -> (Point, String, String) {
    let likeness = match map.likeness {
        Some(value) => format!("r {value:.2}").replace('-', "\u{2212}"),
        None => "no map".to_string(),
    };
    let share = match newest > 0.0 {
        true => format!("|G| {:.0} %", 100.0 * map.gradient_norm / newest),
        false => "|G| 0".to_string(),
    };
    (at, likeness, share)
}

/// Draws a layer's large panel, and returns its bottom in pixels.
fn large(
    page: &mut Page,
    view: &ClipView<'_>,
    layer: usize,
    (columns, top): (&Columns, f32),
) -> Result<f32, FigureError> {
    let side = 2 * columns.panel.width + GAP as usize;
    let panel = PanelSize {
        width: side,
        height: 2 * columns.panel.height + GAP as usize,
    };
    let left = columns.large_left;
    let canvas = &mut page.canvas;
    let words = wrap(
        "all its maps on one scale: where evidence lies, and when",
        side as f32,
        &BODY,
    );
    let picture_top = canvas.lines((left, top), Anchor::Start, &BODY, &words) + 4.0;
    canvas.picture(panel.at(left, picture_top), &view.trail(layer, panel)?)?;
    view.way(canvas, (left, picture_top), panel, view.clip.watched - 1)?;
    Ok(picture_top + panel.height as f32)
}

/// Draws a row's name with a note under it.
fn row_name(canvas: &mut Canvas, top: f32, name: &str, note: &str) {
    let room = NAMES - 14.0;
    let lines = wrap(name, room, &STRONG);
    let after = match name.is_empty() {
        true => top,
        false => canvas.lines((MARGIN, top), Anchor::Start, &STRONG, &lines),
    };
    let lines = wrap(note, room, &SMALL);
    canvas.lines((MARGIN, after), Anchor::Start, &SMALL, &lines);
}

fn caption(view: &ClipView<'_>) -> String {
    let clip = view.clip;
    let repeating = view
        .layers
        .iter()
        .flatten()
        .filter(|map| map.repeats)
        .count();
    let repeats = match repeating {
        0 => "No map repeats the prediction.".to_string(),
        1 => "Framed: the map that only repeats the prediction and shows nothing of the past."
            .to_string(),
        count => format!(
            "Framed: the {count} maps that only repeat the prediction and show nothing of the past."
        ),
    };
    format!(
        "The score is the predicted frame {}, summed over {}{}; its squared error is {:.1}. Each map \
         keeps its sign and is scaled by its own largest magnitude; the large panels show what is above 0 of all \
         maps of a layer on one scale, brighter by the square root. r: correlation of the map with the \
         prediction. |G|: norm of the score's gradient at the state, as a share of that at the newest \
         state of the layer. {repeats}",
        clip.watched + 1,
        if clip.target == "frame" {
            "all its pixels"
        } else {
            "the yellow pixels of the prediction: "
        },
        match clip.target.as_str() {
            "frame" => String::new(),
            target if target.starts_with("box") => "the box".to_string(),
            _ => format!(
                "those that {} alone covers in the true frame",
                view.target()
            ),
        },
        clip.error
    )
}

#[cfg(test)]
#[path = "trajectory_tests.rs"]
mod tests;
