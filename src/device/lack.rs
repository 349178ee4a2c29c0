//! Missing requirements of CUDA, in words.

use std::path::PathBuf;

/// A missing requirement of CUDA.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CudaLack {
    /// The library of the NVIDIA driver cannot be loaded.
    Driver,
    /// The driver is present but shows no device.
    Device,
    /// The library that compiles kernels cannot be loaded.
    Nvrtc,
    /// No folder of a toolkit is known.
    Toolkit,
    /// The toolkit's folder has no headers.
    Headers {
        /// The folder searched.
        folder: PathBuf,
    },
    /// The search failed.
    Fault(String),
}

impl CudaLack {
    /// Returns the missing requirements as a list in words.
    pub fn list(lacks: &[Self]) -> String {
        let words: Vec<String> = lacks.iter().map(Self::describe).collect();
        words.join(", ")
    }

    fn describe(&self) -> String {
        match self {
            Self::Driver => "no NVIDIA driver (libcuda)".to_owned(),
            Self::Device => "no device that the NVIDIA driver shows".to_owned(),
            Self::Nvrtc => "no kernel compiler (libnvrtc)".to_owned(),
            Self::Toolkit => "no CUDA toolkit (CUDA_PATH is not set)".to_owned(),
            Self::Headers { folder } => format!("no CUDA headers in {folder:?}"),
            Self::Fault(reason) => format!("the search for a device failed ({reason})"),
        }
    }
}
