//! Tests of `fetch` against local servers that misbehave on demand; the tests of `fetch_file` share
//! the servers.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use tar::EntryType;

use super::*;
use crate::data::archive::tests::{CONTENTS, Member, archive_of, good_members};
use crate::data::checksum::md5_of;
use crate::data::gzip::tests::gzipped;

/// The server's response to one request.
pub(crate) type Answer = dyn Fn(&Request, &mut TcpStream) + Send + Sync;

/// One request.
pub(crate) struct Request {
    /// The number of earlier requests.
    pub(crate) number: usize,
    /// The requested file.
    pub(crate) name: String,
    /// The start of its range, or 0.
    pub(crate) start: u64,
}

/// A server on a free port, which runs until the test process ends.
pub(crate) struct Server {
    /// Its address, a prefix of file names.
    pub(crate) url: String,
    pub(crate) requests: Arc<AtomicUsize>,
    pub(crate) starts: Arc<Mutex<Vec<u64>>>,
}

pub(crate) fn serve(answer: Box<Answer>) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let requests = Arc::new(AtomicUsize::new(0));
    let starts = Arc::new(Mutex::new(Vec::new()));
    let (count, seen) = (Arc::clone(&requests), Arc::clone(&starts));
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let (name, start) = read_request(&stream);
            seen.lock().unwrap().push(start);
            let number = count.fetch_add(1, Ordering::SeqCst);
            let request = Request {
                number,
                name,
                start,
            };
            answer(&request, &mut stream);
        }
    });
    Server {
        url,
        requests,
        starts,
    }
}

/// Returns a server with `content` under every name and support for ranges.
pub(crate) fn serve_whole(content: &[u8]) -> Server {
    let content = content.to_vec();
    serve(Box::new(move |request, stream| {
        send(stream, &content, request.start, usize::MAX);
    }))
}

/// Returns a server without files.
fn serve_nothing() -> Server {
    serve(Box::new(|_, stream| send_status(stream, "404 None", "")))
}

/// Reads the head of the request; returns the requested name and the start of its range, or 0.
fn read_request(stream: &TcpStream) -> (String, u64) {
    let mut lines = BufReader::new(stream).lines().map(Result::unwrap);
    let first = lines.next().unwrap_or_default();
    let path = first.split(' ').nth(1).unwrap_or_default();
    let name = path.trim_start_matches('/').to_owned();
    let mut start = 0;
    for line in lines.take_while(|line| !line.is_empty()) {
        let line = line.to_ascii_lowercase();
        if let Some(range) = line.strip_prefix("range: bytes=") {
            start = range.trim_end_matches('-').parse().unwrap();
        }
    }
    (name, start)
}

/// Sends `content` from `start`, but stops after `most` bytes; the header states the full length.
pub(crate) fn send(stream: &mut TcpStream, content: &[u8], start: u64, most: usize) {
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

pub(crate) const QUICK: RetryPolicy = RetryPolicy {
    tries: 3,
    pause: Duration::from_millis(1),
};

fn md5(content: &[u8]) -> String {
    md5_of(&mut &content[..]).unwrap().0
}

/// Fails unless the file `name` in `folder` has the published content.
fn check_file(folder: &Path, name: &str, published: &[u8]) -> Result<(), DataError> {
    let path = folder.join(name);
    let content = fs::read(&path).map_err(DataError::io("read", &path))?;
    if content == published {
        return Ok(());
    }
    Err(DataError::Checksum {
        dataset: "set",
        path,
        algorithm: "MD5",
        found: md5(&content),
        expected: md5(published),
    })
}

/// Returns the archive `content` on these servers.
fn archive(servers: &[&Server], content: &[u8]) -> Release {
    Release {
        dataset: "set",
        folder: "set",
        mirrors: servers.iter().map(|server| server.url.clone()).collect(),
        files: vec![PackedFile {
            name: "set.tar.gz".to_owned(),
            md5: md5(content),
            cap: 1 << 20,
            packing: Packing::TarGz(CONTENTS),
        }],
        locate: |search| search.find("set", &["set"], &["a.bin"]),
        check: |folder| check_file(folder, "a.bin", b"pixels"),
    }
}

/// The content of the files of [`gzip_files`].
const PIXELS: &[u8] = b"pixels, pixels, pixels";
const LABELS: &[u8] = b"labels";

/// Returns two gzip files with these contents on these servers, as for MNIST.
fn gzip_files(servers: &[&Server], contents: [&[u8]; 2]) -> Release {
    let file = |name: &'static str, content: &[u8]| PackedFile {
        name: format!("{name}.gz"),
        md5: md5(&gzipped(content)),
        cap: 1 << 20,
        packing: Packing::Gzip {
            name,
            cap: PIXELS.len() as u64,
        },
    };
    Release {
        files: vec![file("pixels", contents[0]), file("labels", contents[1])],
        locate: |search| search.find("set", &["set", "other/raw"], &["pixels", "labels"]),
        check: |folder| {
            check_file(folder, "pixels", PIXELS)?;
            check_file(folder, "labels", LABELS)
        },
        ..archive(servers, b"")
    }
}

