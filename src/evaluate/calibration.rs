//! Calibration: whether a network is right as often as it is confident.

use crate::model::Prediction;

/// Number of bins of the confidence, as in the source of [`calibration`].
pub const CALIBRATION_BINS: usize = 15;

/// The images whose confidence lies in one bin.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct CalibrationBin {
    /// Number of images.
    pub images: usize,
    /// Number predicted correctly.
    pub correct: usize,
    /// Sum of their confidences.
    pub confidence_sum: f64,
}

impl CalibrationBin {
    /// Returns the mean confidence, 0 to 1; `None` without images.
    pub fn confidence(&self) -> Option<f64> {
        (self.images > 0).then(|| self.confidence_sum / self.images as f64)
    }

    /// Returns the share predicted correctly, 0 to 1; `None` without images.
    pub fn accuracy(&self) -> Option<f64> {
        (self.images > 0).then(|| self.correct as f64 / self.images as f64)
    }
}

/// The bins of equal width from confidence 0 to 1; each includes its upper bound.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibration {
    /// The bins, from the lowest confidence.
    pub bins: [CalibrationBin; CALIBRATION_BINS],
}

impl Calibration {
    /// Returns the expected calibration error, 0 to 1: the mean over images of the distance between
    /// accuracy and mean confidence of their bin; 0 without images.
    ///
    /// # Source
    /// Guo et al., "On Calibration of Modern Neural Networks", ICML 2017, section 2.
    pub fn error(&self) -> f64 {
        let images: usize = self.bins.iter().map(|bin| bin.images).sum();
        let distances = self.bins.iter().map(|bin| {
            // The bin's images times the distance of its means.
            (bin.correct as f64 - bin.confidence_sum).abs()
        });
        distances.sum::<f64>() / images.max(1) as f64
    }
}

/// Returns the calibration of `predictions`, by the confidence in the predicted class.
///
/// # Source
/// Guo et al. 2017, section 2 and 15 bins as in its tables.
pub fn calibration(predictions: &[Prediction]) -> Calibration {
    let mut bins = [CalibrationBin::default(); CALIBRATION_BINS];
    for prediction in predictions {
        let confidence = f64::from(prediction.confidence);
        let place = (confidence * CALIBRATION_BINS as f64).ceil() as usize;
        let bin = &mut bins[place.clamp(1, CALIBRATION_BINS) - 1];
        bin.images += 1;
        bin.correct += usize::from(prediction.class == prediction.label);
        bin.confidence_sum += confidence;
    }
    Calibration { bins }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prediction(confidence: f32, is_correct: bool) -> Prediction {
        Prediction {
            label: 0,
            class: usize::from(!is_correct),
            confidence,
            label_confidence: 0.0,
            rank: 0,
            top: Vec::new(),
        }
    }

    /// Of two sure images one is right, and one image at 0.5 is right.
    #[test]
    fn three_images_by_hand() {
        let found = calibration(&[
            prediction(1.0, true),
            prediction(0.9375, false),
            prediction(0.5, true),
        ]);
        assert_eq!(found.bins[14].images, 2);
        assert_eq!(found.bins[14].accuracy(), Some(0.5));
        assert_eq!(found.bins[14].confidence(), Some(0.968_75));
        // 0.5 is above 7 / 15.
        assert_eq!(found.bins[7].images, 1);
        assert_eq!(found.bins[0].accuracy(), None);
        let expected = ((1.9375 - 1.0) + (1.0 - 0.5)) / 3.0;
        assert!((found.error() - expected).abs() < 1e-12);
    }

    #[test]
    fn the_ends_have_bins_and_a_calibrated_network_no_error() {
        let found = calibration(&[prediction(0.0, false), prediction(1.0, true)]);
        assert_eq!((found.bins[0].images, found.bins[14].images), (1, 1));
        assert_eq!(found.error(), 0.0);
        assert_eq!(calibration(&[]).error(), 0.0);
    }
}
