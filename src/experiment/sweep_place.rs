//! Where in the file of a sweep a key, a value or a name is written.

use std::ops::Range;

use toml_edit::{Item, TableLike};

use super::chain::parse;
use super::error::Located;
use super::run_name::plain;
use super::source::Source;

/// Sections with the keys of experiments.
const SECTIONS: [&str; 3] = ["set", "grid", "list"];

/// Returns the place of `value` among those of the experiment's key `key`, or of the key if there is no
/// such value.
pub(super) fn of_key(source: &Source, key: &str, value: Option<&str>) -> Option<Located> {
    let document = parse(source).ok()?;
    let sections = SECTIONS.iter().filter_map(|section| document.get(section));
    let tables = sections.flat_map(tables);
    let spans: Vec<Found> = tables.filter_map(|table| find(table, key, value)).collect();
    let exact = spans.iter().find(|found| found.exact);
    let found = exact.or(spans.first())?;
    Some(located(source, found.span.clone()))
}

/// Returns the place of the sweep's own key `key`, or of the text `name` in its list.
pub(super) fn of_name(source: &Source, key: &str, name: &str) -> Option<Located> {
    let document = parse(source).ok()?;
    let item = document.get(key)?;
    let mut names = item.as_array()?.iter();
    let named = names.find(|value| value.as_str() == Some(name));
    let span = named.map_or(item.span(), |value| value.span())?;
    Some(located(source, span))
}

/// Returns the place of the value of the sweep's own key `key`.
pub(super) fn of_own(source: &Source, key: &str) -> Option<Located> {
    let document = parse(source).ok()?;
    let span = document.get(key)?.span()?;
    Some(located(source, span))
}

fn located(source: &Source, span: Range<usize>) -> Located {
    Located::new(source.origin(), &source.text, span)
}

/// Returns the tables of a section: itself, or the entries of a list.
fn tables(section: &Item) -> Vec<&dyn TableLike> {
    if let Some(table) = section.as_table_like() {
        return vec![table];
    }
    match section.as_array_of_tables() {
        Some(tables) => tables.iter().map(|table| table as _).collect(),
        None => section.as_array().map_or(Vec::new(), |list| {
            let entries = list.iter().filter_map(|entry| entry.as_inline_table());
            entries.map(|table| table as _).collect()
        }),
    }
}

/// A span, and whether it is that of the wanted value.
struct Found {
    span: Range<usize>,
    exact: bool,
}

fn find(table: &dyn TableLike, key: &str, wanted: Option<&str>) -> Option<Found> {
    for (name, item) in table.iter() {
        if name == key {
            let is_wanted = |text: &str| wanted == Some(text);
            let values = item.as_array().into_iter().flatten();
            let each = values.chain(item.as_value());
            let span = each
                .filter(|value| is_wanted(&plain(value)))
                .find_map(|value| value.span());
            let of_key = || table.get_key_value(name)?.0.span();
            let exact = span.is_some();
            return Some(Found {
                span: span.or_else(of_key)?,
                exact,
            });
        }
        let rest = key
            .strip_prefix(name)
            .and_then(|rest| rest.strip_prefix('.'));
        if let (Some(rest), Some(inner)) = (rest, item.as_table_like())
            && let Some(found) = find(inner, rest, wanted)
        {
            return Some(found);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
experiments = [\"trial-b\", \"trial-x\"]
base = \"shapes\"
list = [{ \"train.optimizer\" = \"sgd\" }, { train = { optimizer = \"adm\" } }]
[set]
train.epochs = -1
[grid]
train.learning_rate = [1e-3, 0.0]
\"model.kernel\" = [3, 4]
";

    fn source() -> Source {
        Source {
            name: "sweeps/s".into(),
            path: Some("s.toml".into()),
            text: TEXT.into(),
        }
    }

    #[test]
    fn keys_and_values_are_found_in_every_section_and_form() {
        for (key, value, line, column, width) in [
            ("train.epochs", Some("-1"), 5, 16, 2),
            ("train.epochs", None, 5, 7, 6),
            ("train.learning_rate", Some("0.0"), 7, 30, 3),
            ("train.learning_rate", None, 7, 7, 13),
            ("model.kernel", Some("4"), 8, 22, 1),
            ("model.kernel", None, 8, 1, 14),
            ("train.optimizer", Some("adm"), 3, 64, 5),
        ] {
            let place = of_key(&source(), key, value).expect(key);
            assert_eq!(
                (place.line, place.column, place.width),
                (line, column, width),
                "{key} {value:?}: {place}"
            );
        }
        assert_eq!(of_key(&source(), "train.momentum", None), None);
        let place = of_name(&source(), "experiments", "trial-x").expect("named");
        assert_eq!((place.line, place.column, place.width), (1, 27, 9));
        let place = of_own(&source(), "base").expect("given");
        assert_eq!((place.line, place.column, place.width), (2, 8, 8));
    }
}
