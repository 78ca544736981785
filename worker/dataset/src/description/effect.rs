//! The output shape, tensors and costs of each kind of layer.

use super::{layer::Layer, Limits};

/// Name of a tensor within its layer, and its shape.
pub(super) type Named = (String, Vec<u64>);

/// Most residual layers that are within each other.
const MAX_DEPTH: usize = 8;

/// Output, tensors and costs of one layer for one record.
#[derive(Default)]
pub(super) struct Effect {
	pub(super) output: Vec<u64>,
	pub(super) parameters: Vec<Named>,
	pub(super) buffers: Vec<Named>,
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

/// Limits, and what a layer may use beside its input.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
	pub(super) limits: &'a Limits,
	/// Vocabulary and width of the embedding that the model begins with.
	pub(super) embedding: Option<[u64; 2]>,
	/// Number of residual layers around the layer.
	pub(super) depth: usize,
}

/// Returns the effect of a layer, or the fault of the layer in a sentence.
pub(super) fn effect(layer: &Layer, input: &[u64], context: Context<'_>) -> Result<Effect, String> {
	let limits = context.limits;
	let values = product(input);
	match layer {
		Layer::Flatten {} => Ok(Effect { output: vec![values], ..Effect::default() }),
		Layer::Linear { out, bias } => linear(input, *out, *bias, limits),
		Layer::Conv1d { .. }
		| Layer::Conv2d { .. }
		| Layer::MaxPool1d { .. }
		| Layer::MaxPool2d { .. }
		| Layer::AvgPool1d { .. }
		| Layer::AvgPool2d { .. }
		| Layer::AdaptiveAvgPool1d { .. }
		| Layer::AdaptiveAvgPool2d { .. } => slide(layer, input, limits),
		Layer::Relu {} => Ok(Effect::same(input, values)),
		Layer::Gelu {} | Layer::Silu {} | Layer::Tanh {} | Layer::Sigmoid {} => {
			Ok(Effect::same(input, values.saturating_mul(8)))
		}
		Layer::Dropout { p } => {
			probability(*p)?;
			Ok(Effect { intermediate: values, ..Effect::same(input, values) })
		}
		Layer::BatchNorm {} => batch_norm(input),
		Layer::LayerNorm {} => layer_norm(input),
		Layer::RmsNorm {} => {
			let (_, width) = rows_and_width(input)?;
			let parameters = named([("weight", vec![width])]);
			Ok(Effect { parameters, ..Effect::same(input, values.saturating_mul(4)) })
		}
		Layer::GroupNorm { groups } => group_norm(input, *groups, limits),
		Layer::Embedding { vocabulary, dim } => embedding(input, *vocabulary, *dim, limits),
		Layer::PositionEmbedding {} => {
			sequence(input)?;
			Ok(Effect { parameters: named([("weight", input.to_vec())]), ..Effect::same(input, values) })
		}
		Layer::TransformerBlock { heads, mlp_ratio, dropout } => {
			transformer(input, *heads, *mlp_ratio, *dropout, limits)
		}
		Layer::Attention { heads, kv_heads, rotary, bias } => {
			attention(input, *heads, kv_heads.unwrap_or(*heads), *rotary, *bias, limits)
		}
		Layer::GatedMlp { hidden } => gated_mlp(input, *hidden, limits),
		Layer::Residual { layers, shortcut } => residual(input, layers, shortcut, context),
		Layer::Unembedding {} => unembedding(input, context),
	}
}

fn named<const N: usize>(tensors: [(&str, Vec<u64>); N]) -> Vec<Named> {
	tensors.into_iter().map(|(name, shape)| (name.into(), shape)).collect()
}

