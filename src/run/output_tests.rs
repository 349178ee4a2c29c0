//! Which places are refused, who may write, and that old and new files never stand side by side.

use super::*;

/// Writes files into a new set and returns it.
fn staged<'a>(output: &'a Output, files: &[(&str, &str)]) -> StagedSet<'a> {
    let set = output.stage().expect("staged");
    for (name, content) in files {
        let path = set.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("created");
        fs::write(path, content).expect("written");
    }
    set
}

/// Returns the files below `folder` with their contents, hidden ones too.
fn found(folder: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).expect("listed") {
            let path = entry.expect("listed").path();
            match path.is_dir() {
                true => folders.push(path),
                false => found.push((
                    path.strip_prefix(folder)
                        .expect("below")
                        .display()
                        .to_string(),
                    fs::read_to_string(&path).expect("text"),
                )),
            }
        }
    }
    found.sort();
    found
}

fn owned(files: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = files.iter();
    owned
        .map(|(name, text)| (name.to_string(), text.to_string()))
        .collect()
}

#[test]
fn places_that_cannot_be_written_to_are_named_with_the_reason() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let root = root.path();
    fs::write(root.join("file"), "kept").expect("written");
    let refused = |path: &Path| check_folder(path).expect_err("refused").to_string();
    let error = refused(&root.join("file"));
    assert!(
        error.ends_with("/file\": it is a file, not a folder"),
        "{error}"
    );
    let error = refused(&root.join("file/below/it"));
    assert!(error.contains("/file/below/it\": \""), "{error}");
    assert!(
        error.ends_with("/file\" is a file, not a folder"),
        "{error}"
    );
    let error = check_file(root).expect_err("refused").to_string();
    assert!(error.ends_with(": it is a folder, not a file"), "{error}");
    // A socket, for a device would be replaced if this went wrong.
    let socket = tempfile::tempdir().expect("a folder");
    let socket = socket.path().join("socket");
    let _listener = std::os::unix::net::UnixListener::bind(&socket).expect("bound");
    let error = check_file(&socket).expect_err("refused").to_string();
    assert!(
        error.ends_with(": it is a pipe or a device, not a file"),
        "{error}"
    );
    let error = crate::run::write_atomically(&socket, b"a")
        .expect_err("refused")
        .to_string();
    assert!(
        error.ends_with(": it is a pipe or a device, not a file"),
        "{error}"
    );
    let long = root.join(format!("{}.csv", "n".repeat(252)));
    let error = check_file(&long).expect_err("refused").to_string();
    assert!(error.contains("name too long"), "{error}");
    check_file(&root.join("new/file.csv")).expect("possible");
    check_file(&root.join("file")).expect("it is replaced");
    assert_eq!(
        found(root),
        owned(&[("file", "kept")]),
        "nothing was created"
    );
}

#[test]
fn one_command_writes_at_a_time_and_nothing_stays_of_one_that_wrote_nothing() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let folder = root.path().join("a/b");
    let (held, _) = Output::open(&folder).expect("free");
    let error = Output::open(&folder).expect_err("held").to_string();
    assert!(
        error.contains(&format!("in use by process {}", std::process::id())),
        "{error}"
    );
    drop(staged(&held, &[("table.csv", "1")]));
    drop(held);
    assert!(!root.path().join("a").exists());
    Output::open(&folder).expect("free again");
}

#[test]
fn a_set_replaces_the_earlier_one_and_other_files_stay() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let folder = root.path();
    fs::write(folder.join("notes.txt"), "mine").expect("written");
    let (output, _) = Output::open(folder).expect("free");
    let first = staged(
        &output,
        &[("maps.json", "1"), ("panels/a.png", "1"), ("b.png", "1")],
    );
    assert_eq!(
        first.placed(&first.path().join("b.png")),
        folder.join("b.png")
    );
    assert_eq!(first.commit(&[]).expect("committed"), 0);
    let second = staged(&output, &[("maps.json", "2"), ("b.png", "2")]);
    let outdated = ["panels/a.png", "b.png", "absent.png"].map(|name| folder.join(name));
    assert_eq!(
        second.commit(&outdated).expect("committed"),
        1,
        "b.png is in the set"
    );
    drop(output);
    let expected = [("b.png", "2"), ("maps.json", "2"), ("notes.txt", "mine")];
    assert_eq!(found(folder), owned(&expected));
}

#[test]
fn a_folder_in_the_place_of_a_file_keeps_the_earlier_set() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let folder = root.path();
    let (output, _) = Output::open(folder).expect("free");
    staged(&output, &[("a.csv", "1")])
        .commit(&[])
        .expect("committed");
    fs::create_dir(folder.join("b.csv")).expect("created");
    let set = staged(&output, &[("a.csv", "2"), ("b.csv", "2")]);
    let error = set.commit(&[]).expect_err("refused").to_string();
    assert!(
        error.ends_with("/b.csv\": it is a folder, not a file"),
        "{error}"
    );
    drop(output);
    assert_eq!(found(folder), owned(&[("a.csv", "1")]));
}

/// Killed before the decision: the old set. Killed after it, at any file: no old file beside a new
/// one, and the next command moves the rest.
#[test]
fn after_a_kill_the_set_is_the_old_one_or_the_new_one() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let folder = root.path();
    fs::write(folder.join("a"), "old").expect("written");
    fs::create_dir(folder.join(".writing-1-set")).expect("created");
    fs::write(folder.join(".writing-1-set/a"), "torn").expect("written");
    settle(folder).expect("nothing is decided");
    let (output, cleared) = Output::open(folder).expect("free");
    assert_eq!(cleared, [Leftover::Removed(".writing-1-set".to_string())]);
    drop(output);
    assert_eq!(found(folder), owned(&[("a", "old")]));

    for moved in 0..3 {
        for name in ["a", "b/c", "gone"] {
            fs::create_dir_all(folder.join("b")).expect("created");
            fs::write(folder.join(name), "old").expect("written");
        }
        let decided = folder.join(DECIDED);
        fs::create_dir_all(decided.join("b")).expect("created");
        fs::write(decided.join("a"), "new").expect("written");
        fs::write(decided.join("b/c"), "new").expect("written");
        let outdated = ["gone", "../kept", "/kept"];
        write_json(&decided.join(OUTDATED), &outdated).expect("written");
        // As far as the killed process had come.
        for name in ["a", "b/c"].iter().take(moved) {
            fs::rename(decided.join(name), folder.join(name)).expect("moved");
        }
        settle(folder).expect("moved");
        assert_eq!(found(folder), owned(&[("a", "new"), ("b/c", "new")]));
    }
}
