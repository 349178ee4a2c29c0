//! A split's images on the device, as bytes, and batches prepared there: only the image numbers and
//! placements of a batch are transferred.

use burn::tensor::{DType, Device, Int, IntDType, Tensor, TensorData};

use crate::data::image_set::CHANNELS;
use crate::data::{ImageSet, Normalisation, Placement, standardised_values};

/// Number of values of a byte.
const BYTE_VALUES: usize = 256;
/// Numbers that define an image and its placement: row, right, down, mirrored.
const NUMBERS: usize = 4;

/// The images of one split on a device.
#[derive(Debug)]
pub struct ResidentImages {
    /// `[images, channels, height * width]`, bytes.
    pixels: Tensor<3, Int>,
    /// `[images]`, class numbers.
    labels: Tensor<1, Int>,
    /// `[channels * 256]`: the standardised value of every byte of every channel.
    values: Tensor<1>,
    /// `[1, channels, 1]`: the start of a channel's values.
    channel_starts: Tensor<3, Int>,
    height: usize,
    width: usize,
    device: Device,
}

impl ResidentImages {
    /// Returns the images of `set` on `device`, which has no autodiff.
    ///
    /// Standardised values are looked up in a table computed on the host, so a batch has the same
    /// bits as with [`fill_batch`](crate::data::fill_batch), independent of the device's
    /// arithmetic.
    ///
    /// # Panics
    /// If the set is empty.
    pub fn new(set: &ImageSet, normalisation: &Normalisation, device: &Device) -> Self {
        let (height, width) = (set.height(), set.width());
        let bytes: Vec<u8> = (0..set.len())
            .flat_map(|i| set.pixels(i).into_owned())
            .collect();
        let shape = [set.len(), CHANNELS, height * width];
        let labels: Vec<i64> = (0..set.len()).map(|i| set.label(i) as i64).collect();
        let values: Vec<f32> = standardised_values(normalisation).concat();
        let starts: Vec<i64> = (0..CHANNELS)
            .map(|channel| (channel * BYTE_VALUES) as i64)
            .collect();
        let starts = TensorData::new(starts, [1, CHANNELS, 1]);
        Self {
            pixels: Tensor::from_data(TensorData::new(bytes, shape), (device, DType::U8)),
            labels: Tensor::from_data(TensorData::new(labels, [set.len()]), device),
            values: Tensor::from_data(TensorData::new(values, [CHANNELS * BYTE_VALUES]), device),
            channel_starts: Tensor::from_data(starts, device),
            height,
            width,
            device: device.clone(),
        }
    }

    /// Returns the images at `indices`, each with its placement, and their classes.
    ///
    /// # Shapes
    /// - `placements`: one per index
    /// - returned: `[batch, channels, height, width]`, standardised, and `[batch]`
    ///
    /// # Panics
    /// If the two differ in length, or an index is outside the set.
    pub fn batch(
        &self,
        indices: &[usize],
        placements: &[Placement],
    ) -> (Tensor<4>, Tensor<1, Int>) {
        assert_eq!(indices.len(), placements.len(), "one placement an image");
        let (batch, area) = (indices.len(), self.height * self.width);
        let [rows, right, down, mirrored] = self.numbers(indices, placements);
        let labels = self.labels.clone().select(0, rows.clone());
        let pixels = self.pixels.clone().select(0, rows);
        let mut pixels = pixels.cast(IntDType::from(self.channel_starts.dtype()));
        if placements.iter().any(|one| *one != Placement::IDENTITY) {
            pixels = self.place(pixels, [right, down, mirrored]);
        }
        let places = (pixels + self.channel_starts.clone()).reshape([batch * CHANNELS * area]);
        let images = self.values.clone().select(0, places);
        (
            images.reshape([batch, CHANNELS, self.height, self.width]),
            labels,
        )
    }

    /// Returns the four numbers of each image, each `[batch]`, with one transfer.
    fn numbers(&self, indices: &[usize], placements: &[Placement]) -> [Tensor<1, Int>; NUMBERS] {
        let batch = indices.len();
        let of_each = |number: fn(&Placement) -> i64| placements.iter().map(number);
        let numbers: Vec<i64> = (indices.iter().map(|&index| index as i64))
            .chain(of_each(|one| i64::from(one.dx)))
            .chain(of_each(|one| i64::from(one.dy)))
            .chain(of_each(|one| i64::from(one.mirrored)))
            .collect();
        let numbers = TensorData::new(numbers, [NUMBERS * batch]);
        let numbers = Tensor::<1, Int>::from_data(numbers, &self.device);
        std::array::from_fn(|place| numbers.clone().narrow(0, place * batch, batch))
    }

