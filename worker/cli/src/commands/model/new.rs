//! The commands `descent model new ..`.

use super::template::{self, GptSizes, LlamaSizes, Names, ResnetSizes};
use crate::output::Output;
use anyhow::{ensure, Result};
use clap::{builder::RangedU64ValueParser, Args, Subcommand, ValueEnum};
use descent_dataset::{Document, Dtype};
use std::io::Write;

const MLP_EXAMPLES: &str = "Examples:
  descent model new mlp --shape 784 --dtype u8 --classes 10 > mnist.json
  descent model new mlp --shape 12 --hidden 64,64 > prices.json

Without --classes the model predicts one number, by mean squared error. `descent model check` shows the \
layers and tensors.";

const CNN_EXAMPLES: &str = "Example:
  descent model new cnn --shape 3,32,32 --channels 32,64 --classes 10 > images.json

Each number of channels makes a convolution, a batch normalisation, a relu, and a pool that halves height \
and width.";

const GPT_EXAMPLES: &str = "Example:
  descent model new gpt --classes 256 --context 128 --blocks 4 --heads 4 --width 128 > bytes.json

The model has the form of GPT-2, so that `descent model export --format transformers` can write its \
checkpoints. A record is as many tokens as the context has, and for each of them the token that follows.";

const RESNET_EXAMPLES: &str = "Examples:
  descent model new resnet --shape 3,32,32 --classes 10 > resnet18.json
  descent model new resnet --shape 3,224,224 --classes 1000 --blocks 3,4,6,3 --bottleneck > resnet50.json

Each stage after the first halves height and width. Images with sides of 64 pixels and more begin with a \
convolution and a pool that make a quarter of them.";

const LLAMA_EXAMPLES: &str = "Example:
  descent model new llama --classes 256 --context 128 --kv-heads 2 --tie-weights > bytes.json

A record is as many tokens as the context has, and for each of them the token that follows.";

#[derive(Debug, Subcommand)]
pub(crate) enum NewCommand {
	/// A perceptron over numbers: tables, small images
	Mlp(Mlp),
	/// A convolutional network over images
	Cnn(Cnn),
	/// A residual network over images
	Resnet(Resnet),
	/// A language model over tokens, of the form of GPT-2
	Gpt(Gpt),
	/// A language model over tokens, of the form of Llama: rotary positions, heads that share keys and
	/// values, gated hidden layers
	Llama(Llama),
}

/// No description has more layers.
fn blocks() -> RangedU64ValueParser<u64> {
	RangedU64ValueParser::new().range(..=512)
}

/// Names in the description.
#[derive(Clone, Debug, Args)]
struct NamesArg {
	/// Name of the model; the template's unless given
	#[arg(long)]
	name: Option<String>,
	/// Column of the input in delta files
	#[arg(long, value_name = "COLUMN", default_value = "x")]
	input_column: String,
	/// Column of the target in delta files
	#[arg(long, value_name = "COLUMN", default_value = "y")]
	target_column: String,
}

#[derive(Clone, Debug, Args)]
#[command(after_help = MLP_EXAMPLES)]
pub(crate) struct Mlp {
	/// Shape of a record's input, as 12 or 1,28,28
	#[arg(long, value_name = "N,..", value_delimiter = ',', required = true)]
	shape: Vec<u64>,
	/// Number of classes; without it the target is a number
	#[arg(long, value_name = "N")]
	classes: Option<u64>,
	/// Widths of the hidden layers
	#[arg(long, value_name = "N,..", value_delimiter = ',', default_value = "128")]
	hidden: Vec<u64>,
	/// Type of the input's values; u8 are taken for pixels and divided by 255
	#[arg(long, value_enum, default_value = "f32")]
	dtype: DtypeArg,
	#[command(flatten)]
	names: NamesArg,
}

#[derive(Clone, Debug, Args)]
#[command(after_help = CNN_EXAMPLES)]
pub(crate) struct Cnn {
	/// Shape of an image: channels, height, width
	#[arg(long, value_name = "C,H,W", value_delimiter = ',', default_value = "1,28,28")]
	shape: Vec<u64>,
	/// Number of classes
	#[arg(long, value_name = "N")]
	classes: u64,
	/// Channels of the convolutions
	#[arg(long, value_name = "N,..", value_delimiter = ',', default_value = "16,32")]
	channels: Vec<u64>,
	#[command(flatten)]
	names: NamesArg,
}

