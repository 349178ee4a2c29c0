//! A network to explain: trained here and opened at a checkpoint, or loaded from a weight file.

use burn::tensor::Tensor;

use crate::explain::{ExplainError, Explainable, WithHeads};
use crate::model::TrainedNetwork;
use crate::model::backbones::Backbone;
use crate::run::{Checksum, HeadRecord, LayerPlace};

/// Minimum cells per side of the finer of the two explained layers.
pub const FINE_CELLS: usize = 8;

/// A network in inference mode, with its facts for tables and records.
#[derive(Debug)]
pub struct Subject {
    network: Network,
    /// Name of the experiment, or of the architecture.
    pub name: String,
    /// Training seed, 0 if unknown.
    pub seed: u64,
    /// Epoch of the checkpoint, 0 if unknown.
    pub epoch: u32,
    /// Rule that selected the checkpoint ("best", "last" or "epoch N"), or the weight file's name.
    pub checkpoint: String,
    /// Weight file's name, if the network was not trained here.
    pub pretrained: Option<String>,
    /// Number of convolution blocks; 0 for a network not made of them.
    pub blocks: usize,
    /// Checksum of the weights, if the network was trained here.
    pub weights: Option<Checksum>,
    /// Records of its retrained heads.
    pub heads: Vec<HeadRecord>,
}

#[derive(Debug)]
enum Network {
    Trained(Box<WithHeads<TrainedNetwork>>),
    Pretrained(Box<Backbone>),
}

/// The parts of a network that was trained here.
#[derive(Debug)]
pub(super) struct TrainedSubject {
    pub(super) network: TrainedNetwork,
    pub(super) name: String,
    pub(super) seed: u64,
    pub(super) epoch: u32,
    pub(super) checkpoint: String,
    pub(super) blocks: usize,
    /// None for weights that no file holds.
    pub(super) weights: Option<Checksum>,
}

impl Subject {
    pub(super) fn trained(opened: TrainedSubject) -> Self {
        Self {
            network: Network::Trained(Box::new(WithHeads::new(opened.network))),
            name: opened.name,
            seed: opened.seed,
            epoch: opened.epoch,
            checkpoint: opened.checkpoint,
            pretrained: None,
            blocks: opened.blocks,
            weights: opened.weights,
            heads: Vec::new(),
        }
    }

    /// Returns the published `network` with the weights of the file called `file`.
    pub fn pretrained(network: Backbone, file: &str) -> Self {
        Self {
            name: network.name().to_string(),
            network: Network::Pretrained(Box::new(network)),
            seed: 0,
            epoch: 0,
            checkpoint: file.to_string(),
            pretrained: Some(file.to_string()),
            blocks: 0,
            weights: None,
            heads: Vec::new(),
        }
    }

    /// Returns the network.
    pub fn network(&self) -> &dyn Explainable {
        match &self.network {
            Network::Trained(network) => &**network,
            Network::Pretrained(network) => &**network,
        }
    }

    /// Returns the network with its heads, if it was trained here.
    pub fn trained_network(&self) -> Option<&WithHeads<TrainedNetwork>> {
        match &self.network {
            Network::Trained(network) => Some(network),
            Network::Pretrained(_) => None,
        }
    }

    /// Returns whether its weights were drawn at random.
    pub(super) fn is_untrained(&self) -> bool {
        self.weights.is_none() && self.pretrained.is_none()
    }

    /// Returns the name and seed as text, such as "trial-d seed 0".
    pub fn label(&self) -> String {
        format!("{} seed {}", self.name, self.seed)
    }

    /// Returns the record of the retrained head that the method `method` reads at `layer`, if it
    /// reads one.
    pub fn retrained_head(&self, method: &str, layer: &str) -> Option<&HeadRecord> {
        use crate::explain::{Method, Needs};
        let reads_head =
            || Method::parse(method).is_ok_and(|method| method.needs() == Needs::PooledLinear);
        let record = self.heads.iter().find(|record| record.layer == layer);
        record.filter(|_| reads_head())
    }

