use super::super::testing::run;
use super::*;

fn kept(conditions: &[&str]) -> Result<Vec<String>, ConditionError> {
    let mut runs = vec![
        run("shapes/trial-a", 0, Some(0.5), 1e-2),
        run("shapes/trial-b", 0, Some(0.75), 1e-3),
        run("trial-c", 1, None, 3e-3),
    ];
    runs[1].test_accuracy = Some(0.7);
    runs[2].state = State::Killed;
    let conditions: Result<Vec<Condition>, _> =
        conditions.iter().map(|text| text.parse()).collect();
    keep(&mut runs, &conditions?)?;
    Ok(runs.into_iter().map(|run| run.run).collect())
}

#[test]
fn runs_are_kept_by_numbers_texts_lists_and_names() {
    let (a, b, c) = ("shapes/trial-a", "shapes/trial-b", "trial-c");
    for (conditions, expected) in [
        (&["train.learning_rate<1e-2"][..], &[b, c][..]),
        (&["train.learning_rate <= 0.01"], &[a, b, c]),
        (
            &["train.learning_rate>1e-3", "train.learning_rate<1e-2"],
            &[c],
        ),
        (&["train.learning_rate=0.0030"], &[c]),
        (&["train.learning_rate!=3e-3"], &[a, b]),
        (&["train.optimizer==adam"], &[a, b, c]),
        (&["train.optimizer!=adam"], &[]),
        (&["model.filters=[32, 64]"], &[a, b, c]),
        // As in the table, in percent; a run without the value is not kept.
        (&["validation>=50"], &[a, b]),
        (&["validation!=50"], &[b]),
        (&["validation_accuracy>0.5"], &[b]),
        (&["test>0"], &[b]),
        (&["test!=0"], &[b]),
        (&["name=trial-a"], &[a]),
        (&["name=shapes/trial-a"], &[a]),
        (&["run=trial-a"], &[]),
        (&["name!=trial-a"], &[b, c]),
        (&["state=killed"], &[c]),
        (&["seed>=1"], &[c]),
        (&["epochs=3", "generated=true"], &[a, b, c]),
    ] {
        assert_eq!(
            kept(conditions).expect("known keys"),
            expected,
            "{conditions:?}"
        );
    }
}

#[test]
fn faulty_conditions_say_what_is_wrong() {
    for (condition, expected) in [
        ("train.epochs", "\"train.epochs\" is not a condition"),
        ("<3", "\"<3\" is not a condition"),
        ("seed=", "\"seed=\" is not a condition"),
        ("seed!3", "\"seed!3\" is not a condition"),
        ("train.lerning_rate<1", "no run has \"train.lerning_rate\""),
        ("state=finished", "\"finished\" is not the state of a run"),
        (
            "train.optimizer<b",
            "train.optimizer is \"adam\", which is neither above nor below \"b\"",
        ),
        (
            "train.learning_rate<fast",
            "train.learning_rate is 0.01, which is neither above nor below \"fast\"",
        ),
    ] {
        assert_eq!(
            kept(&[condition]).expect_err("faulty").to_string(),
            expected
        );
    }
    let Err(ConditionError::UnknownKey { near, .. }) = kept(&["train.lerning_rate<1"]) else {
        panic!("an unknown key");
    };
    assert_eq!(near, ["train.learning_rate"]);
}
