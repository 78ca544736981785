//! The command `descent explain`.

use super::recording;
use crate::{
	args::{self, Global},
	output::Output,
	positional::{AnyAccountArg, AnyGroupArg, AnyRoundArg},
};
use anyhow::{Context, Result};
use clap::Args;
use descent_client::{AccountId, Client};
use descent_protocol::{
	view::{Explanation, GroupView, RecordingView, RoundView},
	GroupId, RoundIndex,
};
use serde::Serialize;
use std::path::PathBuf;

const EXAMPLES: &str = "Examples:
  descent explain --key-file ~/.descent/key
  descent explain mnist 3 --key-file ~/.descent/key
  descent explain mnist 3 5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY

Without a round, the last one that the account has committed in; without a group, in any of them.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Explain {
	#[command(flatten)]
	group: AnyGroupArg,
	#[command(flatten)]
	round: AnyRoundArg,
	#[command(flatten)]
	account: AnyAccountArg,
	/// File with the secret URI of the account; without it, DESCENT_SURI
	#[arg(long, value_name = "FILE", conflicts_with_all = ["account_address", "account"])]
	key_file: Option<PathBuf>,
}

/// An explanation, and the recorded training that came with the checkpoint.
#[derive(Debug, Serialize)]
struct Explained {
	#[serde(flatten)]
	explanation: Explanation,
	#[serde(skip_serializing_if = "Option::is_none")]
	recording: Option<RecordingView>,
}

impl Explain {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let account = match self.account.value() {
			Some(account) => account,
			None => args::key(self.key_file.as_deref())?.account(),
		};
		let client = global.connect().await?;
		let group = self.group.id(global).await?;
		let (group, round) = match (group, self.round.value()) {
			(Some(group), Some(round)) => (group, round),
			(group, _) => last_round(&client, group, &account).await?,
		};
		let explanation = client.explain(group, round, &account).await?;
		let recording = recording::of(&client, group, round, &account).await?;
		let explained = Explained { explanation, recording };
		output.print(&explained, |output| show(output, &explained))
	}
}

fn show(output: &Output, explained: &Explained) -> String {
	let sentence = &explained.explanation.sentence;
	match &explained.recording {
		None => sentence.clone(),
		Some(recording) => format!("{sentence}\n\n{}", recording::show(output, recording)),
	}
}

/// Finds the last round in which an account has committed, in a group or in all of them: the one whose commit
/// window began last.
async fn last_round(
	client: &Client,
	group: Option<GroupId>,
	account: &AccountId,
) -> Result<(GroupId, RoundIndex)> {
	let groups = match group {
		Some(group) => vec![client.group(group).await?],
		None => client.groups().await?,
	};
	let mut last: Option<RoundView> = None;
	for group in &groups {
		if let Some(found) = last_of_group(client, group, account).await? {
			let begin = |round: &RoundView| round.windows.commit.start;
			if last.as_ref().is_none_or(|last| begin(last) < begin(&found)) {
				last = Some(found);
			}
		}
	}
	let last = last.map(|round| (round.group, round.round));
	last.with_context(|| {
		format!(
			"{account} has committed in no round that the chain still has; name a group, a round and an \
			 account: descent explain GROUP ROUND ACCOUNT"
		)
	})
}

/// Looks through the rounds of a group from the newest down: those that are open, and those that were settled
/// if the account is one of the group's trainers.
async fn last_of_group(client: &Client, group: &GroupView, account: &AccountId) -> Result<Option<RoundView>> {
	let settled = group.settled.map_or(0, |settled| settled.saturating_add(1));
	let newest = group.round.map_or(0, |round| round.saturating_add(1));
	for round in (settled.min(newest)..newest).rev() {
		let view = client.round(group.id, round).await?;
		if takes_part(&view, account) {
			return Ok(Some(view));
		}
	}
	let standings = client.leaderboard(group.id).await?;
	if !standings.iter().any(|standing| standing.account == *account) {
		return Ok(None);
	}
	let kept: Vec<_> = client.history(group.id, 0).await?.into_iter().map(|summary| summary.round).collect();
	for round in kept.into_iter().rev() {
		let view = client.round(group.id, round).await?;
		if takes_part(&view, account) {
			return Ok(Some(view));
		}
	}
	Ok(None)
}

fn takes_part(round: &RoundView, account: &AccountId) -> bool {
	round.candidates.iter().any(|candidate| candidate.account == *account)
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::fixtures;
	use descent_protocol::Outcome;

	#[test]
	fn the_recorded_training_comes_after_the_sentence() {
		let explanation = Explanation {
			group: 7,
			round: 3,
			account: AccountId::new([1; 32]),
			outcome: Some(Outcome::Departed),
			sentence: "Not paid.".into(),
		};
		let mut explained = Explained { explanation: explanation.clone(), recording: None };
		assert_eq!(show(&Output::new(true), &explained), "Not paid.");
		let json = serde_json::to_value(&explained).unwrap();
		assert_eq!(json, serde_json::to_value(&explanation).unwrap());
		explained.recording = Some(fixtures::recording());
		let text = show(&Output::new(true), &explained);
		assert!(text.starts_with("Not paid.\n\nrecorded ") && text.contains("segment 17 of 140"), "{text}");
		assert_eq!(serde_json::to_value(&explained).unwrap()["recording"]["number"], 17);
	}
}
