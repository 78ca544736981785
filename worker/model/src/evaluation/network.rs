//! The layers of a model, computed by the kernels.

use super::{buffers::Buffers, records::Input};
use crate::Checkpoint;
use descent_dataset::Layer;
use descent_kernels::{
	adaptive_avg_pool2d, add, avg_pool2d, batch_norm, causal_attention, conv2d, embedding, gate, gelu,
	group_norm, layer_norm, linear, max_pool2d, relu, rms_norm, rotate, sigmoid, silu, tanh, Attention,
	Weights, Window,
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
	/// Memory for values.
	memory: &'a mut Buffers,
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

	/// Returns a copy of values.
	fn copy(&mut self, values: &[f64]) -> Vec<f64> {
		let mut copy = self.memory.take(values.len());
		copy.copy_from_slice(values);
		copy
	}

	/// Returns `length` values that a linear map makes of rows of a width.
	fn mapped(
		&mut self,
		x: Vec<f64>,
		width: usize,
		weight: Weights,
		bias: Option<Weights>,
		length: usize,
	) -> Vec<f64> {
		let mut out = self.memory.take(length);
		linear(&x, width, weight, bias, &mut out);
		self.replace(x, out)
	}

	/// Keeps the memory of an input, and returns the output.
	fn replace(&mut self, input: Vec<f64>, output: Vec<f64>) -> Vec<f64> {
		self.memory.give(input);
		output
	}
}

impl<'a> Network<'a> {
	/// Returns the network of a checkpoint. A seed changes its weights a little.
	pub(super) fn new(checkpoint: &'a Checkpoint, perturbation: Option<u64>) -> Self {
		Self { checkpoint, perturbation }
	}

	/// Returns the output `[records, ..output]` for inputs `[records, ..input]`.
	pub(super) fn forward(&self, mut inputs: Vec<Input>, records: usize, memory: &mut Buffers) -> Vec<f64> {
		let description = self.checkpoint.description();
		let plan = description.plan();
		let mut tensors = Tensors { network: self, parameter: 0, buffer: plan.parameters.len(), memory };
		let input = match inputs.pop() {
			Some(input) if inputs.is_empty() => input,
			last => {
				inputs.extend(last);
				let chains = inputs.into_iter().zip(description.inputs()).zip(&plan.inputs);
				let outputs = chains.map(|((values, input), shapes)| {
					pass(&input.layers, values, records, shapes, &mut tensors)
				});
				let outputs = outputs.collect();
				Input::Values(join(outputs, records, tensors.memory))
			}
		};
		pass(description.layers(), input, records, &plan.shapes, &mut tensors)
	}
}

/// Returns what layers make of an input. The shapes are those before each of them and, last, after all.
fn pass(
	layers: &[Layer],
	input: Input,
	records: usize,
	shapes: &[Vec<u64>],
	tensors: &mut Tensors,
) -> Vec<f64> {
	let mut layers = layers.iter().zip(shapes.windows(2));
	let mut x = match input {
		Input::Values(values) => values,
		Input::Tokens(tokens) => {
			let width = layers.next().and_then(|(_, shapes)| shapes[1].last().copied());
			let width = size(width.unwrap_or(1));
			let mut out = tensors.memory.take(tokens.len() * width);
			embedding(&tokens, tensors.parameter(), width, &mut out);
			out
		}
	};
	for (layer, shapes) in layers {
		x = apply(layer, x, records, &shapes[0], &shapes[1], tensors);
	}
	x
}

