//! Reproducible random numbers: named ChaCha8 streams and the distributions that the crate needs.
//!
//! The distributions are implemented here, not taken from `rand`, because those may give other
//! values in another release and a stored run must replay bit for bit.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use sha2::{Digest, Sha256};

/// Separates this crate's streams from any other use of SHA-256 over the same bytes.
const STREAM_DOMAIN: &[u8] = b"camtrail/stream/1";

/// 2^-53: the spacing of the doubles that [`uniform`] returns.
const UNIFORM_STEP: f64 = 1.0 / 9_007_199_254_740_992.0;

/// Returns the random stream of `(seed, purpose, index)`.
///
/// The ChaCha8 key is the SHA-256 of the three, so streams of different purposes, seeds or indices
/// are independent, and a stream can be opened anywhere without drawing earlier values.
pub fn stream(seed: u64, purpose: &str, index: u64) -> ChaCha8Rng {
    let mut key = Sha256::new();
    key.update(STREAM_DOMAIN);
    key.update(seed.to_le_bytes());
    key.update(index.to_le_bytes());
    key.update(purpose.as_bytes());
    ChaCha8Rng::from_seed(key.finalize().into())
}

/// Returns a whole number from 0 to `bound - 1`, each equally likely (Lemire's
/// multiply-and-reject).
///
/// # Panics
/// If `bound` is 0.
///
/// # Source
/// D. Lemire, "Fast random integer generation in an interval", 2019, algorithm 5.
pub fn below(rng: &mut impl Rng, bound: u64) -> u64 {
    assert!(bound > 0, "below(0) has no value to return");
    let mut product = u128::from(rng.next_u64()) * u128::from(bound);
    if (product as u64) < bound {
        let threshold = bound.wrapping_neg() % bound;
        while (product as u64) < threshold {
            product = u128::from(rng.next_u64()) * u128::from(bound);
        }
    }
    (product >> 64) as u64
}

/// Returns a number in `[0, 1)`, a multiple of 2^-53.
pub fn uniform(rng: &mut impl Rng) -> f64 {
    (rng.next_u64() >> 11) as f64 * UNIFORM_STEP
}

/// Returns a number in `[low, high)`.
pub fn uniform_between(rng: &mut impl Rng, low: f32, high: f32) -> f32 {
    low + (high - low) * (uniform(rng) as f32)
}

/// Returns a direction in the plane, `[x, y]` of length 1, with every angle equally likely: a point
/// of the disc, normalised.
pub fn direction(rng: &mut impl Rng) -> [f64; 2] {
    loop {
        let [x, y] = [2.0 * uniform(rng) - 1.0, 2.0 * uniform(rng) - 1.0];
        let square = x * x + y * y;
        // Very short vectors would lose precision in the division.
        if (0.01..=1.0).contains(&square) {
            let length = square.sqrt();
            return [x / length, y / length];
        }
    }
}

/// Returns a number from 0 to 1 with the distribution Beta(`parameter`, `parameter`).
///
/// # Panics
/// If the parameter is not above 0. Far below 0.01 it takes very many draws, whose powers are 0.
///
/// # Source
/// M. D. Johnk, 1964, in Devroye, "Non-Uniform Random Variate Generation", chapter IX.3.5. It rejects
/// more for larger parameters: two of three draws at 1.4, five of six at 2.
pub fn symmetric_beta(rng: &mut impl Rng, parameter: f64) -> f64 {
    assert!(parameter > 0.0, "a Beta distribution of {parameter}");
    loop {
        let [x, y] = [(); 2].map(|()| uniform(rng).powf(1.0 / parameter));
        let sum = x + y;
        // Both may be too small for a number if the parameter is.
        if sum > 0.0 && sum <= 1.0 {
            return x / sum;
        }
    }
}

/// Shuffles `items` uniformly (Fisher-Yates, from the last position down).
pub fn shuffle<T>(rng: &mut impl Rng, items: &mut [T]) {
    for last in (1..items.len()).rev() {
        let chosen = below(rng, last as u64 + 1) as usize;
        items.swap(last, chosen);
    }
}

/// The order in which one epoch visits the images of a split: a permutation of `0..len`.
///
/// It depends only on `(len, seed, epoch)`, so a resumed run finds its position by batch number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EpochOrder {
    order: Vec<usize>,
}

impl EpochOrder {
    /// Returns the order of `epoch` (any numbering, used as given) over `len` images under `seed`.
    pub fn new(len: usize, seed: u64, epoch: u64) -> Self {
        let mut order: Vec<usize> = (0..len).collect();
        shuffle(&mut stream(seed, "epoch-order", epoch), &mut order);
        Self { order }
    }

