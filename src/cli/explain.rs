//! `explain`: what one network looks at in given images. Called by [`super::run`].

use std::path::Path;

use crate::experiment::Experiment;
use crate::explain::{ExplainError, Explainable};
use crate::figure::{ExplainGrid, Figure, save_panels};
use crate::model::backbones::BackboneName;
use crate::run::{DrawnAs, ExplanationRecord, ExplanationSet, MAPS_JSON, MAPS_TENSORS};

use super::DONE;
use super::arguments::ExplainArguments;
use super::backbone::explain_photos;
use super::context::Context;
use super::explained::Explained;
use super::failure::Complaint;
use super::heads::behind_method;
use super::maps::{ClassChoice, MapRequest, MethodChoice, QuantityChoice, add_maps, empty_set};
use super::network::find;
use super::output::{result, table};
use super::selection::{by_index, from_files};
use super::verdicts::Verdicts;

/// Folder of every map as pictures of its own.
const PANELS: &str = "panels";

/// Explains the images, writes maps and figure, and prints what the network says.
pub(super) fn run(context: &Context, arguments: &ExplainArguments) -> anyhow::Result<u8> {
    // A run is named by the data that it was trained on; without them it is the ImageNet network.
    let published = arguments.trial.parse::<BackboneName>();
    let base = arguments.checkpoint.base.as_deref();
    if let (Ok(name), None) = (&published, base) {
        return explain_photos(context, *name, arguments);
    }
    if arguments.from.is_given() {
        if let Err(unknown) = published
            && context.plain::<Experiment>(&arguments.trial, base).is_err()
        {
            return Err(unknown.into());
        }
        let message = format!(
            "{} is an experiment: it has the weights of its run",
            arguments.trial
        );
        let hint = "leave --weights, --dialect, --class-names and --allow-nan to ImageNet networks";
        return Err(Complaint::misused(message, hint).into());
    }
    let which = &arguments.checkpoint;
    let trained = find(
        context,
        &arguments.trial,
        which.base.as_deref(),
        which.seed(),
    )?;
    let opened = trained.open(context, which.which())?;
    let side = trained.experiment.experiment.data.dataset.side();
    let layers = layers(&opened.network, side, &arguments.maps.layers)?;
    let opened = match arguments.maps.retrain_head {
        true => opened.retrain_heads(context, &trained, &layers)?,
        false => opened,
    };
    let methods = MethodChoice::parse(&arguments.maps.methods)?;
    let data = context.data(&trained.experiment)?;
    let verdicts = Verdicts::read(context, data.test.dataset_name(), None)?;
    let class = ClassChoice::parse(&arguments.maps.class, &data.test)?;
    let quantity = QuantityChoice::parse(&arguments.maps.quantity, &data.test)?;
    let out = context.figures(
        arguments.out.as_deref(),
        &[
            "explain",
            &format!("{}-seed-{}", trained.run.trial(), trained.run.seed()),
        ],
    );
    let pictures = if arguments.images.is_empty() {
        let rule = "Pictures: of the test split, by number.".to_string();
        by_index(&data.test, data.normalisation, &arguments.test_index, rule)?
    } else {
        from_files(&arguments.images, &data.test, data.normalisation)?
    };
    let mut set = empty_set(&pictures);
    set.drawn_as = drawn_as();
    let request = MapRequest {
        explained: Explained::Trial(&trained, &opened),
        layers: &layers,
        methods: &methods,
        class: &class,
        quantity: &quantity,
    };
    add_maps(context, &mut set, &pictures, &request)?;
    let mark = |record: &ExplanationRecord| verdicts.mark(&opened, &record.layer, &record.method);
    finish(context, &set, &out, mark)
}

/// The figures that are drawn of the maps.
pub(super) fn drawn_as() -> DrawnAs {
    DrawnAs {
        figures: ["explain", PANELS].map(str::to_string).to_vec(),
        ..DrawnAs::default()
    }
}

/// Writes maps and figure into `out`, prints what the network says, and lists the files; `mark` is
/// what stands behind a method's name.
pub(super) fn finish(
    context: &Context,
    set: &ExplanationSet,
    out: &Path,
    mark: impl Fn(&ExplanationRecord) -> &'static str,
) -> anyhow::Result<u8> {
    set.write(out)?;
    print(&set.records, mark);
    context.go_on()?;
    let drawn = ExplainGrid { set }.save(out)?;
    let panels = out.join(PANELS);
    let count = save_panels(set, &panels)?.len();
    for path in [out.join(MAPS_JSON), out.join(MAPS_TENSORS)]
        .iter()
        .chain(&drawn)
    {
        result(path.display());
    }
    result(format!(
        "{} ({count} pictures, two a map)",
        panels.display()
    ));
    Ok(DONE)
}

/// Returns the layers named, or the last block before its pool.
fn layers(
    network: &impl Explainable,
    side: usize,
    named: &[String],
) -> anyhow::Result<Vec<String>> {
    if named.is_empty() {
        let last = network.blocks(side).pop();
        return Ok(last.map(|(name, _)| name).into_iter().collect());
    }
    Ok(named_layers(network, named)?)
}

/// Returns the layers named, each once.
pub(super) fn named_layers(
    network: &dyn Explainable,
    named: &[String],
) -> Result<Vec<String>, ExplainError> {
    let known = network.layers();
    for name in named {
        if !known.contains(name) {
            return Err(ExplainError::UnknownLayer {
                layer: name.clone(),
                known,
            });
        }
    }
    let named_once = |(place, name): &(usize, &String)| !named[..*place].contains(name);
    Ok(named
        .iter()
        .enumerate()
        .filter(named_once)
        .map(|(_, name)| name.clone())
        .collect())
}

fn print(records: &[ExplanationRecord], mark: impl Fn(&ExplanationRecord) -> &'static str) {
    let header = [
        "image",
        "layer",
        "native",
        "method",
        "class",
        "confidence",
        "on the map",
        "predicted",
    ];
    let mut rows = vec![header.map(str::to_string).to_vec()];
    let explained = |record: &ExplanationRecord| match record.quantity.as_str() {
        "logit" => record.target_class.clone(),
        other => format!("{}, {other}", record.target_class),
    };
    for record in records {
        let [height, width] = record.native_size;
        let empty = if record.empty { " (empty map)" } else { "" };
        let head = record.retrained_head.as_ref();
        let head = head.map_or(String::new(), behind_method);
        let mark = mark(record);
        rows.push(vec![
            record.image.clone(),
            record.layer.clone(),
            format!("{height} x {width}"),
            format!("{}{head}{mark}{empty}", record.method),
            explained(record),
            format!("{:.3}", record.confidence),
            format!("{:.3}", record.explanation_confidence),
            format!(
                "{} {:.3}",
                record.predicted_class, record.predicted_confidence
            ),
        ]);
    }
    result(table(&rows));
}
