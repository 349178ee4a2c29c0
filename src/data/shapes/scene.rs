//! One generated image: clutter, then one to three objects of a form, then noise.
//!
//! Everything is drawn from one random stream with only `+ - * /` and square roots, so a seed gives
//! the same bytes on every machine.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;

use super::SIDE;
use super::forms;
use super::raster::{Coverage, Outline, Point};
use crate::data::annotation::{Annotation, Instance, Mask};
use crate::data::image_set::{CHANNELS, PIXEL_MAX};
use crate::data::random::{below, uniform_between};

/// An RGB colour; components are 0 to 255, and may exceed that range before the last step.
type Colour = [f32; CHANNELS];

/// Number of pixels in an image.
const AREA: usize = SIDE * SIDE;

/// Diameter of an object's circumscribed circle, pixels.
const DIAMETER: (f32, f32) = (13.0, 22.0);

/// Maximum ratio of width to height of an object, or of height to width, before rotation.
const ASPECT: f32 = 1.1;

/// Clear pixels between the circumscribed circles of two objects.
const GAP: f32 = 0.5;

/// Number of positions tried for a second or third object before it is omitted.
const PLACE_TRIES: usize = 12;

/// Out of ten images, the number with one object and with two; the others have three.
const ONE_OBJECT: u64 = 6;
const TWO_OBJECTS: u64 = 3;

/// Difference in brightness between an object and the background under it, in units of 0 to 255.
const OBJECT_CONTRAST: (f32, f32) = (50.0, 105.0);

/// The same for clutter.
const CLUTTER_CONTRAST: (f32, f32) = (25.0, 70.0);

/// Further change of each channel: an object's hue differs from its background's.
const HUE_CHANGE: f32 = 30.0;

/// Change of an object's colour from its centre to its edge, as a share of its contrast.
const SHADING: f32 = 0.25;

/// The background's mean colour keeps this far from black and white.
const BASE_COLOUR: (f32, f32) = (50.0, 205.0);

/// Maximum difference of each corner's colour from the mean.
const CORNER_DRIFT: f32 = 25.0;

/// Number of cells of the background texture per side, and its largest amplitude.
const TEXTURE_CELLS: usize = 8;
const TEXTURE: (f32, f32) = (2.0, 16.0);

/// Minimum and maximum number of straight strokes in an image; their length and width in pixels.
const STROKES: (u64, u64) = (1, 3);
const STROKE_LENGTH: (f32, f32) = (4.0, 15.0);
const STROKE_WIDTH: (f32, f32) = (1.0, 2.6);

/// Minimum and maximum number of irregular chips in an image; the distance of their corners from
/// the centre in pixels.
const CHIPS: (u64, u64) = (0, 3);
const CHIP_RADIUS: (f32, f32) = (0.8, 3.0);

/// Standard deviation of the pixel noise, in units of 0 to 255.
const NOISE: (f32, f32) = (2.0, 7.0);

/// One image with its objects.
pub(super) struct Scene {
    /// Pixels `[channels, height, width]`, row-major.
    pub(super) pixels: Vec<u8>,
    pub(super) annotation: Annotation,
}

/// An object's position: the centre and the radius of its circumscribed circle, pixels.
#[derive(Clone, Copy)]
struct Circle {
    centre: Point,
    radius: f32,
}

/// Draws an image of the form with this number.
pub(super) fn draw(form: usize, rng: &mut ChaCha8Rng) -> Scene {
    let mut canvas = background(rng);
    for _ in 0..between(rng, STROKES) {
        paint_clutter(&mut canvas, stroke, rng);
    }
    for _ in 0..between(rng, CHIPS) {
        paint_clutter(&mut canvas, chip, rng);
    }
    let mut instances = Vec::new();
    for circle in places(rng) {
        let coverage = Coverage::of(&posed(form, circle, rng), SIDE);
        let colour = contrasting(&canvas, circle.centre, OBJECT_CONTRAST, rng);
        paint_shaded(&mut canvas, &coverage, colour, circle, rng);
        instances.extend(instance(&coverage));
    }
    add_noise(&mut canvas, rng);
    Scene {
        pixels: to_planes(&canvas),
        annotation: Annotation { instances },
    }
}

/// Returns a whole number from `low` to `high`, both included.
fn between(rng: &mut impl Rng, (low, high): (u64, u64)) -> u64 {
    low + below(rng, high - low + 1)
}

fn within(rng: &mut impl Rng, (low, high): (f32, f32)) -> f32 {
    uniform_between(rng, low, high)
}

/// Returns a direction in the plane, every angle equally likely: a point of the disc, normalised.
fn direction(rng: &mut impl Rng) -> Point {
    loop {
        let [x, y] = [within(rng, (-1.0, 1.0)), within(rng, (-1.0, 1.0))];
        let square = x * x + y * y;
        // Very short vectors would lose precision in the division.
        if (0.01..=1.0).contains(&square) {
            let length = square.sqrt();
            return [x / length, y / length];
        }
    }
}