/// Returns a server with both gzip files and support for ranges.
fn serve_gzip_files() -> Server {
    serve(Box::new(|request, stream| {
        let content = match request.name.as_str() {
            "pixels.gz" => gzipped(PIXELS),
            "labels.gz" => gzipped(LABELS),
            other => panic!("asked for {other:?}"),
        };
        send(stream, &content, request.start, usize::MAX);
    }))
}

fn fetch_into(destination: &Path, release: &Release) -> Result<PathBuf, DataError> {
    fetch_telling(destination, release, &mut |_| {}, &|| false)
}

fn fetch_telling(
    destination: &Path,
    release: &Release,
    progress: &mut dyn FnMut(FetchEvent<'_>),
    should_stop: &dyn Fn() -> bool,
) -> Result<PathBuf, DataError> {
    let fetch = Fetch {
        release,
        destination,
        retry: QUICK,
        should_stop,
    };
    fetch.run(progress)
}

/// Returns the names in a folder, without the lock.
pub(crate) fn left_in(folder: &Path) -> Vec<String> {
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
    let server = serve(Box::new(move |request, stream| {
        let most = if request.number == 0 { 50 } else { usize::MAX };
        send(stream, &served, request.start, most);
    }));
    let folder = tempfile::tempdir().unwrap();
    let release = archive(&[&server], &content);
    let found = fetch_into(folder.path(), &release).unwrap();
    assert_eq!(fs::read(found.join("b.txt")).unwrap(), b"names");
    assert_eq!(*server.starts.lock().unwrap(), [0, 50]);
    assert_eq!(left_in(folder.path()), ["set"]);
    // Once present, nothing is requested again.
    fetch_into(folder.path(), &release).unwrap();
    assert_eq!(server.requests.load(Ordering::SeqCst), 2);
}

#[test]
fn a_server_without_ranges_begins_anew_and_a_complete_part_is_taken() {
    let content = archive_of(&good_members());
    let served = content.clone();
    let server = serve(Box::new(move |_, stream| {
        send(stream, &served, 0, usize::MAX)
    }));
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("set.tar.gz.part"), b"stale").unwrap();
    fetch_into(folder.path(), &archive(&[&server], &content)).unwrap();

    let server = serve(Box::new(|_, stream| send_status(stream, "416 Range", "")));
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("set.tar.gz.part"), &content).unwrap();
    fetch_into(folder.path(), &archive(&[&server], &content)).unwrap();
}

#[test]
fn a_part_of_something_else_is_dropped_and_the_file_begun_anew() {
    let content = archive_of(&good_members());
    let server = serve_whole(&content);
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("set.tar.gz.part"), b"<html>").unwrap();
    fetch_into(folder.path(), &archive(&[&server], &content)).unwrap();
    assert_eq!(*server.starts.lock().unwrap(), [6, 0]);
}

#[test]
fn a_page_instead_of_data_is_shown_and_removed() {
    let server = serve_whole(b"<!DOCTYPE html><title>Log in</title>");
    let folder = tempfile::tempdir().unwrap();
    let error = fetch_into(folder.path(), &archive(&[&server], b"other"))
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
    let server = serve(Box::new(|_, stream| send_status(stream, "500 Oops", "")));
    let folder = tempfile::tempdir().unwrap();
    let error = fetch_into(folder.path(), &archive(&[&server], b"")).unwrap_err();
    assert!(
        matches!(error, DataError::Status { status: 500, .. }),
        "{error}"
    );
    assert_eq!(server.requests.load(Ordering::SeqCst), 3);
}

