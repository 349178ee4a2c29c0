//! The Moving MNIST rule: digits that move straight over a square canvas and bounce off its sides.

use std::sync::Arc;

use rand_chacha::rand_core::Rng;

use super::glyphs::Glyphs;
use crate::data::annotation::Mask;
use crate::data::random::{below, direction, uniform};

/// Height and width of a frame, pixels.
pub const CANVAS_SIDE: usize = 64;

/// Number of frames in a clip.
pub const CLIP_FRAMES: usize = 20;

/// Number of frames shown to a network before the predicted ones: the first half.
pub const WATCHED_FRAMES: usize = CLIP_FRAMES / 2;

/// Number of digits in a clip.
pub const CLIP_DIGITS: usize = 2;

/// Distance that a digit moves per frame, as a share of the free range.
const STEP: f64 = 0.1;

/// Minimum grey value of a pixel in a digit's footprint: a quarter of white, which excludes the
/// faint edge of a stroke.
pub const FOOTPRINT_LEVEL: u8 = 64;

/// One clip: its frames, and the position of each digit in each frame.
#[derive(Clone, Debug, PartialEq)]
pub struct Clip {
    /// Grey values, `[time, height, width]` row-major.
    pub frames: Vec<u8>,
    /// The digits, in the order of drawing. Empty if the frames came without them.
    pub digits: Vec<MovingDigit>,
}

/// The path of one digit.
#[derive(Clone, Debug, PartialEq)]
pub struct MovingDigit {
    /// The digit, 0 to 9.
    pub label: u8,
    /// Number of its picture in the glyph set.
    pub glyph: usize,
    /// Upper left corner of its picture in each frame, `[x, y]` in whole pixels.
    pub corners: Vec<[usize; 2]>,
    /// Distance to the next frame's position, `[x, y]` in pixels, before it meets a side.
    pub velocities: Vec<[f64; 2]>,
    glyphs: Arc<Glyphs>,
}

impl Clip {
    /// Returns the grey values of one frame, `[height, width]`.
    ///
    /// # Panics
    /// If there is no such frame.
    pub fn frame(&self, time: usize) -> &[u8] {
        let area = CANVAS_SIDE * CANVAS_SIDE;
        &self.frames[time * area..(time + 1) * area]
    }

    /// Returns the number of frames.
    pub fn len(&self) -> usize {
        self.frames.len() / (CANVAS_SIDE * CANVAS_SIDE)
    }

    /// Returns whether there are no frames.
    pub fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }
}

impl MovingDigit {
    /// Returns the pixels that the digit covers in frame `time`: those of at least
    /// [`FOOTPRINT_LEVEL`], even if another digit covers them too.
    ///
    /// # Panics
    /// If there is no such frame.
    pub fn footprint(&self, time: usize) -> Mask {
        let mut mask = Mask::new(CANVAS_SIDE, CANVAS_SIDE);
        let [left, top] = self.corners[time];
        let side = self.glyphs.side();
        for (place, grey) in self.glyphs.pixels(self.glyph).iter().enumerate() {
            if *grey >= FOOTPRINT_LEVEL {
                mask.insert(left + place % side, top + place / side);
            }
        }
        mask
    }
}

/// Returns a clip of `frames` frames with two digits of `glyphs`, each selected at random.
///
/// # Source
///
/// Srivastava, Mansimov and Salakhutdinov, "Unsupervised Learning of Video Representations using
/// LSTMs", ICML 2015, and their published code. A digit starts anywhere in the free range, with
/// every angle equally likely, and moves [`STEP`] of the free range per frame. A position beyond
/// the range is set to its end, and that component of the velocity is reversed. Pictures lie on
/// whole pixels (rounded down), and where digits overlap the larger grey value is kept. As in their
/// code, the first frame shows the position after one step.
pub(super) fn draw(glyphs: &Arc<Glyphs>, frames: usize, rng: &mut impl Rng) -> Clip {
    let free = (CANVAS_SIDE - glyphs.side()) as f64;
    let mut canvas = vec![0; frames * CANVAS_SIDE * CANVAS_SIDE];
    let mut digits = Vec::with_capacity(CLIP_DIGITS);
    for _ in 0..CLIP_DIGITS {
        let start = [uniform(rng), uniform(rng)];
        let velocity = direction(rng).map(|part| part * STEP);
        let track = fly(start, velocity, frames);
        let glyph = below(rng, glyphs.len() as u64) as usize;
        let digit = MovingDigit {
            label: glyphs.label(glyph),
            glyph,
            corners: (track.iter())
                .map(|(place, _)| place.map(|part| (part * free) as usize))
                .collect(),
            velocities: (track.iter())
                .map(|(_, velocity)| velocity.map(|part| part * free))
                .collect(),
            glyphs: Arc::clone(glyphs),
        };
        let area = CANVAS_SIDE * CANVAS_SIDE;
        for (frame, corner) in canvas.chunks_exact_mut(area).zip(&digit.corners) {
            stamp(frame, &digit, *corner);
        }
        digits.push(digit);
    }
    Clip {
        frames: canvas,
        digits,
    }
}