/// Joins values of each record, one part after the other.
fn join(parts: Vec<Vec<f64>>, records: usize, memory: &mut Buffers) -> Vec<f64> {
	let mut joined = memory.take(parts.iter().map(Vec::len).sum());
	let width = joined.len() / records.max(1);
	let mut start = 0;
	for part in parts {
		let own = part.len() / records.max(1);
		for (row, values) in joined.chunks_exact_mut(width).zip(part.chunks_exact(own)) {
			row[start..start + own].copy_from_slice(values);
		}
		start += own;
		memory.give(part);
	}
	joined
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
	let length = records * values(output);
	let width = size(input.last().copied().unwrap_or(1));
	match layer {
		Layer::Flatten {} | Layer::Dropout { .. } | Layer::Embedding { .. } => {}
		Layer::Linear { bias, .. } => {
			let (weight, bias) = (tensors.parameter(), tensors.optional(*bias));
			return tensors.mapped(x, width, weight, bias, length);
		}
		Layer::Unembedding {} => return tensors.mapped(x, width, tensors.weights(0), None, length),
		Layer::Conv1d { .. }
		| Layer::Conv2d { .. }
		| Layer::MaxPool1d { .. }
		| Layer::MaxPool2d { .. }
		| Layer::AvgPool1d { .. }
		| Layer::AvgPool2d { .. }
		| Layer::AdaptiveAvgPool1d { .. }
		| Layer::AdaptiveAvgPool2d { .. } => {
			let mut out = tensors.memory.take(length);
			slide(layer, &x, input, &mut out, tensors);
			return tensors.replace(x, out);
		}
		Layer::Relu {} => relu(&mut x),
		Layer::Gelu {} => gelu(&mut x),
		Layer::Silu {} => silu(&mut x),
		Layer::Tanh {} => tanh(&mut x),
		Layer::Sigmoid {} => sigmoid(&mut x),
		Layer::BatchNorm {} => {
			let (weight, bias) = (tensors.parameter(), tensors.parameter());
			let (mean, variance) = (tensors.buffer(), tensors.buffer());
			batch_norm(&mut x, values(input.get(1..).unwrap_or_default()), weight, bias, mean, variance);
		}
		Layer::LayerNorm {} => layer_norm(&mut x, tensors.parameter(), tensors.parameter()),
		Layer::RmsNorm {} => rms_norm(&mut x, tensors.parameter()),
		Layer::GroupNorm { groups } => {
			let (weight, bias) = (tensors.parameter(), tensors.parameter());
			group_norm(&mut x, values(input.get(1..).unwrap_or_default()), size(*groups), weight, bias);
		}
		Layer::PositionEmbedding {} => add(&mut x, &tensors.parameter().to_vec()),
		Layer::TransformerBlock { heads, .. } => transformer_block(&mut x, input, size(*heads), tensors),
		Layer::Attention { .. } => attention(layer, &mut x, input, tensors),
		Layer::GatedMlp { hidden } => gated_mlp(&mut x, width, size(*hidden), tensors),
		Layer::Residual { layers, shortcut } => {
			let copy = tensors.copy(&x);
			let mut added = chain(layers, copy, records, input, tensors);
			let direct = chain(shortcut, x, records, input, tensors);
			add(&mut added, &direct);
			return tensors.replace(direct, added);
		}
	}
	x
}

/// Computes a layer that slides a window over signals or images.
fn slide(layer: &Layer, x: &[f64], input: &[u64], out: &mut [f64], tensors: &mut Tensors) {
	match layer {
		Layer::Conv1d { kernel, stride, padding, bias, .. }
		| Layer::Conv2d { kernel, stride, padding, bias, .. } => {
			let (weight, bias) = (tensors.parameter(), tensors.optional(*bias));
			conv2d(x, &window(input, *kernel, *stride, *padding), weight, bias, out);
		}
		Layer::MaxPool1d { kernel, stride, padding } | Layer::MaxPool2d { kernel, stride, padding } => {
			max_pool2d(x, &window(input, *kernel, stride.unwrap_or(*kernel), *padding), out);
		}
		Layer::AvgPool1d { kernel, stride } | Layer::AvgPool2d { kernel, stride } => {
			avg_pool2d(x, &window(input, *kernel, stride.unwrap_or(*kernel), 0), out);
		}
		Layer::AdaptiveAvgPool1d { size: parts } | Layer::AdaptiveAvgPool2d { size: parts } => {
			let Window { height, width, .. } = window(input, 1, 1, 0);
			let high = if layer.is_1d() { 1 } else { size(*parts) };
			adaptive_avg_pool2d(x, [height, width], [high, size(*parts)], out);
		}
		_ => {}
	}
}