#[test]
fn what_the_server_does_not_have_is_asked_for_once() {
    for (status, number, requests) in [
        ("404 None", 404, 1),
        ("403 No", 403, 1),
        ("410 Gone", 410, 1),
        ("408 Slow", 408, 3),
        ("429 Often", 429, 3),
        ("503 Busy", 503, 3),
    ] {
        let server = serve(Box::new(move |_, stream| send_status(stream, status, "")));
        let folder = tempfile::tempdir().unwrap();
        let error = fetch_into(folder.path(), &archive(&[&server], b"")).unwrap_err();
        let told = format!("the server answered {number}");
        assert!(error.to_string().ends_with(&told), "{error}");
        assert_eq!(server.requests.load(Ordering::SeqCst), requests, "{status}");
    }
}

#[cfg(unix)]
#[test]
fn an_unfinished_file_or_a_lock_that_is_a_link_is_refused_and_its_target_kept() {
    let content = archive_of(&good_members());
    let server = serve_whole(&content);
    for name in ["set.tar.gz.part", ".set.lock"] {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("thesis.txt");
        fs::write(&target, "kept").unwrap();
        std::os::unix::fs::symlink(&target, folder.path().join(name)).unwrap();
        let error = fetch_into(folder.path(), &archive(&[&server], &content)).unwrap_err();
        let DataError::Io { path, source, .. } = error else {
            panic!("{error}");
        };
        assert_eq!(path, folder.path().join(name));
        assert_eq!(source.to_string(), "it is a symbolic link: move it away");
        assert_eq!(fs::read(&target).unwrap(), b"kept");
    }
}

#[test]
fn redirects_are_followed_and_a_circle_ends() {
    let content = archive_of(&good_members());
    let served = content.clone();
    let server = serve(Box::new(move |request, stream| match request.number {
        0 => send_status(stream, "302 Found", "Location: /elsewhere\r\n"),
        _ => send(stream, &served, request.start, usize::MAX),
    }));
    let folder = tempfile::tempdir().unwrap();
    fetch_into(folder.path(), &archive(&[&server], &content)).unwrap();

    let circle = serve(Box::new(|_, stream| {
        send_status(stream, "302 Found", "Location: /again\r\n");
    }));
    let folder = tempfile::tempdir().unwrap();
    let error = fetch_into(folder.path(), &archive(&[&circle], b""))
        .unwrap_err()
        .to_string();
    assert!(error.ends_with("more than 5 redirects"), "{error}");
}

#[test]
fn a_file_that_the_server_calls_encoded_is_kept_as_it_is() {
    // Some stores mark .gz files this way; unpacking them in transit would change the checksum.
    let content = archive_of(&good_members());
    let served = content.clone();
    let server = serve(Box::new(move |_, stream| {
        let length = served.len();
        write!(
            stream,
            "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {length}\r\n\
             Connection: close\r\n\r\n"
        )
        .unwrap();
        stream.write_all(&served).unwrap();
    }));
    let folder = tempfile::tempdir().unwrap();
    fetch_into(folder.path(), &archive(&[&server], &content)).unwrap();
}

#[test]
fn an_evil_archive_leaves_nothing_behind() {
    let mut members = good_members();
    members.push(Member("../escaped", EntryType::Regular, b"x"));
    let content = archive_of(&members);
    let server = serve_whole(&content);
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("data");
    let error = fetch_into(&folder, &archive(&[&server], &content)).unwrap_err();
    assert!(matches!(error, DataError::Archive { .. }), "{error}");
    assert_eq!(left_in(&folder), ["set.tar.gz.part"]);
    assert_eq!(left_in(parent.path()), ["data"]);
}

