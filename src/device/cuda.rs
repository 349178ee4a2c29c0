//! Checks whether CUDA can be used on this machine, without ever panicking.
//!
//! Burn loads the driver and the kernel compiler at their first use and panics if one is missing,
//! so each is looked for first, under the names that Burn will try.

use std::panic::{self, AssertUnwindSafe};

use burn::tensor::{Device, DeviceType, Tensor};
use cubecl::config::{CubeClRuntimeConfig, RuntimeConfig};
use cubecl::cuda::install::cuda_path;

use super::{CudaLack, DeviceError, panic_text};

/// A header that kernels include; a toolkit folder without it is unusable.
const HEADER: &str = "cuda_fp16.h";

/// Returns what CUDA needs but is missing here; an empty list means that a GPU should work.
pub(super) fn lacks() -> Result<Vec<CudaLack>, DeviceError> {
    Ok(quietly(look).unwrap_or_else(|reason| vec![CudaLack::Fault(reason)]))
}

fn look() -> Vec<CudaLack> {
    keep_kernels();
    let mut lacks = Vec::new();
    // SAFETY: both calls only try to open libraries with NVIDIA's names, as Burn does later.
    let (driver, compiler) = unsafe {
        (
            cudarc::driver::sys::is_culib_present(),
            cudarc::nvrtc::sys::is_culib_present(),
        )
    };
    if !driver {
        lacks.push(CudaLack::Driver);
    } else if Device::enumerate(DeviceType::Cuda).is_empty() {
        lacks.push(CudaLack::Device);
    }
    if !compiler {
        lacks.push(CudaLack::Nvrtc);
    }
    match cuda_path().map(|root| root.join("include")) {
        None => lacks.push(CudaLack::Toolkit),
        Some(folder) if !folder.join(HEADER).is_file() => {
            lacks.push(CudaLack::Headers { folder });
        }
        Some(_) => {}
    }
    lacks
}

/// Returns the first GPU and its name, after a test addition of two numbers.
///
/// # Errors
/// [`DeviceError::CudaFails`] if the addition fails, for example with a kernel compiler that is
/// newer than the driver.
pub(super) fn first_gpu() -> Result<(Device, String), DeviceError> {
    let tried = quietly(|| {
        let device = Device::cuda(0);
        let name = device.identity().map(|identity| identity.name);
        let two: f32 = (Tensor::<1>::ones([1], &device) + 1.0).into_scalar();
        (device, name, two)
    });
    match tried {
        Ok((device, name, 2.0)) => Ok((device, name.unwrap_or_else(|| "unnamed".to_owned()))),
        Ok((_, _, other)) => Err(DeviceError::CudaFails(format!("1 + 1 gave {other}"))),
        Err(reason) => Err(DeviceError::CudaFails(reason)),
    }
}

/// Keeps compiled kernels on disk, so that the next process need not compile them again. A
/// `cubecl.toml` or `burn.toml` sets the location, as documented by Burn; the default is the usual
/// cache folder.
fn keep_kernels() {
    let mut config = CubeClRuntimeConfig::from_current_dir().override_from_env();
    config.compilation.cache = true;
    // Set once per process: the first call wins, and losing costs only time.
    let _ = CubeClRuntimeConfig::try_set(config);
}

/// Returns the result of `ask`, or the message of its panic, without printing the panic.
fn quietly<T>(ask: impl FnOnce() -> T) -> Result<T, String> {
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let answer = panic::catch_unwind(AssertUnwindSafe(ask));
    panic::set_hook(hook);
    answer.map_err(|payload| panic_text(payload.as_ref()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_its_first_line() {
        assert_eq!(quietly(|| 3), Ok(3));
        let gone: Result<(), String> = quietly(|| panic!("\n  no {}\nmore", "library"));
        assert_eq!(gone, Err("no library".to_owned()));
    }
}
