use super::super::testing::run;
use super::*;

/// Rounding of float64 sums of a few terms.
const ROUNDING: f64 = 1e-12;

fn names(section: &Section<'_>) -> Vec<String> {
    section
        .groups
        .iter()
        .map(|group| group.name.clone())
        .collect()
}

#[test]
fn the_best_comes_first_within_a_data_set_and_seeds_are_one_row() {
    let mut runs = vec![
        run("trial-a", 0, Some(0.5), 1e-3),
        run("trial-a", 1, Some(0.7), 1e-3),
        run("trial-b", 0, None, 1e-3),
        run("trial-c", 0, Some(0.65), 1e-3),
        run("convlstm", 0, Some(0.9), 1e-3),
        run("convgru", 0, Some(0.95), 1e-3),
    ];
    for run in &mut runs[4..] {
        run.dataset = Some("digits".into());
        run.kind = Some("predictor");
    }
    let found = sections(&runs, false);
    let datasets: Vec<_> = found.iter().map(|section| section.dataset).collect();
    assert_eq!(datasets, [Some("digits"), Some("shapes")]);
    // Losses of 0.05 and 0.1.
    assert_eq!(names(&found[0]), ["convgru", "convlstm"]);
    assert_eq!(names(&found[1]), ["trial-c", "trial-a", "trial-b"]);
    let seeds = found[1].groups[1].validation(false).expect("two seeds");
    // Deviation of 0.5 and 0.7: sqrt(2 * 0.1^2 / 1).
    assert!((seeds.mean - 0.6).abs() < ROUNDING && seeds.n == 2);
    let deviation = seeds.deviation.expect("two seeds");
    assert!(
        (deviation - 0.02_f64.sqrt()).abs() < ROUNDING,
        "{deviation}"
    );
    let each = sections(&runs, true);
    let expected = [
        "trial-a/seed-1",
        "trial-c/seed-0",
        "trial-a/seed-0",
        "trial-b/seed-0",
    ];
    assert_eq!(names(&each[1]), expected);
}

#[test]
fn seeds_of_different_experiments_are_not_averaged() {
    let runs = [
        run("trial-a", 0, Some(0.5), 1e-3),
        run("trial-a", 1, Some(0.7), 1e-2),
        run("trial-a", 2, Some(0.4), 1e-3),
    ];
    let found = sections(&runs, false);
    assert_eq!(names(&found[0]), ["trial-a/seed-1", "trial-a/seed-0,2"]);
}

#[test]
fn one_value_has_no_spread() {
    let one = Spread::of([0.25]).expect("one");
    assert_eq!((one.mean, one.deviation, one.n), (0.25, None, 1));
    assert_eq!(Spread::of([]), None);
}
