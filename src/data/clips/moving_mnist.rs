//! `moving-mnist`: clips of two moving digits of MNIST.

use super::dataset::{ClipDataset, ClipSource};
use super::glyphs::Glyphs;
use super::mnist;
use crate::data::error::DataError;
use crate::data::locate::DataSearch;
use crate::data::origin::Origin;
use crate::data::release::Release;
use crate::data::splits::SourceChecksum;

/// Clips of handwritten digits of MNIST.
pub const DATASET: ClipDataset = ClipDataset::new(&MovingMnist);

/// Number of MNIST training digits reserved for validation clips, the last ones of the file.
const VALIDATION_DIGITS: usize = 5_000;

#[derive(Debug)]
struct MovingMnist;

impl Origin for MovingMnist {
    fn name(&self) -> &'static str {
        "moving-mnist"
    }

    fn summary(&self) -> &'static str {
        "clips of two moving digits of mnist, 20 frames of 64 x 64"
    }

    fn release(&self) -> Option<Release> {
        Some(mnist::release())
    }
}

impl ClipSource for MovingMnist {
    fn glyphs(
        &self,
        _seed: u64,
        search: &DataSearch,
    ) -> Result<([Glyphs; 3], Vec<SourceChecksum>), DataError> {
        let release = mnist::read(&mnist::locate(search)?)?;
        let first_kept = release.train.len() - VALIDATION_DIGITS;
        let glyphs = [
            release.train.part(0..first_kept),
            release.train.part(first_kept..release.train.len()),
            release.test,
        ];
        Ok((glyphs, release.sources))
    }
}
