//! Photographs of any size: decoding, and the part that a network sees.
//!
//! Values follow Pillow and torchvision, so that a network sees the same as in its training.

mod decode;
mod exif;
mod guard;
mod jpeg;
mod resample;
mod view;

pub use decode::{PICTURE_FORMATS, Photo, is_picture};
pub use guard::is_guarded;
pub use resample::Filter;
pub use view::{Resize, View, Window};
