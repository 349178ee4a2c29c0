//! Names of the runs of changed experiments, which are also the names of their folders.

use std::path::Path;

use toml_edit::{DocumentMut, Item, Value};

use super::diff::TIME_LIMIT;
use super::error::ExperimentError;
use super::overrides::Override;
use super::source::{RESERVED, bases, known};
use super::value::{item_at, keys_of};
use crate::run::{CHANGE, RunDir, sha256};

/// Most characters of a name. File systems allow 255.
const LONGEST: usize = 100;
/// Number of digits of the checksum in the name of an experiment with many changes.
const DIGITS: usize = 8;

/// Returns `name` if the run of the experiment `experiment` can have it.
///
/// # Errors
/// [`ExperimentError::RunName`].
pub fn check_run_name<'a>(
    folder: &Path,
    name: &'a str,
    experiment: &str,
) -> Result<&'a str, ExperimentError> {
    let problem = match name {
        _ if name == experiment && !name.is_empty() => return Ok(name),
        "" => "is empty",
        _ if name.len() > LONGEST => "is longer than 100 characters",
        _ if !name.chars().all(is_safe) => {
            "contains characters other than ASCII letters, digits and . _ + = -"
        }
        _ if !name.starts_with(|first: char| first.is_ascii_alphanumeric()) => {
            "does not begin with a letter or digit"
        }
        _ if RunDir::is_seed(name) => "is the name of a seed's folder",
        _ if RESERVED.contains(&name) => "is reserved",
        _ if bases(folder).iter().any(|base| base == name) => "is the name of a base",
        _ if known(folder).iter().any(|known| known == name) => "is the name of another experiment",
        _ => return Ok(name),
    };
    Err(ExperimentError::RunName {
        name: name.to_string(),
        problem,
    })
}

/// Returns the name of the run of the experiment `name` whose values were `plain` before the
/// `overrides` and are `changed` now: `name` itself if no result can differ, else with every changed
/// key, such as "trial-d+train.learning_rate=3e-3". The order of the overrides and the notation of
/// their values do not matter.
pub(super) fn changed_name(
    name: &str,
    (plain, changed): (&DocumentMut, &DocumentMut),
    overrides: &[Override],
) -> String {
    let mut changes: Vec<String> = Vec::new();
    for key in keys_of(changed.as_table(), "") {
        if key == TIME_LIMIT || !overrides.iter().any(|change| change.key == key) {
            continue;
        }
        let [before, after] =
            [plain, changed].map(|values| item_at(values.as_table(), &key).map(text));
        if before != after {
            changes.push(format!("{key}={}", after.unwrap_or_default()));
        }
    }
    let safe = |text: &str| text.replace(|character| !is_safe(character), "-");
    let mut named = name.to_string();
    let texts = || changes.iter().map(String::as_str);
    texts().for_each(|text| named.push_str(&format!("{CHANGE}{}", safe(text))));
    if named.len() <= LONGEST {
        return named;
    }
    // The shortest ones, as far as there is room.
    let checksum = sha256(texts().collect::<Vec<_>>().join("\n").as_bytes());
    let more = |count: usize| format!("{CHANGE}{count}-more-{}", &checksum[..DIGITS]);
    let mut shortest: Vec<&str> = texts().collect();
    shortest.sort_by_key(|text| text.len());
    let (mut named, mut count) = (name.to_string(), 0);
    for text in shortest {
        let longer = format!("{named}{CHANGE}{}", safe(text));
        if longer.len() + more(changes.len()).len() > LONGEST {
            break;
        }
        (named, count) = (longer, count + 1);
    }
    named + &more(changes.len() - count)
}

fn is_safe(character: char) -> bool {
    character.is_ascii_alphanumeric() || "._+=-".contains(character)
}

fn text(item: &Item) -> String {
    item.as_value().map_or(String::new(), value_text)
}

