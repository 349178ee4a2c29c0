//! A comparison as text: sentences first, then the tables.

use crate::run::{ComparedRow, PairedRow};
use crate::study::compare::{Agreements, Compared, Comparison};
use crate::study::grouped;

use super::output::{result, result_table};

const PERCENT: f64 = 100.0;
/// Of more runs, only the pairs with the first one are printed.
const ALL_PAIRS: usize = 4;
/// The least p that is printed as a number.
const LEAST_P: f64 = 1e-4;

/// Marks a seed whose training has not ended.
const UNFINISHED: char = '*';

/// How the numbers of a score are printed.
struct Unit {
    scale: f64,
    decimals: usize,
    /// What a difference is counted in, after a space.
    name: &'static str,
    /// Whether more is better.
    more: bool,
}

impl Unit {
    fn of(score: &str) -> Self {
        match score {
            "accuracy" => Self {
                scale: PERCENT,
                decimals: 2,
                name: " points",
                more: true,
            },
            score => Self {
                scale: 1.0,
                decimals: if score.ends_with("ssim") { 4 } else { 2 },
                name: "",
                more: score.ends_with("ssim"),
            },
        }
    }

    fn number(&self, value: f64) -> String {
        format!("{:.*}", self.decimals, self.scale * value)
    }

    fn signed(&self, value: f64) -> String {
        format!("{:+.*}", self.decimals, self.scale * value)
    }

    fn interval(&self, ends: Option<(f64, f64)>) -> String {
        ends.map_or("-".to_string(), |(low, high)| {
            format!("[{}, {}]", self.number(low), self.number(high))
        })
    }
}

/// Prints what was found.
pub(super) fn print(found: &Comparison) {
    for pair in printed(found) {
        result(sentence(pair));
    }
    result("");
    differences(found);
    let scores = found.scores.chunk_by(|a, b| a.score == b.score);
    for rows in scores {
        let pairs: Vec<&PairedRow> = printed(found)
            .filter(|pair| pair.score == rows[0].score)
            .collect();
        score_table(rows);
        pair_table(&pairs);
    }
    if let Some(agreement) = &found.agreement {
        agreement_table(found, agreement);
    }
    notes(found).iter().for_each(result);
}

fn printed(found: &Comparison) -> impl Iterator<Item = &PairedRow> {
    let few = found.labels.len() <= ALL_PAIRS;
    let first = &found.labels[0];
    found
        .pairs
        .iter()
        .filter(move |pair| few || pair.first == *first)
}

/// Returns a pair in one sentence.
fn sentence(pair: &PairedRow) -> String {
    let unit = Unit::of(&pair.score);
    let (first, second) = (&pair.first, &pair.second);
    let items = match pair.score.as_str() {
        "accuracy" => "test images",
        _ => "test clips",
    };
    let items = format!("{} {items}", grouped(pair.items as u64));
    if pair.low <= 0.0 && pair.high >= 0.0 {
        return format!(
            "{}: no difference between {first} and {second} that {items} can show: {}{} {}",
            pair.score,
            unit.signed(pair.difference),
            unit.name,
            unit.interval(Some((pair.low, pair.high)))
        );
    }
    let is_better = (pair.difference > 0.0) == unit.more;
    let word = if is_better { "better" } else { "worse" };
    let ends = match pair.difference > 0.0 {
        true => (pair.low, pair.high),
        false => (-pair.high, -pair.low),
    };
    let seeds = match pair.seeds_low.zip(pair.seeds_high) {
        Some((low, high)) if low <= 0.0 && high >= 0.0 => "; the interval over seeds includes 0",
        Some(_) => "; the interval over seeds excludes 0",
        None => "; with one seed, another training may differ",
    };
    format!(
        "{}: {second} is {word} than {first} by {}{} {} on {items}{seeds}",
        pair.score,
        unit.number(pair.difference.abs()),
        unit.name,
        unit.interval(Some(ends))
    )
}

fn differences(found: &Comparison) {
    let mut header = vec!["field".to_string()];
    header.extend(found.labels.iter().cloned());
    let mut rows = vec![header];
    for key in found.differences.chunk_by(|a, b| a.key == b.key) {
        let mut row = vec![key[0].key.clone()];
        row.extend(key.iter().map(|difference| difference.value.clone()));
        rows.push(row);
    }
    let mut count = |name: &str, of: &dyn Fn(&ComparedRow) -> u64| {
        let runs = found.scores.iter().take(found.labels.len());
        let counts = runs.map(|row| grouped(of(row)));
        rows.push(std::iter::once(name.to_string()).chain(counts).collect());
    };
    count("parameters", &|row| row.parameters);
    count("multiply-adds", &|row| row.multiply_adds);
    result_table(&rows);
    result("");
}

