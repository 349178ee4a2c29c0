//! How to fix an unavailable device.

use crate::device::{CudaLack, DeviceError, SIMD_VARIABLE};

/// Returns how to fix `error`.
pub(in crate::cli) fn device(error: &DeviceError) -> String {
    let remedy = match error {
        DeviceError::Instructions(_) => {
            return format!("unset {SIMD_VARIABLE}, or set it to one of these");
        }
        DeviceError::CudaNotBuilt => "build it with CUDA: cargo build --features cuda".to_owned(),
        DeviceError::CudaLacks(lacks) => {
            let remedies: Vec<&str> = lacks.iter().map(remedy).collect();
            remedies.join("; ")
        }
        DeviceError::CudaFails(_) => "compare the driver's version with the toolkit's".to_owned(),
    };
    format!("{remedy}; or run it on the CPU: --device cpu")
}

fn remedy(lack: &CudaLack) -> &'static str {
    match lack {
        CudaLack::Driver => "install the NVIDIA driver",
        CudaLack::Device => "see what nvidia-smi and CUDA_VISIBLE_DEVICES say",
        CudaLack::Nvrtc => "put the folder of libnvrtc.so into LD_LIBRARY_PATH",
        CudaLack::Toolkit => {
            "install the CUDA toolkit and set CUDA_PATH to its folder, such as /usr/local/cuda"
        }
        CudaLack::Headers { .. } => "set CUDA_PATH to a folder whose include/ has cuda_fp16.h",
        CudaLack::Fault(_) => "see what nvidia-smi says",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cuda_lacks_is_answered_with_remedies_and_the_cpu() {
        let lacks = DeviceError::CudaLacks(vec![CudaLack::Driver, CudaLack::Toolkit]);
        assert_eq!(
            device(&lacks),
            "install the NVIDIA driver; install the CUDA toolkit and set CUDA_PATH to its folder, \
             such as /usr/local/cuda; or run it on the CPU: --device cpu"
        );
        assert_eq!(
            device(&DeviceError::CudaNotBuilt),
            "build it with CUDA: cargo build --features cuda; or run it on the CPU: --device cpu"
        );
    }
}
