//! Converts tensors of the CPU backend to slices with the channels last, and back.

use burn::backend::ops::FloatTensorOps;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Flex, TensorMetadata};
use burn::tensor::{Tensor, TensorData};

/// Returns `tensor` with its channels last in memory, without a copy if they already are.
///
/// # Shapes
/// - `tensor`: `[images, channels, height, width]`
/// - returned: `[images, height, width, channels]`
pub(super) fn channels_last(tensor: FloatTensor<Flex>) -> FloatTensor<Flex> {
    dense(Flex::float_permute(tensor, &[0, 2, 3, 1]))
}

/// Returns `tensor` with its values in memory in the order of its axes.
pub(super) fn dense(tensor: FloatTensor<Flex>) -> FloatTensor<Flex> {
    match tensor.is_contiguous() {
        true => tensor,
        false => tensor.to_contiguous(),
    }
}

/// Returns the values of a tensor returned by [`dense`].
pub(super) fn numbers(tensor: &FloatTensor<Flex>) -> &[f32] {
    tensor.as_slice().expect("it is dense and holds f32")
}

/// Returns the values of a tensor returned by [`dense`], for change. They are copied first if
/// another tensor has them as well.
pub(super) fn numbers_mut(tensor: &mut FloatTensor<Flex>) -> &mut [f32] {
    let offsets = tensor.layout().contiguous_offsets();
    let (start, end) = offsets.expect("it is dense");
    &mut tensor.storage_mut()[start..end]
}

/// Returns a tensor with its channels last as one with its channels on the second axis.
///
/// # Shapes
/// - `tensor`: `[images, height, width, channels]`
/// - returned: `[images, channels, height, width]`
pub(super) fn channels_second_of(tensor: FloatTensor<Flex>) -> FloatTensor<Flex> {
    Flex::float_permute(tensor, &[0, 3, 1, 2])
}

/// Returns `values` as a tensor with the channels on the second axis.
///
/// # Shapes
/// - `values`: `[images, height, width, channels]`
/// - returned: `[images, channels, height, width]`
pub(super) fn channels_second(values: Vec<f32>, size: [usize; 4]) -> FloatTensor<Flex> {
    channels_second_of(tensor(values, size))
}

/// Returns `values` as a tensor.
pub(super) fn tensor<const D: usize>(values: Vec<f32>, shape: [usize; D]) -> FloatTensor<Flex> {
    Flex::float_from_data(TensorData::new(values, shape), &Default::default())
}

/// Returns a tensor of the CPU backend whose memory holds its values alone, in the order of its
/// axes.
pub(super) fn owned<const D: usize>(tensor: Tensor<D>) -> FloatTensor<Flex> {
    let count: usize = tensor.dims().iter().product();
    let tensor = match tensor.try_into_primitive::<Flex>() {
        Ok(tensor) => dense(tensor),
        Err(error) => panic!("a parameter without autodiff on the CPU: {error:?}"),
    };
    match tensor.storage::<f32>().len() == count {
        true => tensor,
        false => copied(&tensor),
    }
}

/// Returns a copy of a dense tensor that is a view of a larger one.
fn copied(tensor: &FloatTensor<Flex>) -> FloatTensor<Flex> {
    let data = TensorData::new(numbers(tensor).to_vec(), tensor.shape());
    Flex::float_from_data(data, &Default::default())
}
