//! A network whose layers are re-initialised one after the other, from the logits downwards.

use crate::data::ImageShape;
use crate::data::random::{below, stream};
use crate::explain::WithHeads;
use crate::model::{TrainedNetwork, fresh_linear_weights};
use crate::run::HeadRecord;
use crate::study::error::StudyError;
use crate::study::runs::{Runs, Trained};

/// The trained network and its untrained copies.
pub(super) struct Cascade<'a> {
    trained: &'a WithHeads<TrainedNetwork>,
    /// One untrained network per draw, with a fresh head for each retrained head.
    pub(super) fresh: Vec<WithHeads<TrainedNetwork>>,
    /// The layers from the logits downwards.
    pub(super) layers: Vec<String>,
}

impl<'a> Cascade<'a> {
    /// Creates the untrained networks with the real initialiser. A draw's seed depends on the
    /// training seed and the draw's number, and differs from any training seed that a user would
    /// give.
    pub(super) fn new(
        runs: &Runs,
        (trained, draws): (&Trained, usize),
        network: &'a WithHeads<TrainedNetwork>,
        heads: &[HeadRecord],
    ) -> Result<Self, StudyError> {
        let experiment = &trained.experiment.experiment;
        let ImageShape { side, classes } = runs.shape(experiment)?;
        let device = &runs.device.device;
        let fresh = (0..draws as u64).map(|draw| {
            let mut rng = stream(trained.run.seed(), "sanity/draw", draw);
            let seed = u64::from(u32::MAX) + below(&mut rng, u64::from(u32::MAX));
            let model = &experiment.model;
            let drawn = TrainedNetwork::untrained(model, (side, side), classes, seed, device);
            heads.iter().fold(WithHeads::new(drawn), |network, head| {
                let weights = fresh_linear_weights(head.channels, classes, seed, device);
                network.with_head(&head.layer, weights)
            })
        });
        Ok(Self {
            fresh: fresh.collect(),
            layers: network.network().layers_from_the_top(),
            trained: network,
        })
    }

    /// Returns the network of `draw` with its first `count` layers re-initialised. The retrained
    /// heads take the place of the dense layer and are re-initialised first, with it.
    pub(super) fn network(&self, draw: usize, count: usize) -> WithHeads<TrainedNetwork> {
        let fresh = &self.fresh[draw];
        let network = self.trained.network().with_top_of(fresh.network(), count);
        let heads = if count > 0 { fresh } else { self.trained };
        heads.with_network(network)
    }

    /// Returns the name of the lowest layer re-initialised at a stage.
    pub(super) fn down_to(&self, stage: usize) -> String {
        match stage.checked_sub(1) {
            Some(place) => self.layers[place].clone(),
            None => "none".to_string(),
        }
    }
}
