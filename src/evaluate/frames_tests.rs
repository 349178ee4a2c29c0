//! Scores of frames by hand and against scikit-image.

use super::*;

/// Returns a picture of `size` from a formula of the pixel's number.
fn picture(size: [usize; 2], formula: impl Fn(f64) -> f64) -> Vec<f32> {
    (0..size[0] * size[1])
        .map(|place| formula(place as f64) as f32)
        .collect()
}

const SIZE: [usize; 2] = [11, 13];

/// Returns a white square of 5 x 5 pixels at (4, 3), `shift` columns further right.
fn square(shift: usize) -> Vec<f32> {
    let mut picture = vec![0.0; 11 * 13];
    for place in 0..25 {
        picture[(3 + place / 5) * 13 + 4 + shift + place % 5] = 1.0;
    }
    picture
}

fn measure(of: FrameMeasure, scores: [f64; 5]) -> f64 {
    let found = FrameMeasure::ALL.into_iter().zip(scores);
    let mut found = found.filter(|(measure, _)| *measure == of);
    found.next().expect("each measure is there").1
}

/// Values of scikit-image 0.26: `structural_similarity(a, b, data_range=1)` and
/// `peak_signal_noise_ratio(a, b, data_range=1)`, both on float64.
#[test]
fn ssim_and_psnr_are_those_of_scikit_image() {
    /// The pictures here are float32, scikit-image's are float64.
    const SINGLE: f64 = 1e-6;
    let wave = |i: f64| (12.9898 * i).sin().abs();
    let other = |i: f64| (0.8 * wave(i) + 0.1 * (78.233 * i).sin().abs()).clamp(0.0, 1.0);
    let (a, b) = (picture(SIZE, wave), picture(SIZE, other));
    let scores = frame_scores(&b, &a, SIZE);
    let (similar, ratio) = (
        measure(FrameMeasure::Ssim, scores),
        measure(FrameMeasure::Psnr, scores),
    );
    assert!((similar - 0.963_716_3).abs() < SINGLE, "{similar}");
    assert!((ratio - 20.690_148_4).abs() < SINGLE, "{ratio}");

    /// Pictures of only 0 and 1: the difference is the rounding of the given digits.
    const EXACT: f64 = 1e-10;
    let similar = ssim(&square(0), &square(1), SIZE);
    assert!((similar - 0.728_010_072_637).abs() < EXACT, "{similar}");
    let ratio = measure(
        FrameMeasure::Psnr,
        frame_scores(&square(0), &square(1), SIZE),
    );
    assert!((ratio - 11.553_360).abs() < SINGLE, "{ratio}");
    let similar = ssim(&square(0), &[0.0; 143], SIZE);
    assert!((similar - 3.180_685e-6).abs() < 1e-12, "{similar}");
}

/// One window: means 25/49 and 0, so (C1)(C2) / ((25/49)^2 + C1)(49/48 (25/49 - (25/49)^2) + C2).
#[test]
fn ssim_of_one_window_by_hand() {
    let mut picture = [0.0; 49];
    picture[..25].fill(1.0);
    let mean: f64 = 25.0 / 49.0;
    let variance = (mean - mean * mean) * 49.0 / 48.0;
    let expected = 1e-4 * 9e-4 / ((mean * mean + 1e-4) * (variance + 9e-4));
    let found = ssim(&picture, &[0.0; 49], [7, 7]);
    assert!((found - expected).abs() < 1e-18, "{found} {expected}");
}

#[test]
fn equal_pictures_are_wholly_similar_and_the_order_does_not_matter() {
    let (a, b) = (square(0), square(1));
    assert!((ssim(&a, &a, SIZE) - 1.0).abs() < 1e-12);
    assert_eq!(ssim(&a, &b, SIZE), ssim(&b, &a, SIZE));
    // A rotated picture has the same windows, rotated.
    let turned = |picture: &[f32]| -> Vec<f32> {
        let places = (0..13).flat_map(|x| (0..11).map(move |y| y * 13 + x));
        places.map(|place| picture[place]).collect()
    };
    let apart = ssim(&turned(&a), &turned(&b), [13, 11]) - ssim(&a, &b, SIZE);
    assert!(apart.abs() < 1e-12, "{apart}");
}

