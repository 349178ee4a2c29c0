//! A convolution as a matrix product, with the backend's own operations, for GPUs: there the
//! backend's convolution is slow, or fast only after minutes of autotuning.

use burn::tensor::Tensor;

/// Minimum number of columns of a product: fewer leave the tiles of a GPU's kernels half empty.
const COLUMNS: usize = 256;
/// Maximum number of values in the shifted images, 256 MiB.
const MOST_NUMBERS: usize = 1 << 26;

/// Returns whether the shifted images are small enough for this method.
///
/// # Shapes
/// As in [`convolution`].
pub(super) fn fits(images: [usize; 4], taps: [usize; 4]) -> bool {
    let [_, _, rows, columns] = taps;
    images.iter().product::<usize>() * rows * columns <= MOST_NUMBERS
}

/// Returns the convolution of `images` with zero padding that keeps height and width.
///
/// Images are shifted by every offset of the kernel and laid out as columns (Chellapilla, Puri and
/// Simard 2006); the taps are the other factor. Several images share a product if one alone has few
/// pixels.
///
/// # Shapes
/// - `images`: `[images, inputs, height, width]`
/// - `taps`: `[outputs, inputs, rows, columns]`, both odd
/// - `bias`: `[outputs]`
/// - returned: `[images, outputs, height, width]`
pub(super) fn convolution(
    images: Tensor<4>,
    taps: Tensor<4>,
    bias: Option<Tensor<1>>,
) -> Tensor<4> {
    let [count, inputs, height, width] = images.dims();
    let [outputs, _, rows, columns] = taps.dims();
    let together = together(count, height * width);
    let groups = count / together;
    let grouped = images.reshape([groups, together, inputs, height, width]);
    // Channels before the images of a group: [groups, inputs, together, height, width].
    let moved = moved(grouped.swap_dims(1, 2), [rows, columns]);
    let factors = inputs * rows * columns;
    let moved = moved.reshape([groups, factors, together * height * width]);
    let products = taps.reshape([1, outputs, factors]).matmul(moved);
    let products = match bias {
        Some(bias) => products + bias.reshape([1, outputs, 1]),
        None => products,
    };
    let results = products.reshape([groups, outputs, together, height, width]);
    results
        .swap_dims(1, 2)
        .reshape([count, outputs, height, width])
}

/// Returns the images shifted by every offset of a kernel of `rows` x `columns`, padded with zeros.
///
/// # Shapes
/// - `images`: `[groups, inputs, together, height, width]`
/// - returned: `[groups, inputs, rows, columns, together, height, width]`
fn moved(images: Tensor<5>, [rows, columns]: [usize; 2]) -> Tensor<7> {
    let [groups, inputs, together, height, width] = images.dims();
    let whole = [height + rows - 1, width + columns - 1];
    let padded = match whole == [height, width] {
        true => images,
        false => {
            let shape = [groups, inputs, together, whole[0], whole[1]];
            let zeros = Tensor::<5>::zeros(shape, &images.device());
            let (top, left) = (rows / 2, columns / 2);
            let inside = [
                0..groups,
                0..inputs,
                0..together,
                top..top + height,
                left..left + width,
            ];
            zeros.slice_assign(inside, images)
        }
    };
    // Vertically and then horizontally: fewer pieces than one per offset.
    let down = (0..rows).map(|row| padded.clone().narrow(3, row, height));
    let down: Tensor<6> = Tensor::stack(down.collect(), 2);
    let across = (0..columns).map(|column| down.clone().narrow(5, column, width));
    Tensor::stack(across.collect(), 3)
}

/// Returns how many of `count` images share a product: the smallest divisor that gives it enough
/// columns.
fn together(count: usize, pixels: usize) -> usize {
    let enough = |&images: &usize| count.is_multiple_of(images) && images * pixels >= COLUMNS;
    (1..=count).find(enough).unwrap_or(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_product_has_enough_columns_and_no_image_is_left_over() {
        assert_eq!(together(128, 1024), 1);
        assert_eq!(together(128, 64), 4);
        assert_eq!(together(128, 4), 64);
        assert_eq!(together(8, 4), 8);
        assert_eq!(together(7, 200), 7);
        assert_eq!(together(15, 100), 3);
        assert_eq!(together(1, 1), 1);
    }

    #[test]
    fn large_pictures_are_left_to_the_backend() {
        assert!(fits([128, 3, 32, 32], [32, 3, 3, 3]));
        assert!(fits([16, 64, 64, 64], [64, 64, 3, 3]));
        assert!(!fits([16, 64, 224, 224], [64, 64, 3, 3]));
    }
}
