//! Model descriptions to begin with.

use anyhow::Result;
use descent_dataset::{Description, Document, Dtype, Input, Layer, Limits, Loss, Target};

/// Scale that takes pixels to `0..=1`.
const PIXEL: f64 = 1.0 / 255.0;

/// Names of the model and its columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Names {
	pub model: String,
	pub input: String,
	pub target: String,
}

/// The smallest dtype for labels below a bound.
fn label(bound: u64) -> Dtype {
	match bound {
		0..=256 => Dtype::U8,
		257..=65_536 => Dtype::U16,
		_ => Dtype::I32,
	}
}

fn linear(out: u64) -> Layer {
	Layer::Linear { out, bias: true }
}

fn input(names: &Names, dtype: Dtype, shape: &[u64]) -> Input {
	let scale = (dtype == Dtype::U8).then_some(PIXEL);
	Input {
		column: names.input.clone(),
		dtype,
		shape: shape.to_vec(),
		scale,
		shift: None,
		layers: Vec::new(),
	}
}

fn labelled(names: &Names, classes: u64) -> Target {
	let (column, dtype) = (names.target.clone(), label(classes));
	Target { column, dtype, shape: Vec::new(), classes: Some(classes) }
}

/// A multilayer perceptron: linear layers with relu between them. Without classes it predicts one number.
pub(super) fn mlp(
	names: Names,
	dtype: Dtype,
	shape: &[u64],
	hidden: &[u64],
	classes: Option<u64>,
) -> Document {
	let mut layers = Vec::new();
	if shape.len() != 1 {
		layers.push(Layer::Flatten {});
	}
	for width in hidden {
		layers.extend([linear(*width), Layer::Relu {}]);
	}
	layers.push(linear(classes.unwrap_or(1)));
	let target = match classes {
		Some(classes) => labelled(&names, classes),
		None => Target { column: names.target.clone(), dtype: Dtype::F32, shape: Vec::new(), classes: None },
	};
	let loss = if classes.is_some() { Loss::CrossEntropy } else { Loss::Mse };
	let inputs = vec![input(&names, dtype, shape)];
	Document { descent: 1, name: names.model, inputs, target, layers, loss }
}

/// A convolutional network: for each number of channels a convolution that keeps the size, batch
/// normalisation, relu, and a pool that halves the size.
pub(super) fn cnn(names: Names, shape: &[u64], channels: &[u64], classes: u64) -> Document {
	let mut layers = Vec::new();
	for out in channels {
		layers.extend([
			// The normalisation subtracts a bias again.
			Layer::Conv2d { out: *out, kernel: 3, stride: 1, padding: 1, bias: false },
			Layer::BatchNorm {},
			Layer::Relu {},
			Layer::MaxPool2d { kernel: 2, stride: None, padding: 0 },
		]);
	}
	layers.extend([Layer::Flatten {}, linear(classes)]);
	let (inputs, target) = (vec![input(&names, Dtype::U8, shape)], labelled(&names, classes));
	Document { descent: 1, name: names.model, inputs, target, layers, loss: Loss::CrossEntropy }
}

/// A residual network (He et al., 2016).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ResnetSizes {
	/// Number of channels of each stage.
	pub channels: Vec<u64>,
	/// Number of blocks of each stage.
	pub blocks: Vec<u64>,
	/// True for blocks of three convolutions, which have four times as many channels at their ends.
	pub bottleneck: bool,
}

/// A residual network of stages, each of which but the first halves the size. Images with sides of 64 pixels
/// and more begin with a convolution and a pool that make a quarter of them.
pub(super) fn resnet(names: Names, shape: &[u64], sizes: &ResnetSizes, classes: u64) -> Document {
	let is_large = shape.iter().skip(1).all(|side| *side >= 64);
	let first = sizes.channels.first().copied().unwrap_or(64);
	let mut layers =
		Vec::from(convolution(first, if is_large { 7 } else { 3 }, if is_large { 2 } else { 1 }));
	layers.push(Layer::Relu {});
	if is_large {
		layers.push(Layer::MaxPool2d { kernel: 3, stride: Some(2), padding: 1 });
	}
	let mut before = first;
	for (stage, (channels, blocks)) in sizes.channels.iter().zip(&sizes.blocks).enumerate() {
		for block in 0..*blocks {
			let stride = if stage > 0 && block == 0 { 2 } else { 1 };
			let out = if sizes.bottleneck { channels.saturating_mul(4) } else { *channels };
			layers.push(residual_block(*channels, stride, sizes.bottleneck, before != out || stride > 1));
			layers.push(Layer::Relu {});
			before = out;
		}
	}
	layers.extend([Layer::AdaptiveAvgPool2d { size: 1 }, Layer::Flatten {}, linear(classes)]);
	let (inputs, target) = (vec![input(&names, Dtype::U8, shape)], labelled(&names, classes));
	Document { descent: 1, name: names.model, inputs, target, layers, loss: Loss::CrossEntropy }
}

