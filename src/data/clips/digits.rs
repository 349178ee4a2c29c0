//! `digits`: pictures of digits drawn from strokes, varied in slant, width, stroke and form.
//!
//! They replace MNIST where it is not available. Everything is drawn from one random stream per
//! picture, with only `+ - * /` and square roots, so a seed gives the same bytes on every machine.

use rand_chacha::rand_core::Rng;
use sha2::{Digest, Sha256};

use super::dataset::{ClipDataset, ClipSource};
use super::glyphs::{DIGITS, Glyphs};
use crate::data::error::DataError;
use crate::data::locate::DataSearch;
use crate::data::origin::Origin;
use crate::data::random::{stream, uniform_between};
use crate::data::split::Split;
use crate::data::splits::SourceChecksum;
use crate::run::hexadecimal;

/// Clips of digits that camtrail draws from strokes.
pub const DATASET: ClipDataset = ClipDataset::new(&DrawnDigits);

/// Name of the data set.
const NAME: &str = "digits";

/// Height and width of a picture, pixels; those of MNIST.
const SIDE: usize = 28;

/// Number of pictures of each split: training, validation, test.
const PICTURES: [usize; 3] = [10_000, 1_000, 2_000];

/// The generator's version: it changes whenever a pixel changes.
const GENERATOR: &str = "digits generator 1";

/// Height of a digit, pixels; those of MNIST fit a box of 20.
const HEIGHT: (f32, f32) = (17.0, 20.0);
/// Width of a digit as a share of its height.
const WIDTH: (f32, f32) = (0.5, 0.85);
/// Shift of the top to the right of the bottom, as a share of the height.
const SLANT: (f32, f32) = (-0.15, 0.45);
/// Radius of the pen, pixels.
const PEN: (f32, f32) = (0.8, 1.7);
/// Random shift of each point of a stroke, as a share of the box.
const STRAY: f32 = 0.06;
/// Number of straight pieces between two points of a curve.
const PIECES: usize = 6;

/// A point in a digit's box: x to the right, y down, 0 to 1.
type Point = [f32; 2];

/// One stroke of the pen.
struct Stroke {
    points: &'static [Point],
    closed: bool,
}

const fn open(points: &'static [Point]) -> Stroke {
    Stroke {
        points,
        closed: false,
    }
}

const fn closed(points: &'static [Point]) -> Stroke {
    Stroke {
        points,
        closed: true,
    }
}

/// The strokes of the digits 0 to 9.
const STROKES: [&[Stroke]; DIGITS] = [
    &[closed(&[
        [0.5, 0.0],
        [0.92, 0.25],
        [0.92, 0.75],
        [0.5, 1.0],
        [0.08, 0.75],
        [0.08, 0.25],
    ])],
    &[
        open(&[[0.55, 0.0], [0.52, 0.5], [0.5, 1.0]]),
        open(&[[0.3, 0.2], [0.55, 0.0]]),
    ],
    &[
        open(&[
            [0.12, 0.27],
            [0.3, 0.04],
            [0.7, 0.04],
            [0.88, 0.3],
            [0.6, 0.62],
            [0.1, 1.0],
        ]),
        open(&[[0.1, 1.0], [0.92, 0.98]]),
    ],
    &[
        open(&[[0.12, 0.12], [0.5, 0.0], [0.85, 0.22], [0.45, 0.46]]),
        open(&[[0.45, 0.46], [0.9, 0.72], [0.5, 1.0], [0.1, 0.86]]),
    ],
    &[
        open(&[[0.62, 0.0], [0.1, 0.66]]),
        open(&[[0.1, 0.66], [0.95, 0.66]]),
        open(&[[0.7, 0.3], [0.66, 1.0]]),
    ],
    &[
        open(&[[0.85, 0.0], [0.22, 0.02]]),
        open(&[[0.22, 0.02], [0.16, 0.45]]),
        open(&[
            [0.16, 0.45],
            [0.55, 0.36],
            [0.9, 0.66],
            [0.55, 1.0],
            [0.1, 0.9],
        ]),
    ],
    &[open(&[
        [0.75, 0.02],
        [0.3, 0.3],
        [0.12, 0.7],
        [0.5, 1.0],
        [0.88, 0.74],
        [0.5, 0.5],
        [0.16, 0.7],
    ])],
    &[
        open(&[[0.1, 0.04], [0.9, 0.0]]),
        open(&[[0.9, 0.0], [0.55, 0.45], [0.36, 1.0]]),
    ],
    &[
        closed(&[[0.5, 0.0], [0.84, 0.22], [0.5, 0.46], [0.16, 0.22]]),
        closed(&[[0.5, 0.46], [0.92, 0.74], [0.5, 1.0], [0.08, 0.74]]),
    ],
    &[
        closed(&[[0.5, 0.0], [0.86, 0.27], [0.5, 0.54], [0.14, 0.27]]),
        open(&[[0.86, 0.27], [0.84, 0.6], [0.6, 1.0]]),
    ],
];

