//! Verdicts on disk, and which rows new ones replace.

use super::*;

fn verdict(weights: &str, layer: &str, method: &str, verdict: Verdict) -> VerdictRow {
    VerdictRow {
        trial: "trial-d".into(),
        seed: 0,
        epoch: 10,
        weights: weights.into(),
        layer: layer.into(),
        method: method.into(),
        verdict,
        reason: "rank correlation 0.10, \"so\"".into(),
    }
}

#[test]
fn verdicts_survive_the_disk_and_are_found_by_weights_layer_and_method() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    assert_eq!(
        VerdictRow::read_if_present(&folder.path().join(VerdictRow::FILE)).expect("none"),
        []
    );
    let rows = vec![
        verdict("aa", "block-5", "grad-cam", Verdict::Pass),
        verdict("aa", "block-5", "edges", Verdict::Fail),
        verdict("aa", "block-3", "grad-cam", Verdict::Undecided),
    ];
    let tables = SanityTables {
        verdicts: rows.clone(),
        ..SanityTables::default()
    };
    tables.write(folder.path()).expect("written");
    assert_eq!(SanityTables::read(folder.path()).expect("read"), tables);
    let read = VerdictRow::read_if_present(&folder.path().join(VerdictRow::FILE)).expect("read");
    let found = |weights, place| verdict_of(&read, weights, place).map(|row| row.verdict);
    assert_eq!(found("aa", ("block-5", "edges")), Some(Verdict::Fail));
    assert_eq!(
        found("aa", ("block-3", "grad-cam")),
        Some(Verdict::Undecided)
    );
    assert_eq!(found("bb", ("block-5", "edges")), None, "other weights");
}

#[test]
fn new_rows_replace_those_of_the_same_place_and_of_older_weights() {
    let mut tables = SanityTables {
        verdicts: vec![
            verdict("aa", "block-5", "cam", Verdict::Pass),
            verdict("aa", "block-5", "edges", Verdict::Pass),
        ],
        ..SanityTables::default()
    };
    let new = |row: VerdictRow| SanityTables {
        verdicts: vec![row],
        ..SanityTables::default()
    };
    let edges = verdict("aa", "block-5", "edges", Verdict::Fail);
    tables.replace(new(edges.clone()));
    let cam = verdict("aa", "block-5", "cam", Verdict::Pass);
    assert_eq!(tables.verdicts, [cam, edges]);
    let later = verdict("bb", "block-5", "cam", Verdict::Fail);
    tables.replace(new(later.clone()));
    assert_eq!(tables.verdicts, [later], "the run was trained anew");
}
