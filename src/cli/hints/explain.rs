//! How to fix an explanation that failed.

use crate::explain::ExplainError;

/// Returns how to fix `error`; `reads` states whether the verb reads an option.
pub(in crate::cli) fn explain(
    error: &ExplainError,
    reads: &dyn Fn(&str) -> bool,
) -> Option<String> {
    // A network with weights from a file: it cannot be trained here.
    let pretrained = reads("--weights");
    match error {
        ExplainError::NotPooledLinear { usable, .. } if usable.is_empty() && pretrained => Some(
            "use method \"grad-cam\", or a network that CAM can explain, such as resnet50"
                .to_string(),
        ),
        ExplainError::NotPooledLinear { .. } => {
            error.hint().map(|hint| match reads("--retrain-head") {
                true => format!("train such a head with --retrain-head, or {hint}"),
                false => hint,
            })
        }
        ExplainError::NonFiniteEvidence { .. } if pretrained => {
            Some("take other weights: these give values that are not finite".to_string())
        }
        ExplainError::UnknownFrameTarget { .. } => {
            Some("for example --target digit-1, or --target box:8,8,24,24".to_string())
        }
        ExplainError::BadBox { side, .. } => Some(format!(
            "give the left, top, right and bottom edge in pixels from 0 to {side}, such as \
             --target box:8,8,24,24"
        )),
        _ => error.hint(),
    }
}
