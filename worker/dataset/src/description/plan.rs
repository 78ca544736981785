//! Shape inference: the shape of each layer's output, and the cost of a model in memory and operations.

use super::{
	effect::{effect, product, Context, Named},
	layer::Layer,
	limits::DescriptionError,
	Document, Limits, Loss,
};

/// Name and shape of one tensor of a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TensorSpec {
	/// Name in the form `layers.<position>.<name>`, for example `layers.1.weight`.
	pub name: String,
	/// Shape of the tensor.
	pub shape: Vec<u64>,
}

impl TensorSpec {
	/// Number of values.
	pub fn values(&self) -> u64 {
		self.shape.iter().product()
	}
}

/// Shapes, tensors and costs of a description.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Plan {
	/// Trained tensors, in the order of the layers.
	pub parameters: Vec<TensorSpec>,
	/// Running statistics: part of a checkpoint, but not trained.
	pub buffers: Vec<TensorSpec>,
	/// Shape of each layer's input and, last, of the output, for one record and without the batch.
	pub shapes: Vec<Vec<u64>>,
	/// Number of values of all parameters and buffers.
	pub parameter_values: u64,
	/// Most values that any one layer holds for one record: its input, output and intermediates.
	pub peak_activations: u64,
	/// Number of values that all layers together hold for one record in training.
	pub total_activations: u64,
	/// Number of floating point operations to evaluate one record. A multiplication and an addition are two.
	pub flops_per_record: u64,
	/// Number of canonical bytes of a record.
	pub record_bytes: u64,
}

impl Plan {
	/// Shape of the output for one record.
	pub fn output(&self) -> &[u64] {
		self.shapes.last().map_or(&[], Vec::as_slice)
	}

	/// Checks the costs so far.
	fn check(&self, limits: &Limits) -> Result<(), DescriptionError> {
		let costs = [
			("parameters", self.parameter_values, limits.parameters),
			("activations per record", self.peak_activations, limits.activations),
			("operations per record", self.flops_per_record, limits.flops),
		];
		match costs.into_iter().find(|(_, needed, limit)| needed > limit) {
			Some((what, needed, limit)) => Err(DescriptionError::TooLarge { what, needed, limit }),
			None => Ok(()),
		}
	}

	/// Returns the tensors of a checkpoint: parameters, then buffers.
	pub fn tensors(&self) -> impl Iterator<Item = &TensorSpec> {
		self.parameters.iter().chain(&self.buffers)
	}
}

pub(super) fn plan(document: &Document, limits: &Limits) -> Result<Plan, DescriptionError> {
	if document.layers.is_empty() {
		return Err(DescriptionError::Invalid("there must be at least one layer".into()));
	}
	let layers = count(&document.layers);
	if layers > limits.layers {
		let (needed, limit) = (layers as u64, limits.layers as u64);
		return Err(DescriptionError::TooLarge { what: "layers", needed, limit });
	}
	let embedding = match document.layers.first() {
		Some(Layer::Embedding { vocabulary, dim }) => Some([*vocabulary, *dim]),
		_ => None,
	};
	let context = Context { limits, embedding, depth: 0 };
	let input = &document.inputs[0];
	let target = &document.target;
	let bytes = |shape: &[u64], width: usize| product(shape).saturating_mul(width as u64);
	let mut plan = Plan {
		shapes: vec![input.shape.clone()],
		record_bytes: bytes(&input.shape, input.dtype.bytes())
			.saturating_add(bytes(&target.shape, target.dtype.bytes())),
		..Plan::default()
	};
	let mut shape = input.shape.clone();
	for (position, layer) in document.layers.iter().enumerate() {
		let fail = |reason: String| DescriptionError::Layer { layer: position, kind: layer.kind(), reason };
		if let (Layer::Embedding { .. }, true) = (layer, position > 0 || !input.dtype.is_integer()) {
			return Err(fail("must be the first layer, on an integer column".into()));
		}
		if matches!(layer, Layer::Embedding { .. }) && (input.scale.is_some() || input.shift.is_some()) {
			return Err(fail("tokens take no scale and no shift; remove them from the input".into()));
		}
		let effect = effect(layer, &shape, context).map_err(fail)?;
		let output = limits
			.values(&effect.output)
			.ok_or_else(|| fail(format!("its output would have the shape {:?}", effect.output)))?;
		let named = |(name, shape): &Named| TensorSpec {
			name: format!("layers.{position}.{name}"),
			shape: shape.clone(),
		};
		for (_, shape) in effect.parameters.iter().chain(&effect.buffers) {
			plan.parameter_values = plan.parameter_values.saturating_add(product(shape));
		}
		plan.parameters.extend(effect.parameters.iter().map(named));
		plan.buffers.extend(effect.buffers.iter().map(named));
		let held = output.saturating_add(effect.intermediate);
		plan.total_activations = plan.total_activations.saturating_add(held);
		plan.peak_activations = plan.peak_activations.max(product(&shape).saturating_add(held));
		plan.flops_per_record = plan.flops_per_record.saturating_add(effect.flops);
		plan.check(limits)?;
		shape = effect.output;
		plan.shapes.push(shape.clone());
	}
	check_output(document, &shape)?;
	Ok(plan)
}

/// Number of layers, with those that are within others.
fn count(layers: &[Layer]) -> usize {
	layers
		.iter()
		.map(|layer| layer.inner().fold(1, |sum, inner| sum + count(std::slice::from_ref(inner))))
		.sum()
}

fn check_output(document: &Document, output: &[u64]) -> Result<(), DescriptionError> {
	let target = &document.target;
	let mut wanted = target.shape.clone();
	match document.loss {
		Loss::CrossEntropy => wanted.extend(target.classes),
		// A linear layer of width one outputs a scalar.
		Loss::Mse if wanted.is_empty() => wanted.push(1),
		Loss::Mse => {}
	}
	if output == wanted {
		return Ok(());
	}
	Err(DescriptionError::Invalid(format!(
		"the last layer's output has the shape {output:?}, but this target and loss need {wanted:?}"
	)))
}
