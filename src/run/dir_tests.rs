use super::*;
use crate::run::list_runs;

#[test]
fn checkpoint_names_are_ours_alone_and_in_order() {
    let names = [
        "epoch-000",
        "epoch-010",
        "epoch-010-step-00120",
        "epoch-1000",
    ];
    let parsed: Vec<CheckpointName> = names
        .iter()
        .map(|name| name.parse().expect("ours"))
        .collect();
    assert!(parsed.is_sorted());
    for (name, parsed) in names.iter().zip(&parsed) {
        assert_eq!(*name, parsed.to_string());
    }
    for foreign in ["epoch-1", "epoch-0010", "epoch-", "epoch-001.bak", "last"] {
        assert!(foreign.parse::<CheckpointName>().is_err(), "{foreign}");
    }
}

#[test]
fn a_missing_checkpoint_lists_the_ones_there() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let run = RunDir::new(root.path(), "trial-a", 0);
    for epoch in [4, 5] {
        std::fs::create_dir_all(run.checkpoint(CheckpointName::epoch(epoch))).expect("created");
    }
    let state = run.checkpoint(CheckpointName::epoch(5)).join(STATE_FILE);
    std::fs::write(state, "{}").expect("written");
    let error = run
        .read_state(CheckpointName::epoch(12))
        .expect_err("missing")
        .to_string();
    assert!(
        error.starts_with("no checkpoint for epoch 12 in "),
        "{error}"
    );
    assert!(error.ends_with("(there are epoch-005)"), "{error}");
    assert_eq!(list_runs(root.path()).expect("listed"), [run]);
}

#[test]
fn runs_of_experiments_in_folders_are_listed() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let runs: Vec<RunDir> = [("mine/y", 1), ("shapes/mine/y", 0), ("shapes/trial-a", 2)]
        .map(|(trial, seed)| RunDir::new(root.path(), trial, seed))
        .to_vec();
    for run in &runs {
        std::fs::create_dir_all(run.checkpoint(CheckpointName::epoch(0))).expect("created");
    }
    assert_eq!(list_runs(root.path()).expect("listed"), runs);
}

/// The state of a checkpoint at the end of `epoch`, with the best so far.
fn write_state(run: &RunDir, epoch: u32, best: &BestCheckpoint) {
    let state = CheckpointState {
        format: 1,
        sha256: String::new(),
        trial: run.trial().to_string(),
        seed: run.seed(),
        epoch,
        step: 0,
        total_steps: 0,
        architecture: String::new(),
        tensors: Vec::new(),
        totals: crate::run::TotalsRecord::default(),
        best: Some(best.clone()),
        files: Default::default(),
        experiment: String::new(),
        epochs: None,
    };
    run.write_checkpoint(state, &[]).expect("written");
}

#[test]
fn best_json_is_believed_only_where_the_latest_checkpoint_agrees() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let run = RunDir::new(root.path(), "trial-a", 0);
    let best = |epoch| BestCheckpoint {
        epoch,
        validation_accuracy: Some(0.5),
        validation_loss: 1.0,
    };
    for epoch in [1, 2, 3] {
        write_state(&run, epoch, &best(epoch.min(2)));
    }
    let named = |epoch| {
        best(epoch).write(&run.best()).expect("written");
        run.read_best().map(|best| best.epoch)
    };
    assert_eq!(named(2).expect("agreed"), 2);
    let error = named(3).expect_err("changed").to_string();
    assert!(
        error.ends_with(
            "best.json\" is damaged: it names epoch 3 with accuracy 50.00 %, the latest \
             checkpoint epoch 2 with accuracy 50.00 %"
        ),
        "{error}"
    );
    // Killed between the checkpoint of the new best and `best.json`.
    write_state(&run, 4, &best(4));
    assert_eq!(named(2).expect("lags behind"), 4);
    // The best checkpoint is lost, and training went on from the best of the others.
    run.remove_checkpoint(CheckpointName::epoch(4))
        .expect("removed");
    write_state(&run, 5, &best(4));
    assert_eq!(named(2).expect("the best of those there"), 2);
}