#[test]
fn an_endless_body_is_cut_off_at_the_cap() {
    let server = serve(Box::new(|_, stream| {
        // The client closes the connection; the write then fails, which is what is tested.
        let _ = write!(stream, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
        while stream.write_all(&[0; 4096]).is_ok() {}
    }));
    let folder = tempfile::tempdir().unwrap();
    let error = fetch_into(folder.path(), &archive(&[&server], b""))
        .unwrap_err()
        .to_string();
    assert!(
        error.ends_with("more than the 1048576 bytes allowed"),
        "{error}"
    );
    // Resuming from there would only end the same way.
    assert_eq!(left_in(folder.path()), Vec::<String>::new());
}

#[test]
fn a_stop_keeps_the_part_even_while_the_server_is_silent() {
    let content = archive_of(&good_members());
    let server = serve(Box::new(move |request, stream| {
        send(stream, &content, request.start, 40);
        thread::sleep(Duration::from_secs(20));
    }));
    let other = serve_nothing();
    let folder = tempfile::tempdir().unwrap();
    let received = AtomicUsize::new(0);
    let error = fetch_telling(
        folder.path(),
        &archive(&[&server, &other], b""),
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
    assert_eq!(other.requests.load(Ordering::SeqCst), 0);
}

#[test]
fn of_two_fetches_at_once_one_downloads() {
    let content = archive_of(&good_members());
    let served = content.clone();
    let server = serve(Box::new(move |request, stream| {
        thread::sleep(Duration::from_millis(100));
        send(stream, &served, request.start, usize::MAX);
    }));
    let folder = tempfile::tempdir().unwrap();
    let release = archive(&[&server], &content);
    thread::scope(|scope| {
        let other = scope.spawn(|| fetch_into(folder.path(), &release));
        fetch_into(folder.path(), &release).unwrap();
        other.join().unwrap().unwrap();
    });
    assert_eq!(server.requests.load(Ordering::SeqCst), 1);
}

#[test]
fn generated_data_are_not_fetched() {
    let folder = tempfile::tempdir().unwrap();
    let entry = "digits".parse().unwrap();
    let error = fetch(entry, folder.path(), &mut |_| {}, &|| false).unwrap_err();
    assert_eq!(
        error.to_string(),
        "digits is generated by camtrail, there is nothing to fetch"
    );
}

#[test]
fn gzip_files_come_one_by_one_and_leave_their_content_alone() {
    let server = serve_gzip_files();
    let folder = tempfile::tempdir().unwrap();
    let release = gzip_files(&[&server], [PIXELS, LABELS]);
    let mut asked = Vec::new();
    let mut note = |event: FetchEvent<'_>| {
        if let FetchEvent::Asking(url) = event {
            asked.push(url.replace(&server.url, ""));
        }
    };
    let found = fetch_telling(folder.path(), &release, &mut note, &|| false).unwrap();
    assert_eq!(asked, ["pixels.gz", "labels.gz"]);
    assert_eq!(left_in(folder.path()), ["set"]);
    assert_eq!(left_in(&found), ["labels", "pixels"]);
    assert_eq!(fs::read(found.join("pixels")).unwrap(), PIXELS);
}

#[test]
fn a_fetch_of_several_files_goes_on_within_the_second() {
    let whole = gzipped(LABELS);
    let server = serve(Box::new(move |request, stream| {
        match (request.name.as_str(), request.number) {
            ("pixels.gz", 0) => send(stream, &gzipped(PIXELS), 0, usize::MAX),
            // The kept bytes are all that this server has.
            ("pixels.gz", _) => send_status(stream, "416 Range", ""),
            (_, 1..=3) => send(stream, &whole, request.start, 3),
            _ => send(stream, &whole, request.start, usize::MAX),
        }
    }));
    let folder = tempfile::tempdir().unwrap();
    let release = gzip_files(&[&server], [PIXELS, LABELS]);
    // The second file comes in pieces of three bytes, each a new attempt; it is stopped at nine
    // bytes.
    let received = AtomicUsize::new(0);
    let mut note = |event: FetchEvent<'_>| match event {
        FetchEvent::Asking(_) => received.store(0, Ordering::SeqCst),
        FetchEvent::Downloading { bytes, .. } => received.store(bytes as usize, Ordering::SeqCst),
        _ => {}
    };
    let stop = || received.load(Ordering::SeqCst) == 9;
    let error = fetch_telling(folder.path(), &release, &mut note, &stop).unwrap_err();
    assert!(
        matches!(error, DataError::Stopped { bytes: 9, .. }),
        "{error}"
    );
    assert_eq!(left_in(folder.path()), ["labels.gz.part", "pixels.gz.part"]);
    let found = fetch_into(folder.path(), &release).unwrap();
    assert_eq!(fs::read(found.join("labels")).unwrap(), LABELS);
    assert_eq!(server.starts.lock().unwrap().last(), Some(&9));
    assert_eq!(left_in(folder.path()), ["set"]);
}

