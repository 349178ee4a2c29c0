//! The names of `cubecl-llvm` that `cubecl-cuda` mentions, without LLVM.
//!
//! `cubecl-cuda` links two kernel compilers and chooses one by a feature: CUDA C++ for NVRTC
//! (`cubecl/cuda-cpp`, which camtrail sets), or this one. It is never asked to compile here; if it
//! were, it would say that it is not built in.

use std::convert::Infallible;
use std::fmt;

use cubecl_core::ir::nvidia::SmArch;
use cubecl_environment::backtrace::BackTrace;
use cubecl_runtime::compiler::{CompilationError, Compiler};
use cubecl_runtime::kernel::{BufferIOAttr, KernelDefinition};

use nvptx::ptx_version::PtxVersion;

/// The version of PTX for a driver.
pub mod nvptx {
    /// See [`nvptx`](super::nvptx).
    pub mod ptx_version {
        use std::convert::Infallible;
        use std::fmt;

        /// A version of PTX; there is none, since nothing here writes PTX.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub struct PtxVersion(Infallible);

        impl PtxVersion {
            /// Returns nothing, whatever the driver.
            pub fn for_driver(_driver: i32) -> Option<Self> {
                None
            }
        }

        impl fmt::Display for PtxVersion {
            fn fmt(&self, _f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self.0 {}
            }
        }
    }
}

/// What a device can do under this compiler.
pub mod shared {
    /// See [`shared`](super::shared).
    pub mod lowered_features {
        use cubecl_core::ir::DeviceProperties;

        /// The kind of device.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum GpuTarget {
            /// NVIDIA.
            Nvptx,
        }

        /// Leaves the properties as they are: CUDA C++ supports all of them.
        pub fn restrict_features(_properties: &mut DeviceProperties, _target: GpuTarget) {}
    }
}

/// What kernels would be compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LlvmTarget {
    /// NVIDIA.
    Nvptx,
}

/// A compiler that compiles nothing.
#[derive(Clone, Debug)]
pub struct PlironCompiler {
    /// What for.
    pub target: LlvmTarget,
}

/// What `cubecl-cuda` would tell the compiler.
#[derive(Clone, Debug, Default)]
pub struct PlironOptions {
    /// Architecture of another maker's device: none.
    pub arch: Option<Infallible>,
    /// Compute capability.
    pub sm_arch: Option<SmArch>,
    /// Version of PTX.
    pub ptx_version: Option<PtxVersion>,
    /// Whether scalars lie in the kernel's parameters.
    pub grid_constants: bool,
}

/// What would come out.
#[non_exhaustive]
pub enum PlironArtifact {
    /// PTX.
    NvptxCode(NvptxModule),
}

impl fmt::Display for PlironArtifact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::NvptxCode(module) = self;
        f.write_str(&module.ir)
    }
}

/// A compiled kernel.
#[derive(Clone, Debug)]
pub struct NvptxModule {
    /// PTX, ended by a zero.
    pub ptx: Vec<std::ffi::c_char>,
    /// Name of the kernel's entry.
    pub entrypoint: String,
    /// Text for logs.
    pub ir: String,
    /// Bytes of shared memory.
    pub shared_memory_size: usize,
    /// Which buffers are read and written.
    pub io: Vec<BufferIOAttr>,
}

impl Compiler for PlironCompiler {
    type Representation = PlironArtifact;
    type CompilationOptions = PlironOptions;

    fn compile(
        &mut self,
        _kernel: KernelDefinition,
        _options: &PlironOptions,
    ) -> Result<PlironArtifact, CompilationError> {
        Err(CompilationError::Validation {
            reason: "this build compiles CUDA kernels with NVRTC; LLVM is not built in".to_owned(),
            backtrace: BackTrace::capture(),
        })
    }

    fn extension(&self) -> &'static str {
        "ll"
    }

    fn lang_tag(&self) -> &'static str {
        "llvm"
    }
}
