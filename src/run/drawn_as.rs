//! How the maps of a folder are drawn.

use serde::{Deserialize, Serialize};

/// The colours of heat maps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ColourMap {
    /// Blue, green, yellow, red: hues that stay apart over a picture.
    #[default]
    Turbo,
    /// Purple, green, yellow: evenly rising lightness.
    Viridis,
    /// Black, red, yellow, white: evenly rising lightness.
    Inferno,
}

/// How a heat map lies over its picture.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Overlay {
    /// The colours.
    pub colours: ColourMap,
    /// Opacity of the colours, 0 to 1.
    pub alpha: f32,
    /// Whether the opacity is in proportion to the map, so that the picture stays bare where the map is
    /// 0.
    pub by_value: bool,
    /// Percentile of each map that is shown as 1, above 0 to 100; larger values are shown as 1 too.
    pub clip: f32,
}

impl Default for Overlay {
    fn default() -> Self {
        Self {
            colours: ColourMap::default(),
            alpha: 0.5,
            by_value: false,
            clip: 100.0,
        }
    }
}

impl Overlay {
    fn is_usual(&self) -> bool {
        *self == Self::default()
    }
}

/// How the maps of a folder are drawn, so that they can be drawn again. Older folders do not state it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct DrawnAs {
    /// Names of the figures, such as "explain" and "panels".
    #[serde(default)]
    pub figures: Vec<String>,
    /// Fewest cells on each side of a map at the finer one of the two layers that an ablation shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fine_cells: Option<usize>,
    /// How heat maps lie over their pictures.
    #[serde(default, skip_serializing_if = "Overlay::is_usual")]
    pub overlay: Overlay,
    /// The experiment and the method whose maps the figures show, if not those of all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown: Option<(String, String)>,
}

impl DrawnAs {
    /// Returns whether the figures show the maps of this experiment and method.
    pub fn shows(&self, trial: &str, method: &str) -> bool {
        let is_it = |(of, by): &(String, String)| of == trial && by == method;
        self.shown.as_ref().is_none_or(is_it)
    }

    pub(super) fn is_unstated(&self) -> bool {
        *self == Self::default()
    }
}
