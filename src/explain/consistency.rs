//! Agreement of networks: the maps of one picture by several networks, compared in pairs.

use super::{Plane, rank_correlation};

/// Cells per side of the frame in which maps are compared. It is a multiple of the coarsest common
/// map, 7 x 7.
pub const FRAME_CELLS: usize = 28;
/// Threshold of the overlap, after min-max normalisation within the frame.
pub const OVERLAP_DELTA: f32 = 0.5;

/// Agreement of two maps.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Agreement {
    /// Spearman's rank correlation over the cells of the frame, -1 to 1.
    pub correlation: f64,
    /// Intersection over union of the cells above [`OVERLAP_DELTA`], 0 to 1.
    pub iou: f64,
}

/// A map within a frame shared by several maps, 0 to 1 by min-max.
#[derive(Debug, Clone, PartialEq)]
pub struct Framed {
    /// `FRAME_CELLS * FRAME_CELLS` numbers, row by row; `None` if the map is constant in the frame.
    cells: Option<Vec<f32>>,
}

impl Framed {
    /// Returns the part of `map` inside the frame. Each cell is the mean of the pixels whose
    /// centres lie in it, or the nearest pixel if there are none.
    ///
    /// `part`: left, top, width and height of the frame as shares of the map.
    pub fn new(map: &Plane, [left, top, width, height]: [f64; 4]) -> Self {
        let [rows, across] = map.size();
        let columns = spans(left, width, across);
        let rows = spans(top, height, rows);
        let mut cells = Vec::with_capacity(FRAME_CELLS * FRAME_CELLS);
        for &(first_row, last_row) in &rows {
            for &(first, last) in &columns {
                let sum: f32 = (first_row..last_row)
                    .map(|y| map.values()[y * across..][first..last].iter().sum::<f32>())
                    .sum();
                cells.push(sum / ((last_row - first_row) * (last - first)) as f32);
            }
        }
        let lowest = cells.iter().copied().fold(f32::INFINITY, f32::min);
        let highest = cells.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let spread = highest - lowest;
        // NaN does not exceed this either.
        if spread > super::saliency::CONSTANT_SPREAD * highest.abs().max(lowest.abs()) {
            cells
                .iter_mut()
                .for_each(|cell| *cell = (*cell - lowest) / spread);
            return Self { cells: Some(cells) };
        }
        Self { cells: None }
    }

    /// Returns the agreement of the two maps; `None` if one of them is constant.
    pub fn agreement(&self, other: &Self) -> Option<Agreement> {
        let (ours, theirs) = (self.cells.as_ref()?, other.cells.as_ref()?);
        let marked = ours.iter().zip(theirs);
        let (mut both, mut either) = (0, 0);
        for (ours, theirs) in marked {
            let (ours, theirs) = (*ours > OVERLAP_DELTA, *theirs > OVERLAP_DELTA);
            both += usize::from(ours && theirs);
            either += usize::from(ours || theirs);
        }
        Some(Agreement {
            correlation: rank_correlation(ours, theirs)?,
            // A map that is not constant has a cell of 1, so the union is never empty.
            iou: both as f64 / either as f64,
        })
    }
}

/// Returns the pixel range of each cell along one axis of `pixels` pixels, where the frame covers
/// `share` from `start`. Ranges are half-open and never empty.
fn spans(start: f64, share: f64, pixels: usize) -> Vec<(usize, usize)> {
    let border = |cell: usize| {
        let at = start + share * cell as f64 / FRAME_CELLS as f64;
        at * pixels as f64
    };
    // Pixel i has its centre at i + 0.5.
    let first_centre = |at: f64| ((at - 0.5).ceil().max(0.0) as usize).min(pixels);
    let span = |cell: usize| {
        let (from, to) = (border(cell), border(cell + 1));
        let (first, last) = (first_centre(from), first_centre(to));
        if first < last {
            return (first, last);
        }
        let nearest = (((from + to) / 2.0).max(0.0) as usize).min(pixels - 1);
        (nearest, nearest + 1)
    };
    (0..FRAME_CELLS).map(span).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: [f64; 4] = [0.0, 0.0, 1.0, 1.0];

    /// Returns a map of `FRAME_CELLS * scale` pixels per side, whose cell `(row, column)` has the
    /// value `value(row, column)`.
    fn map(scale: usize, value: impl Fn(usize, usize) -> f32) -> Plane {
        let side = FRAME_CELLS * scale;
        let cells = (0..side * side).map(|at| value(at / side / scale, at % side / scale));
        Plane::new([side, side], cells.collect())
    }

    fn left_half(_row: usize, column: usize) -> f32 {
        f32::from(u8::from(column < FRAME_CELLS / 2))
    }

    #[test]
    fn halves_by_hand() {
        let left = Framed::new(&map(2, left_half), WHOLE);
        let right = Framed::new(&map(3, |r, c| 1.0 - left_half(r, c)), WHOLE);
        let upper = Framed::new(&map(1, |row, _| left_half(0, row)), WHOLE);
        let same = left.agreement(&left).expect("neither is constant");
        assert_eq!((same.correlation, same.iou), (1.0, 1.0));
        let opposed = left.agreement(&right).expect("neither is constant");
        assert!((opposed.correlation + 1.0).abs() < 1e-12 && opposed.iou == 0.0);
        // A quarter of the frame of three.
        let crossed = left.agreement(&upper).expect("neither is constant");
        assert!(crossed.correlation.abs() < 1e-12);
        assert!((crossed.iou - 1.0 / 3.0).abs() < 1e-12);
    }

    #[test]
    fn a_constant_map_agrees_with_nothing() {
        let left = Framed::new(&map(1, left_half), WHOLE);
        let constant = Framed::new(&map(1, |_, _| 0.25), WHOLE);
        assert_eq!(left.agreement(&constant), None);
        assert_eq!(constant.agreement(&constant), None);
    }

    /// Two networks that see different squares of a picture are compared where both see it.
    #[test]
    fn a_map_of_a_larger_square_is_cut_to_the_frame() {
        // 28 cells in the middle of 56: the frame is the inner half along each axis.
        let wide = Plane::new(
            [2 * FRAME_CELLS, 2 * FRAME_CELLS],
            (0..4 * FRAME_CELLS * FRAME_CELLS)
                .map(|at| {
                    let (row, column) = (at / (2 * FRAME_CELLS), at % (2 * FRAME_CELLS));
                    (row * 100 + column * column) as f32
                })
                .collect(),
        );
        let part = [0.25, 0.25, 0.5, 0.5];
        let half = FRAME_CELLS / 2;
        let inner = map(1, |row, column| {
            ((row + half) * 100 + (column + half).pow(2)) as f32
        });
        assert_eq!(Framed::new(&wide, part), Framed::new(&inner, WHOLE));
    }

    #[test]
    fn every_cell_of_a_coarse_map_has_a_pixel() {
        let coarse = Plane::new([7, 7], (0..49).map(|at| at as f32).collect());
        let fine = map(1, |row, column| (row / 4 * 7 + column / 4) as f32);
        assert_eq!(Framed::new(&coarse, WHOLE), Framed::new(&fine, WHOLE));
    }
}
