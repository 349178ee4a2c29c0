//! Boxes that a picture cannot have, and what they look like instead.

use std::path::Path;

/// Number of pixels by which a box may extend beyond its picture: coordinates that count from 1, or
/// are rounded, do so.
const SLACK: f64 = 1.0;
/// Largest coordinate of a box in shares of a picture, which some programs round up.
const MOST_NORMALISED: f64 = 1.01;

/// A box that its picture cannot have.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct BoxFault {
    /// Its line in the CSV.
    pub(super) line: u64,
    /// What is wrong with it.
    pub(super) text: String,
    /// How to fix it.
    pub(super) advice: String,
}

/// Returns the first of the `boxes`, each with its line, that does not fit the picture `file` of
/// `[width, height]` pixels.
pub(super) fn box_fault(
    file: &Path,
    boxes: &[(u64, [f64; 4])],
    size: [usize; 2],
) -> Option<BoxFault> {
    let file = file.display().to_string();
    let [width, height] = size;
    let pixels = format!("{width} x {height} pixels");
    let sides = size.map(|side| side as f64);
    boxes.iter().find_map(|&(line, bounds)| {
        let text = listed(bounds);
        if is_normalised(bounds) && size != [1, 1] {
            return Some(BoxFault {
                line,
                text: format!("the box {text} of {file:?} ({pixels}) looks normalised, 0 to 1"),
                advice: format!(
                    "give pixels: this box times width and height is {}",
                    listed(scaled(bounds, sides))
                ),
            });
        }
        if is_within(bounds, sides) {
            return None;
        }
        let farthest = |place: usize| {
            let ends = boxes.iter().map(|(_, bounds)| bounds[place]);
            ends.fold(0.0, f64::max)
        };
        let is_turned = is_within(bounds, [sides[1], sides[0]]);
        let looks = match () {
            () if bounds.iter().any(|bound| *bound < -SLACK) => {
                "it begins before the first pixel, like a box around a centre".to_string()
            }
            () if is_turned => {
                "it looks like a box of the picture on its side, before its EXIF rotation, or with \
                 x and y exchanged"
                    .to_string()
            }
            () => format!(
                "it looks like pixels of another resolution, at least {} x {}",
                farthest(2),
                farthest(3)
            ),
        };
        Some(BoxFault {
            line,
            text: format!("the box {text} of {file:?} ends beyond its {pixels}: {looks}"),
            advice: format!(
                "give pixels of the file itself, upright, from its top left corner: x0 and x1 from \
                 0 to {width}, y0 and y1 from 0 to {height}"
            ),
        })
    })
}

/// Returns what is wrong with a box that ends before it begins, and how to fix it if what it looks
/// like is known; `size` is the `[width, height]` of its picture, if it can be read.
pub(super) fn reversed(bounds: [f64; 4], size: Option<[usize; 2]>) -> (String, Option<String>) {
    let [x0, y0, x1, y1] = bounds;
    let fault = format!(
        "the box from ({x0}, {y0}) to ({x1}, {y1}) is reversed: x1 must be above x0 and y1 above y0"
    );
    let as_corners = [x0, y0, x0 + x1, y0 + y1];
    match size {
        Some(_) if is_normalised(bounds) => {
            let looks = "; it looks normalised, 0 to 1, as centre, width and height";
            let advice = "give the pixels of two corners: x0,y0,x1,y1";
            (fault + looks, Some(advice.to_string()))
        }
        Some([width, height]) if is_within(as_corners, [width as f64, height as f64]) => {
            let looks =
                format!("; it looks like x,y,width,height in its {width} x {height} pixels");
            let advice = format!(
                "give two corners, x0,y0,x1,y1: with x1 = x + width and y1 = y + height this box \
                 is {}",
                listed(as_corners)
            );
            (fault + &looks, Some(advice))
        }
        _ => (fault, None),
    }
}

/// Returns whether a box lies in a picture of `[width, height]`, give or take a pixel.
fn is_within(bounds: [f64; 4], [width, height]: [f64; 2]) -> bool {
    let [x0, y0, x1, y1] = bounds;
    let inside = |at: f64, side: f64| (-SLACK..=side + SLACK).contains(&at);
    inside(x0, width) && inside(x1, width) && inside(y0, height) && inside(y1, height)
}

