//! Tests of `fetch` against a local server that misbehaves on demand.

use std::io::{BufRead, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tar::EntryType;

use super::*;
use crate::data::archive::tests::{CONTENTS, Member, archive_of, good_members};

/// What the server does with one request, given the number of the request and the range's start.
type Answer = dyn Fn(usize, u64, &mut TcpStream) + Send + Sync;

/// A server on a free port; it answers until the test process ends.
struct Server {
    url: String,
    requests: Arc<AtomicUsize>,
    starts: Arc<Mutex<Vec<u64>>>,
}

fn serve(answer: Box<Answer>) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/set.tar.gz", listener.local_addr().unwrap());
    let requests = Arc::new(AtomicUsize::new(0));
    let starts = Arc::new(Mutex::new(Vec::new()));
    let (count, seen) = (Arc::clone(&requests), Arc::clone(&starts));
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let start = read_request(&stream);
            seen.lock().unwrap().push(start);
            answer(count.fetch_add(1, Ordering::SeqCst), start, &mut stream);
        }
    });
    Server {
        url,
        requests,
        starts,
    }
}

/// Reads the request's head; gives the start of its range, or 0.
fn read_request(stream: &TcpStream) -> u64 {
    let mut start = 0;
    for line in BufReader::new(stream).lines() {
        let line = line.unwrap().to_ascii_lowercase();
        if let Some(range) = line.strip_prefix("range: bytes=") {
            start = range.trim_end_matches('-').parse().unwrap();
        }
        if line.is_empty() {
            break;
        }
    }
    start
}

/// Sends `content` from `start` on, but stops after `most` bytes; the header promises everything.
fn send(stream: &mut TcpStream, content: &[u8], start: u64, most: usize) {
    let rest = &content[start as usize..];
    let head = if start == 0 {
        "HTTP/1.1 200 OK\r\n".to_owned()
    } else {
        let last = content.len() - 1;
        format!(
            "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes {start}-{last}/{}\r\n",
            content.len()
        )
    };
    write!(
        stream,
        "{head}Content-Length: {}\r\nConnection: close\r\n\r\n",
        rest.len()
    )
    .unwrap();
    stream.write_all(&rest[..most.min(rest.len())]).unwrap();
}

fn send_status(stream: &mut TcpStream, status: &str, extra: &str) {
    write!(
        stream,
        "HTTP/1.1 {status}\r\n{extra}Content-Length: 0\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
}

const TARGET: Target = Target {
    contents: CONTENTS,
    cap: 1 << 20,
    check: |folder| {
        let path = folder.join("a.bin");
        let content = fs::read(&path).map_err(DataError::io("read", &path))?;
        assert_eq!(content, b"pixels");
        Ok(())
    },
    retry: RetryPolicy {
        tries: 3,
        pause: Duration::from_millis(1),
    },
};

fn source(server: &Server, content: &[u8]) -> FetchSource {
    let (md5, _) = md5_of(&mut &content[..]).unwrap();
    FetchSource {
        url: server.url.clone(),
        md5,
    }
}

fn fetch_into(destination: &Path, source: &FetchSource) -> Result<PathBuf, DataError> {
    fetch_target(&TARGET, destination, source, &mut |_| {}, &|| false)
}

/// Names in a folder, without the lock.
fn left_in(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.ends_with(".lock"))
        .collect();
    names.sort();
    names
}

#[test]
fn a_cut_download_goes_on_from_where_it_stopped() {
    let content = archive_of(&good_members());
    let served = content.clone();
    let server = serve(Box::new(move |number, start, stream| {
        send(
            stream,
            &served,
            start,
            if number == 0 { 50 } else { usize::MAX },
        );
    }));
    let folder = tempfile::tempdir().unwrap();
    let found = fetch_into(folder.path(), &source(&server, &content)).unwrap();
    assert_eq!(fs::read(found.join("b.txt")).unwrap(), b"names");
    assert_eq!(*server.starts.lock().unwrap(), [0, 50]);
    assert_eq!(left_in(folder.path()), ["set"]);
    // Once there, nothing is asked for again.
    fetch_into(folder.path(), &source(&server, &content)).unwrap();
    assert_eq!(server.requests.load(Ordering::SeqCst), 2);
}

