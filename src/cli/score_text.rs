//! The tables of a score as text.

use crate::explain::metrics::pixel_curves::FILL;
use crate::run::{LayerPlace, ScorePair, ScoreSummary};
use crate::study::{FINE_CELLS, PICTURES, ScoreTables};

use super::output::{result, result_table};

/// Marks a map that ignores the network.
const BASELINE_MARK: &str = " *";
/// Names the line of a method's spread over seeds.
const OVER_SEEDS: &str = "  over seeds";
/// Replaces the wins of a method whose drops equal the other's up to rounding.
const EQUAL: &str = "equal";

/// Prints one table per trial and layer, and an explanation of the numbers below them. `which` is
/// the images' determiner: "all", "the first" or "these".
pub(super) fn print(tables: &ScoreTables, which: &str) {
    let same = |a: &ScoreSummary, b: &ScoreSummary| a.trial == b.trial && a.layer == b.layer;
    for group in tables.means.chunk_by(same) {
        let first = &group[0];
        let pairs: Vec<&ScorePair> = tables
            .pairs
            .iter()
            .filter(|pair| pair.trial == first.trial && pair.layer == first.layer)
            .collect();
        result(heading(first));
        result_table(&rows(group, &pairs));
        result("");
    }
    if let Some(first) = tables.means.first() {
        for line in legend(first, tables, which) {
            result(line);
        }
        result("");
    }
}

fn heading(of: &ScoreSummary) -> String {
    if of.split == PICTURES {
        let (height, width) = (of.native_height, of.native_width);
        return format!(
            "{} with {}: maps of {height} x {width} cells at {}",
            of.trial, of.checkpoint, of.layer
        );
    }
    let blocks = if of.blocks == 1 { "block" } else { "blocks" };
    let place = match of.layer_place {
        LayerPlace::FineCells => {
            format!(" (the deepest with at least {FINE_CELLS} x {FINE_CELLS} cells)")
        }
        LayerPlace::LastBlock => " (the last block before its pool)".to_string(),
        LayerPlace::Both => format!(
            " (the last block before its pool, and the deepest with at least {FINE_CELLS} x \
             {FINE_CELLS} cells)"
        ),
        LayerPlace::Named => String::new(),
    };
    format!(
        "{}, {} {blocks}, {}: maps of {} x {} cells at {}{place}",
        of.trial,
        of.blocks,
        seeds(&of.seeds),
        of.native_height,
        of.native_width,
        of.layer
    )
}

/// Returns the cells of one table, its header first.
fn rows(group: &[ScoreSummary], pairs: &[&ScorePair]) -> Vec<Vec<String>> {
    let same_method = |a: &ScoreSummary, b: &ScoreSummary| a.method == b.method;
    let metrics = group.chunk_by(same_method).next().unwrap_or_default();
    let mut header = vec!["method".to_string()];
    header.extend(metrics.iter().map(|row| row.heading().to_string()));
    if let Some(pair) = pairs.first() {
        let over = title(group, &pair.over);
        header.extend([
            format!("% Win over {over}"),
            "ties %".to_string(),
            format!("drop minus {over}'s"),
        ]);
    }
    header.push("empty maps".to_string());
    let mut rows = vec![header];
    for scores in group.chunk_by(same_method) {
        let first = &scores[0];
        let mark = if first.baseline { BASELINE_MARK } else { "" };
        let mut row = vec![format!("{}{mark}{}", first.title, first.caveat)];
        row.extend(scores.iter().map(|score| {
            let decimals = score.decimals;
            with_spread(score.mean, score.low, score.high, decimals)
        }));
        match pairs.iter().find(|pair| pair.method == first.method) {
            Some(pair) => {
                let [win, ties] = match pair.equal {
                    true => [EQUAL.to_string(), String::new()],
                    false => [
                        with_spread(pair.win, pair.win_low, pair.win_high, 1),
                        format!("{:.1}", pair.ties),
                    ],
                };
                let difference = with_spread(
                    pair.drop_difference,
                    pair.drop_difference_low,
                    pair.drop_difference_high,
                    1,
                );
                row.extend([win, ties, difference]);
            }
            None if !pairs.is_empty() => row.extend(["", "", ""].map(str::to_string)),
            None => {}
        }
        row.push(format!("{} of {}", first.empty, first.maps));
        rows.push(row);
        rows.extend(over_seeds(scores, pairs.is_empty()));
    }
    rows
}

