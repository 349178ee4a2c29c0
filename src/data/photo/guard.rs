//! Guards image decoders: a panic in third-party decoding code becomes an error of its file. A
//! panic hook can query whether a decoder is being guarded.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::device::panic_text;

thread_local! {
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Returns what `work` returns, or the message of its panic.
pub(super) fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    let before = GUARDED.replace(true);
    let answer = catch_unwind(AssertUnwindSafe(work));
    GUARDED.set(before);
    answer.map_err(|payload| panic_text(payload.as_ref()))
}

/// Returns whether a panic of this thread becomes an error, so that it need not be reported.
pub fn is_guarded() -> bool {
    GUARDED.get()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_its_first_line_and_the_guard_ends_with_it() {
        assert_eq!(guarded(is_guarded), Ok(true));
        let gone: Result<(), String> = guarded(|| panic!("\n  no row {}\nmore", 7));
        assert_eq!(gone, Err("no row 7".to_owned()));
        assert!(!is_guarded());
    }
}
