//! Downloads one file over HTTP into a `.part` file, resuming an earlier attempt.
//!
//! A separate thread reads from the network, so that a stop request is answered within a tenth of a
//! second even if the server is silent.

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use ureq::http::StatusCode;
use ureq::http::header::{CONTENT_LENGTH, CONTENT_RANGE, LOCATION, RANGE};
use ureq::{Agent, Body, http::Response};

use crate::data::error::DataError;
use crate::data::fetch_event::FetchEvent;
use crate::run::open_own;

/// Time limit of the name lookup and the connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);

/// Time limit for a silent server, before its response and between two reads.
const SILENCE_TIMEOUT: Duration = Duration::from_secs(30);

/// Interval between checks for a stop request.
const STOP_CHECK: Duration = Duration::from_millis(100);

/// Bytes per piece from the network thread, and the maximum number of queued pieces.
const CHUNK: usize = 1 << 17;
const WAITING_CHUNKS: usize = 16;

/// Redirects followed before giving up.
const MOST_REDIRECTS: usize = 5;

/// When to retry after an interrupted transfer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RetryPolicy {
    /// Number of consecutive attempts without a new byte, including the first.
    pub(crate) tries: u32,
    /// Pause after the first failure; it doubles after each further one.
    pub(crate) pause: Duration,
}

impl RetryPolicy {
    /// Five attempts within about fifteen seconds.
    pub(crate) const USUAL: Self = Self {
        tries: 5,
        pause: Duration::from_secs(1),
    };
}

/// What to download, and how.
pub(crate) struct Download<'a> {
    pub(crate) url: &'a str,
    /// The unfinished file; the bytes that it holds are not requested again.
    pub(crate) part: &'a Path,
    /// Maximum number of bytes.
    pub(crate) cap: u64,
    pub(crate) retry: RetryPolicy,
    pub(crate) should_stop: &'a dyn Fn() -> bool,
}

/// A message of the network thread.
enum Message {
    /// The response began: its body starts at this byte of the file, which will have `total` bytes.
    Start {
        offset: u64,
        total: Option<u64>,
    },
    Bytes(Vec<u8>),
    Done,
    Failed(Failure),
}

/// Why one attempt ended.
enum Failure {
    /// A retry may help.
    Passing(String),
    /// The server answered with an error status.
    Status(u16),
    /// A retry cannot help.
    Final(DataError),
}

