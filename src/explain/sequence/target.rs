//! The pixels of the predicted frame that a score sums.

use std::fmt;
use std::str::FromStr;

use crate::data::clips::{CANVAS_SIDE, CLIP_DIGITS, Clip};
use crate::data::{Mask, PixelBox};
use crate::explain::ExplainError;

/// The explained part of the predicted frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrameTarget {
    /// The whole frame.
    Frame,
    /// One of the digits, counted from 0: the pixels that only it covers in the true frame.
    Digit(usize),
    /// A box.
    Box(PixelBox),
}

impl FrameTarget {
    /// Returns the pixels of frame `time` that the score sums.
    ///
    /// For a digit, these are the pixels of its true footprint that no other digit covers, so that
    /// the score depends on that digit alone; none if it is hidden.
    ///
    /// # Panics
    /// If the clip has no such frame or digit.
    pub fn region(&self, clip: &Clip, time: usize) -> Mask {
        let inside = |keep: &dyn Fn(usize, usize) -> bool| {
            let mut mask = Mask::new(CANVAS_SIDE, CANVAS_SIDE);
            for y in 0..CANVAS_SIDE {
                for x in (0..CANVAS_SIDE).filter(|x| keep(*x, y)) {
                    mask.insert(x, y);
                }
            }
            mask
        };
        match *self {
            Self::Frame => inside(&|_, _| true),
            Self::Box(pixels) => inside(&|x, y| {
                (pixels.x0..pixels.x1).contains(&x) && (pixels.y0..pixels.y1).contains(&y)
            }),
            Self::Digit(digit) => {
                let mut region = clip.digits[digit].footprint(time);
                for (place, other) in clip.digits.iter().enumerate() {
                    if place != digit {
                        region.remove(&other.footprint(time));
                    }
                }
                region
            }
        }
    }

    /// Returns the number of the explained digit, if the target is a digit.
    pub fn digit(&self) -> Option<usize> {
        match self {
            Self::Digit(digit) => Some(*digit),
            Self::Frame | Self::Box(_) => None,
        }
    }
}

impl fmt::Display for FrameTarget {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Frame => formatter.pad("frame"),
            Self::Digit(digit) => formatter.pad(&format!("digit-{}", digit + 1)),
            Self::Box(PixelBox { x0, y0, x1, y1 }) => {
                formatter.pad(&format!("box:{x0},{y0},{x1},{y1}"))
            }
        }
    }
}

impl FromStr for FrameTarget {
    type Err = ExplainError;

    fn from_str(text: &str) -> Result<Self, ExplainError> {
        if text == "frame" {
            return Ok(Self::Frame);
        }
        let unknown = || ExplainError::UnknownFrameTarget {
            name: text.to_owned(),
            known: (1..=CLIP_DIGITS)
                .map(|digit| format!("digit-{digit}"))
                .collect(),
        };
        if let Some(number) = text.strip_prefix("digit-") {
            let digits = 1..=CLIP_DIGITS;
            let number = number.parse().ok().filter(|digit| digits.contains(digit));
            return number
                .map(|digit: usize| Self::Digit(digit - 1))
                .ok_or_else(unknown);
        }
        let corners = text.strip_prefix("box:").ok_or_else(unknown)?;
        let bad_box = || ExplainError::BadBox {
            given: corners.to_owned(),
            side: CANVAS_SIDE,
        };
        let numbers: Option<Vec<usize>> =
            corners.split(',').map(|n| n.trim().parse().ok()).collect();
        match numbers.as_deref() {
            Some(&[x0, y0, x1, y1])
                if x0 < x1 && y0 < y1 && x1 <= CANVAS_SIDE && y1 <= CANVAS_SIDE =>
            {
                Ok(Self::Box(PixelBox { x0, y0, x1, y1 }))
            }
            _ => Err(bad_box()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_its_name() {
        for name in ["frame", "digit-1", "digit-2", "box:8,0,24,64"] {
            let target: FrameTarget = name.parse().expect("known");
            assert_eq!(target.to_string(), name);
        }
        let digit: FrameTarget = "digit-2".parse().expect("known");
        assert_eq!(digit, FrameTarget::Digit(1));
    }

    #[test]
    fn what_is_no_target_is_told_with_what_is() {
        let told = |text: &str| {
            text.parse::<FrameTarget>()
                .expect_err("no target")
                .to_string()
        };
        for name in ["digit-0", "digit-3", "digit", "predicted"] {
            assert_eq!(
                told(name),
                format!(
                    "unknown target \"{name}\"; known: \"frame\", \"digit-1\", \"digit-2\", or \
                     \"box:x0,y0,x1,y1\""
                )
            );
        }
        for corners in ["1,2,3", "4,4,4,9", "0,0,65,3", "a,b,c,d"] {
            let text = told(&format!("box:{corners}"));
            assert!(text.contains(&format!("\"{corners}\" is no box")), "{text}");
        }
    }
}
