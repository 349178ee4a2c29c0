//! Weights and optimizer state in a run folder.

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param, ParamId, Parameter};
use burn::optim::{ModuleOptimizer, OptimizerRecord};
use burn::store::ModuleRecord;
use burn::tensor::{Bool, Bytes, Int, Tensor};
use burn_pack::{Reader, Writer};

use super::exported::with_exported;
use crate::run::{CheckpointName, CheckpointState, RunDir, RunError, TensorShape};

/// File of the weights in a checkpoint's folder.
pub const MODEL_FILE: &str = "model.bpk";
/// File of the weights in place of [`MODEL_FILE`] in a run that was exported to be shared.
pub const EXPORT_FILE: &str = "model.safetensors";
/// File of the optimizer's state in a checkpoint's folder.
pub const OPTIMIZER_FILE: &str = "optimizer.bpk";
/// File of the weights that the optimizer changes, if [`MODEL_FILE`] holds their average.
pub const LATEST_FILE: &str = "latest.bpk";

/// Difference between networks whose tensors have the same shapes.
const SAME_SHAPES: &str = "its tensors have the same shapes, its architecture differs";

/// A checkpoint that cannot be written, read or used.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// The run folder failed.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The weights belong to another network.
    #[error(
        "checkpoint {checkpoint} of {path:?} holds another network: {difference}; \
         the checkpoint's is \"{found}\", the experiment's is \"{expected}\""
    )]
    OtherArchitecture {
        /// The run folder.
        path: std::path::PathBuf,
        /// The checkpoint.
        checkpoint: CheckpointName,
        /// The first tensor that differs, and how; or that only the architecture differs.
        difference: String,
        /// The description of the checkpoint's network.
        found: String,
        /// The description of the built network.
        expected: String,
    },
    /// Burn rejects the bytes although their checksum is correct.
    #[error("cannot use {file:?} of checkpoint {checkpoint} in {path:?}: {reason}")]
    Record {
        /// The run folder.
        path: std::path::PathBuf,
        /// The checkpoint.
        checkpoint: CheckpointName,
        /// The file in the checkpoint's folder.
        file: &'static str,
        /// Burn's reason.
        reason: String,
    },
}

/// A network in training.
#[expect(missing_debug_implementations, reason = "Burn's optimizer has none")]
pub struct InTraining<N> {
    /// The network that the optimizer changes.
    pub latest: N,
    /// The average of its weights, if they are averaged: the network that is validated and explained.
    pub average: Option<N>,
    /// The optimizer.
    pub optimizer: ModuleOptimizer,
}

impl<N> InTraining<N> {
    /// Returns the network that is validated and explained.
    pub fn network(&self) -> &N {
        self.average.as_ref().unwrap_or(&self.latest)
    }
}

/// A network and the state of its training.
#[derive(Debug)]
pub struct LoadedCheckpoint<N> {
    /// The network, with its weights loaded.
    pub network: N,
    /// The state of its training.
    pub state: CheckpointState,
}

/// Returns `network` with its parameters numbered from 1, in network order. Burn gives random
/// numbers, which would be in the files of every checkpoint.
pub fn numbered<N: Module>(network: N) -> N {
    network.map(&mut Numbers(0))
}

/// Returns the name and shape of every weight of `network`, in network order.
pub fn tensor_shapes(network: &impl Module) -> Vec<TensorShape> {
    let mut shapes = Shapes::default();
    network.visit(&mut shapes);
    shapes.found
}

/// Writes a checkpoint of `training` with `state`, all files or none.
///
/// # Errors
/// [`CheckpointError::Run`] with the file that could not be written.
pub fn write_training<N: Module>(
    run: &RunDir,
    training: &InTraining<N>,
    state: CheckpointState,
) -> Result<CheckpointState, CheckpointError> {
    let checkpoint = CheckpointName::of(&state);
    let failed = |file, reason| record_error(run, checkpoint, file, &reason);
    let weights = |network: &N, file| {
        let record = network.valid().into_record();
        record.into_bytes().map_err(|e| failed(file, e))
    };
    let optimizer = training
        .optimizer
        .to_record()
        .into_bytes()
        .and_then(|bytes| Ok(ordered(bytes)?))
        .map_err(|e| failed(OPTIMIZER_FILE, e))?;
    let mut contents = vec![
        (MODEL_FILE, weights(training.network(), MODEL_FILE)?),
        (OPTIMIZER_FILE, optimizer),
    ];
    if training.average.is_some() {
        contents.push((LATEST_FILE, weights(&training.latest, LATEST_FILE)?));
    }
    let files: Vec<(&str, &[u8])> = (contents.iter())
        .map(|(file, content)| (*file, &content[..]))
        .collect();
    Ok(run.write_checkpoint(state, &files)?)
}

