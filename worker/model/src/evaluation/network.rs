//! The layers of a model, computed by the kernels.

use super::records::Input;
use crate::Checkpoint;
use descent_dataset::Layer;
use descent_kernels::{
	add, avg_pool2d, batch_norm, causal_attention, conv2d, embedding, gelu, layer_norm, linear, max_pool2d,
	relu, sigmoid, tanh, Attention, Weights, Window,
};

/// A checkpoint's network, with its weights as they are or a little changed.
pub(super) struct Network<'a> {
	checkpoint: &'a Checkpoint,
	/// Seed of the change of the weights, if any.
	perturbation: Option<u64>,
}

/// Tensors of a checkpoint, in the order in which the layers use them.
struct Tensors<'a> {
	network: &'a Network<'a>,
	/// Number of the next parameter.
	parameter: usize,
	/// Number of the next running statistic.
	buffer: usize,
}

impl<'a> Tensors<'a> {
	fn weights(&self, number: usize) -> Weights<'a> {
		self.network.checkpoint.weights(number, self.network.perturbation)
	}

	fn parameter(&mut self) -> Weights<'a> {
		self.parameter += 1;
		self.weights(self.parameter - 1)
	}

	fn optional(&mut self, is_there: bool) -> Option<Weights<'a>> {
		is_there.then(|| self.parameter())
	}

	fn buffer(&mut self) -> Weights<'a> {
		self.buffer += 1;
		self.weights(self.buffer - 1)
	}
}

impl<'a> Network<'a> {
	/// Returns the network of a checkpoint. A seed changes its weights a little.
	pub(super) fn new(checkpoint: &'a Checkpoint, perturbation: Option<u64>) -> Self {
		Self { checkpoint, perturbation }
	}

	/// Returns the output `[records, ..output]` for an input `[records, ..input]`.
	pub(super) fn forward(&self, input: Input, records: usize) -> Vec<f64> {
		let plan = self.checkpoint.description().plan();
		let mut tensors = Tensors { network: self, parameter: 0, buffer: plan.parameters.len() };
		let mut layers = self.checkpoint.description().layers().iter().zip(plan.shapes.windows(2));
		let mut x = match input {
			Input::Values(values) => values,
			Input::Tokens(tokens) => {
				let width = layers.next().and_then(|(_, shapes)| shapes[1].last().copied());
				let width = size(width.unwrap_or(1));
				let mut out = vec![0.0; tokens.len() * width];
				embedding(&tokens, tensors.parameter(), width, &mut out);
				out
			}
		};
		for (layer, shapes) in layers {
			x = apply(layer, x, records, &shapes[0], &shapes[1], &mut tensors);
		}
		x
	}
}

/// Returns the output of a layer.
fn apply(
	layer: &Layer,
	mut x: Vec<f64>,
	records: usize,
	input: &[u64],
	output: &[u64],
	tensors: &mut Tensors,
) -> Vec<f64> {
	let new = || vec![0.0; records * values(output)];
	match layer {
		Layer::Flatten {} | Layer::Dropout { .. } | Layer::Embedding { .. } => {}
		Layer::Linear { bias, .. } => {
			let (weight, bias) = (tensors.parameter(), tensors.optional(*bias));
			let mut out = new();
			linear(&x, size(input.last().copied().unwrap_or(1)), weight, bias, &mut out);
			return out;
		}
		Layer::Conv2d { kernel, stride, padding, bias, .. } => {
			let (weight, bias) = (tensors.parameter(), tensors.optional(*bias));
			let mut out = new();
			conv2d(&x, &window(input, *kernel, *stride, *padding), weight, bias, &mut out);
			return out;
		}
		Layer::MaxPool2d { kernel, stride } => {
			let mut out = new();
			max_pool2d(&x, &window(input, *kernel, stride.unwrap_or(*kernel), 0), &mut out);
			return out;
		}
		Layer::AvgPool2d { kernel, stride } => {
			let mut out = new();
			avg_pool2d(&x, &window(input, *kernel, stride.unwrap_or(*kernel), 0), &mut out);
			return out;
		}
		Layer::Relu {} => relu(&mut x),
		Layer::Gelu {} => gelu(&mut x),
		Layer::Tanh {} => tanh(&mut x),
		Layer::Sigmoid {} => sigmoid(&mut x),
		Layer::BatchNorm {} => {
			let (weight, bias) = (tensors.parameter(), tensors.parameter());
			let (mean, variance) = (tensors.buffer(), tensors.buffer());
			batch_norm(&mut x, values(input.get(1..).unwrap_or_default()), weight, bias, mean, variance);
		}
		Layer::LayerNorm {} => layer_norm(&mut x, tensors.parameter(), tensors.parameter()),
		Layer::PositionEmbedding {} => add(&mut x, &tensors.parameter().to_vec()),
		Layer::TransformerBlock { heads, .. } => transformer_block(&mut x, input, size(*heads), tensors),
	}
	x
}

/// Adds attention and the hidden layer of a pre-norm transformer block to `x [records, length, dim]`.
fn transformer_block(x: &mut [f64], input: &[u64], heads: usize, tensors: &mut Tensors) {
	let dim = size(input.last().copied().unwrap_or(1));
	let length = size(input.first().copied().unwrap_or(1));
	let rows = x.len() / dim;
	let mut normed = x.to_vec();
	layer_norm(&mut normed, tensors.parameter(), tensors.parameter());
	let mut mixed = vec![0.0; rows * 3 * dim];
	linear(&normed, dim, tensors.parameter(), Some(tensors.parameter()), &mut mixed);
	let mut seen = vec![0.0; rows * dim];
	causal_attention(&mixed, Attention { length, heads, width: dim / heads }, &mut seen);
	drop(mixed);
	linear(&seen, dim, tensors.parameter(), Some(tensors.parameter()), &mut normed);
	add(x, &normed);
	normed.copy_from_slice(x);
	layer_norm(&mut normed, tensors.parameter(), tensors.parameter());
	let (weight, bias) = (tensors.parameter(), tensors.parameter());
	let mut hidden = vec![0.0; rows * bias.values.len()];
	linear(&normed, dim, weight, Some(bias), &mut hidden);
	gelu(&mut hidden);
	let width = bias.values.len();
	linear(&hidden, width, tensors.parameter(), Some(tensors.parameter()), &mut normed);
	add(x, &normed);
}

fn window(input: &[u64], kernel: u64, stride: u64, padding: u64) -> Window {
	let side = |index: usize| size(input.get(index).copied().unwrap_or(1));
	Window {
		channels: side(0),
		height: side(1),
		width: side(2),
		kernel: size(kernel),
		stride: size(stride),
		padding: size(padding),
	}
}

/// Converts a size. Descriptions bound each dimension far below `usize::MAX`.
fn size(value: u64) -> usize {
	usize::try_from(value).unwrap_or(usize::MAX)
}

fn values(shape: &[u64]) -> usize {
	shape.iter().map(|side| size(*side)).product()
}
