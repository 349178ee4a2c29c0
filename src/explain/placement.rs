//! Places a map on the whole picture, of which the network saw a part.

use super::Plane;

/// Returns the map of a part of a picture on the whole, of `size` `[height, width]`. It is bilinear
/// between the centres of the map's pixels, constant beyond them, and 0 outside the part.
///
/// `part` is the position of the map: left, top, width and height as shares of the whole, 0 to 1.
pub fn placed(map: &Plane, part: [f64; 4], size: [usize; 2]) -> Plane {
    let [left, top, part_width, part_height] = part;
    let [map_height, map_width] = map.size();
    let along = |count: usize, start: f64, share: f64, cells: usize| -> Vec<Option<Place>> {
        let place = |pixel: usize| {
            let at = ((pixel as f64 + 0.5) / count as f64 - start) / share;
            (0.0..=1.0)
                .contains(&at)
                .then(|| Place::of(at * cells as f64 - 0.5, cells))
        };
        (0..count).map(place).collect()
    };
    let [height, width] = size;
    let columns = along(width, left, part_width, map_width);
    let rows = along(height, top, part_height, map_height);
    let mut values = Vec::with_capacity(height * width);
    for row in &rows {
        for column in &columns {
            values.push(match (row, column) {
                (Some(row), Some(column)) => {
                    let line = |row: usize| {
                        let at = |column: usize| map.values()[row * map_width + column];
                        column.mix(at(column.low), at(column.high))
                    };
                    row.mix(line(row.low), line(row.high))
                }
                _ => 0.0,
            });
        }
    }
    Plane::new(size, values)
}

/// Two neighbouring cells and the share of the second.
#[derive(Debug, Clone, Copy)]
struct Place {
    low: usize,
    high: usize,
    share: f32,
}

impl Place {
    fn of(at: f64, cells: usize) -> Self {
        let at = at.clamp(0.0, (cells - 1) as f64);
        let low = at.floor();
        Self {
            low: low as usize,
            high: (low as usize + 1).min(cells - 1),
            share: (at - low) as f32,
        }
    }

    fn mix(self, low: f32, high: f32) -> f32 {
        low + self.share * (high - low)
    }
}

#[cfg(test)]
mod tests {
    use super::super::saliency::resize;
    use super::super::testing::{assert_close, tensor3, wave3};
    use super::*;

    #[test]
    fn a_part_by_hand() {
        // One row of eight pixels; the map of two cells lies on its middle four.
        let map = Plane::new([1, 2], vec![0.0, 4.0]);
        let whole = placed(&map, [0.25, 0.0, 0.5, 1.0], [1, 8]);
        assert_eq!(whole.values(), [0.0, 0.0, 0.0, 1.0, 3.0, 4.0, 0.0, 0.0]);
    }

    /// If the network saw the whole picture, this is the usual resize.
    #[test]
    fn on_a_whole_that_was_all_seen_it_is_a_resize() {
        let map = wave3([1, 5, 7], 0.4);
        let expected = resize(map.clone(), [20, 11]);
        let found = placed(&Plane::from_batch(map)[0], [0.0, 0.0, 1.0, 1.0], [20, 11]);
        assert_close(&tensor3([1, 20, 11], found.values()), &expected, 1e-6);
    }
}
