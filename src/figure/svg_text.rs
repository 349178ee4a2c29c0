//! Names as a figure writes them: escaped for SVG and put into reading form. Called by `canvas` and
//! the figures.

use std::borrow::Cow;

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

/// How the ImageNet networks are written.
const NETWORKS: [(&str, &str); 6] = [
    ("vgg16", "VGG-16"),
    ("resnet50", "ResNet-50"),
    ("resnet101", "ResNet-101"),
    ("efficientnet-b0", "EfficientNet-B0"),
    ("squeezenet1-0", "SqueezeNet 1.0"),
    ("mobilenet-v2", "MobileNet-V2"),
];

/// Returns a trial name as a heading: "trial-d" becomes "Trial D".
pub(crate) fn trial_name(name: &str) -> String {
    if let Some((_, title)) = NETWORKS.iter().find(|(network, _)| *network == name) {
        return (*title).to_string();
    }
    let mut words = name.split(['-', '_']).filter(|word| !word.is_empty());
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

/// Returns the name of any experiment as figures write it: "convlstm-kernel-5" becomes
/// "ConvLSTM kernel 5".
pub(super) fn network_name(name: &str) -> String {
    match name.strip_prefix("convlstm") {
        Some(rest) => format!("ConvLSTM{}", rest.replace('-', " ")),
        None => trial_name(name),
    }
}

fn capitalised(word: &str) -> String {
    let mut characters = word.chars();
    characters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(characters).collect()
    })
}

/// Returns a method name as papers write it; a method that is not listed keeps its own name.
pub(crate) fn method_name(name: &str) -> Cow<'_, str> {
    Cow::Borrowed(match name {
        "cam" => "CAM",
        "grad-cam" => "Grad-CAM",
        "grad-cam++" | "grad-cam-plus-plus" | "grad-cam-pp" => "Grad-CAM++",
        "layer-cam" => "LayerCAM",
        "hires-cam" => "HiResCAM",
        "xgrad-cam" => "XGrad-CAM",
        "score-cam" => "Score-CAM",
        "ablation-cam" => "Ablation-CAM",
        other => return Cow::Owned(other.replace('_', " ")),
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
        assert_eq!(trial_name("trial-d"), "Trial D");
        assert_eq!(trial_name("trial-d-wide"), "Trial D wide");
        assert_eq!(trial_name("vgg16"), "VGG-16");
        assert_eq!(network_name("convlstm-kernel-5"), "ConvLSTM kernel 5");
        assert_eq!(network_name("trial-d"), "Trial D");
        assert_eq!(method_name("grad-cam++"), "Grad-CAM++");
        assert_eq!(method_name("random_map"), "random map");
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
