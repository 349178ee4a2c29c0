//! The device of tensors: the CPU, or an NVIDIA GPU in a build that supports it. The device is
//! selected before any other use of Burn.

#[cfg(feature = "cuda")]
mod cuda;
#[cfg(not(feature = "cuda"))]
#[path = "device/no_cuda.rs"]
mod cuda;
mod lack;
mod panic_text;

use burn::tensor::Device;

use crate::kernels::{UnknownLevel, check_level};

pub use crate::kernels::SIMD_VARIABLE;
pub use lack::CudaLack;
pub(crate) use panic_text::panic_text;

/// The environment variable that selects Burn's default device.
const BURN_DEVICE: &str = "BURN_DEVICE";
/// Value of the variable for the CPU backend.
const FLEX: &str = "flex";
/// Value of the variable for a GPU.
const CUDA: &str = "cuda";

/// The device selected by a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DeviceChoice {
    /// A GPU if one can be used, else the CPU.
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// An NVIDIA GPU.
    Cuda,
}

/// A requested device that is not available.
#[derive(Debug, thiserror::Error)]
pub enum DeviceError {
    /// This build supports only the CPU.
    #[error("this build has no CUDA support")]
    CudaNotBuilt,
    /// The machine lacks something that CUDA needs.
    #[error("CUDA cannot be used here: {}", CudaLack::list(.0))]
    CudaLacks(Vec<CudaLack>),
    /// Nothing is missing, but the device does not compute.
    #[error("the CUDA device failed at its first computation: {0}")]
    CudaFails(String),
    /// The environment selects vector instructions that the processor lacks.
    #[error(transparent)]
    Instructions(#[from] UnknownLevel),
}

/// A device and its name.
#[derive(Debug, Clone)]
pub struct ChosenDevice {
    /// The device, without autodiff.
    pub device: Device,
    /// Its name for display, such as "cpu (flex, 2 threads)".
    pub name: String,
    /// Why a build that supports a GPU does not use one, unless the CPU was requested.
    pub fallback: Option<String>,
}

/// Returns the device for `choice`, and makes it Burn's default.
///
/// Burn's optimizer and loader use the first backend that was compiled in, on any hardware, unless
/// the environment names another; so the environment is set here.
///
/// # Errors
/// - [`DeviceError::CudaNotBuilt`], [`DeviceError::CudaLacks`] if CUDA is requested but not
///   available; [`DeviceChoice::Auto`] selects the CPU then.
/// - [`DeviceError::Instructions`] if the environment selects vector instructions that this
///   processor lacks.
/// - [`DeviceError::CudaFails`] if nothing is missing but a first computation fails. It is an error
///   for [`DeviceChoice::Auto`] too: a broken GPU is not skipped silently.
///
/// # Safety of the environment
/// Call it before any thread is started.
pub fn choose(choice: DeviceChoice) -> Result<ChosenDevice, DeviceError> {
    check_level()?;
    match decide(choice, cuda::lacks)? {
        Decision::Gpu => {
            fall_back_to(CUDA);
            let (device, name) = cuda::first_gpu()?;
            Ok(ChosenDevice {
                device,
                name: format!("cuda ({name})"),
                fallback: None,
            })
        }
        Decision::Cpu { fallback } => {
            fall_back_to(FLEX);
            let threads = std::thread::available_parallelism().map_or(1, usize::from);
            Ok(ChosenDevice {
                device: cpu(),
                name: format!("cpu (flex, {threads} threads)"),
                fallback,
            })
        }
    }
}

/// The kind of device to use.
#[derive(Debug, PartialEq, Eq)]
enum Decision {
    Gpu,
    /// With the reason, if a GPU was looked for.
    Cpu {
        fallback: Option<String>,
    },
}

/// Decides by what CUDA lacks here; calls `lacks` only if a GPU may be used.
fn decide(
    choice: DeviceChoice,
    lacks: impl FnOnce() -> Result<Vec<CudaLack>, DeviceError>,
) -> Result<Decision, DeviceError> {
    if choice == DeviceChoice::Cpu {
        return Ok(Decision::Cpu { fallback: None });
    }
    match (choice, lacks()) {
        (_, Ok(lacks)) if lacks.is_empty() => Ok(Decision::Gpu),
        (DeviceChoice::Cuda, Ok(lacks)) => Err(DeviceError::CudaLacks(lacks)),
        (DeviceChoice::Cuda, Err(error)) => Err(error),
        (_, Ok(lacks)) => Ok(Decision::Cpu {
            fallback: Some(CudaLack::list(&lacks)),
        }),
        (_, Err(_)) => Ok(Decision::Cpu { fallback: None }),
    }
}

/// Returns the CPU.
pub fn cpu() -> Device {
    Device::flex()
}

/// Returns whether `device` works through a queue while the host continues, and has its own memory.
pub fn is_gpu(device: &Device) -> bool {
    *device != cpu()
}

/// Makes `backend` Burn's default.
fn fall_back_to(backend: &str) {
    // SAFETY: `main` selects the device before it starts a thread, so no other thread reads the
    // environment while it is changed.
    unsafe { std::env::set_var(BURN_DEVICE, backend) };
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lacking() -> Result<Vec<CudaLack>, DeviceError> {
        Ok(vec![CudaLack::Driver, CudaLack::Toolkit])
    }

    #[test]
    fn auto_takes_the_gpu_where_nothing_lacks() {
        let complete = || Ok(Vec::new());
        assert_eq!(
            decide(DeviceChoice::Auto, complete).expect("a device"),
            Decision::Gpu
        );
        assert_eq!(
            decide(DeviceChoice::Cuda, complete).expect("a device"),
            Decision::Gpu
        );
    }

    #[test]
    fn auto_takes_the_cpu_and_says_why() {
        let fallback = "no NVIDIA driver (libcuda), no CUDA toolkit (CUDA_PATH is not set)";
        assert_eq!(
            decide(DeviceChoice::Auto, lacking).expect("a device"),
            Decision::Cpu {
                fallback: Some(fallback.to_owned())
            }
        );
        // A build without CUDA has nothing to explain.
        let decision = decide(DeviceChoice::Auto, || Err(DeviceError::CudaNotBuilt));
        assert_eq!(
            decision.expect("a device"),
            Decision::Cpu { fallback: None }
        );
    }

    #[test]
    fn cuda_without_what_it_needs_names_it() {
        let error = decide(DeviceChoice::Cuda, lacking).expect_err("no driver");
        assert_eq!(
            error.to_string(),
            "CUDA cannot be used here: no NVIDIA driver (libcuda), no CUDA toolkit (CUDA_PATH is \
             not set)"
        );
    }

    #[test]
    fn the_cpu_is_taken_without_looking_for_a_gpu() {
        let decision = decide(DeviceChoice::Cpu, || panic!("looked"));
        assert_eq!(
            decision.expect("a device"),
            Decision::Cpu { fallback: None }
        );
    }
}