/// A convolution that keeps the size, but for its stride, and a normalisation, which subtracts a bias again.
fn convolution(out: u64, kernel: u64, stride: u64) -> [Layer; 2] {
	[Layer::Conv2d { out, kernel, stride, padding: kernel / 2, bias: false }, Layer::BatchNorm {}]
}

fn residual_block(channels: u64, stride: u64, bottleneck: bool, changes_shape: bool) -> Layer {
	let out = if bottleneck { channels.saturating_mul(4) } else { channels };
	let kernels: &[(u64, u64, u64)] = match bottleneck {
		true => &[(channels, 1, 1), (channels, 3, stride), (out, 1, 1)],
		false => &[(channels, 3, stride), (out, 3, 1)],
	};
	let mut layers = Vec::new();
	for (out, kernel, stride) in kernels {
		if !layers.is_empty() {
			layers.push(Layer::Relu {});
		}
		layers.extend(convolution(*out, *kernel, *stride));
	}
	let shortcut = if changes_shape { convolution(out, 1, stride).into() } else { Vec::new() };
	Layer::Residual { layers, shortcut }
}

/// Sizes of a language model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct GptSizes {
	/// Number of tokens that there are.
	pub vocabulary: u64,
	/// Number of tokens in a record.
	pub context: u64,
	/// Number of transformer blocks.
	pub blocks: u64,
	/// Number of attention heads, which divides the width.
	pub heads: u64,
	/// Width of a token's vector.
	pub width: u64,
}

/// A language model of the form of GPT-2 (Radford et al., 2019), with a head of its own.
pub(super) fn gpt(names: Names, sizes: GptSizes) -> Document {
	let GptSizes { vocabulary, context, blocks, heads, width } = sizes;
	let mut layers = vec![Layer::Embedding { vocabulary, dim: width }, Layer::PositionEmbedding {}];
	layers.extend((0..blocks).map(|_| Layer::TransformerBlock { heads, mlp_ratio: 4, dropout: 0.0 }));
	layers.extend([Layer::LayerNorm {}, Layer::Linear { out: vocabulary, bias: false }]);
	language_model(names, vocabulary, context, layers)
}

/// Sizes and choices of a model in the manner of Llama, beside the sizes of a language model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LlamaSizes {
	/// Number of heads of keys and values, which divides that of heads.
	pub kv_heads: u64,
	/// Width of the gated hidden layer.
	pub hidden: u64,
	/// True if the output has the table of the embedding.
	pub is_tied: bool,
}

/// A language model of the form of Llama (Touvron et al., 2023): rotary positions, grouped-query attention,
/// root mean square normalisation and gated hidden layers.
pub(super) fn llama(names: Names, sizes: GptSizes, own: LlamaSizes) -> Document {
	let GptSizes { vocabulary, context, blocks, heads, width } = sizes;
	let attention =
		Layer::Attention { heads, kv_heads: Some(own.kv_heads), rotary: Some(10_000.0), bias: false };
	let residual = |layer| Layer::Residual { layers: vec![Layer::RmsNorm {}, layer], shortcut: Vec::new() };
	let mut layers = vec![Layer::Embedding { vocabulary, dim: width }];
	for _ in 0..blocks {
		layers.extend([residual(attention.clone()), residual(Layer::GatedMlp { hidden: own.hidden })]);
	}
	layers.push(Layer::RmsNorm {});
	layers.push(match own.is_tied {
		true => Layer::Unembedding {},
		false => Layer::Linear { out: vocabulary, bias: false },
	});
	language_model(names, vocabulary, context, layers)
}

/// A model that says for each token of a record which one follows.
fn language_model(names: Names, vocabulary: u64, context: u64, layers: Vec<Layer>) -> Document {
	let (dtype, shape) = (label(vocabulary), vec![context]);
	let inputs = vec![Input { scale: None, ..input(&names, dtype, &shape) }];
	let target = Target { column: names.target, dtype, shape, classes: Some(vocabulary) };
	Document { descent: 1, name: names.model, inputs, target, layers, loss: Loss::CrossEntropy }
}

/// Checks a description and writes it with a line for each layer.
///
/// # Errors
/// Fails if its sizes make no valid model.
pub(super) fn write(document: Document) -> Result<String> {
	let description = Description::check(document, &Limits::default())?;
	let document = description.document();
	let layers = document.layers.iter().map(serde_json::to_string).collect::<Result<Vec<_>, _>>()?;
	Ok(format!(
		"{{\n  \"descent\": 1,\n  \"name\": {},\n  \"inputs\": {},\n  \"target\": {},\n\
		 \u{20} \"layers\": [\n    {}\n  ],\n  \"loss\": {}\n}}\n",
		serde_json::to_string(&document.name)?,
		serde_json::to_string(&document.inputs)?,
		serde_json::to_string(&document.target)?,
		layers.join(",\n    "),
		serde_json::to_string(&document.loss)?
	))
}
