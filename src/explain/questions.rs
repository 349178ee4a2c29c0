//! Questions to a network: its scores for changed images or activations, in batches of bounded
//! size.

use burn::tensor::{Int, Tensor, TensorData};

use super::chunk::chunk_size;
use super::evidence::check_finite;
use super::{ExplainError, Explainable, LayerEvidence, Quantity};
use crate::model::tap::Tap;

/// Largest difference between a score of the whole forward pass and the same score resumed from a
/// layer, relative to the larger. As large as for a probed forward pass, for the same reasons.
const SAME_SCORE: f32 = 1e-2;

/// A network and its score, as needed for evidence and questions.
pub(super) trait Subject {
    /// Returns the scores `[rows]` of a whole forward pass of `inputs`. Each row is a version of
    /// the image at the position in `images`.
    fn scores(&self, inputs: Tensor<4>, images: &[usize], tap: &mut Tap) -> Tensor<1>;

    /// Returns the scores `[rows]` when the network resumes from `activation` at `layer`; `None` if
    /// it cannot start there.
    fn scores_from(
        &self,
        layer: &str,
        activation: Tensor<4>,
        images: &[usize],
    ) -> Option<Tensor<1>>;
}

/// A quantity of each image's target class, by a network.
pub(super) struct ClassScore<'a, N: ?Sized> {
    pub(super) network: &'a N,
    pub(super) quantity: Quantity,
    pub(super) target_class: &'a [usize],
}

impl<N: Explainable + ?Sized> ClassScore<'_, N> {
    fn of(&self, logits: Tensor<2>, images: &[usize]) -> Tensor<1> {
        let classes: Vec<usize> = images.iter().map(|i| self.target_class[*i]).collect();
        self.quantity.of(logits, &classes)
    }
}

impl<N: Explainable + ?Sized> Subject for ClassScore<'_, N> {
    fn scores(&self, inputs: Tensor<4>, images: &[usize], tap: &mut Tap) -> Tensor<1> {
        self.of(self.network.forward_tapped(inputs, tap), images)
    }

    fn scores_from(
        &self,
        layer: &str,
        activation: Tensor<4>,
        images: &[usize],
    ) -> Option<Tensor<1>> {
        let logits = self.network.forward_from(layer, activation)?;
        Some(self.of(logits, images))
    }
}

/// One changed version of one image, identified by the channel that is kept or removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Question {
    /// The image's position in the batch, from 0.
    pub image: usize,
    /// The channel of the layer, from 0.
    pub channel: usize,
}

/// The questions of a method about one batch of images.
pub struct Questions<'a> {
    subject: &'a dyn Subject,
    images: Tensor<4>,
    scores: Vec<f32>,
    watch: &'a dyn Fn(usize),
}

impl std::fmt::Debug for Questions<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let scores = &self.scores;
        formatter
            .debug_struct("Questions")
            .field("scores", scores)
            .finish_non_exhaustive()
    }
}

impl<'a> Questions<'a> {
    /// Creates the questions about `images`, `[batch, channels, height, width]`, standardised, with
    /// the known `scores` of the unchanged images. `watch` receives the number of answers, batch by
    /// batch.
    pub(super) fn new(
        subject: &'a dyn Subject,
        images: Tensor<4>,
        scores: &Tensor<1>,
        watch: &'a dyn Fn(usize),
    ) -> Self {
        Self {
            subject,
            images: images.without_autodiff(),
            scores: scores.to_data().iter::<f32>().collect(),
            watch,
        }
    }

    /// Returns the score of each unchanged image, `[batch]`.
    pub fn scores(&self) -> &[f32] {
        &self.scores
    }

    /// Returns the score of each changed image.
    ///
    /// # Shapes
    ///
    /// - `change`: receives some of `asked` in their order, and their images
    ///   `[rows, channels, height, width]`, standardised; it returns as many
    /// - returned: `[asked]`
    ///
    /// # Errors
    ///
    /// If a score is not finite.
    pub fn on_inputs(
        &self,
        asked: &[Question],
        change: impl Fn(&[Question], Tensor<4>) -> Tensor<4>,
    ) -> Result<Vec<f32>, ExplainError> {
        self.in_batches(asked, |asked, images| {
            let inputs = change(asked, self.rows(&self.images, images));
            Ok(self.subject.scores(inputs, images, &mut Tap::off()))
        })
    }