#[derive(Clone, Debug, Args)]
#[command(after_help = RESNET_EXAMPLES)]
pub(crate) struct Resnet {
	/// Shape of an image: channels, height, width
	#[arg(long, value_name = "C,H,W", value_delimiter = ',', default_value = "3,32,32")]
	shape: Vec<u64>,
	/// Number of classes
	#[arg(long, value_name = "N")]
	classes: u64,
	/// Channels of each stage
	#[arg(long, value_name = "N,..", value_delimiter = ',', default_value = "64,128,256,512")]
	channels: Vec<u64>,
	/// Residual blocks of each stage
	#[arg(
		long,
		value_name = "N,..",
		value_delimiter = ',',
		default_value = "2,2,2,2",
		value_parser = blocks()
	)]
	blocks: Vec<u64>,
	/// Blocks of three convolutions instead of two, which have four times as many channels at their ends
	#[arg(long)]
	bottleneck: bool,
	#[command(flatten)]
	names: NamesArg,
}

#[derive(Clone, Debug, Args)]
#[command(after_help = GPT_EXAMPLES)]
pub(crate) struct Gpt {
	#[command(flatten)]
	sizes: SizesArg,
	#[command(flatten)]
	names: NamesArg,
}

#[derive(Clone, Debug, Args)]
#[command(after_help = LLAMA_EXAMPLES)]
pub(crate) struct Llama {
	#[command(flatten)]
	sizes: SizesArg,
	/// Number of heads of keys and values, which divides that of heads; as many unless given
	#[arg(long, value_name = "N")]
	kv_heads: Option<u64>,
	/// Width of the gated hidden layer; 8/3 of the width unless given
	#[arg(long, value_name = "N")]
	hidden: Option<u64>,
	/// Use the table of the embedding for the output, too
	#[arg(long)]
	tie_weights: bool,
	#[command(flatten)]
	names: NamesArg,
}

/// Sizes of language models.
#[derive(Clone, Copy, Debug, Args)]
struct SizesArg {
	/// Number of tokens that there are, which is the number of classes
	#[arg(long, value_name = "N", alias = "vocabulary")]
	classes: u64,
	/// Number of tokens in a record
	#[arg(long, value_name = "N", default_value_t = 128)]
	context: u64,
	/// Number of transformer blocks
	#[arg(long, value_name = "N", default_value_t = 4, value_parser = blocks())]
	blocks: u64,
	/// Number of attention heads, which divides the width
	#[arg(long, value_name = "N", default_value_t = 4)]
	heads: u64,
	/// Width of a token's vector
	#[arg(long, value_name = "N", default_value_t = 128)]
	width: u64,
}

impl From<SizesArg> for GptSizes {
	fn from(sizes: SizesArg) -> Self {
		let SizesArg { classes: vocabulary, context, blocks, heads, width } = sizes;
		Self { vocabulary, context, blocks, heads, width }
	}
}

#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
enum DtypeArg {
	U8,
	I32,
	I64,
	F32,
}

impl From<DtypeArg> for Dtype {
	fn from(dtype: DtypeArg) -> Self {
		match dtype {
			DtypeArg::U8 => Self::U8,
			DtypeArg::I32 => Self::I32,
			DtypeArg::I64 => Self::I64,
			DtypeArg::F32 => Self::F32,
		}
	}
}

impl NamesArg {
	fn names(self, template: &str) -> Names {
		let model = self.name.unwrap_or_else(|| template.into());
		Names { model, input: self.input_column, target: self.target_column }
	}
}

impl NewCommand {
	/// Prints the description itself, in both forms of output: it is JSON.
	pub(crate) fn run(self, _: &Output) -> Result<()> {
		let text = template::write(self.document()?)?;
		let mut stdout = std::io::stdout().lock();
		stdout.write_all(text.as_bytes())?;
		Ok(stdout.flush()?)
	}