    /// Returns all indices, in the order of the epoch.
    pub fn indices(&self) -> &[usize] {
        &self.order
    }

    /// Returns the number of batches of at most `batch_size` images in the epoch; the last may be
    /// smaller.
    ///
    /// # Panics
    /// If `batch_size` is 0.
    pub fn batches(&self, batch_size: usize) -> usize {
        self.order.len().div_ceil(batch_size)
    }

    /// Returns the indices of batch number `batch` (from 0); empty past the end.
    pub fn batch(&self, batch_size: usize, batch: usize) -> &[usize] {
        let start = (batch * batch_size).min(self.order.len());
        let end = (start + batch_size).min(self.order.len());
        &self.order[start..end]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_repeat_and_differ_by_each_of_the_three() {
        let first = |mut rng: ChaCha8Rng| rng.next_u64();
        assert_eq!(first(stream(1, "a", 2)), first(stream(1, "a", 2)));
        let values = [
            first(stream(1, "a", 2)),
            first(stream(2, "a", 2)),
            first(stream(1, "b", 2)),
            first(stream(1, "a", 3)),
            first(stream(1, "a", 2 << 32)),
        ];
        for (i, a) in values.iter().enumerate() {
            assert!(values[i + 1..].iter().all(|b| a != b), "{values:?}");
        }
    }

    /// Its variance is 1 / (4 (2 a + 1)).
    #[test]
    fn a_beta_distribution_has_its_mean_and_variance() {
        const COUNT: usize = 20_000;
        for parameter in [0.2, 1.0, 2.0] {
            let mut rng = stream(1, "beta", 0);
            let values: Vec<f64> = (0..COUNT)
                .map(|_| symmetric_beta(&mut rng, parameter))
                .collect();
            let mean = values.iter().sum::<f64>() / COUNT as f64;
            let variance = values.iter().map(|x| (x - 0.5).powi(2)).sum::<f64>() / COUNT as f64;
            let expected = 1.0 / (4.0 * (2.0 * parameter + 1.0));
            // Five standard deviations of the mean; the variance's is smaller.
            let tolerance = 5.0 * (expected / COUNT as f64).sqrt();
            assert!((mean - 0.5).abs() < tolerance, "{parameter}: {mean}");
            assert!(
                (variance - expected).abs() < tolerance,
                "{parameter}: {variance}"
            );
        }
    }

    #[test]
    fn below_is_even_over_its_range() {
        let mut rng = stream(7, "test", 0);
        let mut counts = [0u32; 6];
        for _ in 0..6_000 {
            counts[below(&mut rng, 6) as usize] += 1;
        }
        // Binomial(6000, 1/6): standard deviation 28.9; 150 is more than five of them.
        assert!(
            counts.iter().all(|&c| c.abs_diff(1_000) < 150),
            "{counts:?}"
        );
        assert!((0..100).all(|_| below(&mut rng, 1) == 0));
    }

    #[test]
    fn uniform_stays_in_range_with_mean_one_half() {
        let mut rng = stream(7, "test", 1);
        let draws: Vec<f64> = (0..4_000).map(|_| uniform(&mut rng)).collect();
        assert!(draws.iter().all(|v| (0.0..1.0).contains(v)));
        let mean = draws.iter().sum::<f64>() / 4_000.0;
        // Standard error 0.0046; 0.025 is more than five of them.
        assert!((mean - 0.5).abs() < 0.025, "{mean}");
    }

    #[test]
    fn an_epoch_visits_each_image_once_and_epochs_differ() {
        let order = EpochOrder::new(10, 3, 1);
        let mut seen = order.indices().to_vec();
        seen.sort_unstable();
        assert_eq!(seen, (0..10).collect::<Vec<_>>());
        assert_eq!(order, EpochOrder::new(10, 3, 1));
        assert_ne!(order, EpochOrder::new(10, 3, 2));
        assert_ne!(order, EpochOrder::new(10, 4, 1));
    }

    #[test]
    fn batches_tile_the_epoch() {
        let order = EpochOrder::new(10, 3, 1);
        assert_eq!(order.batches(4), 3);
        let joined: Vec<usize> = (0..3).flat_map(|b| order.batch(4, b).to_vec()).collect();
        assert_eq!(joined, order.indices());
        assert_eq!(order.batch(4, 2).len(), 2);
        assert!(order.batch(4, 3).is_empty());
    }
}