/// Replaces `x [records, length, width]` by its causal self-attention.
fn attention(layer: &Layer, x: &mut [f64], input: &[u64], tensors: &mut Tensors) {
	let Layer::Attention { heads, kv_heads, rotary, bias } = layer else {
		return;
	};
	let [length, width] = [0, 1].map(|side| size(input.get(side).copied().unwrap_or(1)));
	let (heads, kv_heads) = (size(*heads), size(kv_heads.unwrap_or(*heads)));
	let sizes = Attention { length, heads, kv_heads, width: width / heads };
	let (weight, own) = (tensors.parameter(), tensors.optional(*bias));
	let mut mixed = tensors.memory.take(x.len() / width * (weight.values.len() / width));
	linear(x, width, weight, own, &mut mixed);
	if let Some(base) = rotary {
		rotate(&mut mixed, sizes, *base);
	}
	let mut seen = tensors.memory.take(x.len());
	causal_attention(&mixed, sizes, &mut seen);
	linear(&seen, width, tensors.parameter(), tensors.optional(*bias), x);
	tensors.memory.give(mixed);
	tensors.memory.give(seen);
}

/// Replaces `x [.., width]` by what a gated hidden layer makes of it.
fn gated_mlp(x: &mut [f64], width: usize, hidden: usize, tensors: &mut Tensors) {
	let rows = x.len() / width;
	let (mut mixed, mut gated) = (tensors.memory.take(rows * 2 * hidden), tensors.memory.take(rows * hidden));
	linear(x, width, tensors.parameter(), None, &mut mixed);
	gate(&mut mixed, hidden, &mut gated);
	linear(&gated, hidden, tensors.parameter(), None, x);
	tensors.memory.give(mixed);
	tensors.memory.give(gated);
}

/// Returns what layers within a layer make of its input.
fn chain(
	layers: &[Layer],
	mut x: Vec<f64>,
	records: usize,
	input: &[u64],
	tensors: &mut Tensors,
) -> Vec<f64> {
	let mut shape = input.to_vec();
	for layer in layers {
		let output = layer.output(&shape);
		x = apply(layer, x, records, &shape, &output, tensors);
		shape = output;
	}
	x
}

/// Adds attention and the hidden layer of a pre-norm transformer block to `x [records, length, dim]`.
fn transformer_block(x: &mut [f64], input: &[u64], heads: usize, tensors: &mut Tensors) {
	let dim = size(input.last().copied().unwrap_or(1));
	let length = size(input.first().copied().unwrap_or(1));
	let rows = x.len() / dim;
	let mut normed = tensors.copy(x);
	layer_norm(&mut normed, tensors.parameter(), tensors.parameter());
	let mut mixed = tensors.memory.take(rows * 3 * dim);
	linear(&normed, dim, tensors.parameter(), Some(tensors.parameter()), &mut mixed);
	let mut seen = tensors.memory.take(rows * dim);
	causal_attention(&mixed, Attention { length, heads, kv_heads: heads, width: dim / heads }, &mut seen);
	tensors.memory.give(mixed);
	linear(&seen, dim, tensors.parameter(), Some(tensors.parameter()), &mut normed);
	tensors.memory.give(seen);
	add(x, &normed);
	normed.copy_from_slice(x);
	layer_norm(&mut normed, tensors.parameter(), tensors.parameter());
	let (weight, bias) = (tensors.parameter(), tensors.parameter());
	let mut hidden = tensors.memory.take(rows * bias.values.len());
	linear(&normed, dim, weight, Some(bias), &mut hidden);
	gelu(&mut hidden);
	let width = bias.values.len();
	linear(&hidden, width, tensors.parameter(), Some(tensors.parameter()), &mut normed);
	add(x, &normed);
	tensors.memory.give(hidden);
	tensors.memory.give(normed);
}

/// Returns a window over signals `[channels, length]`, which are images of height 1, or over images.
fn window(input: &[u64], kernel: u64, stride: u64, padding: u64) -> Window {
	let side = |index: usize| size(input.get(index).copied().unwrap_or(1));
	let (kernel, stride, padding) = (size(kernel), size(stride), size(padding));
	let signal = Window {
		channels: side(0),
		height: 1,
		width: side(1),
		kernel: [1, kernel],
		stride: [1, stride],
		padding: [0, padding],
	};
	match input {
		[_, _] => signal,
		_ => Window {
			height: side(1),
			width: side(2),
			kernel: [kernel; 2],
			stride: [stride; 2],
			padding: [padding; 2],
			..signal
		},
	}
}

/// Converts a size. Descriptions bound each dimension far below `usize::MAX`.
fn size(value: u64) -> usize {
	usize::try_from(value).unwrap_or(usize::MAX)
}

fn values(shape: &[u64]) -> usize {
	shape.iter().map(|side| size(*side)).product()
}
