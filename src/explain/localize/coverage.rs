//! The objects that a map covers, at a threshold and at equal area.
//!
//! A map of ones covers every object at any threshold below 1, so coverage at a threshold means
//! little without the marked area. At equal area every map marks as many pixels as the objects
//! have, its own highest ones, so a large map has no advantage.

use crate::data::annotation::Mask;
use crate::explain::Plane;

/// Share of an object's marked pixels from which it counts as covered.
pub const COVERED_SHARE: f64 = 0.5;

/// The objects covered by the pixels above a threshold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Coverage {
    /// Share of the objects with at least [`COVERED_SHARE`] marked, 0 to 1.
    pub covered: f64,
    /// Whether all objects are covered.
    pub all: bool,
    /// Share of the objects with at least one marked pixel, 0 to 1.
    pub touched: f64,
}

/// The objects covered by a given number of pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AreaCoverage {
    /// Share of the objects with at least [`COVERED_SHARE`] marked, 0 to 1.
    pub covered: f64,
    /// Whether all objects are covered.
    pub all: bool,
    /// Share of the objects' pixels that are marked, 0 to 1. With as many pixels as the objects
    /// have, this is also the share of the marked pixels on objects.
    pub recall: f64,
}

/// Returns which of `objects` the pixels of `map` above `delta` (strictly) cover.
///
/// # Panics
///
/// If there is no object, or if one has another size than the map.
pub fn coverage(map: &Plane, objects: &[Mask], delta: f32) -> Coverage {
    assert!(!objects.is_empty(), "coverage needs an object");
    let (mut covered, mut touched) = (0, 0);
    for object in objects {
        let on_it = super::pixels(map, object).filter(|(_, within)| *within);
        let marked = on_it.filter(|(value, _)| *value > delta).count();
        covered += usize::from(is_covered(marked as f64, object.area()));
        touched += usize::from(marked > 0);
    }
    Coverage {
        covered: covered as f64 / objects.len() as f64,
        all: covered == objects.len(),
        touched: touched as f64 / objects.len() as f64,
    }
}

/// Returns which of `objects` the `area` highest pixels of `map` cover. Pixels that tie for the
/// last places count by their probability of selection. A map that is nowhere above 0 marks
/// nothing.
///
/// # Panics
///
/// If there is no object, if one has another size than the map, or if the map has fewer than `area`
/// pixels.
pub fn coverage_at_area(map: &Plane, objects: &[Mask], area: usize) -> AreaCoverage {
    assert!(!objects.is_empty(), "coverage needs an object");
    let highest = Highest::of(map, area);
    let covered = objects.iter();
    let covered = covered.filter(|object| is_covered(highest.on(map, object), object.area()));
    let covered = covered.count();
    let mut all = objects[0].clone();
    objects[1..].iter().for_each(|object| all.unite(object));
    AreaCoverage {
        covered: covered as f64 / objects.len() as f64,
        all: covered == objects.len(),
        recall: highest.on(map, &all) / all.area().max(1) as f64,
    }
}

fn is_covered(marked: f64, area: usize) -> bool {
    area > 0 && marked >= COVERED_SHARE * area as f64
}

/// The highest pixels of a map.
struct Highest {
    /// The lowest value among them; infinite if none is selected.
    last: f32,
    /// Number of selected pixels with that value, and the number of pixels with it.
    places: usize,
    tied: usize,
}

impl Highest {
    fn of(map: &Plane, area: usize) -> Self {
        let mut sorted = map.values().to_vec();
        sorted.sort_by(|a, b| b.total_cmp(a));
        let empty = sorted.first().is_none_or(|highest| *highest <= 0.0);
        if empty || area == 0 {
            let (last, places, tied) = (f32::INFINITY, 0, 1);
            return Self { last, places, tied };
        }
        let last = sorted[area - 1];
        let above = sorted.partition_point(|value| *value > last);
        Self {
            last,
            places: area - above,
            tied: sorted[above..].partition_point(|value| *value == last),
        }
    }

    /// Returns the number of them on `object`, averaged over the possible selections of ties.
    fn on(&self, map: &Plane, object: &Mask) -> f64 {
        let (mut above, mut tied) = (0, 0);
        for (value, _) in super::pixels(map, object).filter(|(_, within)| *within) {
            above += usize::from(value > self.last);
            tied += usize::from(value == self.last);
        }
        above as f64 + (self.places * tied) as f64 / self.tied as f64
    }
}
