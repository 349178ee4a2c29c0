//! The figure that compares the temporal capacity of several networks.

use super::canvas::Stroke;
use super::capacity_page::{
    Chart, ChartRow, Of, draw_page, layer_heading, layers, line, methods, networks, of_layer,
    of_network, title,
};
use super::colour::series_look;
use super::drawing::Drawing;
use super::error::FigureError;
use super::folder::FolderFigure;
use super::lines::Line;
use super::plot::DATA_LINE;
use super::sheet::Figure;
use super::svg_text::network_title;
use super::theme::STRONG;
use super::typeface::shorten;
use crate::run::{CapacityRow, TableRow};

/// Longest label at a line's end, in pixels.
const LABEL_ROOM: f32 = 250.0;

/// Draws each method of a table of several networks.
pub(super) const FIGURE: FolderFigure = FolderFigure {
    name: "capacity-compared",
    reads: CapacityRow::FILE,
    draw: |folder| {
        let rows: &[CapacityRow] = &folder.rows()?;
        if networks(rows).len() > 1 {
            for method in methods(rows) {
                folder.save(&CapacityCompared { rows, method })?;
            }
        }
        Ok(())
    },
};

/// The figure of several networks and one method.
#[derive(Debug, Clone)]
pub(super) struct CapacityCompared<'a> {
    /// The rows of all of them, measured on the same clips.
    pub rows: &'a [CapacityRow],
    /// Method name, such as "grad-cam".
    pub method: &'a str,
}

impl Figure for CapacityCompared<'_> {
    fn name(&self) -> String {
        format!("capacity-compared-{}", self.method)
    }

    fn draw(&self) -> Result<Drawing, FigureError> {
        let layers = layers(self.rows, Some(self.method))?;
        let of_layers = |measure: &str, method: Option<&str>| -> Vec<Chart> {
            let chart = |&layer: &usize| Chart {
                heading: layer_heading(&layers, layer),
                lines: self.lines(measure, of_layer(layer, method)),
            };
            layers.iter().map(chart).collect()
        };
        let map = Some(self.method);
        let of_errors = |(measure, heading): (&str, &str)| Chart {
            heading: heading.to_string(),
            lines: self.lines(measure, of_network()),
        };
        let rows = [
            ChartRow {
                heading: "Each past state's map: share on the digit's own track minus the other's",
                charts: of_layers("own-minus-other", map),
            },
            ChartRow {
                heading: "The newest state's map alone: own track k frames back minus the other's",
                charts: of_layers("newest-own-minus-other", map),
            },
            ChartRow {
                heading: "Gradient of the score at each state, as a share of that at the newest",
                charts: of_layers("gradient", None),
            },
            ChartRow {
                heading: "Rise of the squared error when the frame k back is replaced",
                charts: [
                    ("rise-black", "a black frame in its place"),
                    ("rise-foreign", "another clip's frame in its place"),
                ]
                .map(of_errors)
                .into(),
            },
        ];
        let caption = format!(
            "{}, trained networks. k: frames before the last one seen. A track is what a digit covered \
             k frames back and no digit covers in frame 10 or 11. Layers count from 0, the lowest; a \
             network of one layer has no line at layer 1. Bars: 95 % bootstrap intervals over clips.",
            title(self.rows, self.method)
        );
        draw_page(
            "What architectures remember of the past",
            self.rows,
            &rows,
            &caption,
        )
    }
}

impl CapacityCompared<'_> {
    /// One line per network that has the measure.
    fn lines(&self, measure: &str, of: Of<'_>) -> Vec<Line> {
        let networks = networks(self.rows);
        let several = |name: &str| networks.iter().filter(|(other, _)| *other == name).count() > 1;
        let lines = networks.iter().enumerate().map(|(place, &(name, seed))| {
            let own =
                || (self.rows.iter()).filter(|row| row.experiment == name && row.seed == seed);
            let title = own().next().map_or("", |row| row.network_title.as_str());
            let mut label = network_title(title, name);
            if several(name) {
                label = format!("{label} seed {seed}");
            }
            let label = shorten(&label, LABEL_ROOM, &STRONG);
            let look = series_look(place);
            let stroke = Stroke::solid(look.colour, DATA_LINE);
            line(
                own(),
                ("trained", measure),
                of,
                (&label, look.marker, stroke),
            )
        });
        lines.filter(|line| !line.points.is_empty()).collect()
    }
}
