//! Polygons to pixel coverage, with only `+ - * /`, so every machine draws the same pixels.

/// Number of sub-rows per pixel row; along a sub-row the coverage is exact.
const SUB_ROWS: usize = 4;

/// A point: x to the right, y down, in the caller's unit.
pub(super) type Point = [f32; 2];

/// A closed line: the last point joins the first.
pub(super) type Outline = Vec<Point>;

/// Share of each pixel covered by an even-odd filled polygon, 0 to 1, `[height, width]` row-major.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Coverage {
    side: usize,
    cells: Vec<f32>,
}

impl Coverage {
    /// Returns the coverage of the polygon with these outlines on a canvas of `side` x `side`
    /// pixels.
    ///
    /// Points are in pixels; pixel (x, y) is the square from (x, y) to (x + 1, y + 1). Parts
    /// outside the canvas are cut off. Overlapping outlines follow the even-odd rule: two make a
    /// hole.
    pub(super) fn of(outlines: &[Outline], side: usize) -> Self {
        let mut cells = vec![0.0; side * side];
        let weight = 1.0 / SUB_ROWS as f32;
        let (top, bottom) = rows_touched(outlines, side);
        let mut crossings: Vec<f32> = Vec::new();
        for y in top..bottom {
            let row = &mut cells[y * side..(y + 1) * side];
            for sub in 0..SUB_ROWS {
                let level = y as f32 + (sub as f32 + 0.5) * weight;
                collect_crossings(outlines, level, &mut crossings);
                for pair in crossings.chunks_exact(2) {
                    add_span(row, pair[0], pair[1], weight);
                }
            }
        }
        Self { side, cells }
    }

    /// Returns the covered share of pixel (`x`, `y`).
    pub(super) fn at(&self, x: usize, y: usize) -> f32 {
        self.cells[y * self.side + x]
    }

    /// Returns the covered area, in pixels.
    #[cfg(test)]
    pub(super) fn area(&self) -> f32 {
        self.cells.iter().sum()
    }
}

/// Returns the rows that the outlines touch, `top..bottom`, clipped to the canvas.
fn rows_touched(outlines: &[Outline], side: usize) -> (usize, usize) {
    let (mut low, mut high) = (f32::INFINITY, f32::NEG_INFINITY);
    for [_, y] in outlines.iter().flatten() {
        low = low.min(*y);
        high = high.max(*y);
    }
    if low >= high {
        return (0, 0);
    }
    let last = side as f32;
    (
        low.floor().clamp(0.0, last) as usize,
        high.ceil().clamp(0.0, last) as usize,
    )
}

/// Collects the crossings of the outlines with the horizontal line at `level`, from left to right.
fn collect_crossings(outlines: &[Outline], level: f32, crossings: &mut Vec<f32>) {
    crossings.clear();
    for outline in outlines {
        let Some(mut from) = outline.last() else {
            continue;
        };
        for to in outline {
            // Half-open in y, so that a corner on the line counts once.
            if (from[1] <= level) != (to[1] <= level) {
                let along = (level - from[1]) / (to[1] - from[1]);
                crossings.push(from[0] + along * (to[0] - from[0]));
            }
            from = to;
        }
    }
    crossings.sort_unstable_by(f32::total_cmp);
}

/// Adds `weight` times the part of each pixel between `left` and `right`.
fn add_span(row: &mut [f32], left: f32, right: f32, weight: f32) {
    let side = row.len() as f32;
    let (left, right) = (left.clamp(0.0, side), right.clamp(0.0, side));
    let first = left as usize;
    for (x, cell) in row.iter_mut().enumerate().skip(first) {
        let start = x as f32;
        if start >= right {
            break;
        }
        *cell += weight * (right.min(start + 1.0) - left.max(start));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rectangle(x0: f32, y0: f32, x1: f32, y1: f32) -> Outline {
        vec![[x0, y0], [x1, y0], [x1, y1], [x0, y1]]
    }

    #[test]
    fn a_rectangle_covers_its_pixels_by_their_share() {
        let coverage = Coverage::of(&[rectangle(1.25, 1.0, 3.5, 2.5)], 4);
        assert_eq!(coverage.at(0, 1), 0.0);
        assert_eq!(coverage.at(1, 1), 0.75);
        assert_eq!(coverage.at(2, 1), 1.0);
        assert_eq!(coverage.at(3, 1), 0.5);
        assert_eq!(coverage.at(2, 2), 0.5);
        assert_eq!(coverage.at(2, 3), 0.0);
        assert_eq!(coverage.area(), 2.25 * 1.5);
    }

    #[test]
    fn an_inner_outline_is_a_hole_and_the_canvas_cuts() {
        let frame = [rectangle(0.0, 0.0, 4.0, 4.0), rectangle(1.0, 1.0, 3.0, 3.0)];
        assert_eq!(Coverage::of(&frame, 4).area(), 12.0);
        assert_eq!(
            Coverage::of(&[rectangle(-5.0, -5.0, 1.0, 9.0)], 4).area(),
            4.0
        );
        assert_eq!(
            Coverage::of(&[rectangle(5.0, 5.0, 9.0, 9.0)], 4).area(),
            0.0
        );
    }

    #[test]
    fn a_triangle_has_half_the_area_of_its_square() {
        let triangle = vec![[0.0, 0.0], [4.0, 4.0], [0.0, 4.0]];
        let coverage = Coverage::of(&[triangle], 4);
        assert_eq!(coverage.area(), 8.0);
        assert_eq!(coverage.at(1, 1), 0.5);
        assert_eq!(coverage.at(2, 1), 0.0);
    }
}