/// Returns four blended corner colours with a coarse random texture on top.
fn background(rng: &mut impl Rng) -> Vec<Colour> {
    let base: Colour = std::array::from_fn(|_| within(rng, BASE_COLOUR));
    let corners: [Colour; 4] = std::array::from_fn(|_| {
        base.map(|value| value + within(rng, (-CORNER_DRIFT, CORNER_DRIFT)))
    });
    let amplitude = within(rng, TEXTURE);
    let knots: Vec<f32> = (0..(TEXTURE_CELLS + 1) * (TEXTURE_CELLS + 1))
        .map(|_| within(rng, (-amplitude, amplitude)))
        .collect();
    let tint: Colour = std::array::from_fn(|_| within(rng, (0.4, 1.0)));
    let cell = SIDE / TEXTURE_CELLS;
    let mut canvas = Vec::with_capacity(AREA);
    for y in 0..SIDE {
        for x in 0..SIDE {
            let (u, v) = (x as f32 / SIDE as f32, y as f32 / SIDE as f32);
            let (inner_x, inner_y) = ((x % cell) as f32, (y % cell) as f32);
            let knot = (y / cell) * (TEXTURE_CELLS + 1) + x / cell;
            let below = knot + TEXTURE_CELLS + 1;
            let texture = blend(
                [knots[knot], knots[knot + 1], knots[below], knots[below + 1]],
                inner_x / cell as f32,
                inner_y / cell as f32,
            );
            canvas.push(std::array::from_fn(|channel| {
                blend(corners.map(|corner| corner[channel]), u, v) + tint[channel] * texture
            }));
        }
    }
    canvas
}

/// Returns the bilinear blend of the values at top left, top right, bottom left, bottom right.
fn blend(corners: [f32; 4], u: f32, v: f32) -> f32 {
    let top = corners[0] + (corners[1] - corners[0]) * u;
    let bottom = corners[2] + (corners[3] - corners[2]) * u;
    top + (bottom - top) * v
}

/// Returns one to three circles inside the image that do not overlap.
fn places(rng: &mut impl Rng) -> Vec<Circle> {
    let lot = below(rng, 10);
    let wanted = 1 + usize::from(lot >= ONE_OBJECT) + usize::from(lot >= ONE_OBJECT + TWO_OBJECTS);
    let mut placed: Vec<Circle> = Vec::with_capacity(wanted);
    for number in 0..wanted {
        // Several objects share the image, so they use the lower half of the sizes.
        let largest = if wanted == 1 {
            DIAMETER.1
        } else {
            (DIAMETER.0 + DIAMETER.1) / 2.0
        };
        let radius = within(rng, (DIAMETER.0, largest)) / 2.0;
        let span = (radius, SIDE as f32 - radius);
        for _ in 0..PLACE_TRIES {
            let circle = Circle {
                centre: [within(rng, span), within(rng, span)],
                radius,
            };
            if number == 0 || placed.iter().all(|other| apart(&circle, other)) {
                placed.push(circle);
                break;
            }
        }
    }
    placed
}

fn apart(a: &Circle, b: &Circle) -> bool {
    let [dx, dy] = [a.centre[0] - b.centre[0], a.centre[1] - b.centre[1]];
    let reach = a.radius + b.radius + GAP;
    dx * dx + dy * dy >= reach * reach
}

/// Returns the outlines of a form, stretched, possibly mirrored, rotated by any angle and placed in
/// the circle.
fn posed(form: usize, circle: Circle, rng: &mut impl Rng) -> Vec<Outline> {
    let aspect = within(rng, (1.0 / ASPECT, ASPECT));
    // The longer axis keeps the circle's radius, so a stretched form stays inside the image.
    let (wide, tall) = if aspect > 1.0 {
        (1.0, 1.0 / aspect)
    } else {
        (aspect, 1.0)
    };
    let wide = if below(rng, 2) == 0 { wide } else { -wide };
    let [cosine, sine] = direction(rng);
    let mut outlines = forms::outlines(form);
    for point in outlines.iter_mut().flatten() {
        let [x, y] = [
            point[0] * wide * circle.radius,
            point[1] * tall * circle.radius,
        ];
        *point = [
            circle.centre[0] + cosine * x - sine * y,
            circle.centre[1] + sine * x + cosine * y,
        ];
    }
    outlines
}

/// Returns a straight bar.
fn stroke(middle: Point, rng: &mut ChaCha8Rng) -> Outline {
    let [dx, dy] = direction(rng);
    let (half_length, half_width) = (
        within(rng, STROKE_LENGTH) / 2.0,
        within(rng, STROKE_WIDTH) / 2.0,
    );
    [[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]]
        .map(|[along, across]: Point| {
            let (along, across) = (along * half_length, across * half_width);
            [
                middle[0] + dx * along - dy * across,
                middle[1] + dy * along + dx * across,
            ]
        })
        .to_vec()
}