#[test]
fn a_server_without_ranges_begins_anew_and_a_complete_part_is_taken() {
    let content = archive_of(&good_members());
    let served = content.clone();
    let server = serve(Box::new(move |_, _, stream| {
        send(stream, &served, 0, usize::MAX)
    }));
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("set.tar.gz.part"), b"stale").unwrap();
    fetch_into(folder.path(), &source(&server, &content)).unwrap();

    let server = serve(Box::new(|_, _, stream| {
        send_status(stream, "416 Range", "")
    }));
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("set.tar.gz.part"), &content).unwrap();
    fetch_into(folder.path(), &source(&server, &content)).unwrap();
}

#[test]
fn a_page_instead_of_data_is_shown_and_removed() {
    let page = b"<!DOCTYPE html><title>Log in</title>";
    let server = serve(Box::new(|_, _, stream| send(stream, page, 0, usize::MAX)));
    let folder = tempfile::tempdir().unwrap();
    let error = fetch_into(folder.path(), &source(&server, b"other"))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("gave something else: 36 bytes with MD5"),
        "{error}"
    );
    assert!(
        error.ends_with("it begins with \"<!DOCTYPE html><title>Log in</title>\""),
        "{error}"
    );
    assert_eq!(left_in(folder.path()), Vec::<String>::new());
}

#[test]
fn a_server_error_is_tried_again_and_then_told() {
    let server = serve(Box::new(|_, _, stream| send_status(stream, "500 Oops", "")));
    let folder = tempfile::tempdir().unwrap();
    let error = fetch_into(folder.path(), &source(&server, b"")).unwrap_err();
    assert!(
        matches!(error, DataError::Status { status: 500, .. }),
        "{error}"
    );
    assert_eq!(server.requests.load(Ordering::SeqCst), 3);
}

#[test]
fn redirects_are_followed_and_a_circle_ends() {
    let content = archive_of(&good_members());
    let served = content.clone();
    let server = serve(Box::new(move |number, start, stream| match number {
        0 => send_status(stream, "302 Found", "Location: /elsewhere\r\n"),
        _ => send(stream, &served, start, usize::MAX),
    }));
    let folder = tempfile::tempdir().unwrap();
    fetch_into(folder.path(), &source(&server, &content)).unwrap();

    let circle = serve(Box::new(|_, _, stream| {
        send_status(stream, "302 Found", "Location: /again\r\n");
    }));
    let folder = tempfile::tempdir().unwrap();
    let error = fetch_into(folder.path(), &source(&circle, b""))
        .unwrap_err()
        .to_string();
    assert!(error.ends_with("more than 5 redirects"), "{error}");
}

#[test]
fn an_evil_archive_leaves_nothing_behind() {
    let mut members = good_members();
    members.push(Member("../escaped", EntryType::Regular, b"x"));
    let content = archive_of(&members);
    let served = content.clone();
    let server = serve(Box::new(move |_, start, stream| {
        send(stream, &served, start, usize::MAX)
    }));
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("data");
    let error = fetch_into(&folder, &source(&server, &content)).unwrap_err();
    assert!(matches!(error, DataError::Archive { .. }), "{error}");
    assert_eq!(left_in(&folder), ["set.tar.gz"]);
    assert_eq!(left_in(parent.path()), ["data"]);
}

