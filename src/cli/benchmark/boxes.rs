//! Whether the networks' maps lie on the objects of pictures with boxes. Called by `benchmark`.

use std::path::{Path, PathBuf};

use crate::cli::backbone::PhotoFile;
use crate::cli::context::Context;
use crate::cli::failure::Complaint;
use crate::cli::localize::boxes::{BoxedPicture, Moved, moved, read_boxes};
use crate::cli::localize::collect::{Cell, add_group, finish};
use crate::cli::localize::pictures::{DrawnNetwork, by_layer, chosen};
use crate::cli::localize::subject::{Annotated, TOLD_SHARE, read_boxed};
use crate::cli::localize::{Findings, summary, tables, write};
use crate::cli::maps::ClassChoice;
use crate::cli::measure::{PICTURES, progress};
use crate::cli::output::note;
use crate::explain::MapSource;
use crate::explain::localize::Truth;

use super::arguments::BenchmarkArguments;
use super::networks::{AT_ONCE, Labelled, Network, Question};
use super::photographs::name_of;

/// What is known of one network's maps so far.
struct Measured {
    annotated: Annotated,
    cells: Vec<Cell>,
    /// Pictures of which a box reaches beyond what the network sees.
    cut: usize,
}

/// A CSV of boxes and where its pictures are.
pub(super) struct Boxed {
    csv: PathBuf,
    folder: PathBuf,
    /// The pictures, in the order of the CSV.
    pub(super) pictures: Vec<BoxedPicture>,
}

impl Boxed {
    /// Returns the boxes that the arguments name, if any.
    pub(super) fn read(
        networks: &[Network],
        arguments: &BenchmarkArguments,
    ) -> anyhow::Result<Option<Self>> {
        let Some(csv) = &arguments.boxes else {
            return Ok(None);
        };
        let opened = &networks[0].opened;
        let find = |text: &str| opened.find_class(text);
        let pictures = read_boxes(csv, &find, &opened.class_names)?;
        let folder = arguments.boxed_images.as_deref().or(csv.parent());
        let named = |folder: &&Path| !folder.as_os_str().is_empty();
        let folder = folder.filter(named).unwrap_or(Path::new(".")).to_path_buf();
        let csv = csv.clone();
        Ok(Some(Self {
            csv,
            folder,
            pictures,
        }))
    }

    /// Returns the first `most` pictures with several objects.
    pub(super) fn several(&self, most: usize) -> impl Iterator<Item = &BoxedPicture> {
        let several = self.pictures.iter().filter(|p| p.objects.len() > 1);
        several.take(most)
    }

    /// Returns the picture with its class.
    pub(super) fn photo(&self, picture: &BoxedPicture) -> Result<Labelled, Complaint> {
        let photo = read_boxed(&self.csv, (&self.folder, "--boxed-images"), picture)?;
        let label = Some(picture.class);
        Ok(Labelled { photo, label })
    }

    /// Returns the picture's file.
    pub(super) fn file(&self, picture: &BoxedPicture) -> PhotoFile {
        PhotoFile {
            path: self.folder.join(&picture.file),
            name: picture.file.display().to_string(),
            label: Some(picture.class),
        }
    }
}