/// Returns whether all coordinates are shares of a side.
fn is_normalised(bounds: [f64; 4]) -> bool {
    let most = match bounds.iter().any(|bound| bound.fract() != 0.0) {
        true => MOST_NORMALISED,
        // One pixel in the corner, or the whole of a picture.
        false => 1.0,
    };
    bounds.iter().all(|bound| (0.0..=most).contains(bound))
}

/// Returns shares of `[width, height]` as whole pixels.
fn scaled([x0, y0, x1, y1]: [f64; 4], [width, height]: [f64; 2]) -> [f64; 4] {
    [x0 * width, y0 * height, x1 * width, y1 * height].map(f64::round)
}

fn listed(bounds: [f64; 4]) -> String {
    bounds.map(|bound| bound.to_string()).join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the fault of boxes on a picture of 375 x 315 pixels, in the lines from 2.
    fn fault(boxes: &[[f64; 4]]) -> Option<BoxFault> {
        let boxes: Vec<(u64, [f64; 4])> = (2..).zip(boxes.iter().copied()).collect();
        box_fault(Path::new("a.jpg"), &boxes, [375, 315])
    }

    #[test]
    fn the_first_box_that_does_not_fit_is_named_with_what_it_looks_like() {
        let good = [10.0, 20.0, 375.0, 315.0];
        let rounded = [-0.4, 0.0, 375.6, 316.0];
        assert_eq!(fault(&[good, rounded]), None);
        for (bounds, expected) in [
            (
                [0.2, 0.2, 0.8, 0.8],
                "the box 0.2,0.2,0.8,0.8 of \"a.jpg\" (375 x 315 pixels) looks normalised, 0 to 1",
            ),
            (
                [0.0, 0.0, 1.0, 1.0],
                "the box 0,0,1,1 of \"a.jpg\" (375 x 315 pixels) looks normalised, 0 to 1",
            ),
            (
                [10.0, 10.0, 900.0, 700.0],
                "the box 10,10,900,700 of \"a.jpg\" ends beyond its 375 x 315 pixels: it looks \
                 like pixels of another resolution, at least 900 x 700",
            ),
            (
                [0.0, 0.0, 300.0, 360.0],
                "the box 0,0,300,360 of \"a.jpg\" ends beyond its 375 x 315 pixels: it looks like \
                 a box of the picture on its side, before its EXIF rotation, or with x and y \
                 exchanged",
            ),
            (
                [-20.0, 5.0, 30.0, 40.0],
                "the box -20,5,30,40 of \"a.jpg\" ends beyond its 375 x 315 pixels: it begins \
                 before the first pixel, like a box around a centre",
            ),
        ] {
            let found = fault(&[good, bounds]).expect("it does not fit");
            assert_eq!((found.line, found.text.as_str()), (3, expected));
        }
        let advice = fault(&[[0.2, 0.2, 0.8, 0.8]]).expect("normalised").advice;
        let pixels = "give pixels: this box times width and height is 75,63,300,252";
        assert_eq!(advice, pixels);
    }

    #[test]
    fn a_reversed_box_may_be_a_corner_with_width_and_height() {
        let (text, advice) = reversed([200.0, 100.0, 50.0, 60.0], Some([375, 315]));
        assert!(
            text.ends_with("; it looks like x,y,width,height in its 375 x 315 pixels"),
            "{text}"
        );
        let advice = advice.expect("how to fix it");
        assert!(advice.ends_with("this box is 200,100,250,160"), "{advice}");
        let (text, advice) = reversed([0.5, 0.5, 0.2, 0.2], Some([375, 315]));
        assert!(
            text.contains("looks normalised") && advice.is_some(),
            "{text}"
        );
        let (text, advice) = reversed([300.0, 100.0, 250.0, 260.0], Some([375, 315]));
        assert!(text.ends_with("y1 above y0") && advice.is_none(), "{text}");
    }
}
