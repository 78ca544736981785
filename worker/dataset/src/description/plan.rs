//! Shape inference: the shape of each layer's output, and the cost of a model in memory and operations.

use super::{
	effect::{effect, product, Context, Named},
	layer::Layer,
	limits::DescriptionError,
	Document, Input, Limits, Loss,
};

/// Name and shape of one tensor of a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TensorSpec {
	/// Name in the form `layers.<position>.<name>`, for example `layers.1.weight`; it begins with
	/// `inputs.<input>.` in layers of a single input.
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
	/// The same for the layers of each input, where there are several.
	pub inputs: Vec<Vec<Vec<u64>>>,
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
	let inputs = &document.inputs;
	let layers = inputs.iter().map(|input| count(&input.layers)).sum::<usize>() + count(&document.layers);
	if layers > limits.layers {
		let (needed, limit) = (layers as u64, limits.layers as u64);
		return Err(DescriptionError::TooLarge { what: "layers", needed, limit });
	}
	let bytes = |shape: &[u64], width: usize| product(shape).saturating_mul(width as u64);
	let target = bytes(&document.target.shape, document.target.dtype.bytes());
	let record_bytes =
		inputs.iter().fold(target, |sum, input| sum.saturating_add(bytes(&input.shape, input.dtype.bytes())));
	let mut plan = Plan { record_bytes, ..Plan::default() };
	plan.shapes = match inputs.as_slice() {
		[input] => {
			let embedding = match document.layers.first() {
				Some(Layer::Embedding { vocabulary, dim }) => Some([*vocabulary, *dim]),
				_ => None,
			};
			let context = Context { limits, embedding, depth: 0 };
			let chain = Chain { name: "layers".into(), input: Some(input), context, beside: 0 };
			plan.append(&document.layers, &input.shape, &chain)?
		}
		inputs => {
			let joined = plan.join(inputs, limits)?;
			let context = Context { limits, embedding: None, depth: 0 };
			let chain = Chain { name: "layers".into(), input: None, context, beside: 0 };
			plan.append(&document.layers, &joined, &chain)?
		}
	};
	check_output(document, plan.output())?;
	Ok(plan)
}

/// Layers one after the other.
struct Chain<'a> {
	/// Begin of the names of their tensors.
	name: String,
	/// The column that enters the first layer, unless several do.
	input: Option<&'a Input>,
	context: Context<'a>,
	/// Number of values that are held meanwhile beside those of the layers.
	beside: u64,
}

impl Chain<'_> {
	/// Returns the fault of an embedding at a place where none may be.
	fn misplaced(&self, layer: &Layer, position: usize) -> Option<&'static str> {
		let Layer::Embedding { .. } = layer else { return None };
		match self.input {
			Some(input) if position == 0 && input.dtype.is_integer() => (input.scale.is_some()
				|| input.shift.is_some())
			.then_some("tokens take no scale and no shift; remove them from the input"),
			_ => Some("must be the first layer, on an integer column"),
		}
	}
}

impl Plan {
	/// Adds layers that a shape enters. Returns the shape before each of them and, last, after all.
	fn append(
		&mut self,
		layers: &[Layer],
		shape: &[u64],
		chain: &Chain<'_>,
	) -> Result<Vec<Vec<u64>>, DescriptionError> {
		let mut shapes = vec![shape.to_vec()];
		for (position, layer) in layers.iter().enumerate() {
			let shape = &shapes[position];
			let fail = |reason: String| DescriptionError::Layer {
				layer: format!("{}.{position}", chain.name).trim_start_matches("layers.").into(),
				kind: layer.kind(),
				reason,
			};
			if let Some(reason) = chain.misplaced(layer, position) {
				return Err(fail(reason.into()));
			}
			let effect = effect(layer, shape, chain.context).map_err(fail)?;
			let limits = chain.context.limits;
			let output = limits
				.values(&effect.output)
				.ok_or_else(|| fail(format!("its output would have the shape {:?}", effect.output)))?;
			let named = |(name, shape): &Named| TensorSpec {
				name: format!("{}.{position}.{name}", chain.name),
				shape: shape.clone(),
			};
			for (_, shape) in effect.parameters.iter().chain(&effect.buffers) {
				self.parameter_values = self.parameter_values.saturating_add(product(shape));
			}
			self.parameters.extend(effect.parameters.iter().map(named));
			self.buffers.extend(effect.buffers.iter().map(named));
			let held = output.saturating_add(effect.intermediate);
			self.total_activations = self.total_activations.saturating_add(held);
			let peak = product(shape).saturating_add(held).saturating_add(chain.beside);
			self.peak_activations = self.peak_activations.max(peak);
			self.flops_per_record = self.flops_per_record.saturating_add(effect.flops);
			self.check(limits)?;
			shapes.push(effect.output);
		}
		Ok(shapes)
	}

	/// Adds the layers of several inputs. Returns the shape of what they make together.
	fn join(&mut self, inputs: &[Input], limits: &Limits) -> Result<Vec<u64>, DescriptionError> {
		let values = inputs.iter().fold(0u64, |sum, input| sum.saturating_add(product(&input.shape)));
		let mut joined = 0u64;
		for (at, input) in inputs.iter().enumerate() {
			let context = Context { limits, embedding: None, depth: 0 };
			let beside = values.saturating_add(joined);
			let chain = Chain { name: format!("inputs.{at}.layers"), input: Some(input), context, beside };
			let shapes = self.append(&input.layers, &input.shape, &chain)?;
			joined = joined.saturating_add(shapes.last().map_or(0, |shape| product(shape)));
			self.inputs.push(shapes);
		}
		if limits.values(&[joined]).is_none() {
			let reason = format!("the inputs make {joined} values together; at most {}", limits.dimension);
			return Err(DescriptionError::Invalid(reason));
		}
		self.total_activations = self.total_activations.saturating_add(joined);
		self.peak_activations = self.peak_activations.max(values.saturating_add(joined.saturating_mul(2)));
		self.check(limits)?;
		Ok(vec![joined])
	}
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
