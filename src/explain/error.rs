//! Errors of an explanation, and hints on how to fix them.

use thiserror::Error;

use crate::run::{interrupted, nearest};

/// A failed explanation.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum ExplainError {
    /// The process was asked to stop.
    #[error("stopped by a signal")]
    Interrupted,
    /// The network has no such layer.
    #[error("unknown layer \"{layer}\"; known: {}", quoted(.known))]
    UnknownLayer {
        /// The requested name.
        layer: String,
        /// The network's layers, in forward order.
        known: Vec<String>,
    },
    /// There is no such method.
    #[error("unknown method \"{name}\"; known: {}", quoted(.known))]
    UnknownMethod {
        /// The requested name.
        name: String,
        /// All methods, in list order.
        known: Vec<String>,
    },
    /// The text is not a target rule.
    #[error("unknown target \"{name}\"; known: \"predicted\", \"true\", or a class index")]
    UnknownTarget {
        /// The text.
        name: String,
    },
    /// The network has fewer classes.
    #[error("unknown class {class}: the network has {classes}, 0 to {}", .classes.saturating_sub(1))]
    UnknownClass {
        /// The requested class.
        class: usize,
        /// The network's number of classes.
        classes: usize,
    },
    /// The target is the difference of a class and itself.
    #[error("class {class} minus itself is 0: there is nothing to explain")]
    NoDifference {
        /// The class on both sides.
        class: usize,
    },
    /// The text is not a quantity.
    #[error("unknown quantity \"{name}\"; known: \"logit\", \"probability\", or \"minus:CLASS\"")]
    UnknownQuantity {
        /// The text.
        name: String,
    },
    /// A method that reads the final layer's weights was given a score that is not linear in the
    /// logits.
    #[error(
        "method \"{method}\" cannot explain a {quantity}: it knows the weights of logits alone"
    )]
    NotLinear {
        /// The method's name.
        method: String,
        /// The quantity to explain, such as "probability".
        quantity: String,
    },
    /// Resuming from a layer gives another score than the whole forward pass.
    #[error(
        "going on from layer \"{layer}\" gives the score {from_layer}, the whole forward {whole}"
    )]
    OtherScore {
        /// The layer.
        layer: String,
        /// The score when resuming from the layer's activation.
        from_layer: f32,
        /// The score of the whole forward pass.
        whole: f32,
    },
    /// A custom score is not one number per image.
    #[error("{scores} scores for {images} images")]
    ScoreCount {
        /// The number of scores.
        scores: usize,
        /// The number of images.
        images: usize,
    },
    /// The target is the true class, but the images have no labels.
    #[error("the target is the true class, but the images have no labels")]
    NoLabels,
    /// The number of labels is not the number of images.
    #[error("{labels} labels for {images} images")]
    LabelCount {
        /// The number of labels.
        labels: usize,
        /// The number of images.
        images: usize,
    },
    /// The request names no layer.
    #[error("no layer to explain was named; known: {}", quoted(.known))]
    NoLayer {
        /// The network's layers, in forward order.
        known: Vec<String>,
    },
    /// The request names no method.
    #[error("no method to explain with was named; known: {}", quoted(.known))]
    NoMethod {
        /// All methods, in list order.
        known: Vec<String>,
    },
    /// A method that reads the final layer's weights was given a network without such a layer.
    #[error(
        "method \"{method}\" cannot explain layer \"{layer}\": it needs global average pooling and \
         one linear layer between it and the logits, and the network has {head}"
    )]
    NotPooledLinear {
        /// The method's name.
        method: String,
        /// The requested layer.
        layer: String,
        /// The network's description of its head.
        head: String,
        /// The layers of this network that the method can explain.
        usable: Vec<String>,
    },
    /// The network is in training mode.
    #[error("the network is not in inference mode: {reason}")]
    NotInference {
        /// The evidence for it.
        reason: String,
    },
    /// The logits do not depend on the observed layer.
    #[error("the logits do not depend on layer \"{layer}\"")]
    NoGradient {
        /// The observed layer.
        layer: String,
    },
    /// A forward or backward pass gave infinities or NaN.
    #[error("{quantity} of \"{place}\" holds a value that is not finite")]
    NonFiniteEvidence {
        /// `"activation"`, `"gradient"`, `"logits"`, `"output"` or `"score"`.
        quantity: &'static str,
        /// The layer, or the network's output.
        place: String,
    },
    /// The text is not a target of a predicted frame.
    #[error(
        "unknown target \"{name}\"; known: \"frame\", {}, or \"box:x0,y0,x1,y1\"",
        quoted(.known)
    )]
    UnknownFrameTarget {
        /// The text.
        name: String,
        /// The digits.
        known: Vec<String>,
    },
    /// Four numbers that are not a box of a frame.
    #[error("\"{given}\" is no box: x0,y0,x1,y1 in pixels, x0 < x1 and y0 < y1, at most {side}")]
    BadBox {
        /// The numbers as given.
        given: String,
        /// Height and width of a frame, in pixels.
        side: usize,
    },
    /// A method that needs more than the gradient was requested for hidden states.
    #[error("method \"{method}\" cannot explain hidden states; known: {}", quoted(.usable))]
    NotGradient {
        /// The method's name.
        method: String,
        /// The methods that can explain hidden states.
        usable: Vec<String>,
    },
    /// A method gave infinities or NaN from finite evidence.
    #[error("the map of method \"{method}\" at layer \"{layer}\" is not finite")]
    NonFiniteMap {
        /// The method's name.
        method: String,
        /// The layer.
        layer: String,
    },
}

