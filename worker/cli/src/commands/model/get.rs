//! The command `descent model get`.

use super::wanted::{self, Wanted, WantedArg};
use crate::{args::Global, content_ref::Reference, format, output::Output, table::fields};
use anyhow::{ensure, Result};
use clap::Args;
use descent_protocol::{GroupId, Metric, RoundIndex, Score};
use serde::Serialize;
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "Examples:
  descent model get mnist
  descent model get 0 --round 3 --out third.safetensors

The model description is written beside the checkpoint, with the ending .json. Both are named by the chain \
and checked block by block, so that nobody has to be trusted who serves them. Providers are asked in turn: \
the trainer's, the group's, those of --provider. Run the same command again to go on after a failure.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Get {
	#[command(flatten)]
	wanted: WantedArg,
	/// File to write the checkpoint to
	#[arg(long, value_name = "FILE", default_value = "model.safetensors")]
	out: PathBuf,
}

/// A file, and the content that it holds.
#[derive(Debug, Serialize)]
pub(super) struct Written {
	file: PathBuf,
	#[serde(flatten)]
	reference: Reference,
}

/// A checkpoint and its description.
#[derive(Debug, Serialize)]
pub(super) struct Got {
	group: GroupId,
	name: String,
	round: RoundIndex,
	model_version: u32,
	/// The trainer.
	account: String,
	metric: Metric,
	score: Score,
	checkpoint: Written,
	description: Written,
}

impl Got {
	pub(super) fn new(wanted: &Wanted, checkpoint: PathBuf, description: PathBuf) -> Self {
		let (group, head) = (&wanted.group, &wanted.head);
		Self {
			group: group.id,
			name: group.name.clone(),
			round: head.round,
			model_version: head.model_version,
			account: head.account.to_string(),
			metric: group.metric,
			score: head.score,
			checkpoint: Written { file: checkpoint, reference: head.checkpoint.into() },
			description: Written { file: description, reference: group.model.into() },
		}
	}
}

impl Get {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let description = beside(&self.out)?;
		let (_, wanted) = wanted::find(self.wanted, global).await?;
		wanted.description(&description, output).await?;
		wanted.checkpoint(&self.out, output).await?;
		let got = Got::new(&wanted, self.out, description);
		output.print(&got, |output| show(output, &got))
	}
}

/// The file for the description of a checkpoint.
fn beside(checkpoint: &Path) -> Result<PathBuf> {
	let description = checkpoint.with_extension("json");
	ensure!(description != checkpoint, "the ending .json is the description's: name another file with --out");
	Ok(description)
}

fn show(output: &Output, got: &Got) -> String {
	let pairs = [
		("group", format!("{} {}", got.group, crate::output::plain(&got.name))),
		("round", got.round.to_string()),
		("trainer", got.account.clone()),
		(format::metric(got.metric), got.score.to_string()),
		("checkpoint", format!("{}\n{}", got.checkpoint.file.display(), got.checkpoint.reference)),
		("description", format!("{}\n{}", got.description.file.display(), got.description.reference)),
	];
	fields(output, &pairs)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn the_description_lies_beside_the_checkpoint() {
		assert_eq!(beside(Path::new("a/model.safetensors")).unwrap(), Path::new("a/model.json"));
		assert_eq!(beside(Path::new("head")).unwrap(), Path::new("head.json"));
		assert!(beside(Path::new("head.json")).is_err());
	}

	#[test]
	fn both_files_are_named_with_their_cids() {
		let got = Got::new(&wanted::tests::wanted(), "m.safetensors".into(), "m.json".into());
		let json = serde_json::to_value(&got).unwrap();
		assert_eq!((&json["round"], &json["group"]), (&2.into(), &7.into()));
		assert_eq!(json["checkpoint"]["file"], "m.safetensors");
		assert!(json["checkpoint"]["cid"].is_string() && json["description"]["cid"].is_string());
		let text = show(&Output::new(true), &got);
		assert!(text.contains("mnist\u{fffd}") && text.contains("0.071234"), "{text}");
	}
}
