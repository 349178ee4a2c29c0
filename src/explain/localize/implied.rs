//! The box implied by a map, and its overlap with a true box.

use crate::data::annotation::{Mask, PixelBox};
use crate::explain::Plane;

/// Returns the smallest box around the largest connected component of the pixels above `delta`
/// (strictly), or `None` if there are no such pixels. Pixels connect at a side or a corner. Among
/// several largest components, the one with the first pixel in row order is selected.
///
/// # Source
///
/// Zhou et al., "Learning deep features for discriminative localization", 2016, section 3.2, with
/// delta 0.2, and Selvaraju et al., "Grad-CAM", 2017, section 4.1, with delta 0.15. Neither states
/// the connectivity.
pub fn implied_box(map: &Plane, delta: f32) -> Option<PixelBox> {
    let [height, width] = map.size();
    let mut seen = vec![false; height * width];
    let mut largest: Option<Mask> = None;
    let mut largest_area = 0;
    for start in 0..height * width {
        if seen[start] || map.values()[start] <= delta {
            continue;
        }
        let part = connected(map, delta, start, &mut seen);
        let area = part.area();
        if area > largest_area {
            (largest, largest_area) = (Some(part), area);
        }
    }
    largest.and_then(|part| part.bounding_box())
}

/// Returns the pixels above `delta` connected to `start`, and marks all of them in `seen`.
fn connected(map: &Plane, delta: f32, start: usize, seen: &mut [bool]) -> Mask {
    let [height, width] = map.size();
    let mut part = Mask::new(height, width);
    let mut open = vec![start];
    seen[start] = true;
    while let Some(place) = open.pop() {
        let (y, x) = (place / width, place % width);
        part.insert(x, y);
        for near_y in y.saturating_sub(1)..(y + 2).min(height) {
            for near_x in x.saturating_sub(1)..(x + 2).min(width) {
                let near = near_y * width + near_x;
                if !seen[near] && map.values()[near] > delta {
                    seen[near] = true;
                    open.push(near);
                }
            }
        }
    }
    part
}

/// Returns the intersection over union of two boxes, 0 to 1; 0 if both are empty.
pub fn box_iou(a: &PixelBox, b: &PixelBox) -> f64 {
    let side = |start: usize, end: usize| end.saturating_sub(start);
    let shared = side(a.x0.max(b.x0), a.x1.min(b.x1)) * side(a.y0.max(b.y0), a.y1.min(b.y1));
    let united = a.area() + b.area() - shared;
    if united == 0 {
        return 0.0;
    }
    shared as f64 / united as f64
}

/// Returns the highest [`box_iou`] of `found` with any of `boxes`; 0 if there are none.
pub fn best_box_iou(found: &PixelBox, boxes: &[PixelBox]) -> f64 {
    let each = boxes.iter().map(|bounds| box_iou(found, bounds));
    each.fold(0.0, f64::max)
}