impl Download<'_> {
    /// Downloads until the `.part` file is complete. The content is not checked here.
    ///
    /// # Errors
    /// [`DataError::Transfer`] or [`DataError::Status`] when the attempts are used up,
    /// [`DataError::Redirect`], [`DataError::Stopped`], [`DataError::Io`]. The `.part` file
    /// remains; it is emptied if more than the allowed bytes came.
    pub(crate) fn run(&self, progress: &mut dyn FnMut(FetchEvent<'_>)) -> Result<(), DataError> {
        let mut failures = 0;
        loop {
            let before = self.kept();
            let failure = match self.try_once(progress)? {
                None => return Ok(()),
                Some(failure) => failure,
            };
            failures = if self.kept() > before {
                1
            } else {
                failures + 1
            };
            let (problem, final_error) = match failure {
                Failure::Final(error) => return Err(error),
                Failure::Passing(problem) => {
                    let kept = Some(self.kept()).filter(|bytes| *bytes > 0);
                    let kept = kept.map(|bytes| (self.part.to_path_buf(), bytes));
                    (
                        problem.clone(),
                        DataError::Transfer {
                            url: self.url.into(),
                            problem,
                            kept,
                        },
                    )
                }
                Failure::Status(status) => (
                    format!("the server answered {status}"),
                    DataError::Status {
                        url: self.url.into(),
                        status,
                    },
                ),
            };
            if failures >= self.retry.tries || final_error.is_lasting() {
                return Err(final_error);
            }
            let pause = self.retry.pause * 2u32.saturating_pow(failures - 1);
            progress(FetchEvent::Retrying {
                problem: &problem,
                pause,
            });
            self.wait(pause)?;
        }
    }

    /// Returns the number of bytes in the `.part` file.
    fn kept(&self) -> u64 {
        self.part.metadata().map_or(0, |metadata| metadata.len())
    }

    fn stopped(&self) -> DataError {
        DataError::Stopped {
            path: self.part.to_path_buf(),
            bytes: self.kept(),
        }
    }

    fn wait(&self, pause: Duration) -> Result<(), DataError> {
        let end = Instant::now() + pause;
        while Instant::now() < end {
            if (self.should_stop)() {
                return Err(self.stopped());
            }
            thread::sleep(STOP_CHECK.min(pause));
        }
        Ok(())
    }

    /// Makes one request; returns `None` if the file is already complete.
    fn try_once(
        &self,
        progress: &mut dyn FnMut(FetchEvent<'_>),
    ) -> Result<Option<Failure>, DataError> {
        let mut options = File::options();
        options.create(true).append(true);
        let mut file =
            open_own(self.part, &mut options).map_err(DataError::io("write", self.part))?;
        let offset = self.kept();
        let (sender, receiver) = sync_channel(WAITING_CHUNKS);
        let url = self.url.to_owned();
        // Not joined: after a stop it may wait in a read until its time-out; its next send ends it.
        thread::spawn(move || {
            if let Err(failure) = transfer(&url, offset, &sender) {
                // A send fails only if the receiver is gone.
                let _ = sender.send(Message::Failed(failure));
            }
        });
        let outcome = self.receive(&receiver, &mut file, progress);
        file.sync_all().map_err(DataError::io("write", self.part))?;
        outcome
    }

    fn receive(
        &self,
        receiver: &Receiver<Message>,
        file: &mut File,
        progress: &mut dyn FnMut(FetchEvent<'_>),
    ) -> Result<Option<Failure>, DataError> {
        let mut bytes = 0;
        let mut expected = None;
        loop {
            if (self.should_stop)() {
                return Err(self.stopped());
            }
            match receiver.recv_timeout(STOP_CHECK) {
                Ok(Message::Start { offset, total }) => {
                    // The server may not support ranges and start again.
                    file.set_len(offset)
                        .map_err(DataError::io("write", self.part))?;
                    (bytes, expected) = (offset, total);
                    progress(FetchEvent::Downloading { bytes, total });
                }
                Ok(Message::Bytes(chunk)) => {
                    bytes += chunk.len() as u64;
                    if bytes > self.cap {
                        file.set_len(0).map_err(DataError::io("write", self.part))?;
                        let problem = format!("more than the {} bytes allowed", self.cap);
                        return Ok(Some(Failure::Final(self.transfer_error(problem))));
                    }
                    file.write_all(&chunk)
                        .map_err(DataError::io("write", self.part))?;
                    progress(FetchEvent::Downloading {
                        bytes,
                        total: expected,
                    });
                }
                Ok(Message::Done) => {
                    return Ok(match expected {
                        Some(total) if bytes < total => Some(Failure::Passing(format!(
                            "cut after {bytes} of {total} bytes"
                        ))),
                        _ => None,
                    });
                }
                Ok(Message::Failed(failure)) => return Ok(Some(failure)),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    return Ok(Some(Failure::Passing(
                        "the network thread ended early".into(),
                    )));
                }
            }
        }
    }

    fn transfer_error(&self, problem: String) -> DataError {
        DataError::Transfer {
            url: self.url.into(),
            problem,
            kept: None,
        }
    }
}

/// Requests `url` from byte `offset` and sends the received bytes.
fn transfer(url: &str, offset: u64, sender: &SyncSender<Message>) -> Result<(), Failure> {
    let passing = |error: ureq::Error| Failure::Passing(error.to_string());
    let response = request(url, offset)?;
    let length = header(&response, CONTENT_LENGTH.as_str()).and_then(|text| text.parse().ok());
    let (start, total): (u64, Option<u64>) = match response.status() {
        StatusCode::OK => (0, length),
        StatusCode::PARTIAL_CONTENT => {
            let from = header(&response, CONTENT_RANGE.as_str()).and_then(range_start);
            if from != Some(offset) {
                return Err(Failure::Passing("the server sent another range".into()));
            }
            (offset, length.map(|length: u64| length + offset))
        }
        // There is nothing after the kept bytes: they are the whole file, which its checksum will
        // verify.
        StatusCode::RANGE_NOT_SATISFIABLE if offset > 0 => (offset, Some(offset)),
        status => return Err(Failure::Status(status.as_u16())),
    };
    let nobody = |_| Failure::Passing("stopped".into());
    sender
        .send(Message::Start {
            offset: start,
            total,
        })
        .map_err(nobody)?;
    if total != Some(start) {
        let mut reader = response.into_body().into_reader();
        loop {
            let mut chunk = vec![0; CHUNK];
            let count = reader
                .read(&mut chunk)
                .map_err(|error| passing(error.into()))?;
            if count == 0 {
                break;
            }
            chunk.truncate(count);
            sender.send(Message::Bytes(chunk)).map_err(nobody)?;
        }
    }
    sender.send(Message::Done).map_err(nobody)
}

/// Sends the request and follows redirects, but never from https to another protocol.
fn request(url: &str, offset: u64) -> Result<Response<Body>, Failure> {
    let agent: Agent = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .accept_encoding("identity")
        .timeout_resolve(Some(CONNECT_TIMEOUT))
        .timeout_connect(Some(CONNECT_TIMEOUT))
        .timeout_recv_response(Some(SILENCE_TIMEOUT))
        .timeout_per_read(Some(SILENCE_TIMEOUT))
        .build()
        .into();
    let mut url = url.to_owned();
    for _ in 0..=MOST_REDIRECTS {
        let mut request = agent.get(&url);
        if offset > 0 {
            request = request.header(RANGE, format!("bytes={offset}-"));
        }
        let response = request
            .call()
            .map_err(|error| Failure::Passing(error.to_string()))?;
        match header(&response, LOCATION.as_str()) {
            Some(location) if response.status().is_redirection() => {
                url = redirect_target(&url, location).map_err(Failure::Final)?;
            }
            _ => return Ok(response),
        }
    }
    Err(Failure::Passing(format!(
        "more than {MOST_REDIRECTS} redirects"
    )))
}

fn header<'a>(response: &'a Response<Body>, name: &str) -> Option<&'a str> {
    response
        .headers()
        .get(name)
        .and_then(|value| value.to_str().ok())
}

