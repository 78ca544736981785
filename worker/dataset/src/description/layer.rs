//! The layers of the description language. Shapes are those of one record, without the batch.

use serde::de::{Deserializer, Error};
use serde::{Deserialize, Serialize};

fn yes() -> bool {
	true
}

fn one() -> u64 {
	1
}

fn four() -> u64 {
	4
}

/// Reads an f64 inside a tagged enum. serde buffers those, and where another crate enables serde_json's
/// arbitrary precision, a buffered number is a map that only `Number` understands.
fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
	double(serde_json::Number::deserialize(deserializer)?)
}

fn optional_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
	Option::deserialize(deserializer)?.map(double).transpose()
}

fn double<E: Error>(number: serde_json::Number) -> Result<f64, E> {
	number.as_f64().ok_or_else(|| E::custom(format!("{number} is not a number that f64 holds")))
}

/// One layer. Variants without fields are structs, so that unknown fields are refused in them too.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Layer {
	/// Flattens all dimensions into one: `[..] -> [n]`.
	Flatten {},
	/// Affine map of the last dimension: `[.., in] -> [.., out]`. Parameters `weight [out, in]`,
	/// `bias [out]`.
	Linear {
		/// Width of the output.
		out: u64,
		/// True if a bias is added.
		#[serde(default = "yes")]
		bias: bool,
	},
	/// One-dimensional cross-correlation, as in PyTorch's `Conv1d`: `[C, L] -> [out, L']`. Parameters
	/// `weight [out, C, kernel]`, `bias [out]`.
	Conv1d {
		/// Number of output channels.
		out: u64,
		/// Length of the kernel, in values.
		kernel: u64,
		/// Step of the kernel in values, 1 if absent.
		#[serde(default = "one")]
		stride: u64,
		/// Number of zeros added at both ends, 0 if absent.
		#[serde(default)]
		padding: u64,
		/// True if a bias is added.
		#[serde(default = "yes")]
		bias: bool,
	},
	/// Two-dimensional cross-correlation, as in PyTorch's `Conv2d`: `[C, H, W] -> [out, H', W']`. Parameters
	/// `weight [out, C, kernel, kernel]`, `bias [out]`.
	Conv2d {
		/// Number of output channels.
		out: u64,
		/// Side of the square kernel, in values.
		kernel: u64,
		/// Step of the kernel in values, 1 if absent.
		#[serde(default = "one")]
		stride: u64,
		/// Number of zeros added on every side, 0 if absent.
		#[serde(default)]
		padding: u64,
		/// True if a bias is added.
		#[serde(default = "yes")]
		bias: bool,
	},
	/// Largest value of each window: `[C, L] -> [C, L']`.
	#[serde(rename = "max_pool1d")]
	MaxPool1d {
		/// Length of the window, in values.
		kernel: u64,
		/// Step of the window in values; the kernel if absent.
		#[serde(default, skip_serializing_if = "Option::is_none")]
		stride: Option<u64>,
		/// Number of places without a value at both ends, at most half of the kernel; 0 if absent.
		#[serde(default, skip_serializing_if = "is_zero")]
		padding: u64,
	},
	/// Largest value of each window: `[C, H, W] -> [C, H', W']`.
	#[serde(rename = "max_pool2d")]
	MaxPool2d {
		/// Side of the square window, in values.
		kernel: u64,
		/// Step of the window in values; the kernel if absent.
		#[serde(default, skip_serializing_if = "Option::is_none")]
		stride: Option<u64>,
		/// Number of places without a value on every side, at most half of the kernel; 0 if absent.
		#[serde(default, skip_serializing_if = "is_zero")]
		padding: u64,
	},
	/// Mean of each window: `[C, L] -> [C, L']`.
	#[serde(rename = "avg_pool1d")]
	AvgPool1d {
		/// Length of the window, in values.
		kernel: u64,
		/// Step of the window in values; the kernel if absent.
		#[serde(default, skip_serializing_if = "Option::is_none")]
		stride: Option<u64>,
	},
	/// Mean of each window: `[C, H, W] -> [C, H', W']`.
	#[serde(rename = "avg_pool2d")]
	AvgPool2d {
		/// Side of the square window, in values.
		kernel: u64,
		/// Step of the window in values; the kernel if absent.
		#[serde(default, skip_serializing_if = "Option::is_none")]
		stride: Option<u64>,
	},
	/// Mean of each of `size` parts: `[C, L] -> [C, size]`. Part `i` of `L` values has those from `i L /
	/// size` rounded down to `(i + 1) L / size` rounded up.
	#[serde(rename = "adaptive_avg_pool1d")]
	AdaptiveAvgPool1d {
		/// Number of parts.
		size: u64,
	},
	/// Mean of each of `size` times `size` parts of an image: `[C, H, W] -> [C, size, size]`. Part `i` of a
	/// side of `H` values has those from `i H / size` rounded down to `(i + 1) H / size` rounded up.
	#[serde(rename = "adaptive_avg_pool2d")]
	AdaptiveAvgPool2d {
		/// Number of parts of each side.
		size: u64,
	},
	/// Rectified linear unit: `max(0, x)`.
	Relu {},
	/// Gaussian error linear unit (Hendrycks and Gimpel, 2016): `x Φ(x)`, exact and not the tanh
	/// approximation.
	Gelu {},
	/// Sigmoid linear unit (Elfwing et al., 2017): `x / (1 + exp(-x))`.
	Silu {},
	/// Hyperbolic tangent.
	Tanh {},
	/// Logistic function: `1 / (1 + exp(-x))`.
	Sigmoid {},
	/// Dropout (Srivastava et al., 2014): in training, zeroes values with probability `p` and scales the
	/// others by `1 / (1 - p)`.
	Dropout {
		/// Probability of zeroing a value, in `[0, 1)`.
		#[serde(deserialize_with = "number")]
		p: f64,
	},
	/// Batch normalisation (Ioffe and Szegedy, 2015) over the first dimension of `[C]`, `[C, L]` or
	/// `[C, H, W]`, with eps 1e-5 and momentum 0.1. Parameters `weight [C]`, `bias [C]`; running statistics
	/// `running_mean [C]`, `running_var [C]`, which evaluation uses.
	BatchNorm {},
	/// Layer normalisation (Ba et al., 2016) over the last dimension, with eps 1e-5. Parameters `weight`
	/// and `bias` of its size.
	LayerNorm {},
	/// Root mean square normalisation (Zhang and Sennrich, 2019) over the last dimension, with eps 1e-5.
	/// Parameter `weight` of its size.
	RmsNorm {},
	/// Group normalisation (Wu and He, 2018): `[C]`, `[C, L]` or `[C, H, W]`, of which `C / groups` channels
	/// at a time have mean 0 and variance 1, with eps 1e-5. Parameters `weight [C]`, `bias [C]`.
	GroupNorm {
		/// Number of groups, which must divide `C`.
		groups: u64,
	},
	/// Looks up a learned vector for each token: `[..] -> [.., dim]`. Only allowed as the first layer, on an
	/// integer column whose values are below `vocabulary`. Parameter `weight [vocabulary, dim]`.
	Embedding {
		/// Number of tokens.
		vocabulary: u64,
		/// Width of a token's vector.
		dim: u64,
	},
	/// Adds a learned vector to each position: `[T, D] -> [T, D]`. Parameter `weight [T, D]`.
	PositionEmbedding {},
	/// Pre-norm causal transformer block (Radford et al., 2019): `[T, D] -> [T, D]`,
	/// `x += attention(norm1(x)); x += mlp(norm2(x))` with gelu. Position `t` sees positions up to `t` only.
	/// Parameters `norm1.weight [D]`, `norm1.bias [D]`, `attention.in.weight [3D, D]`,
	/// `attention.in.bias [3D]`, `attention.out.weight [D, D]`, `attention.out.bias [D]`, `norm2.weight [D]`,
	/// `norm2.bias [D]`, `mlp.in.weight [RD, D]`, `mlp.in.bias [RD]`, `mlp.out.weight [D, RD]`,
	/// `mlp.out.bias [D]`, where `R` is `mlp_ratio`.
	TransformerBlock {
		/// Number of attention heads, which must divide `D`.
		heads: u64,
		/// Ratio of the hidden layer's width to `D`, 4 if absent.
		#[serde(default = "four")]
		mlp_ratio: u64,
		/// Dropout probability on the output of attention and of the hidden layer, 0 if absent.
		#[serde(default, deserialize_with = "number")]
		dropout: f64,
	},
	/// Causal self-attention (Vaswani et al., 2017): `[T, D] -> [T, D]`. Position `t` sees positions up to
	/// `t` only. With the width `W = D / heads`, parameters are `in.weight [(heads + 2 kv_heads) W, D]` for
	/// queries, keys and values, one after the other, `in.bias`, `out.weight [D, D]` and `out.bias`.
	Attention {
		/// Number of heads, which must divide `D`.
		heads: u64,
		/// Number of heads of keys and values, each of which serves as many heads of queries (Ainslie et al.,
		/// 2023). It must divide `heads`, and is the same if absent.
		#[serde(default, skip_serializing_if = "Option::is_none")]
		kv_heads: Option<u64>,
		/// Base of rotary positions (Su et al., 2021), for example 10000; none if absent. Value `i` of the
		/// first half of a head turns with value `i` of the second by `t base^(-2 i / W)`, so `W` is even.
		#[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "optional_number")]
		rotary: Option<f64>,
		/// True if biases are added.
		#[serde(default = "yes")]
		bias: bool,
	},
	/// Gated hidden layer (Shazeer, 2020): `[.., D] -> [.., D]`, `out(silu(gate(x)) * up(x))` without biases.
	/// Parameters `in.weight [2 hidden, D]`, gate and up one after the other, and `out.weight [D, hidden]`.
	GatedMlp {
		/// Width of the hidden layer.
		hidden: u64,
	},
	/// Adds what layers make of their input to the input (He et al., 2016), or to what a shortcut makes of
	/// it: both have the same shape. Tensors are named `layers.<position>.<name>` and
	/// `shortcut.<position>.<name>`.
	Residual {
		/// The layers, applied one after the other.
		layers: Vec<Layer>,
		/// Layers that the input is added through; none if absent.
		#[serde(default, skip_serializing_if = "Vec::is_empty")]
		shortcut: Vec<Layer>,
	},
	/// Linear map without bias by the table of the embedding, with which the model begins (Press and Wolf,
	/// 2017): `[.., dim] -> [.., vocabulary]`. Not within other layers.
	Unembedding {},
}

