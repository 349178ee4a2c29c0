//! Values as MLflow reads them, by hand.

use super::*;

#[test]
fn keys_are_joined_by_dots_and_values_are_on_one_line() {
    let run = RunDir::new(Path::new("r"), "trial-b", 3);
    let text = "[model]\nfilters = [\n  4,\n  8,\n]\nhead = \"flatten\"\n[data.shapes]\nseed = 7\n\
                [train]\nepsilon = 1e-8\nnesterov = false\n";
    let found = parameters(&run, text).expect("TOML");
    let found: Vec<(&str, &str)> = found
        .iter()
        .map(|(k, v)| (k.as_str(), v.as_str()))
        .collect();
    for pair in [
        ("trial", "trial-b"),
        ("seed", "3"),
        ("model.filters", "[4,8]"),
        ("model.head", "flatten"),
        ("data.shapes.seed", "7"),
        ("train.epsilon", "1e-8"),
        ("train.nesterov", "false"),
    ] {
        assert!(found.contains(&pair), "{pair:?} in {found:?}");
    }
    assert!(parameters(&run, "a = ").is_err());
}

#[test]
fn a_long_value_is_cut_and_one_of_several_lines_is_one_line() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut out = Writer {
        folder: folder.path().to_path_buf(),
        cut: Vec::new(),
    };
    out.text("params", "long", &"é".repeat(501), 500)
        .expect("written");
    out.text("params", "exact", &"é".repeat(500), 500)
        .expect("written");
    out.text("tags", "lines", "a\nb", 500).expect("written");
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).expect("there");
    assert_eq!(read("params/long"), format!("{}...", "é".repeat(497)));
    assert_eq!(read("params/exact").chars().count(), 500);
    assert_eq!(read("tags/lines"), "\"a\\nb\"");
    assert_eq!(out.cut, ["long"]);
}

#[test]
fn addresses_and_names_are_quoted() {
    assert_eq!(
        uri(Path::new("/a b/ü#1%/x_y-z.~")),
        "file:///a%20b/%C3%BC%231%25/x_y-z.~"
    );
    assert_eq!(quoted("a: \"b\""), "\"a: \\\"b\\\"\"");
}