/// Returns a small polygon of five to seven corners at uneven distances: smaller than any object.
fn chip(middle: Point, rng: &mut ChaCha8Rng) -> Outline {
    let corners = between(rng, (5, 7));
    let mut directions: Vec<Point> = (0..corners).map(|_| direction(rng)).collect();
    // By half, then by slope: counter-clockwise without an arc tangent.
    directions.sort_by(|a, b| {
        let upper = |p: &Point| p[1] < 0.0;
        let cross = a[0] * b[1] - a[1] * b[0];
        upper(a).cmp(&upper(b)).then(0.0f32.total_cmp(&cross))
    });
    directions
        .into_iter()
        .map(|[x, y]| {
            let distance = within(rng, CHIP_RADIUS);
            [middle[0] + distance * x, middle[1] + distance * y]
        })
        .collect()
}

fn paint_clutter(
    canvas: &mut [Colour],
    outline: impl Fn(Point, &mut ChaCha8Rng) -> Outline,
    rng: &mut ChaCha8Rng,
) {
    let span = (0.0, SIDE as f32);
    let middle = [within(rng, span), within(rng, span)];
    let coverage = Coverage::of(&[outline(middle, rng)], SIDE);
    let colour = contrasting(canvas, middle, CLUTTER_CONTRAST, rng);
    paint(canvas, &coverage, |_, _| colour);
}

/// Returns a colour lighter or darker than the canvas at `place` by a random step, and of another
/// hue.
fn contrasting(
    canvas: &[Colour],
    place: Point,
    contrast: (f32, f32),
    rng: &mut impl Rng,
) -> Colour {
    let last = SIDE - 1;
    let (x, y) = ((place[0] as usize).min(last), (place[1] as usize).min(last));
    let under = canvas[y * SIDE + x];
    let step = within(rng, contrast);
    // If there is no choice: darker on a light ground, lighter on a dark one.
    let light = under.iter().sum::<f32>() / CHANNELS as f32;
    let up = if light + step > PIXEL_MAX {
        false
    } else if light - step < 0.0 {
        true
    } else {
        below(rng, 2) == 1
    };
    let signed = if up { step } else { -step };
    under.map(|value| value + signed + within(rng, (-HUE_CHANGE, HUE_CHANGE)))
}

fn paint(canvas: &mut [Colour], coverage: &Coverage, colour: impl Fn(usize, usize) -> Colour) {
    for (place, cell) in canvas.iter_mut().enumerate() {
        let (x, y) = (place % SIDE, place / SIDE);
        let share = coverage.at(x, y);
        if share > 0.0 {
            let colour = colour(x, y);
            for (old, new) in cell.iter_mut().zip(colour) {
                *old += (new - *old) * share;
            }
        }
    }
}

/// Paints an object whose colour approaches the background's on one side.
fn paint_shaded(
    canvas: &mut [Colour],
    coverage: &Coverage,
    colour: Colour,
    circle: Circle,
    rng: &mut impl Rng,
) {
    let [dx, dy] = direction(rng);
    let (x, y) = (circle.centre[0] as usize, circle.centre[1] as usize);
    let under = canvas[y.min(SIDE - 1) * SIDE + x.min(SIDE - 1)];
    let strength = within(rng, (0.0, SHADING));
    paint(canvas, coverage, |x, y| {
        let along =
            (x as f32 + 0.5 - circle.centre[0]) * dx + (y as f32 + 0.5 - circle.centre[1]) * dy;
        let weight = 1.0 + strength * along / circle.radius;
        std::array::from_fn(|channel| under[channel] + (colour[channel] - under[channel]) * weight)
    });
}

/// Returns the pixels that are at least half covered; `None` if there are none.
fn instance(coverage: &Coverage) -> Option<Instance> {
    let mut mask = Mask::new(SIDE, SIDE);
    for y in 0..SIDE {
        for x in 0..SIDE {
            if coverage.at(x, y) >= 0.5 {
                mask.insert(x, y);
            }
        }
    }
    let bounds = mask.bounding_box()?;
    let mask = Some(mask);
    Some(Instance { bounds, mask })
}

/// Adds to every component a scaled and centred sum of four bytes, which is close to a Gaussian.
fn add_noise(canvas: &mut [Colour], rng: &mut impl Rng) {
    /// Mean and standard deviation of a sum of four uniform bytes: 4 * 127.5, sqrt(4 * (256^2 - 1)
    /// / 12).
    const SUM_MEAN: f32 = 510.0;
    const SUM_STD: f32 = 147.801_67;
    let scale = within(rng, NOISE) / SUM_STD;
    for value in canvas.iter_mut().flatten() {
        let sum: u32 = rng
            .next_u32()
            .to_le_bytes()
            .into_iter()
            .map(u32::from)
            .sum();
        *value += (sum as f32 - SUM_MEAN) * scale;
    }
}

/// Rounds to bytes, one plane after the other.
fn to_planes(canvas: &[Colour]) -> Vec<u8> {
    (0..CHANNELS)
        .flat_map(|channel| canvas.iter().map(move |colour| colour[channel]))
        .map(|value| (value + 0.5).clamp(0.0, PIXEL_MAX) as u8)
        .collect()
}
