//! Every map of a set as pictures of their own, to put into slides or a paper.

use std::path::Path;

use super::drawing::encode_png;
use super::error::FigureError;
use super::folder::{Folder, FolderFigure, is_explained};
use super::heat::{cells, heat, overlay};
use super::picture::{PanelSize, Pixels, picture, picture_size};
use crate::run::{
    ExplanationRecord, ExplanationSet, MAPS_JSON, safe_name, unique_names, write_atomically,
};

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

/// The pictures of a map: blended over its picture, alone, times the picture, and its own cells.
const KINDS: [&str; 4] = ["overlay", "map", "explanation", "cells"];

/// Draws a folder for each picture of `set`, with `LAYER-METHOD-KIND.png` for every map and each of
/// [`KINDS`]. An empty map has one colour and a black explanation.
///
/// Maps are enlarged bilinearly and in the colours of the figures (0 to 1, min-max of each map);
/// pictures and cells keep their pixels as squares.
///
/// # Errors
/// [`FigureError`] names the array that is missing or the file that cannot be written.
fn add_panels(folder: &mut Folder<'_>, set: &ExplanationSet) -> Result<(), FigureError> {
    for (record, stem) in set.records.iter().zip(stems(set)) {
        let files = KINDS.map(|kind| format!("{FOLDER}/{stem}-{kind}.png"));
        folder.add(&files, |into| {
            let (height, width) = picture_size(set, &record.explanation)?;
            let panel = PanelSize::fit(width, height, LONGER_SIDE);
            let image = set.image_of(record).ok_or(FigureError::UnknownImage {
                image: record.image.clone(),
            })?;
            let pixels = [
                overlay(set, &record.heat, &image.pixels, panel)?,
                heat(set, &record.heat, panel)?,
                picture(set, &record.explanation, panel)?,
                cells(set, &record.raw, LONGER_SIDE)?,
            ];
            let mut files = files.iter().zip(&pixels);
            files.try_for_each(|(file, pixels)| write(&into.join(file), pixels))
        })?;
    }
    Ok(())
}

fn write(path: &Path, pixels: &Pixels) -> Result<(), FigureError> {
    let png = encode_png(&pixels.rgb, pixels.width as u32, pixels.height as u32)?;
    Ok(write_atomically(path, &png)?)
}

/// Returns a path for each map, safe as a file name, such as "cifar-100-test-7/block-3-grad-cam".
fn stems(set: &ExplanationSet) -> Vec<String> {
    let ids: Vec<String> = set.images.iter().map(|image| image.id.clone()).collect();
    let folders = unique_names(&ids, ".");
    let name = |record: &ExplanationRecord| {
        let place = set.images.iter().position(|image| image.id == record.image);
        // A map of an unknown picture is reported where it is drawn.
        let folder = place.map_or("unknown", |place| &folders[place]);
        let name = safe_name(&format!("{}-{}", record.layer, record.method), ".");
        format!("{folder}/{name}")
    };
    set.records.iter().map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figure::drawn_files;
    use crate::figure::samples::Sample;

    #[test]
    fn every_map_has_its_pictures_and_a_safe_name() {
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
        assert_eq!(files.len(), KINDS.len() * set.records.len());
        let named = drawn_files(folder.path(), &[FOLDER]).expect("named");
        assert_eq!(named, files);
        assert!(
            drawn_files(folder.path(), &["explain"])
                .expect("named")
                .is_empty()
        );
        for file in &files {
            let pixels = image::open(file).expect("a picture").to_rgb8();
            let longer = pixels.width().max(pixels.height());
            assert_eq!(longer, 512, "8 pixels are enlarged 64 times");
        }
        for name in [&mut set.records[0].image, &mut set.images[0].id] {
            *name = "../a b/c.png".to_string();
        }
        let (layer, method) = (&set.records[0].layer, &set.records[0].method);
        assert_eq!(stems(&set), [format!("..-a-b-c.png/{layer}-{method}")]);
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
            (4 * KINDS.len(), 4),
            "a folder for each of four pictures"
        );
    }
}
