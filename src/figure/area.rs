//! A rectangle on the sheet.

/// A rectangle in pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Area {
    /// Distance of the left side from the sheet's.
    pub(super) left: f32,
    /// Distance of the top side from the sheet's.
    pub(super) top: f32,
    /// Extent to the right.
    pub(super) width: f32,
    /// Extent downwards.
    pub(super) height: f32,
}

impl Area {
    /// Returns the distance of the right side from the sheet's left.
    pub(super) fn right(&self) -> f32 {
        self.left + self.width
    }

    /// Returns the distance of the bottom side from the sheet's top.
    pub(super) fn bottom(&self) -> f32 {
        self.top + self.height
    }
}
