//! What a chart shows of a mean: the mark, its bar, and the value of each training seed.

use super::canvas::{Canvas, Stroke};
use super::colour::Marker;
use super::plot::Plot;
use super::selection::unique;
use crate::run::SeedValues;

/// Radius of one seed's point, in pixels.
pub(super) const SEED_POINT: f32 = 3.5;
/// Sideways distance of the seeds' points from their bar, in pixels.
pub(super) const ASIDE: f32 = 7.0;
/// Most that bars widen an axis on each side, as a share of the span of means and seeds: with two
/// seeds an interval is six times as wide as the seeds are apart.
const REACH: f64 = 0.5;
/// Half the width of the arrowhead on a bar that leaves its panel, and its height, in pixels.
const HEAD: (f32, f32) = (4.5, 9.0);

/// A mean, the ends of its bar, and each seed's value where there are several.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct SeedMarks {
    /// The mean.
    pub(super) mean: f64,
    /// The bar, if there is one.
    pub(super) bar: Option<(f64, f64)>,
    /// The values of the seeds; none for one seed.
    pub(super) seeds: Vec<f64>,
}

impl SeedMarks {
    /// Returns the marks of a row with its mean and its interval over images. Where any row of the
    /// figure has `several` seeds, bars are intervals over seeds and one seed has none.
    pub(super) fn of(values: &SeedValues, of_images: (f64, f64, f64), several: bool) -> Self {
        let (mean, low, high) = of_images;
        match (values.spread(), several) {
            (Some(spread), _) => Self {
                mean: spread.mean,
                bar: Some((spread.low, spread.high)),
                seeds: values.defined().collect(),
            },
            (None, several) => Self {
                mean,
                bar: (!several).then_some((low, high)),
                seeds: Vec::new(),
            },
        }
    }

    /// Returns the lowest and highest value that the axis of `marks` shows. Intervals over seeds may
    /// leave the `possible` values, the axis does not.
    pub(super) fn extent<'a>(
        marks: impl Iterator<Item = &'a Self> + Clone,
        possible: (f64, f64),
    ) -> (f64, f64) {
        let ends = |values: &mut dyn Iterator<Item = f64>| {
            values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
                (low.min(value), high.max(value))
            })
        };
        let shown = marks.clone().flat_map(|mark| mark.seeds.iter().copied());
        let (low, high) = ends(&mut shown.chain(marks.clone().map(|mark| mark.mean)));
        let bars = marks.clone().filter_map(|mark| mark.bar);
        let (lowest, highest) = ends(&mut bars.flat_map(|(low, high)| [low, high]));
        let (lowest, highest) = (lowest.min(low), highest.max(high));
        if marks.clone().all(|mark| mark.seeds.is_empty()) {
            return (lowest, highest);
        }
        let reach = REACH * (high - low);
        let lowest = lowest.max(low - reach).max(possible.0);
        (lowest, highest.min(high + reach).min(possible.1))
    }

    /// Draws the bar at `x`, cut at the ends of the panel, and returns its lower and upper end in
    /// pixels; nothing where there is no bar.
    pub(super) fn draw_bar(
        &self,
        canvas: &mut Canvas,
        plot: &Plot,
        x: f32,
        stroke: Stroke,
    ) -> Option<[f32; 2]> {
        let (low, high) = self.bar?;
        let [low, high] = [low, high].map(|end| plot.y.at(end));
        if self.seeds.is_empty() {
            canvas.polyline(&[(x, low), (x, high)], stroke);
            return Some([low, high]);
        }
        let (top, bottom) = (plot.area.top, plot.area.bottom());
        let (low_cut, high_cut) = (low.min(bottom), high.max(top));
        canvas.polyline(&[(x, low_cut), (x, high_cut)], stroke);
        let mut head = |at: f32, towards: f32| {
            let (half, height) = HEAD;
            let foot = at - towards * height;
            canvas.polyline(&[(x - half, foot), (x, at), (x + half, foot)], stroke);
        };
        if low > bottom {
            head(bottom, 1.0);
        }
        if high < top {
            head(top, -1.0);
        }
        Some([low_cut, high_cut])
    }

    /// Draws the value of each seed at `x`, unless all lie on the mean.
    pub(super) fn draw_seeds(&self, canvas: &mut Canvas, plot: &Plot, x: f32, colour: &str) {
        if self.seeds.windows(2).all(|pair| pair[0] == pair[1]) {
            return;
        }
        for value in &self.seeds {
            canvas.marker(Marker::Disc, (x, plot.y.at(*value)), SEED_POINT, colour);
        }
    }
}

/// Returns the sentence on marks, points and bars of a figure; nothing where no quantity has
/// several seeds. `counts` are the numbers of seeds.
pub(super) fn seeds_sentence(counts: impl Iterator<Item = usize>) -> Option<String> {
    let mut counts = unique(counts.filter(|count| *count > 1));
    counts.sort_unstable();
    let n = match (counts.first()?, counts.last()?) {
        (first, last) if first == last => format!("n = {last}"),
        (first, last) => format!("n = {first} to {last}"),
    };
    Some(format!(
        "Large marks: means over {n} training seeds; small points: each seed; bars: 95 % t-intervals of \
         the mean over seeds, with an arrowhead where they leave the panel."
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_seed_keeps_its_interval_over_images_unless_others_have_several() {
        let one = SeedValues(vec![0.5]);
        let alone = SeedMarks::of(&one, (0.5, 0.4, 0.7), false);
        assert_eq!((alone.bar, alone.seeds.len()), (Some((0.4, 0.7)), 0));
        let beside = SeedMarks::of(&one, (0.5, 0.4, 0.7), true);
        assert_eq!((beside.mean, beside.bar), (0.5, None));
    }

    /// Seeds 1 and 3: 2 ± 12.7062. The seeds span 2, so the axis reaches 1 further on each side.
    #[test]
    fn an_interval_over_two_seeds_does_not_flatten_the_seeds() {
        let two = SeedValues(vec![1.0, 3.0]);
        let marks = SeedMarks::of(&two, (2.0, 1.9, 2.1), true);
        let (low, high) = marks.bar.expect("an interval");
        assert!((low + 10.7062).abs() < 1e-4 && (high - 14.7062).abs() < 1e-4);
        let extent = |possible| SeedMarks::extent([&marks].into_iter(), possible);
        assert_eq!(extent((f64::NEG_INFINITY, f64::INFINITY)), (0.0, 4.0));
        assert_eq!(extent((0.5, 3.0)), (0.5, 3.0));
    }

    #[test]
    fn the_number_of_seeds_is_stated() {
        let said = |counts: &[usize]| seeds_sentence(counts.iter().copied());
        assert_eq!(said(&[1, 1]), None);
        assert!(said(&[3, 1]).is_some_and(|text| text.contains("over n = 3 training seeds")));
        assert!(said(&[5, 2]).is_some_and(|text| text.contains("over n = 2 to 5 training seeds")));
    }
}