fn linear(input: &[u64], out: u64, bias: bool, limits: &Limits) -> Result<Effect, String> {
	let (rows, width) = rows_and_width(input)?;
	positive("out", out, limits)?;
	let mut output = input.to_vec();
	output[input.len() - 1] = out;
	let mut parameters = named([("weight", vec![out, width])]);
	parameters.extend(bias.then(|| ("bias".into(), vec![out])));
	Ok(Effect { output, parameters, flops: product(&[2, rows, width, out]), ..Effect::default() })
}

/// Returns the effect of a layer that slides a window over a signal or an image.
fn slide(layer: &Layer, input: &[u64], limits: &Limits) -> Result<Effect, String> {
	let (channels, sides) = grid(input, layer.is_1d())?;
	match layer {
		Layer::Conv1d { out, kernel, stride, padding, bias }
		| Layer::Conv2d { out, kernel, stride, padding, bias } => {
			positive("out", *out, limits)?;
			let window = Window::new(*kernel, *stride, *padding, limits)?;
			convolution(channels, sides, *out, &window, *bias)
		}
		Layer::MaxPool1d { kernel, padding, .. } | Layer::MaxPool2d { kernel, padding, .. }
			if *padding > kernel / 2 =>
		{
			Err(format!("the padding {padding} must be at most half of the kernel {kernel}"))
		}
		Layer::MaxPool1d { kernel, stride, padding } | Layer::MaxPool2d { kernel, stride, padding } => {
			pool(channels, sides, &Window::new(*kernel, stride.unwrap_or(*kernel), *padding, limits)?)
		}
		Layer::AvgPool1d { kernel, stride } | Layer::AvgPool2d { kernel, stride } => {
			pool(channels, sides, &Window::new(*kernel, stride.unwrap_or(*kernel), 0, limits)?)
		}
		Layer::AdaptiveAvgPool1d { size } | Layer::AdaptiveAvgPool2d { size } => {
			adaptive_pool(channels, sides, *size, limits)
		}
		_ => Ok(Effect::same(input, 0)),
	}
}

fn convolution(
	channels: u64,
	sides: &[u64],
	out: u64,
	window: &Window,
	bias: bool,
) -> Result<Effect, String> {
	let kernel = vec![window.kernel; sides.len()];
	let output = window.slide_all(out, sides)?;
	let taps = product(&kernel).saturating_mul(channels);
	let places = product(&output[1..]);
	let mut parameters = named([("weight", [vec![out, channels], kernel].concat())]);
	parameters.extend(bias.then(|| ("bias".into(), vec![out])));
	Ok(Effect {
		flops: product(&[2, taps, places, out]),
		// libtorch may unfold the input into one column per output place
		intermediate: product(&[taps, places]),
		output,
		parameters,
		..Effect::default()
	})
}

fn pool(channels: u64, sides: &[u64], window: &Window) -> Result<Effect, String> {
	let output = window.slide_all(channels, sides)?;
	let taps = product(&vec![window.kernel; sides.len()]);
	Ok(Effect {
		flops: product(&output).saturating_mul(taps),
		intermediate: product(&output),
		output,
		..Effect::default()
	})
}

fn batch_norm(input: &[u64]) -> Result<Effect, String> {
	let channels = vec![channels(input)?];
	Ok(Effect {
		parameters: named([("weight", channels.clone()), ("bias", channels.clone())]),
		buffers: named([("running_mean", channels.clone()), ("running_var", channels)]),
		..Effect::same(input, product(input).saturating_mul(4))
	})
}

fn layer_norm(input: &[u64]) -> Result<Effect, String> {
	let (_, width) = rows_and_width(input)?;
	Ok(Effect {
		parameters: named([("weight", vec![width]), ("bias", vec![width])]),
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
		parameters: named([("weight", vec![vocabulary, dim])]),
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
		parameters: named([
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
		]),
		intermediate: product(&[2, scores])
			.saturating_add(values.saturating_mul(8))
			.saturating_add(product(&[2, length, hidden])),
		flops: product(&[2, length, weights]).saturating_add(product(&[4, length, length, dim])),
		..Effect::default()
	})
}

