//! Suggestions for a mistyped name.

/// Maximum number of edits between similar names; longer names may differ in a third of their
/// characters.
const NEAR_EDITS: usize = 2;

/// Maximum number of suggested names.
const NEAR_NAMES: usize = 3;

/// Returns the names of `known` similar to `name`, nearest first, at most three.
pub fn near_names<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut near = within_reach(name, known);
    near.sort_unstable();
    let names = near.into_iter().take(NEAR_NAMES);
    names.map(|(_, candidate)| candidate.to_owned()).collect()
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
    fn the_nearest_is_the_last_of_equals_and_may_be_none() {
        let methods = ["cam", "grad-cam", "layer-cam"];
        assert_eq!(nearest("gradcam", methods), Some("grad-cam"));
        assert_eq!(nearest("grad_cam", methods), Some("grad-cam"));
        assert_eq!(nearest("lime", methods), None);
        assert_eq!(nearest("block5", ["block-1", "block-2"]), Some("block-2"));
        assert_eq!(nearest("trail-d", ["trial-a", "trial-d"]), Some("trial-d"));
    }
}
