//! Pictures with their objects and where each method's map places them: pictures down,
//! methods across.

use super::canvas::{Anchor, Area, Canvas, Point, Stroke};
use super::drawing::Drawing;
use super::error::FigureError;
use super::folder::FolderFigure;
use super::heat::overlay;
use super::page::{Page, empty_panel};
use super::picture::{PanelSize, array, picture, picture_size};
use super::selection::generated_note;
use super::sheet::Figure;
use super::svg_text::{class_name, network_title};
use super::theme::{BODY, INK, MARGIN, SMALL, STRONG};
use super::typeface::{shorten, width, wrap_at_most};
use crate::run::{LOCALIZATION_JSON, LocalizedMap, LocalizedPicture, LocalizedPictures};

/// Longer side of a panel in pixels, for few columns and for many.
const PANEL_FEW: usize = 192;
const PANEL_MANY: usize = 160;
/// Columns up to which the larger panel is used.
const FEW_COLUMNS: usize = 6;
/// Width of the text that names a row, and space between panels, in pixels.
const ROW_TEXT: f32 = 200.0;
const PANEL_GAP: f32 = 14.0;
const ROW_GAP: f32 = 18.0;
/// Narrowest page content in pixels, so that the header has room.
const NARROWEST: f32 = 1000.0;
/// Dark line under each bright one, so that it is seen on any colour.
const UNDER: &str = "#000000";
/// Line of a true box and of an object's outline.
const TRUE_BOX: Stroke = Stroke::solid("#FFFFFF", 3.0);
const OUTLINE: Stroke = Stroke::solid("#FFFFFF", 1.6);
/// Line of the box that a map implies: no colour of the heat map is near.
const IMPLIED: Stroke = Stroke::solid("#FF4B3E", 3.6).dashed(11.0, 6.0);
/// How much wider the dark line is, in pixels.
const UNDER_MORE: f32 = 2.2;
/// Width and height of a legend's sample in pixels.
const KEY: (f32, f32) = (46.0, 30.0);

/// The folder of the pictures, one per network and layer, below that of the figures.
const PICTURES: &str = "pictures";

/// Draws the pictures of each network and layer.
pub(super) const FIGURE: FolderFigure = FolderFigure {
    name: "boxes",
    reads: PICTURES,
    draw: |folder| {
        for pictures in folder.folders_in(PICTURES)? {
            if pictures.join(LOCALIZATION_JSON).is_file() {
                let name = pictures.file_name().unwrap_or_default();
                folder.save(&LocalizationPictures {
                    name: name.to_string_lossy().into_owned(),
                    pictures: &LocalizedPictures::read(&pictures)?,
                })?;
            }
        }
        Ok(())
    },
};

/// The picture grid of one network at one layer.
#[derive(Debug, Clone)]
pub(super) struct LocalizationPictures<'a> {
    /// Name of their folder, which differs from those of other networks and layers.
    pub name: String,
    /// What was measured.
    pub pictures: &'a LocalizedPictures,
}

impl Figure for LocalizationPictures<'_> {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn draw(&self) -> Result<Drawing, FigureError> {
        let about = self.pictures;
        let Some(first) = about.pictures.first() else {
            let (wanted, known) = ("pictures with boxes".to_string(), "none".to_string());
            return Err(FigureError::Nothing { wanted, known });
        };
        let columns = first.maps.len() + 1;
        let target = if columns <= FEW_COLUMNS {
            PANEL_FEW
        } else {
            PANEL_MANY
        };
        let (height, wide) = picture_size(&about.set, &first.pixels)?;
        let panel = PanelSize::fit(wide, height, target);
        let pitch = panel.width as f32 + PANEL_GAP;
        let content = ROW_TEXT + columns as f32 * pitch - PANEL_GAP;
        let [rows, cells] = about.native_size;
        let title = format!(
            "Where the objects are, and where the maps of {} place them: {}, {rows} × {cells} cells",
            network_title(&about.network_title, &about.trial),
            about.layer
        );
        let mut page = Page::new(content.max(NARROWEST), &title, &self.subtitle());
        page.colour_bar(self.pictures.set.drawn_as.overlay, ", over the picture")?;
        self.legend(&mut page);
        let left = |column: usize| MARGIN + ROW_TEXT + column as f32 * pitch;
        let titles = first.maps.iter().map(|map| map.title.as_str());
        let titles: Vec<Vec<String>> = std::iter::once("picture")
            .chain(titles)
            .map(|title| wrap_at_most(title, pitch, &STRONG, 2))
            .collect();
        let most = titles.iter().map(Vec::len).max().unwrap_or(1);
        for (column, lines) in titles.iter().enumerate() {
            let down = (most - lines.len()) as f32 * STRONG.line();
            let at = (left(column) + panel.width as f32 / 2.0, page.y + down);
            page.canvas.lines(at, Anchor::Middle, &STRONG, lines);
        }
        page.y += most as f32 * STRONG.line() + 4.0;
        for picture in &about.pictures {
            let top = page.y.round();
            row_text(&mut page.canvas, (MARGIN, top), picture);
            self.input(
                &mut page.canvas,
                panel.at(left(0).round(), top),
                (picture, panel),
            )?;
            for (index, map) in picture.maps.iter().enumerate() {
                let area = panel.at(left(index + 1).round(), top);
                self.map(&mut page.canvas, area, (picture, map, panel))?;
            }
            page.y = top + panel.height as f32 + SMALL.line() + ROW_GAP;
        }
        page.y -= ROW_GAP;
        page.caption(&format!(
            "{} Under each map: Loc({d}), the IoU of its pixels above {d} and the boxes' union, \
             then the IoU of the box that it implies, around its largest connected part above {d}, \
             and the best of the true boxes.",
            about.selection_rule,
            d = about.delta
        ));
        Ok(page.finish())
    }
}

