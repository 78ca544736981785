//! The checkpoint of a group that a command is asked for, and where it is served.

use crate::{
	args::{Global, PrivateArg},
	content_ref::Reference,
	download::Download,
	output::Output,
	parse,
	positional::GroupArg,
};
use anyhow::{bail, ensure, Context, Result};
use clap::Args;
use descent_artifacts::joined;
use descent_client::Client;
use descent_dataset::{Description, MAX_DESCRIPTION_BYTES};
use descent_protocol::{
	view::{GroupView, HeadView, RoundView},
	ContentRef, RoundIndex,
};
use std::path::Path;

/// Arguments that name a checkpoint.
#[derive(Clone, Debug, Args)]
pub(super) struct WantedArg {
	#[command(flatten)]
	group: GroupArg,
	/// Round whose winner to take; the head, which is the best so far, unless given
	#[arg(long, value_name = "R")]
	round: Option<RoundIndex>,
	/// Base address of one more gateway to ask; may be given several times
	#[arg(long = "provider", value_name = "URL", value_parser = parse::provider)]
	providers: Vec<String>,
	#[command(flatten)]
	private: PrivateArg,
}

/// A checkpoint, and where it and its description are served.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
	/// The group as it stands.
	pub group: GroupView,
	/// The checkpoint, in the form of a head also if another one is the head by now.
	pub head: HeadView,
	/// The round that it won, where it is kept.
	pub round: Option<RoundView>,
	/// Gateways beside those that the chain names.
	providers: Vec<String>,
	allow_private: bool,
}

impl WantedArg {
	/// Finds the checkpoint on chain.
	pub(super) async fn find(self, client: &Client) -> Result<Wanted> {
		let group = client.group(client.find_group(&self.group.value()?).await?).await?;
		let (head, round) = match self.round {
			Some(round) => {
				let round = client.round(group.id, round).await?;
				(winner(&group, &round)?, Some(round))
			}
			None => {
				let head = group.head.clone().with_context(|| no_head(&group))?;
				// Rounds are kept for a time only, and the checkpoint can be had without.
				let round = client.round(group.id, head.round).await.ok();
				(head, round)
			}
		};
		let (providers, allow_private) = (self.providers, self.private.allow_private);
		Ok(Wanted { group, head, round, providers, allow_private })
	}
}

pub(super) fn no_head(group: &GroupView) -> String {
	let pretrained = group.optional_rules.pretrained().map(|checkpoint| {
		let (cid, size) = (checkpoint.cid(), checkpoint.size);
		format!("; its trainings begin with `descent content get {cid} --size {size}`")
	});
	format!(
		"group {} has no checkpoint yet: no round of its model has had a winner. `descent round list \
		 {0}` shows its rounds{}",
		group.id,
		pretrained.unwrap_or_default()
	)
}

/// The checkpoint that won a round.
fn winner(group: &GroupView, round: &RoundView) -> Result<HeadView> {
	let number = round.round;
	if !round.settled {
		bail!("round {number} is not settled yet, so that nobody has won it");
	}
	let winner = round.winner.as_ref().with_context(|| format!("nobody has won round {number}"))?;
	let candidate = round.candidates.iter().find(|candidate| candidate.account == *winner);
	let (reveal, score) = candidate
		.and_then(|candidate| Some((candidate.reveal.as_ref()?, candidate.measured?)))
		.context("the node names a winner without a measured checkpoint")?;
	if round.model_version != group.model_version {
		bail!(
			"round {number} was about model {}, and the chain names the description of model {} only. The \
			 checkpoint is {}; `descent content get` fetches it",
			round.model_version,
			group.model_version,
			Reference::from(reveal.checkpoint)
		);
	}
	Ok(HeadView {
		model_version: round.model_version,
		round: number,
		account: winner.clone(),
		checkpoint: reveal.checkpoint,
		score,
		// The rule may have been another one then.
		measured_on: None,
		providers: reveal.providers.clone(),
	})
}

impl Wanted {
	/// Gateways in the order in which they are asked: the trainer's, the group's, the user's.
	fn providers(&self) -> Vec<String> {
		joined(&joined(&self.head.providers, &self.group.providers), &self.providers)
	}

	/// Fetches the checkpoint into a file.
	pub(super) async fn checkpoint(&self, out: &Path, output: &Output) -> Result<()> {
		self.download(self.head.checkpoint, out, "checkpoint", output).await
	}

	/// Fetches the model description into a file and checks it.
	pub(super) async fn description(&self, out: &Path, output: &Output) -> Result<Description> {
		let model = self.group.model;
		ensure!(
			model.size <= MAX_DESCRIPTION_BYTES,
			"the group's model description has {} bytes; at most {MAX_DESCRIPTION_BYTES} are read",
			model.size
		);
		self.download(model, out, "model description", output).await?;
		crate::description::read(out)
	}

	async fn download(&self, content: ContentRef, out: &Path, what: &str, output: &Output) -> Result<()> {
		let providers = self.providers();
		let download = Download { content, providers, allow_private: self.allow_private };
		let bar = output.byte_bar(content.size, &format!("fetching {what}"));
		let fetched = download.to_file(out, &bar).await;
		fetched.with_context(|| {
			let hint = if self.allow_private {
				""
			} else {
				" (--allow-private asks providers on this machine, too)"
			};
			format!("the {what} cannot be had{hint}")
		})
	}
}

/// Connects to the node and finds a checkpoint.
pub(super) async fn find(arguments: WantedArg, global: &Global) -> Result<(Client, Wanted)> {
	let client = global.connect().await?;
	let wanted = arguments.find(&client).await?;
	Ok((client, wanted))
}

#[cfg(test)]
#[path = "wanted_tests.rs"]
pub(super) mod tests;
