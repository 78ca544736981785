//! A model's tensors.

use crate::error::ModelError;
use crate::input::sizes;
use descent_dataset::{Description, Layer, TensorSpec};
use rand_chacha::rand_core::{RngCore, SeedableRng};
use rand_chacha::ChaCha12Rng;
use tch::{no_grad, Device, Kind, Tensor};

/// A model with its weights.
#[derive(Debug)]
pub struct Model {
	pub(crate) description: Description,
	pub(crate) device: Device,
	pub(crate) kind: Kind,
	/// In the plan's order.
	pub(crate) parameters: Vec<Tensor>,
	/// Running statistics, in the plan's order.
	pub(crate) buffers: Vec<Tensor>,
}

/// How a tensor begins.
#[derive(Clone, Copy)]
enum Start {
	Constant(f32),
	/// Uniform in `-bound..bound`.
	Uniform(f32),
}

/// Weights of maps are uniform in ±1/sqrt(fan in), as in PyTorch; those of embeddings have the standard deviation
/// 0.02 (Radford et al., 2019); biases are zero, normalisations begin as the identity.
fn start(layer: &Layer, spec: &TensorSpec) -> Start {
	let name = spec.name.as_str();
	if matches!(layer, Layer::Embedding { .. } | Layer::PositionEmbedding {}) {
		return Start::Uniform(0.02 * 3f32.sqrt());
	}
	if spec.shape.len() > 1 {
		let fan_in: u64 = spec.shape[1..].iter().product();
		return Start::Uniform(1.0 / (fan_in.max(1) as f32).sqrt());
	}
	match name.ends_with("weight") || name.ends_with("running_var") {
		true => Start::Constant(1.0),
		false => Start::Constant(0.0),
	}
}

/// The position in `layers.<position>.<name>`.
fn layer_of(name: &str) -> usize {
	name.split('.').nth(1).and_then(|position| position.parse().ok()).unwrap_or(usize::MAX)
}

impl Model {
	/// A model with the initial weights that follow from `seed`, the same on every machine and device.
	pub fn new(description: &Description, seed: u64, device: Device) -> Result<Self, ModelError> {
		let mut stream = 0;
		Self::build(description, device, |spec| {
			let mut rng = ChaCha12Rng::seed_from_u64(seed);
			// a stream for each tensor: a layer more does not change the weights before it
			rng.set_stream(stream);
			stream += 1;
			let count = usize::try_from(spec.values()).unwrap_or(usize::MAX);
			let layer = description.layers().get(layer_of(&spec.name));
			let values: Vec<f32> = match layer.map_or(Start::Constant(0.0), |layer| start(layer, spec)) {
				Start::Constant(value) => vec![value; count],
				Start::Uniform(bound) => (0..count)
					// 24 bits make every value exact
					.map(|_| ((rng.next_u32() >> 8) as f32 / (1u32 << 23) as f32 - 1.0) * bound)
					.collect(),
			};
			Ok::<_, ModelError>(Tensor::f_from_slice(&values)?.f_reshape(sizes(&spec.shape))?)
		})
	}

	/// A model out of f32 tensors that `tensor` makes for each of the plan's.
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

	/// A copy for measuring: on the CPU, in f64, without gradients.
	pub(crate) fn for_measuring(&self) -> Result<Self, ModelError> {
		let copy = |tensors: &[Tensor]| {
			let one = |t: &Tensor| t.f_detach()?.f_to_device(Device::Cpu)?.f_totype(Kind::Double);
			tensors.iter().map(one).collect::<Result<Vec<_>, _>>()
		};
		Ok(Self {
			description: self.description.clone(),
			device: Device::Cpu,
			kind: Kind::Double,
			parameters: copy(&self.parameters)?,
			buffers: copy(&self.buffers)?,
		})
	}

	/// The description that the model follows.
	pub fn description(&self) -> &Description {
		&self.description
	}

	/// Where the weights are.
	pub fn device(&self) -> Device {
		self.device
	}

	/// Names and values of everything that a checkpoint holds: parameters, then buffers.
	pub fn tensors(&self) -> impl Iterator<Item = (&TensorSpec, &Tensor)> {
		self.description.plan().tensors().zip(self.parameters.iter().chain(&self.buffers))
	}

	/// The model's output for a batch, `[records, ..output]` in f32 on the model's device, without gradients and
	/// as in evaluation: no dropout, running statistics.
	pub fn predict(&self, batch: &descent_dataset::Batch) -> Result<Tensor, ModelError> {
		let columns = self.description.schema().columns;
		no_grad(|| {
			let (input, _) =
				crate::input::tensors(&self.description, &columns, batch, self.kind, self.device)?;
			self.forward(&input, false)
		})
	}
}