#[derive(Debug)]
struct DrawnDigits;

impl Origin for DrawnDigits {
    fn name(&self) -> &'static str {
        NAME
    }

    fn summary(&self) -> &'static str {
        "generated: such clips of digits drawn from strokes, with footprints"
    }

    fn is_generated(&self) -> bool {
        true
    }
}

impl ClipSource for DrawnDigits {
    fn glyphs(
        &self,
        seed: u64,
        _search: &DataSearch,
    ) -> Result<([Glyphs; 3], Vec<SourceChecksum>), DataError> {
        splits(seed)
    }
}

/// Returns the pictures of the three splits of `seed`.
fn splits(seed: u64) -> Result<([Glyphs; 3], Vec<SourceChecksum>), DataError> {
    let mut sources = Vec::new();
    let mut of = |split: Split, count: usize| {
        let glyphs = generate(seed, split, count)?;
        let mut state = Sha256::new();
        for i in 0..glyphs.len() {
            state.update(glyphs.pixels(i));
        }
        sources.push(SourceChecksum {
            source: format!("{NAME}/{split}: {GENERATOR}, seed {seed}, {count} pictures"),
            sha256: hexadecimal(&state.finalize()),
        });
        Ok::<_, DataError>(glyphs)
    };
    let [train, validation, test] = PICTURES;
    let glyphs = [
        of(Split::Train, train)?,
        of(Split::Validation, validation)?,
        of(Split::Test, test)?,
    ];
    Ok((glyphs, sources))
}

/// Returns the first `count` pictures of a split; picture `i` shows digit `i` modulo 10.
fn generate(seed: u64, split: Split, count: usize) -> Result<Glyphs, DataError> {
    let purpose = format!("{NAME}/glyphs/{split}");
    let mut pixels = Vec::with_capacity(count * SIDE * SIDE);
    for i in 0..count {
        DataError::unless_interrupted()?;
        pixels.extend(draw(i % DIGITS, &mut stream(seed, &purpose, i as u64)));
    }
    let labels = (0..count).map(|i| (i % DIGITS) as u8).collect();
    Ok(Glyphs::new(SIDE, pixels, labels))
}

/// Returns one picture of a digit.
fn draw(digit: usize, rng: &mut impl Rng) -> Vec<u8> {
    let mut within = |(low, high)| uniform_between(rng, low, high);
    let (height, slant, pen) = (within(HEIGHT), within(SLANT), within(PEN));
    let width = height * within(WIDTH);
    let mut lines: Vec<[Point; 2]> = Vec::new();
    for stroke in STROKES[digit] {
        let points: Vec<Point> = stroke
            .points
            .iter()
            .map(|[x, y]| {
                let [x, y] = [x + within((-STRAY, STRAY)), y + within((-STRAY, STRAY))];
                // The centre of the box is placed at the centre of the picture.
                let lean = slant * height * (0.5 - y);
                let middle = SIDE as f32 / 2.0;
                [
                    middle + width * (x - 0.5) + lean,
                    middle + height * (y - 0.5),
                ]
            })
            .collect();
        lines.extend(curve(&points, stroke.closed));
    }
    let places = (0..SIDE).flat_map(|y| (0..SIDE).map(move |x| [x as f32 + 0.5, y as f32 + 0.5]));
    places
        .map(|place| {
            let distances = lines.iter().map(|line| distance(place, line));
            let nearest = distances.fold(f32::INFINITY, f32::min);
            // An edge of one pixel, half inside the pen and half outside.
            let covered = (pen + 0.5 - nearest).clamp(0.0, 1.0);
            (covered * 255.0).round() as u8
        })
        .collect()
}

