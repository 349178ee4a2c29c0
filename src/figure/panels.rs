//! Every map of a set as pictures of their own, to put into slides or a paper: the heat map in
//! colour and the explanation map.

use std::path::Path;

use super::drawing::encode_png;
use super::error::FigureError;
use super::folder::{Folder, FolderFigure, is_explained};
use super::picture::{PanelSize, Pixels, heat, picture, picture_size};
use crate::run::{ExplanationRecord, ExplanationSet, MAPS_JSON, unique_names, write_atomically};

/// Folder of the pictures, below that of the maps.
const FOLDER: &str = "panels";

/// Draws each map of a folder on its own.
pub(super) const FIGURE: FolderFigure = FolderFigure {
    name: FOLDER,
    reads: MAPS_JSON,
    draw: |folder| {
        let by_default = |maps: &Path| is_explained(maps) && maps.join(FOLDER).is_dir();
        match folder.maps("", FOLDER, by_default)? {
            Some(set) => add_panels(folder, &set),
            None => Ok(()),
        }
    },
};

/// Longer side of a picture, in pixels; a larger original is scaled down to it.
const LONGER_SIDE: usize = 512;

/// Draws `NAME-heat.png` and `NAME-explanation.png` in the folder of panels for every map of `set`. An
/// empty map has a heat map of one colour and a black explanation.
///
/// Heat maps are enlarged bilinearly and in the colours of the figures (0 to 1, min-max of each
/// map); explanation maps keep their pixels as squares.
///
/// # Errors
/// [`FigureError`] names the array that is missing or the file that cannot be written.
fn add_panels(folder: &mut Folder<'_>, set: &ExplanationSet) -> Result<(), FigureError> {
    for (record, stem) in set.records.iter().zip(stems(set)) {
        let files = ["heat", "explanation"].map(|kind| format!("{FOLDER}/{stem}-{kind}.png"));
        folder.add(&files, |into| {
            let (height, width) = picture_size(set, &record.explanation)?;
            let panel = PanelSize::fit(width, height, LONGER_SIDE);
            let [of_heat, of_explanation] = &files;
            write(&into.join(of_heat), &heat(set, &record.heat, panel)?)?;
            let pixels = picture(set, &record.explanation, panel)?;
            write(&into.join(of_explanation), &pixels)
        })?;
    }
    Ok(())
}

fn write(path: &Path, pixels: &Pixels) -> Result<(), FigureError> {
    let png = encode_png(&pixels.rgb, pixels.width as u32, pixels.height as u32)?;
    Ok(write_atomically(path, &png)?)
}

/// Returns a name for each map, safe as a file name, such as "cifar-100-test-7-block-3-grad-cam".
fn stems(set: &ExplanationSet) -> Vec<String> {
    let name =
        |record: &ExplanationRecord| format!("{}-{}-{}", record.image, record.layer, record.method);
    let names: Vec<String> = set.records.iter().map(name).collect();
    unique_names(&names, ".")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figure::drawn_files;
    use crate::figure::samples::Sample;

    #[test]
    fn every_map_has_its_two_pictures_and_a_safe_name() {
        let mut set = Sample {
            images: 1,
            trials: 1,
            ..Sample::default()
        }
        .set();
        set.drawn_as.figures = vec![FOLDER.to_string()];
        let folder = tempfile::tempdir().expect("a temporary folder");
        set.write(folder.path()).expect("written");
        let files = crate::figure::draw_folder(folder.path(), &|| false).expect("drawn");
        assert_eq!(files.len(), 2 * set.records.len());
        let named = drawn_files(folder.path(), &[FOLDER]).expect("named");
        assert_eq!(named, files);
        assert!(
            drawn_files(folder.path(), &["explain"])
                .expect("named")
                .is_empty()
        );
        let heat = image::open(&files[0]).expect("a picture").to_rgb8();
        assert_eq!(
            heat.width().max(heat.height()),
            512,
            "32 pixels are enlarged 16 times"
        );
        set.records[0].image = "../a b/c.png".to_string();
        let (layer, method) = (&set.records[0].layer, &set.records[0].method);
        assert_eq!(stems(&set), [format!("..-a-b-c.png-{layer}-{method}")]);
    }

    #[test]
    fn pictures_whose_names_become_equal_have_panels_of_their_own() {
        let mut set = Sample {
            images: 4,
            trials: 1,
            ..Sample::default()
        }
        .set();
        let long = format!("image files/{}.jpg", "n".repeat(204));
        let names = [
            "image files/x y.jpg",
            "image files/x-y.jpg",
            "image files/x(y.jpg",
            &long,
        ];
        for ((image, record), name) in set.images.iter_mut().zip(&mut set.records).zip(names) {
            image.id = name.to_string();
            record.image = name.to_string();
        }
        set.drawn_as.figures = vec![FOLDER.to_string()];
        let folder = tempfile::tempdir().expect("a temporary folder");
        set.write(folder.path()).expect("written");
        let files = crate::figure::draw_folder(folder.path(), &|| false).expect("drawn");
        let written = std::fs::read_dir(folder.path().join(FOLDER)).expect("listed");
        assert_eq!(
            (files.len(), written.count()),
            (8, 8),
            "two for each of four maps"
        );
    }
}
