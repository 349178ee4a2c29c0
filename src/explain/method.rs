//! The list of CAM methods, from which their names in TOML, on the command line and in error
//! messages derive.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use burn::tensor::Tensor;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{ExplainError, LayerEvidence, Questions};
use crate::kernels::sum_dim;

/// What a method reads next to the activation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Needs {
    /// The gradient of the score; any network will do.
    Gradient,
    /// The final layer's weights; the network must end in global average pooling and one linear
    /// layer, and the score must be linear in the logits.
    PooledLinear,
    /// Forward passes on changed inputs or activations, many per map.
    Questions,
}

/// One CAM method: its names, and how its map is computed. Each method's file defines one.
#[derive(Debug)]
pub struct Formula {
    /// The kebab-case name in files and on the command line.
    pub name: &'static str,
    /// The name in figures and tables.
    pub title: &'static str,
    /// The map before its ReLU.
    pub map: Map,
}

/// How a method computes its map before the ReLU, from only what it needs.
///
/// # Shapes
///
/// - activation and gradient: `[batch, channels, height, width]`
/// - class weights: `[batch, channels]`
/// - returned by each: `[batch, height, width]`
#[derive(Debug, Clone, Copy)]
pub enum Map {
    /// From the activation and the gradient of the score.
    Gradient(fn(Tensor<4>, Tensor<4>) -> Tensor<3>),
    /// From the activation and the final linear layer's weights for each image's class.
    PooledLinear(fn(Tensor<4>, Tensor<2>) -> Tensor<3>),
    /// From the activation and the network's scores on changed inputs or activations.
    Questions(fn(&LayerEvidence, &Questions<'_>) -> Result<Tensor<3>, ExplainError>),
}

/// A method of the list. Compared, printed, parsed and serialised by its name.
///
/// # Examples
///
/// ```
/// use camtrail::explain::Method;
///
/// let method = Method::parse("grad-cam-pp")?;
/// assert_eq!(method.title(), "Grad-CAM++");
/// # Ok::<(), camtrail::explain::ExplainError>(())
/// ```
#[derive(Clone, Copy)]
pub struct Method(pub(super) &'static Formula);

impl Method {
    /// Returns all methods, in list order.
    pub fn all() -> &'static [Self] {
        super::METHODS
    }

    /// Returns the names of all methods, in list order.
    pub fn names() -> impl Iterator<Item = &'static str> {
        Self::all().iter().map(Self::name)
    }

    /// Returns the method called `name`.
    ///
    /// # Errors
    ///
    /// [`ExplainError::UnknownMethod`], with the known names.
    pub fn parse(name: &str) -> Result<Self, ExplainError> {
        let known = || Self::names().map(str::to_owned).collect();
        Self::all()
            .iter()
            .copied()
            .find(|method| method.name() == name)
            .ok_or_else(|| ExplainError::UnknownMethod {
                name: name.to_owned(),
                known: known(),
            })
    }

    /// Returns the kebab-case name in files and on the command line.
    pub fn name(&self) -> &'static str {
        self.0.name
    }

    /// Returns the name in figures and tables.
    pub fn title(&self) -> &'static str {
        self.0.title
    }

    /// Returns the error that the method needs more than the gradient, with the methods that do not.
    pub(crate) fn not_gradient(self) -> ExplainError {
        let usable = Self::all()
            .iter()
            .filter(|method| method.needs() == Needs::Gradient);
        ExplainError::NotGradient {
            method: self.name().to_owned(),
            usable: usable.map(|method| method.name().to_owned()).collect(),
        }
    }

    /// Returns what the method reads next to the activation.
    pub fn needs(&self) -> Needs {
        match self.0.map {
            Map::Gradient(_) => Needs::Gradient,
            Map::PooledLinear(_) => Needs::PooledLinear,
            Map::Questions(_) => Needs::Questions,
        }
    }

    /// Returns the map before its ReLU, for a method without [`Needs::Questions`].
    ///
    /// # Shapes
    ///
    /// - returned: `[batch, height, width]`
    ///
    /// # Panics
    ///
    /// If [`needs`](Self::needs) is [`Needs::Questions`], or if it is [`Needs::PooledLinear`] and
    /// there are no class weights.
    pub fn signed_map(&self, evidence: &LayerEvidence) -> Tensor<3> {
        let activation = evidence.activation.clone();
        match self.0.map {
            Map::Gradient(map) => map(activation, evidence.gradient.clone()),
            Map::PooledLinear(map) => {
                let class_weights = evidence.class_weights.clone().expect(
                    "a method that needs a pooled linear head is only asked where there is one",
                );
                map(activation, class_weights)
            }
            Map::Questions(_) => panic!("method \"{self}\" asks the network: use `asked_map`"),
        }
    }

    /// Returns the map before its ReLU, for any method.
    ///
    /// # Shapes
    ///
    /// - returned: `[batch, height, width]`
    ///
    /// # Errors
    ///
    /// If a score of the network is not finite.
    ///
    /// # Panics
    ///
    /// If [`needs`](Self::needs) is [`Needs::PooledLinear`] and there are no class weights.
    pub fn asked_map(
        &self,
        evidence: &LayerEvidence,
        questions: &Questions<'_>,
    ) -> Result<Tensor<3>, ExplainError> {
        match self.0.map {
            Map::Questions(map) => map(evidence, questions),
            Map::Gradient(_) | Map::PooledLinear(_) => Ok(self.signed_map(evidence)),
        }
    }
}

