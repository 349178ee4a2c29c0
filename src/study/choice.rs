//! What is explained of each image, and by which methods.

use crate::explain::{
    Baseline, ExplainError, Explainable, MapSource, Method, Needs, Quantity, TargetRule, TargetSpec,
};

use super::error::StudyError;

/// The name for every method and baseline.
pub(super) const EVERYTHING: &str = "all";
/// The method that reads retrained heads.
const CAM: &str = "cam";
/// Precedes the other class in a difference of logits.
const MINUS: &str = "minus:";

/// Returns the rule named by `text`: "predicted", "true" or a class, whose number `find` returns.
///
/// # Errors
/// An error of `find`.
pub fn target_rule<E>(
    text: &str,
    find: impl Fn(&str) -> Result<usize, E>,
) -> Result<TargetRule, E> {
    Ok(match text {
        "predicted" => TargetRule::Predicted,
        "true" => TargetRule::True,
        name => TargetRule::Class(find(name)?),
    })
}

/// Returns the rule as in records: "predicted", "true" or "named".
pub fn rule_name(rule: TargetRule) -> &'static str {
    match rule {
        TargetRule::Predicted => "predicted",
        TargetRule::True => "true",
        TargetRule::Class(_) => "named",
    }
}

/// Returns the rule as in tables: "predicted", "true" or the class's name.
pub fn target_name(rule: TargetRule, class_names: &[String]) -> String {
    match rule {
        TargetRule::Class(class) => class_names[class].clone(),
        _ => rule_name(rule).to_string(),
    }
}

/// Returns the class to explain for each picture; `labels` are the true classes.
///
/// # Errors
/// [`StudyError::TrueClassUnknown`].
pub fn target_spec(rule: TargetRule, labels: &[Option<usize>]) -> Result<TargetSpec, StudyError> {
    Ok(match rule {
        TargetRule::Predicted => TargetSpec::predicted(),
        TargetRule::Class(class) => TargetSpec::class(class),
        TargetRule::True => {
            let labels: Option<Vec<usize>> = labels.iter().copied().collect();
            TargetSpec::labelled(labels.ok_or(StudyError::TrueClassUnknown)?)
        }
    })
}

/// The quantity of the class that the maps explain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuantityChoice {
    /// The quantity.
    pub quantity: Quantity,
    /// Its name in records: a class by its name.
    pub name: String,
}

impl Default for QuantityChoice {
    fn default() -> Self {
        Self {
            quantity: Quantity::Logit,
            name: Quantity::Logit.to_string(),
        }
    }
}

impl QuantityChoice {
    /// Returns the choice named by `text`: "logit", "probability", or "minus:" and a class, whose
    /// number `find` returns.
    ///
    /// # Errors
    /// An unknown quantity; an error of `find`.
    pub fn parse<E: From<ExplainError>>(
        text: &str,
        find: impl Fn(&str) -> Result<usize, E>,
    ) -> Result<Self, E> {
        let quantity = match text.strip_prefix(MINUS) {
            Some(class) => Quantity::Minus(find(class)?),
            None => text.parse()?,
        };
        Ok(Self {
            quantity,
            name: text.to_string(),
        })
    }
}

/// The methods to explain with.
#[derive(Debug, Clone, Default)]
pub enum MethodChoice {
    /// Every method at every layer that the network allows, except those with many forward passes
    /// per map.
    #[default]
    Allowed,
    /// Every method at every layer that the network allows.
    All,
    /// These methods, at every layer; an error if the network does not allow one.
    Named(Vec<Method>),
}

