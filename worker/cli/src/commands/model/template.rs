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
		_ => Dtype::I32,
	}
}

fn linear(out: u64) -> Layer {
	Layer::Linear { out, bias: true }
}

fn input(names: &Names, dtype: Dtype, shape: &[u64]) -> Input {
	let scale = (dtype == Dtype::U8).then_some(PIXEL);
	Input { column: names.input.clone(), dtype, shape: shape.to_vec(), scale, shift: None }
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
			Layer::MaxPool2d { kernel: 2, stride: None },
		]);
	}
	layers.extend([Layer::Flatten {}, linear(classes)]);
	let (inputs, target) = (vec![input(&names, Dtype::U8, shape)], labelled(&names, classes));
	Document { descent: 1, name: names.model, inputs, target, layers, loss: Loss::CrossEntropy }
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
	let (dtype, shape) = (label(vocabulary), vec![context]);
	let inputs = vec![Input { column: names.input, dtype, shape: shape.clone(), scale: None, shift: None }];
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