/// Returns the line of a method's means with the interval over seeds; nothing for one seed.
fn over_seeds(scores: &[ScoreSummary], alone: bool) -> Option<Vec<String>> {
    let mut row = vec![OVER_SEEDS.to_string()];
    for score in scores {
        let spread = score.seed_means.spread()?;
        let cell = with_spread(spread.mean, spread.low, spread.high, score.decimals);
        row.push(cell);
    }
    let rest = if alone { 1 } else { 4 };
    row.extend(std::iter::repeat_n(String::new(), rest));
    Some(row)
}

/// Returns the mean with half the width of its interval; the CSV has both ends.
fn with_spread(mean: f64, low: f64, high: f64, decimals: usize) -> String {
    let shown = format!("{mean:.decimals$} ±{:.decimals$}", (high - low) / 2.0);
    // A value that rounds to zero has no sign.
    let zero = format!("-{:.decimals$} ", 0.0);
    match shown.starts_with(&zero) {
        true => shown[1..].to_string(),
        false => shown,
    }
}

/// Returns the title of the method called `name`.
fn title<'a>(group: &'a [ScoreSummary], name: &'a str) -> &'a str {
    let found = group.iter().find(|row| row.method == name);
    found.map_or(name, |row| row.title.as_str())
}

/// Returns "seed 0" or "seeds 0, 1, 2".
fn seeds(joined: &str) -> String {
    match joined.contains(' ') {
        true => format!("seeds {}", joined.replace(' ', ", ")),
        false => format!("seed {joined}"),
    }
}

fn legend(first: &ScoreSummary, tables: &ScoreTables, which: &str) -> Vec<String> {
    let generated = if first.generated {
        " (generated data)"
    } else {
        ""
    };
    let noun = if first.images == 1 { "image" } else { "images" };
    let class = match first.target.as_str() {
        "predicted" => "the class that the network predicts".to_string(),
        "true" => "the true class".to_string(),
        name => format!("the class {name:?} on every image"),
    };
    let images = match first.split == PICTURES {
        true => format!("{which} {} pictures of {}", first.images, first.dataset),
        false => format!(
            "{}{generated}, {which} {} {noun} of the {} split",
            first.dataset, first.images, first.split
        ),
    };
    let checkpoints = match first.split == PICTURES {
        true => String::new(),
        false => format!("; checkpoints: {}", first.checkpoint),
    };
    let mut lines = vec![
        format!("{images}; maps of {class}{checkpoints}"),
        "±: half the width of the 95 % bootstrap interval over images and seeds; its ends are in the CSV"
            .to_string(),
    ];
    if tables.means.iter().any(|row| row.seeds.contains(' ')) {
        lines.push(format!(
            "several seeds: each image's values are averaged over them first; in the rows \"{}\" ± is \
             half the 95 % t-interval over the seeds, the spread of another training",
            OVER_SEEDS.trim()
        ));
    }
    lines.push(
        "Average Drop rewards large maps, so the mean area stands beside it; an empty map counts \
         as it is: all black"
            .to_string(),
    );
    if !tables.pairs.is_empty() {
        lines.push(
            "% Win: images on which the drop, not clipped, is smaller; ties count for neither. \
             Drop minus: difference of Average Drop on the same images, below 0 is better"
                .to_string(),
        );
    }
    if tables.pairs.iter().any(|pair| pair.equal) {
        lines.push(format!(
            "{EQUAL}: on every image the two drop alike but for rounding, so that no win means anything"
        ));
    }
    if let Some(steps) = first.steps {
        lines.push(format!(
            "insertion (high is good), deletion (low is good): areas under {steps} steps; pixels \
             that are not there hold the training split's mean colour ({FILL} after standardisation)"
        ));
    }
    lines.push(format!(
        "{}: a baseline (ignores the network)",
        BASELINE_MARK.trim()
    ));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mean_stands_with_half_its_interval_and_a_rounded_zero_without_a_sign() {
        assert_eq!(with_spread(35.64, 33.0, 38.0, 1), "35.6 ±2.5");
        assert_eq!(with_spread(-0.04, -0.1, 0.1, 1), "0.0 ±0.1");
        assert_eq!(with_spread(-0.06, -0.1, 0.1, 1), "-0.1 ±0.1");
        assert_eq!(with_spread(0.3456, 0.3406, 0.3506, 3), "0.346 ±0.005");
    }

    #[test]
    fn seeds_are_counted_in_words() {
        assert_eq!(seeds("0"), "seed 0");
        assert_eq!(seeds("0 1 12"), "seeds 0, 1, 12");
    }
}
