//! `ablate`: the same pictures explained by every trial, and by one trial along its training.
//! Called by [`super::run`] and `reproduce`.

use std::path::{Path, PathBuf};

use crate::experiment::Resolved;
use crate::explain::Method;
use crate::figure::{Ablation, Figure, LayerRule, MapChoice, TrainingTime};
use crate::run::{CURVES_FILE, DepthRow, DrawnAs, ExplanationSet, TableRow, write_curves};

use super::DONE;
use super::arguments::AblateArguments;
use super::context::{Context, base_flag};
use super::evaluate::{print, rows};
use super::explained::Explained;
use super::failure::Complaint;
use super::figures;
use super::maps::{ClassChoice, MapRequest, MethodChoice, QuantityChoice, add_maps, empty_set};
use super::measure::check_same_data;
use super::network::{FINE_CELLS, Opened, Trained, ablation_layers, find};
use super::output::{note, result};
use super::selection::{Pictures, by_index, by_rule};
use super::train::{is_done, named_twice, train_unless_done};

/// The method along training.
const METHOD_ALONG: &str = "grad-cam";

/// Trains what is missing where told to, draws every figure of the ablation, and lists them.
pub(super) fn run(context: &Context, arguments: &AblateArguments) -> anyhow::Result<u8> {
    let missing = missing(context, arguments)?;
    if !missing.is_empty() {
        if !arguments.train {
            return Err(not_trained(context, &missing, arguments));
        }
        for trial in &missing {
            let resolved: Resolved = context.plain(trial, arguments.checkpoint.base.as_deref())?;
            let seed = arguments.checkpoint.seed();
            if let Some(code) = train_unless_done(context, &resolved, seed)? {
                note(format!(
                    "to go on: {}",
                    context.command(&same_again(arguments))
                ));
                return Ok(code);
            }
        }
    }
    for path in draw(context, arguments)? {
        result(path.display());
    }
    Ok(DONE)
}

/// Returns the trials whose run is not there; with `--train`, also those that are not finished.
fn missing(context: &Context, arguments: &AblateArguments) -> anyhow::Result<Vec<String>> {
    let mut missing = Vec::new();
    for trial in arguments.trials.iter().chain(&arguments.along) {
        let resolved: Resolved = context.plain(trial, arguments.checkpoint.base.as_deref())?;
        let run = context.run(&resolved, arguments.checkpoint.seed());
        let usable = if arguments.train {
            is_done(&run)
        } else {
            run.best().exists()
        };
        if !usable && !missing.contains(trial) {
            missing.push(trial.clone());
        }
    }
    Ok(missing)
}

fn not_trained(
    context: &Context,
    missing: &[String],
    arguments: &AblateArguments,
) -> anyhow::Error {
    let base = base_flag(arguments.checkpoint.base.as_deref());
    let seed = arguments.checkpoint.seed();
    let commands: Vec<String> = missing
        .iter()
        .map(|trial| context.command(&format!("train {trial}{base} --seed {seed}")))
        .collect();
    Complaint::failed(
        format!("no checkpoint of {} with seed {seed}", missing.join(", ")),
        format!(
            "train them with --train, or one by one: {}",
            commands.join("; ")
        ),
    )
    .into()
}

/// Draws every figure of the ablation from the runs that are there, and returns the files to open.
pub(super) fn draw(context: &Context, arguments: &AblateArguments) -> anyhow::Result<Vec<PathBuf>> {
    let (base, seed) = (
        arguments.checkpoint.base.as_deref(),
        arguments.checkpoint.seed(),
    );
    if let Some(twice) = named_twice(&arguments.trials) {
        let message = format!("trial {twice:?} is named twice");
        return Err(Complaint::misused(message, "name each trial once").into());
    }
    let trained: Vec<Trained> = arguments
        .trials
        .iter()
        .map(|trial| find(context, trial, base, seed))
        .collect::<Result<_, _>>()?;
    let Some(deepest) = trained.last() else {
        return Err(
            Complaint::misused("no trial is named", "leave them out for trials A to D").into(),
        );
    };
    check_same_data(&trained)?;
    let data = context.data(&deepest.experiment)?;
    let class = ClassChoice::parse(&arguments.class, &data.test)?;
    let pictures = if arguments.test_index.is_empty() {
        by_rule(&data.test, data.normalisation, arguments.images)?
    } else {
        let rule = "Pictures: of the test split, by number.".to_string();
        by_index(&data.test, data.normalisation, &arguments.test_index, rule)?
    };
    let out = context.figures(arguments.out.as_deref(), &[data.test.dataset_name()]);
    let mut files = by_depth(context, arguments, &trained, &pictures, &class, &out)?;
    let along = match &arguments.along {
        Some(trial) => &find(context, trial, base, seed)?,
        None => deepest,
    };
    files.extend(along_training(context, along, &pictures, &class, &out)?);
    let rows = rows(
        context,
        &arguments.trials,
        base,
        arguments.checkpoint.which(),
    )?;
    print(&rows);
    let table = out.join("depth.csv");
    DepthRow::write(&table, &rows)?;
    files.extend(figures::depth(&rows, &out)?);
    files.push(table);
    let runs: Vec<_> = trained.iter().map(|trained| trained.run.clone()).collect();
    write_curves(&out.join(CURVES_FILE), &runs)?;
    files.extend(figures::curves(&runs, &out)?);
    Ok(files)
}

