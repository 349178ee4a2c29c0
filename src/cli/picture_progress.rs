//! Shows on standard error that pictures are decoded: a bar on a terminal, two plain lines when piped.

use std::io::{IsTerminal, stderr};
use std::sync::Mutex;

use crate::data::{PictureEvent, follow_pictures};
use crate::study::Progress;

use super::output::note;
use super::progress::Bar;

/// Follows the decoding of pictures in this process.
pub(super) fn show_decoding() {
    let bar: Mutex<Option<(Bar, usize)>> = Mutex::new(None);
    follow_pictures(move |event| match event {
        PictureEvent::DamagedCache { cache, problem } => note(format!(
            "warning: the decoded pictures in {cache:?} are damaged ({problem}), decoding again"
        )),
        PictureEvent::Decoding {
            folder,
            done,
            total,
        } => {
            if done == 0 {
                note(format!("decoding {total} pictures of {folder:?}, once"));
            }
            // A panic while showing loses no more than a bar.
            if let Ok(mut bar) = bar.lock()
                && stderr().is_terminal()
            {
                let (bar, shown) =
                    bar.get_or_insert_with(|| (Bar::new("decoding", Some(total)), 0));
                bar.advance(done - *shown);
                *shown = done;
            }
        }
        PictureEvent::Decoded { folder, total } => {
            if let Ok(mut bar) = bar.lock() {
                bar.take();
            }
            note(format!("decoded {total} pictures of {folder:?}"));
        }
    });
}
