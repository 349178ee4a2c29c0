//! The explained class of each image, and its quantity.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use burn::tensor::Tensor;

use super::{ExplainError, Quantity};

/// The rule for the explained class of an image.
///
/// Parsed and printed as `"predicted"`, `"true"`, or a class index from 0.
///
/// # Examples
///
/// ```
/// use camtrail::explain::TargetRule;
///
/// assert_eq!("17".parse(), Ok(TargetRule::Class(17)));
/// assert_eq!(TargetRule::Predicted.to_string(), "predicted");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TargetRule {
    /// The class with the largest logit; among equals, the first.
    Predicted,
    /// The label.
    True,
    /// One class for all images.
    Class(usize),
}

impl FromStr for TargetRule {
    type Err = ExplainError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "predicted" => Ok(Self::Predicted),
            "true" => Ok(Self::True),
            index => index
                .parse()
                .map(Self::Class)
                .map_err(|_| ExplainError::UnknownTarget {
                    name: text.to_owned(),
                }),
        }
    }
}

impl fmt::Display for TargetRule {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Predicted => formatter.write_str("predicted"),
            Self::True => formatter.write_str("true"),
            Self::Class(class) => write!(formatter, "{class}"),
        }
    }
}

/// A rule, the labels of its images, and the explained quantity of the class.
///
/// # Examples
///
/// ```
/// use camtrail::explain::{Quantity, TargetSpec};
///
/// let why_not_class_3 = TargetSpec::predicted().of(Quantity::Minus(3));
/// assert_eq!(TargetSpec::predicted().quantity, Quantity::Logit);
/// assert_eq!(why_not_class_3.quantity.to_string(), "minus:3");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetSpec {
    /// The rule.
    pub rule: TargetRule,
    /// The true class of each image, if known. [`TargetRule::True`] needs it.
    pub labels: Option<Vec<usize>>,
    /// The explained quantity of the target class.
    pub quantity: Quantity,
}

impl TargetSpec {
    /// Returns the logit of the class selected by `rule`, without labels.
    pub fn new(rule: TargetRule) -> Self {
        Self {
            rule,
            labels: None,
            quantity: Quantity::Logit,
        }
    }

    /// Returns the target of the predicted class of each image.
    pub fn predicted() -> Self {
        Self::new(TargetRule::Predicted)
    }

    /// Returns the target of each image's label.
    pub fn labelled(labels: Vec<usize>) -> Self {
        Self::new(TargetRule::True).with_labels(labels)
    }

    /// Returns the target `class` for every image.
    pub fn class(class: usize) -> Self {
        Self::new(TargetRule::Class(class))
    }

    /// Returns the same target with the true class of each image.
    #[must_use]
    pub fn with_labels(self, labels: Vec<usize>) -> Self {
        Self {
            labels: Some(labels),
            ..self
        }
    }

    /// Returns the same class with another quantity than its logit.
    #[must_use]
    pub fn of(self, quantity: Quantity) -> Self {
        Self { quantity, ..self }
    }

    /// Returns the target class of each image.
    ///
    /// # Shapes
    ///
    /// - `logits`: `[batch, classes]`
    /// - returned: `[batch]`
    ///
    /// # Errors
    ///
    /// If the true class is requested without one label per image, if a class is not below the
    /// number of classes, or if the quantity is the difference of a class and itself for every
    /// image.
    pub fn resolve(&self, logits: &Tensor<2>) -> Result<Vec<usize>, ExplainError> {
        let [batch, classes] = logits.dims();
        if let Quantity::Minus(class) = self.quantity {
            if class >= classes {
                return Err(ExplainError::UnknownClass { class, classes });
            }
            if self.rule == TargetRule::Class(class) {
                return Err(ExplainError::NoDifference { class });
            }
        }
        let target_class = match self.rule {
            TargetRule::Predicted => return Ok(predicted_classes(logits)),
            TargetRule::Class(class) => vec![class; batch],
            TargetRule::True => {
                self.check_labels(batch)?;
                self.labels.clone().ok_or(ExplainError::NoLabels)?
            }
        };
        match target_class.iter().find(|class| **class >= classes) {
            Some(&class) => Err(ExplainError::UnknownClass { class, classes }),
            None => Ok(target_class),
        }
    }

    /// Fails unless there is one label per image or no labels.
    ///
    /// # Errors
    ///
    /// [`ExplainError::LabelCount`].
    pub fn check_labels(&self, images: usize) -> Result<(), ExplainError> {
        match &self.labels {
            Some(labels) if labels.len() != images => Err(ExplainError::LabelCount {
                labels: labels.len(),
                images,
            }),
            _ => Ok(()),
        }
    }

