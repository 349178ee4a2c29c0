//! Every map of a set as pictures of their own, to put into slides or a paper: the heat map in
//! colour and the explanation map.

use std::path::{Path, PathBuf};

use super::drawing::encode_png;
use super::error::FigureError;
use super::folder::{FolderFigure, is_explained};
use super::picture::{PanelSize, Pixels, heat, picture, picture_size};
use crate::run::{ExplanationRecord, ExplanationSet, MAPS_JSON, safe_name, write_atomically};

/// Folder of the pictures, below that of the maps.
const FOLDER: &str = "panels";

/// Draws each map of a folder on its own.
pub(super) const FIGURE: FolderFigure = FolderFigure {
    name: FOLDER,
    reads: MAPS_JSON,
    draw: |folder| {
        let by_default = |maps: &Path| is_explained(maps) && maps.join(FOLDER).is_dir();
        match folder.maps("", FOLDER, by_default)? {
            Some(set) => (set.records.iter()).try_for_each(|record| {
                folder.add(|into| save_panels(&set, record, &into.join(FOLDER)))
            }),
            None => Ok(()),
        }
    },
};

/// Longer side of a picture, in pixels; a larger original is scaled down to it.
const LONGER_SIDE: usize = 512;

/// Writes `IMAGE-LAYER-METHOD-heat.png` and `-explanation.png` into `folder` for the map of `record`,
/// and returns the paths. An empty map has a heat map of one colour and a black explanation.
///
/// Heat maps are enlarged bilinearly and in the colours of the figures (0 to 1, min-max of each
/// map); explanation maps keep their pixels as squares.
///
/// # Errors
/// [`FigureError`] names the array that is missing or the file that cannot be written.
fn save_panels(
    set: &ExplanationSet,
    record: &ExplanationRecord,
    folder: &Path,
) -> Result<Vec<PathBuf>, FigureError> {
    let (height, width) = picture_size(set, &record.explanation)?;
    let panel = PanelSize::fit(width, height, LONGER_SIDE);
    let stem = stem(record);
    let panels = [
        ("heat", heat(set, &record.heat, panel)?),
        ("explanation", picture(set, &record.explanation, panel)?),
    ];
    let mut files = Vec::new();
    for (kind, pixels) in panels {
        let path = folder.join(format!("{stem}-{kind}.png"));
        write(&path, &pixels)?;
        files.push(path);
    }
    Ok(files)
}

fn write(path: &Path, pixels: &Pixels) -> Result<(), FigureError> {
    let png = encode_png(&pixels.rgb, pixels.width as u32, pixels.height as u32)?;
    Ok(write_atomically(path, &png)?)
}

/// Returns a name that is safe as a file name, such as "cifar-100-test-7-block-3-grad-cam".
fn stem(record: &ExplanationRecord) -> String {
    let name = format!("{}-{}-{}", record.image, record.layer, record.method);
    safe_name(&name, ".")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figure::samples::Sample;

    #[test]
    fn every_map_has_its_two_pictures_and_a_safe_name() {
        let set = Sample {
            images: 1,
            trials: 1,
            ..Sample::default()
        }
        .set();
        let folder = tempfile::tempdir().expect("a temporary folder");
        let files = save_panels(&set, &set.records[0], folder.path()).expect("drawn");
        assert_eq!(files.len(), 2);
        let mut record = set.records[0].clone();
        record.image = "../a b/c.png".to_string();
        let (layer, method) = (&record.layer, &record.method);
        assert_eq!(stem(&record), format!("..-a-b-c.png-{layer}-{method}"));
        let heat = image::open(&files[0]).expect("a picture").to_rgb8();
        assert_eq!(
            heat.width().max(heat.height()),
            512,
            "32 pixels are enlarged 16 times"
        );
    }
}