fn score_table(rows: &[ComparedRow]) {
    let unit = Unit::of(&rows[0].score);
    let is_share = rows[0].score == "accuracy";
    let mut header = vec!["run", "seeds", "epoch"];
    if is_share {
        header.push("val %");
    }
    header.push(if is_share { "test %" } else { &rows[0].score });
    header.push(if is_share {
        "over images"
    } else {
        "over clips"
    });
    header.push("over seeds");
    let mut cells = vec![header.into_iter().map(str::to_string).collect::<Vec<_>>()];
    for row in rows {
        let marked = |seed: &str| match row.unfinished.split(' ').any(|open| open == seed) {
            true => format!("{seed}{UNFINISHED}"),
            false => seed.to_string(),
        };
        let seeds: Vec<String> = row.seeds.split(' ').map(marked).collect();
        let mut line = vec![row.run.clone(), seeds.join(" "), row.epochs.clone()];
        line.extend(row.validation.map(|value| unit.number(value)));
        line.extend([
            unit.number(row.test),
            unit.interval(Some((row.low, row.high))),
            unit.interval(row.seeds_low.zip(row.seeds_high)),
        ]);
        cells.push(line);
    }
    result_table(&cells);
    result("");
}

fn pair_table(pairs: &[&PairedRow]) {
    let Some(first) = pairs.first() else {
        return;
    };
    let unit = Unit::of(&first.score);
    let tested = pairs.iter().any(|pair| pair.mcnemar_p.is_some());
    let over = if first.score == "accuracy" {
        "over images"
    } else {
        "over clips"
    };
    let mut header = vec!["difference", "", over, "over seeds"];
    if tested {
        header.extend(["right alone", "McNemar p"]);
    }
    let mut cells = vec![header.into_iter().map(str::to_string).collect::<Vec<_>>()];
    for pair in pairs {
        let mut line = vec![
            format!("{} minus {}", pair.second, pair.first),
            unit.signed(pair.difference),
            unit.interval(Some((pair.low, pair.high))),
            unit.interval(pair.seeds_low.zip(pair.seeds_high)),
        ];
        if let (Some(first), Some(second), Some(p)) =
            (pair.only_first, pair.only_second, pair.mcnemar_p_holm)
        {
            line.extend([format!("{second} : {first}"), probability(p)]);
        }
        cells.push(line);
    }
    result_table(&cells);
    result("");
}

fn probability(p: f64) -> String {
    match p < LEAST_P {
        true => format!("below {LEAST_P}"),
        false => format!("{p:.4}"),
    }
}

fn agreement_table(found: &Comparison, agreement: &Agreements) {
    let header = [
        "map agreement",
        "rank correlation",
        "95 %",
        "other pictures",
    ];
    let mut rows = vec![header.map(str::to_string).to_vec()];
    for (of, row) in agreement.correlations() {
        let name = match of {
            Compared::Runs(first, second) => {
                format!("{} and {}", found.labels[first], found.labels[second])
            }
            Compared::Seeds(side) => format!("seeds of {}", found.labels[side]),
        };
        rows.push(vec![
            name,
            format!("{:.3}", row.mean),
            format!("[{:.3}, {:.3}]", row.low, row.high),
            format!("{:.3}", row.other),
        ]);
    }
    result_table(&rows);
    result("");
}

fn notes(found: &Comparison) -> Vec<String> {
    let first = &found.scores[0];
    let generated = if first.generated {
        " (generated data)"
    } else {
        ""
    };
    let picked = match first.checkpoint.as_str() {
        "best" => "checkpoints: best on validation".to_string(),
        other => format!("checkpoints: {other}"),
    };
    let items = if found.maps.is_some() {
        "images"
    } else {
        "clips"
    };
    let mut notes = vec![
        format!("{}{generated}; {picked}", first.dataset),
        format!(
            "in brackets 95 % intervals: over {items} by bootstrap, paired for differences, for these \
             networks; over seeds by Student's t, for other trainings"
        ),
    ];
    if found.scores.iter().any(|row| !row.unfinished.is_empty()) {
        notes.push(format!("{UNFINISHED} the training has not ended"));
    }
    let tested = found
        .pairs
        .iter()
        .filter(|pair| pair.mcnemar_p.is_some())
        .count();
    if tested > 0 {
        let corrected = match tested {
            1 => String::new(),
            count => format!(" (Holm's correction for {count} pairs)"),
        };
        notes.push(format!("McNemar's exact test, two-sided{corrected}"));
    }
    match &found.agreement {
        Some(agreement) => notes.push(format!(
            "maps: {} of the true class on the first {} test images, Spearman's correlation; other \
             pictures: the correlation of maps of different pictures",
            agreement.title, agreement.pictures
        )),
        None if found.maps.is_none() => {
            notes.push("predictors: no maps are compared; see explain-seq".to_string());
        }
        None => {}
    }
    notes
}
