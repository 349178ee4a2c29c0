//! Baseline maps, which ignore the network and which a method must beat.

use std::fmt;

use burn::tensor::{Tensor, TensorData};

use super::{Plane, Saliency};
use crate::data::random::{stream, uniform};
use crate::kernels::mean_dim;

/// Standard deviation of the centred Gaussian, in image heights and widths.
const GAUSSIAN_SIGMA: f32 = 0.25;
/// Weights of the Sobel operator across the direction of its difference.
const SOBEL: [f32; 3] = [1.0, 2.0, 1.0];

/// A map made without the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Baseline {
    /// Independent uniform numbers, one for each cell of the layer's map.
    Random,
    /// A Gaussian in the middle of the image, with a standard deviation of a quarter of its sides.
    Gaussian,
    /// The magnitude of the image's Sobel gradient.
    Edges,
}

/// The images that baselines are made for.
#[derive(Debug, Clone)]
pub struct BaselineInput<'a> {
    /// The images, `[batch, channels, height, width]`, 0 to 1.
    pub pixels: &'a Tensor<4>,
    /// `[height, width]` of the layer's maps, the size at which random numbers are drawn.
    pub native_size: [usize; 2],
    /// The layer's name. Together with each image's number it determines the random numbers.
    pub layer: &'a str,
    /// One number per image; the same number gives the same random map in any batch.
    pub image_numbers: &'a [u64],
    /// Seed of the random numbers.
    pub seed: u64,
}

impl Baseline {
    /// All baselines.
    pub const ALL: [Self; 3] = [Self::Random, Self::Gaussian, Self::Edges];

    /// Returns the kebab-case name in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Random => "random",
            Self::Gaussian => "gaussian",
            Self::Edges => "edges",
        }
    }

    /// Returns the name in figures and tables.
    pub fn title(self) -> &'static str {
        match self {
            Self::Random => "random map",
            Self::Gaussian => "centred Gaussian",
            Self::Edges => "image edges",
        }
    }

    /// Returns the baseline's map of each image, resized and normalised like any map.
    ///
    /// # Shapes
    ///
    /// - returned: `batch` maps, raw at the layer's size for [`Random`](Self::Random) and at the
    ///   image's for the others
    ///
    /// # Panics
    ///
    /// If the number of image numbers is not the batch size.
    pub fn maps(self, input: &BaselineInput<'_>) -> Vec<Saliency> {
        let [batch, _channels, height, width] = input.pixels.dims();
        assert_eq!(input.image_numbers.len(), batch, "one number an image");
        let planes: Vec<Plane> = match self {
            Self::Random => {
                let numbers = input.image_numbers.iter();
                numbers.map(|&number| random(input, number)).collect()
            }
            Self::Gaussian => vec![gaussian([height, width]); batch],
            Self::Edges => Plane::from_batch(mean_dim(input.pixels.clone(), 1).squeeze_dim(1))
                .iter()
                .map(edges)
                .collect(),
        };
        let size = planes.first().map_or([0, 0], Plane::size);
        let values: Vec<f32> = planes.iter().flat_map(Plane::values).copied().collect();
        let raw = TensorData::new(values, [batch, size[0], size[1]]);
        let raw = Tensor::from_data(raw, &input.pixels.device());
        Saliency::from_batch(raw, [height, width])
    }
}