fn adaptive_pool(channels: u64, sides: &[u64], size: u64, limits: &Limits) -> Result<Effect, String> {
	positive("size", size, limits)?;
	if sides.iter().any(|side| *side < size) {
		return Err(format!("an input with the sides {sides:?} has no {size} parts a side"));
	}
	let output = [vec![channels], vec![size; sides.len()]].concat();
	Ok(Effect { output, flops: product(&[4, channels, product(sides)]), ..Effect::default() })
}

fn group_norm(input: &[u64], groups: u64, limits: &Limits) -> Result<Effect, String> {
	positive("groups", groups, limits)?;
	let channels = channels(input)?;
	if !channels.is_multiple_of(groups) {
		return Err(format!("{groups} groups do not divide {channels} channels"));
	}
	Ok(Effect {
		parameters: named([("weight", vec![channels]), ("bias", vec![channels])]),
		..Effect::same(input, product(input).saturating_mul(8))
	})
}

fn attention(
	input: &[u64],
	heads: u64,
	kv_heads: u64,
	rotary: Option<f64>,
	bias: bool,
	limits: &Limits,
) -> Result<Effect, String> {
	let [length, dim] = sequence(input)?;
	positive("heads", heads, limits)?;
	positive("kv_heads", kv_heads, limits)?;
	if dim % heads != 0 {
		return Err(format!("{heads} heads do not divide the width {dim}"));
	}
	if !heads.is_multiple_of(kv_heads) {
		return Err(format!("{kv_heads} heads of keys and values do not divide {heads} heads"));
	}
	let width = dim / heads;
	match rotary {
		Some(_) if width % 2 == 1 => {
			return Err(format!("rotary positions need heads of an even width, not {width}"));
		}
		Some(base) if !(1.0..=1e9).contains(&base) => {
			return Err(format!("the base of rotary positions must be 1 to 1e9, not {base}"));
		}
		_ => {}
	}
	let mixed = kv_heads.saturating_mul(2).saturating_add(heads).saturating_mul(width);
	let mut parameters = named([("in.weight", vec![mixed, dim])]);
	parameters.extend(bias.then(|| ("in.bias".into(), vec![mixed])));
	parameters.push(("out.weight".into(), vec![dim, dim]));
	parameters.extend(bias.then(|| ("out.bias".into(), vec![dim])));
	let weights = product(&[mixed.saturating_add(dim), dim]);
	Ok(Effect {
		output: input.to_vec(),
		parameters,
		// Keys and values of few heads are repeated for all.
		intermediate: product(&[2, heads, length, length]).saturating_add(product(&[8, length, dim])),
		flops: product(&[2, length, weights]).saturating_add(product(&[4, length, length, dim])),
		..Effect::default()
	})
}

fn gated_mlp(input: &[u64], hidden: u64, limits: &Limits) -> Result<Effect, String> {
	let (rows, dim) = rows_and_width(input)?;
	positive("hidden", hidden, limits)?;
	let two = hidden.saturating_mul(2);
	Ok(Effect {
		output: input.to_vec(),
		parameters: named([("in.weight", vec![two, dim]), ("out.weight", vec![dim, hidden])]),
		intermediate: product(&[4, rows, hidden]),
		flops: product(&[6, rows, hidden, dim]).saturating_add(product(&[10, rows, hidden])),
		..Effect::default()
	})
}

