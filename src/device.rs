//! Where tensors live: the CPU, or an NVIDIA GPU in a build that can use one. Called first thing
//! in `main`, before any other use of Burn.

use burn::tensor::Device;

/// The environment variable by which Burn picks the device of values that name none.
const BURN_DEVICE: &str = "BURN_DEVICE";
/// What the variable must hold for the CPU backend.
const FLEX: &str = "flex";

/// The device that a user asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DeviceChoice {
    /// The best that is there.
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// An NVIDIA GPU.
    Cuda,
}

/// A device that was asked for cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum DeviceError {
    /// This build knows the CPU alone.
    #[error("this build has no CUDA support")]
    CudaNotBuilt,
}

impl DeviceError {
    /// Returns the way out, to print below the error.
    pub fn hint(&self) -> &'static str {
        "run it on the CPU: --device cpu"
    }
}

/// A device and its name.
#[derive(Debug, Clone)]
pub struct ChosenDevice {
    /// The device, without autodiff.
    pub device: Device,
    /// Its name for people, such as "cpu (flex, 2 threads)".
    pub name: String,
}

/// Returns the device for `choice`, and makes it the one that Burn falls back to.
///
/// Burn's optimizer and loader take the first backend that was compiled in, whatever the hardware,
/// unless the environment names another; so the environment is set here.
///
/// # Errors
/// [`DeviceError::CudaNotBuilt`] where CUDA is asked for and this build has none.
///
/// # Safety of the environment
/// Call it before any thread is started.
pub fn choose(choice: DeviceChoice) -> Result<ChosenDevice, DeviceError> {
    match choice {
        DeviceChoice::Cuda => Err(DeviceError::CudaNotBuilt),
        DeviceChoice::Auto | DeviceChoice::Cpu => {
            // SAFETY: `main` calls this before it starts a thread, so no other thread reads the
            // environment while it is changed.
            unsafe { std::env::set_var(BURN_DEVICE, FLEX) };
            let threads = std::thread::available_parallelism().map_or(1, usize::from);
            Ok(ChosenDevice {
                device: Device::flex(),
                name: format!("cpu (flex, {threads} threads)"),
            })
        }
    }
}
