//! The overlap of a map's marked pixels with a region, over all thresholds.

use crate::data::annotation::Mask;
use crate::explain::Plane;

/// Number of thresholds: 0 to 1 in steps of 0.01, both ends included.
pub const DELTA_STEPS: usize = 101;
/// Steps from 0 to 1.
const STEPS_TO_ONE: f32 = 100.0;

/// Returns the threshold of step `step`, 0 at step 0 and 1 at step 100.
pub fn delta(step: usize) -> f32 {
    step as f32 / STEPS_TO_ONE
}

/// Returns Loc(delta): the number of pixels of `map` above `delta` (strictly) inside `region`,
/// divided by the number of the region's pixels plus those above `delta` outside it; 0 to 1. It is
/// the intersection over union of the marked pixels and the region, and 0 if both are empty.
///
/// # Panics
///
/// If map and region are of different sizes.
///
/// # Source
///
/// The localisation score of Chattopadhay et al., "Grad-CAM++", 2018, equation 27 in the report
/// that this crate follows.
pub fn loc(map: &Plane, region: &Mask, delta: f32) -> f64 {
    let marked = super::pixels(map, region).filter(|(value, _)| *value > delta);
    let (mut inside, mut outside) = (0, 0);
    for (_, within) in marked {
        if within {
            inside += 1;
        } else {
            outside += 1;
        }
    }
    share(inside, region.area() + outside)
}

/// Number of a map's marked pixels inside and outside a region, at every threshold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overlap {
    region: usize,
    pixels: usize,
    inside: Vec<usize>,
    outside: Vec<usize>,
}

impl Overlap {
    /// Returns the overlap of `map` with `region`.
    ///
    /// # Panics
    ///
    /// If the two are of different sizes.
    pub fn of(map: &Plane, region: &Mask) -> Self {
        let mut counts = [[0; DELTA_STEPS], [0; DELTA_STEPS]];
        let thresholds: Vec<f32> = (0..DELTA_STEPS).map(delta).collect();
        let mut pixels = 0;
        for (value, within) in super::pixels(map, region) {
            pixels += 1;
            // The thresholds below the value, at all of which it is marked.
            let below = thresholds.partition_point(|delta| value > *delta);
            if let Some(last) = below.checked_sub(1) {
                counts[usize::from(within)][last] += 1;
            }
        }
        let [outside, inside] = counts.map(|mut counts| {
            for step in (1..DELTA_STEPS).rev() {
                counts[step - 1] += counts[step];
            }
            counts.to_vec()
        });
        Self {
            region: region.area(),
            pixels,
            inside,
            outside,
        }
    }

    /// Returns [`loc`] at step `step`.
    pub fn loc(&self, step: usize) -> f64 {
        share(self.inside[step], self.region + self.outside[step])
    }

    /// Returns [`loc`] at every step.
    pub fn curve(&self) -> Vec<f64> {
        (0..DELTA_STEPS).map(|step| self.loc(step)).collect()
    }

    /// Returns the share of the picture's pixels that are marked at step `step`, 0 to 1.
    pub fn marked(&self, step: usize) -> f64 {
        share(self.inside[step] + self.outside[step], self.pixels)
    }

    /// Returns the region's share of the picture, 0 to 1.
    pub fn region_share(&self) -> f64 {
        share(self.region, self.pixels)
    }
}

/// Returns the step at which a curve is highest; the lowest one among equals, and 0 for an empty
/// curve.
pub fn best_step(curve: &[f64]) -> usize {
    let steps = curve.iter().enumerate().rev();
    steps
        .max_by(|a, b| a.1.total_cmp(b.1))
        .map_or(0, |(s, _)| s)
}

fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 {
        return 0.0;
    }
    part as f64 / whole as f64
}
