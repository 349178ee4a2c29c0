//! One map as plain numbers, off the device.

use burn::tensor::{Device, Tensor, TensorData};

/// A map of one image: `height * width` numbers, row by row from the top left.
#[derive(Debug, Clone, PartialEq)]
pub struct Plane {
    height: usize,
    width: usize,
    values: Vec<f32>,
}

impl Plane {
    /// Returns the map with `values`, row by row.
    ///
    /// # Panics
    ///
    /// If there are not `height * width` values.
    pub fn new([height, width]: [usize; 2], values: Vec<f32>) -> Self {
        assert_eq!(
            values.len(),
            height * width,
            "a map of {height} x {width} needs as many values"
        );
        Self {
            height,
            width,
            values,
        }
    }

    /// Returns one map per image.
    ///
    /// # Shapes
    ///
    /// - `maps`: `[batch, height, width]`
    /// - returned: `batch` maps of `[height, width]`
    pub fn from_batch(maps: Tensor<3>) -> Vec<Self> {
        let [batch, height, width] = maps.dims();
        let values: Vec<f32> = maps.into_data().iter::<f32>().collect();
        let pixels = height * width;
        (0..batch)
            .map(|image| values[image * pixels..(image + 1) * pixels].to_vec())
            .map(|values| Self {
                height,
                width,
                values,
            })
            .collect()
    }

    /// Returns the maps as one tensor on `device`.
    ///
    /// # Shapes
    ///
    /// - returned: `[batch, height, width]`
    ///
    /// # Panics
    ///
    /// If there is no map, or if their sizes differ.
    pub fn to_batch(maps: &[&Self], device: &Device) -> Tensor<3> {
        let size = maps.first().expect("a batch holds at least one map").size();
        let mut values = Vec::with_capacity(maps.len() * size[0] * size[1]);
        for map in maps {
            assert_eq!(map.size(), size, "maps of a batch must have one size");
            values.extend_from_slice(&map.values);
        }
        Tensor::from_data(
            TensorData::new(values, [maps.len(), size[0], size[1]]),
            device,
        )
    }

    /// Returns `[height, width]`.
    pub fn size(&self) -> [usize; 2] {
        [self.height, self.width]
    }

    /// Returns all values, row by row.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// Returns the value at `row` from the top and `column` from the left, both from 0.
    ///
    /// # Panics
    ///
    /// If there is no such pixel.
    pub fn at(&self, row: usize, column: usize) -> f32 {
        assert!(
            row < self.height && column < self.width,
            "no pixel {row}, {column} in {} x {}",
            self.height,
            self.width
        );
        self.values[row * self.width + column]
    }

    /// Returns the rows, from the top.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[f32]> {
        // A map of width 0 has no values, and so no rows.
        self.values.chunks_exact(self.width.max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_comes_apart_and_together_in_row_order() {
        let values: Vec<f32> = (0..12).map(|value| value as f32).collect();
        let maps = Tensor::from_data(TensorData::new(values, [2, 2, 3]), &Device::flex());
        let planes = Plane::from_batch(maps.clone());
        assert_eq!(
            planes[1],
            Plane::new([2, 3], vec![6., 7., 8., 9., 10., 11.])
        );
        assert_eq!(planes[1].at(1, 0), 9.0);
        assert_eq!(
            planes[0].rows().collect::<Vec<_>>(),
            [[0., 1., 2.], [3., 4., 5.]]
        );
        let both: Vec<&Plane> = planes.iter().collect();
        assert_eq!(
            Plane::to_batch(&both, &Device::flex()).into_data(),
            maps.into_data()
        );
    }

    #[test]
    #[should_panic(expected = "no pixel 0, 3 in 2 x 3")]
    fn a_column_beyond_the_last_is_no_pixel() {
        let _ = Plane::new([2, 3], vec![0.0; 6]).at(0, 3);
    }
}
