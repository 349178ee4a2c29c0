//! Checks, scores and localises the maps of a trained run, explains a predictor's clip, and writes and
//! draws the tables. After `camtrail reproduce --quick`:
//!
//!     cargo run --example score_a_run -- checkpoints figures/library

use std::error::Error;
use std::path::Path;

use camtrail::device::{DeviceChoice, choose};
use camtrail::figure::draw_below;
use camtrail::study::{Runs, StudyError, Trained, Unwatched, Which};
use camtrail::study::{localize, measure, memory, sanity, score};

fn main() -> Result<(), Box<dyn Error>> {
    let given: Vec<String> = std::env::args().skip(1).collect();
    let [checkpoints, out] = &given[..] else {
        return Err("name the folder of the runs and one for tables and figures".into());
    };
    score_a_run(Path::new(checkpoints), Path::new(out))
}

#[expect(clippy::print_stdout, reason = "an example shows what it found")]
pub(crate) fn score_a_run(checkpoints: &Path, out: &Path) -> Result<(), Box<dyn Error>> {
    let runs = Runs::new(checkpoints, choose(DeviceChoice::Cpu)?);
    let trained: Trained = runs.find("trial-b", Some("shapes"), 0)?;
    let subject = trained.open(Which::Best, &runs)?;
    println!("{}, epoch {}", subject.label(), subject.epoch);

    let maps = measure::Request::of(&["trial-b"]).on("shapes");
    let maps = maps.seeds(&[0]).limit(50);
    sanity::Checks::new(&runs, &maps.clone().into())?.each(&Unwatched, |found| {
        found.write(&out.join("sanity")).map(drop)
    })?;
    let scores = score::measure(&runs, &maps.clone().into(), &Unwatched)?;
    scores.write(&out.join("scores"))?;
    let means = scores.tables.means.iter();
    for row in means.filter(|row| row.metric == "average-drop") {
        println!("{}: {:.1} % dropped", row.title, row.mean);
    }
    let located = maps.class("true").into();
    let found = localize::measure(&runs, &located, &Unwatched, |_rows, _delta| {})?;
    found.write(&out.join("localization"))?;

    let clip = memory::Request::of("convlstm", "digits");
    memory::Memory::new(&runs, &clip)?.each(&Unwatched, |found, _part| {
        Ok::<_, StudyError>(found.set.write(&out.join(&found.folder))?)
    })?;
    let drawn = &mut |file: &Path| println!("{}", file.display());
    Ok(draw_below(out, out, &|| false, drawn)?)
}