fn is_zero(value: &u64) -> bool {
	*value == 0
}

impl Layer {
	/// Returns true if the layer, or one within it, draws at random in training.
	pub fn draws_at_random(&self) -> bool {
		match self {
			Layer::Dropout { p: dropout } | Layer::TransformerBlock { dropout, .. } => *dropout > 0.0,
			_ => self.inner().any(Layer::draws_at_random),
		}
	}

	/// Returns true if an output position of the layer may depend on later positions of its input `[T, ..]`.
	pub fn looks_ahead(&self) -> bool {
		match self {
			Layer::Flatten {} | Layer::GroupNorm { .. } => true,
			layer if layer.slides() => true,
			_ => self.inner().any(Layer::looks_ahead),
		}
	}

	/// Returns true if the layer slides a window over a signal or an image.
	fn slides(&self) -> bool {
		self.is_1d()
			|| matches!(
				self,
				Layer::Conv2d { .. }
					| Layer::MaxPool2d { .. }
					| Layer::AvgPool2d { .. }
					| Layer::AdaptiveAvgPool2d { .. }
			)
	}

	/// Returns true if the layer slides a window over a signal `[channels, length]`.
	pub fn is_1d(&self) -> bool {
		matches!(
			self,
			Layer::Conv1d { .. }
				| Layer::MaxPool1d { .. }
				| Layer::AvgPool1d { .. }
				| Layer::AdaptiveAvgPool1d { .. }
		)
	}

