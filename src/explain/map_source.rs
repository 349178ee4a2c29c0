//! What a map comes from.

use std::fmt;
use std::str::FromStr;

use super::{Baseline, ExplainError, Explainable, LayerEvidence, Method, Needs};

/// What a map comes from: a method, or a baseline, which ignores the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MapSource {
    /// A CAM method.
    Method(Method),
    /// A map made without the network.
    Baseline(Baseline),
}

impl MapSource {
    /// All methods, then all baselines.
    pub fn all() -> Vec<Self> {
        let methods = Method::all().iter().copied().map(Self::Method);
        methods.chain(Baseline::ALL.map(Self::Baseline)).collect()
    }

    /// The kebab-case name in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Method(method) => method.name(),
            Self::Baseline(baseline) => baseline.name(),
        }
    }

    /// The name in figures and tables.
    pub fn title(self) -> &'static str {
        match self {
            Self::Method(method) => method.title(),
            Self::Baseline(baseline) => baseline.title(),
        }
    }

    /// Whether it can be had at `layer` of `network`.
    pub fn is_allowed<N: Explainable + ?Sized>(self, network: &N, layer: &str) -> bool {
        match self {
            Self::Method(method) => {
                method.needs() != Needs::PooledLinear
                    || network.pooled_linear_weights(layer).is_some()
            }
            Self::Baseline(_) => true,
        }
    }

    /// Whether it reads weights that the layer's evidence does not hold.
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

    /// The method or baseline called `name`.
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
