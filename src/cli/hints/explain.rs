//! How to fix an explanation that failed.

use crate::explain::ExplainError;

/// Returns how to fix `error`.
pub(in crate::cli) fn explain(error: &ExplainError) -> Option<String> {
    match error {
        ExplainError::NotPooledLinear { .. } => error
            .hint()
            .map(|hint| format!("train such a head with --retrain-head, or {hint}")),
        _ => error.hint(),
    }
}
