//! Shape inference: what a description makes of a record, layer by layer, and what that costs.

use super::{layer::Layer, limits::DescriptionError, Document, Limits, Loss};

/// Name and shape of one tensor of a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TensorSpec {
	/// `layers.<position>.<name>`, e.g. `layers.1.weight`.
	pub name: String,
	/// Its shape.
	pub shape: Vec<u64>,
}

impl TensorSpec {
	/// Number of values.
	pub fn values(&self) -> u64 {
		self.shape.iter().product()
	}
}

/// What a description amounts to.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Plan {
	/// What training changes, in the order of the layers.
	pub parameters: Vec<TensorSpec>,
	/// Running statistics, part of a checkpoint, but not trained.
	pub buffers: Vec<TensorSpec>,
	/// The shape that enters each layer and, last, the output's; one record, without the batch.
	pub shapes: Vec<Vec<u64>>,
	/// Values of all parameters and buffers.
	pub parameter_values: u64,
	/// Most values that any one layer holds for one record: its input, output and intermediates.
	pub peak_activations: u64,
	/// Values that all layers hold together for one record, as training does.
	pub total_activations: u64,
	/// Floating point operations to evaluate one record; a multiplication and an addition are two.
	pub flops_per_record: u64,
	/// Canonical bytes of a record.
	pub record_bytes: u64,
}

impl Plan {
	/// The output's shape for one record.
	pub fn output(&self) -> &[u64] {
		self.shapes.last().map_or(&[], Vec::as_slice)
	}

	/// Everything that a checkpoint holds: parameters, then buffers.
	pub fn tensors(&self) -> impl Iterator<Item = &TensorSpec> {
		self.parameters.iter().chain(&self.buffers)
	}
}

/// Number of values of a shape: `None` if the shape is not allowed at all.
pub(super) fn checked_values(shape: &[u64], limits: &Limits) -> Option<u64> {
	if shape.len() > limits.rank || shape.iter().any(|d| *d == 0 || *d > limits.dimension) {
		return None;
	}
	shape.iter().try_fold(1u64, |n, d| n.checked_mul(*d))
}

fn product(values: &[u64]) -> u64 {
	values.iter().fold(1, |n, d| n.saturating_mul(*d))
}

