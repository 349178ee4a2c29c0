//! The numbers of the quick plan are those in `docs/results`, to the last digit.

mod support;

use std::collections::BTreeMap;
use std::path::Path;

use support::{done_in, new_folder};

/// Returns epoch, validation accuracy and test accuracy of each trial in a table of accuracy by depth.
fn accuracies(table: &Path) -> BTreeMap<String, [String; 3]> {
    let mut reader = csv::Reader::from_path(table).unwrap_or_else(|e| panic!("{table:?}: {e}"));
    let header = reader.headers().expect("a header").clone();
    let place = |name: &str| {
        let place = header.iter().position(|other| other == name);
        place.unwrap_or_else(|| panic!("{table:?} has no column {name}"))
    };
    let columns = ["epoch", "validation_accuracy", "test_accuracy"].map(place);
    let trial = place("trial");
    let row = |row: csv::StringRecord| {
        let values = columns.map(|column| row[column].to_string());
        (row[trial].to_string(), values)
    };
    reader
        .records()
        .map(|record| row(record.expect("a row")))
        .collect()
}

#[test]
#[ignore = "trains trials A to D on generated images, two to three minutes on two cores"]
fn the_quick_plan_gives_the_published_numbers() {
    let folder = new_folder("quick-numbers");
    done_in(
        &folder,
        &[
            "--device",
            "cpu",
            "reproduce",
            "--quick",
            "--only",
            "images",
        ],
    );
    let found = accuracies(&folder.join("figures/shapes/depth.csv"));
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    assert_eq!(found, accuracies(&root.join("docs/results/shapes.csv")));
    assert_eq!(found.len(), 4);
}
