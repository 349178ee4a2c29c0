//! Tests of the MNIST reader.

use super::*;
use crate::data::gzip::tests::gzipped;

fn written(file: &IdxFile, content: &[u8]) -> (tempfile::TempDir, DataError) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::write(folder.path().join(file.name), content).expect("written");
    let error = read_file(folder.path(), file, &mut Vec::new()).expect_err("not MNIST");
    (folder, error)
}

#[test]
fn headers_by_hand() {
    assert_eq!(FILES[1].header(), [0, 0, 8, 1, 0, 0, 0xEA, 0x60]);
    assert_eq!(FILES[0].bytes(), 47_040_016);
    assert_eq!(FILES[3].bytes(), 10_008);
}

#[test]
fn a_cut_file_an_impossible_label_and_other_bytes_are_named() {
    let file = &FILES[3];
    let (folder, error) = written(file, &[0; 1008]);
    let path = folder.path().join(file.name);
    assert_eq!(
        error.to_string(),
        format!("{path:?} has 1008 bytes (1000 records of 1 and 0 bytes over), expected 10008")
    );
    let mut content = vec![0; 10_008];
    content[8 + 17] = 10;
    let (folder, error) = written(file, &content);
    let path = folder.path().join(file.name);
    assert_eq!(
        error.to_string(),
        format!("{path:?}: record 17 (byte 25) has digit label 10, outside 0 to 9")
    );
    let (_folder, error) = written(file, &[0; 10_008]);
    assert!(error.to_string().contains("is damaged: MD5 is"), "{error}");
    let empty = tempfile::tempdir().expect("a temporary folder");
    let error = read(empty.path()).expect_err("nothing there");
    assert!(matches!(error, DataError::MissingFile { .. }), "{error}");
}

#[test]
fn files_are_found_under_kaggles_names_too() {
    let file = &FILES[3];
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("t10k-labels.idx1-ubyte");
    fs::write(&path, [7; 10_008]).expect("written");
    // A folder with the publisher's name for the file.
    fs::create_dir(folder.path().join(file.name)).expect("created");
    let found = content_of(folder.path(), file).expect("read");
    assert_eq!(found, (path, vec![7; 10_008]));
    let search = DataSearch {
        flag: Some(folder.path().to_path_buf()),
    };
    assert_eq!(locate(&search).expect("found"), folder.path());
}

#[test]
fn a_packed_file_is_read_where_the_unpacked_one_is_not_there() {
    let file = &FILES[3];
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join(file.packed_name());
    let pack = |content: &[u8]| fs::write(&path, gzipped(content)).expect("written");
    let content = || content_of(folder.path(), file);
    let problem = || content().expect_err("not whole").to_string();
    let whole: Vec<u8> = (0..10_008).map(|place| (place % 251) as u8).collect();

    pack(&whole);
    assert_eq!(content().expect("read"), (path.clone(), whole.clone()));
    pack(&whole[..10_007]);
    let short = format!("cannot unpack {path:?}: it holds 10007 bytes, expected 10008");
    assert_eq!(problem(), short);
    pack(&vec![0; 64 << 20]);
    let bomb = format!("cannot unpack {path:?}: more data than it should unpack to");
    assert_eq!(problem(), bomb);
    fs::write(&path, "<html>").expect("written");
    assert!(problem().starts_with(&format!("cannot unpack {path:?}: ")));

    // The packed file is ignored next to the unpacked one.
    let unpacked = folder.path().join(file.name);
    fs::write(&unpacked, &whole).expect("written");
    assert_eq!(content().expect("read"), (unpacked, whole));
}

#[test]
fn it_is_found_where_torchvision_leaves_it_and_after_what_was_fetched() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let search = |below: &str| DataSearch {
        flag: Some(root.path().join(below)),
    };
    let put = |folder: &str, name: &str| {
        fs::create_dir_all(root.path().join(folder)).expect("created");
        fs::write(root.path().join(folder).join(name), "").expect("written");
    };
    let error = locate(&search("")).expect_err("nothing there").to_string();
    for place in ["mnist\"", "MNIST/raw\"", "raw\""] {
        assert!(error.contains(place), "{error}");
    }
    put("MNIST/raw", "t10k-labels-idx1-ubyte.gz");
    let raw = root.path().join("MNIST/raw");
    for below in ["", "MNIST", "MNIST/raw"] {
        assert_eq!(locate(&search(below)).expect("found"), raw);
    }
    put("mnist", "train-images-idx3-ubyte");
    let fetched = root.path().join("mnist");
    assert_eq!(locate(&search("")).expect("found"), fetched);
}

#[test]
#[ignore = "needs the real MNIST in $CAMTRAIL_DATA"]
fn the_real_release_has_the_known_statistics_packed_and_unpacked() {
    let folder = locate(&DataSearch::default()).expect("MNIST is there");
    let release = read(&folder).expect("whole");
    // 0.1307 and 0.3081 to more places.
    let (mean, deviation) = release.train.statistics();
    assert!((mean - 0.130_660).abs() < 1e-6, "{mean}");
    assert!((deviation - 0.308_108).abs() < 1e-6, "{deviation}");
    // Published counts of the test digits.
    let counts = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009];
    assert_eq!(release.test.label_counts(), counts);

    let packed = tempfile::tempdir().expect("a temporary folder");
    for file in &FILES {
        let content = fs::read(folder.join(file.name)).expect("unpacked");
        let path = packed.path().join(file.packed_name());
        fs::write(path, gzipped(&content)).expect("written");
    }
    let again = read(packed.path()).expect("whole");
    assert!(again.train == release.train && again.test == release.test);
    assert_eq!(again.sources, release.sources);
}
