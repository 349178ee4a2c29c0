//! Classes by name, number and WordNet ID.

use super::*;

fn names(of: &[&str]) -> Vec<String> {
    of.iter().map(|name| name.to_string()).collect()
}

#[test]
fn a_number_that_is_also_a_name_is_ambiguous_unless_both_mean_one_class() {
    let from_one: Vec<String> = (1..=10).map(|name| name.to_string()).collect();
    let error = class_number(&from_one, "3").expect_err("two classes");
    assert_eq!(
        error.to_string(),
        "class \"3\" is ambiguous: it is the name of class 2 and the number of \"4\""
    );
    for (text, expected) in [("name:3", 2), ("number:3", 3), ("0", 0), ("10", 9)] {
        assert_eq!(
            class_number(&from_one, text).expect("one class"),
            expected,
            "{text}"
        );
    }
    let from_zero: Vec<String> = (0..10).map(|name| name.to_string()).collect();
    assert_eq!(class_number(&from_zero, "3").expect("one class"), 3);
    let odd = names(&["cat", "number:0", "name:cat"]);
    for (text, expected) in [
        ("number:0", 1),
        ("name:cat", 2),
        ("cat", 0),
        ("name:name:cat", 2),
    ] {
        assert_eq!(
            class_number(&odd, text).expect("one class"),
            expected,
            "{text}"
        );
    }
    for unknown in ["number:10", "number:-1", "name:0x", "11", "n01440764"] {
        let error = class_number(&from_zero, unknown).expect_err("unknown");
        assert_eq!(error.to_string(), format!("no class is called {unknown:?}"));
    }
}
