//! The twelve forms of the `shapes` data set, as outlines in a unit box.
//!
//! The form determines the class of an object; its colour, size, position and rotation do not.

use super::raster::{Outline, Point};

/// Number of points on a full circle, and on each arc of a curved form.
const CIRCLE_POINTS: usize = 32;

/// Class names, by class number.
pub(crate) const FORM_NAMES: [&str; 12] = [
    "disc", "ring", "square", "triangle", "cross", "tee", "ell", "zigzag", "star", "crescent",
    "heart", "arrow",
];

/// Returns the outlines of form number `form`: centred on the origin, with all points at most 1
/// away.
///
/// # Panics
/// If `form` is not below the number of [`FORM_NAMES`].
pub(super) fn outlines(form: usize) -> Vec<Outline> {
    let raw = match FORM_NAMES[form] {
        "disc" => vec![circle([0.0, 0.0], 1.0)],
        "ring" => vec![circle([0.0, 0.0], 1.0), circle([0.0, 0.0], 0.5)],
        "square" => polygon(&[[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]]),
        "triangle" => polygon(&[[0.0, -2.0], [1.75, 1.0], [-1.75, 1.0]]),
        "cross" => polygon(&[
            [-0.7, -2.0],
            [0.7, -2.0],
            [0.7, -0.7],
            [2.0, -0.7],
            [2.0, 0.7],
            [0.7, 0.7],
            [0.7, 2.0],
            [-0.7, 2.0],
            [-0.7, 0.7],
            [-2.0, 0.7],
            [-2.0, -0.7],
            [-0.7, -0.7],
        ]),
        "tee" => polygon(&[
            [-2.0, -2.0],
            [2.0, -2.0],
            [2.0, -0.7],
            [0.7, -0.7],
            [0.7, 2.0],
            [-0.7, 2.0],
            [-0.7, -0.7],
            [-2.0, -0.7],
        ]),
        "ell" => polygon(&[
            [-1.6, -2.0],
            [-0.2, -2.0],
            [-0.2, 0.6],
            [1.6, 0.6],
            [1.6, 2.0],
            [-1.6, 2.0],
        ]),
        "zigzag" => polygon(&[
            [-2.0, -1.6],
            [0.7, -1.6],
            [0.7, 0.3],
            [2.0, 0.3],
            [2.0, 1.6],
            [-0.7, 1.6],
            [-0.7, -0.3],
            [-2.0, -0.3],
        ]),
        "star" => vec![star()],
        "crescent" => vec![crescent()],
        "heart" => vec![heart()],
        "arrow" => polygon(&[
            [0.0, -2.0],
            [1.7, 0.0],
            [0.6, 0.0],
            [0.6, 2.0],
            [-0.6, 2.0],
            [-0.6, 0.0],
            [-1.7, 0.0],
        ]),
        unlisted => unreachable!("{unlisted} is named in FORM_NAMES and has no outline"),
    };
    centred(raw)
}

fn polygon(points: &[Point]) -> Vec<Outline> {
    vec![points.to_vec()]
}

/// Returns the point of the unit circle at parameter `t`; `t` from -1 to 1 is the right half from
/// top to bottom.
///
/// The rational parametrisation replaces sine and cosine, whose last bits differ between machines.
fn on_right_half(t: f32) -> Point {
    let scale = 1.0 / (1.0 + t * t);
    [(1.0 - t * t) * scale, 2.0 * t * scale]
}

/// Returns `count` points of the circle from the top over the right side to the bottom, both ends
/// included.
fn right_half(count: usize) -> impl DoubleEndedIterator<Item = Point> {
    (0..count).map(move |i| on_right_half(2.0 * i as f32 / (count as f32 - 1.0) - 1.0))
}

fn circle(centre: Point, radius: f32) -> Outline {
    let half = CIRCLE_POINTS / 2;
    let right = right_half(half + 1).take(half);
    let left = right_half(half + 1).take(half).map(|[x, y]| [-x, -y]);
    right
        .chain(left)
        .map(|[x, y]| [centre[0] + radius * x, centre[1] + radius * y])
        .collect()
}

