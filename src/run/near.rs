//! Suggestions for a mistyped name.

use std::collections::BTreeSet;

/// Maximum number of edits between similar names; longer names may differ in a third of their
/// characters.
const NEAR_EDITS: usize = 2;

/// Minimum number of letters of a word that two names may share.
const SHORTEST_WORD: usize = 3;

/// Maximum number of suggested names.
const NEAR_NAMES: usize = 3;

/// Returns the names of `known` similar to `name`, nearest first, at most three: those spelled
/// alike or, if there are none, those that share a word with it.
pub fn near_names<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let known: Vec<&str> = known.into_iter().collect();
    let mut near = within_reach(name, known.iter().copied());
    if near.is_empty() {
        near = sharing_words(name, &known);
    }
    near.sort_unstable();
    let names = near.into_iter().take(NEAR_NAMES);
    names.map(|(_, candidate)| candidate.to_owned()).collect()
}

/// Returns the names that share a word with `name`, each with the number of words not shared.
fn sharing_words<'a>(name: &str, known: &[&'a str]) -> Vec<(usize, &'a str)> {
    let words = |text: &str| -> BTreeSet<String> {
        let words = text.split(|letter: char| !letter.is_alphanumeric());
        let words = words.filter(|word| word.chars().count() >= SHORTEST_WORD);
        words.map(str::to_lowercase).collect()
    };
    let wanted = words(name);
    let shared = known.iter().map(|candidate| (words(candidate), *candidate));
    shared
        .filter(|(words, _)| !words.is_disjoint(&wanted))
        .map(|(words, candidate)| (words.symmetric_difference(&wanted).count(), candidate))
        .collect()
}

/// Returns the name of `known` most similar to `name`, if any is similar; among equals, the last.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let near = within_reach(name, known).into_iter();
    // `min_by_key` returns the first of equals.
    near.rev()
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, candidate)| candidate)
}

/// Returns the similar names with their distance, in the order of `known`.
fn within_reach<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<(usize, &'a str)> {
    let allowed = NEAR_EDITS.max(name.chars().count() / 3);
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate))
        .filter(|(edits, _)| *edits <= allowed)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_ordered_and_bounded() {
        let known = ["apple", "apples", "aple", "pear", "maple"];
        assert_eq!(near_names("apple", known)[0], "apple");
        assert_eq!(near_names("apple", known).len(), NEAR_NAMES);
        assert!(near_names("xylophone", known).is_empty());
    }

    #[test]
    fn names_that_share_a_word_are_near_if_none_is_spelled_alike() {
        let known = ["tabby", "tiger cat", "Egyptian cat", "catamaran", "tench"];
        assert_eq!(
            near_names("tabby cat", known)[..2],
            ["tabby", "Egyptian cat"]
        );
        assert_eq!(
            near_names("cat, Persian", known)[..2],
            ["Egyptian cat", "tiger cat"]
        );
        assert!(near_names("a lime", known).is_empty());
    }

    #[test]
    fn the_nearest_is_the_last_of_equals_and_may_be_none() {
        let methods = ["cam", "grad-cam", "layer-cam"];
        assert_eq!(nearest("gradcam", methods), Some("grad-cam"));
        assert_eq!(nearest("grad_cam", methods), Some("grad-cam"));
        assert_eq!(nearest("lime", methods), None);
        assert_eq!(nearest("block5", ["block-1", "block-2"]), Some("block-2"));
        assert_eq!(nearest("trail-d", ["trial-a", "trial-d"]), Some("trial-d"));
    }
}
