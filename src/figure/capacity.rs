//! The figure of temporal capacity: how far back one network's maps, gradient and error reach,
//! compared with controls that have no memory of the past.

use super::canvas::Stroke;
use super::capacity_page::{
    Chart, ChartRow, Of, draw_page, layer_heading, line, methods, networks, of_layer, of_network,
    title,
};
use super::colour::{Marker, series_look};
use super::drawing::Drawing;
use super::error::FigureError;
use super::folder::FolderFigure;
use super::lines::{GREY, Line};
use super::plot::DATA_LINE;
use super::selection::unique;
use super::sheet::Figure;
use super::svg_text::network_title;
use crate::run::{CapacityRow, TableRow, claimed_lags};

/// Draws each method of a table of one network.
pub(super) const FIGURE: FolderFigure = FolderFigure {
    name: "capacity",
    reads: CapacityRow::FILE,
    draw: |folder| {
        let rows: &[CapacityRow] = &folder.rows()?;
        if networks(rows).len() == 1 {
            for method in methods(rows) {
                folder.save(&Capacity { rows, method })?;
            }
        }
        Ok(())
    },
};

/// The figure of one network and one method.
#[derive(Debug, Clone)]
pub(super) struct Capacity<'a> {
    /// The rows of `capacity.csv` of one network.
    pub rows: &'a [CapacityRow],
    /// Method name, such as "grad-cam".
    pub method: &'a str,
}

/// What the trained network's own line is compared with, in grey.
struct Control {
    compared: &'static str,
    /// What is shown, where it is not the measure of the own line.
    measure: Option<&'static str>,
    label: &'static str,
    /// Lengths of dash and gap, in pixels.
    dash: (f32, f32),
    marker: Marker,
}

const UNTRAINED: Control = Control {
    compared: "untrained",
    measure: None,
    label: "untrained",
    dash: (14.0, 7.0),
    marker: Marker::Ring,
};

/// The controls of the maps.
const CONTROLS: [Control; 3] = [
    UNTRAINED,
    Control {
        compared: "shuffled",
        measure: None,
        label: "frames shuffled",
        dash: (3.0, 6.0),
        marker: Marker::Triangle,
    },
    Control {
        compared: "trained",
        measure: Some("uniform"),
        label: "uniform map",
        dash: (20.0, 6.0),
        marker: Marker::Square,
    },
];

impl Control {
    /// Returns the line to compare with that of `measure`.
    fn line(&self, rows: &[CapacityRow], measure: &str, of: Of<'_>) -> Line {
        let (on, off) = self.dash;
        let stroke = Stroke::solid(GREY, DATA_LINE - 0.6).dashed(on, off);
        let measure = self.measure.unwrap_or(measure);
        line(
            rows,
            (self.compared, measure),
            of,
            (self.label, self.marker, stroke),
        )
    }
}

impl Figure for Capacity<'_> {
    fn name(&self) -> String {
        format!("capacity-{}", self.method)
    }

    fn draw(&self) -> Result<Drawing, FigureError> {
        let first = self.rows.first();
        let network = first.map_or(String::new(), |row| {
            network_title(&row.network_title, &row.experiment)
        });
        let title = format!("How far back {network} remembers the digit");
        let layers = super::capacity_page::layers(self.rows, Some(self.method))?;
        let rows = [
            self.maps(&layers, "own-track", "other-track", "own-minus-other"),
            self.maps(
                &layers,
                "newest-own-track",
                "newest-other-track",
                "newest-own-minus-other",
            ),
            self.gradients(&layers),
            self.errors(),
        ];
        draw_page(&title, self.rows, &rows, &self.caption())
    }
}

impl Capacity<'_> {
    /// The row of the map of each lag's state, or of the newest state's.
    fn maps(&self, layers: &[usize], own: &str, other: &str, difference: &str) -> ChartRow {
        let chart = |&layer: &usize| {
            let place = of_layer(layer, Some(self.method));
            let claimed = claimed_lags(self.rows, layer, self.method, difference);
            let controls = CONTROLS.iter();
            let mut lines: Vec<Line> = controls
                .map(|control| control.line(self.rows, own, place))
                .collect();
            lines.push(line(
                self.rows,
                ("trained", other),
                place,
                look(1, "other digit"),
            ));
            let mut digit = line(
                self.rows,
                ("trained", own),
                place,
                look(0, "explained digit"),
            );
            for point in &mut digit.points {
                point.open = !claimed.contains(&point.step);
            }
            lines.push(digit);
            Chart {
                heading: layer_heading(layers, layer),
                lines,
            }
        };
        let heading = match own == "own-track" {
            true => "Each past state's map: share on the track of that frame",
            false => "The newest state's map alone: share on the track k frames back",
        };
        ChartRow {
            heading,
            charts: layers.iter().map(chart).collect(),
        }
    }

    fn gradients(&self, layers: &[usize]) -> ChartRow {
        let chart = |&layer: &usize| {
            let place = of_layer(layer, None);
            Chart {
                heading: layer_heading(layers, layer),
                lines: vec![
                    UNTRAINED.line(self.rows, "gradient", place),
                    line(
                        self.rows,
                        ("trained", "gradient"),
                        place,
                        look(0, "trained"),
                    ),
                ],
            }
        };
        ChartRow {
            heading: "Gradient of the score at each state, as a share of that at the newest",
            charts: layers.iter().map(chart).collect(),
        }
    }

    fn errors(&self) -> ChartRow {
        let chart = |(measure, heading): (&str, &str)| Chart {
            heading: heading.to_string(),
            lines: vec![
                UNTRAINED.line(self.rows, measure, of_network()),
                line(
                    self.rows,
                    ("trained", measure),
                    of_network(),
                    look(0, "trained"),
                ),
            ],
        };
        ChartRow {
            heading: "Rise of the squared error when the frame k back is replaced",
            charts: [
                ("rise-black", "a black frame in its place"),
                ("rise-foreign", "another clip's frame in its place"),
            ]
            .map(chart)
            .into(),
        }
    }

    fn caption(&self) -> String {
        let targets = unique(self.rows.iter().map(|row| match row.target.as_str() {
            "digit-1" => "the first digit",
            "digit-2" => "the second digit",
            other => other,
        }));
        format!(
            "{}; explained: the predicted frame 11 where {} alone is. k: frames before the last one \
             seen. A track is what a digit covered k frames back and no digit covers in frame 10 or 11. \
             Filled points: more on the explained digit's track than on the other's, by more than the \
             untrained network and shuffled frames give, each beyond its paired 95 % interval. Bars: \
             95 % bootstrap intervals over clips.",
            title(self.rows, self.method),
            targets.join(", ")
        )
    }
}

/// The look of series `index`.
fn look(index: usize, label: &str) -> (&str, Marker, Stroke) {
    let look = series_look(index);
    (label, look.marker, Stroke::solid(look.colour, DATA_LINE))
}

#[cfg(test)]
#[path = "capacity_tests.rs"]
mod tests;