impl LocalizationPictures<'_> {
    fn subtitle(&self) -> String {
        let about = self.pictures;
        let mut parts = vec![match about.split == "pictures" {
            true => about.dataset.clone(),
            false => format!("{} {}", about.dataset, about.split),
        }];
        parts.extend(generated_note(usize::from(about.generated), 1).map(str::to_string));
        parts.push(match &about.pretrained {
            Some(file) => format!("weights: {file}"),
            None => format!("seed {}, epoch {}", about.seed, about.epoch),
        });
        parts.push(format!("maps of the {} class", about.target_rule));
        parts.join(" · ")
    }

    /// Draws what the lines stand for.
    fn legend(&self, page: &mut Page) {
        let masks = self.pictures.pictures.iter().any(|p| p.objects.is_some());
        let implied = format!("box that the map implies at {}", self.pictures.delta);
        let mut entries = vec![(TRUE_BOX, "true box")];
        if masks {
            entries.push((OUTLINE, "object's outline, on the picture alone"));
        }
        entries.push((IMPLIED, implied.as_str()));
        let mut x = MARGIN;
        for (stroke, text) in entries {
            let area = Area {
                left: x + 2.0,
                top: page.y,
                width: KEY.0,
                height: KEY.1,
            };
            page.canvas.fill(area, "#3B7F8C");
            let inner = Area {
                left: area.left + 5.0,
                top: area.top + 5.0,
                width: KEY.0 - 10.0,
                height: KEY.1 - 10.0,
            };
            double(&mut page.canvas, &[outline_of(inner)], stroke);
            let at = (x + KEY.0 + 14.0, page.y + (KEY.1 - SMALL.line()) / 2.0);
            page.canvas.text(at, Anchor::Start, &SMALL, text);
            x += KEY.0 + 14.0 + width(text, &SMALL) + 40.0;
        }
        page.y += KEY.1 + 18.0;
    }

    fn input(
        &self,
        canvas: &mut Canvas,
        area: Area,
        (shown, panel): (&LocalizedPicture, PanelSize),
    ) -> Result<(), FigureError> {
        canvas.picture(area, &picture(&self.pictures.set, &shown.pixels, panel)?)?;
        if let Some(name) = &shown.objects {
            let size = picture_size(&self.pictures.set, &shown.pixels)?;
            let objects = &array(&self.pictures.set, name)?.values;
            double(canvas, &edges(objects, size, area), OUTLINE);
        }
        self.boxes(canvas, area, shown)?;
        // What the numbers under the maps are.
        let text = format!("Loc({}) | box IoU", self.pictures.delta);
        let at = (area.right(), area.bottom() + 3.0);
        canvas.text(at, Anchor::End, &SMALL, &text);
        Ok(())
    }

    fn map(
        &self,
        canvas: &mut Canvas,
        area: Area,
        (shown, map, panel): (&LocalizedPicture, &LocalizedMap, PanelSize),
    ) -> Result<(), FigureError> {
        if map.empty {
            empty_panel(canvas, area);
        } else {
            let heat = overlay(&self.pictures.set, &map.heat, &shown.pixels, panel)?;
            canvas.picture(area, &heat)?;
            self.boxes(canvas, area, shown)?;
        }
        if let Some(corners) = map.implied {
            let size = picture_size(&self.pictures.set, &shown.pixels)?;
            double(canvas, &[outline_of(placed(corners, area, size))], IMPLIED);
        }
        let text = format!("{:.2} | {:.2}", map.box_iou, map.implied_iou);
        let at = (area.left + area.width / 2.0, area.bottom() + 3.0);
        canvas.text(at, Anchor::Middle, &SMALL.coloured(INK), &text);
        Ok(())
    }

    /// Draws the objects' boxes.
    fn boxes(
        &self,
        canvas: &mut Canvas,
        area: Area,
        shown: &LocalizedPicture,
    ) -> Result<(), FigureError> {
        let size = picture_size(&self.pictures.set, &shown.pixels)?;
        for &corners in &shown.boxes {
            double(canvas, &[outline_of(placed(corners, area, size))], TRUE_BOX);
        }
        Ok(())
    }
}

