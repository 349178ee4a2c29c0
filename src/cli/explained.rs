//! The network behind a set of maps: one that was trained here, or an ImageNet network. Named by
//! `explain`, `ablate` and `benchmark`, written into records by `maps`.

use crate::explain::Explainable;
use crate::run::HeadRecord;

use super::backbone::OpenedBackbone;
use super::network::{Opened, Trained};

/// What is explained.
#[derive(Clone, Copy)]
pub(super) enum Explained<'a> {
    /// A trial at one of its checkpoints.
    Trial(&'a Trained, &'a Opened),
    /// An ImageNet network with weights from a file.
    Backbone(&'a OpenedBackbone),
}

impl<'a> Explained<'a> {
    /// Returns the network.
    pub(super) fn network(self) -> &'a dyn Explainable {
        match self {
            Self::Trial(_, opened) => &opened.network,
            Self::Backbone(opened) => &opened.network,
        }
    }

    /// Returns its name.
    pub(super) fn name(self) -> String {
        match self {
            Self::Trial(trained, _) => trained.run.trial().to_string(),
            Self::Backbone(opened) => opened.network.name().to_string(),
        }
    }

    /// Returns the training seed and the epoch, 0 where neither is known.
    pub(super) fn seed_and_epoch(self) -> (u64, u32) {
        match self {
            Self::Trial(trained, opened) => (trained.run.seed(), opened.epoch),
            Self::Backbone(_) => (0, 0),
        }
    }

    /// Returns the rule that picked the checkpoint, or the weight file's name.
    pub(super) fn checkpoint(self) -> String {
        match self {
            Self::Trial(_, opened) => opened.rule.clone(),
            Self::Backbone(opened) => opened.file.clone(),
        }
    }

    /// Returns the weight file's name, of a network that was not trained here.
    pub(super) fn pretrained(self) -> Option<String> {
        match self {
            Self::Trial(..) => None,
            Self::Backbone(opened) => Some(opened.file.clone()),
        }
    }

    /// Returns the retrained head that `method` reads at `layer`, if it does.
    pub(super) fn retrained(self, method: &str, layer: &str) -> Option<&'a HeadRecord> {
        match self {
            Self::Trial(_, opened) => opened.retrained(method, layer),
            Self::Backbone(_) => None,
        }
    }
}
