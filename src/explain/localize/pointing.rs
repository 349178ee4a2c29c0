//! The position of a map's maximum, and of its mass.

use crate::data::annotation::Mask;
use crate::explain::Plane;

/// The outcome of the pointing game on one map.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pointing {
    /// 1 for a hit and 0 for a miss. If several pixels share the maximum, the share of them that
    /// hit, which is the probability that a random one hits.
    pub hit: f64,
    /// Whether several pixels share the maximum.
    pub tied: bool,
}

/// Returns whether the highest pixel of `map` lies in `region`. A map that is nowhere above 0 is a
/// miss and not a tie.
///
/// # Panics
///
/// If map and region are of different sizes.
///
/// # Source
///
/// Zhang et al., "Top-down neural attention by excitation backprop", 2016, section 4.2. They count
/// a maximum within 15 pixels of the object as a hit; pictures here are small, so there is no
/// margin. They do not mention ties.
pub fn pointing(map: &Plane, region: &Mask) -> Pointing {
    let mut highest = 0.0;
    let (mut hits, mut maxima) = (0u32, 0u32);
    for (value, within) in super::pixels(map, region) {
        if value > highest {
            highest = value;
            (hits, maxima) = (0, 0);
        }
        if value == highest && highest > 0.0 {
            maxima += 1;
            hits += u32::from(within);
        }
    }
    Pointing {
        hit: f64::from(hits) / f64::from(maxima.max(1)),
        tied: maxima > 1,
    }
}

/// Returns the share of the sum of `map` that lies in `region`, 0 to 1; 0 for a map that is all 0.
/// An uninformative map scores, on average, the region's share of the picture.
///
/// # Panics
///
/// If map and region are of different sizes.
///
/// # Source
///
/// Wang et al., "Score-CAM", 2020, section 4.3, the energy-based pointing game.
pub fn energy(map: &Plane, region: &Mask) -> f64 {
    let (mut inside, mut all) = (0.0, 0.0);
    for (value, within) in super::pixels(map, region) {
        all += f64::from(value);
        if within {
            inside += f64::from(value);
        }
    }
    if all > 0.0 { inside / all } else { 0.0 }
}
