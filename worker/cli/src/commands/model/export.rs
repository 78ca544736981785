//! The command `descent model export`.

use super::{
	card::{Card, Dataset},
	get::Got,
	gpt2,
	wanted::{self, Wanted, WantedArg},
};
use crate::{args::Global, output::Output, table::fields};
use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use descent_client::Client;
use serde::Serialize;
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "Examples:
  descent model export mnist --out mnist
  python3 -c 'import sys; sys.path.append(\"mnist\"); import modeling; print(modeling.load(\"mnist\"))'
  descent model export 4 --out gpt --format transformers

The folder is what the Hugging Face Hub takes: model.safetensors, config.json, a model card README.md, and \
for the format descent a modeling.py that builds the torch module. The format transformers is for models of \
the form of GPT-2, as `descent model new gpt` makes them: AutoModelForCausalLM.from_pretrained reads them.";

/// Builds the torch module of a description. It is written beside an exported model.
const MODELING: &str = include_str!("modeling.py");

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Export {
	#[command(flatten)]
	wanted: WantedArg,
	/// Folder to write; files of an earlier export in it are replaced
	#[arg(long, value_name = "DIR")]
	out: PathBuf,
	/// Library that reads the folder
	#[arg(long, value_enum, default_value = "descent")]
	format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
enum Format {
	/// The checkpoint and the description as they are, and code for torch
	Descent,
	/// Weights and configuration of GPT2LMHeadModel
	Transformers,
}

/// An exported model.
#[derive(Debug, Serialize)]
struct Exported {
	folder: PathBuf,
	files: Vec<&'static str>,
	#[serde(flatten)]
	got: Got,
}

impl Export {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let (client, wanted) = wanted::find(self.wanted, global).await?;
		let dataset = dataset(&client, &wanted).await;
		std::fs::create_dir_all(&self.out).with_context(|| format!("making {}", self.out.display()))?;
		let name = match self.format {
			Format::Descent => "config.json",
			Format::Transformers => "description.json",
		};
		let file = self.out.join(name);
		let description = wanted.description(&file, output).await?;
		let shape = match self.format {
			Format::Descent => None,
			Format::Transformers => Some(gpt2::Shape::of(&description)?),
		};
		let checkpoint = self.out.join("model.safetensors");
		let mut files = vec!["model.safetensors", "config.json", "README.md"];
		match &shape {
			None => {
				wanted.checkpoint(&checkpoint, output).await?;
				write(&self.out, "modeling.py", MODELING)?;
				files.push("modeling.py");
			}
			Some(shape) => {
				convert(&wanted, shape.clone(), &checkpoint, output).await?;
				write(&self.out, "config.json", &format!("{:#}\n", shape.config()))?;
				files.push("description.json");
			}
		}
		let genesis = format!("{:?}", client.genesis());
		let transformers = shape.is_some();
		let card = Card { wanted: &wanted, description: &description, genesis, dataset, transformers };
		write(&self.out, "README.md", &card.text())?;
		let exported = Exported { folder: self.out.clone(), files, got: Got::new(&wanted, checkpoint, file) };
		output.print(&exported, |output| show(output, &exported))
	}
}

/// Fetches a checkpoint beside the file and converts it.
async fn convert(wanted: &Wanted, shape: gpt2::Shape, out: &Path, output: &Output) -> Result<()> {
	let fetched = out.with_extension("fetched");
	wanted.checkpoint(&fetched, output).await?;
	let spinner = output.spinner("converting");
	let out = out.to_path_buf();
	let converted = tokio::task::spawn_blocking(move || {
		let converted = shape.convert(&fetched, &out);
		std::fs::remove_file(&fetched).with_context(|| format!("removing {}", fetched.display()))?;
		converted
	})
	.await?;
	spinner.finish_and_clear();
	converted
}

/// The version of the data set in the round of a checkpoint. Where the node can't tell, the card does not.
async fn dataset(client: &Client, wanted: &Wanted) -> Option<Dataset> {
	let version = match (&wanted.round, &wanted.head.measured_on) {
		(Some(round), _) => round.dataset_version,
		(None, Some(measured)) => measured.dataset_version,
		(None, None) => return None,
	};
	let log = client.dataset_log(wanted.group.id, version).await.unwrap_or_default();
	let entry = log.iter().find(|entry| entry.version == version);
	Some(Dataset { version, root: entry.map(|entry| format!("{:?}", entry.root)) })
}

fn write(folder: &Path, name: &str, text: &str) -> Result<()> {
	let file = folder.join(name);
	std::fs::write(&file, text).with_context(|| format!("writing {}", file.display()))
}

fn show(output: &Output, exported: &Exported) -> String {
	let pairs = [("folder", exported.folder.display().to_string()), ("files", exported.files.join("\n"))];
	fields(output, &pairs)
}

#[cfg(test)]
pub(super) mod tests {
	use super::*;
	use descent_dataset::Description;

	/// A perceptron of six numbers and three classes.
	pub(in crate::commands::model) fn classifier() -> Description {
		Description::parse(
			br#"{"descent":1,"name":"m","inputs":[{"column":"x","dtype":"f32","shape":[6]}],
			"target":{"column":"y","dtype":"u8","shape":[],"classes":3},
			"layers":[{"type":"linear","out":3}],"loss":"cross_entropy"}"#,
		)
		.unwrap()
	}

	#[test]
	fn the_code_knows_every_kind_of_layer() {
		for kind in [
			"flatten",
			"linear",
			"conv2d",
			"max_pool2d",
			"avg_pool2d",
			"relu",
			"gelu",
			"tanh",
			"sigmoid",
			"dropout",
			"batch_norm",
			"layer_norm",
			"embedding",
			"position_embedding",
			"transformer_block",
		] {
			assert!(MODELING.contains(&format!("\"{kind}\"")), "{kind}");
		}
	}
}