    /// Returns the same rule for the images of `range`. [`check_labels`](Self::check_labels) must
    /// have passed.
    pub(super) fn part(&self, range: Range<usize>) -> Self {
        let labels = self.labels.as_ref().map(|labels| labels[range].to_vec());
        Self {
            labels,
            ..self.clone()
        }
    }
}

/// Returns the class with the largest logit of each image; among equals, the first.
///
/// # Shapes
///
/// - `logits`: `[batch, classes]`
/// - returned: `[batch]`
pub fn predicted_classes(logits: &Tensor<2>) -> Vec<usize> {
    let [_, classes] = logits.dims();
    let values: Vec<f32> = logits.to_data().iter::<f32>().collect();
    values
        .chunks_exact(classes)
        .map(|row| {
            (1..classes).fold(
                0,
                |best, class| if row[class] > row[best] { class } else { best },
            )
        })
        .collect()
}

/// Returns the softmax probability of each image's class, 0 to 1.
///
/// # Shapes
///
/// - `probabilities`: `[batch, classes]`
/// - `target_class`, returned: `[batch]`
pub(super) fn probabilities_of(probabilities: &Tensor<2>, target_class: &[usize]) -> Vec<f32> {
    let [_batch, classes] = probabilities.dims();
    let values: Vec<f32> = probabilities.to_data().iter::<f32>().collect();
    let targets = target_class.iter().enumerate();
    targets
        .map(|(image, class)| values[image * classes + class])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Device;

    fn logits() -> Tensor<2> {
        Tensor::from_floats([[0.1, 0.7, 0.7], [2.0, -1.0, 0.0]], &Device::flex())
    }

    #[test]
    fn the_predicted_class_is_the_first_of_the_largest() {
        assert_eq!(TargetSpec::predicted().resolve(&logits()), Ok(vec![1, 0]));
    }

    #[test]
    fn the_true_class_is_the_label() {
        assert_eq!(
            TargetSpec::labelled(vec![2, 1]).resolve(&logits()),
            Ok(vec![2, 1])
        );
    }

    #[test]
    fn one_class_serves_all_images() {
        assert_eq!(TargetSpec::class(2).resolve(&logits()), Ok(vec![2, 2]));
    }

    #[test]
    fn a_class_beyond_the_last_is_unknown() {
        let unknown = ExplainError::UnknownClass {
            class: 3,
            classes: 3,
        };
        assert_eq!(
            unknown.to_string(),
            "unknown class 3: the network has 3, 0 to 2"
        );
        assert_eq!(
            TargetSpec::class(3).resolve(&logits()),
            Err(unknown.clone())
        );
        assert_eq!(
            TargetSpec::labelled(vec![0, 3]).resolve(&logits()),
            Err(unknown)
        );
    }

    #[test]
    fn a_difference_needs_two_known_classes() {
        let against = |class, other| {
            let spec = TargetSpec::class(class).of(Quantity::Minus(other));
            spec.resolve(&logits())
        };
        assert_eq!(against(2, 0), Ok(vec![2, 2]));
        let alone = ExplainError::NoDifference { class: 2 };
        assert_eq!(
            alone.to_string(),
            "class 2 minus itself is 0: there is nothing to explain"
        );
        assert_eq!(against(2, 2), Err(alone));
        let unknown = ExplainError::UnknownClass {
            class: 3,
            classes: 3,
        };
        assert_eq!(against(2, 3), Err(unknown));
    }

    #[test]
    fn labels_are_needed_one_an_image() {
        let missing = TargetSpec::new(TargetRule::True);
        assert_eq!(missing.resolve(&logits()), Err(ExplainError::NoLabels));
        assert_eq!(
            TargetSpec::labelled(vec![1]).resolve(&logits()),
            Err(ExplainError::LabelCount {
                labels: 1,
                images: 2
            })
        );
    }

    #[test]
    fn a_rule_reads_back_as_it_prints() {
        for rule in [
            TargetRule::Predicted,
            TargetRule::True,
            TargetRule::Class(41),
        ] {
            assert_eq!(rule.to_string().parse(), Ok(rule));
        }
        assert_eq!(
            "apple".parse::<TargetRule>(),
            Err(ExplainError::UnknownTarget {
                name: "apple".into()
            })
        );
    }
}