/// Returns `value` in one notation: a number in the shorter of its two, a list with "_" between its
/// values.
pub(super) fn value_text(value: &Value) -> String {
    let number = match value {
        Value::Integer(number) => *number.value() as f64,
        Value::Float(number) => *number.value(),
        Value::String(text) => return text.value().clone(),
        Value::Array(list) => {
            let texts: Vec<String> = list.iter().map(value_text).collect();
            return texts.join("_");
        }
        other => return other.clone().decorated("", "").to_string(),
    };
    let (decimal, scientific) = (format!("{number}"), format!("{number:e}"));
    match scientific.len() < decimal.len() {
        true => scientific,
        false => decimal,
    }
}

/// Returns the text of a value, as it is given with `--set`.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.value().clone(),
        Value::Float(_) => match value_text(value) {
            // Without a point or an exponent it would be read as a whole number.
            text if text.contains(['.', 'e']) => text,
            text => text + ".0",
        },
        other => other.clone().decorated("", "").to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::{Experiment, Resolved, load};

    fn named(changes: &[&str]) -> String {
        let overrides: Vec<Override> = (changes.iter())
            .map(|change| change.parse().expect("a change"))
            .collect();
        let resolved: Resolved<Experiment> =
            load(Path::new(""), "trial-d", None, &overrides).expect("valid");
        resolved.name
    }

    #[test]
    fn the_changes_make_the_name() {
        assert_eq!(named(&[]), "trial-d");
        let expected = "trial-d+train.learning_rate=3e-3";
        assert_eq!(named(&["train.learning_rate=3e-3"]), expected);
        assert_eq!(named(&["train.learning_rate=0.003"]), expected);
        assert_eq!(
            named(&["train.learning_rate=0.1"]),
            "trial-d+train.learning_rate=0.1"
        );
        assert_eq!(
            named(&["train.epochs=5", "model.filters=[8, 16,32,32,32]"]),
            "trial-d+model.filters=8_16_32_32_32+train.epochs=5"
        );
        assert_eq!(
            named(&["model.activation=gelu"]),
            "trial-d+model.activation=gelu"
        );
    }

    #[test]
    fn what_changes_no_result_is_not_in_the_name() {
        // The default in another notation, a change that is taken back, and a limit of time.
        let same = [
            &["train.learning_rate=1.0e-3"][..],
            &["train.epochs=5", "train.epochs=50"],
            &["train.max_minutes=30"],
        ];
        for changes in same {
            assert_eq!(named(changes), "trial-d", "{changes:?}");
        }
    }

    #[test]
    fn many_changes_are_counted_and_told_apart_by_their_checksum() {
        let long = |seed: &str| {
            named(&[
                "data.augmentation.crop_padding=2",
                "data.augmentation.cutout=4",
                "model.filters=[16,32,64,64,64]",
                seed,
            ])
        };
        let (first, second) = (long("data.split_seed=1"), long("data.split_seed=2"));
        assert_ne!(first, second);
        for (name, seed) in [(first, 1), (second, 2)] {
            // The shortest come first.
            let start = format!(
                "trial-d+data.split_seed={seed}+data.augmentation.cutout=4\
                 +model.filters=16_32_64_64_64+1-more-"
            );
            assert!(name.starts_with(&start), "{name}");
            assert_eq!(
                check_run_name(Path::new(""), &name, "").expect("allowed"),
                name
            );
        }
    }

    #[test]
    fn a_name_that_is_no_folder_or_is_taken_is_refused() {
        let long = "a".repeat(101);
        for name in [
            "", "a/b", "..", ".hidden", "-x", "ä", "a b", "seed-3", "shapes", "trial-c", "sweeps",
            &long,
        ] {
            let refused = check_run_name(Path::new(""), name, "trial-d");
            assert!(refused.is_err(), "{name:?}");
        }
        for name in ["lr3e-3", "trial-d", "seed-x"] {
            check_run_name(Path::new(""), name, "trial-d").expect("allowed");
        }
    }
}
