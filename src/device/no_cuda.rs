//! What a build without CUDA says where a GPU is wanted.

use burn::tensor::Device;

use super::{CudaLack, DeviceError};

/// Always the error that CUDA is not built in.
pub(super) fn lacks() -> Result<Vec<CudaLack>, DeviceError> {
    Err(DeviceError::CudaNotBuilt)
}

/// Always the error that CUDA is not built in.
pub(super) fn first_gpu() -> Result<(Device, String), DeviceError> {
    Err(DeviceError::CudaNotBuilt)
}