/// Returns the first byte of a range such as `bytes 100-199/200`.
fn range_start(text: &str) -> Option<u64> {
    text.strip_prefix("bytes ")?.split('-').next()?.parse().ok()
}

/// Returns the target of a redirect from `from`.
///
/// # Errors
/// [`DataError::Redirect`] if it leaves https or names another protocol.
fn redirect_target(from: &str, location: &str) -> Result<String, DataError> {
    let (scheme, rest) = from.split_once("://").unwrap_or(("https", from));
    let host = rest.split('/').next().unwrap_or(rest);
    let target = if location.contains("://") {
        location.to_owned()
    } else if location.starts_with("//") {
        format!("{scheme}:{location}")
    } else if location.starts_with('/') {
        format!("{scheme}://{host}{location}")
    } else {
        let folder = rest.rsplit_once('/').map_or(rest, |(folder, _)| folder);
        format!("{scheme}://{folder}/{location}")
    };
    let lower = target.to_ascii_lowercase();
    let secure = lower.starts_with("https://");
    let allowed = secure || (lower.starts_with("http://") && !scheme.eq_ignore_ascii_case("https"));
    if allowed {
        Ok(target)
    } else {
        Err(DataError::Redirect {
            from: from.to_owned(),
            to: target,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirects_stay_on_https() {
        let from = "https://a.org/x/y.gz";
        let to = |location| redirect_target(from, location).map_err(|error| error.to_string());
        assert_eq!(to("https://b.org/z").unwrap(), "https://b.org/z");
        assert_eq!(to("//b.org/z").unwrap(), "https://b.org/z");
        assert_eq!(to("/z").unwrap(), "https://a.org/z");
        assert_eq!(to("z").unwrap(), "https://a.org/x/z");
        let refused = "refused a redirect from \"https://a.org/x/y.gz\" to ";
        assert_eq!(
            to("http://b.org/z").unwrap_err(),
            format!("{refused}\"http://b.org/z\"")
        );
        assert_eq!(
            to("file:///etc/x").unwrap_err(),
            format!("{refused}\"file:///etc/x\"")
        );
        assert!(redirect_target("http://a.org/x", "http://b.org/z").is_ok());
    }

    #[test]
    fn range_headers_give_their_start() {
        assert_eq!(range_start("bytes 100-199/200"), Some(100));
        assert_eq!(range_start("items 1-2/3"), None);
    }
}
