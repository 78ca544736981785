//! A model's tensors: their initial values and their use for prediction.

use crate::checkpoint::{Checkpoint, CheckpointError};
use crate::error::ModelError;
use crate::input::sizes;
use descent_dataset::{Description, TensorSpec};
use descent_protocol::trace::Precision;
use std::path::Path;
use tch::{kind::Element, no_grad, Device, Kind, Tensor};

/// A model with its weights.
#[derive(Debug)]
pub struct Model {
	pub(crate) description: Description,
	pub(crate) device: Device,
	/// Kind of the weights, of what is computed of them in training, and of inputs and losses.
	pub(crate) kind: Kind,
	/// Kind in which the layers compute, [`Self::kind`] or a shorter one.
	pub(crate) compute: Kind,
	/// Trained tensors, in the plan's order.
	pub(crate) parameters: Vec<Tensor>,
	/// Running statistics, in the plan's order.
	pub(crate) buffers: Vec<Tensor>,
}

impl Model {
	/// Returns a model with initial weights in f32 on `device`, see [`Checkpoint::initial`].
	///
	/// # Errors
	/// Returns [`ModelError::Torch`] if libtorch fails.
	pub fn new(description: &Description, seed: u64, device: Device) -> Result<Self, ModelError> {
		Self::from_checkpoint(&Checkpoint::initial(description, seed), device)
	}

	/// Loads a checkpoint onto `device`.
	///
	/// # Errors
	/// See [`CheckpointError`].
	pub fn load(description: &Description, path: &Path, device: Device) -> Result<Self, CheckpointError> {
		Self::from_checkpoint(&Checkpoint::load(description, path)?, device).map_err(CheckpointError::Model)
	}

	/// Copies a checkpoint's weights onto `device`, to be trained in f32.
	///
	/// # Errors
	/// Returns [`ModelError::Torch`] if libtorch fails.
	pub fn from_checkpoint(checkpoint: &Checkpoint, device: Device) -> Result<Self, ModelError> {
		Self::for_training(checkpoint, Precision::F32, device)
	}

	/// Copies a checkpoint's weights onto `device`, to be trained in a precision.
	///
	/// | precision | weights, optimizer, running statistics, losses | layers and their gradients |
	/// |---|---|---|
	/// | f64 | f64 | f64 |
	/// | f32 | f32 | f32 |
	/// | bf16 | f32 | bfloat16; normalisations and lookups of embeddings f32 |
	///
	/// # Errors
	/// Returns [`ModelError::Torch`] if libtorch fails.
	pub fn for_training(
		checkpoint: &Checkpoint,
		precision: Precision,
		device: Device,
	) -> Result<Self, ModelError> {
		let (kind, compute) = match precision {
			Precision::F64 => (Kind::Double, Kind::Double),
			Precision::F32 => (Kind::Float, Kind::Float),
			Precision::Bf16 => (Kind::Float, Kind::BFloat16),
		};
		let description = checkpoint.description().clone();
		let mut tensors = Vec::new();
		for (spec, values) in description.plan().tensors().zip(checkpoint.tensors()) {
			let tensor = Tensor::f_from_slice(values)?.f_reshape(sizes(&spec.shape))?;
			tensors.push(tensor.f_totype(kind)?.f_to_device(device)?);
		}
		let buffers = tensors.split_off(description.plan().parameters.len());
		let leaves = tensors.into_iter().map(|tensor| tensor.f_set_requires_grad(true));
		let parameters = leaves.collect::<Result<_, _>>()?;
		Ok(Self { description, device, kind, compute, parameters, buffers })
	}

	/// Copies the weights into a checkpoint, rounded to f32.
	///
	/// # Errors
	/// Returns [`ModelError::Torch`] if libtorch fails.
	pub fn checkpoint(&self) -> Result<Checkpoint, ModelError> {
		let tensors = self.tensors().map(|(_, tensor)| copy(tensor)).collect::<Result<_, _>>()?;
		Ok(Checkpoint::new(&self.description, tensors))
	}

	/// Copies the weights as they are, tensor by tensor: parameters, then running statistics, in the plan's
	/// order.
	///
	/// # Errors
	/// Returns [`ModelError::Torch`] if libtorch fails.
	pub fn values(&self) -> Result<Vec<Vec<f64>>, ModelError> {
		self.tensors().map(|(_, tensor)| copy(tensor)).collect()
	}

	/// Writes a checkpoint, see [`Checkpoint::save`].
	///
	/// # Errors
	/// Returns [`CheckpointError::Io`] if the file cannot be written, [`CheckpointError::Model`] if libtorch
	/// fails.
	pub fn save(&self, path: &Path) -> Result<(), CheckpointError> {
		self.checkpoint()?.save(path)
	}

	/// Returns a checkpoint's model in f64 without gradients, with its weights changed a little if there is a
	/// seed for it.
	pub(crate) fn in_double(
		checkpoint: &Checkpoint,
		perturbation: Option<u64>,
		device: Device,
	) -> Result<Self, ModelError> {
		let mut tensors = Vec::new();
		for (number, spec) in checkpoint.description().plan().tensors().enumerate() {
			let values = checkpoint.weights(number, perturbation).to_vec();
			let tensor = Tensor::f_from_slice(&values)?.f_reshape(sizes(&spec.shape))?;
			tensors.push(tensor.f_to_device(device)?);
		}
		let buffers = tensors.split_off(checkpoint.description().plan().parameters.len());
		let description = checkpoint.description().clone();
		Ok(Self {
			description,
			device,
			kind: Kind::Double,
			compute: Kind::Double,
			parameters: tensors,
			buffers,
		})
	}

	/// Returns the model with other parameters.
	pub(crate) fn with_parameters(&self, parameters: &[Tensor]) -> Self {
		let shared = |tensors: &[Tensor]| tensors.iter().map(Tensor::shallow_clone).collect();
		Self {
			description: self.description.clone(),
			parameters: shared(parameters),
			buffers: shared(&self.buffers),
			..*self
		}
	}

	/// Description of the model.
	pub fn description(&self) -> &Description {
		&self.description
	}

	/// Device of the weights.
	pub fn device(&self) -> Device {
		self.device
	}

	/// Returns the names and values of a checkpoint's tensors: parameters, then buffers.
	pub fn tensors(&self) -> impl Iterator<Item = (&TensorSpec, &Tensor)> {
		self.description.plan().tensors().zip(self.parameters.iter().chain(&self.buffers))
	}

	/// Returns the model's output for a batch, with the shape `[records, ..output]`, in the type of the
	/// weights, on the model's device and without gradients. Dropout is off and normalisations use running
	/// statistics, as in evaluation.
	///
	/// # Errors
	/// Returns [`ModelError::Batch`] if the batch does not fit the description, [`ModelError::Torch`] if
	/// libtorch fails.
	pub fn predict(&self, batch: &descent_dataset::Batch) -> Result<Tensor, ModelError> {
		let columns = self.description.schema().columns;
		no_grad(|| {
			let (inputs, _) =
				crate::input::tensors(&self.description, &columns, batch, self.kind, self.device)?;
			self.forward(&inputs, false)
		})
	}
}

/// Copies the values of a tensor.
fn copy<T: Element + Copy + Default>(tensor: &Tensor) -> Result<Vec<T>, ModelError> {
	let values = tensor.f_detach()?.f_to_device(Device::Cpu)?.f_totype(T::KIND)?.f_contiguous()?;
	let mut copied = vec![T::default(); values.numel()];
	values.f_copy_data(&mut copied, values.numel())?;
	Ok(copied)
}

#[cfg(test)]
#[path = "precision_tests/mod.rs"]
mod tests;
