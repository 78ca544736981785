//! The output shape, tensors and costs of each kind of layer.

use super::{layer::Layer, Limits};

/// Output, tensors and costs of one layer for one record.
#[derive(Default)]
pub(super) struct Effect {
	pub(super) output: Vec<u64>,
	pub(super) parameters: Vec<(&'static str, Vec<u64>)>,
	pub(super) buffers: Vec<(&'static str, Vec<u64>)>,
	/// Number of values held beside input and output.
	pub(super) intermediate: u64,
	pub(super) flops: u64,
}

impl Effect {
	/// The effect of a layer that keeps the shape and has no parameters.
	fn same(input: &[u64], flops: u64) -> Self {
		Self { output: input.to_vec(), flops, ..Self::default() }
	}
}

/// Returns the effect of a layer, or the fault of the layer in a sentence.
pub(super) fn effect(layer: &Layer, input: &[u64], limits: &Limits) -> Result<Effect, String> {
	let values = product(input);
	match layer {
		Layer::Flatten {} => Ok(Effect { output: vec![values], ..Effect::default() }),
		Layer::Linear { out, bias } => linear(input, *out, *bias, limits),
		Layer::Conv2d { out, kernel, stride, padding, bias } => {
			positive("out", *out, limits)?;
			let size = image(input)?;
			let window = Window::new(*kernel, *stride, *padding, limits)?;
			convolution(size, *out, &window, *bias)
		}
		Layer::MaxPool2d { kernel, stride } | Layer::AvgPool2d { kernel, stride } => {
			let size = image(input)?;
			pool(size, &Window::new(*kernel, stride.unwrap_or(*kernel), 0, limits)?)
		}
		Layer::Relu {} => Ok(Effect::same(input, values)),
		Layer::Gelu {} | Layer::Tanh {} | Layer::Sigmoid {} => {
			Ok(Effect::same(input, values.saturating_mul(8)))
		}
		Layer::Dropout { p } => {
			probability(*p)?;
			Ok(Effect { intermediate: values, ..Effect::same(input, values) })
		}
		Layer::BatchNorm {} => batch_norm(input),
		Layer::LayerNorm {} => layer_norm(input),
		Layer::Embedding { vocabulary, dim } => embedding(input, *vocabulary, *dim, limits),
		Layer::PositionEmbedding {} => {
			sequence(input)?;
			Ok(Effect { parameters: vec![("weight", input.to_vec())], ..Effect::same(input, values) })
		}
		Layer::TransformerBlock { heads, mlp_ratio, dropout } => {
			transformer(input, *heads, *mlp_ratio, *dropout, limits)
		}
	}
}

fn linear(input: &[u64], out: u64, bias: bool, limits: &Limits) -> Result<Effect, String> {
	let (rows, width) = rows_and_width(input)?;
	positive("out", out, limits)?;
	let mut output = input.to_vec();
	output[input.len() - 1] = out;
	let mut parameters = vec![("weight", vec![out, width])];
	parameters.extend(bias.then(|| ("bias", vec![out])));
	Ok(Effect { output, parameters, flops: product(&[2, rows, width, out]), ..Effect::default() })
}

fn convolution(input: [u64; 3], out: u64, window: &Window, bias: bool) -> Result<Effect, String> {
	let [channels, height, width] = input;
	let kernel = window.kernel;
	let output = vec![out, window.slide(height)?, window.slide(width)?];
	let taps = product(&[channels, kernel, kernel]);
	let places = product(&output[1..]);
	let mut parameters = vec![("weight", vec![out, channels, kernel, kernel])];
	parameters.extend(bias.then(|| ("bias", vec![out])));
	Ok(Effect {
		flops: product(&[2, taps, places, out]),
		// libtorch may unfold the input into one column per output place
		intermediate: product(&[taps, places]),
		output,
		parameters,
		..Effect::default()
	})
}

fn pool([channels, height, width]: [u64; 3], window: &Window) -> Result<Effect, String> {
	let output = vec![channels, window.slide(height)?, window.slide(width)?];
	Ok(Effect {
		flops: product(&[product(&output), window.kernel, window.kernel]),
		intermediate: product(&output),
		output,
		..Effect::default()
	})
}

fn batch_norm(input: &[u64]) -> Result<Effect, String> {
	if !matches!(input.len(), 1 | 3) {
		return Err(format!("takes [C] or [C, H, W], not {input:?}"));
	}
	let channels = vec![input[0]];
	Ok(Effect {
		parameters: vec![("weight", channels.clone()), ("bias", channels.clone())],
		buffers: vec![("running_mean", channels.clone()), ("running_var", channels)],
		..Effect::same(input, product(input).saturating_mul(4))
	})
}

fn layer_norm(input: &[u64]) -> Result<Effect, String> {
	let (_, width) = rows_and_width(input)?;
	Ok(Effect {
		parameters: vec![("weight", vec![width]), ("bias", vec![width])],
		..Effect::same(input, product(input).saturating_mul(8))
	})
}

fn embedding(input: &[u64], vocabulary: u64, dim: u64, limits: &Limits) -> Result<Effect, String> {
	positive("vocabulary", vocabulary, limits)?;
	positive("dim", dim, limits)?;
	let mut output = input.to_vec();
	output.push(dim);
	Ok(Effect {
		flops: product(&output),
		output,
		parameters: vec![("weight", vec![vocabulary, dim])],
		..Effect::default()
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

/// Product of the values; saturates at `u64::MAX`.
pub(super) fn product(values: &[u64]) -> u64 {
	values.iter().fold(1, |n, d| n.saturating_mul(*d))
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

/// Geometry of convolutions and pools.
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

	/// Returns the number of places along a side.
	fn slide(&self, side: u64) -> Result<u64, String> {
		let padded = side.saturating_add(self.padding.saturating_mul(2));
		let room = padded.checked_sub(self.kernel).ok_or_else(|| {
			format!("a kernel of {} does not fit a side of {side} with padding {}", self.kernel, self.padding)
		})?;
		Ok(room / self.stride + 1)
	}
}
