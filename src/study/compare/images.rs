//! Classifiers compared: accuracy on the same test images, and maps of the same pictures.

use crate::run::{ComparedRow, DrawnAs};
use crate::study::accuracy::{Images, measured};
use crate::study::choice::{MethodChoice, QuantityChoice, target_rule};
use crate::study::maps::{MapRequest, add_maps, empty_set};
use crate::study::pictures::Pictures;
use crate::study::subject::{FINE_CELLS, LayerChoice};
use crate::study::{Runs, StudyError, Subject, Watch};

use crate::data::Split;
use crate::explain::Method;

use super::agreement::{self, Seed};
use super::comparison::{Comparison, Request, differences, folders};
use super::error::CompareError;
use super::scores::{Scored, blank, tables};
use super::sides::Side;

/// Method of the maps.
const METHOD: &str = "grad-cam";
/// The explained class of the drawn pictures.
const DRAWN_CLASS: &str = "predicted";

pub(super) fn measure(
    runs: &Runs,
    sides: &[Side],
    request: &Request,
    watch: &dyn Watch,
) -> Result<Comparison, CompareError> {
    let mut images = Images::default();
    let first = images.of(runs, &sides[0].runs[0])?;
    let pictures = request.selection.pictures(first)?;
    let agreed = Pictures::of_split(first, Split::Test, Some(request.maps.max(1)));
    let find = |name: &str| Ok::<_, StudyError>(first.test.find_class(name)?);
    let target = target_rule(DRAWN_CLASS, find)?;
    let method = Method::parse(METHOD).map_err(StudyError::from)?;
    let methods = MethodChoice::Named(vec![method]);
    let quantity = QuantityChoice::default();
    let mut maps = empty_set(&pictures);
    maps.drawn_as = DrawnAs {
        figures: vec!["compared-maps".to_string()],
        fine_cells: Some(FINE_CELLS),
        ..DrawnAs::default()
    };
    let (mut scored, mut seeds) = (Vec::new(), Vec::new());
    for (place, side) in sides.iter().enumerate() {
        let (mut by_seed, mut validation, mut epochs) = (Vec::new(), Vec::new(), Vec::new());
        let mut about = ComparedRow::default();
        for trained in &side.runs {
            watch.go_on()?;
            let mut subject: Subject = trained.open(request.which, runs)?;
            let data = images.of(runs, trained)?;
            let label = format!("{} seed {}", side.label, subject.seed);
            watch.note(&format!("testing {label}, epoch {}", subject.epoch));
            let Some((row, accuracy)) = measured((runs, watch), trained, &subject, data)? else {
                continue;
            };
            let correct = accuracy.predictions.iter();
            by_seed.push(
                correct
                    .map(|found| f64::from(u8::from(found.class == found.label)))
                    .collect(),
            );
            validation.push(row.validation_accuracy);
            epochs.push(row.epoch);
            about = ComparedRow {
                checkpoint: row.checkpoint,
                dataset: row.dataset,
                generated: row.generated,
                parameters: row.parameters,
                multiply_adds: row.multiply_adds,
                score: "accuracy".to_string(),
                ..blank(side, &epochs)
            };
            let layers = LayerChoice::Ablation.layers(&subject, pictures.size[0]);
            let layers = layers.map_err(StudyError::from)?.names;
            if by_seed.len() == 1 {
                subject.name = side.label.clone();
                let explained = MapRequest {
                    layers: &layers,
                    methods: &methods,
                    target,
                    quantity: &quantity,
                    device: &runs.device.device,
                };
                add_maps(&mut maps, &subject, &pictures, &explained, watch)?;
            }
            // The finer of the two layers, so that maps of many cells are compared.
            let layer = layers.into_iter().next().unwrap_or_default();
            seeds.push(Seed {
                side: place,
                subject,
                layer,
            });
        }
        about.validation = Some(validation.iter().sum::<f64>() / validation.len() as f64);
        scored.push(Scored { about, by_seed });
    }
    // The runs' own names instead of titles: they are what was compared.
    for record in &mut maps.records {
        record.network_title = record.trial.clone();
    }
    let labels: Vec<String> = sides.iter().map(|side| side.label.clone()).collect();
    let agreement = match request.maps {
        0 => None,
        _ => agreement::measure(runs, (&labels, &seeds), method, &agreed, watch)?,
    };
    let (scores, pairs) = tables(&scored, true);
    Ok(Comparison {
        labels,
        differences: differences(sides),
        scores,
        pairs,
        maps: Some(maps),
        agreement,
        folders: folders(sides),
    })
}