    /// Adds a retrained head with these weights, `[classes, channels]`, to the layer of `record`.
    pub(super) fn add_head(&mut self, record: HeadRecord, weights: Tensor<2>) {
        if let Network::Trained(network) = &mut self.network {
            network.add_head(&record.layer, weights);
            self.heads.push(record);
        }
    }
}

/// The layers of a network to explain.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum LayerChoice {
    /// The layers of an ablation: the last block before its pool, and the deepest block whose
    /// activation has at least [`FINE_CELLS`] x [`FINE_CELLS`] cells. They may be the same block. For a
    /// published network, its default layer.
    ///
    /// With five pools on 32 x 32 pixels, the last block has 2 x 2 cells, so maps of the last block
    /// alone would confound depth with resolution.
    #[default]
    Ablation,
    /// These layers, each once.
    Named(Vec<String>),
}

/// The explained layers of one network, and why they were selected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layers {
    /// Their names, in forward order or in the user's order.
    pub names: Vec<String>,
    why: Why,
}

/// Why layers are explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Why {
    /// Their place in an ablation.
    Place,
    /// The user's choice.
    Named,
    /// The published network's default.
    Default,
}

impl LayerChoice {
    /// Returns the choice of the named layers; `otherwise` if there are none.
    pub fn of(named: &[String], otherwise: Self) -> Self {
        match named.is_empty() {
            true => otherwise,
            false => Self::Named(named.to_vec()),
        }
    }

    /// Returns the layers of `subject` for images of `side` x `side` pixels.
    ///
    /// # Errors
    /// [`ExplainError::UnknownLayer`].
    pub fn layers(&self, subject: &Subject, side: usize) -> Result<Layers, ExplainError> {
        let network = subject.network();
        let (names, why) = match (self, &subject.network) {
            (Self::Named(names), _) => (named_layers(network, names)?, Why::Named),
            (_, Network::Pretrained(network)) => {
                (vec![network.default_layer().to_string()], Why::Default)
            }
            (Self::Ablation, _) => (ablation_layers(network, side), Why::Place),
        };
        Ok(Layers { names, why })
    }
}

impl Layers {
    /// Returns which of an ablation's two layers a layer with maps of `native_size` cells is.
    pub fn place(&self, layer: &str, native_size: [usize; 2]) -> LayerPlace {
        let fine = native_size.iter().all(|cells| *cells >= FINE_CELLS);
        let last = self.names.last().is_some_and(|last| last == layer);
        match (last, fine) {
            _ if self.why != Why::Place => LayerPlace::Named,
            (true, true) => LayerPlace::Both,
            (true, false) => LayerPlace::LastBlock,
            (false, _) => LayerPlace::FineCells,
        }
    }

    /// Returns, in words, why `layer` is explained.
    pub fn rule(&self, layer: &str) -> String {
        let fine = format!("deepest with {FINE_CELLS} x {FINE_CELLS} cells");
        let first = self.names.first().is_some_and(|first| first == layer);
        match (self.why, self.names.len()) {
            (Why::Named, _) => "named".to_string(),
            (Why::Place, 1) => format!("last block and {fine}"),
            (Why::Place, _) if first => fine,
            (Why::Place | Why::Default, _) => "last block".to_string(),
        }
    }
}

fn named_layers(network: &dyn Explainable, named: &[String]) -> Result<Vec<String>, ExplainError> {
    let known = network.layers();
    if let Some(layer) = named.iter().find(|name| !known.contains(name)) {
        return Err(ExplainError::UnknownLayer {
            layer: layer.clone(),
            known,
        });
    }
    let mut once: Vec<String> = Vec::new();
    for name in named {
        if !once.contains(name) {
            once.push(name.clone());
        }
    }
    Ok(once)
}

fn ablation_layers(network: &dyn Explainable, side: usize) -> Vec<String> {
    let blocks = network.blocks(side);
    let fine = blocks
        .iter()
        .take_while(|(_, cells)| *cells >= FINE_CELLS)
        .last();
    let mut layers: Vec<String> = fine.map(|(name, _)| name.clone()).into_iter().collect();
    if let Some((last, _)) = blocks.last()
        && !layers.contains(last)
    {
        layers.push(last.clone());
    }
    layers
}
