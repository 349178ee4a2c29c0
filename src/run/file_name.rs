//! Safe file names.

/// Returns `name` as a safe file or folder name. Every character other than letters, digits, "-",
/// "_" and those in `also` becomes a hyphen.
pub fn safe_name(name: &str, also: &str) -> String {
    let safe = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_') || also.contains(c);
    name.chars()
        .map(|c| if safe(c) { c } else { '-' })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::safe_name;

    #[test]
    fn what_could_leave_the_folder_becomes_a_hyphen() {
        assert_eq!(safe_name("features.12", ""), "features-12");
        assert_eq!(safe_name("../a b_c-é", ""), "---a-b_c-é");
        assert_eq!(safe_name("a+b", "+"), "a+b");
    }
}
