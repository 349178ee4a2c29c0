//! The output of `explain-seq`.

use crate::run::{CapacityRow, SequenceSet, claimed_lags};

use super::output::{result, result_table};

/// Prints one line per clip and layer: the similarity of each map to the prediction.
pub(super) fn print_clips(set: &SequenceSet) {
    let mut rows = vec![
        [
            "clip",
            "target",
            "squared error",
            "method",
            "layer",
            "maps that repeat the prediction",
        ]
        .map(str::to_string)
        .to_vec(),
    ];
    for clip in &set.clips {
        let mut seen = Vec::new();
        for map in set.maps.iter().filter(|map| map.clip == clip.id) {
            let key = (map.method.as_str(), map.layer);
            if seen.contains(&key) {
                continue;
            }
            seen.push(key);
            let repeating: Vec<String> = set
                .maps_of(&clip.id, &map.method, map.layer)
                .filter(|map| map.repeats)
                .map(|map| format!("frame {}", clip.watched - map.lag))
                .collect();
            rows.push(vec![
                clip.id.clone(),
                clip.target.clone(),
                format!("{:.1}", clip.error),
                map.method.clone(),
                map.layer.to_string(),
                match repeating.is_empty() {
                    true => "none".to_string(),
                    false => repeating.join(", "),
                },
            ]);
        }
    }
    result_table(&rows);
}

/// Prints the memory of a network by one method: one table per layer, and the lags with memory in
/// words.
pub(super) fn print_capacity(rows: &[CapacityRow], method: &str) {
    let Some(first) = rows.first() else { return };
    let name = format!("{} seed {}", first.experiment, first.seed);
    let mut layers: Vec<usize> = rows.iter().filter_map(|row| row.layer).collect();
    layers.sort_unstable();
    layers.dedup();
    for &layer in &layers {
        result("");
        result(format!(
            "{name}, layer {layer}, {method}, {} explained: share of the map on a track k frames back, %",
            first.target
        ));
        result_table(&lines(rows, layer, method));
        for (difference, what) in [
            ("own-minus-other", "the past states' maps"),
            ("newest-own-minus-other", "the newest state's map"),
        ] {
            result(sentence(
                what,
                &claimed_lags(rows, layer, method, difference),
            ));
        }
        result(horizon(rows, layer));
    }
    result(rises(rows));
    let error = find(rows, ("trained", "error"), (None, None), None);
    if let Some(error) = error {
        result(format!(
            "squared error of the predicted frame: {:.1} [{:.1}, {:.1}], n = {}",
            error.mean, error.low, error.high, error.n
        ));
    }
}

fn lines(rows: &[CapacityRow], layer: usize, method: &str) -> Vec<Vec<String>> {
    let header = [
        "k",
        "own track",
        "other digit",
        "untrained",
        "shuffled",
        "uniform",
        "newest: own",
        "other",
        "gradient %",
        "error rise: black",
        "another's",
    ];
    let mut lines = vec![header.map(str::to_string).to_vec()];
    let mut lags: Vec<usize> = rows.iter().filter_map(|row| row.lag).collect();
    lags.sort_unstable();
    lags.dedup();
    for lag in lags {
        let map = (Some(layer), Some(method));
        let cell = |whose: &str, measure: &str, of, scale: f64| {
            let row = find(rows, (whose, measure), of, Some(lag));
            row.map_or("-".to_string(), |row| {
                let half = scale * (row.high - row.low) / 2.0;
                format!("{:.1} ± {half:.1}", scale * row.mean)
            })
        };
        lines.push(vec![
            lag.to_string(),
            cell("trained", "own-track", map, 100.0),
            cell("trained", "other-track", map, 100.0),
            cell("untrained", "own-track", map, 100.0),
            cell("shuffled", "own-track", map, 100.0),
            cell("trained", "uniform", map, 100.0),
            cell("trained", "newest-own-track", map, 100.0),
            cell("trained", "newest-other-track", map, 100.0),
            cell("trained", "gradient", (Some(layer), None), 100.0),
            cell("trained", "rise-black", (None, None), 1.0),
            cell("trained", "rise-foreign", (None, None), 1.0),
        ]);
    }
    lines
}

fn sentence(what: &str, lags: &[usize]) -> String {
    match lags {
        [] => format!(
            "{what}: at no k more on the explained digit's track than untrained, shuffled and the other \
             digit give"
        ),
        lags => {
            let list: Vec<String> = lags.iter().map(ToString::to_string).collect();
            format!(
                "{what}: more on the explained digit's track than untrained, shuffled and the other \
                 digit give, each beyond its 95 % interval, at k = {}",
                list.join(", ")
            )
        }
    }
}

/// Returns at which lags a black frame raises the error, and by more than in the untrained network.
fn rises(rows: &[CapacityRow]) -> String {
    let above_zero = |compared: &str, lag: usize| {
        let row = find(rows, (compared, "rise-black"), (None, None), Some(lag));
        row.is_some_and(|row| row.low > 0.0)
    };
    let lags = (0..).take_while(|lag| {
        find(rows, ("trained", "rise-black"), (None, None), Some(*lag)).is_some()
    });
    let lags: Vec<String> = lags
        .filter(|lag| above_zero("trained", *lag) && above_zero("trained-minus-untrained", *lag))
        .map(|lag| lag.to_string())
        .collect();
    match lags.is_empty() {
        true => {
            "a black frame raises the error at no k by more than in the untrained network".into()
        }
        false => format!(
            "a black frame raises the error, and by more than in the untrained network, at k = {}",
            lags.join(", ")
        ),
    }
}

fn horizon(rows: &[CapacityRow], layer: usize) -> String {
    let of = |whose: &str| {
        let row = find(rows, (whose, "horizon"), (Some(layer), None), None);
        row.map_or("none".to_string(), |row| {
            format!("{:.1} [{:.1}, {:.1}]", row.mean, row.low, row.high)
        })
    };
    format!(
        "the gradient falls under 5 % of that at the newest state {} frames back (untrained {}); 10 is \
         not at all",
        of("trained"),
        of("untrained")
    )
}

fn find<'a>(
    rows: &'a [CapacityRow],
    (compared, measure): (&str, &str),
    (layer, method): (Option<usize>, Option<&str>),
    lag: Option<usize>,
) -> Option<&'a CapacityRow> {
    rows.iter().find(|row| {
        row.compared == compared
            && row.measure == measure
            && (row.layer, row.method.as_deref()) == (layer, method)
            && row.lag == lag
    })
}
