//! A network whose layers are re-initialised one after the other, from the logits downwards.

use crate::data::random::{below, stream};
use crate::explain::WithHeads;
use crate::model::{TrainedNetwork, fresh_linear_weights};
use crate::run::HeadRecord;
use crate::study::runs::{Runs, Trained};

/// The trained network and its untrained ones.
pub(super) struct Cascade<'a> {
    trained: &'a WithHeads<TrainedNetwork>,
    /// One untrained network per draw, with a fresh head for each retrained one.
    pub(super) fresh: Vec<WithHeads<TrainedNetwork>>,
    /// The layers from the logits downwards.
    pub(super) layers: Vec<String>,
}

impl<'a> Cascade<'a> {
    /// Draws the untrained networks from the real initialiser. A draw's seed follows from the
    /// training seed and the draw's number, and is none that a training is given by hand.
    pub(super) fn new(
        runs: &Runs,
        (trained, draws): (&Trained, usize),
        network: &'a WithHeads<TrainedNetwork>,
        heads: &[HeadRecord],
    ) -> Self {
        let experiment = &trained.experiment.experiment;
        let dataset = experiment.data.dataset;
        let (side, classes) = (dataset.side(), dataset.class_count());
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
        Self {
            fresh: fresh.collect(),
            layers: network.network().layers_from_the_top(),
            trained: network,
        }
    }

    /// Returns the network of `draw` with its first `count` layers re-initialised; the retrained heads
    /// stand where the dense layer does, and are the first to go with it.
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