impl ExplainError {
    /// Fails if the process was asked to stop.
    pub(super) fn unless_interrupted() -> Result<(), Self> {
        match interrupted() {
            true => Err(Self::Interrupted),
            false => Ok(()),
        }
    }

    /// Returns a hint on how to fix the error, if there is one.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::UnknownLayer { layer: name, known } | Self::UnknownMethod { name, known } => {
                nearest(name, known.iter().map(String::as_str))
                    .map(|near| format!("did you mean \"{near}\"?"))
            }
            Self::NotPooledLinear { usable, .. } => Some(match usable.last() {
                Some(layer) => format!("explain layer \"{layer}\", or use method \"grad-cam\""),
                None => "choose a network with head = \"average-pool\", or use method \
                         \"grad-cam\""
                    .to_owned(),
            }),
            Self::NotInference { .. } => Some(
                "explain what `network.valid()` returns, with images on a device without autodiff"
                    .to_owned(),
            ),
            Self::NoGradient { .. } => {
                Some("let the forward go on with the tensor that `tap.observe` returns".to_owned())
            }
            Self::NotLinear { .. } => Some("use method \"grad-cam\"".to_owned()),
            Self::NoDifference { .. } => Some("take two classes that differ".to_owned()),
            Self::OtherScore { .. } => Some(
                "let `forward_from` return none where the logits depend on more than that layer"
                    .to_owned(),
            ),
            Self::ScoreCount { .. } => {
                Some("let the score return one number a row of the output".to_owned())
            }
            Self::NonFiniteEvidence { .. } => Some(
                "explain an earlier checkpoint, or train with a lower learning rate".to_owned(),
            ),
            _ => None,
        }
    }
}

fn quoted(names: &[String]) -> String {
    if names.is_empty() {
        return "none".to_owned();
    }
    names
        .iter()
        .map(|name| format!("\"{name}\""))
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_layer_lists_the_known_ones_and_hints_at_the_nearest() {
        let error = ExplainError::UnknownLayer {
            layer: "block5".into(),
            known: vec!["stem".into(), "block-4".into(), "block-5".into()],
        };
        assert_eq!(
            error.to_string(),
            "unknown layer \"block5\"; known: \"stem\", \"block-4\", \"block-5\""
        );
        assert_eq!(error.hint().as_deref(), Some("did you mean \"block-5\"?"));
    }

    #[test]
    fn a_name_like_none_of_the_known_gets_no_hint() {
        let known = vec!["cam".into(), "grad-cam".into()];
        assert_eq!(
            ExplainError::UnknownMethod {
                name: "lime".into(),
                known
            }
            .hint(),
            None
        );
    }

    #[test]
    fn a_method_without_its_head_says_what_the_network_has_and_what_to_choose() {
        let mut error = ExplainError::NotPooledLinear {
            method: "cam".into(),
            layer: "block-5".into(),
            head: "head = \"flatten\"".into(),
            usable: Vec::new(),
        };
        assert_eq!(
            error.to_string(),
            "method \"cam\" cannot explain layer \"block-5\": it needs global average pooling and \
             one linear layer between it and the logits, and the network has head = \"flatten\""
        );
        assert_eq!(
            error.hint().as_deref(),
            Some("choose a network with head = \"average-pool\", or use method \"grad-cam\"")
        );
        if let ExplainError::NotPooledLinear { usable, .. } = &mut error {
            usable.push("block-6".into());
        }
        assert_eq!(
            error.hint().as_deref(),
            Some("explain layer \"block-6\", or use method \"grad-cam\"")
        );
    }
}
