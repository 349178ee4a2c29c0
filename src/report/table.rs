//! Tables of the page: text with the number to sort by.

use serde::Serialize;

/// A table.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub(super) struct Table {
    pub(super) title: String,
    pub(super) note: String,
    /// Whether only its title is shown at first.
    pub(super) folded: bool,
    pub(super) columns: Vec<Column>,
    pub(super) rows: Vec<Vec<TableCell>>,
    /// The file's name, and its address from the page.
    pub(super) file: String,
    pub(super) href: String,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Column {
    name: String,
    number: bool,
}

/// A cell.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct TableCell {
    pub(super) text: String,
    /// The number to sort by; empty for a number that is missing, nothing for text.
    sort: Option<String>,
}

/// Returns columns of text.
pub(super) fn texts(names: &[&str]) -> impl Iterator<Item = Column> {
    columns(names, false)
}

/// Returns columns of numbers.
pub(super) fn numbers(names: &[&str]) -> impl Iterator<Item = Column> {
    columns(names, true)
}

fn columns(names: &[&str], number: bool) -> impl Iterator<Item = Column> {
    let column = move |name: &&str| Column {
        name: name.to_string(),
        number,
    };
    names.iter().map(column).collect::<Vec<_>>().into_iter()
}

impl TableCell {
    /// Returns a cell of text.
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            sort: None,
        }
    }

    /// Returns a number with so many decimals; a dash where there is none.
    pub(super) fn number(value: Option<f64>, decimals: usize) -> Self {
        match value {
            Some(value) => Self {
                sort: Some(value.to_string()),
                ..Self::text(format!("{value:.decimals$}"))
            },
            None => Self {
                sort: Some(String::new()),
                ..Self::text("–")
            },
        }
    }

    /// Returns a number with its 95 % interval, where there is one.
    pub(super) fn interval(value: f64, ends: Option<(f64, f64)>, decimals: usize) -> Self {
        let number = Self::number(Some(value), decimals);
        match ends {
            Some((low, high)) => Self {
                text: format!("{} [{low:.decimals$}, {high:.decimals$}]", number.text),
                ..number
            },
            None => number,
        }
    }

    /// Returns a whole number with its thousands set apart.
    pub(super) fn count(value: u64) -> Self {
        let digits = value.to_string();
        let mut text = String::new();
        for (place, digit) in digits.chars().enumerate() {
            if place > 0 && (digits.len() - place).is_multiple_of(3) {
                text.push(',');
            }
            text.push(digit);
        }
        Self {
            sort: Some(digits),
            ..Self::text(text)
        }
    }
}

/// Returns the cells of a method at a layer, under "Method", "Network" and "Layer".
pub(super) fn of_maps(
    method: String,
    network: String,
    (layer, [height, width]): (&str, [usize; 2]),
) -> Vec<TableCell> {
    let layer = format!("{layer} ({height} × {width})");
    [method, network, layer].map(TableCell::text).to_vec()
}

/// Returns the values in the order in which they first appear, each once.
pub(super) fn unique<T: PartialEq>(values: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut found = Vec::new();
    for value in values {
        if !found.contains(&value) {
            found.push(value);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_by_hand() {
        assert_eq!(TableCell::count(1_004_932).text, "1,004,932");
        assert_eq!(TableCell::count(932).text, "932");
        assert_eq!(TableCell::number(Some(-1.25), 1).text, "-1.2");
        assert_eq!(TableCell::number(None, 1).sort.as_deref(), Some(""));
        let cell = TableCell::interval(2.0 / 3.0, Some((0.5, 1.0)), 2);
        assert_eq!(cell.text, "0.67 [0.50, 1.00]");
        assert_eq!(cell.sort.as_deref(), Some("0.6666666666666666"));
    }
}