/// Explains the pictures with every trial at two layers each; one figure a method and layer that
/// all the trials allow.
fn by_depth(
    context: &Context,
    arguments: &AblateArguments,
    trained: &[Trained],
    pictures: &Pictures,
    class: &ClassChoice,
    out: &Path,
) -> anyhow::Result<Vec<PathBuf>> {
    let mut set = empty_set(pictures);
    for trained in trained {
        context.go_on()?;
        let mut opened = trained.open(context, arguments.checkpoint.which())?;
        if arguments.retrain_head {
            let layers = ablation_layers(&opened.network, pictures.size[0], FINE_CELLS);
            opened = opened.retrain_heads(context, trained, &layers)?;
        }
        explain(
            context,
            &mut set,
            trained,
            &opened,
            pictures,
            class,
            &MethodChoice::Allowed,
        )?;
    }
    set.drawn_as = drawn_as("ablation");
    set.write(&out.join("maps"))?;
    let mut files = Vec::new();
    for method in Method::names() {
        for (layer, cells) in [
            (LayerRule::DeepestWithCells(FINE_CELLS), FINE_CELLS),
            (LayerRule::Deepest, 1),
        ] {
            let shows = |trained: &Trained| {
                set.records.iter().any(|record| {
                    record.trial == trained.run.trial()
                        && record.method == method
                        && record.native_size.iter().all(|side| *side >= cells)
                })
            };
            if trained.iter().all(shows) {
                let choice = choice(method, layer, arguments.checkpoint.seed());
                files.extend(Ablation { set: &set, choice }.save(out)?);
            }
        }
    }
    Ok(files)
}

/// Explains the pictures with every whole checkpoint of one trial; one figure.
fn along_training(
    context: &Context,
    trained: &Trained,
    pictures: &Pictures,
    class: &ClassChoice,
    out: &Path,
) -> anyhow::Result<Vec<PathBuf>> {
    let mut set = empty_set(pictures);
    let best = trained.run.read_best()?.epoch;
    let method = MethodChoice::parse(&[METHOD_ALONG.to_string()])?;
    for epoch in trained.epochs()? {
        context.go_on()?;
        let which = if epoch == best {
            "best".to_string()
        } else {
            epoch.to_string()
        };
        let opened = trained.open(context, &which)?;
        explain(
            context, &mut set, trained, &opened, pictures, class, &method,
        )?;
    }
    set.drawn_as = drawn_as("training-time");
    set.write(&out.join("maps-along-training"))?;
    let choice = choice(
        METHOD_ALONG,
        LayerRule::DeepestWithCells(FINE_CELLS),
        trained.run.seed(),
    );
    let trial = trained.run.trial().to_string();
    Ok(TrainingTime {
        set: &set,
        trial,
        choice,
    }
    .save(out)?)
}

/// The figure that is drawn of the maps, at two layers or the finer one of them.
fn drawn_as(figure: &str) -> DrawnAs {
    DrawnAs {
        figures: vec![figure.to_string()],
        fine_cells: Some(FINE_CELLS),
    }
}

fn explain(
    context: &Context,
    set: &mut ExplanationSet,
    trained: &Trained,
    opened: &Opened,
    pictures: &Pictures,
    class: &ClassChoice,
    methods: &MethodChoice,
) -> anyhow::Result<()> {
    let layers = ablation_layers(&opened.network, pictures.size[0], FINE_CELLS);
    let request = MapRequest {
        explained: Explained::Trial(trained, opened),
        layers: &layers,
        methods,
        class,
        quantity: &QuantityChoice::logit(),
    };
    add_maps(context, set, pictures, &request)
}

fn choice(method: &str, layer: LayerRule, seed: u64) -> MapChoice {
    MapChoice {
        method: method.to_string(),
        layer,
        seed,
    }
}

/// Returns the arguments that go on where this run was stopped.
fn same_again(arguments: &AblateArguments) -> String {
    let which = &arguments.checkpoint;
    let mut text = format!("ablate {}", arguments.trials.join(" "));
    text.push_str(&base_flag(which.base.as_deref()));
    text.push_str(&format!(
        " --seed {} --checkpoint {}",
        which.seed(),
        which.which()
    ));
    if let Some(trial) = &arguments.along {
        text.push_str(&format!(" --along {trial}"));
    }
    if arguments.test_index.is_empty() {
        text.push_str(&format!(" --images {}", arguments.images));
    } else {
        let numbers: Vec<String> = arguments
            .test_index
            .iter()
            .map(ToString::to_string)
            .collect();
        text.push_str(&format!(" --test-index {}", numbers.join(",")));
    }
    if arguments.retrain_head {
        text.push_str(" --retrain-head");
    }
    text.push_str(&format!(" --class '{}' --train", arguments.class));
    if let Some(out) = &arguments.out {
        text.push_str(&format!(" --out '{}'", out.display()));
    }
    text
}