/// Returns position and velocity at each frame, in units of the free range; the position is 0 to 1.
fn fly(start: [f64; 2], velocity: [f64; 2], frames: usize) -> Vec<([f64; 2], [f64; 2])> {
    let (mut place, mut velocity) = (start, velocity);
    (0..frames)
        .map(|_| {
            for axis in 0..2 {
                place[axis] += velocity[axis];
                if place[axis] <= 0.0 || place[axis] >= 1.0 {
                    place[axis] = place[axis].clamp(0.0, 1.0);
                    velocity[axis] = -velocity[axis];
                }
            }
            (place, velocity)
        })
        .collect()
}

/// Draws the digit's picture onto a frame; the larger grey value is kept.
fn stamp(frame: &mut [u8], digit: &MovingDigit, [left, top]: [usize; 2]) {
    let side = digit.glyphs.side();
    let rows = digit.glyphs.pixels(digit.glyph).chunks_exact(side);
    for (row, greys) in rows.enumerate() {
        let start = (top + row) * CANVAS_SIDE + left;
        for (under, grey) in frame[start..start + side].iter_mut().zip(greys) {
            *under = (*under).max(*grey);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::dataset::tests::square_glyphs;
    use super::*;
    use crate::data::random::stream;

    #[test]
    fn a_flight_by_hand_bounces_and_is_put_on_the_edge() {
        let track = fly([0.75, 0.5], [0.1, -0.25], 5);
        let places: Vec<[f64; 2]> = track.iter().map(|(place, _)| *place).collect();
        let expected = [
            [0.85, 0.25],
            [0.95, 0.0],
            [1.0, 0.25],
            [0.9, 0.5],
            [0.8, 0.75],
        ];
        for (place, expected) in places.iter().zip(expected) {
            assert!((place[0] - expected[0]).abs() < 1e-12, "{places:?}");
            assert!((place[1] - expected[1]).abs() < 1e-12, "{places:?}");
        }
        assert_eq!(track[1].1, [0.1, 0.25]);
        assert_eq!(track[2].1, [-0.1, 0.25]);
    }

    #[test]
    fn a_footprint_is_where_the_digit_was_drawn() {
        // Squares of 4 x 4 white pixels in pictures of 28 x 28, at (12, 12).
        let clip = draw(&square_glyphs(), 6, &mut stream(1, "test", 0));
        for time in 0..6 {
            let mut both = clip.digits[0].footprint(time);
            assert_eq!(both.area(), 16);
            let bounds = both.bounding_box().expect("a square");
            let [left, top] = clip.digits[0].corners[time];
            assert_eq!((bounds.x0, bounds.y0), (left + 12, top + 12));
            both.unite(&clip.digits[1].footprint(time));
            for (place, grey) in clip.frame(time).iter().enumerate() {
                let (x, y) = (place % CANVAS_SIDE, place / CANVAS_SIDE);
                assert_eq!(
                    *grey == 255,
                    both.contains(x, y),
                    "frame {time}, ({x}, {y})"
                );
            }
        }
    }

    #[test]
    fn away_from_the_sides_a_digit_keeps_its_speed() {
        let glyphs = square_glyphs();
        for number in 0..20 {
            let clip = draw(&glyphs, CLIP_FRAMES, &mut stream(2, "test", number));
            for digit in &clip.digits {
                for (time, [x, y]) in digit.velocities.iter().enumerate() {
                    // A tenth of 36 free pixels, for any angle.
                    assert!((x.hypot(*y) - 3.6).abs() < 1e-9);
                    let [left, top] = digit.corners[time];
                    assert!(left <= 36 && top <= 36);
                }
            }
        }
    }

    #[test]
    fn angles_are_uniform() {
        // Of 4000 directions, an eighth of a turn contains 500, plus or minus 3.5 * 21.
        let mut counts = [0; 8];
        for number in 0..4000 {
            let [x, y] = direction(&mut stream(3, "test", number));
            let turn = y.atan2(x) / std::f64::consts::TAU + 0.5;
            counts[((turn * 8.0) as usize).min(7)] += 1;
        }
        assert!(
            counts.iter().all(|count: &i32| (count - 500).abs() < 75),
            "{counts:?}"
        );
    }
}