/// Measures every network on the pictures of `boxed`, prints the tables, writes rows and figures
/// into `out`, and returns the files. The maps are of the class that the CSV gives.
pub(super) fn measure(
    context: &Context,
    networks: &[Network],
    boxed: &Boxed,
    sources: Vec<MapSource>,
    out: &Path,
) -> anyhow::Result<Vec<PathBuf>> {
    let question = Question {
        sources,
        class: ClassChoice::True,
    };
    let mut measured: Vec<Measured> = (networks.iter())
        .map(|network| Measured::new(network, &boxed.folder))
        .collect();
    // The pictures that all networks see an object of.
    let mut kept: Vec<&BoxedPicture> = Vec::new();
    let bar = progress(boxed.pictures.len(), "boxes");
    for group in boxed.pictures.chunks(AT_ONCE) {
        context.go_on()?;
        let start = kept.len();
        let mut photos = Vec::new();
        for picture in group {
            let labelled = boxed.photo(picture)?;
            match truths(networks, picture, &labelled) {
                Some(truths) => {
                    for (measured, (truth, cut)) in measured.iter_mut().zip(truths) {
                        measured.cut += usize::from(cut);
                        measured.annotated.truths.push(truth);
                        let id = picture.file.display().to_string();
                        measured.annotated.ids.push(id);
                    }
                    photos.push(labelled);
                    kept.push(picture);
                }
                None => {
                    let name = picture.file.display();
                    note(format!(
                        "left out \"{name}\": no box lies in what a network sees of it"
                    ));
                }
            }
        }
        if !photos.is_empty() {
            for (network, measured) in networks.iter().zip(&mut measured) {
                let group = network.group(context, &photos, start, &question)?;
                let Measured {
                    annotated, cells, ..
                } = measured;
                let rule = |_: &str| "last block".to_string();
                add_group(cells, &group, &annotated.truths, (0, &rule));
            }
        }
        bar.inc(group.len() as u64);
    }
    bar.finish_and_clear();
    if kept.is_empty() {
        let csv = boxed.csv.display();
        let message = format!("no box of \"{csv}\" lies in what the networks see of its picture");
        let hint = "coordinates are pixels of the original picture";
        return Err(Complaint::failed(message, hint).into());
    }
    let mut findings = Findings::default();
    for (network, measured) in networks.iter().zip(&mut measured) {
        context.go_on()?;
        let Measured {
            annotated,
            cells,
            cut,
        } = measured;
        if *cut > 0 {
            let (name, all) = (network.name(), kept.len());
            note(format!(
                "{name} sees the middle of a picture: of {cut} of {all} pictures a box reaches beyond it"
            ));
        }
        finish(cells, false);
        let mut rows = summary::summarise(annotated, network.name(), cells);
        // Weights from a file have no training seed.
        rows.iter_mut().for_each(|row| row.seeds.clear());
        tables::print(&rows, &annotated.own_delta_rule());
        findings.summary.extend(rows);
        let mut curves = summary::curves(annotated, network.name(), cells);
        curves.iter_mut().for_each(|row| row.seeds.clear());
        findings.curves.extend(curves);
        let maps = summary::map_rows(annotated, network.name(), cells);
        findings.maps.extend(maps);
        let places = chosen(&annotated.truths);
        let photos = places.iter().map(|&place| boxed.photo(kept[place]));
        let photos = photos.collect::<Result<Vec<Labelled>, _>>()?;
        let group = network.group(context, &photos, 0, &question)?;
        let about = DrawnNetwork {
            name: network.name(),
            seed: 0,
            epoch: 0,
            pretrained: Some(network.opened.file.clone()),
        };
        (findings.pictures).extend(by_layer(&about, annotated, &places, &group));
    }
    write(&findings, out)
}

impl Measured {
    fn new(network: &Network, folder: &Path) -> Self {
        Self {
            annotated: Annotated {
                ids: Vec::new(),
                truths: Vec::new(),
                class_names: network.opened.class_names.clone(),
                dataset: name_of(folder),
                generated: false,
                split: PICTURES.to_string(),
                target_rule: ClassChoice::True.rule(),
            },
            cells: Vec::new(),
            cut: 0,
        }
    }
}

/// Returns where the objects of a picture are in what each network sees of it, and whether a box
/// reaches beyond that; nothing where one of the networks sees no object.
fn truths(
    networks: &[Network],
    picture: &BoxedPicture,
    labelled: &Labelled,
) -> Option<Vec<(Truth, bool)>> {
    let truth = |network: &Network| {
        let view = network.opened.view();
        let window = view.window(labelled.photo.width(), labelled.photo.height());
        let size = [view.side(); 2];
        let (mut boxes, mut cut) = (Vec::new(), false);
        for object in &picture.objects {
            match moved(object.bounds, window, size) {
                Moved::Whole(bounds) => boxes.push(bounds),
                Moved::Cut(bounds, share) => {
                    cut |= share >= TOLD_SHARE;
                    boxes.push(bounds);
                }
                Moved::Outside => cut = true,
            }
        }
        Some((Truth::of_boxes(&boxes, size)?, cut))
    };
    networks.iter().map(truth).collect()
}