/// What one layer does to a shape.
#[derive(Default)]
struct Effect {
	output: Vec<u64>,
	parameters: Vec<(&'static str, Vec<u64>)>,
	buffers: Vec<(&'static str, Vec<u64>)>,
	/// Values held beside input and output.
	intermediate: u64,
	flops: u64,
}

pub(super) fn plan(document: &Document, limits: &Limits) -> Result<Plan, DescriptionError> {
	let too_large = |what, needed, limit| DescriptionError::TooLarge { what, needed, limit };
	if document.layers.is_empty() {
		return Err(DescriptionError::Invalid("there must be at least one layer".into()));
	}
	if document.layers.len() > limits.layers {
		return Err(too_large("layers", document.layers.len() as u64, limits.layers as u64));
	}
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
		let effect = effect(layer, &shape, limits).map_err(fail)?;
		let output = checked_values(&effect.output, limits)
			.ok_or_else(|| fail(format!("its output would have the shape {:?}", effect.output)))?;
		let named = |(name, shape): &(&str, Vec<u64>)| TensorSpec {
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
		if plan.parameter_values > limits.parameters {
			return Err(too_large("parameters", plan.parameter_values, limits.parameters));
		}
		if plan.peak_activations > limits.activations {
			return Err(too_large("activations per record", plan.peak_activations, limits.activations));
		}
		if plan.flops_per_record > limits.flops {
			return Err(too_large("operations per record", plan.flops_per_record, limits.flops));
		}
		shape = effect.output;
		plan.shapes.push(shape.clone());
	}
	check_output(document, &shape)?;
	Ok(plan)
}

fn check_output(document: &Document, output: &[u64]) -> Result<(), DescriptionError> {
	let target = &document.target;
	let mut wanted = target.shape.clone();
	match document.loss {
		Loss::CrossEntropy => wanted.extend(target.classes),
		// a scalar is what a linear layer of width one puts out
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

fn effect(layer: &Layer, input: &[u64], limits: &Limits) -> Result<Effect, String> {
	let values = product(input);
	let same = |flops: u64| Effect { output: input.to_vec(), flops, ..Effect::default() };
	Ok(match layer {
		Layer::Flatten {} => Effect { output: vec![values], ..Effect::default() },
		Layer::Linear { out, bias } => {
			let (rows, width) = rows_and_width(input)?;
			positive("out", *out, limits)?;
			let mut output = input.to_vec();
			output[input.len() - 1] = *out;
			let mut parameters = vec![("weight", vec![*out, width])];
			parameters.extend(bias.then(|| ("bias", vec![*out])));
			Effect { output, parameters, flops: product(&[2, rows, width, *out]), ..Effect::default() }
		}
		Layer::Conv2d { out, kernel, stride, padding, bias } => {
			positive("out", *out, limits)?;
			let [channels, height, width] = image(input)?;
			let window = Window::new(*kernel, *stride, *padding, limits)?;
			let output = vec![*out, window.slide(height)?, window.slide(width)?];
			let taps = product(&[channels, *kernel, *kernel]);
			let places = product(&output[1..]);
			let mut parameters = vec![("weight", vec![*out, channels, *kernel, *kernel])];
			parameters.extend(bias.then(|| ("bias", vec![*out])));
			Effect {
				flops: product(&[2, taps, places, *out]),
				// libtorch may unfold the input into one column per output place
				intermediate: product(&[taps, places]),
				output,
				parameters,
				..Effect::default()
			}
		}
		Layer::MaxPool2d { kernel, stride } | Layer::AvgPool2d { kernel, stride } => {
			let [channels, height, width] = image(input)?;
			let window = Window::new(*kernel, stride.unwrap_or(*kernel), 0, limits)?;
			let output = vec![channels, window.slide(height)?, window.slide(width)?];
			Effect {
				flops: product(&[product(&output), *kernel, *kernel]),
				intermediate: product(&output),
				output,
				..Effect::default()
			}
		}
		Layer::Relu {} => same(values),
		Layer::Gelu {} | Layer::Tanh {} | Layer::Sigmoid {} => same(values.saturating_mul(8)),
		Layer::Dropout { p } => {
			probability(*p)?;
			Effect { intermediate: values, ..same(values) }
		}
		Layer::BatchNorm {} => {
			if !matches!(input.len(), 1 | 3) {
				return Err(format!("takes [C] or [C, H, W], not {input:?}"));
			}
			let channels = vec![input[0]];
			Effect {
				parameters: vec![("weight", channels.clone()), ("bias", channels.clone())],
				buffers: vec![("running_mean", channels.clone()), ("running_var", channels)],
				..same(values.saturating_mul(4))
			}
		}
		Layer::LayerNorm {} => {
			let (_, width) = rows_and_width(input)?;
			Effect {
				parameters: vec![("weight", vec![width]), ("bias", vec![width])],
				..same(values.saturating_mul(8))
			}
		}
		Layer::Embedding { vocabulary, dim } => {
			positive("vocabulary", *vocabulary, limits)?;
			positive("dim", *dim, limits)?;
			let mut output = input.to_vec();
			output.push(*dim);
			Effect {
				flops: product(&output),
				output,
				parameters: vec![("weight", vec![*vocabulary, *dim])],
				..Effect::default()
			}
		}
		Layer::PositionEmbedding {} => {
			sequence(input)?;
			Effect { parameters: vec![("weight", input.to_vec())], ..same(values) }
		}
		Layer::TransformerBlock { heads, mlp_ratio, dropout } => {
			transformer(input, *heads, *mlp_ratio, *dropout, limits)?
		}
	})
}

fn transformer(
	input: &[u64],
	heads: u64,
	ratio: u64,
	dropout: f64,
	limits: &Limits,
) -> Result<Effect, String> {
	let [length, dim] = sequence(input)?;
	positive("heads", heads, limits)?;
	positive("mlp_ratio", ratio, limits)?;
	probability(dropout)?;
	if dim % heads != 0 {
		return Err(format!("{heads} heads do not divide the width {dim}"));
	}
	let hidden = dim.saturating_mul(ratio);
	let three = dim.saturating_mul(3);
	let values = product(input);
	let scores = product(&[heads, length, length]);
	let projections = [product(&[three, dim]), product(&[dim, dim]), product(&[2, hidden, dim])];
	let weights = projections.iter().fold(0u64, |n, w| n.saturating_add(*w));
	Ok(Effect {
		output: input.to_vec(),
		parameters: vec![
			("norm1.weight", vec![dim]),
			("norm1.bias", vec![dim]),
			("attention.in.weight", vec![three, dim]),
			("attention.in.bias", vec![three]),
			("attention.out.weight", vec![dim, dim]),
			("attention.out.bias", vec![dim]),
			("norm2.weight", vec![dim]),
			("norm2.bias", vec![dim]),
			("mlp.in.weight", vec![hidden, dim]),
			("mlp.in.bias", vec![hidden]),
			("mlp.out.weight", vec![dim, hidden]),
			("mlp.out.bias", vec![dim]),
		],
		intermediate: product(&[2, scores])
			.saturating_add(values.saturating_mul(8))
			.saturating_add(product(&[2, length, hidden])),
		flops: product(&[2, length, weights]).saturating_add(product(&[4, length, length, dim])),
		..Effect::default()
	})
}

fn rows_and_width(input: &[u64]) -> Result<(u64, u64), String> {
	match input.split_last() {
		Some((width, rows)) => Ok((product(rows), *width)),
		None => Err("needs at least one dimension, but a scalar comes in; flatten it first".into()),
	}
}

fn image(input: &[u64]) -> Result<[u64; 3], String> {
	input.try_into().map_err(|_| format!("takes [channels, height, width], not {input:?}"))
}

fn sequence(input: &[u64]) -> Result<[u64; 2], String> {
	input.try_into().map_err(|_| format!("takes [length, width], not {input:?}"))
}

fn positive(what: &str, value: u64, limits: &Limits) -> Result<(), String> {
	if value == 0 || value > limits.dimension {
		return Err(format!("{what} must be 1 to {}, not {value}", limits.dimension));
	}
	Ok(())
}

fn probability(p: f64) -> Result<(), String> {
	if (0.0..1.0).contains(&p) {
		return Ok(());
	}
	Err(format!("the dropout probability must be at least 0 and below 1, not {p}"))
}

/// The geometry of convolutions and pools.
struct Window {
	kernel: u64,
	stride: u64,
	padding: u64,
}

impl Window {
	fn new(kernel: u64, stride: u64, padding: u64, limits: &Limits) -> Result<Self, String> {
		positive("kernel", kernel, limits)?;
		positive("stride", stride, limits)?;
		if padding >= kernel {
			return Err(format!("the padding {padding} must be smaller than the kernel {kernel}"));
		}
		Ok(Self { kernel, stride, padding })
	}

	/// Number of places along a side.
	fn slide(&self, side: u64) -> Result<u64, String> {
		let padded = side.saturating_add(self.padding.saturating_mul(2));
		let room = padded.checked_sub(self.kernel).ok_or_else(|| {
			format!("a kernel of {} does not fit a side of {side} with padding {}", self.kernel, self.padding)
		})?;
		Ok(room / self.stride + 1)
	}
}
