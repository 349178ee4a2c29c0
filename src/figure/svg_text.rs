//! Names as a figure writes them: escaped for SVG and put into reading form.

use crate::run::split_changes;

/// Returns `text` with the five characters that XML reserves replaced, and characters that XML
/// forbids shown as the replacement character.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            '\u{FFFE}' | '\u{FFFF}' => escaped.push('\u{FFFD}'),
            control if control.is_control() => escaped.push('\u{FFFD}'),
            other => escaped.push(other),
        }
    }
    escaped
}

/// Returns a class name as read: underscores become spaces.
pub(super) fn class_name(name: &str) -> String {
    name.replace('_', " ")
}

/// Returns how figures name a network: by its title, or where the table or record has none, by its
/// trial's name in words.
pub fn network_title(title: &str, trial: &str) -> String {
    match title.is_empty() {
        true => in_words(trial),
        false => title.to_string(),
    }
}

/// Returns how figures name a method: by its title, or where the table or record has none, by its name.
pub(super) fn method_title<'a>(title: &'a str, method: &'a str) -> &'a str {
    match title.is_empty() {
        true => method,
        false => title,
    }
}

/// Returns the name of a run as a heading: "trial-d" becomes "Trial D", with its changes after it. A
/// name like "lr3e-3" is not made of words and stays.
fn in_words(name: &str) -> String {
    let (name, changes) = split_changes(name);
    let heading = heading(name);
    match changes.is_empty() {
        true => heading,
        false => format!("{heading}, {changes}"),
    }
}

fn heading(name: &str) -> String {
    let parts = || name.split(['-', '_']).filter(|word| !word.is_empty());
    let is_mixed = |word: &str| {
        word.contains(|c: char| c.is_ascii_digit()) && word.contains(char::is_alphabetic)
    };
    if parts().any(is_mixed) {
        return name.to_string();
    }
    let mut words = parts();
    let Some(first) = words.next() else {
        return name.to_string();
    };
    let mut heading = capitalised(first);
    for word in words {
        heading.push(' ');
        heading.push_str(&if word.chars().count() == 1 {
            capitalised(word)
        } else {
            word.into()
        });
    }
    heading
}

fn capitalised(word: &str) -> String {
    let mut characters = word.chars();
    characters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(characters).collect()
    })
}

/// Returns a data set and split as read: "cifar-100/test/7" becomes "cifar-100 test".
pub(super) fn data_name(image_id: &str) -> String {
    let folder = image_id
        .rsplit_once('/')
        .map_or(image_id, |(folder, _)| folder);
    folder.replace('/', " ")
}

/// Returns a checkpoint rule as a phrase: "best" becomes "best on validation".
pub(super) fn checkpoint_rule(rule: &str) -> String {
    match rule {
        "best" => "best on validation".to_string(),
        "last" => "last epoch".to_string(),
        other => other.to_string(),
    }
}

/// Returns a count in three significant digits with a unit letter: 819_000 becomes "819 k".
pub(super) fn short_count(count: u64) -> String {
    const UNITS: [(f64, &str); 3] = [(1e9, " G"), (1e6, " M"), (1e3, " k")];
    let count = count as f64;
    for (size, unit) in UNITS {
        // 999 500 rounds to a full million: the boundary is where three digits overflow.
        if count >= size * 0.9995 {
            let value = count / size;
            let decimals = if value < 9.995 {
                2
            } else if value < 99.95 {
                1
            } else {
                0
            };
            return format!("{value:.decimals$}{unit}");
        }
    }
    format!("{count:.0}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserved_characters_are_escaped() {
        assert_eq!(
            escape("a<b & \"c\" 'd'>"),
            "a&lt;b &amp; &quot;c&quot; &apos;d&apos;&gt;"
        );
        assert_eq!(escape("bell\u{7}"), "bell\u{FFFD}");
        assert_eq!(escape("ünïcode ✓"), "ünïcode ✓");
    }

    #[test]
    fn names_read_as_words() {
        assert_eq!(class_name("sweet_pepper"), "sweet pepper");
        assert_eq!(network_title("", "trial-d"), "Trial D");
        assert_eq!(network_title("", "trial-d-wide"), "Trial D wide");
        assert_eq!(network_title("", "lr3e-3"), "lr3e-3");
        assert_eq!(
            network_title("", "trial-d+train.learning_rate=3e-3"),
            "Trial D, learning_rate=3e-3"
        );
        assert_eq!(network_title("VGG-16", "vgg16"), "VGG-16");
        assert_eq!(method_title("Grad-CAM++", "grad-cam-pp"), "Grad-CAM++");
        assert_eq!(method_title("", "grad-cam-pp"), "grad-cam-pp");
        assert_eq!(data_name("cifar-100/test/7"), "cifar-100 test");
        assert_eq!(data_name("photo.png"), "photo.png");
    }

    #[test]
    fn counts_keep_three_digits() {
        assert_eq!(short_count(819_000), "819 k");
        assert_eq!(short_count(921_600), "922 k");
        assert_eq!(short_count(2_345_678), "2.35 M");
        assert_eq!(short_count(12_345), "12.3 k");
        assert_eq!(short_count(999_700), "1.00 M");
        assert_eq!(short_count(12), "12");
    }
}
