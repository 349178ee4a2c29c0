//! The sizes of a convolution, and the bands of rows that its work is divided into.

/// The steps of a convolution's kernel and the zeros around its images.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Form {
    /// Pixels from one position of the kernel to the next, along both axes.
    pub stride: usize,
    /// Zeros above and below an image, and left and right of it.
    pub padding: [(usize, usize); 2],
}

impl Form {
    /// Returns the form of a convolution with kernels of an odd `side` that keeps height and width.
    pub fn same(side: usize) -> Self {
        Self {
            stride: 1,
            padding: [(side / 2, side / 2); 2],
        }
    }

    /// Returns the number of positions of a kernel of `side` pixels along an axis of `pixels`: the
    /// vertical axis is 0.
    pub fn positions(self, axis: usize, pixels: usize, side: usize) -> usize {
        let (before, after) = self.padding[axis];
        (before + pixels + after - side) / self.stride + 1
    }
}

/// The sizes of a convolution over images with the channels last:
/// `[images, height, width, channels]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Size {
    pub(super) images: usize,
    pub(super) height: usize,
    pub(super) width: usize,
    /// Number of input channels.
    pub(super) inputs: usize,
    /// Number of output channels.
    pub(super) outputs: usize,
    /// Side of the kernel.
    pub(super) side: usize,
    pub(super) form: Form,
}

impl Size {
    /// Returns the sizes of the convolution of images, `[images, inputs, height, width]`, with
    /// taps, `[outputs, inputs, side, side]`.
    pub(super) fn of(images: [usize; 4], taps: [usize; 4], form: Form) -> Self {
        let [images, inputs, height, width] = images;
        let [outputs, _, side, _] = taps;
        Self {
            images,
            height,
            width,
            inputs,
            outputs,
            side,
            form,
        }
    }

    /// Returns whether the results have the height and width of the images, with the kernel's
    /// centre at the pixel of its result.
    pub(super) fn keeps_size(self) -> bool {
        self.side % 2 == 1 && self.form == Form::same(self.side)
    }

    /// Returns the sizes of the convolution that propagates a gradient to the input, if the
    /// convolution keeps the size of the images.
    pub(super) fn reversed(self) -> Self {
        Self {
            inputs: self.outputs,
            outputs: self.inputs,
            ..self
        }
    }

    /// Returns the number of pixels in all images.
    pub(super) fn pixels(self) -> usize {
        self.images * self.height * self.width
    }

    /// Returns the sizes of a 1x1 convolution of images of the size of the results.
    pub(super) fn of_results(self) -> Self {
        let [height, width] = self.results_shape();
        Self {
            height,
            width,
            side: 1,
            form: Form::same(1),
            ..self
        }
    }

    /// Returns the height and width of the results.
    pub(super) fn results_shape(self) -> [usize; 2] {
        let axis = |axis, pixels| self.form.positions(axis, pixels, self.side);
        [axis(0, self.height), axis(1, self.width)]
    }
}

/// Rows of tiles, each `side` pixels high, that one core processes at a time. Rows are counted
/// through all images.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Band {
    pub(super) first: usize,
    pub(super) rows: usize,
}

/// Returns the number of rows of tiles, `side` pixels high, in an image.
pub(super) fn tile_rows(size: Size, side: usize) -> usize {
    size.height.div_ceil(side)
}

/// Returns bands of `rows` rows of tiles; the last may have fewer.
pub(super) fn bands(size: Size, side: usize, rows: usize) -> Vec<Band> {
    let all = size.images * tile_rows(size, side);
    (0..all)
        .step_by(rows)
        .map(|first| Band {
            first,
            rows: rows.min(all - first),
        })
        .collect()
}

/// Returns the number of rows of pixels in `band`: an image's last tiles may be lower.
pub(super) fn pixel_rows(size: Size, side: usize, band: Band) -> usize {
    let start = |row: usize| {
        let rows = tile_rows(size, side);
        (row / rows) * size.height + row % rows * side
    };
    start(band.first + band.rows) - start(band.first)
}

/// Splits `values` into one part per band, with `per_row` numbers per row of pixels.
pub(super) fn parts<'a, T>(
    mut values: &'a mut [T],
    bands: &[Band],
    mut length: impl FnMut(Band) -> usize,
) -> Vec<&'a mut [T]> {
    let mut parts = Vec::with_capacity(bands.len());
    for band in bands {
        let (part, rest) = values.split_at_mut(length(*band));
        parts.push(part);
        values = rest;
    }
    parts
}
