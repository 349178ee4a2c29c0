//! Names that may have been meant. Called by whatever looks one up.

/// Names this many edits away, or a third of their length, count as near.
const NEAR_EDITS: usize = 2;

/// Most names that a "did you mean" lists.
const NEAR_NAMES: usize = 3;

/// The names of `known` that `name` may have been meant for, nearest first, at most three.
pub(crate) fn near_names<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Vec<String> {
    let allowed = NEAR_EDITS.max(name.chars().count() / 3);
    let mut near: Vec<(usize, &str)> = known
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate))
        .filter(|(edits, _)| *edits <= allowed)
        .collect();
    near.sort_unstable();
    near.into_iter()
        .take(NEAR_NAMES)
        .map(|(_, candidate)| candidate.to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_ordered_and_bounded() {
        let known = ["apple", "apples", "aple", "pear", "maple"];
        assert_eq!(near_names("apple", known.into_iter())[0], "apple");
        assert_eq!(near_names("apple", known.into_iter()).len(), NEAR_NAMES);
        assert!(near_names("xylophone", known.into_iter()).is_empty());
    }
}
