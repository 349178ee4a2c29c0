//! Scores of a predicted frame against the true one. Plain numbers, no tensor.

use std::fmt;

/// Side of SSIM's window, pixels.
const WINDOW: usize = 7;
/// Number of pixels in a window.
const WINDOW_AREA: f64 = (WINDOW * WINDOW) as f64;
/// Factor n / (n - 1) that turns a window's mean square deviation into an unbiased variance.
const SAMPLE: f64 = WINDOW_AREA / (WINDOW_AREA - 1.0);
/// Guards SSIM's division if both windows are dark: (K1 L)^2 with K1 = 0.01 and L = 1.
const C1: f64 = 0.01 * 0.01;
/// Guards SSIM's division if both windows are flat: (K2 L)^2 with K2 = 0.03 and L = 1.
const C2: f64 = 0.03 * 0.03;
/// Square of the largest grey value, PSNR's peak.
const PEAK: f64 = 1.0;
/// The PSNR of a frame without error, decibels, instead of infinity. Different frames of 8 bits and
/// 64 x 64 pixels stay below it: one grey level in one pixel is 84.3.
pub const MOST_PSNR: f64 = 100.0;
/// Guards cross-entropy's logarithm: a prediction is clamped to at least this, and at most 1 minus
/// this. A wrong, certain pixel then costs 16.1 nats.
pub const PROBABILITY_FLOOR: f64 = 1e-7;

/// A score of a predicted frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FrameMeasure {
    /// Squared error summed over pixels.
    Mse,
    /// Absolute error summed over pixels.
    Mae,
    /// Structural similarity, at most 1.
    Ssim,
    /// Peak signal-to-noise ratio, decibels.
    Psnr,
    /// Binary cross-entropy summed over pixels, nats.
    Bce,
}

impl FrameMeasure {
    /// All of them, in the order of tables and of [`frame_scores`].
    pub const ALL: [Self; 5] = [Self::Mse, Self::Mae, Self::Ssim, Self::Psnr, Self::Bce];

    /// Returns the name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mse => "mse",
            Self::Mae => "mae",
            Self::Ssim => "ssim",
            Self::Psnr => "psnr",
            Self::Bce => "bce",
        }
    }
}

impl fmt::Display for FrameMeasure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Returns the scores of one predicted frame, in the order of [`FrameMeasure::ALL`].
///
/// - MSE: sum of (p - y)^2 over pixels; MAE: sum of |p - y|. Summed, not averaged: the convention
///   of the Moving MNIST tables.
/// - SSIM: as [`ssim`].
/// - PSNR: 10 log10(1 / mean of (p - y)^2) decibels, [`MOST_PSNR`] if there is no error.
/// - BCE: sum of -(y ln p + (1 - y) ln(1 - p)), nats, with p kept [`PROBABILITY_FLOOR`] away from 0
///   and 1. The true grey values are not all 0 or 1, so the minimum is their entropy, not 0.
///
/// # Shapes
/// - `predicted`, `truth`: `[height, width]` row-major, 0 to 1
///
/// # Panics
/// As [`ssim`].
///
/// # Source
/// MSE, MAE, SSIM and PSNR as reported by OpenSTL (Tan et al., NeurIPS 2023) for Moving MNIST; BCE
/// as in Srivastava et al., "Unsupervised Learning of Video Representations using LSTMs" (ICML
/// 2015). OpenSTL first clips predictions to 0 to 1, a range that a sigmoid never leaves.
pub fn frame_scores(predicted: &[f32], truth: &[f32], size: [usize; 2]) -> [f64; 5] {
    let similarity = ssim(predicted, truth, size);
    let (mut squared, mut absolute, mut entropy) = (0.0, 0.0, 0.0);
    for (p, y) in predicted.iter().zip(truth) {
        let (p, y) = (f64::from(*p), f64::from(*y));
        let error = p - y;
        squared += error * error;
        absolute += error.abs();
        entropy += cross_entropy(p, y);
    }
    let mean = squared / predicted.len() as f64;
    let psnr = if mean > 0.0 {
        (10.0 * (PEAK / mean).log10()).min(MOST_PSNR)
    } else {
        MOST_PSNR
    };
    [squared, absolute, similarity, psnr, entropy]
}

