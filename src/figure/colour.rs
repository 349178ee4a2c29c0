//! Colours: the heat map's scale and the categorical series.

use crate::run::ColourMap;

/// Every fifth entry of the viridis table, as 0xRRGGBB; linear interpolation between them stays
/// within 1/255 of the full table.
///
/// # Source
/// Stéfan van der Walt and Nathaniel Smith, viridis, CC0, as in matplotlib's `_cm_listed.py`.
const VIRIDIS: [u32; 52] = [
    0x440154, 0x46085c, 0x471063, 0x481769, 0x481d6f, 0x482475, 0x472a7a, 0x46307e, //
    0x453781, 0x433d84, 0x414287, 0x3f4889, 0x3d4e8a, 0x3a538b, 0x38598c, 0x355e8d, //
    0x33638d, 0x31688e, 0x2e6d8e, 0x2c718e, 0x2a768e, 0x297b8e, 0x27808e, 0x25848e, //
    0x23898e, 0x218e8d, 0x20928c, 0x1f978b, 0x1e9c89, 0x1fa188, 0x21a585, 0x24aa83, //
    0x28ae80, 0x2eb37c, 0x35b779, 0x3dbc74, 0x46c06f, 0x50c46a, 0x5ac864, 0x65cb5e, //
    0x70cf57, 0x7cd250, 0x89d548, 0x95d840, 0xa2da37, 0xb0dd2f, 0xbddf26, 0xcae11f, //
    0xd8e219, 0xe5e419, 0xf1e51d, 0xfde725,
];

/// Returns the red, green and blue of `value` on the viridis scale; values outside 0 to 1 take the
/// colour of the nearer end.
pub(super) fn viridis(value: f32) -> [u8; 3] {
    between(&VIRIDIS, value.clamp(0.0, 1.0))
}

/// Every fifth entry of the turbo table, as above.
///
/// # Source
/// Anton Mikhailov, turbo, as in matplotlib's `_cm_listed.py`.
const TURBO: [u32; 52] = [
    0x30123b, 0x36215f, 0x3b2f80, 0x3f3e9c, 0x424bb5, 0x4559cb, 0x4666dd, 0x4773eb, //
    0x4680f6, 0x458cfd, 0x4099ff, 0x38a5fb, 0x2fb2f4, 0x27bee9, 0x1fc9dd, 0x1ad4d0, //
    0x18ddc2, 0x1ae4b6, 0x22ebaa, 0x2ff19b, 0x3ff68a, 0x52fa7a, 0x65fd69, 0x79fe59, //
    0x8bff4b, 0x9cfe40, 0xa9fb39, 0xb7f735, 0xc3f134, 0xd0ea34, 0xdbe236, 0xe5d938, //
    0xeecf3a, 0xf5c53a, 0xfaba39, 0xfdae35, 0xfea130, 0xfe932a, 0xfc8423, 0xf9751d, //
    0xf46617, 0xef5811, 0xe84b0c, 0xe14109, 0xd83706, 0xce2d04, 0xc32503, 0xb71d02, //
    0xa91601, 0x9b0f01, 0x8b0902, 0x7a0403,
];

/// Returns the red, green and blue of `value` on the turbo scale, as [`viridis`] does. It keeps its hues
/// apart when it is blended over a picture.
fn turbo(value: f32) -> [u8; 3] {
    between(&TURBO, value.clamp(0.0, 1.0))
}

/// Every fifth entry of the inferno table, as above.
///
/// # Source
/// Nathaniel Smith and Stéfan van der Walt, inferno, CC0, as in matplotlib's `_cm_listed.py`.
const INFERNO: [u32; 52] = [
    0x000004, 0x02020c, 0x050417, 0x0a0722, 0x10092d, 0x160b39, 0x1e0c45, 0x260c51, //
    0x2f0a5b, 0x380962, 0x400a67, 0x490b6a, 0x510e6c, 0x59106e, 0x61136e, 0x69166e, //
    0x71196e, 0x781c6d, 0x801f6c, 0x88226a, 0x902568, 0x982766, 0xa02a63, 0xa82e5f, //
    0xb0315b, 0xb73557, 0xbf3952, 0xc63d4d, 0xcc4248, 0xd34743, 0xd94d3d, 0xdf5337, //
    0xe45a31, 0xe9612b, 0xed6925, 0xf1711f, 0xf47918, 0xf78212, 0xf98b0b, 0xfa9407, //
    0xfb9d07, 0xfca60c, 0xfcb014, 0xfbba1f, 0xfac42a, 0xf8cd37, 0xf6d746, 0xf4e156, //
    0xf2ea69, 0xf2f27d, 0xf5f992, 0xfcffa4,
];

