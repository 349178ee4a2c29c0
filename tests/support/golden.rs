//! Golden files: the results of an independent implementation, in the folder `CAMTRAIL_GOLDEN`.

use std::path::PathBuf;

use burn::tensor::{Device, Tensor, TensorData};
use safetensors::SafeTensors;

/// The agreement that the golden files state for float32: `max|a - b| / max|b|`.
pub(crate) const TOLERANCE: f32 = 1e-4;

/// One golden file, in memory.
pub(crate) struct Golden {
    pub(crate) path: PathBuf,
    pub(crate) bytes: Vec<u8>,
}

impl Golden {
    pub(crate) fn read(name: &str) -> Self {
        let folder = std::env::var_os("CAMTRAIL_GOLDEN")
            .expect("set CAMTRAIL_GOLDEN to the folder of the golden files to run this test");
        let path = PathBuf::from(folder)
            .join(name)
            .with_extension("safetensors");
        let bytes = std::fs::read(&path)
            .unwrap_or_else(|error| panic!("cannot read golden file {path:?}: {error}"));
        Self { path, bytes }
    }

    pub(crate) fn tensor<const D: usize>(&self, name: &str) -> Tensor<D> {
        let fail = |error: &dyn std::fmt::Display| -> ! {
            panic!("golden file {:?}, tensor {name:?}: {error}", self.path)
        };
        let file = SafeTensors::deserialize(&self.bytes).unwrap_or_else(|error| fail(&error));
        let view = file.tensor(name).unwrap_or_else(|error| fail(&error));
        assert_eq!(
            view.dtype(),
            safetensors::Dtype::F32,
            "{:?}, {name:?}",
            self.path
        );
        let values: Vec<f32> = view
            .data()
            .chunks_exact(size_of::<f32>())
            .map(|bytes| f32::from_le_bytes(bytes.try_into().expect("chunks have four bytes")))
            .collect();
        Tensor::from_data(
            TensorData::new(values, view.shape().to_vec()),
            &Device::flex(),
        )
    }
}

/// Returns `max|a - b| / max|b|`, 0 for two zero maps.
pub(crate) fn relative_error<const D: usize>(a: &Tensor<D>, b: &Tensor<D>) -> f32 {
    assert_eq!(a.dims(), b.dims());
    let difference: f32 = (a.clone() - b.clone()).abs().max().into_scalar();
    let largest: f32 = b.clone().abs().max().into_scalar();
    if difference == 0.0 {
        0.0
    } else {
        difference / largest
    }
}
