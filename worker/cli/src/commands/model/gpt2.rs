//! Checkpoints of the form of GPT-2 (Radford et al., 2019) as the Python library `transformers` reads them.

use anyhow::{anyhow, bail, ensure, Context, Result};
use descent_dataset::{Description, Layer, Loss};
use safetensors::{tensor::View, Dtype, SafeTensors};
use serde_json::{json, Value};
use std::{borrow::Cow, collections::HashMap, path::Path};

/// Sizes of a GPT-2.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Shape {
	vocabulary: u64,
	context: u64,
	width: u64,
	blocks: usize,
	heads: u64,
	mlp_ratio: u64,
	/// Dropout of the blocks, which only training uses.
	dropout: f64,
	/// Dropout of the layer behind the embeddings, if there is one.
	embedding_dropout: Option<f64>,
}

impl Shape {
	/// Reads the sizes of a description.
	///
	/// # Errors
	/// Fails, naming the first thing that GPT-2 does not have, if the description has another form.
	pub(super) fn of(description: &Description) -> Result<Self> {
		shape(description).map_err(|reason| {
			anyhow!(
				"transformers has no class for this model: {reason:#}. Use --format descent, whose \
				 modeling.py builds every description"
			)
		})
	}

	/// The configuration that `AutoModelForCausalLM` reads.
	pub(super) fn config(&self) -> Value {
		json!({
			"architectures": ["GPT2LMHeadModel"],
			"model_type": "gpt2",
			"activation_function": "gelu",
			"attn_pdrop": 0.0,
			"bos_token_id": null,
			"embd_pdrop": self.embedding_dropout.unwrap_or(0.0),
			"eos_token_id": null,
			"layer_norm_epsilon": 1e-5,
			"n_embd": self.width,
			"n_head": self.heads,
			"n_inner": self.width.saturating_mul(self.mlp_ratio),
			"n_layer": self.blocks,
			"n_positions": self.context,
			"reorder_and_upcast_attn": false,
			"resid_pdrop": self.dropout,
			"scale_attn_by_inverse_layer_idx": false,
			"scale_attn_weights": true,
			"tie_word_embeddings": false,
			"torch_dtype": "float32",
			"use_cache": true,
			"vocab_size": self.vocabulary,
		})
	}

	/// Pairs of names, ours and those of `GPT2LMHeadModel`, and true for weights that are transposed there.
	fn names(&self) -> Vec<(String, String, bool)> {
		const BLOCK: [(&str, &str, bool); 12] = [
			("norm1.weight", "ln_1.weight", false),
			("norm1.bias", "ln_1.bias", false),
			("attention.in.weight", "attn.c_attn.weight", true),
			("attention.in.bias", "attn.c_attn.bias", false),
			("attention.out.weight", "attn.c_proj.weight", true),
			("attention.out.bias", "attn.c_proj.bias", false),
			("norm2.weight", "ln_2.weight", false),
			("norm2.bias", "ln_2.bias", false),
			("mlp.in.weight", "mlp.c_fc.weight", true),
			("mlp.in.bias", "mlp.c_fc.bias", false),
			("mlp.out.weight", "mlp.c_proj.weight", true),
			("mlp.out.bias", "mlp.c_proj.bias", false),
		];
		let first = if self.embedding_dropout.is_some() { 3 } else { 2 };
		let after = first + self.blocks;
		let mut names = vec![
			("layers.0.weight".into(), "transformer.wte.weight".into(), false),
			("layers.1.weight".into(), "transformer.wpe.weight".into(), false),
		];
		for block in 0..self.blocks {
			names.extend(BLOCK.map(|(ours, theirs, transposed)| {
				let ours = format!("layers.{}.{ours}", first + block);
				(ours, format!("transformer.h.{block}.{theirs}"), transposed)
			}));
		}
		names.extend([
			(format!("layers.{after}.weight"), "transformer.ln_f.weight".into(), false),
			(format!("layers.{after}.bias"), "transformer.ln_f.bias".into(), false),
			(format!("layers.{}.weight", after + 1), "lm_head.weight".into(), false),
		]);
		names
	}

