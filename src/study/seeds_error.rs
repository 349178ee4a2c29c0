//! Errors of a comparison of training seeds.

/// Why the maps of training seeds cannot be compared.
#[derive(Debug, thiserror::Error)]
pub enum SeedsError {
    /// An experiment has a single seed.
    #[error("{experiment} has one seed to compare, {seed}: it takes two or more")]
    One {
        /// The experiment.
        experiment: String,
        /// The base that replaces its own, if any.
        base: Option<String>,
        /// Its seed.
        seed: u64,
    },
    /// The maps are to explain the class that each network predicts.
    #[error("the predicted class may differ between seeds, whose maps explain one class")]
    PredictedClass,
    /// A baseline is named.
    #[error("{0} is a baseline, which ignores the network: its map is the same for every seed")]
    Baseline(String),
}
