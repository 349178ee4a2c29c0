//! Photographs of any size: decoding, and what of them a network sees.
//!
//! Values follow Pillow and torchvision,
//! so that a network sees here what it was trained on there.

mod decode;
mod guard;
mod jpeg;
mod resample;
mod view;

pub use decode::{PICTURE_FORMATS, Photo};
pub use guard::is_guarded;
pub use resample::Filter;
pub use view::{Resize, View, Window};
