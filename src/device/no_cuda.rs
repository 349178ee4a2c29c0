//! Stands in for CUDA in a build without it.

use burn::tensor::Device;

use super::{CudaLack, DeviceError};

/// Returns the error that CUDA is not built in.
pub(super) fn lacks() -> Result<Vec<CudaLack>, DeviceError> {
    Err(DeviceError::CudaNotBuilt)
}

/// Returns the error that CUDA is not built in.
pub(super) fn first_gpu() -> Result<(Device, String), DeviceError> {
    Err(DeviceError::CudaNotBuilt)
}