/// Compares the running sums with separate sums of every window.
#[test]
fn running_sums_are_the_sums_of_every_window() {
    let size = [64, 64];
    let a = picture(size, |i| (0.37 * i).sin().abs());
    let b = picture(size, |i| (0.11 * i).cos().abs());
    let mut total = 0.0;
    for top in 0..=64 - WINDOW {
        for left in 0..=64 - WINDOW {
            let mut window = Moments::default();
            for place in 0..WINDOW * WINDOW {
                let at = (top + place / WINDOW) * 64 + left + place % WINDOW;
                let (a, b) = (f64::from(a[at]), f64::from(b[at]));
                window.add(&Moments([a, b, a * a, b * b, a * b]));
            }
            total += window.similarity();
        }
    }
    let apart = ssim(&a, &b, size) - total / (58.0 * 58.0);
    // Rounding of sums of up to 64 float64 terms, over a denominator of at least 1e-3.
    assert!(apart.abs() < 1e-11, "{apart}");
}

/// Errors 0.5, -0.25 and 1 in a picture of 49 pixels.
#[test]
fn errors_by_hand() {
    let mut predicted = [0.0; 49];
    let mut truth = [0.0; 49];
    (predicted[0], truth[0]) = (0.5, 0.0);
    (predicted[1], truth[1]) = (0.25, 0.5);
    (predicted[2], truth[2]) = (0.0, 1.0);
    let [mse, mae, _, psnr, bce] = frame_scores(&predicted, &truth, [7, 7]);
    assert_eq!(mse, 0.25 + 0.0625 + 1.0);
    assert_eq!(mae, 0.5 + 0.25 + 1.0);
    assert!((psnr - 10.0 * (49.0f64 / 1.3125).log10()).abs() < 1e-12);
    // ln 2; -(ln 0.25 + ln 0.75) / 2; -ln 1e-7; and 46 black pixels of -ln(1 - 1e-7) each.
    let floor = PROBABILITY_FLOOR;
    let expected =
        2.0f64.ln() - (0.25f64.ln() + 0.75f64.ln()) / 2.0 - floor.ln() - 46.0 * (1.0 - floor).ln();
    assert!((bce - expected).abs() < 1e-12, "{bce} {expected}");
}

#[test]
fn no_error_is_the_most_decibels_and_a_certain_error_is_finite() {
    let white = [1.0; 49];
    let [mse, mae, ssim, psnr, bce] = frame_scores(&white, &white, [7, 7]);
    assert_eq!((mse, mae, psnr), (0.0, 0.0, MOST_PSNR));
    assert!((ssim - 1.0).abs() < 1e-12);
    assert!((bce - 49.0 * 1e-7).abs() < 1e-11, "{bce}");
    let [_, _, _, psnr, bce] = frame_scores(&[0.0; 49], &white, [7, 7]);
    assert_eq!(psnr, 0.0);
    assert!((bce - 49.0 * 16.118_095_65).abs() < 1e-6, "{bce}");
    // One grey level of 8 bits in one pixel of a whole frame.
    let mut nearly = [1.0; 4096];
    nearly[5] = 254.0 / 255.0;
    let [_, _, _, psnr, _] = frame_scores(&nearly, &[1.0; 4096], [64, 64]);
    assert!((psnr - 84.254).abs() < 1e-3, "{psnr}");
}

/// A constant prediction's cross-entropy is lowest at the mean grey value of the truth.
#[test]
fn cross_entropy_is_proper() {
    let truth = picture([7, 7], |i| f64::from(u8::from(i < 12.0)));
    let of = |p: f32| measure(FrameMeasure::Bce, frame_scores(&[p; 49], &truth, [7, 7]));
    let best = of(12.0 / 49.0);
    assert!(best < of(0.2) && best < of(0.3), "{best}");
}