/// Returns the cross-entropy of one pixel, nats. Most pixels are black or white and need one
/// logarithm.
fn cross_entropy(p: f64, y: f64) -> f64 {
    let p = p.clamp(PROBABILITY_FLOOR, 1.0 - PROBABILITY_FLOOR);
    if y == 0.0 {
        -(1.0 - p).ln()
    } else if y == 1.0 {
        -p.ln()
    } else {
        -(y * p.ln() + (1.0 - y) * (1.0 - p).ln())
    }
}

/// Returns the structural similarity of two pictures of grey values 0 to 1: the mean over all
/// windows of 7 x 7 pixels inside the picture, at most 1.
///
/// In a window with means a, b, unbiased variances u, v and covariance c it is
/// (2 a b + C1)(2 c + C2) / ((a^2 + b^2 + C1)(u + v + C2)).
///
/// # Shapes
/// - `a`, `b`: `[height, width]` row-major
///
/// # Panics
/// If a picture is not of `size`, or smaller than a window.
///
/// # Source
/// Wang et al., "Image quality assessment: from error visibility to structural similarity", 2004,
/// eq. 13, with the uniform window and the unbiased variances of scikit-image's
/// `structural_similarity(data_range=1)`, which omits the 3 pixels at each border.
pub fn ssim(a: &[f32], b: &[f32], size: [usize; 2]) -> f64 {
    let [height, width] = size;
    assert!(
        a.len() == height * width && b.len() == a.len(),
        "pictures of {} and {} pixels are not of {height} x {width}",
        a.len(),
        b.len()
    );
    assert!(
        height >= WINDOW && width >= WINDOW,
        "SSIM needs {WINDOW} x {WINDOW} pixels, the picture has {height} x {width}"
    );
    let moments = |place: usize| {
        let (a, b) = (f64::from(a[place]), f64::from(b[place]));
        Moments([a, b, a * a, b * b, a * b])
    };
    // Sums over the window's rows in each column, updated row by row.
    let mut columns = vec![Moments::default(); width];
    let mut total = 0.0;
    for row in 0..height {
        for (column, sums) in columns.iter_mut().enumerate() {
            sums.add(&moments(row * width + column));
            if row >= WINDOW {
                sums.subtract(&moments((row - WINDOW) * width + column));
            }
        }
        if row + 1 < WINDOW {
            continue;
        }
        let mut window = Moments::default();
        for (column, sums) in columns.iter().enumerate() {
            window.add(sums);
            if column >= WINDOW {
                window.subtract(&columns[column - WINDOW]);
            }
            if column + 1 >= WINDOW {
                total += window.similarity();
            }
        }
    }
    total / ((height - WINDOW + 1) * (width - WINDOW + 1)) as f64
}

/// Sums over pixels of a, b, their squares and their product.
#[derive(Clone, Copy, Default)]
struct Moments([f64; 5]);

impl Moments {
    fn add(&mut self, other: &Self) {
        for (sum, value) in self.0.iter_mut().zip(other.0) {
            *sum += value;
        }
    }

    fn subtract(&mut self, other: &Self) {
        for (sum, value) in self.0.iter_mut().zip(other.0) {
            *sum -= value;
        }
    }

    /// Returns the window's similarity.
    fn similarity(&self) -> f64 {
        let [a, b, aa, bb, ab] = self.0.map(|sum| sum / WINDOW_AREA);
        let variances = SAMPLE * (aa - a * a + bb - b * b);
        let covariance = SAMPLE * (ab - a * b);
        (2.0 * a * b + C1) * (2.0 * covariance + C2) / ((a * a + b * b + C1) * (variances + C2))
    }
}

#[cfg(test)]
#[path = "frames_tests.rs"]
mod tests;