fn residual(
	input: &[u64],
	layers: &[Layer],
	shortcut: &[Layer],
	context: Context<'_>,
) -> Result<Effect, String> {
	if layers.is_empty() {
		return Err("needs at least one layer".into());
	}
	if context.depth >= MAX_DEPTH {
		return Err(format!("is within {MAX_DEPTH} others, and more are not allowed"));
	}
	let within = Context { embedding: None, depth: context.depth + 1, ..context };
	let (added, skipped) =
		(chain("layers", layers, input, within)?, chain("shortcut", shortcut, input, within)?);
	if added.output != skipped.output {
		let (added, skipped) = (added.output, skipped.output);
		return Err(format!("its layers make {added:?} of {input:?}, which can't be added to {skipped:?}"));
	}
	let values = product(input).saturating_add(product(&added.output));
	let sum = |one: u64, other: u64| one.saturating_add(other).saturating_add(values);
	Ok(Effect {
		intermediate: sum(added.intermediate, skipped.intermediate),
		flops: sum(added.flops, skipped.flops),
		output: added.output,
		parameters: [added.parameters, skipped.parameters].concat(),
		buffers: [added.buffers, skipped.buffers].concat(),
	})
}

/// Returns the effect of layers one after the other, whose tensors are below `name`. All that they hold
/// counts as held at the same time.
fn chain(name: &str, layers: &[Layer], input: &[u64], context: Context<'_>) -> Result<Effect, String> {
	let mut all = Effect::same(input, 0);
	for (position, layer) in layers.iter().enumerate() {
		let at = |reason: String| format!("{name}.{position} ({}): {reason}", layer.kind());
		if matches!(layer, Layer::Embedding { .. }) {
			return Err(at("must be the model's first layer".into()));
		}
		let effect = effect(layer, &all.output, context).map_err(at)?;
		let values = context
			.limits
			.values(&effect.output)
			.ok_or_else(|| at(format!("its output would have the shape {:?}", effect.output)))?;
		let below = |(own, shape): Named| (format!("{name}.{position}.{own}"), shape);
		all.parameters.extend(effect.parameters.into_iter().map(below));
		all.buffers.extend(effect.buffers.into_iter().map(below));
		all.intermediate = all.intermediate.saturating_add(effect.intermediate).saturating_add(values);
		all.flops = all.flops.saturating_add(effect.flops);
		all.output = effect.output;
	}
	Ok(all)
}

fn unembedding(input: &[u64], context: Context<'_>) -> Result<Effect, String> {
	let Some([vocabulary, dim]) = context.embedding else {
		return Err("needs a model that begins with an embedding, and can't be within other layers".into());
	};
	let (rows, width) = rows_and_width(input)?;
	if width != dim {
		return Err(format!("the embedding has the width {dim}, and the input has {width}"));
	}
	let mut output = input.to_vec();
	output[input.len() - 1] = vocabulary;
	Ok(Effect { output, flops: product(&[2, rows, dim, vocabulary]), ..Effect::default() })
}

impl Layer {
	/// Returns the shape that the layer makes of a shape, of a layer in a checked description.
	pub fn output(&self, input: &[u64]) -> Vec<u64> {
		let context = Context { limits: &Limits::default(), embedding: None, depth: 0 };
		effect(self, input, context).map(|effect| effect.output).unwrap_or_default()
	}
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

/// Number of channels of what a normalisation over channels takes.
fn channels(input: &[u64]) -> Result<u64, String> {
	match *input {
		[channels] | [channels, _] | [channels, _, _] => Ok(channels),
		_ => Err(format!("takes [C], [C, L] or [C, H, W], not {input:?}")),
	}
}

/// Splits a shape into channels and sides.
fn grid(input: &[u64], is_1d: bool) -> Result<(u64, &[u64]), String> {
	match (input, is_1d) {
		([channels, sides @ ..], true) if sides.len() == 1 => Ok((*channels, sides)),
		([channels, sides @ ..], false) if sides.len() == 2 => Ok((*channels, sides)),
		(_, true) => Err(format!("takes [channels, length], not {input:?}")),
		(_, false) => Err(format!("takes [channels, height, width], not {input:?}")),
	}
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

	/// Returns the shape of the output: channels, then the number of places along each side.
	fn slide_all(&self, channels: u64, sides: &[u64]) -> Result<Vec<u64>, String> {
		std::iter::once(Ok(channels)).chain(sides.iter().map(|side| self.slide(*side))).collect()
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
