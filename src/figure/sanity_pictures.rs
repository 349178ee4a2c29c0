//! The cascade in pictures: a few images, methods down, layers re-initialised across.

use super::canvas::{Anchor, Canvas, Point};
use super::drawing::Drawing;
use super::error::FigureError;
use super::folder::FolderFigure;
use super::heat::heat;
use super::page::{Page, common_panel, empty_panel};
use super::picture::{PanelSize, picture, picture_size};
use super::selection::{generated_note, head_sentence, head_words, seeds_note, unique};
use super::sheet::Figure;
use super::svg_text::{class_name, data_name, network_title};
use super::theme::{HEADING, INK, MARGIN, SMALL, STRONG};
use super::typeface::{shorten, width};
use crate::run::{CascadeNetwork, CascadePanel, CascadePictures, ExplainedImage};

/// Longer side of a panel in pixels.
const PANEL: usize = 96;
/// Space between panels, in pixels.
const PANEL_GAP: f32 = 22.0;
/// Space between blocks, in pixels.
const BLOCK_GAP: f32 = 50.0;
/// Space between the methods' names and the panels, in pixels.
const TEXT_GAP: f32 = 18.0;
/// Blocks side by side at most.
const MOST_COLUMNS: usize = 2;
/// Narrowest page content in pixels, so that the header has room.
const NARROWEST: f32 = 1000.0;

/// The folder of the maps, one per network and layer, below that of the figures.
const MAPS: &str = "maps";

/// Draws the pictures of each network and layer.
pub(super) const FIGURE: FolderFigure = FolderFigure {
    name: "sanity-pictures",
    reads: MAPS,
    draw: |folder| {
        for maps in folder.folders_in(MAPS)? {
            if let Some(pictures) = &CascadePictures::read_if_present(&maps)? {
                folder.save(&SanityPictures { pictures })?;
            }
        }
        Ok(())
    },
};

/// The cascade of one network at one layer, on every picture of the set.
#[derive(Debug, Clone)]
pub(super) struct SanityPictures<'a> {
    /// What was explained.
    pub pictures: &'a CascadePictures,
}

/// Extents that all blocks share, in pixels, and what stands in their rows and columns.
struct Layout<'a> {
    panel: PanelSize,
    names: f32,
    block: f32,
    methods: Vec<(&'a str, &'a str)>,
    stages: Vec<(usize, &'a str)>,
}

impl Layout<'_> {
    fn row(&self) -> f32 {
        self.panel.height as f32 + SMALL.line() + 6.0
    }

    fn column(&self, index: usize) -> f32 {
        index as f32 * (self.panel.width as f32 + PANEL_GAP)
    }

    /// Height of the part above the maps: the picture, then the columns' heads.
    fn head(&self) -> f32 {
        self.panel.height as f32 + 10.0 + SMALL.line() + 4.0
    }

    fn height(&self) -> f32 {
        self.head() + self.methods.len() as f32 * self.row()
    }
}

impl Figure for SanityPictures<'_> {
    fn name(&self) -> String {
        let set = self.pictures;
        let layer = set.panels.first().map_or("none", |panel| &panel.layer);
        let CascadeNetwork { trial, seed, .. } = &set.network;
        format!("sanity-pictures-{trial}-seed-{seed}-{layer}")
    }

    fn draw(&self) -> Result<Drawing, FigureError> {
        let (set, panels) = (&self.pictures.set, &self.pictures.panels);
        let Some(first) = panels.first() else {
            let (wanted, known) = ("the cascade in pictures".to_string(), "none".to_string());
            return Err(FigureError::Nothing { wanted, known });
        };
        let images: Vec<_> = set.images.iter().collect();
        let layout = self.layout(common_panel(set, &images, PANEL)?);
        let columns = images.len().clamp(1, MOST_COLUMNS);
        let content = layout.names + columns as f32 * (layout.block + BLOCK_GAP) - BLOCK_GAP;
        let title = format!(
            "Maps of {} as its layers are re-initialised",
            self.network()
        );
        let mut page = Page::new(content.max(NARROWEST), &title, &self.subtitle(first));
        page.colour_bar(set.drawn_as.overlay, "")?;
        let top = page.y;
        for (index, image) in images.iter().enumerate() {
            let (line, column) = (index / columns, index % columns);
            let left = MARGIN + layout.names + column as f32 * (layout.block + BLOCK_GAP);
            let top = top + line as f32 * (layout.height() + BLOCK_GAP);
            let at = (left.round(), top.round());
            if column == 0 {
                names(&mut page.canvas, at.1, &layout);
            }
            self.block(&mut page.canvas, at, &layout, image)?;
        }
        let lines = images.len().div_ceil(columns) as f32;
        page.y = top + lines * (layout.height() + BLOCK_GAP) - BLOCK_GAP;
        page.caption(&format!(
            "{} From left to right, more and more layers are re-initialised, from the logits \
             downwards (the first random draw). Every map explains the class named above. Under \
             each map: its rank correlation with the trained network's.{}",
            set.selection_rule.trim(),
            self.head_note(&first.layer)
        ));
        Ok(page.finish())
    }
}