#[test]
fn where_one_server_fails_the_next_is_asked() {
    let page = serve_whole(b"<html>Log in</html>");
    let (none, whole) = (serve_nothing(), serve_gzip_files());
    let folder = tempfile::tempdir().unwrap();
    let release = gzip_files(&[&page, &none, &whole], [PIXELS, LABELS]);
    let mut problems = Vec::new();
    let mut note = |event: FetchEvent<'_>| {
        if let FetchEvent::NextMirror { problem } = event {
            problems.push(problem.to_owned());
        }
    };
    let found = fetch_telling(folder.path(), &release, &mut note, &|| false).unwrap();
    assert_eq!(fs::read(found.join("labels")).unwrap(), LABELS);
    assert_eq!(problems.len(), 4, "{problems:?}");
    assert!(problems[0].contains("it begins with \"<html>Log in</html>\""));
    assert!(problems[1].ends_with("the server answered 404"));

    // If all fail, the last one's error is reported.
    let folder = tempfile::tempdir().unwrap();
    let release = gzip_files(&[&page, &none], [PIXELS, LABELS]);
    let error = fetch_into(folder.path(), &release).unwrap_err();
    let told = format!(
        "cannot download \"{}pixels.gz\": the server answered 404",
        none.url
    );
    assert_eq!(error.to_string(), told);
    assert_eq!(left_in(folder.path()), Vec::<String>::new());
}

#[test]
fn the_second_server_goes_on_where_the_first_was_cut() {
    let first = serve(Box::new(|request, stream| match request.number {
        0 => send(stream, &gzipped(PIXELS), 0, 7),
        _ => send_status(stream, "503 Busy", ""),
    }));
    let second = serve_gzip_files();
    let folder = tempfile::tempdir().unwrap();
    let release = gzip_files(&[&first, &second], [PIXELS, LABELS]);
    fetch_into(folder.path(), &release).unwrap();
    assert_eq!(*second.starts.lock().unwrap(), [7, 0]);
}

#[test]
fn a_gzip_bomb_with_the_right_checksum_is_refused() {
    let zeros = vec![0; 8 << 20];
    let bomb = gzipped(&zeros);
    let server = serve_whole(&bomb);
    let folder = tempfile::tempdir().unwrap();
    let release = gzip_files(&[&server], [&zeros, &zeros]);
    let error = fetch_into(folder.path(), &release).unwrap_err().to_string();
    assert!(
        error.ends_with("pixels.gz.part\": more data than it should unpack to"),
        "{error}"
    );
    assert_eq!(left_in(folder.path()), ["labels.gz.part", "pixels.gz.part"]);
}

#[test]
fn files_that_the_user_brought_are_used_and_kept() {
    let server = serve_gzip_files();
    let folder = tempfile::tempdir().unwrap();
    let release = gzip_files(&[&server], [PIXELS, LABELS]);
    let brought = folder.path().join("pixels.gz");
    fs::write(&brought, b"something else").unwrap();
    let error = fetch_into(folder.path(), &release).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with(&format!("{brought:?} is damaged: MD5 is")),
        "{error}"
    );
    assert!(matches!(&error, DataError::Checksum { path, .. } if *path == brought));

    fs::write(&brought, gzipped(PIXELS)).unwrap();
    fetch_into(folder.path(), &release).unwrap();
    assert_eq!(server.requests.load(Ordering::SeqCst), 1);
    assert_eq!(left_in(folder.path()), ["pixels.gz", "set"]);
}

#[test]
fn whole_data_elsewhere_are_enough_and_damaged_ones_are_left_alone() {
    let server = serve_gzip_files();
    let root = tempfile::tempdir().unwrap();
    let raw = root.path().join("other/raw");
    fs::create_dir_all(&raw).unwrap();
    fs::write(raw.join("pixels"), PIXELS).unwrap();
    fs::write(raw.join("labels"), LABELS).unwrap();
    let release = gzip_files(&[&server], [PIXELS, LABELS]);
    assert_eq!(fetch_into(root.path(), &release).unwrap(), raw);
    assert_eq!(server.requests.load(Ordering::SeqCst), 0);

    fs::write(raw.join("labels"), b"lavels").unwrap();
    let fetched = root.path().join("set");
    assert_eq!(fetch_into(root.path(), &release).unwrap(), fetched);
    assert_eq!(fs::read(raw.join("labels")).unwrap(), b"lavels");

    // Damage in the fetch's own folder is reported.
    fs::write(fetched.join("labels"), b"lavels").unwrap();
    let error = fetch_into(root.path(), &release).unwrap_err();
    assert!(matches!(error, DataError::Checksum { .. }), "{error}");
}
