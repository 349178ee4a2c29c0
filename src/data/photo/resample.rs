//! Resizing with an antialiased filter, with the same values as Pillow.

use super::Photo;

/// Channels of a pixel.
const CHANNELS: usize = 3;
/// Fractional bits of a weight: 32 minus 8 for a pixel and 2 for sums above 1.
const PRECISION_BITS: u32 = 32 - 8 - 2;
/// Pillow's sharpness of the bicubic filter.
const CUBIC_A: f64 = -0.5;

/// Weights of pixels by their distance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filter {
    /// A triangle: Pillow's `BILINEAR`.
    Bilinear,
    /// Piecewise cubic: Pillow's `BICUBIC`.
    Bicubic,
}

impl Filter {
    /// Returns the distance beyond which a pixel has weight 0, in output or input pixels, whichever
    /// is larger.
    fn support(self) -> f64 {
        match self {
            Self::Bilinear => 1.0,
            Self::Bicubic => 2.0,
        }
    }

    fn weight(self, distance: f64) -> f64 {
        let x = distance.abs();
        match self {
            Self::Bilinear => (1.0 - x).max(0.0),
            Self::Bicubic if x < 1.0 => ((CUBIC_A + 2.0) * x - (CUBIC_A + 3.0)) * x * x + 1.0,
            Self::Bicubic if x < 2.0 => (((x - 5.0) * x + 8.0) * x - 4.0) * CUBIC_A,
            Self::Bicubic => 0.0,
        }
    }
}

/// A part of one axis of the resized picture.
#[derive(Debug, Clone, Copy)]
pub(super) struct Axis {
    /// First pixel of the picture that is used.
    pub(super) origin: usize,
    /// Number of pixels used.
    pub(super) from: usize,
    /// Number of pixels after resizing.
    pub(super) to: usize,
    /// First output pixel requested.
    pub(super) start: usize,
    /// Number of output pixels requested.
    pub(super) count: usize,
}

/// The input pixels of one output pixel, and their weights.
struct Taps {
    first: usize,
    weights: Vec<i64>,
}

impl Axis {
    /// Returns the taps of every requested pixel; `None` if the axis keeps its size.
    fn taps(self, filter: Filter) -> Option<Vec<Taps>> {
        if self.from == self.to {
            return None;
        }
        let scale = self.from as f64 / self.to as f64;
        let filter_scale = scale.max(1.0);
        let support = filter.support() * filter_scale;
        let taps = (self.start..self.start + self.count).map(|place| {
            let centre = (place as f64 + 0.5) * scale;
            // Truncation, not rounding: both ends are at least 0 here.
            let first = (centre - support + 0.5).max(0.0) as usize;
            let last = ((centre + support + 0.5) as usize).min(self.from);
            let weights: Vec<f64> = (first..last)
                .map(|at| filter.weight((at as f64 - centre + 0.5) / filter_scale))
                .collect();
            let sum: f64 = weights.iter().sum();
            let unit = f64::from(1u32 << PRECISION_BITS);
            Taps {
                first: self.origin + first,
                weights: weights
                    .iter()
                    .map(|weight| (weight / sum * unit).round() as i64)
                    .collect(),
            }
        });
        Some(taps.collect())
    }
}

/// Returns the part of `photo` given by `columns` and `rows`, after resizing the whole: first along
/// the rows, then along the columns, rounded to 8 bits after each, as in Pillow.
///
/// # Shapes
/// - returned: `[rows.count, columns.count, channels]`, 0 to 255
pub(super) fn resampled(photo: &Photo, columns: Axis, rows: Axis, filter: Filter) -> Vec<u8> {
    let row_taps = rows.taps(filter);
    // Only the rows that the second pass reads are computed.
    let (top, bottom) = match &row_taps {
        None => {
            let top = rows.origin + rows.start;
            (top, top + rows.count)
        }
        Some(taps) => (
            taps.iter().map(|taps| taps.first).min().unwrap_or(0),
            taps.iter()
                .map(|taps| taps.first + taps.weights.len())
                .max()
                .unwrap_or(0),
        ),
    };
    let stride = photo.width() * CHANNELS;
    let lines = photo
        .pixels()
        .chunks_exact(stride)
        .skip(top)
        .take(bottom - top);
    let column_taps = columns.taps(filter);
    let mut narrow: Vec<u8> = Vec::with_capacity((bottom - top) * columns.count * CHANNELS);
    for line in lines {
        match &column_taps {
            None => {
                let start = (columns.origin + columns.start) * CHANNELS;
                narrow.extend(&line[start..start + columns.count * CHANNELS]);
            }
            Some(taps) => narrow.extend(taps.iter().flat_map(|taps| {
                let pixels = line[taps.first * CHANNELS..].chunks_exact(CHANNELS);
                let sums =
                    pixels
                        .zip(&taps.weights)
                        .fold([0; CHANNELS], |sums, (pixel, weight)| {
                            std::array::from_fn(|channel| {
                                sums[channel] + i64::from(pixel[channel]) * weight
                            })
                        });
                sums.map(rounded)
            })),
        }
    }
    let Some(taps) = row_taps else {
        return narrow;
    };
    let stride = columns.count * CHANNELS;
    let mut values = Vec::with_capacity(rows.count * stride);
    for taps in &taps {
        let mut sums = vec![0; stride];
        let lines = narrow.chunks_exact(stride).skip(taps.first - top);
        for (line, weight) in lines.zip(&taps.weights) {
            for (sum, value) in sums.iter_mut().zip(line) {
                *sum += i64::from(*value) * weight;
            }
        }
        values.extend(sums.into_iter().map(rounded));
    }
    values
}

fn rounded(sum: i64) -> u8 {
    let half = 1 << (PRECISION_BITS - 1);
    // Clamped to the range just before.
    ((sum + half) >> PRECISION_BITS).clamp(0, 255) as u8
}
