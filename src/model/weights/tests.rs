//! Hand-made entries and files. Files written by PyTorch are read in `tests/weights.rs`.

use super::*;

fn checked(
    shape: &[usize],
    strides: &[usize],
    place: (u64, usize, usize),
    file: u64,
) -> Result<TensorEntry, String> {
    TensorEntry::checked(
        (shape.to_vec(), strides.to_vec()),
        ElementKind::F32,
        place,
        file,
    )
}

#[test]
fn entries_lie_inside_their_storage_and_the_file() {
    let entry = checked(&[2, 3], &[3, 1], (100, 4, 10), 140).expect("it fits");
    assert_eq!((entry.start, entry.extent), (116, 6));
    assert!(entry.is_contiguous());
    for (shape, strides, place, file) in [
        // One element past the storage; a storage past the file.
        (vec![2, 3], vec![3, 1], (100, 5, 10), 140),
        (vec![2, 3], vec![3, 1], (100, 4, 10), 139),
        // Products that do not fit.
        (vec![usize::MAX, 2], vec![1, 1], (0, 0, 10), 40),
        (vec![2, 2], vec![usize::MAX, 1], (0, 0, 10), 40),
        (vec![1], vec![1], (0, usize::MAX, 10), 40),
        (vec![1], vec![1], (u64::MAX, 0, 10), 40),
        (vec![1], vec![1], (0, 0, usize::MAX), 40),
        (vec![1, 1], vec![1], (0, 0, 10), 40),
    ] {
        let found = checked(&shape, &strides, place, file);
        assert!(found.is_err(), "{shape:?} {strides:?} {place:?}: {found:?}");
    }
    assert_eq!(
        checked(&[0, 3], &[3, 1], (0, 0, 0), 0)
            .expect("empty")
            .extent,
        0
    );
}

#[test]
fn a_transposed_tensor_is_read_in_row_major_order() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("values");
    let values: Vec<u8> = (0..6)
        .flat_map(|value| (value as f32).to_le_bytes())
        .collect();
    std::fs::write(&path, values).expect("written");
    // [[0, 1, 2], [3, 4, 5]] viewed as three rows of two.
    let entry = checked(&[3, 2], &[1, 3], (0, 0, 6), 24).expect("it fits");
    let file = WeightFile {
        path,
        entries: BTreeMap::from([("w".to_string(), entry)]),
        notes: HashMap::new(),
    };
    let found = file.values("w").expect("read");
    assert_eq!(found, Some(vec![0.0, 3.0, 1.0, 4.0, 2.0, 5.0]));
    assert_eq!(file.values("v").expect("read"), None);
}

fn opened(content: &[u8]) -> Result<WeightFile, WeightsError> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("weights.pth");
    std::fs::write(&path, content).expect("written");
    WeightFile::open(&path)
}

fn refusal(content: &[u8]) -> String {
    opened(content).expect_err("it is refused").to_string()
}

/// Returns a `.safetensors` file with this header and this number of bytes of values.
fn safetensors(header: &str, values: usize) -> Vec<u8> {
    let mut content = (header.len() as u64).to_le_bytes().to_vec();
    content.extend(header.as_bytes());
    content.extend(vec![0; values]);
    content
}

#[test]
fn other_files_are_named_for_what_they_are() {
    let html = refusal(b"<!DOCTYPE html><html><body>404</body></html>");
    assert!(
        html.contains("is not a weight file: it begins with \"<!DOCTYPE"),
        "{html}"
    );
    assert!(refusal(b"").contains("it is empty"));
    let zip = refusal(b"PK\x03\x04 and then nothing that a zip archive has");
    assert!(zip.contains("are damaged"), "{zip}");
    let folder = tempfile::tempdir().expect("a folder");
    let error = WeightFile::open(folder.path()).expect_err("a folder");
    assert!(error.to_string().contains("it is a folder"));
    assert!(WeightFile::open(&folder.path().join("absent")).is_err());
}

#[test]
fn safetensors_headers_are_not_believed() {
    let header = r#"{"w":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]}}"#;
    let file = opened(&safetensors(header, 16)).expect("it is sound");
    assert_eq!(file.entries()["w"].shape, [2, 2]);
    let cut = refusal(&safetensors(header, 15));
    assert!(cut.contains("it is cut short"), "{cut}");
    let long = refusal(&safetensors(header, 17));
    assert!(long.contains("something follows them"), "{long}");
    let mut huge = u64::MAX.to_le_bytes().to_vec();
    huge.extend(b"{}");
    assert!(refusal(&huge).contains("its header claims 18446744073709551615 bytes"));
    for header in [
        // Overlap; out of range; a shape that does not match its bytes; a count that overflows.
        r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}"#,
        r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}}"#,
        r#"{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}"#,
        r#"{"a":{"dtype":"F32","shape":[4294967296,4294967296,4294967296],"data_offsets":[0,8]}}"#,
        r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}"#,
        r#"{"a":{"dtype":"F32"#,
        r#"{"a":[]}"#,
        r#"{}"#,
    ] {
        let error = refusal(&safetensors(header, 16));
        assert!(error.contains("are damaged"), "{header}: {error}");
    }
}

#[test]
fn a_legacy_file_of_nothing_but_its_start_is_cut() {
    let error = refusal(LEGACY_START);
    assert!(error.contains("cut short"), "{error}");
}
