//! What happens while pictures are decoded into a cache. Decoding happens far below the study that
//! loads the images, so whoever shows it registers for the whole process.

use std::path::Path;
use std::sync::OnceLock;

/// An event of decoding pictures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum PictureEvent<'a> {
    /// A cache does not have the content that was written; the pictures are decoded again.
    DamagedCache {
        /// The cache file.
        cache: &'a Path,
        /// What is wrong with it.
        problem: &'a str,
    },
    /// Pictures are being decoded.
    Decoding {
        /// Their folder.
        folder: &'a Path,
        /// Number of pictures decoded so far.
        done: usize,
        /// Number of all pictures.
        total: usize,
    },
    /// Every picture is decoded.
    Decoded {
        /// Their folder.
        folder: &'a Path,
        /// Number of pictures.
        total: usize,
    },
}

type Observer = Box<dyn Fn(PictureEvent<'_>) + Send + Sync>;

static OBSERVER: OnceLock<Observer> = OnceLock::new();

/// Makes `observer` receive every event of this process; the first call counts.
pub fn follow_pictures(observer: impl Fn(PictureEvent<'_>) + Send + Sync + 'static) {
    OBSERVER.get_or_init(|| Box::new(observer));
}

pub(crate) fn report(event: PictureEvent<'_>) {
    if let Some(observer) = OBSERVER.get() {
        observer(event);
    }
}