fn row_text(canvas: &mut Canvas, at: Point, shown: &LocalizedPicture) {
    let room = ROW_TEXT - 14.0;
    let count = match shown.boxes.len() {
        1 => "1 object".to_string(),
        several => format!("{several} objects"),
    };
    let mut lines = vec![(STRONG, class_name(&shown.true_class))];
    if shown.predicted_class != shown.true_class {
        let taken = format!("taken for {}", class_name(&shown.predicted_class));
        let wrapped = wrap_at_most(&taken, room, &BODY, 2);
        lines.extend(wrapped.into_iter().map(|line| (BODY, line)));
    }
    lines.push((BODY, count));
    let (_, short) = shown.image.rsplit_once('/').unwrap_or(("", &shown.image));
    let image = match short.chars().all(|c| c.is_ascii_digit()) {
        true => format!("image {short}"),
        false => short.to_string(),
    };
    lines.push((SMALL, image));
    lines.iter().fold(at.1, |top, (style, line)| {
        let line = shorten(line, room, style);
        canvas.text((at.0, top), Anchor::Start, style, &line)
    });
}

/// Returns the box `corners` of a picture of `(height, width)` pixels that is drawn over `area`.
fn placed([x0, y0, x1, y1]: [usize; 4], area: Area, (height, width): (usize, usize)) -> Area {
    let (across, down) = (area.width / width as f32, area.height / height as f32);
    Area {
        left: area.left + x0 as f32 * across,
        top: area.top + y0 as f32 * down,
        width: (x1 - x0) as f32 * across,
        height: (y1 - y0) as f32 * down,
    }
}

fn outline_of(area: Area) -> Vec<Point> {
    let (left, top, right, bottom) = (area.left, area.top, area.right(), area.bottom());
    vec![
        (left, top),
        (right, top),
        (right, bottom),
        (left, bottom),
        (left, top),
    ]
}

/// Draws lines over wider dark ones.
fn double(canvas: &mut Canvas, lines: &[Vec<Point>], stroke: Stroke) {
    for line in lines {
        canvas.polyline(line, Stroke::solid(UNDER, stroke.width + UNDER_MORE));
    }
    for line in lines {
        canvas.polyline(line, stroke);
    }
}

/// Returns the lines between pixels of different objects, in a picture drawn over `area`.
fn edges(objects: &[f32], (height, width): (usize, usize), area: Area) -> Vec<Vec<Point>> {
    let at = |x: usize, y: usize| {
        (
            area.left + x as f32 * area.width / width as f32,
            area.top + y as f32 * area.height / height as f32,
        )
    };
    let mut lines = Vec::new();
    for y in 0..height {
        for x in 0..width {
            let own = objects[y * width + x];
            if x + 1 < width && objects[y * width + x + 1] != own {
                lines.push(vec![at(x + 1, y), at(x + 1, y + 1)]);
            }
            if y + 1 < height && objects[(y + 1) * width + x] != own {
                lines.push(vec![at(x, y + 1), at(x + 1, y + 1)]);
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    const AREA: Area = Area {
        left: 10.0,
        top: 20.0,
        width: 40.0,
        height: 20.0,
    };

    #[test]
    fn a_box_is_drawn_where_its_pixels_are() {
        // A picture of 2 x 4 pixels, each 10 wide and high.
        let found = placed([1, 0, 4, 1], AREA, (2, 4));
        let expected = Area {
            left: 20.0,
            top: 20.0,
            width: 30.0,
            height: 10.0,
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn an_outline_runs_between_pixels_of_different_objects() {
        // Objects 1 and 2 touch in the upper row.
        let objects = [1.0, 2.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];
        let mut found = edges(&objects, (2, 4), AREA);
        found.sort_by(|a, b| a[0].partial_cmp(&b[0]).expect("numbers"));
        let expected = [
            vec![(10.0, 30.0), (20.0, 30.0)],
            vec![(20.0, 20.0), (20.0, 30.0)],
            vec![(20.0, 30.0), (30.0, 30.0)],
            vec![(30.0, 20.0), (30.0, 30.0)],
        ];
        assert_eq!(found, expected);
    }
}