impl SanityPictures<'_> {
    fn layout(&self, panel: PanelSize) -> Layout<'_> {
        let panels = &self.pictures.panels;
        let methods = panels.iter().map(|p| (p.method.as_str(), p.title.as_str()));
        let methods = unique(methods);
        let mut stages = unique(panels.iter().map(|p| (p.stage, p.down_to.as_str())));
        stages.sort_unstable();
        let widths = methods.iter().map(|(_, title)| width(title, &STRONG));
        Layout {
            panel,
            names: widths.fold(0.0, f32::max) + TEXT_GAP,
            block: stages.len() as f32 * (panel.width as f32 + PANEL_GAP) - PANEL_GAP,
            methods,
            stages,
        }
    }

    fn network(&self) -> String {
        let network = &self.pictures.network;
        network_title(&network.network_title, &network.trial)
    }

    fn head_note(&self, layer: &str) -> String {
        let words = self.pictures.network.head.iter().map(|head| {
            let accuracies = (head.validation_accuracy, head.network_validation_accuracy);
            head_words(&self.network(), layer, accuracies)
        });
        head_sentence(&words.collect::<Vec<_>>())
    }

    fn subtitle(&self, first: &CascadePanel) -> String {
        let images = &self.pictures.set.images;
        let mut parts = vec![unique(images.iter().map(|image| data_name(&image.id))).join(", ")];
        let generated = images.iter().filter(|image| image.generated).count();
        parts.extend(generated_note(generated, images.len()).map(str::to_string));
        parts.push(seeds_note(&[self.pictures.network.seed]));
        parts.push(format!("epoch {}", self.pictures.network.epoch));
        let [height, width] = first.native_size;
        parts.push(format!("{}, {height} × {width} cells", first.layer));
        parts.join(" · ")
    }

    fn block(
        &self,
        canvas: &mut Canvas,
        at: Point,
        layout: &Layout<'_>,
        image: &ExplainedImage,
    ) -> Result<(), FigureError> {
        let set = &self.pictures.set;
        let (height, width) = picture_size(set, &image.pixels)?;
        let own = PanelSize::fit(width, height, layout.panel.width.max(layout.panel.height));
        canvas.picture(own.at(at.0, at.1), &picture(set, &image.pixels, own)?)?;
        let panels: Vec<_> = self
            .pictures
            .panels
            .iter()
            .filter(|p| p.image == image.id)
            .collect();
        let text = at.0 + layout.panel.width as f32 + TEXT_GAP;
        let room = at.0 + layout.block - text;
        let of = |class: Option<&str>| class.map_or("unknown".to_string(), class_name);
        let lines = [
            (HEADING, of(image.true_class.as_deref())),
            (
                SMALL,
                format!(
                    "explained for: {}",
                    of(panels.first().map(|p| p.target_class.as_str()))
                ),
            ),
            (SMALL, image.id.clone()),
        ];
        lines.iter().fold(at.1, |top, (style, line)| {
            canvas.text(
                (text, top),
                Anchor::Start,
                style,
                &shorten(line, room, style),
            )
        });
        let heads = at.1 + layout.head() - 4.0;
        let middle = layout.panel.width as f32 / 2.0;
        for (index, (stage, down_to)) in layout.stages.iter().enumerate() {
            let text = match stage {
                0 => "trained".to_string(),
                1 => (*down_to).to_string(),
                _ => format!("+ {down_to}"),
            };
            let room = layout.panel.width as f32 + PANEL_GAP - 2.0;
            let x = at.0 + layout.column(index) + middle;
            let top = heads - SMALL.line();
            let text = shorten(&text, room, &SMALL);
            canvas.text((x, top), Anchor::Middle, &SMALL, &text);
        }
        for panel in panels {
            let row = layout
                .methods
                .iter()
                .position(|(method, _)| *method == panel.method);
            let column = layout
                .stages
                .iter()
                .position(|(stage, _)| *stage == panel.stage);
            let (Some(row), Some(column)) = (row, column) else {
                continue;
            };
            let place = (
                at.0 + layout.column(column),
                at.1 + layout.head() + row as f32 * layout.row(),
            );
            let area = own.at(place.0, place.1.round());
            if panel.empty {
                empty_panel(canvas, area);
            } else {
                canvas.picture(area, &heat(set, &panel.heat, own)?)?;
            }
            if let Some(correlation) = panel.correlation {
                let under = (place.0 + middle, area.bottom() + 2.0);
                let style = SMALL.coloured(INK);
                canvas.text(under, Anchor::Middle, &style, &format!("{correlation:.2}"));
            }
        }
        Ok(())
    }
}

