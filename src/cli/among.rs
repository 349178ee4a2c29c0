//! Networks named after `--image FILE`: that option takes every word after it.

use std::path::{Path, PathBuf};

/// Returns the last word of `words` that names a network, and the other words. Without a known name
/// it is the last word that is not a file, else the last.
pub(super) fn one_among(
    words: &[PathBuf],
    is_known: impl Fn(&str) -> bool,
) -> Option<(String, Vec<PathBuf>)> {
    let last = |is: &dyn Fn(&Path) -> bool| words.iter().rposition(|word| is(word));
    let place = last(&|word| word.to_str().is_some_and(&is_known))
        .or_else(|| last(&|word| !word.exists()))
        .or(words.len().checked_sub(1))?;
    let mut rest = words.to_vec();
    let name = rest.remove(place).to_string_lossy().into_owned();
    Some((name, rest))
}

/// Returns all words that name a network and are not files, and the other words.
pub(super) fn all_among(
    words: &[PathBuf],
    is_known: impl Fn(&str) -> bool,
) -> (Vec<String>, Vec<PathBuf>) {
    let is_name = |word: &&PathBuf| word.to_str().is_some_and(&is_known) && !word.exists();
    let (names, rest): (Vec<&PathBuf>, Vec<&PathBuf>) = words.iter().partition(is_name);
    let names = names.iter().map(|name| name.to_string_lossy().into_owned());
    (names.collect(), rest.into_iter().cloned().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(words: &[&str]) -> Vec<PathBuf> {
        words.iter().map(PathBuf::from).collect()
    }

    #[test]
    fn the_network_is_found_among_the_files() {
        let known = |word: &str| word == "trial-d" || word == "src";
        let one = |words: &[&str]| one_among(&paths(words), known);
        let expected = |name: &str, rest: &[&str]| Some((name.to_string(), paths(rest)));
        assert_eq!(one(&["a.jpg", "trial-d"]), expected("trial-d", &["a.jpg"]));
        assert_eq!(
            one(&["a.jpg", "trial-d", "b.jpg"]),
            expected("trial-d", &["a.jpg", "b.jpg"])
        );
        // A known name that is a folder too.
        assert_eq!(one(&["a.jpg", "src"]), expected("src", &["a.jpg"]));
        // A mistyped name among files that exist.
        let mistyped = ["Cargo.toml", "trail-d", "build.rs"];
        assert_eq!(
            one(&mistyped),
            expected("trail-d", &["Cargo.toml", "build.rs"])
        );
        assert_eq!(one(&[]), None);
        let all = all_among(&paths(&["a.jpg", "trial-d", "src"]), known);
        assert_eq!(all, (vec!["trial-d".to_string()], paths(&["a.jpg", "src"])));
    }
}