/// Returns the scale of `colours`: red, green and blue of a value from 0 to 1.
pub(super) fn scale(colours: ColourMap) -> fn(f32) -> [u8; 3] {
    match colours {
        ColourMap::Turbo => turbo,
        ColourMap::Viridis => viridis,
        ColourMap::Inferno => |value| between(&INFERNO, value.clamp(0.0, 1.0)),
    }
}

/// Returns `colours` as 256 steps from 0 to 1: red, green and blue.
pub fn colour_table(colours: ColourMap) -> Vec<[u8; 3]> {
    table(|share| scale(colours)(share))
}

/// Returns the diverging scale as 256 steps from -1 to 1: red, green and blue.
pub fn diverging_table() -> Vec<[u8; 3]> {
    table(|share| diverging(2.0 * share - 1.0))
}

fn table(colour: impl Fn(f32) -> [u8; 3]) -> Vec<[u8; 3]> {
    (0..=255u8)
        .map(|step| colour(f32::from(step) / 255.0))
        .collect()
}

/// Control points of the diverging scale from -1 to 1, as 0xRRGGBB: blue, near white, red.
///
/// # Source
/// Cynthia Brewer, ColorBrewer 2.0, scheme RdBu with 7 classes, reversed; safe for the common kinds of
/// colour blindness.
const DIVERGING: [u32; 7] = [
    0x2166ac, 0x67a9cf, 0xd1e5f0, 0xf7f7f7, 0xfddbc7, 0xef8a62, 0xb2182b,
];

/// Returns the red, green and blue of `value` on the diverging scale: blue below 0, near white at 0,
/// red above; values outside -1 to 1 take the colour of the nearer end.
pub(super) fn diverging(value: f32) -> [u8; 3] {
    between(&DIVERGING, (value.clamp(-1.0, 1.0) + 1.0) / 2.0)
}

/// The ends of the scale of shares, as 0xRRGGBB: white and the dark end of ColorBrewer's Blues.
const SHARES: [u32; 2] = [0xffffff, 0x08306b];

/// Returns the red, green and blue of `share`, 0 to 1: white for none, darker by the square root, so that
/// one in a hundred is distinguishable from none.
pub(super) fn share_colour(share: f64) -> [u8; 3] {
    between(&SHARES, share.clamp(0.0, 1.0).sqrt() as f32)
}

/// Returns the colour at `share`, 0 to 1, of evenly spaced control points.
fn between(points: &[u32], share: f32) -> [u8; 3] {
    let place = share * (points.len() - 1) as f32;
    let below = (place.floor() as usize).min(points.len() - 2);
    mixed(
        channels(points[below]),
        channels(points[below + 1]),
        place - below as f32,
    )
}

/// Returns the colour that lies `share` of the way between two.
pub(super) fn mixed(from: [u8; 3], to: [u8; 3], share: f32) -> [u8; 3] {
    std::array::from_fn(|i| {
        (f32::from(from[i]) + share * (f32::from(to[i]) - f32::from(from[i]))).round() as u8
    })
}

fn channels(colour: u32) -> [u8; 3] {
    let [_, red, green, blue] = colour.to_be_bytes();
    [red, green, blue]
}

/// How one series of a chart is distinguished from the others: by colour, by marker and by dash, so that
/// none of them is the only carrier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SeriesLook {
    /// Line and marker colour, as SVG writes it.
    pub(super) colour: &'static str,
    /// Marker shape.
    pub(super) marker: Marker,
}

