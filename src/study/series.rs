//! Series of experiments that belong together, by name.

/// Experiments of increasing depth, on one base.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Series {
    /// Its name.
    pub name: &'static str,
    /// The experiments, shallowest first.
    pub trials: [&'static str; 4],
    /// The base that they are trained on, if not their own.
    pub base: Option<&'static str>,
}

/// Trials A to D, each on its own base.
pub const PLAIN: Series = Series {
    name: "plain",
    trials: ["trial-a", "trial-b", "trial-c", "trial-d"],
    base: None,
};

/// Trials A to D with batch normalisation and the recipe that suits it.
pub const NORMALISED: Series = Series {
    name: "normalised",
    base: Some("cifar-100-bn"),
    ..PLAIN
};

/// All of them.
pub const ALL: [Series; 2] = [PLAIN, NORMALISED];