#[test]
fn an_endless_body_is_cut_off_at_the_cap() {
    let server = serve(Box::new(|_, _, stream| {
        // The client hangs up; the write then fails, which is what is tested.
        let _ = write!(stream, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
        while stream.write_all(&[0; 4096]).is_ok() {}
    }));
    let folder = tempfile::tempdir().unwrap();
    let error = fetch_into(folder.path(), &source(&server, b""))
        .unwrap_err()
        .to_string();
    assert!(
        error.ends_with("more than the 1048576 bytes allowed"),
        "{error}"
    );
}

#[test]
fn a_stop_keeps_the_part_even_while_the_server_is_silent() {
    let content = archive_of(&good_members());
    let server = serve(Box::new(move |_, start, stream| {
        send(stream, &content, start, 40);
        thread::sleep(Duration::from_secs(20));
    }));
    let folder = tempfile::tempdir().unwrap();
    let received = AtomicUsize::new(0);
    let error = fetch_target(
        &TARGET,
        folder.path(),
        &source(&server, b""),
        &mut |event| {
            if let FetchEvent::Downloading { bytes, .. } = event {
                received.store(bytes as usize, Ordering::SeqCst);
            }
        },
        &|| received.load(Ordering::SeqCst) == 40,
    )
    .unwrap_err();
    assert!(
        matches!(error, DataError::Stopped { bytes: 40, .. }),
        "{error}"
    );
    assert_eq!(left_in(folder.path()), ["set.tar.gz.part"]);
}

#[test]
fn of_two_fetches_at_once_one_downloads() {
    let content = archive_of(&good_members());
    let served = content.clone();
    let server = serve(Box::new(move |_, start, stream| {
        thread::sleep(Duration::from_millis(100));
        send(stream, &served, start, usize::MAX);
    }));
    let folder = tempfile::tempdir().unwrap();
    let source = source(&server, &content);
    thread::scope(|scope| {
        let other = scope.spawn(|| fetch_into(folder.path(), &source));
        fetch_into(folder.path(), &source).unwrap();
        other.join().unwrap().unwrap();
    });
    assert_eq!(server.requests.load(Ordering::SeqCst), 1);
}

#[test]
fn generated_data_are_not_fetched() {
    let error = FetchSource::official(DatasetName::Shapes)
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "shapes is generated by camtrail, there is nothing to fetch"
    );
}

#[test]
fn a_file_is_fetched_by_the_digits_in_its_name_and_a_page_is_refused() {
    let content: Vec<u8> = (0..200_000u32).map(|i| (i % 251) as u8).collect();
    let shared = content.clone();
    // The first answer breaks off in the middle.
    let server = serve(Box::new(move |request, start, stream| {
        let most = if request == 0 { 70_000 } else { usize::MAX };
        send(stream, &shared, start, most);
    }));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weights").join("net-12345678.pth");
    let fetch = |digits: &str| {
        let source = FileSource {
            url: server.url.clone(),
            sha256_start: digits.to_owned(),
            cap: 1 << 20,
        };
        let retry = RetryPolicy {
            tries: 3,
            pause: Duration::from_millis(1),
        };
        fetch_file_with(&source, &path, retry, &mut |_| {}, &|| false)
    };
    let digits = &crate::run::sha256(&content)[..8];
    let wrong = fetch("00000000").unwrap_err();
    let DataError::WrongContent {
        found, algorithm, ..
    } = &wrong
    else {
        panic!("{wrong}")
    };
    assert_eq!((found.as_str(), *algorithm), (digits, "SHA-256"));
    assert!(!path.exists(), "nothing is left under the name");
    assert_eq!(fetch(digits).unwrap(), path);
    assert_eq!(fs::read(&path).unwrap(), content);
    let asked = server.requests.load(Ordering::SeqCst);
    assert_eq!(fetch(digits).unwrap(), path);
    assert_eq!(
        server.requests.load(Ordering::SeqCst),
        asked,
        "it was there"
    );
    fs::write(&path, "cut").unwrap();
    assert!(
        fetch(digits).is_err(),
        "a damaged file is told, not replaced"
    );
}
