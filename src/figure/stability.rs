//! The stability figure: the map of each training seed next to what all of them have in common.

use super::canvas::{Anchor, Canvas, Point, Stroke};
use super::colour::{diverging, share_colour};
use super::drawing::Drawing;
use super::error::FigureError;
use super::folder::FolderFigure;
use super::page::{Page, common_panel, empty_panel, scale_bar};
use super::picture::{PanelSize, Pixels, array, picture, wrong_shape};
use super::selection::{generated_note, row_seeds_note};
use super::sheet::Figure;
use super::svg_text::{checkpoint_rule, class_name, network_title};
use super::theme::{HEADING, INK, MARGIN, RULE, SMALL, STRONG};
use super::typeface::{shorten, wrap};
use crate::run::{STABILITY_JSON, SeedMap, StabilityPanel, StabilityPictures, StabilitySummaryRow};

/// Longer side of a panel in pixels.
const PANEL: usize = 160;
/// Space between panels, and before what all seeds have in common, in pixels.
const GAP: f32 = 16.0;
const COMMON_GAP: f32 = 44.0;
/// Space between rows, in pixels.
const ROW_GAP: f32 = 22.0;
/// Most seeds whose maps are shown; the others count all the same.
const MOST_SEEDS: usize = 5;
/// Narrowest page content in pixels, so that the header has room.
const NARROWEST: f32 = 1100.0;
/// A cell where the seeds' signs differ.
const DISAGREED: [u8; 3] = [0xDD; 3];

/// Draws each experiment at each layer by each method.
pub(super) const FIGURE: FolderFigure = FolderFigure {
    name: "stability",
    reads: STABILITY_JSON,
    draw: |folder| {
        let Some(pictures) = &StabilityPictures::read_if_present(folder.from)? else {
            return Ok(());
        };
        let rows: Vec<StabilitySummaryRow> = folder.rows()?;
        for row in &rows {
            folder.save(&Stability { pictures, row })?;
        }
        Ok(())
    },
};

/// The figure of one experiment at one layer by one method.
#[derive(Debug, Clone)]
pub(super) struct Stability<'a> {
    /// The pictures and maps.
    pub pictures: &'a StabilityPictures,
    /// The means over all pictures.
    pub row: &'a StabilitySummaryRow,
}

/// Where columns stand.
struct Columns {
    panel: PanelSize,
    seeds: usize,
}

impl Columns {
    /// Returns the left side of a column: the picture, the seeds, and the three of all seeds.
    fn left(&self, index: usize) -> f32 {
        let common = if index > self.seeds {
            COMMON_GAP - GAP
        } else {
            0.0
        };
        MARGIN + index as f32 * (self.panel.width as f32 + GAP) + common
    }

    fn count(&self) -> usize {
        1 + self.seeds + 3
    }
}

impl Figure for Stability<'_> {
    fn name(&self) -> String {
        let StabilitySummaryRow {
            trial,
            layer,
            method,
            ..
        } = self.row;
        format!("stability-{trial}-{layer}-{method}")
    }

    fn draw(&self) -> Result<Drawing, FigureError> {
        let panels = self.panels();
        let Some(first) = panels.first() else {
            let (wanted, known) = (self.name(), "none".to_string());
            return Err(FigureError::Nothing { wanted, known });
        };
        let set = &self.pictures.set;
        let images: Vec<_> = set.images.iter().collect();
        let columns = Columns {
            panel: common_panel(set, &images, PANEL)?,
            seeds: first.seeds.len().min(MOST_SEEDS),
        };
        let last = columns.left(columns.count() - 1) + columns.panel.width as f32;
        let title = format!(
            "{} of {} trained {} times: what stays the same",
            self.row.title,
            network_title(&self.row.network_title, &self.row.trial),
            first.seeds.len()
        );
        let content = (last - MARGIN).max(NARROWEST);
        let mut page = Page::new(content, &title, &self.subtitle());
        self.finding(&mut page, content);
        let signed = |share: f32| diverging(2.0 * share - 1.0);
        let top = page.y;
        let after = scale_bar(
            &mut page,
            MARGIN,
            "evidence: against the class",
            signed,
            "for it",
        )?;
        page.y = top;
        let spread = |share: f32| share_colour(f64::from(share));
        scale_bar(&mut page, after + 60.0, "spread: 0", spread, "1")?;
        page.y = top + SMALL.line() + ROW_GAP;
        self.heads(&mut page, &columns, first);
        for panel in &panels {
            self.draw_row(&mut page, &columns, panel)?;
        }
        page.y -= ROW_GAP;
        page.caption(&self.caption(first));
        Ok(page.finish())
    }
}

