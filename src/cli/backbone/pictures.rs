//! Photographs as an ImageNet network sees them, with the whole around it. Made for `explain` and
//! `benchmark`.

use crate::cli::selection::{Pictures, Whole};
use crate::data::DataError;
use crate::data::photo::{Photo, View, Window};

use super::opened::OpenedBackbone;
use super::photos::PhotoFile;

/// Longer side of a whole picture as it is stored and drawn, in pixels.
const SHOWN_SIDE: usize = 512;

/// Returns `files` as `opened` sees them, called `ids`.
pub(in crate::cli) fn pictures(
    opened: &OpenedBackbone,
    files: &[PhotoFile],
    ids: Vec<String>,
) -> Result<Pictures, DataError> {
    let view = opened.view();
    let (mut pixels, mut wholes) = (Vec::new(), Vec::new());
    for file in files {
        let photo = file.read()?;
        pixels.push(view.pixels(&photo));
        wholes.push(whole(&photo, view));
    }
    Ok(Pictures {
        ids,
        pixels,
        labels: files.iter().map(|file| file.label).collect(),
        generated: false,
        size: [view.side(); 2],
        class_names: opened.class_names.clone(),
        normalisation: opened.normalisation(),
        rule: "Pictures: files. The network sees the outlined part.".to_string(),
        wholes,
    })
}

/// Returns the whole of a picture, small enough to be drawn.
fn whole(photo: &Photo, view: View) -> Whole {
    let (width, height) = (photo.width(), photo.height());
    let Window {
        left,
        top,
        width: seen_width,
        height: seen_height,
    } = view.window(width, height);
    let (pixels, size) = photo.thumbnail(SHOWN_SIDE);
    let (width, height) = (width as f64, height as f64);
    Whole {
        pixels,
        size,
        seen: [
            left / width,
            top / height,
            seen_width / width,
            seen_height / height,
        ],
    }
}