	/// Writes a checkpoint under the names and in the layout of `GPT2LMHeadModel`.
	///
	/// # Errors
	/// Fails if the checkpoint has other tensors than the description, or a file fails.
	pub(super) fn convert(&self, checkpoint: &Path, out: &Path) -> Result<()> {
		let bytes = std::fs::read(checkpoint).with_context(|| format!("reading {}", checkpoint.display()))?;
		let tensors = SafeTensors::deserialize(&bytes).context("the checkpoint is no safetensors file")?;
		let names = self.names();
		ensure!(tensors.len() == names.len(), "the checkpoint has other tensors than its description");
		let renamed = names.into_iter().map(|(ours, theirs, transposed)| -> Result<_> {
			let tensor = tensors.tensor(&ours).with_context(|| format!("the checkpoint's tensor {ours}"))?;
			ensure!(tensor.dtype() == Dtype::F32, "the checkpoint's tensor {ours} is not f32");
			Ok((
				theirs,
				Renamed { shape: tensor.shape().to_vec(), data: tensor.data(), transposed }.turned()?,
			))
		});
		let renamed = renamed.collect::<Result<Vec<_>>>()?;
		// transformers refuses files that do not say which framework's layout they have.
		let metadata = HashMap::from([("format".to_owned(), "pt".to_owned())]);
		safetensors::serialize_to_file(renamed, Some(metadata), out)
			.with_context(|| format!("writing {}", out.display()))
	}
}

fn shape(description: &Description) -> Result<Shape> {
	let layers = description.layers();
	ensure!(description.loss() == Loss::CrossEntropy, "it has another loss than cross entropy");
	let [Layer::Embedding { vocabulary, dim }, Layer::PositionEmbedding {}, rest @ ..] = layers else {
		bail!("GPT-2 begins with embedding and position_embedding");
	};
	let (embedding_dropout, rest) = match rest {
		[Layer::Dropout { p }, rest @ ..] => (Some(*p), rest),
		rest => (None, rest),
	};
	let [blocks @ .., Layer::LayerNorm {}, Layer::Linear { out, bias }] = rest else {
		bail!("GPT-2 ends with layer_norm and linear");
	};
	ensure!(!bias, "its last layer has a bias, and GPT-2's has none");
	ensure!(
		out == vocabulary,
		"it predicts {out} classes of {vocabulary} tokens, and GPT-2 predicts all tokens"
	);
	let mut shape = Shape {
		vocabulary: *vocabulary,
		context: description.input().shape.first().copied().unwrap_or(1),
		width: *dim,
		blocks: blocks.len(),
		heads: 1,
		mlp_ratio: 4,
		dropout: 0.0,
		embedding_dropout,
	};
	for (number, block) in blocks.iter().enumerate() {
		let Layer::TransformerBlock { heads, mlp_ratio, dropout } = block else {
			bail!("a {} lies between its transformer blocks", block.kind());
		};
		if number == 0 {
			(shape.heads, shape.mlp_ratio, shape.dropout) = (*heads, *mlp_ratio, *dropout);
		}
		ensure!(
			(*heads, *mlp_ratio) == (shape.heads, shape.mlp_ratio),
			"its transformer blocks have different heads or mlp_ratio, and GPT-2's are alike"
		);
	}
	ensure!(shape.blocks > 0, "it has no transformer_block");
	Ok(shape)
}

/// A tensor under another name.
struct Renamed<'a> {
	shape: Vec<usize>,
	data: &'a [u8],
	transposed: bool,
}

/// A tensor as it is written.
struct Turned<'a> {
	shape: Vec<usize>,
	data: Cow<'a, [u8]>,
}

impl<'a> Renamed<'a> {
	/// Transposes a matrix where GPT-2 keeps it so: its `Conv1D` has `[in, out]`, a linear layer `[out, in]`.
	fn turned(self) -> Result<Turned<'a>> {
		if !self.transposed {
			return Ok(Turned { shape: self.shape, data: Cow::Borrowed(self.data) });
		}
		let [rows, columns] = self.shape[..] else {
			bail!("a weight of the checkpoint is no matrix");
		};
		let (values, _) = self.data.as_chunks::<4>();
		let mut data = Vec::with_capacity(self.data.len());
		for column in 0..columns {
			for row in 0..rows {
				data.extend_from_slice(values.get(row * columns + column).context("a weight is too short")?);
			}
		}
		Ok(Turned { shape: vec![columns, rows], data: Cow::Owned(data) })
	}
}

impl View for Turned<'_> {
	fn dtype(&self) -> Dtype {
		Dtype::F32
	}

	fn shape(&self) -> &[usize] {
		&self.shape
	}

	fn data(&self) -> Cow<'_, [u8]> {
		Cow::Borrowed(&self.data)
	}

	fn data_len(&self) -> usize {
		self.data.len()
	}
}

#[cfg(test)]
#[path = "gpt2_tests.rs"]
pub(super) mod tests;