impl MethodChoice {
    /// Returns the choice of the methods named: [`MethodChoice::Allowed`] if there are none,
    /// [`MethodChoice::All`] for "all".
    ///
    /// # Errors
    /// [`ExplainError::UnknownMethod`].
    pub fn parse(names: &[String]) -> Result<Self, ExplainError> {
        if names.is_empty() {
            return Ok(Self::Allowed);
        }
        if names == [EVERYTHING] {
            return Ok(Self::All);
        }
        let mut methods: Vec<Method> = Vec::new();
        for name in names {
            let method = Method::parse(name)?;
            if !methods.contains(&method) {
                methods.push(method);
            }
        }
        Ok(Self::Named(methods))
    }

    /// Returns those of `layers`, which nobody named, that every named method can explain; all of them if
    /// there is none.
    pub(super) fn possible(
        &self,
        network: &dyn Explainable,
        layers: Vec<String>,
        quantity: Quantity,
    ) -> Vec<String> {
        let needs_pooled = |method: &Method| method.needs() == Needs::PooledLinear;
        if !matches!(self, Self::Named(methods) if methods.iter().any(needs_pooled)) {
            return layers;
        }
        let pooled = |layer: &&String| is_pooled(network, layer, quantity);
        let possible: Vec<String> = layers.iter().filter(pooled).cloned().collect();
        if possible.is_empty() {
            layers
        } else {
            possible
        }
    }

    /// Returns the methods to use at each layer.
    pub(super) fn requests(
        &self,
        network: &dyn Explainable,
        layers: &[String],
        quantity: Quantity,
    ) -> Vec<(Vec<String>, Vec<Method>)> {
        if let Self::Named(methods) = self {
            return vec![(layers.to_vec(), methods.clone())];
        }
        let pooled = |layer: &&String| is_pooled(network, layer, quantity);
        let needing = |needs| {
            let methods = Method::all().iter().copied();
            methods.filter(move |m| m.needs() == needs)
        };
        let mut everywhere: Vec<Method> = needing(Needs::Gradient).collect();
        if matches!(self, Self::All) {
            everywhere.extend(needing(Needs::Questions));
        }
        let requests = [
            (
                layers.iter().filter(pooled).cloned().collect::<Vec<_>>(),
                needing(Needs::PooledLinear).collect(),
            ),
            (layers.to_vec(), everywhere),
        ];
        let asked = requests.into_iter();
        asked.filter(|(layers, _)| !layers.is_empty()).collect()
    }
}

/// Returns whether CAM can explain `quantity` at `layer`.
fn is_pooled(network: &dyn Explainable, layer: &str, quantity: Quantity) -> bool {
    quantity.is_linear() && network.pooled_linear_weights(layer).is_some()
}

/// Returns the methods and baselines named, each once, or all for "all". Without names, returns
/// every method that costs one forward and one backward pass, and every baseline.
///
/// # Errors
/// [`ExplainError::UnknownMethod`].
pub fn map_sources(names: &[String]) -> Result<Vec<MapSource>, ExplainError> {
    if names == [EVERYTHING] {
        return Ok(MapSource::all());
    }
    if names.is_empty() {
        let quick = |method: &Method| method.needs() != Needs::Questions;
        let methods = Method::all().iter().copied().filter(quick);
        let sources = methods.map(MapSource::Method);
        return Ok(sources
            .chain(Baseline::ALL.map(MapSource::Baseline))
            .collect());
    }
    let mut sources: Vec<MapSource> = Vec::new();
    for name in names {
        let source = name.parse()?;
        if !sources.contains(&source) {
            sources.push(source);
        }
    }
    Ok(sources)
}

/// Fails if heads are to be retrained and none of the `methods`, all of them if empty, reads one.
///
/// # Errors
/// [`StudyError::UnreadHead`].
pub fn check_head(retrain: bool, methods: &[String]) -> Result<(), StudyError> {
    let reads = |name: &String| [CAM, EVERYTHING].contains(&name.as_str());
    match !retrain || methods.is_empty() || methods.iter().any(reads) {
        true => Ok(()),
        false => Err(StudyError::UnreadHead),
    }
}

#[cfg(test)]
#[path = "choice_tests.rs"]
mod tests;