impl fmt::Display for Baseline {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

fn random(input: &BaselineInput<'_>, number: u64) -> Plane {
    let mut rng = stream(
        input.seed,
        &format!("baseline/random/{}", input.layer),
        number,
    );
    let [height, width] = input.native_size;
    let values = (0..height * width).map(|_| uniform(&mut rng) as f32);
    Plane::new(input.native_size, values.collect())
}

fn gaussian([height, width]: [usize; 2]) -> Plane {
    let along = |place: usize, side: usize| {
        // Distance of the pixel's centre from the image's, in standard deviations.
        let distance = ((place as f32 + 0.5) / side as f32 - 0.5) / GAUSSIAN_SIGMA;
        (-0.5 * distance * distance).exp()
    };
    let rows = (0..height).flat_map(|y| (0..width).map(move |x| (y, x)));
    let values = rows.map(|(y, x)| along(y, height) * along(x, width));
    Plane::new([height, width], values.collect())
}

/// Returns the Sobel magnitude of a grey image, with replicated border pixels.
fn edges(grey: &Plane) -> Plane {
    let [height, width] = grey.size();
    let at = |y: usize, x: usize, dy: usize, dx: usize| {
        // Offsets 0, 1, 2 stand for -1, 0, 1.
        let inside = |place: usize, offset: usize, side: usize| {
            (place + offset).saturating_sub(1).min(side - 1)
        };
        grey.at(inside(y, dy, height), inside(x, dx, width))
    };
    let rows = (0..height).flat_map(|y| (0..width).map(move |x| (y, x)));
    let values = rows.map(|(y, x)| {
        let weighted = |value: &dyn Fn(usize) -> f32| -> f32 {
            SOBEL.iter().enumerate().map(|(i, w)| w * value(i)).sum()
        };
        let across = weighted(&|i| at(y, x, i, 2) - at(y, x, i, 0));
        let down = weighted(&|i| at(y, x, 2, i) - at(y, x, 0, i));
        across.hypot(down)
    });
    Plane::new([height, width], values.collect())
}

#[cfg(test)]
mod tests {
    use super::super::testing::tensor4;
    use super::*;

    fn maps(baseline: Baseline, pixels: &Tensor<4>, numbers: &[u64]) -> Vec<Saliency> {
        baseline.maps(&BaselineInput {
            pixels,
            native_size: [2, 2],
            layer: "block-1",
            image_numbers: numbers,
            seed: 5,
        })
    }

    #[test]
    fn edges_of_a_step_lie_on_both_sides_of_it() {
        // Columns 0 0 1 1: the Sobel difference is 4 at the two middle columns and 0 outside.
        let step = tensor4([1, 1, 2, 4], &[0., 0., 1., 1., 0., 0., 1., 1.]);
        let found = &maps(Baseline::Edges, &step, &[0])[0];
        assert_eq!(found.raw.values(), [0., 4., 4., 0., 0., 4., 4., 0.]);
        assert_eq!(found.normalised.values(), [0., 1., 1., 0., 0., 1., 1., 0.]);
    }

    #[test]
    fn a_diagonal_corner_by_hand() {
        // One bright pixel at the lower right of 2 x 2. At the upper left, held at the borders:
        // across = 1 * 0 + 2 * 0 + 1 * 1 = 1, down the same.
        let corner = tensor4([1, 1, 2, 2], &[0., 0., 0., 1.]);
        let found = &maps(Baseline::Edges, &corner, &[0])[0];
        assert!((found.raw.at(0, 0) - 2f32.sqrt()).abs() < 1e-6);
        // At the lower right, across = 2 * 1 + 1 * 1 = 3, down the same.
        assert!((found.raw.at(1, 1) - 3.0 * 2f32.sqrt()).abs() < 1e-6);
    }

    #[test]
    fn a_uniform_image_has_no_edges() {
        assert!(maps(Baseline::Edges, &tensor4([1, 3, 2, 2], &[0.4; 12]), &[0])[0].empty);
    }

    #[test]
    fn the_gaussian_is_the_same_seen_from_every_side_and_falls_by_its_law() {
        let map = &maps(Baseline::Gaussian, &tensor4([1, 1, 4, 4], &[0.0; 16]), &[0])[0].raw;
        for (y, x) in [(0, 3), (3, 0), (3, 3)] {
            assert_eq!(map.at(y, x), map.at(0, 0));
        }
        assert_eq!(map.at(1, 2), map.at(2, 1));
        // Centres lie half and one and a half pixels off the middle: 0.5 and 1.5 sigma.
        let ratio = map.at(0, 1) / map.at(1, 1);
        assert!(
            (ratio - (-0.5 * (2.25_f32 - 0.25)).exp()).abs() < 1e-6,
            "{ratio}"
        );
    }

    #[test]
    fn a_random_map_follows_from_its_image_and_not_from_the_batch() {
        let pixels = tensor4([2, 1, 4, 4], &[0.0; 32]);
        let both = maps(Baseline::Random, &pixels, &[7, 8]);
        let alone = maps(Baseline::Random, &pixels.clone().narrow(0, 0, 1), &[8]);
        assert_eq!(both[1], alone[0]);
        assert_ne!(both[0], both[1]);
        assert_eq!(both[0].raw.size(), [2, 2]);
    }
}
