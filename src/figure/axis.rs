//! Axis arithmetic: where ticks go, how values map to pixels, and how labels keep apart.

/// Guards tick choice against the rounding of `high / step` when `high` is itself a tick.
const TICK_SLACK: f64 = 1e-9;

/// A straight map from data values to sheet pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Scale {
    /// Data values at the two ends.
    pub(super) domain: (f64, f64),
    /// Pixels at the two ends.
    pub(super) range: (f32, f32),
}

impl Scale {
    /// Returns the pixel of `value`.
    pub(super) fn at(&self, value: f64) -> f32 {
        let (low, high) = self.domain;
        let share = (value - low) / (high - low);
        self.range.0 + (share as f32) * (self.range.1 - self.range.0)
    }
}

/// Round tick values with a common step.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Ticks {
    /// The tick values, rising.
    pub(super) values: Vec<f64>,
    /// Decimals that distinguish them.
    decimals: usize,
}

impl Ticks {
    /// Returns ticks inside `low` to `high` with the smallest step of 1, 2 or 5 times a power of
    /// ten that gives at most `most` of them.
    pub(super) fn inside(low: f64, high: f64, most: usize) -> Self {
        let step = step(high - low, most);
        let first = (low / step - TICK_SLACK).ceil() as i64;
        let last = (high / step + TICK_SLACK).floor() as i64;
        Self {
            values: (first..=last).map(|i| i as f64 * step).collect(),
            decimals: decimals(step),
        }
    }

    /// Returns ticks from the last one at or below `low` to the first one at or above `high`, so
    /// that an axis can begin and end on a tick.
    pub(super) fn around(low: f64, high: f64, most: usize) -> Self {
        let high = if high > low { high } else { low + 1.0 };
        // Widening to whole steps adds up to two ticks.
        let step = step(high - low, most.saturating_sub(2).max(2));
        let first = (low / step + TICK_SLACK).floor() as i64;
        let last = (high / step - TICK_SLACK).ceil() as i64;
        Self {
            values: (first..=last).map(|i| i as f64 * step).collect(),
            decimals: decimals(step),
        }
    }

    /// Returns whole-number ticks inside 0 to `high`.
    pub(super) fn whole(high: u32, most: usize) -> Self {
        let mut ticks = Self::inside(0.0, f64::from(high).max(1.0), most);
        ticks
            .values
            .retain(|value| (value - value.round()).abs() < TICK_SLACK);
        Self {
            decimals: 0,
            ..ticks
        }
    }

    /// Returns the first and last tick.
    pub(super) fn ends(&self) -> (f64, f64) {
        let first = self.values.first().copied().unwrap_or(0.0);
        (first, self.values.last().copied().unwrap_or(first + 1.0))
    }

    /// Returns `value` as its label.
    pub(super) fn label(&self, value: f64) -> String {
        format!("{value:.*}", self.decimals)
    }
}

fn step(span: f64, most: usize) -> f64 {
    let rough = span / (most.max(2) - 1) as f64;
    let power = 10f64.powf(rough.log10().floor());
    let multiple = [1.0, 2.0, 5.0]
        .into_iter()
        .find(|m| m * power >= rough * (1.0 - TICK_SLACK));
    multiple.unwrap_or(10.0) * power
}

fn decimals(step: f64) -> usize {
    (-step.log10().floor()).max(0.0) as usize
}

/// Returns `places` moved as little as possible (in squares) so that neighbours are at least `gap`
/// apart, in the order they had, and inside `low` to `high` where there is room for all.
///
/// This is isotonic regression of `place - rank * gap`, by pooling adjacent violators.
pub(super) fn spread(places: &[f32], gap: f32, low: f32, high: f32) -> Vec<f32> {
    let mut order: Vec<usize> = (0..places.len()).collect();
    order.sort_by(|&a, &b| places[a].total_cmp(&places[b]));
    // Pools of (sum, count), each pool's mean above the one before.
    let mut pools: Vec<(f32, usize)> = Vec::new();
    for (rank, &index) in order.iter().enumerate() {
        let mut pool = (places[index] - rank as f32 * gap, 1);
        while let Some(&(sum, count)) = pools.last() {
            if sum / count as f32 <= pool.0 / pool.1 as f32 {
                break;
            }
            pools.pop();
            pool = (pool.0 + sum, pool.1 + count);
        }
        pools.push(pool);
    }
    let top = high - places.len().saturating_sub(1) as f32 * gap;
    let levels = pools
        .iter()
        .flat_map(|&(sum, n)| std::iter::repeat_n(sum / n as f32, n));
    let mut moved = vec![0.0; places.len()];
    for ((rank, index), level) in order.into_iter().enumerate().zip(levels) {
        moved[index] = level.min(top).max(low) + rank as f32 * gap;
    }
    moved
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_by_hand() {
        let ticks = Ticks::inside(0.0, 1.0, 6);
        assert_eq!(ticks.values.len(), 6);
        assert_eq!(ticks.label(ticks.values[1]), "0.2");
        assert_eq!(
            Ticks::inside(0.0, 30.0, 7).values,
            [0.0, 5.0, 10.0, 15.0, 20.0, 25.0, 30.0]
        );
        assert_eq!(Ticks::inside(0.3, 4.9, 6).values, [1.0, 2.0, 3.0, 4.0]);
        assert_eq!(
            Ticks::around(31.0, 58.0, 7).values,
            [30.0, 40.0, 50.0, 60.0]
        );
        assert_eq!(Ticks::around(3.0, 3.0, 7).ends(), (3.0, 4.0));
        assert_eq!(Ticks::whole(1, 6).values, [0.0, 1.0]);
        assert_eq!(Ticks::whole(0, 6).values, [0.0, 1.0]);
        assert_eq!(
            Ticks::whole(100, 6).values,
            [0.0, 20.0, 40.0, 60.0, 80.0, 100.0]
        );
    }

    #[test]
    fn a_scale_meets_its_ends() {
        let scale = Scale {
            domain: (10.0, 20.0),
            range: (300.0, 100.0),
        };
        assert_eq!(
            (scale.at(10.0), scale.at(15.0), scale.at(20.0)),
            (300.0, 200.0, 100.0)
        );
    }

    #[test]
    fn two_close_labels_move_apart_evenly() {
        assert_eq!(spread(&[50.0, 52.0], 10.0, 0.0, 100.0), [46.0, 56.0]);
        assert_eq!(spread(&[52.0, 50.0], 10.0, 0.0, 100.0), [56.0, 46.0]);
        assert_eq!(spread(&[10.0, 90.0], 10.0, 0.0, 100.0), [10.0, 90.0]);
    }

    #[test]
    fn spread_labels_keep_order_distance_and_bounds() {
        let places = [99.0, 3.0, 98.5, 40.0, 1.0, 41.0, 100.0, 42.5];
        let moved = spread(&places, 8.0, 0.0, 100.0);
        let mut order: Vec<usize> = (0..places.len()).collect();
        order.sort_by(|&a, &b| places[a].total_cmp(&places[b]));
        for pair in order.windows(2) {
            assert!(moved[pair[1]] - moved[pair[0]] >= 8.0 - 1e-3, "{moved:?}");
        }
        assert!(
            moved
                .iter()
                .all(|&place| (-1e-3..=100.001).contains(&place)),
            "{moved:?}"
        );
    }
}