/// Returns a pentagram; its inner radius is slightly larger than the regular one so that the arms
/// stay visible.
fn star() -> Outline {
    /// Sine and cosine of 0, 72 and 144 degrees, to the precision of f32.
    const TIPS: [Point; 5] = [
        [0.0, -1.0],
        [0.951_056_5, -0.309_017],
        [0.587_785_25, 0.809_017],
        [-0.587_785_25, 0.809_017],
        [-0.951_056_5, -0.309_017],
    ];
    const INNER: f32 = 0.42;
    (0..5)
        .flat_map(|i| {
            // The notch after tip i is opposite tip i + 3.
            let [x, y] = TIPS[(i + 3) % 5];
            [TIPS[i], [-INNER * x, -INNER * y]]
        })
        .collect()
}

/// Returns a thick sickle: a half-disc's arc outside and a flatter arc inside.
fn crescent() -> Outline {
    /// The inner arc's depth as a share of the outer one's.
    const INNER_DEPTH: f32 = 0.38;
    let outer = right_half(CIRCLE_POINTS / 2).map(|[x, y]| [1.25 * x, y]);
    let inner = right_half(CIRCLE_POINTS / 2)
        .rev()
        .map(|[x, y]| [INNER_DEPTH * x, y]);
    outer.chain(inner).collect()
}

/// Returns two half-circles on top and a point below.
fn heart() -> Outline {
    const LOBE: f32 = 0.5;
    let lobe = |centre: f32| {
        // A quarter turn maps the right half onto the upper half, left to right.
        right_half(CIRCLE_POINTS / 2).map(move |[x, y]| [centre + LOBE * y, -LOBE * x])
    };
    let tip = [[0.92, 0.38], [0.0, 1.3], [-0.92, 0.38]];
    lobe(-LOBE).chain(lobe(LOBE)).chain(tip).collect()
}

/// Moves the centre of the bounding box to the origin and scales the farthest point to distance 1.
fn centred(mut outlines: Vec<Outline>) -> Vec<Outline> {
    let mut low = [f32::INFINITY; 2];
    let mut high = [f32::NEG_INFINITY; 2];
    for point in outlines.iter().flatten() {
        for axis in 0..2 {
            low[axis] = low[axis].min(point[axis]);
            high[axis] = high[axis].max(point[axis]);
        }
    }
    let middle = [(low[0] + high[0]) / 2.0, (low[1] + high[1]) / 2.0];
    let mut farthest = 0.0f32;
    for point in outlines.iter_mut().flatten() {
        *point = [point[0] - middle[0], point[1] - middle[1]];
        farthest = farthest.max(point[0] * point[0] + point[1] * point[1]);
    }
    let scale = 1.0 / farthest.sqrt();
    for point in outlines.iter_mut().flatten() {
        *point = [point[0] * scale, point[1] * scale];
    }
    outlines
}

#[cfg(test)]
mod tests {
    use super::super::raster::Coverage;
    use super::*;

    /// Returns the area of a form as a share of its circumscribed disc.
    fn share(name: &str) -> f32 {
        let form = FORM_NAMES.iter().position(|known| *known == name).unwrap();
        let mut outlines = outlines(form);
        for point in outlines.iter_mut().flatten() {
            *point = [32.0 + 30.0 * point[0], 32.0 + 30.0 * point[1]];
        }
        Coverage::of(&outlines, 64).area() / (std::f32::consts::PI * 900.0)
    }

    #[test]
    fn areas_match_geometry() {
        // The 32-gon misses 0.6 % of a disc; sampling adds less than 0.2 %.
        assert!((share("disc") - 1.0).abs() < 0.012, "{}", share("disc"));
        assert!((share("ring") - 0.75).abs() < 0.012, "{}", share("ring"));
        assert!((share("square") - 2.0 / std::f32::consts::PI).abs() < 0.004);
        // Cross of arm width 1.4 and span 4: area 4 * 1.4 * 2 - 1.4^2 over pi * (4 + 0.49).
        let cross = (11.2 - 1.96) / (std::f32::consts::PI * 4.49);
        assert!((share("cross") - cross).abs() < 0.004);
    }

    #[test]
    fn every_form_fits_the_unit_disc_and_touches_it() {
        for (form, name) in FORM_NAMES.into_iter().enumerate() {
            let farthest = outlines(form)
                .iter()
                .flatten()
                .map(|[x, y]| x * x + y * y)
                .fold(0.0f32, f32::max);
            assert!((farthest - 1.0).abs() < 1e-5, "{} {farthest}", name);
        }
    }
}
