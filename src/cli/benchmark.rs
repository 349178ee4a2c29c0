//! `benchmark`: ImageNet networks beside each other on photographs, in figures and in tables. Called
//! by [`super::run`].

mod arguments;
mod boxes;
mod consistency;
mod figures;
mod networks;
mod photographs;

use super::DONE;
use super::backbone::labelled;
use super::context::Context;
use super::maps::ClassChoice;
use super::measure::sources;
use super::output::result;
pub(super) use arguments::BenchmarkArguments;
use boxes::Boxed;
use figures::Drawn;
use networks::{Question, open};

/// Folder of what is measured on boxes, below that of everything.
const BOXES: &str = "boxes";
/// Folder of the tables and figures.
const FOLDER: &str = "benchmark";

/// Measures and draws what was asked for, and lists the files.
pub(super) fn run(context: &Context, arguments: &BenchmarkArguments) -> anyhow::Result<u8> {
    let networks = open(context, arguments)?;
    let first = &networks[0];
    let question = Question {
        sources: sources(&arguments.methods)?,
        class: ClassChoice::parse_with(&arguments.class, |class| {
            Ok(first.opened.find_class(class)?)
        })?,
    };
    // Read first: a fault in them is told before anything is measured.
    let boxed = Boxed::read(&networks, arguments)?;
    let labels = arguments.labels.as_deref();
    let photos = arguments.photos.as_deref();
    let photos = photos.map(|folder| labelled(folder, labels, &first.opened.class_names));
    let photos = photos.transpose()?.unwrap_or_default();
    let drawn = Drawn::read(arguments, &photos, boxed.as_ref(), &question.class)?;
    let out = context.figures(arguments.out.as_deref(), &[FOLDER]);
    let mut files = Vec::new();
    if let Some(folder) = &arguments.photos {
        files.extend(photographs::measure(
            context,
            &networks,
            (folder, photos, arguments),
            &question,
            &out,
        )?);
    }
    if let Some(boxed) = &boxed {
        let out = out.join(BOXES);
        files.extend(boxes::measure(
            context,
            &networks,
            boxed,
            question.sources,
            &out,
        )?);
    }
    files.extend(drawn.draw(context, &networks, &question.class, &out)?);
    for path in files {
        result(path.display());
    }
    Ok(DONE)
}
