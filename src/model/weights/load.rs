//! Loads a backbone with weights from a file.

use std::collections::BTreeSet;

use burn::tensor::Device;

use super::{AVERAGED_COUNT, DATASET_NOTE, NETWORK_NOTE, TRIAL_NOTE, WeightFile, WeightsError};
use crate::model::backbones::{Backbone, BackboneName, Dialect, Parameters};
use crate::model::spec::SMALL_IMAGES;

/// Number of ImageNet's classes, for a file that does not state its own.
const IMAGENET_CLASSES: usize = 1000;
/// Maximum number of classes of a network.
const MOST_CLASSES: usize = 100_000;
/// Suffix of PyTorch's count of training batches, which no network needs.
const BATCH_COUNT: &str = "num_batches_tracked";

/// Options of loading weights.
#[derive(Debug, Clone, Copy, Default)]
pub struct LoadOptions {
    /// The convention that they follow; `None` means as stated in the file, else torchvision's.
    pub dialect: Option<Dialect>,
    /// Whether values that are not finite are accepted.
    pub allow_nan: bool,
}

/// Returns the network `name` with the weights of `file`; its number of classes is that of the
/// file's last layer.
///
/// # Errors
/// [`WeightsError::Mismatch`] with every tensor that is missing, unexpected or of another shape;
/// [`WeightsError::NotFinite`] with the number of values that are NaN or infinite, unless they are
/// allowed; [`WeightsError::SmallImages`] if the file was exported from an experiment, whose first
/// layers differ although their names and shapes may not.
pub fn load_backbone(
    name: BackboneName,
    file: &WeightFile,
    options: LoadOptions,
    device: &Device,
) -> Result<Backbone, WeightsError> {
    let network = file.notes().get(NETWORK_NOTE);
    if let Some(network) = network.filter(|network| network.contains(SMALL_IMAGES)) {
        return Err(WeightsError::SmallImages {
            path: file.path().to_path_buf(),
            network: network.clone(),
            trial: [TRIAL_NOTE, DATASET_NOTE]
                .map(|key| file.notes().get(key).cloned().unwrap_or_default()),
        });
    }
    let dialect = options.dialect.or_else(|| Dialect::of_notes(file.notes()));
    let mut taken = Taken {
        file,
        wanted: BTreeSet::new(),
        matched: 0,
        missing: Vec::new(),
        misshaped: Vec::new(),
        not_finite: (0, None),
        failure: None,
    };
    let classes = classes(name, file);
    let network = Backbone::new(
        name,
        dialect.unwrap_or_default(),
        classes,
        &mut taken,
        device,
    );
    taken.verdict(name, options.allow_nan)?;
    Ok(network)
}

/// Returns the number of classes of the file's last layer.
fn classes(name: BackboneName, file: &WeightFile) -> usize {
    let head = file.entries().get(name.head_weight());
    let classes = head.and_then(|entry| entry.shape.first().copied());
    classes
        .filter(|classes| (1..=MOST_CLASSES).contains(classes))
        .unwrap_or(IMAGENET_CLASSES)
}

/// Reads values from a file and records all its problems.
struct Taken<'a> {
    file: &'a WeightFile,
    wanted: BTreeSet<String>,
    matched: usize,
    missing: Vec<String>,
    misshaped: Vec<String>,
    /// Number of such values, and the first tensor with one.
    not_finite: (usize, Option<String>),
    failure: Option<WeightsError>,
}

impl Parameters for Taken<'_> {
    fn values(&mut self, name: &str, shape: &[usize]) -> Vec<f32> {
        self.wanted.insert(name.to_string());
        let zeros = || vec![0.0; shape.iter().product()];
        if let Some(entry) = self.file.entries().get(name)
            && entry.shape != shape
        {
            let found = &entry.shape;
            self.misshaped
                .push(format!("{name} {found:?} for {shape:?}"));
            return zeros();
        }
        match self.file.values(name) {
            Ok(Some(values)) => {
                self.matched += 1;
                let count = values.iter().filter(|value| !value.is_finite()).count();
                if count > 0 {
                    self.not_finite.0 += count;
                    self.not_finite.1.get_or_insert_with(|| name.to_string());
                }
                values
            }
            Ok(None) => {
                self.missing.push(name.to_string());
                zeros()
            }
            Err(error) => {
                self.failure.get_or_insert(error);
                zeros()
            }
        }
    }
}

impl Taken<'_> {
    fn verdict(self, network: BackboneName, allow_nan: bool) -> Result<(), WeightsError> {
        if let Some(failure) = self.failure {
            return Err(failure);
        }
        let path = self.file.path().to_path_buf();
        let names = self.file.entries().keys();
        let is_count = |name: &str| name.ends_with(BATCH_COUNT) || name == AVERAGED_COUNT;
        let unexpected: Vec<String> = names
            .filter(|name| !self.wanted.contains(*name) && !is_count(name))
            .cloned()
            .collect();
        if !(self.missing.is_empty() && self.misshaped.is_empty() && unexpected.is_empty()) {
            return Err(WeightsError::Mismatch {
                path,
                network,
                matched: self.matched,
                wanted: self.wanted.len(),
                missing: self.missing,
                unexpected,
                misshaped: self.misshaped.into(),
            });
        }
        match self.not_finite {
            (count, Some(tensor)) if !allow_nan => Err(WeightsError::NotFinite {
                path,
                tensor,
                count,
            }),
            _ => Ok(()),
        }
    }
}
