//! Names of files and folders that are made of names of pictures, layers, methods and trials: safe,
//! short enough for a file system, and different where the names differ.

use std::collections::{BTreeMap, BTreeSet};

use super::checksum::sha256;

/// Bytes that a file system allows in a name.
const ALLOWED: usize = 255;
/// The longest ending that follows a name made here.
const LONGEST_ENDING: &str = "-explanation.png";
/// The longest prefix of a temporary file, with the largest process id of Linux.
const LONGEST_PREFIX: &str = ".writing-4194304-";
/// Most bytes of a name made here.
const MOST: usize = ALLOWED - LONGEST_ENDING.len() - LONGEST_PREFIX.len();
/// Hexadecimal digits of the checksum in a name that would not be short or unique without it.
const MARK_DIGITS: usize = 8;
/// Bytes kept of the end of a name that is too long: layer and method stand there.
const KEPT_END: usize = 64;

/// Returns `name` as a safe file or folder name. Every character other than letters, digits, "-",
/// "_" and those in `also` becomes a hyphen. A name that is too long is cut, see [`short_name`].
pub fn safe_name(name: &str, also: &str) -> String {
    cut(replaced(name, also), name)
}

/// Returns `name` unchanged if a file system can hold it with any ending; otherwise its beginning,
/// the checksum of the whole, and its end.
pub fn short_name(name: &str) -> String {
    cut(name.to_string(), name)
}

/// Returns a safe name for each of `names`, in their order, all different, also where a file system
/// ignores case. A name that is alone with its safe form has just that, as [`safe_name`] gives it;
/// names that share one have their checksum added, and equal names a number.
pub fn unique_names<S: AsRef<str>>(names: &[S], also: &str) -> Vec<String> {
    let safe: Vec<String> = names
        .iter()
        .map(|name| safe_name(name.as_ref(), also))
        .collect();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for name in &safe {
        *counts.entry(name.to_lowercase()).or_default() += 1;
    }
    let mut taken = BTreeSet::new();
    let unique = safe.into_iter().zip(names).map(|(safe, name)| {
        let name = name.as_ref();
        let alone = counts[&safe.to_lowercase()] == 1;
        let marked = || cut(format!("{}-{}", replaced(name, also), mark(name)), name);
        let first = if alone { safe } else { marked() };
        let mut found = first.clone();
        let mut number = 1;
        while !taken.insert(found.to_lowercase()) {
            number += 1;
            found = cut(format!("{first}-{number}"), &format!("{name}-{number}"));
        }
        found
    });
    unique.collect()
}

fn replaced(name: &str, also: &str) -> String {
    let safe = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_') || also.contains(c);
    name.chars()
        .map(|c| if safe(c) { c } else { '-' })
        .collect()
}

/// Returns `safe`, made of `name`, with its middle replaced by a checksum of `name` if it is too
/// long.
fn cut(safe: String, name: &str) -> String {
    if safe.len() <= MOST {
        return safe;
    }
    let middle = format!("-{}-", mark(name));
    let end = safe.ceil_char_boundary(safe.len() - KEPT_END);
    let start = safe.floor_char_boundary(MOST - middle.len() - KEPT_END);
    format!("{}{middle}{}", &safe[..start], &safe[end..])
}

fn mark(name: &str) -> String {
    let mut digits = sha256(name.as_bytes());
    digits.truncate(MARK_DIGITS);
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_leave_the_folder_becomes_a_hyphen() {
        assert_eq!(safe_name("features.12", ""), "features-12");
        assert_eq!(safe_name("../a b_c-é", ""), "---a-b_c-é");
        assert_eq!(safe_name("a+b", "+"), "a+b");
    }

    #[test]
    fn names_that_become_equal_are_told_apart_and_the_others_stay() {
        let found = unique_names(&["cat 1", "dog 1", "cat-1", "cat(1"], "");
        let expected = [
            "cat-1-aa909b0f",
            "dog-1",
            "cat-1-de7c6d19",
            "cat-1-46c3704a",
        ];
        assert_eq!(found, expected);
        assert_eq!(unique_names(&["cat 1"], ""), ["cat-1"]);
        let different = |names: &[&str]| {
            let found = unique_names(names, "");
            let folded: BTreeSet<String> = found.iter().map(|name| name.to_lowercase()).collect();
            assert_eq!(folded.len(), names.len(), "{found:?}");
        };
        different(&["a", "a", "a"]);
        different(&["Cat", "cat", "CAT"]);
        let marked = unique_names(&["a b", "a-b"], "")[0].clone();
        different(&["a b", "a-b", &marked]);
    }

    #[test]
    fn long_names_are_cut_in_the_middle_and_stay_different() {
        let most = "x".repeat(MOST);
        assert_eq!(safe_name(&most, ""), most);
        let long = |middle: char| format!("{}{middle}{}-end", "é".repeat(100), "y".repeat(200));
        let names = [long('a'), long('b')];
        let found = unique_names(&names, "");
        for name in &found {
            assert!(name.len() <= MOST, "{} bytes", name.len());
            assert!(name.starts_with("éé") && name.ends_with("yy-end"), "{name}");
        }
        assert_ne!(found[0], found[1]);
        assert_eq!(short_name(&names[0]), found[0]);
        let twice = unique_names(&[&names[0], &names[0]], "");
        assert_ne!(twice[0], twice[1]);
        assert!(twice.iter().all(|name| name.len() <= MOST));
    }
}
