//! Lets Burn's data loaders read an [`ImageSet`].
//!
//! It is for users of the library. The crate's training loop uses `batch`.

use burn::data::dataset::{Dataset, DatasetError};

use crate::data::image_set::{ImageSet, LabelledImage};

impl Dataset<LabelledImage> for ImageSet {
    fn get(&self, index: usize) -> Result<LabelledImage, DatasetError> {
        Ok(LabelledImage {
            pixels: self.pixels(index).into_owned(),
            label: self.label(index),
        })
    }

    fn len(&self) -> usize {
        Self::len(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::image_set::tests::tiny_set;

    #[test]
    fn burn_sees_the_same_images() {
        let items: Vec<LabelledImage> = Dataset::iter(&tiny_set(3))
            .map(|item| item.unwrap())
            .collect();
        assert_eq!(items.len(), 3);
        assert_eq!(
            items[2],
            LabelledImage {
                pixels: vec![12, 13, 14, 15, 16, 17],
                label: 0
            }
        );
    }
}