	fn document(self) -> Result<Document> {
		Ok(match self {
			Self::Mlp(Mlp { shape, classes, hidden, dtype, names }) => {
				template::mlp(names.names("mlp"), dtype.into(), &shape, &hidden, classes)
			}
			Self::Cnn(Cnn { shape, classes, channels, names }) => {
				template::cnn(names.names("cnn"), &shape, &channels, classes)
			}
			Self::Resnet(Resnet { shape, classes, channels, blocks, bottleneck, names }) => {
				ensure!(
					channels.len() == blocks.len(),
					"--channels names {} stages and --blocks {}: both need a number for each",
					channels.len(),
					blocks.len()
				);
				let sizes = ResnetSizes { channels, blocks, bottleneck };
				template::resnet(names.names("resnet"), &shape, &sizes, classes)
			}
			Self::Gpt(Gpt { sizes, names }) => template::gpt(names.names("gpt"), sizes.into()),
			Self::Llama(Llama { sizes, kv_heads, hidden, tie_weights, names }) => {
				let own = LlamaSizes {
					kv_heads: kv_heads.unwrap_or(sizes.heads),
					hidden: hidden.unwrap_or_else(|| sizes.width.saturating_mul(8).div_ceil(3)),
					is_tied: tie_weights,
				};
				template::llama(names.names("llama"), sizes.into(), own)
			}
		})
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use clap::Parser;
	use descent_dataset::Description;

	#[derive(Parser)]
	struct Line {
		#[command(subcommand)]
		command: NewCommand,
	}

	fn written(line: &str) -> Result<String> {
		let line = Line::try_parse_from(std::iter::once("new").chain(line.split_whitespace()))?;
		template::write(line.command.document()?)
	}

	#[test]
	fn every_template_is_a_valid_description() {
		for (line, name, parameters) in [
			("mlp --shape 1,28,28 --dtype u8 --classes 10 --name mnist-mlp", "mnist-mlp", 101_770),
			("mlp --shape 12 --hidden 64,64", "mlp", 832 + 4160 + 65),
			("mlp --shape 12 --classes 1000", "mlp", 1664 + 129_000),
			("cnn --classes 10", "cnn", 144 + 64 + 4608 + 128 + 15_690),
			("cnn --shape 3,32,32 --classes 10 --channels 8", "cnn", 216 + 32 + 20_490),
			(
				"gpt --classes 65 --width 16 --heads 2 --blocks 1 --context 8",
				"gpt",
				1040 + 128 + 3280 + 32 + 1040,
			),
			// The numbers of torchvision, with the stem for small images in the first one.
			("resnet --classes 1000 --shape 3,224,224", "resnet", 11_689_512 + 2 * 4800),
			(
				"resnet --classes 1000 --shape 3,224,224 --blocks 3,4,6,3 --bottleneck",
				"resnet",
				25_557_032 + 53_120,
			),
			("gpt --classes 50257 --width 768 --heads 12 --blocks 12 --context 1024", "gpt", 163_037_184),
			(
				"llama --classes 65 --width 16 --heads 4 --kv-heads 2 --hidden 40 --blocks 1 --tie-weights",
				"llama",
				65 * 16 + (16 + 32 * 16 + 16 * 16) + (16 + 3 * 40 * 16) + 16,
			),
		] {
			let text = written(line).unwrap_or_else(|error| panic!("{line}: {error:#}"));
			let description =
				Description::parse(text.as_bytes()).unwrap_or_else(|e| panic!("{line}: {e}\n{text}"));
			assert_eq!(
				(description.name(), description.plan().parameter_values),
				(name, parameters),
				"{line}"
			);
		}
	}

	#[test]
	fn columns_can_be_named() {
		let text = written("cnn --classes 10 --input-column image --target-column label").unwrap();
		assert!(text.contains(r#""column":"image""#) && text.contains(r#""column":"label""#), "{text}");
	}

	#[test]
	fn sizes_that_make_no_model_are_refused_with_the_reason() {
		for (line, reason) in [
			("gpt --classes 65 --heads 3", "heads"),
			("cnn --shape 28,28 --classes 10", "layer 0 (conv2d)"),
			("mlp --shape 12 --classes 1", "classes must be 2"),
			("gpt --classes 65 --blocks 511", "layers"),
			("llama --classes 65 --kv-heads 3", "do not divide 4 heads"),
			("resnet --classes 10 --blocks 1,2", "a number for each"),
		] {
			let error = format!("{:#}", written(line).unwrap_err());
			assert!(error.contains(reason), "{line}: {error}");
		}
	}
}