    /// Returns the score of each image with a changed activation at the layer of `evidence`. If the
    /// network can resume from the layer, only the part after it is run.
    ///
    /// # Shapes
    ///
    /// - `change`: receives some of `asked` in their order, and their activations
    ///   `[rows, channels, height, width]`; it returns as many
    /// - returned: `[asked]`
    ///
    /// # Errors
    ///
    /// If a score is not finite, or if resuming from the layer gives other scores than the whole
    /// network.
    pub fn on_activations(
        &self,
        evidence: &LayerEvidence,
        asked: &[Question],
        change: impl Fn(&[Question], Tensor<4>) -> Tensor<4>,
    ) -> Result<Vec<f32>, ExplainError> {
        if let Some(first) = asked.first() {
            self.check_going_on(evidence, first.image)?;
        }
        self.in_batches(asked, |asked, images| {
            let changed = change(asked, self.rows(&evidence.activation, images));
            let layer = &evidence.name;
            let from_layer = self.subject.scores_from(layer, changed.clone(), images);
            Ok(from_layer.unwrap_or_else(|| {
                let inputs = self.rows(&self.images, images);
                let mut tap = Tap::replacing(layer, changed);
                self.subject.scores(inputs, images, &mut tap)
            }))
        })
    }

    /// Answers the questions in batches of the size used for explaining images.
    fn in_batches(
        &self,
        asked: &[Question],
        ask: impl Fn(&[Question], &[usize]) -> Result<Tensor<1>, ExplainError>,
    ) -> Result<Vec<f32>, ExplainError> {
        let mut answers = Vec::with_capacity(asked.len());
        for part in asked.chunks(chunk_size(&self.images)) {
            ExplainError::unless_interrupted()?;
            let images: Vec<usize> = part.iter().map(|question| question.image).collect();
            let scores = ask(part, &images)?.without_autodiff();
            check_count(&scores, part.len())?;
            check_finite(&scores, "score", "the network")?;
            answers.extend(scores.into_data().iter::<f32>());
            (self.watch)(part.len());
        }
        Ok(answers)
    }

    /// Returns the rows of `tensor` that belong to `images`.
    fn rows(&self, tensor: &Tensor<4>, images: &[usize]) -> Tensor<4> {
        let places: Vec<i64> = images.iter().map(|image| *image as i64).collect();
        let data = TensorData::new(places, [images.len()]);
        let places: Tensor<1, Int> = Tensor::from_data(data, &tensor.device());
        tensor.clone().select(0, places)
    }

    /// Fails unless resuming from the layer's own activation gives the known score.
    fn check_going_on(&self, evidence: &LayerEvidence, image: usize) -> Result<(), ExplainError> {
        let activation = evidence.activation.clone().narrow(0, image, 1);
        let Some(score) = self
            .subject
            .scores_from(&evidence.name, activation, &[image])
        else {
            return Ok(());
        };
        let (from_layer, whole) = (score.into_scalar::<f32>(), self.scores[image]);
        // Not "greater", so that NaN is detected.
        if (from_layer - whole).abs() <= SAME_SCORE * from_layer.abs().max(whole.abs()) {
            return Ok(());
        }
        Err(ExplainError::OtherScore {
            layer: evidence.name.clone(),
            from_layer,
            whole,
        })
    }
}

/// Fails unless there is one score per image.
pub(super) fn check_count(scores: &Tensor<1>, images: usize) -> Result<(), ExplainError> {
    let [scores] = scores.dims();
    if scores == images {
        return Ok(());
    }
    Err(ExplainError::ScoreCount { scores, images })
}

#[cfg(test)]
#[path = "questions_tests.rs"]
mod tests;
