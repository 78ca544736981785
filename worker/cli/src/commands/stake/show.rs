//! The command `descent stake show`.

use crate::{
	args::{self, Global},
	format,
	output::Output,
	positional::{AnyAccountArg, GroupArg},
	table::fields,
};
use anyhow::Result;
use clap::Args;
use descent_client::format_amount;
use descent_protocol::view::StakeView;
use std::path::PathBuf;

const EXAMPLES: &str = "Examples:
  descent stake show 0 --key-file ~/.descent/key
  descent stake show 0 5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Show {
	#[command(flatten)]
	group: GroupArg,
	#[command(flatten)]
	account: AnyAccountArg,
	/// File with the secret URI of the account; without it, DESCENT_SURI
	#[arg(long, value_name = "FILE", conflicts_with_all = ["account_address", "account"])]
	key_file: Option<PathBuf>,
}

impl Show {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let account = match self.account.value() {
			Some(account) => account,
			None => args::key(self.key_file.as_deref())?.account(),
		};
		let stake = global.connect().await?.stake(self.group.id(global).await?, &account).await?;
		output.print(&stake, |output| show(output, &stake))
	}
}

fn show(output: &Output, stake: &StakeView) -> String {
	let removed = stake
		.unstaking
		.iter()
		.map(|part| format!("{} until block {}", format_amount(part.amount), part.until));
	let removed: Vec<_> = removed.collect();
	let amendments: Vec<_> = stake.amendments.iter().map(u32::to_string).collect();
	let or_none = |lines: Vec<String>, separator: &str| {
		if lines.is_empty() {
			return "none".into();
		}
		lines.join(separator)
	};
	let delta = stake.delta.map(|id| format!("proposal {id}")).into_iter().collect();
	let mut pairs =
		vec![("account", stake.account.to_string()), ("stake", format::stake(stake.stake, stake.total))];
	if stake.pending > 0 {
		pairs.push((
			"pending",
			format!("{} of it, which does not count in the next close", format_amount(stake.pending)),
		));
	}
	pairs.extend([
		("all stake", format_amount(stake.total)),
		("removed", or_none(removed, "\n")),
		("votes for", or_none(delta, "")),
		("amendments", or_none(amendments, ", ")),
	]);
	fields(output, &pairs)
}

#[cfg(test)]
mod tests {
	use super::*;
	use descent_client::{AccountId, UNIT};
	use descent_protocol::view::UnstakingView;

	#[test]
	fn shows_stake_and_votes() {
		let mut stake = StakeView {
			group: 0,
			account: AccountId::new([1; 32]),
			stake: 50 * UNIT,
			pending: 20 * UNIT,
			total: 150 * UNIT,
			unstaking: vec![UnstakingView { amount: UNIT, until: 120 }],
			delta: Some(4),
			amendments: vec![1, 7],
		};
		let text = show(&Output::new(true), &stake);
		for part in [
			"stake       50 NRN, 33.33% of all stake",
			"pending     20 NRN",
			"all stake   150 NRN",
			"removed     1 NRN until block 120",
			"votes for   proposal 4",
			"amendments  1, 7",
		] {
			assert!(text.contains(part), "{part} in\n{text}");
		}
		stake = StakeView {
			stake: 0,
			pending: 0,
			total: 0,
			unstaking: vec![],
			delta: None,
			amendments: vec![],
			..stake
		};
		let text = show(&Output::new(true), &stake);
		assert!(text.contains("stake       0 NRN\n") && text.ends_with("amendments  none"), "{text}");
	}
}