/// Returns the name of the file with the weights of the checkpoint of `state`.
pub fn weights_file(state: &CheckpointState) -> &'static str {
    match state.files.contains_key(EXPORT_FILE) {
        true => EXPORT_FILE,
        false => MODEL_FILE,
    }
}

/// Returns `network`, described by `architecture`, with the weights of the checkpoint `name`, and
/// the state of its training.
///
/// # Errors
/// [`CheckpointError::OtherArchitecture`] with the first tensor that differs, or with the
/// descriptions if only they differ: two heads can have weights of equal shapes and still be
/// different networks. [`CheckpointError::Run`] if a file is missing or damaged.
pub fn load_network<N: Module>(
    run: &RunDir,
    name: CheckpointName,
    network: N,
    architecture: &str,
) -> Result<LoadedCheckpoint<N>, CheckpointError> {
    let state = run.read_state(name)?;
    let in_words = || (state.architecture != architecture).then(|| SAME_SHAPES.to_string());
    let in_shapes = first_difference(&state.tensors, &tensor_shapes(&network));
    if let Some(difference) = in_shapes.or_else(in_words) {
        return Err(CheckpointError::OtherArchitecture {
            path: run.path(),
            checkpoint: name,
            difference,
            found: state.architecture,
            expected: architecture.to_string(),
        });
    }
    let network = match weights_file(&state) {
        EXPORT_FILE => with_exported(network, &run.read_checked(&state, EXPORT_FILE)?)
            .map_err(|reason| record_error(run, name, EXPORT_FILE, &reason))?,
        file => with_weights(run, &state, file, network)?,
    };
    Ok(LoadedCheckpoint { network, state })
}

/// Returns `training` with the weights and the optimizer's state of the checkpoint `name`, and the
/// checkpoint's state. Weights that were not averaged so far are averaged from here on.
///
/// # Errors
/// As [`load_network`], for the other files too.
pub fn load_training<N: Module>(
    run: &RunDir,
    name: CheckpointName,
    architecture: &str,
    training: InTraining<N>,
) -> Result<(InTraining<N>, CheckpointState), CheckpointError> {
    let InTraining {
        latest,
        average,
        optimizer,
    } = training;
    let averages = average.is_some();
    let LoadedCheckpoint { network, state } = load_network(
        run,
        name,
        average.unwrap_or_else(|| latest.clone()),
        architecture,
    )?;
    let latest = match state.files.contains_key(LATEST_FILE) {
        true => with_weights(run, &state, LATEST_FILE, latest)?,
        // The average has no gradients.
        false if averages => with_weights(run, &state, MODEL_FILE, latest)?,
        false => network.clone(),
    };
    let content = run.read_checked(&state, OPTIMIZER_FILE)?;
    let record = OptimizerRecord::from_bytes(Bytes::from_bytes_vec(content))
        .map_err(|reason| record_error(run, name, OPTIMIZER_FILE, &reason))?;
    let training = InTraining {
        latest,
        average: averages.then_some(network),
        optimizer: optimizer.load_record(record),
    };
    Ok((training, state))
}

/// Returns `network` with the weights in a file of the checkpoint of `state`.
fn with_weights<N: Module>(
    run: &RunDir,
    state: &CheckpointState,
    file: &'static str,
    network: N,
) -> Result<N, CheckpointError> {
    let content = run.read_checked(state, file)?;
    ModuleRecord::from_bytes(Bytes::from_bytes_vec(content))
        .and_then(|record| network.try_load_record(record))
        .map_err(|reason| record_error(run, CheckpointName::of(state), file, &reason))
}

