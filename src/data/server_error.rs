//! Whether a failed download is worth another attempt, on the same server or another.

use crate::data::error::DataError;

impl DataError {
    /// Returns whether the server's answer stays the same: "no such file" and the like, but not
    /// "too slow" (408) or "too often" (429).
    pub(crate) fn is_lasting(&self) -> bool {
        let Self::Status { status, .. } = self else {
            return false;
        };
        (400..500).contains(status) && ![408, 429].contains(status)
    }

    /// Returns whether another server may succeed.
    pub(crate) fn is_of_the_server(&self) -> bool {
        matches!(
            self,
            Self::Transfer { .. }
                | Self::Status { .. }
                | Self::Redirect { .. }
                | Self::WrongContent { .. }
        )
    }
}