	/// Returns the layers within the layer.
	pub fn inner(&self) -> impl Iterator<Item = &Self> {
		let (layers, shortcut) = match self {
			Layer::Residual { layers, shortcut } => (layers.as_slice(), shortcut.as_slice()),
			_ => (&[][..], &[][..]),
		};
		layers.iter().chain(shortcut)
	}

	/// The layer's `type` in JSON.
	pub const fn kind(&self) -> &'static str {
		match self {
			Layer::Flatten {} => "flatten",
			Layer::Linear { .. } => "linear",
			Layer::Conv1d { .. } => "conv1d",
			Layer::Conv2d { .. } => "conv2d",
			Layer::MaxPool1d { .. } => "max_pool1d",
			Layer::MaxPool2d { .. } => "max_pool2d",
			Layer::AvgPool1d { .. } => "avg_pool1d",
			Layer::AvgPool2d { .. } => "avg_pool2d",
			Layer::AdaptiveAvgPool1d { .. } => "adaptive_avg_pool1d",
			Layer::AdaptiveAvgPool2d { .. } => "adaptive_avg_pool2d",
			Layer::Relu {} => "relu",
			Layer::Gelu {} => "gelu",
			Layer::Silu {} => "silu",
			Layer::Tanh {} => "tanh",
			Layer::Sigmoid {} => "sigmoid",
			Layer::Dropout { .. } => "dropout",
			Layer::BatchNorm {} => "batch_norm",
			Layer::LayerNorm {} => "layer_norm",
			Layer::RmsNorm {} => "rms_norm",
			Layer::GroupNorm { .. } => "group_norm",
			Layer::Embedding { .. } => "embedding",
			Layer::PositionEmbedding {} => "position_embedding",
			Layer::TransformerBlock { .. } => "transformer_block",
			Layer::Attention { .. } => "attention",
			Layer::GatedMlp { .. } => "gated_mlp",
			Layer::Residual { .. } => "residual",
			Layer::Unembedding {} => "unembedding",
		}
	}
}
