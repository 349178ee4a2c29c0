//! The embedded font: measuring, shortening and wrapping text. Characters that it lacks are drawn
//! with a font of the system.
//!
//! Text is measured by the engine that draws it, so a measured width is the drawn width.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use resvg::usvg::{self, fontdb};

use super::svg_text::escape;
use super::theme::{Style, Weight};

/// Family name of the embedded fonts.
pub(super) const FAMILY: &str = "DejaVu Sans";
/// DejaVu Sans 2.37; its licence is in the same folder.
const REGULAR: &[u8] = include_bytes!("fonts/DejaVuSans.ttf");
/// DejaVu Sans Bold 2.37.
const BOLD: &[u8] = include_bytes!("fonts/DejaVuSans-Bold.ttf");
/// Size at which widths are measured; they scale linearly because nothing is hinted.
const MEASURED_SIZE: f32 = 100.0;
/// Ends a shortened text.
const ELLIPSIS: char = '…';

static FONTS: LazyLock<Arc<fontdb::Database>> = LazyLock::new(|| {
    let mut fonts = fontdb::Database::new();
    fonts.load_font_data(REGULAR.to_vec());
    fonts.load_font_data(BOLD.to_vec());
    fonts.set_sans_serif_family(FAMILY);
    fonts.set_serif_family(FAMILY);
    Arc::new(fonts)
});

/// The embedded fonts, and after them those of the system. Only looked for when the embedded ones
/// lack a character, so that other figures look the same on every machine.
static SYSTEM_FONTS: LazyLock<Arc<fontdb::Database>> = LazyLock::new(|| {
    let mut fonts = fontdb::Database::clone(&FONTS);
    fonts.load_system_fonts();
    Arc::new(fonts)
});

/// The fonts of characters that the embedded ones lack; `None` where no font has the character.
static FALLBACKS: LazyLock<Mutex<HashMap<char, Option<fontdb::ID>>>> =
    LazyLock::new(Mutex::default);

/// Widths at [`MEASURED_SIZE`] of texts already measured.
static WIDTHS: LazyLock<Mutex<HashMap<(String, Weight), f32>>> = LazyLock::new(Mutex::default);

/// Returns parse options that know the embedded fonts, and take others only for characters that
/// those lack.
pub(super) fn options() -> usvg::Options<'static> {
    usvg::Options {
        fontdb: Arc::clone(&FONTS),
        font_family: FAMILY.to_string(),
        font_resolver: usvg::FontResolver {
            select_fallback: Box::new(fallback),
            ..usvg::FontResolver::default()
        },
        ..usvg::Options::default()
    }
}

/// Returns the font of the system for a character that the fonts `used` lack, if there is one.
fn fallback(
    character: char,
    used: &[fontdb::ID],
    fonts: &mut Arc<fontdb::Database>,
) -> Option<fontdb::ID> {
    // The embedded fonts have the same numbers in both.
    *fonts = Arc::clone(&SYSTEM_FONTS);
    let mut known = FALLBACKS.lock().unwrap_or_else(PoisonError::into_inner);
    let found = *known.entry(character).or_insert_with(|| {
        let select = usvg::FontResolver::default_fallback_selector();
        select(character, used, fonts)
    });
    found.filter(|font| !used.contains(font))
}

/// Returns the characters of figures that no font of this system has, so that they are drawn as
/// empty boxes.
pub fn characters_without_font() -> BTreeSet<char> {
    let known = FALLBACKS.lock().unwrap_or_else(PoisonError::into_inner);
    let without = known.iter().filter(|(_, font)| font.is_none());
    without.map(|(character, _)| *character).collect()
}

/// Returns the advance width of `text` in pixels.
pub(super) fn width(text: &str, style: &Style) -> f32 {
    let key = (text.to_string(), style.weight);
    // A panic while the lock was held cannot leave half an entry, so a poisoned map is sound.
    let known = WIDTHS
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .get(&key)
        .copied();
    let measured = known.unwrap_or_else(|| {
        let width = measure(text, style.weight);
        WIDTHS
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(key, width);
        width
    });
    measured * style.size / MEASURED_SIZE
}