/// Returns the straight pieces of a smooth line through `points` (Catmull and Rom's spline).
fn curve(points: &[Point], closed: bool) -> Vec<[Point; 2]> {
    let count = points.len() as isize;
    let at = |place: isize| {
        let place = match closed {
            true => place.rem_euclid(count),
            false => place.clamp(0, count - 1),
        };
        points[place as usize]
    };
    let spans = if closed { count } else { count - 1 };
    let mut pieces = Vec::new();
    for span in 0..spans {
        let knots = [at(span - 1), at(span), at(span + 1), at(span + 2)];
        let mut from = knots[1];
        for piece in 1..=PIECES {
            let to = spline(&knots, piece as f32 / PIECES as f32);
            pieces.push([from, to]);
            from = to;
        }
    }
    pieces
}

/// Returns the point at share `t` of the way from the second knot to the third.
fn spline(knots: &[Point; 4], t: f32) -> Point {
    [0, 1].map(|axis| {
        let [a, b, c, d] = knots.map(|knot| knot[axis]);
        let slope = c - a;
        let bend = 2.0 * a - 5.0 * b + 4.0 * c - d;
        let twist = 3.0 * (b - c) + d - a;
        b + 0.5 * t * (slope + t * (bend + t * twist))
    })
}

/// Returns the distance of a point from a straight piece, pixels.
fn distance([x, y]: Point, [from, to]: &[Point; 2]) -> f32 {
    let along = [to[0] - from[0], to[1] - from[1]];
    let away = [x - from[0], y - from[1]];
    let square = along[0] * along[0] + along[1] * along[1];
    let share = if square > 0.0 {
        ((away[0] * along[0] + away[1] * along[1]) / square).clamp(0.0, 1.0)
    } else {
        0.0
    };
    let [dx, dy] = [away[0] - share * along[0], away[1] - share * along[1]];
    (dx * dx + dy * dy).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_by_hand() {
        let line = [[0.0, 0.0], [4.0, 0.0]];
        assert_eq!(distance([2.0, 3.0], &line), 3.0);
        assert_eq!(distance([7.0, 4.0], &line), 5.0);
        assert_eq!(distance([3.0, 4.0], &[[0.0, 0.0], [0.0, 0.0]]), 5.0);
    }

    #[test]
    fn a_curve_goes_through_its_points() {
        let points = [[0.0, 0.0], [1.0, 2.0], [3.0, 1.0]];
        let pieces = curve(&points, false);
        assert_eq!(pieces.len(), 2 * PIECES);
        assert_eq!(pieces[0][0], points[0]);
        assert_eq!(pieces[PIECES][0], points[1]);
        assert_eq!(pieces[2 * PIECES - 1][1], points[2]);
        assert_eq!(curve(&points, true).len(), 3 * PIECES);
    }

    #[test]
    fn digits_keep_clear_of_the_border_and_have_as_much_ink_as_mnist() {
        let glyphs = generate(3, Split::Test, 500).expect("drawn");
        let mut ink = 0.0;
        for i in 0..glyphs.len() {
            let pixels = glyphs.pixels(i);
            ink += pixels
                .iter()
                .map(|grey| f64::from(*grey) / 255.0)
                .sum::<f64>();
            let border = (0..SIDE).flat_map(|i| [i, i * SIDE, i * SIDE + SIDE - 1, 27 * SIDE + i]);
            assert!(
                border.into_iter().all(|place| pixels[place] == 0),
                "picture {i}"
            );
        }
        // MNIST's mean grey is 0.1307: 102 white pixels of 784.
        let mean = ink / glyphs.len() as f64;
        assert!((85.0..120.0).contains(&mean), "{mean}");
    }

    #[test]
    fn two_pictures_of_one_digit_differ_and_a_picture_follows_from_its_number() {
        let glyphs = generate(3, Split::Test, 21).expect("drawn");
        assert_ne!(glyphs.pixels(0), glyphs.pixels(10));
        assert_eq!(
            glyphs.pixels(4),
            generate(3, Split::Test, 5).expect("drawn").pixels(4)
        );
        assert_eq!(glyphs.label(17), 7);
    }
}