/// Returns the content of a record with its tensors in the order of their names; the optimizer's
/// are in another order each time.
fn ordered(content: Bytes) -> Result<Bytes, burn_pack::Error> {
    let reader = Reader::from_bytes(content)?;
    let (scalars, notes) = (reader.scalars().clone(), reader.metadata().clone());
    let mut tensors = reader
        .into_tensors()?
        .into_iter()
        .map(burn_pack::Tensor::into_parts)
        .collect::<Result<Vec<_>, _>>()?;
    tensors.sort_by(|(first, ..), (second, ..)| first.cmp(second));
    let tensors = tensors
        .into_iter()
        .map(|(name, kind, shape, id, bytes)| burn_pack::Tensor::new(name, kind, shape, id, bytes));
    let mut writer = Writer::new(tensors.collect());
    for (key, value) in &scalars {
        writer = writer.with_scalar(key, *value);
    }
    for (key, value) in &notes {
        writer = writer.with_metadata(key, value);
    }
    writer.into_bytes()
}

fn record_error(
    run: &RunDir,
    checkpoint: CheckpointName,
    file: &'static str,
    reason: &dyn std::fmt::Display,
) -> CheckpointError {
    CheckpointError::Record {
        path: run.path(),
        checkpoint,
        file,
        reason: reason.to_string(),
    }
}

fn first_difference(found: &[TensorShape], expected: &[TensorShape]) -> Option<String> {
    for tensor in expected {
        match found.iter().find(|other| other.name == tensor.name) {
            None => return Some(format!("it has no tensor \"{}\"", tensor.name)),
            Some(other) if other.shape != tensor.shape => {
                return Some(format!(
                    "tensor \"{}\" has shape {:?}, expected {:?}",
                    tensor.name, other.shape, tensor.shape
                ));
            }
            Some(_) => {}
        }
    }
    let extra = found
        .iter()
        .find(|tensor| !expected.iter().any(|e| e.name == tensor.name));
    extra.map(|tensor| format!("tensor \"{}\" was not expected", tensor.name))
}

/// The number of the last parameter.
struct Numbers(u64);

impl Numbers {
    fn next<T: Parameter>(&mut self, param: Param<T>) -> Param<T> {
        self.0 += 1;
        let (_random, value, mapper) = param.consume();
        Param::from_mapped_value(ParamId::from(self.0), value, mapper)
    }
}

impl ModuleMapper for Numbers {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        self.next(param)
    }

    fn map_int<const D: usize>(&mut self, param: Param<Tensor<D, Int>>) -> Param<Tensor<D, Int>> {
        self.next(param)
    }

    fn map_bool<const D: usize>(
        &mut self,
        param: Param<Tensor<D, Bool>>,
    ) -> Param<Tensor<D, Bool>> {
        self.next(param)
    }
}

/// Collects names and shapes; the path is kept as Burn walks the network.
#[derive(Default)]
struct Shapes {
    path: Vec<String>,
    found: Vec<TensorShape>,
}

impl ModuleVisitor for Shapes {
    fn enter_module(&mut self, name: &str, _container: &str) {
        self.path.push(name.to_string());
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let shape = param.lazy_shape().to_vec();
        self.found.push(TensorShape {
            name: self.path.join("."),
            shape,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_difference_is_named_with_both_shapes() {
        let tensor = |name: &str, shape: &[usize]| TensorShape {
            name: name.to_string(),
            shape: shape.to_vec(),
        };
        let expected = [tensor("a", &[2, 3]), tensor("b", &[4])];
        assert_eq!(first_difference(&expected, &expected), None);
        assert_eq!(
            first_difference(&[tensor("a", &[2, 3]), tensor("b", &[5])], &expected),
            Some("tensor \"b\" has shape [5], expected [4]".to_string())
        );
        assert_eq!(
            first_difference(&expected[..1], &expected),
            Some("it has no tensor \"b\"".to_string())
        );
        let more = [expected[0].clone(), expected[1].clone(), tensor("c", &[1])];
        assert_eq!(
            first_difference(&more, &expected),
            Some("tensor \"c\" was not expected".to_string())
        );
    }
}