/// Declares the modules of the methods and lists them, so that a method is one file and one line.
///
/// `cargo fmt` does not follow module declarations inside a macro: format these files by name.
macro_rules! methods {
    ($($module:ident),+ $(,)?) => {
        $(pub mod $module;)+

        /// Every CAM method. A new one is its file and a line here.
        pub(crate) static METHODS: &[$crate::explain::Method] =
            &[$($crate::explain::Method(&$module::FORMULA)),+];
    };
}
pub(super) use methods;

/// Returns the sum over channels of each activation times its channel's weight.
///
/// # Shapes
///
/// - `activation`: `[batch, channels, height, width]`
/// - `channel_weights`: `[batch, channels]`
/// - returned: `[batch, height, width]`
pub fn weighted_sum(activation: Tensor<4>, channel_weights: Tensor<2>) -> Tensor<3> {
    let [batch, channels, _height, _width] = activation.dims();
    assert_eq!(
        channel_weights.dims(),
        [batch, channels],
        "channel weights must be [batch, channels] of the activation"
    );
    let weighted = activation * channel_weights.reshape([batch, channels, 1, 1]);
    sum_dim(weighted, 1).squeeze_dim(1)
}

impl fmt::Debug for Method {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Method({})", self.name())
    }
}

impl fmt::Display for Method {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

impl PartialEq for Method {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for Method {}

impl Hash for Method {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name().hash(state);
    }
}

impl FromStr for Method {
    type Err = ExplainError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::parse(name)
    }
}

impl Serialize for Method {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Method {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::parse(&name).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_method_is_found_by_its_name_and_names_are_kebab_case_and_distinct() {
        for method in Method::all() {
            assert_eq!(Method::parse(method.name()), Ok(*method));
            assert!(
                method
                    .name()
                    .chars()
                    .all(|c| c.is_ascii_lowercase() || c == '-'),
                "{method}"
            );
        }
        let names: HashSet<_> = Method::names().collect();
        assert_eq!(names.len(), Method::all().len());
    }

    #[test]
    fn an_unknown_method_lists_the_known_and_hints_at_the_nearest() {
        let error = Method::parse("gradcam").expect_err("no such name");
        let text = error.to_string();
        assert!(
            text.starts_with("unknown method \"gradcam\"; known: \"cam\", "),
            "{text}"
        );
        for name in Method::names() {
            assert!(text.contains(&format!("\"{name}\"")), "{text} lacks {name}");
        }
        assert_eq!(error.hint().as_deref(), Some("did you mean \"grad-cam\"?"));
    }

    #[test]
    fn a_method_is_its_name_in_a_file() {
        let method = Method::parse("grad-cam-pp").expect("listed");
        let text = serde_json::to_string(&method).expect("a string serialises");
        assert_eq!(text, "\"grad-cam-pp\"");
        assert_eq!(
            serde_json::from_str::<Method>(&text).expect("reads back"),
            method
        );
        let error = serde_json::from_str::<Method>("\"lime\"").expect_err("no such name");
        assert!(
            error.to_string().contains("unknown method \"lime\""),
            "{error}"
        );
    }
}