fn measure(text: &str, weight: Weight) -> f32 {
    let svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"1\" height=\"1\"><text \
         xml:space=\"preserve\" font-family=\"{FAMILY}\" font-size=\"{MEASURED_SIZE}\" \
         font-weight=\"{}\">{}</text></svg>",
        weight.svg(),
        escape(text)
    );
    let tree = usvg::Tree::from_str(&svg, &options())
        .expect("the text is escaped and the rest is constant, so the svg is well formed");
    // Text without a glyph, such as a lone space, leaves no node behind.
    tree.root()
        .children()
        .first()
        .map_or(0.0, |node| match node {
            usvg::Node::Text(text) => text.bounding_box().width(),
            other => other.bounding_box().width(),
        })
}

/// Returns `text`, or its longest beginning that fits into `room` pixels with an ellipsis.
pub(super) fn shorten(text: &str, room: f32, style: &Style) -> String {
    if width(text, style) <= room {
        return text.to_string();
    }
    let starts: Vec<usize> = text.char_indices().map(|(start, _)| start).collect();
    let beginning = |kept: usize| {
        let end = starts.get(kept).copied().unwrap_or(text.len());
        format!("{}{ELLIPSIS}", text[..end].trim_end())
    };
    let kept = (0..starts.len()).collect::<Vec<_>>();
    let fitting = kept.partition_point(|&count| width(&beginning(count), style) <= room);
    beginning(fitting.saturating_sub(1))
}

/// Returns `text` broken at spaces into lines of at most `room` pixels; a single word that is wider
/// is shortened.
pub(super) fn wrap(text: &str, room: f32, style: &Style) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        if let Some(line) = lines.last_mut() {
            let longer = format!("{line} {word}");
            if width(&longer, style) <= room {
                *line = longer;
                continue;
            }
        }
        lines.push(shorten(word, room, style));
    }
    lines
}

/// Returns at most `most` lines as [`wrap`] makes them; what does not fit is cut with an ellipsis.
pub(super) fn wrap_at_most(text: &str, room: f32, style: &Style, most: usize) -> Vec<String> {
    let mut lines = wrap(text, room, style);
    if lines.len() > most && most > 0 {
        let rest = lines.split_off(most - 1).join(" ");
        lines.push(shorten(&rest, room, style));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::super::theme::{BODY, TITLE};
    use super::*;

    #[test]
    fn widths_are_advances_and_scale_with_the_size() {
        let one = width("n", &BODY);
        // DejaVu Sans: "n" advances 1298 of 2048 units.
        assert!((one - BODY.size * 1298.0 / 2048.0).abs() < 0.05, "{one}");
        assert!((width("nnnn", &BODY) - 4.0 * one).abs() < 0.05);
        assert!(width("n n", &BODY) > 2.0 * one);
        assert!(width("n", &TITLE) > one);
    }

    /// The last private character, which no font should have.
    const UNKNOWN: char = '\u{10FFFD}';

    #[test]
    fn characters_without_a_font_are_known_and_others_are_not() {
        assert!(width("tench \u{2717} \u{e9}", &BODY) > 0.0);
        assert!(width(&format!("a{UNKNOWN}"), &BODY) > width("a", &BODY));
        let without = characters_without_font();
        assert!(without.contains(&UNKNOWN), "{without:?}");
        assert!(
            !without.contains(&'\u{2717}') && !without.contains(&'t'),
            "{without:?}"
        );
    }

    #[test]
    fn a_shortened_text_fits_and_keeps_all_it_can() {
        let text = "a class with a very long name";
        let room = 200.0;
        let short = shorten(text, room, &BODY);
        assert!(
            short.ends_with('…') && width(&short, &BODY) <= room,
            "{short}"
        );
        let kept = short.chars().count() - 1;
        let longer: String = text.chars().take(kept + 2).chain(['…']).collect();
        assert!(width(&longer, &BODY) > room, "{longer} would have fitted");
        assert_eq!(shorten("ring", room, &BODY), "ring");
        assert_eq!(shorten("ring", 1.0, &BODY), "…");
    }

    #[test]
    fn wrapped_lines_fit_and_lose_no_word() {
        let text = "pictures were taken from the test split in their stored order";
        let lines = wrap(text, 300.0, &BODY);
        assert!(lines.len() > 1 && lines.iter().all(|line| width(line, &BODY) <= 300.0));
        assert_eq!(lines.join(" "), text);
        let two = wrap_at_most(text, 300.0, &BODY, 2);
        assert!(two.len() == 2 && two[1].ends_with('…'), "{two:?}");
    }
}
