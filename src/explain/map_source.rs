//! The source of a map.

use std::fmt;
use std::str::FromStr;

use super::{Baseline, ExplainError, Explainable, LayerEvidence, Method, Needs};

/// The source of a map: a method, or a baseline, which ignores the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MapSource {
    /// A CAM method.
    Method(Method),
    /// A map made without the network.
    Baseline(Baseline),
}

impl MapSource {
    /// Returns all methods, then all baselines.
    pub fn all() -> Vec<Self> {
        let methods = Method::all().iter().copied().map(Self::Method);
        methods.chain(Baseline::ALL.map(Self::Baseline)).collect()
    }

    /// Returns the kebab-case name in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Method(method) => method.name(),
            Self::Baseline(baseline) => baseline.name(),
        }
    }

    /// Returns the name in figures and tables.
    pub fn title(self) -> &'static str {
        match self {
            Self::Method(method) => method.title(),
            Self::Baseline(baseline) => baseline.title(),
        }
    }

    /// Returns whether it is available at `layer` of `network`.
    pub fn is_allowed<N: Explainable + ?Sized>(self, network: &N, layer: &str) -> bool {
        match self {
            Self::Method(method) => {
                method.needs() != Needs::PooledLinear
                    || network.pooled_linear_weights(layer).is_some()
            }
            Self::Baseline(_) => true,
        }
    }

    /// Returns whether it reads weights that the layer's evidence does not have.
    pub(super) fn lacks_weights(self, layer: &LayerEvidence) -> bool {
        let reads = |method: Method| method.needs() == Needs::PooledLinear;
        matches!(self, Self::Method(method) if reads(method)) && layer.class_weights.is_none()
    }
}

impl fmt::Display for MapSource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

impl FromStr for MapSource {
    type Err = ExplainError;

    /// Returns the method or baseline called `name`.
    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let found = Self::all().into_iter().find(|source| source.name() == name);
        found.ok_or_else(|| ExplainError::UnknownMethod {
            name: name.to_owned(),
            known: Self::all()
                .iter()
                .map(|source| source.name().to_owned())
                .collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_found_by_its_name_and_names_are_distinct() {
        for source in MapSource::all() {
            assert_eq!(source.name().parse(), Ok(source));
        }
        let error = "grad-cm".parse::<MapSource>().expect_err("no such source");
        assert!(error.to_string().contains("\"edges\""), "{error}");
        assert_eq!(error.hint().as_deref(), Some("did you mean \"grad-cam\"?"));
    }
}
