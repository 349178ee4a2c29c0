//! Tests of `fetch_file` against local servers that misbehave on demand.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use super::*;
use crate::data::fetch::tests::{QUICK, Server, left_in, send, serve, serve_whole};
use crate::run::sha256;

const NAME: &str = "net-12345678.pth";

fn content() -> Vec<u8> {
    (0..200_000u32).map(|i| (i % 251) as u8).collect()
}

/// Returns the file of `server` under this name, with these first digits.
fn source(server: &Server, digits: &str) -> FileSource {
    FileSource {
        url: format!("{}{NAME}", server.url),
        sha256_start: digits.to_owned(),
        cap: 1 << 20,
    }
}

fn fetch_to(path: &Path, source: &FileSource) -> Result<PathBuf, DataError> {
    put(&remote(source, QUICK, &|| false), path, &mut |_| {})
}

#[test]
fn a_file_is_fetched_by_the_digits_in_its_name_and_goes_on_where_it_was_cut() {
    let content = content();
    let served = content.clone();
    let server = serve(Box::new(move |request, stream| {
        assert_eq!(request.name, NAME);
        let most = if request.number == 0 {
            70_000
        } else {
            usize::MAX
        };
        send(stream, &served, request.start, most);
    }));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weights").join(NAME);
    let source = source(&server, &sha256(&content)[..8]);
    let mut told = Vec::new();
    let mut note = |event: FetchEvent<'_>| match event {
        FetchEvent::Asking(url) => told.push(url.to_owned()),
        FetchEvent::Verifying => told.push("verifying".to_owned()),
        FetchEvent::Done(place) => told.push(place.display().to_string()),
        _ => {}
    };
    let found = put(&remote(&source, QUICK, &|| false), &path, &mut note).unwrap();
    assert_eq!(found, path);
    assert_eq!(fs::read(&path).unwrap(), content);
    let expected = [
        source.url.clone(),
        "verifying".into(),
        path.display().to_string(),
    ];
    assert_eq!(told, expected);
    assert_eq!(*server.starts.lock().unwrap(), [0, 70_000]);
    assert_eq!(left_in(path.parent().unwrap()), [NAME]);

    // Once present, nothing is requested again.
    assert_eq!(fetch_to(&path, &source).unwrap(), path);
    assert_eq!(server.requests.load(Ordering::SeqCst), 2);
}

#[test]
fn a_page_instead_of_the_file_is_shown_and_removed() {
    let page = b"<html>Log in</html>";
    let server = serve_whole(page);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(NAME);
    // The kept bytes may be wrong: they are dropped, and the download starts again.
    fs::write(folder.path().join(format!("{NAME}.part")), b"stale").unwrap();
    let error = fetch_to(&path, &source(&server, "00000000")).unwrap_err();
    let told = format!(
        "\"{}{NAME}\" gave something else: 19 bytes with SHA-256 {}, expected 00000000; it begins \
         with \"<html>Log in</html>\"",
        server.url,
        &sha256(page)[..8]
    );
    assert_eq!(error.to_string(), told);
    assert_eq!(*server.starts.lock().unwrap(), [5, 0]);
    assert_eq!(left_in(folder.path()), Vec::<String>::new());
}

#[test]
fn a_damaged_file_is_told_and_not_replaced() {
    let server = serve_whole(&content());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(NAME);
    fs::write(&path, "abc").unwrap();
    let error = fetch_to(&path, &source(&server, "12345678")).unwrap_err();
    // FIPS 180-4 gives the digest of "abc".
    let told = format!("{path:?} is damaged: SHA-256 begins with ba7816bf, expected 12345678");
    assert_eq!(error.to_string(), told);
    assert!(matches!(error, DataError::DamagedFile { .. }), "{error:?}");
    assert_eq!(fs::read(&path).unwrap(), b"abc");
    assert_eq!(server.requests.load(Ordering::SeqCst), 0);
}

#[test]
fn a_stop_keeps_the_part_and_the_next_fetch_goes_on() {
    let content = content();
    let served = content.clone();
    let silent = serve(Box::new(move |request, stream| {
        send(stream, &served, request.start, 40);
        thread::sleep(Duration::from_secs(20));
    }));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(NAME);
    let digits = &sha256(&content)[..8];
    let source_of = |server| source(server, digits);
    let received = AtomicUsize::new(0);
    let mut note = |event: FetchEvent<'_>| {
        if let FetchEvent::Downloading { bytes, .. } = event {
            received.store(bytes as usize, Ordering::SeqCst);
        }
    };
    let stop = || received.load(Ordering::SeqCst) == 40;
    let silent = source_of(&silent);
    let error = put(&remote(&silent, QUICK, &stop), &path, &mut note).unwrap_err();
    assert!(
        matches!(error, DataError::Stopped { bytes: 40, .. }),
        "{error}"
    );
    assert_eq!(left_in(folder.path()), [format!("{NAME}.part")]);

    let server = serve_whole(&content);
    fetch_to(&path, &source_of(&server)).unwrap();
    assert_eq!(*server.starts.lock().unwrap(), [40]);
    assert_eq!(fs::read(&path).unwrap(), content);
}

#[test]
fn of_two_fetches_at_once_one_downloads() {
    let content = content();
    let served = content.clone();
    let server = serve(Box::new(move |request, stream| {
        thread::sleep(Duration::from_millis(100));
        send(stream, &served, request.start, usize::MAX);
    }));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(NAME);
    let source = source(&server, &sha256(&content)[..8]);
    thread::scope(|scope| {
        let other = scope.spawn(|| fetch_to(&path, &source));
        fetch_to(&path, &source).unwrap();
        other.join().unwrap().unwrap();
    });
    assert_eq!(server.requests.load(Ordering::SeqCst), 1);
}