impl Stability<'_> {
    fn panels(&self) -> Vec<&StabilityPanel> {
        let StabilitySummaryRow {
            trial,
            layer,
            method,
            ..
        } = self.row;
        let own = self.pictures.panels.iter();
        own.filter(|panel| (&panel.trial, &panel.layer, &panel.method) == (trial, layer, method))
            .collect()
    }

    fn subtitle(&self) -> String {
        let row = self.row;
        let mut parts = vec![format!("{} {}", row.dataset, row.split)];
        parts.extend(generated_note(usize::from(row.generated), 1).map(str::to_string));
        parts.extend(row_seeds_note(&row.seeds));
        parts.push(format!("checkpoint: {}", checkpoint_rule(&row.checkpoint)));
        let (height, width) = (row.native_height, row.native_width);
        parts.push(format!("{}, {height} × {width} cells", row.layer));
        parts.join(" · ")
    }

    /// Writes the means over all pictures, each next to what it is to be compared with.
    fn finding(&self, page: &mut Page, content: f32) {
        let row = self.row;
        let number = |value: Option<f64>| match value {
            Some(value) => format!("{value:.2}").replace('-', "\u{2212}"),
            None => "not measured".to_string(),
        };
        let alike = format!(
            "Rank correlation between seeds {}, experiments {}, pictures {}.",
            number(row.between_seeds),
            number(row.between_experiments),
            number(row.between_pictures)
        );
        let signs = match row.signed {
            true => format!(
                "Cells with the same sign in all seeds: {:.0} % (by chance {:.0} %).",
                100.0 * row.agreed,
                100.0 * row.agreed_by_chance
            ),
            false => "These maps are never negative, so that equal signs mean nothing.".to_string(),
        };
        for text in [alike, signs] {
            let lines = wrap(&text, content, &STRONG);
            let at = (MARGIN, page.y);
            page.y = page.canvas.lines(at, Anchor::Start, &STRONG, &lines);
        }
        page.y += ROW_GAP * 0.6;
    }

    fn heads(&self, page: &mut Page, columns: &Columns, first: &StabilityPanel) {
        let seeds = first.seeds.iter().take(columns.seeds);
        let mut heads = vec!["picture".to_string()];
        heads.extend(seeds.map(|map| format!("seed {}", map.seed)));
        heads.extend(["mean", "spread", "same sign"].map(str::to_string));
        let half = columns.panel.width as f32 / 2.0;
        for (index, head) in heads.iter().enumerate() {
            let at = (columns.left(index) + half, page.y);
            page.canvas.text(at, Anchor::Middle, &HEADING, head);
        }
        page.y += HEADING.line() + 4.0;
    }

    fn draw_row(
        &self,
        page: &mut Page,
        columns: &Columns,
        panel: &StabilityPanel,
    ) -> Result<(), FigureError> {
        let (set, top, size) = (&self.pictures.set, page.y.round(), columns.panel);
        let area = |index: usize| size.at(columns.left(index).round(), top);
        let image = set.images.iter().find(|image| image.id == panel.image);
        let image = image.ok_or_else(|| FigureError::UnknownImage {
            image: panel.image.clone(),
        })?;
        let canvas = &mut page.canvas;
        canvas.picture(area(0), &picture(set, &image.pixels, size)?)?;
        for (index, map) in panel.seeds.iter().take(columns.seeds).enumerate() {
            match map.empty {
                true => empty_panel(canvas, area(1 + index)),
                false => canvas.picture(area(1 + index), &self.cells(&map.map, signed)?)?,
            }
        }
        let common = [
            (&panel.mean, signed as fn(f32) -> [u8; 3]),
            (&panel.spread, |value| share_colour(f64::from(value))),
            (&panel.agreed, |sign| match sign {
                0.0 => DISAGREED,
                sign => diverging(sign),
            }),
        ];
        for (index, (name, colour)) in common.into_iter().enumerate() {
            let area = area(1 + columns.seeds + index);
            canvas.picture(area, &self.cells(name, colour)?)?;
        }
        for index in 1..columns.count() {
            canvas.outline(area(index), Stroke::solid(RULE, 1.5));
        }
        page.y = under(canvas, columns, panel, top + size.height as f32 + 4.0) + ROW_GAP;
        Ok(())
    }

    /// Returns the map `name`, `[height, width]`, with one colour per cell.
    fn cells(&self, name: &str, colour: fn(f32) -> [u8; 3]) -> Result<Pixels, FigureError> {
        let map = array(&self.pictures.set, name)?;
        let [height, width] = map.shape[..] else {
            return Err(wrong_shape(&map.shape, name, "[height, width]"));
        };
        let pixels = Pixels {
            width,
            height,
            rgb: map.values.iter().flat_map(|value| colour(*value)).collect(),
            crisp: true,
        };
        Ok(pixels.enlarged(PANEL / width.max(height).max(1)))
    }

    fn caption(&self, first: &StabilityPanel) -> String {
        let row = self.row;
        let class = match row.target.as_str() {
            "true" => "the picture's true class".to_string(),
            name => format!("the class {}", class_name(name)),
        };
        let hidden = match first.seeds.len().saturating_sub(MOST_SEEDS) {
            0 => String::new(),
            count => format!(" {count} more seeds are not shown, but counted."),
        };
        format!(
            "{} Every map explains {class}, whatever the seed predicts; it keeps its sign and is divided \
             by its largest magnitude. Mean and spread (standard deviation) over seeds; same sign: cells \
             that are red or blue in all seeds, grey where they differ. r: Spearman's rank correlation of \
             signed maps, mean over pairs of seeds. Numbers on top: means over {} images; between \
             experiments: the same image and class; between pictures: an image and the next, by one \
             network.{hidden}",
            self.pictures.set.selection_rule.trim(),
            row.pictures,
        )
    }
}