    /// Shifts and mirrors; pixels outside the image are black.
    ///
    /// # Shapes
    /// - `pixels`, returned: `[batch, channels, height * width]`
    /// - `right`, `down`, `mirrored`: `[batch]`
    fn place(
        &self,
        pixels: Tensor<3, Int>,
        [right, down, mirrored]: [Tensor<1, Int>; 3],
    ) -> Tensor<3, Int> {
        let [batch, channels, area] = pixels.dims();
        let (height, width) = (self.height as i64, self.width as i64);
        let column = |numbers: Tensor<1, Int>| numbers.reshape([batch, 1]);
        let count = |most: i64| Tensor::<1, Int>::arange(0..most, &self.device).unsqueeze::<2>();
        // The mirrored image's pixel x is the crop's pixel width - 1 - x.
        let flipped = count(width) * -2 + (width - 1);
        let x = count(width) + column(mirrored) * flipped + column(right);
        let y = count(height) + column(down);
        let inside =
            |place: Tensor<2, Int>, most: i64| place.clone().equal(place.clamp(0, most - 1)).int();
        let rows = y.clone().clamp(0, height - 1) * width;
        let columns = x.clone().clamp(0, width - 1);
        let flat = |rows: Tensor<3, Int>| rows.reshape([batch, 1, area]);
        let source = flat(rows.unsqueeze_dim::<3>(2) + columns.unsqueeze_dim::<3>(1));
        let seen =
            flat(inside(y, height).unsqueeze_dim::<3>(2) * inside(x, width).unsqueeze_dim::<3>(1));
        pixels.gather(2, source.repeat_dim(1, channels)) * seen
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Augmentation, DataOptions, Draws, SHAPES, ShapesOptions, fill_batch};

    /// Returns batches of both kinds from the same draws.
    fn both(augmentation: &Augmentation, batches: usize) -> [Vec<(Vec<f32>, Vec<i64>)>; 2] {
        let options = DataOptions {
            dataset: SHAPES,
            validation_images: 0,
            split_seed: 0,
            shapes: ShapesOptions {
                train_images: 60,
                validation_images: 12,
                test_images: 12,
                seed: 3,
            },
            pictures: Default::default(),
            train_limit: None,
        };
        let splits = crate::data::load(&options, &Default::default()).expect("generated");
        // A subset, so that an image's row differs from its position in the store.
        let set = splits
            .train
            .subset(&[7, 3, 59, 0, 21, 22, 5, 40, 11, 12, 13]);
        let resident = ResidentImages::new(&set, &splits.normalisation, &Device::flex());
        let (mut host, mut device) = (Vec::new(), Vec::new());
        for number in 0..batches {
            let indices = [10, 0, 4, 4, 9 - number % 10, 2, 7];
            let (mut images, mut labels) = (Vec::new(), Vec::new());
            let mut draws = Draws::new(5, 1, number);
            fill_batch(
                &set,
                &indices,
                Some((augmentation, &mut draws)),
                &splits.normalisation,
                &mut images,
                &mut labels,
            );
            host.push((images, labels));
            let mut draws = Draws::new(5, 1, number);
            let placements: Vec<_> = indices
                .map(|_| augmentation.draw(&mut draws, [32, 32]).placement)
                .into();
            let (images, labels) = resident.batch(&indices, &placements);
            assert_eq!(images.dims(), [7, 3, 32, 32]);
            device.push((
                images.into_data().iter::<f32>().collect(),
                labels.into_data().iter::<i64>().collect(),
            ));
        }
        [host, device]
    }

    #[test]
    fn a_batch_has_the_bits_of_the_host_s() {
        for crop_padding in [0, 4, 40] {
            for horizontal_flip in [false, true] {
                let augmentation = Augmentation {
                    crop_padding,
                    horizontal_flip,
                    ..Augmentation::NONE
                };
                let [host, device] = both(&augmentation, 12);
                assert_eq!(host, device, "{augmentation:?}");
            }
        }
    }

    /// Images of 1 x 2 pixels, image i with bytes 6i to 6i + 5: red, green, blue.
    #[test]
    fn shifts_and_mirrors_by_hand() {
        let set = crate::data::image_set::tests::tiny_set(3);
        let bytes = Normalisation {
            mean: [0.0; 3],
            std: [1.0 / 255.0; 3],
        };
        let resident = ResidentImages::new(&set, &bytes, &Device::flex());
        let place = |dx, dy, mirrored| Placement { dx, dy, mirrored };
        let placements = [
            place(1, 0, false),
            place(1, 0, true),
            place(0, 1, false),
            place(0, 0, true),
        ];
        let (images, labels) = resident.batch(&[1, 1, 2, 2], &placements);
        let values: Vec<f32> = images.into_data().iter::<f32>().collect();
        let rounded: Vec<f32> = values.iter().map(|value| value.round()).collect();
        let expected = [
            [7., 0., 9., 0., 11., 0.],
            [0., 7., 0., 9., 0., 11.],
            [0.; 6],
            [13., 12., 15., 14., 17., 16.],
        ];
        assert_eq!(rounded, expected.concat());
        let labels: Vec<i64> = labels.into_data().iter::<i64>().collect();
        assert_eq!(labels, [1, 1, 0, 0]);
    }
}
