//! A network with linear heads trained on its layers afterwards, so that CAM can explain it.

use burn::tensor::Tensor;

use super::Explainable;
use crate::model::tap::Tap;

/// A network, and for some of its layers a linear layer on their pooled activation.
///
/// The heads affect only [`pooled_linear_weights`](Explainable::pooled_linear_weights), and so only
/// CAM. Logits, predictions, probabilities and gradients remain the network's own: such a CAM shows
/// what a linear layer *would* read from the layer, for the class that the network predicts.
/// Compare the head's accuracy with the network's to see how far the two agree.
///
/// Without heads it is the network. A pooled linear head of the network itself takes precedence.
#[derive(Debug, Clone)]
pub struct WithHeads<N> {
    network: N,
    heads: Vec<(String, Tensor<2>)>,
}

impl<N: Explainable> WithHeads<N> {
    /// Returns the network without any head.
    pub fn new(network: N) -> Self {
        Self {
            network,
            heads: Vec::new(),
        }
    }

    /// Returns the same with a head at `layer`, which replaces an earlier one.
    ///
    /// # Shapes
    ///
    /// - `weights`: `[classes, channels]`
    #[must_use]
    pub fn with_head(mut self, layer: &str, weights: Tensor<2>) -> Self {
        self.add_head(layer, weights);
        self
    }

    /// Adds a head like [`with_head`](Self::with_head), in place.
    ///
    /// # Shapes
    ///
    /// - `weights`: `[classes, channels]`
    pub fn add_head(&mut self, layer: &str, weights: Tensor<2>) {
        self.heads.retain(|(name, _)| name != layer);
        self.heads.push((layer.to_owned(), weights));
    }

    /// Returns the same heads on another network.
    #[must_use]
    pub fn with_network(&self, network: N) -> Self {
        Self {
            network,
            heads: self.heads.clone(),
        }
    }

    /// Returns the network itself.
    pub fn network(&self) -> &N {
        &self.network
    }

    /// Returns the layers with a head, in the order of their addition.
    pub fn headed(&self) -> impl Iterator<Item = &str> {
        self.heads.iter().map(|(layer, _)| layer.as_str())
    }
}

impl<N: Explainable> Explainable for WithHeads<N> {
    fn forward_tapped(&self, images: Tensor<4>, tap: &mut Tap) -> Tensor<2> {
        self.network.forward_tapped(images, tap)
    }

    fn layers(&self) -> Vec<String> {
        self.network.layers()
    }

    fn pooled_linear_weights(&self, layer: &str) -> Option<Tensor<2>> {
        let head = || {
            let found = self.heads.iter().find(|(name, _)| name == layer);
            found.map(|(_, weights)| weights.clone())
        };
        self.network.pooled_linear_weights(layer).or_else(head)
    }

    fn forward_from(&self, layer: &str, activation: Tensor<4>) -> Option<Tensor<2>> {
        self.network.forward_from(layer, activation)
    }

    fn blocks(&self, side: usize) -> Vec<(String, usize)> {
        self.network.blocks(side)
    }

    fn head(&self) -> &str {
        self.network.head()
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{CLASSES, SmallNet, assert_close, images};
    use super::super::{ExplainRequest, Method, TargetSpec, cam::cam, explain, gather};
    use super::*;
    use burn::tensor::{Device, TensorData};

    /// Returns weights whose row `class` is `class + 1` in every one of `channels` channels.
    fn weights(channels: usize) -> Tensor<2> {
        let rows = (0..CLASSES).flat_map(|class| vec![class as f32 + 1.0; channels]);
        let data = TensorData::new(rows.collect::<Vec<f32>>(), [CLASSES, channels]);
        Tensor::from_data(data, &Device::flex())
    }

    #[test]
    fn a_head_gives_cam_a_layer_and_changes_nothing_else() {
        let layer = ["block-1".to_owned()];
        let target = TargetSpec::class(2);
        let plain = SmallNet::trained();
        let of = |network: &dyn Explainable| gather(network, images(2), &target, &layer);
        let without = of(&plain).expect("explainable");
        assert!(without.layers[0].class_weights.is_none());

        let headed = WithHeads::new(plain).with_head("block-1", weights(5));
        let with = of(&headed).expect("explainable");
        assert_close(&with.logits, &without.logits, 0.0);
        assert_close(&with.layers[0].gradient, &without.layers[0].gradient, 0.0);
        let request = ExplainRequest {
            layers: layer.to_vec(),
            methods: vec![Method::parse("cam").expect("listed")],
            target: target.clone(),
        };
        let maps = explain(&headed, images(2), &request).expect("the head allows it");
        let class_weights = weights(5).narrow(0, 2, 1).repeat_dim(0, 2);
        let expected = cam(with.layers[0].activation.clone(), class_weights);
        let raw: Vec<_> = maps.iter().map(|map| &map.saliency.raw).collect();
        let found = super::super::Plane::to_batch(&raw, &Device::flex());
        assert_close(&found, &expected, 0.0);
        assert_eq!(headed.headed().collect::<Vec<_>>(), ["block-1"]);
    }

    #[test]
    fn the_networks_own_pooled_head_comes_first() {
        let network = SmallNet::trained();
        let own = network.pooled_linear_weights("block-2").expect("its own");
        let headed = WithHeads::new(network).with_head("block-2", weights(6));
        let found = headed
            .pooled_linear_weights("block-2")
            .expect("one of them");
        assert_close(&found, &own, 0.0);
        assert!(headed.pooled_linear_weights("block-1").is_none());
    }
}