fn signed(value: f32) -> [u8; 3] {
    diverging(value)
}

/// Writes what stands under a row's panels, and returns its bottom in pixels.
fn under(canvas: &mut Canvas, columns: &Columns, panel: &StabilityPanel, top: f32) -> f32 {
    let width = columns.panel.width as f32;
    let mut write = |index: usize, text: &str| {
        let at: Point = (columns.left(index) + width / 2.0, top);
        let style = SMALL.coloured(INK);
        let text = shorten(text, width + GAP - 4.0, &style);
        canvas.text(at, Anchor::Middle, &style, &text)
    };
    let bottom = write(0, &class_name(&panel.target_class));
    for (index, map) in panel.seeds.iter().take(columns.seeds).enumerate() {
        write(1 + index, &predicted(map, &panel.target_class));
    }
    let alike = match panel.between_seeds {
        Some(value) => format!("r {value:.2}").replace('-', "\u{2212}"),
        None => "r undefined".to_string(),
    };
    write(1 + columns.seeds, &alike);
    let share = format!("{:.0} % of cells", 100.0 * panel.agreed_share);
    write(3 + columns.seeds, &share);
    bottom
}

/// Returns what the seed predicts, as far as it matters.
fn predicted(map: &SeedMap, explained: &str) -> String {
    match map.predicted_class == explained {
        true => "predicts it".to_string(),
        false => format!("says {}", class_name(&map.predicted_class)),
    }
}

#[cfg(test)]
#[path = "stability_tests.rs"]
mod tests;
