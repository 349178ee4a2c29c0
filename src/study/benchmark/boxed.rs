//! Localisation of the networks' maps on the objects of pictures with boxes.

use crate::explain::TargetRule;
use crate::explain::localize::Truth;
use crate::run::LocalizationSummaryRow;
use crate::study::boxes::{BoxedPicture, Boxes, Moved, REPORTED_SHARE, moved};
use crate::study::caveat::Verdicts;
use crate::study::error::StudyError;
use crate::study::localize::collect::Sheets;
use crate::study::localize::pictures::{by_layer, chosen};
use crate::study::localize::summary::Measured;
use crate::study::localize::{DeltaRule, Findings};
use crate::study::photos::{Labelled, name_of};
use crate::study::runs::Runs;
use crate::study::watch::Watch;

use super::networks::{AT_ONCE, Asked, Network};

/// Results for one network's maps so far.
#[derive(Default)]
struct Seen {
    sheets: Sheets,
    truths: Vec<Truth>,
    /// Number of pictures with a box that extends beyond what the network sees.
    cut: usize,
}

/// Localises the maps of every network on the pictures of `boxes`, for the class in the CSV, and
/// passes the means of each network to `each` as soon as they are known.
pub(super) fn localize(
    runs: &Runs,
    networks: &[Network],
    (boxes, asked): (&Boxes, &Asked),
    watch: &dyn Watch,
    mut each: impl FnMut(&[LocalizationSummaryRow], DeltaRule),
) -> Result<Findings, StudyError> {
    let asked = Asked {
        target: TargetRule::True,
        ..asked.clone()
    };
    let dataset = name_of(boxes.folder());
    let mut seen: Vec<Seen> = networks.iter().map(|_| Seen::default()).collect();
    // The pictures in which all networks see an object.
    let mut kept: Vec<&BoxedPicture> = Vec::new();
    let progress = watch.begin("boxes", Some(boxes.pictures.len()));
    for group in boxes.pictures.chunks(AT_ONCE) {
        watch.go_on()?;
        let before = kept.len();
        let mut photos = Vec::new();
        for picture in group {
            let found = boxes.photo(picture)?;
            let Some(truths) = truths(networks, picture, &found) else {
                let name = &found.name;
                watch.note(&format!(
                    "omitted \"{name}\": no box lies in what a network sees of it"
                ));
                continue;
            };
            for (seen, (truth, cut)) in seen.iter_mut().zip(truths) {
                seen.truths.push(truth);
                seen.cut += usize::from(cut);
            }
            photos.push(found);
            kept.push(picture);
        }
        if !photos.is_empty() {
            for (network, seen) in networks.iter().zip(&mut seen) {
                let pictures = network.see(&dataset, &photos);
                let group = network.group(runs, (before, &pictures), &asked)?;
                let (subject, verdicts) = (&network.published.subject, Verdicts::default());
                let about = (subject, &network.layers, &verdicts);
                seen.sheets.add(&group, &seen.truths, about);
            }
        }
        progress.advance(group.len());
    }
    drop(progress);
    if kept.is_empty() {
        return Err(boxes.none_in_view(false));
    }
    let mut findings = Findings {
        dataset: dataset.clone(),
        ..Findings::default()
    };
    for (network, mut seen) in networks.iter().zip(seen) {
        watch.go_on()?;
        let (name, cut, all) = (network.name(), seen.cut, kept.len());
        if cut > 0 {
            watch.note(&format!(
                "{name} sees the middle of a picture: of {cut} of {all} pictures a box reaches \
                 beyond it"
            ));
        }
        seen.sheets.finish(false);
        let ids = kept
            .iter()
            .map(|picture| picture.file.display().to_string());
        let pictures = network.listed(dataset.clone(), ids.collect());
        let pictures = pictures.with_truths(seen.truths);
        let measured = Measured {
            pictures: &pictures,
            target: asked.target,
            name,
            has_seeds: false,
            sheets: &seen.sheets,
        };
        findings.add(&measured, |rows| each(rows, DeltaRule::Own));
        let places = chosen(&pictures.truths);
        let photos = places.iter().map(|&place| boxes.photo(kept[place]));
        let photos = photos.collect::<Result<Vec<Labelled>, _>>()?;
        let truths = places.iter().map(|&place| pictures.truths[place].clone());
        let drawn = network.see(&dataset, &photos).with_truths(truths.collect());
        let group = network.group(runs, (0, &drawn), &asked)?;
        let subject = &network.published.subject;
        (findings.pictures).extend(by_layer(subject, &drawn, asked.target, &group));
    }
    Ok(findings)
}

/// Returns the objects of a picture in what each network sees, and whether a box extends beyond
/// that; `None` if one of the networks sees no object.
fn truths(
    networks: &[Network],
    picture: &BoxedPicture,
    labelled: &Labelled,
) -> Option<Vec<(Truth, bool)>> {
    let truth = |network: &Network| {
        let view = network.published.sight.view;
        let window = view.window(labelled.photo.width(), labelled.photo.height());
        let size = [view.side(); 2];
        let (mut boxes, mut cut) = (Vec::new(), false);
        for object in &picture.objects {
            match moved(object.bounds, window, size) {
                Moved::Whole(bounds) => boxes.push(bounds),
                Moved::Cut(bounds, share) => {
                    cut |= share >= REPORTED_SHARE;
                    boxes.push(bounds);
                }
                Moved::Outside => cut = true,
            }
        }
        Some((Truth::of_boxes(&boxes, size)?, cut))
    };
    networks.iter().map(truth).collect()
}