/// Draws the methods' names left of the first block.
fn names(canvas: &mut Canvas, top: f32, layout: &Layout<'_>) {
    for (row, (_, title)) in layout.methods.iter().enumerate() {
        let middle = top + layout.head() + row as f32 * layout.row();
        let middle = middle + layout.panel.height as f32 / 2.0;
        let at = (MARGIN, middle - STRONG.line() / 2.0);
        canvas.text(at, Anchor::Start, &STRONG, title);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::{Array, ExplanationSet};

    fn pictures() -> CascadePictures {
        let image = ExplainedImage {
            id: "shapes/test/0".into(),
            generated: true,
            true_class: Some("ring".into()),
            pixels: "picture/0".into(),
        };
        let array = |shape: &[usize]| Array {
            shape: shape.to_vec(),
            values: vec![0.5; shape.iter().product()],
        };
        let panel = |stage: usize, correlation: Option<f64>| CascadePanel {
            image: "shapes/test/0".into(),
            target_class: "disc".into(),
            layer: "block-5".into(),
            native_size: [2, 2],
            method: "grad-cam".into(),
            title: "Grad-CAM".into(),
            stage,
            down_to: ["none", "dense", "block-5"][stage].into(),
            heat: "heat/0".into(),
            empty: correlation.is_none(),
            correlation,
        };
        let arrays = [("picture/0", array(&[3, 8, 8])), ("heat/0", array(&[8, 8]))];
        CascadePictures {
            set: ExplanationSet {
                images: vec![image],
                arrays: arrays.map(|(name, array)| (name.to_string(), array)).into(),
                ..ExplanationSet::default()
            },
            panels: vec![panel(0, Some(1.0)), panel(1, Some(-0.25)), panel(2, None)],
            network: CascadeNetwork {
                trial: "trial-d".into(),
                seed: 3,
                epoch: 10,
                ..CascadeNetwork::default()
            },
        }
    }

    #[test]
    fn every_stage_its_correlation_and_both_classes_are_shown() {
        let pictures = pictures();
        let figure = SanityPictures {
            pictures: &pictures,
        };
        assert_eq!(figure.name(), "sanity-pictures-trial-d-seed-3-block-5");
        let svg = figure.draw().expect("drawn").svg;
        for text in [
            "generated data",
            "2 × 2 cells",
            ">ring<",
            "explained for: disc",
            ">trained<",
            ">-0.25<",
            "empty",
            "Grad-CAM",
        ] {
            assert!(svg.contains(text), "{text} is not in {svg}");
        }
        assert_eq!(
            svg.matches("<image").count(),
            4,
            "the bar, the picture and two maps"
        );
    }

    #[test]
    fn a_missing_map_is_named_and_none_is_nothing_to_draw() {
        let mut pictures = pictures();
        pictures.set.arrays.remove("heat/0");
        let error = SanityPictures {
            pictures: &pictures,
        }
        .draw()
        .expect_err("missing");
        assert!(error.to_string().contains("heat/0"), "{error}");
        pictures.panels.clear();
        assert!(
            SanityPictures {
                pictures: &pictures
            }
            .draw()
            .is_err()
        );
    }
}
