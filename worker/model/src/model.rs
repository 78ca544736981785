//! A model's tensors: their initial values and their use for prediction.

use crate::checkpoint::{Checkpoint, CheckpointError};
use crate::error::ModelError;
use crate::input::sizes;
use descent_dataset::{Description, TensorSpec};
use std::path::Path;
use tch::{no_grad, Device, Kind, Tensor};

/// A model with its weights.
#[derive(Debug)]
pub struct Model {
	pub(crate) description: Description,
	pub(crate) device: Device,
	pub(crate) kind: Kind,
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

	/// Copies a checkpoint's weights onto `device`.
	///
	/// # Errors
	/// Returns [`ModelError::Torch`] if libtorch fails.
	pub fn from_checkpoint(checkpoint: &Checkpoint, device: Device) -> Result<Self, ModelError> {
		let mut tensors = checkpoint.tensors().iter();
		Self::build(checkpoint.description(), device, |spec| {
			let values = tensors.next().map_or(&[][..], Vec::as_slice);
			Ok(Tensor::f_from_slice(values)?.f_reshape(sizes(&spec.shape))?)
		})
	}

	/// Copies the weights into a checkpoint.
	///
	/// # Errors
	/// Returns [`ModelError::Torch`] if libtorch fails.
	pub fn checkpoint(&self) -> Result<Checkpoint, ModelError> {
		let copy = |(_, tensor): (_, &Tensor)| -> Result<Vec<f32>, ModelError> {
			let values =
				tensor.f_detach()?.f_to_device(Device::Cpu)?.f_totype(Kind::Float)?.f_contiguous()?;
			let mut copied = vec![0.0; values.numel()];
			values.f_copy_data(&mut copied, values.numel())?;
			Ok(copied)
		};
		let tensors = self.tensors().map(copy).collect::<Result<_, _>>()?;
		Ok(Checkpoint::new(&self.description, tensors))
	}

	/// Writes a checkpoint, see [`Checkpoint::save`].
	///
	/// # Errors
	/// Returns [`CheckpointError::Io`] if the file cannot be written, [`CheckpointError::Model`] if libtorch
	/// fails.
	pub fn save(&self, path: &Path) -> Result<(), CheckpointError> {
		self.checkpoint()?.save(path)
	}

	/// Builds a model of f32 tensors, which `tensor` returns for each of the plan's tensors.
	pub(crate) fn build<E: From<ModelError>>(
		description: &Description,
		device: Device,
		mut tensor: impl FnMut(&TensorSpec) -> Result<Tensor, E>,
	) -> Result<Self, E> {
		let torch = |e: tch::TchError| E::from(ModelError::Torch(e));
		let plan = description.plan();
		let mut parameters = Vec::with_capacity(plan.parameters.len());
		for spec in &plan.parameters {
			let leaf = tensor(spec)?.f_to_device(device).map_err(torch)?;
			parameters.push(leaf.f_set_requires_grad(true).map_err(torch)?);
		}
		let mut buffers = Vec::with_capacity(plan.buffers.len());
		for spec in &plan.buffers {
			buffers.push(tensor(spec)?.f_to_device(device).map_err(torch)?);
		}
		Ok(Self { description: description.clone(), device, kind: Kind::Float, parameters, buffers })
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
		Ok(Self { description, device, kind: Kind::Double, parameters: tensors, buffers })
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

	/// Returns the model's output for a batch, with the shape `[records, ..output]`, in f32 on the model's
	/// device and without gradients. Dropout is off and normalisations use running statistics, as in
	/// evaluation.
	///
	/// # Errors
	/// Returns [`ModelError::Batch`] if the batch does not fit the description, [`ModelError::Torch`] if
	/// libtorch fails.
	pub fn predict(&self, batch: &descent_dataset::Batch) -> Result<Tensor, ModelError> {
		let columns = self.description.schema().columns;
		no_grad(|| {
			let (input, _) =
				crate::input::tensors(&self.description, &columns, batch, self.kind, self.device)?;
			self.forward(&input, false)
		})
	}
}
