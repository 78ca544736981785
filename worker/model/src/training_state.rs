//! The state of a training run in a file, so that it goes on after a restart as if nothing had happened.
//!
//! The file is safetensors: weights under `model.`, their running mean under `average.`, the running means of
//! the optimizer under the names of their slots, and numbers in the metadata. It holds weights and running
//! means of the same step, as it is replaced as a whole.

use crate::{error::ModelError, trainer::Trainer};
use safetensors::{serialize_to_file, tensor::TensorView, Dtype, SafeTensors};
use std::{
	collections::{BTreeMap, HashMap},
	fs::File,
	path::Path,
};
use tch::{no_grad, Device, Kind, TchError, Tensor};

/// Prefix of the names of weights.
const MODEL: &str = "model";
/// Prefix of the names of their running mean.
const AVERAGE: &str = "average";
/// Keys of the metadata that [`Trainer`] writes.
const OPTIMIZER: &str = "optimizer";
const STEPS: &str = "steps";
const OPTIMIZER_STEPS: &str = "optimizer_steps";
const AVERAGE_STEPS: &str = "average_steps";

/// Reasons for which the state of a training run could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
	/// The file could not be written or read.
	#[error("the training state could not be written or read: {0}")]
	Io(#[from] std::io::Error),
	/// The file is no training state, or one of another model or optimizer.
	#[error("not a training state of this model and optimizer: {0}")]
	Unusable(String),
	/// libtorch failed.
	#[error(transparent)]
	Model(#[from] ModelError),
}

impl From<TchError> for StateError {
	fn from(error: TchError) -> Self {
		Self::Model(error.into())
	}
}

impl Trainer {
	/// Writes weights, running means and the number of steps to a file, with `notes` of the caller's beside
	/// them. The file appears under its name when it is complete and synced.
	///
	/// # Errors
	/// See [`StateError`].
	pub fn save_state(&self, path: &Path, notes: &BTreeMap<String, String>) -> Result<(), StateError> {
		let mut values = Vec::new();
		for (spec, tensor) in self.model.tensors() {
			values.push((format!("{MODEL}.{}", spec.name), Values::copy(tensor)?));
		}
		let names = || self.model.description.plan().parameters.iter().map(|spec| &spec.name);
		for (slot, tensors) in self.optimizer.tensors() {
			for (name, tensor) in names().zip(tensors) {
				values.push((format!("{slot}.{name}"), Values::copy(tensor)?));
			}
		}
		for (name, tensor) in names().zip(self.average.iter().flat_map(|average| &average.weights)) {
			values.push((format!("{AVERAGE}.{name}"), Values::copy(tensor)?));
		}
		let unusable = |error: &dyn std::fmt::Display| StateError::Unusable(error.to_string());
		let views = values.iter().map(|(name, values)| {
			TensorView::new(values.dtype, values.shape.clone(), &values.bytes).map(|view| (name, view))
		});
		let views = views.collect::<Result<Vec<_>, _>>().map_err(|error| unusable(&error))?;
		let mut metadata: HashMap<String, String> = HashMap::new();
		metadata.extend(notes.iter().map(|(name, note)| (name.clone(), note.clone())));
		metadata.insert(OPTIMIZER.into(), self.optimizer_name());
		metadata.insert(STEPS.into(), self.steps().to_string());
		metadata.insert(OPTIMIZER_STEPS.into(), self.optimizer.steps().to_string());
		if let Some(average) = &self.average {
			metadata.insert(AVERAGE_STEPS.into(), average.steps.to_string());
		}
		let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
		let folder = folder.unwrap_or(Path::new("."));
		let file = tempfile::NamedTempFile::new_in(folder)?;
		serialize_to_file(views, Some(metadata), file.path()).map_err(|error| match error {
			safetensors::SafeTensorError::IoError(error) => StateError::Io(error),
			other => unusable(&other),
		})?;
		File::open(file.path())?.sync_all()?;
		file.persist(path).map_err(|error| error.error)?;
		File::open(folder)?.sync_all()?;
		Ok(())
	}

	/// Goes on from a file that [`Self::save_state`] wrote, and returns the caller's notes. Dropout is drawn
	/// anew, and gradients that no step was made of are lost. If it fails, the trainer may hold a part of the
	/// file and has to be made anew.
	///
	/// # Errors
	/// See [`StateError`].
	pub fn load_state(&mut self, path: &Path) -> Result<BTreeMap<String, String>, StateError> {
		let bytes = std::fs::read(path)?;
		let unusable = |error: &dyn std::fmt::Display| StateError::Unusable(error.to_string());
		let (_, header) = SafeTensors::read_metadata(&bytes).map_err(|error| unusable(&error))?;
		let file = SafeTensors::deserialize(&bytes).map_err(|error| unusable(&error))?;
		let mut notes: BTreeMap<_, _> = header.metadata().clone().unwrap_or_default().into_iter().collect();
		let mut take = |key: &str| notes.remove(key).ok_or_else(|| unusable(&format!("it has no {key}")));
		let optimizer = take(OPTIMIZER)?;
		if optimizer != self.optimizer_name() {
			return Err(unusable(&format!("it is one of the optimizer {optimizer}")));
		}
		let steps = take(STEPS)?.parse().map_err(|error| unusable(&error))?;
		let optimizer_steps = take(OPTIMIZER_STEPS)?.parse().map_err(|error| unusable(&error))?;
		let model = &self.model;
		for (spec, tensor) in model.tensors() {
			let values = read(&file, &format!("{MODEL}.{}", spec.name), model.kind, &tensor.size())?;
			no_grad(|| tensor.shallow_clone().f_copy_(&values))?;
		}
		let parameters = &model.description.plan().parameters;
		self.optimizer.restore(optimizer_steps, |slot, position| {
			let name = format!("{slot}.{}", parameters[position].name);
			read(&file, &name, model.kind, &model.parameters[position].size())
		})?;
		let averaged = notes.remove(AVERAGE_STEPS);
		if let Some(average) = &mut self.average {
			// A training that kept no mean goes on with one that begins here.
			average.steps =
				averaged.as_ref().map_or(Ok(0), |steps| steps.parse()).map_err(|e| unusable(&e))?;
			for (spec, (mean, current)) in
				parameters.iter().zip(average.weights.iter().zip(&model.parameters))
			{
				let values = match averaged {
					Some(_) => read(&file, &format!("{AVERAGE}.{}", spec.name), model.kind, &mean.size())?,
					None => current.shallow_clone(),
				};
				no_grad(|| mean.shallow_clone().f_copy_(&values))?;
			}
		}
		self.go_on(steps);
		Ok(notes)
	}
}

/// Returns the type of a file's tensors, which is that of the weights.
fn dtype(kind: Kind) -> Dtype {
	match kind {
		Kind::Double => Dtype::F64,
		_ => Dtype::F32,
	}
}

/// Reads a tensor of finite values.
fn read(file: &SafeTensors, name: &str, kind: Kind, size: &[i64]) -> Result<Tensor, StateError> {
	let unusable = |reason: &str| StateError::Unusable(format!("the tensor '{name}' {reason}"));
	let view = file.tensor(name).map_err(|_| unusable("is missing"))?;
	let shape = view.shape().iter().map(|length| i64::try_from(*length).unwrap_or(i64::MAX));
	if view.dtype() != dtype(kind) || !shape.eq(size.iter().copied()) {
		return Err(unusable("has another type or shape"));
	}
	let values = Tensor::f_from_data_size(view.data(), size, kind)?;
	if values.f_isfinite()?.f_all()?.f_int64_value(&[])? == 0 {
		return Err(unusable("holds a value that is not finite"));
	}
	Ok(values)
}

/// Values of a tensor on their way to a file.
struct Values {
	dtype: Dtype,
	shape: Vec<usize>,
	bytes: Vec<u8>,
}

impl Values {
	fn copy(tensor: &Tensor) -> Result<Self, TchError> {
		let values = tensor.f_detach()?.f_to_device(Device::Cpu)?.f_contiguous()?;
		let (count, kind) = (values.numel(), values.kind());
		let mut bytes = vec![0; count * kind.elt_size_in_bytes()];
		values.f_copy_data_u8(&mut bytes, count)?;
		let shape = tensor.size().into_iter().map(|length| usize::try_from(length).unwrap_or(usize::MAX));
		Ok(Self { dtype: dtype(kind), shape: shape.collect(), bytes })
	}
}
