//! The command `descent explain`.

use crate::{
	args::Global,
	output::Output,
	positional::{AnyAccountArg, AnyGroupArg, AnyRoundArg},
};
use anyhow::{Context, Result};
use clap::Args;
use descent_client::{AccountId, Client, Key};
use descent_protocol::{
	view::{GroupView, RoundView},
	GroupId, RoundIndex,
};
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

impl Explain {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let account = match self.account.value() {
			Some(account) => account,
			None => Key::from_file_or_environment(self.key_file.as_deref())?.account(),
		};
		let client = global.connect().await?;
		let group = self.group.id(global).await?;
		let (group, round) = match (group, self.round.value()) {
			(Some(group), Some(round)) => (group, round),
			(group, _) => last_round(&client, group, &account).await?,
		};
		let explanation = client.explain(group, round, &account).await?;
		output.print(&explanation, |_| explanation.sentence.clone())
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