/// Shape of a data point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Marker {
    /// A disc.
    Disc,
    /// A square on its side.
    Square,
    /// A triangle on its base.
    Triangle,
    /// A square on its corner.
    Diamond,
    /// A ring with an open middle.
    Ring,
}

/// The series looks, in the order of use.
///
/// # Source
/// Okabe and Ito, "Color Universal Design" (2008); their yellow is omitted because it is too pale
/// for a line on white.
const SERIES: [SeriesLook; 7] = [
    SeriesLook {
        colour: "#0072B2",
        marker: Marker::Disc,
    },
    SeriesLook {
        colour: "#D55E00",
        marker: Marker::Square,
    },
    SeriesLook {
        colour: "#009E73",
        marker: Marker::Triangle,
    },
    SeriesLook {
        colour: "#CC79A7",
        marker: Marker::Diamond,
    },
    SeriesLook {
        colour: "#E69F00",
        marker: Marker::Disc,
    },
    SeriesLook {
        colour: "#56B4E9",
        marker: Marker::Square,
    },
    SeriesLook {
        colour: "#000000",
        marker: Marker::Triangle,
    },
];

/// Returns the look of series number `index`, counted from 0; after the last one they repeat.
pub(super) fn series_look(index: usize) -> SeriesLook {
    SERIES[index % SERIES.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn viridis_has_its_published_ends_and_middle() {
        assert_eq!(viridis(0.0), [0x44, 0x01, 0x54]);
        assert_eq!(viridis(1.0), [0xFD, 0xE7, 0x25]);
        // Entry 125 of 255 is control point 25.
        assert_eq!(viridis(125.0 / 255.0), [0x21, 0x8e, 0x8d]);
        assert_eq!(viridis(-1.0), viridis(0.0));
        assert_eq!(viridis(2.0), viridis(1.0));
    }

    #[test]
    fn turbo_has_its_published_ends_and_middle() {
        assert_eq!(turbo(0.0), [0x30, 0x12, 0x3b]);
        assert_eq!(turbo(1.0), [0x7a, 0x04, 0x03]);
        // Entry 125 of 255 is control point 25.
        assert_eq!(turbo(125.0 / 255.0), [0x9c, 0xfe, 0x40]);
        let inferno = scale(ColourMap::Inferno);
        assert_eq!(
            (inferno(0.0), inferno(1.0)),
            ([0, 0, 4], [0xfc, 0xff, 0xa4])
        );
    }

    #[test]
    fn the_diverging_scale_is_blue_white_red() {
        assert_eq!(diverging(-1.0), [0x21, 0x66, 0xac]);
        assert_eq!(diverging(0.0), [0xf7; 3]);
        assert_eq!(diverging(2.0), [0xb2, 0x18, 0x2b]);
        // A third of the way from white to red is the first control point.
        assert_eq!(diverging(1.0 / 3.0), [0xfd, 0xdb, 0xc7]);
    }

    #[test]
    fn shares_darken_by_the_square_root() {
        assert_eq!(share_colour(0.0), [0xff; 3]);
        assert_eq!(share_colour(1.0), [0x08, 0x30, 0x6b]);
        // Halfway at a quarter: 255 - (255 - 8) / 2, rounded.
        assert_eq!(share_colour(0.25), [132, 152, 181]);
    }

    /// Rec. 709 luma: a perceptual map gets lighter from end to end.
    #[test]
    fn viridis_gets_lighter_all_the_way() {
        let luma = |[r, g, b]: [u8; 3]| {
            0.2126 * f32::from(r) + 0.7152 * f32::from(g) + 0.0722 * f32::from(b)
        };
        let lumas: Vec<f32> = (0..=50).map(|i| luma(viridis(i as f32 / 50.0))).collect();
        assert!(lumas.windows(2).all(|pair| pair[1] > pair[0]), "{lumas:?}");
    }

    #[test]
    fn the_first_series_differ_in_colour_and_marker() {
        for i in 0..4 {
            for j in 0..i {
                assert_ne!(series_look(i).colour, series_look(j).colour);
                assert_ne!(series_look(i).marker, series_look(j).marker);
            }
        }
    }
}
