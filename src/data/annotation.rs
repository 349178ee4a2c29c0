//! The objects of an image: a box for each, and a pixel mask where known.

/// A set of pixels of one image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mask {
    width: usize,
    height: usize,
    bits: Vec<u64>,
}

impl Mask {
    /// Returns an empty mask for an image of `height` x `width` pixels.
    pub fn new(height: usize, width: usize) -> Self {
        Self {
            width,
            height,
            bits: vec![0; (height * width).div_ceil(64)],
        }
    }

    /// Returns the height of the image, pixels.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Returns the width of the image, pixels.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Returns whether pixel (`x` from the left, `y` from the top) belongs to the set.
    ///
    /// # Panics
    /// If the pixel lies outside the image.
    pub fn contains(&self, x: usize, y: usize) -> bool {
        let place = self.place(x, y);
        self.bits[place / 64] >> (place % 64) & 1 == 1
    }

    /// Adds a pixel.
    ///
    /// # Panics
    /// If the pixel lies outside the image.
    pub fn insert(&mut self, x: usize, y: usize) {
        let place = self.place(x, y);
        self.bits[place / 64] |= 1 << (place % 64);
    }

    /// Returns the number of pixels in the set.
    pub fn area(&self) -> usize {
        self.bits
            .iter()
            .map(|word| word.count_ones() as usize)
            .sum()
    }

    /// Returns the smallest box around the set, or `None` if it is empty.
    pub fn bounding_box(&self) -> Option<PixelBox> {
        let mut bounds: Option<PixelBox> = None;
        for y in 0..self.height {
            for x in 0..self.width {
                if self.contains(x, y) {
                    let b = bounds.get_or_insert(PixelBox {
                        x0: x,
                        y0: y,
                        x1: x + 1,
                        y1: y + 1,
                    });
                    b.x0 = b.x0.min(x);
                    b.x1 = b.x1.max(x + 1);
                    b.y1 = y + 1;
                }
            }
        }
        bounds
    }

    /// Adds every pixel of `other`.
    ///
    /// # Panics
    /// If the two masks are of different sizes.
    pub fn unite(&mut self, other: &Self) {
        assert_eq!(
            (self.height, self.width),
            (other.height, other.width),
            "mask sizes differ"
        );
        for (mine, theirs) in self.bits.iter_mut().zip(&other.bits) {
            *mine |= theirs;
        }
    }

    /// Removes every pixel of `other`.
    ///
    /// # Panics
    /// If the two masks are of different sizes.
    pub fn remove(&mut self, other: &Self) {
        assert_eq!(
            (self.height, self.width),
            (other.height, other.width),
            "mask sizes differ"
        );
        for (mine, theirs) in self.bits.iter_mut().zip(&other.bits) {
            *mine &= !theirs;
        }
    }

    /// Returns the mask as numbers, row by row: 1 inside and 0 outside.
    pub fn values(&self) -> impl Iterator<Item = f32> + '_ {
        (0..self.height * self.width)
            .map(|place| (self.bits[place / 64] >> (place % 64) & 1) as f32)
    }

    /// Returns the mean position of its pixels' centres, `[x, y]`, or `None` if it is empty.
    pub fn centroid(&self) -> Option<[f64; 2]> {
        let (mut across, mut down, mut count) = (0.0, 0.0, 0.0);
        for y in 0..self.height {
            for x in (0..self.width).filter(|x| self.contains(*x, y)) {
                across += x as f64 + 0.5;
                down += y as f64 + 0.5;
                count += 1.0;
            }
        }
        (count > 0.0).then(|| [across / count, down / count])
    }

    fn place(&self, x: usize, y: usize) -> usize {
        assert!(
            x < self.width && y < self.height,
            "pixel ({x}, {y}) outside {} x {}",
            self.width,
            self.height
        );
        y * self.width + x
    }
}

/// A half-open box of pixels: columns `x0..x1`, rows `y0..y1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PixelBox {
    /// First column.
    pub x0: usize,
    /// First row.
    pub y0: usize,
    /// Column after the last.
    pub x1: usize,
    /// Row after the last.
    pub y1: usize,
}

impl PixelBox {
    /// Returns the number of pixels in the box.
    pub fn area(&self) -> usize {
        (self.x1 - self.x0) * (self.y1 - self.y0)
    }
}

/// One object: its box, and its pixels where known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    /// The smallest box around the object.
    pub bounds: PixelBox,
    /// Pixels at least half covered by the object, if they are known.
    pub mask: Option<Mask>,
}

/// All objects of one image. They have the image's class and do not overlap.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Annotation {
    /// The objects, in drawing order.
    pub instances: Vec<Instance>,
}

impl Annotation {
    /// Returns the masks of all objects; `None` if one is not known.
    pub fn masks(&self) -> Option<Vec<&Mask>> {
        let masks = self.instances.iter().map(|instance| instance.mask.as_ref());
        masks.collect()
    }

    /// Returns the pixels of all objects together; `None` if there is no object or a mask is not known.
    pub fn union(&self) -> Option<Mask> {
        let masks = self.masks()?;
        let (first, rest) = masks.split_first()?;
        let mut all = (*first).clone();
        for mask in rest {
            all.unite(mask);
        }
        Some(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn box_and_area_of_three_pixels() {
        let mut mask = Mask::new(9, 11);
        assert_eq!(mask.bounding_box(), None);
        for (x, y) in [(4, 2), (10, 5), (7, 8)] {
            mask.insert(x, y);
        }
        assert_eq!(mask.area(), 3);
        assert!(mask.contains(10, 5) && !mask.contains(5, 10 - 3));
        let bounds = mask.bounding_box().unwrap();
        assert_eq!(
            bounds,
            PixelBox {
                x0: 4,
                y0: 2,
                x1: 11,
                y1: 9
            }
        );
        assert_eq!(bounds.area(), 49);
    }

    #[test]
    fn the_union_counts_shared_pixels_once() {
        let instance = |pixels: &[(usize, usize)]| {
            let mut mask = Mask::new(4, 4);
            pixels.iter().for_each(|&(x, y)| mask.insert(x, y));
            Instance {
                bounds: mask.bounding_box().unwrap(),
                mask: Some(mask),
            }
        };
        let annotation = Annotation {
            instances: vec![instance(&[(0, 0), (1, 0)]), instance(&[(1, 0), (3, 3)])],
        };
        assert_eq!(annotation.union().unwrap().area(), 3);
        let mut unknown = annotation.clone();
        unknown.instances[1].mask = None;
        assert_eq!((unknown.masks(), unknown.union()), (None, None));
        assert_eq!(Annotation::default().union(), None);
    }
}
