//! Shows a fetch on standard error: a bar on a terminal, a few plain lines when piped.

use std::io::{IsTerminal, stderr};

use indicatif::{HumanBytes, ProgressBar, ProgressStyle};

use crate::data::FetchEvent;

use super::output::note;

/// Bytes, share, rate and remaining time; no share if the size is unknown.
const BAR: &str = "{bar:30} {bytes}/{total_bytes} {binary_bytes_per_sec}, {eta} left";
const SPINNER: &str = "{spinner} {bytes} {binary_bytes_per_sec}";

/// Step between plain lines, in percent of the download.
const LINE_STEP: u64 = 10;

/// Writes the events of one fetch to standard error.
#[derive(Debug)]
pub(super) struct FetchProgress {
    on_terminal: bool,
    bar: Option<ProgressBar>,
    next_percent: u64,
}

impl FetchProgress {
    /// Returns a display for the kind of standard error.
    pub(super) fn new() -> Self {
        Self {
            on_terminal: stderr().is_terminal(),
            bar: None,
            next_percent: 0,
        }
    }

    /// Shows one event.
    pub(super) fn show(&mut self, event: FetchEvent<'_>) {
        if let FetchEvent::Downloading { bytes, total } = event {
            if self.on_terminal {
                self.advance_bar(bytes, total);
                return;
            }
        } else if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
        if let Some(line) = line(event, &mut self.next_percent) {
            note(line);
        }
    }

    fn advance_bar(&mut self, bytes: u64, total: Option<u64>) {
        let bar = self.bar.get_or_insert_with(|| {
            let bar = total.map_or_else(ProgressBar::no_length, ProgressBar::new);
            let template = if total.is_some() { BAR } else { SPINNER };
            bar.set_style(
                ProgressStyle::with_template(template).expect("the templates above are constant"),
            );
            // A resumed download: existing bytes do not count for the rate.
            bar.set_position(bytes);
            bar.reset_eta();
            bar
        });
        bar.set_position(bytes);
    }
}

/// Returns the plain line for an event, if it has one.
fn line(event: FetchEvent<'_>, next_percent: &mut u64) -> Option<String> {
    Some(match event {
        FetchEvent::Waiting => "waiting: another process fetches the same data".into(),
        FetchEvent::AlreadyThere(folder) => format!("already in {folder:?}, checked"),
        FetchEvent::Asking(url) => {
            // Another file, or the same from another server.
            *next_percent = 0;
            format!("from {url}")
        }
        FetchEvent::NextMirror { problem } => format!("{problem}; trying another server"),
        FetchEvent::Downloading { bytes, total: None } => {
            // Unknown size: one line, at the start.
            if std::mem::replace(next_percent, u64::MAX) == u64::MAX {
                return None;
            }
            format!("downloading, {} here", HumanBytes(bytes))
        }
        FetchEvent::Downloading {
            bytes,
            total: Some(total),
        } => {
            let percent = bytes.saturating_mul(100) / total.max(1);
            if percent < *next_percent {
                return None;
            }
            *next_percent = percent / LINE_STEP * LINE_STEP + LINE_STEP;
            format!(
                "downloading, {} of {} ({percent} %)",
                HumanBytes(bytes),
                HumanBytes(total)
            )
        }
        FetchEvent::Retrying { problem, pause } => {
            format!("{problem}; trying again in {} s", pause.as_secs_f32())
        }
        FetchEvent::Verifying => "verifying".into(),
        FetchEvent::Unpacking => "unpacking and checking".into(),
        FetchEvent::Done(folder) => format!("done: {folder:?}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn piped_lines_come_every_ten_percent() {
        let mut next = 0;
        let lines: Vec<String> = (0..=1000)
            .filter_map(|i| {
                let event = FetchEvent::Downloading {
                    bytes: i << 20,
                    total: Some(1000 << 20),
                };
                line(event, &mut next)
            })
            .collect();
        assert_eq!(lines.len(), 11);
        assert_eq!(lines[0], "downloading, 0 B of 1000.00 MiB (0 %)");
        assert_eq!(lines[10], "downloading, 1000.00 MiB of 1000.00 MiB (100 %)");
    }

    #[test]
    fn the_next_file_begins_at_nothing() {
        let mut next = 0;
        let part = FetchEvent::Downloading {
            bytes: 512,
            total: Some(1024),
        };
        let first = line(part, &mut next).unwrap();
        assert_eq!(first, "downloading, 512 B of 1.00 KiB (50 %)");
        assert_eq!(line(part, &mut next), None);
        let asking = FetchEvent::Asking("https://a.org/b.gz");
        assert_eq!(line(asking, &mut next).unwrap(), "from https://a.org/b.gz");
        assert_eq!(line(part, &mut next).unwrap(), first);
    }

    #[test]
    fn an_unknown_size_gives_one_line() {
        let mut next = 0;
        let event = FetchEvent::Downloading {
            bytes: 2048,
            total: None,
        };
        assert_eq!(
            line(event, &mut next).unwrap(),
            "downloading, 2.00 KiB here"
        );
        assert_eq!(line(event, &mut next), None);
    }
}
