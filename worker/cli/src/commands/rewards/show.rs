//! The command `descent rewards show`.

use crate::{
	args::{AccountArg, Global},
	output::Output,
	table::fields,
};
use anyhow::Result;
use clap::Args;
use descent_client::{format_amount, AccountId};
use descent_protocol::view::RewardsView;
use serde::Serialize;

const EXAMPLES: &str = "Examples:
  descent rewards show --key-file ~/.descent/key
  descent rewards show 5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY

Winners, validators and proposers earn. What they earn waits for them until they claim it, for however long.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Show {
	#[command(flatten)]
	account: AccountArg,
}

#[derive(Debug, Serialize)]
struct Shown {
	account: AccountId,
	#[serde(flatten)]
	rewards: RewardsView,
}

impl Show {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let account = self.account.account()?;
		let rewards = global.connect().await?.rewards(&account).await?;
		let shown = Shown { account, rewards };
		output.print(&shown, |output| show(output, &shown))
	}
}

fn show(output: &Output, shown: &Shown) -> String {
	let RewardsView { accrued, claimed } = shown.rewards;
	let mut pairs = vec![
		("account", shown.account.to_string()),
		("to claim", format_amount(accrued)),
		("claimed", format_amount(claimed)),
	];
	if accrued > 0 {
		pairs.push(("next", "claim it: descent rewards claim".into()));
	}
	fields(output, &pairs)
}

#[cfg(test)]
mod tests {
	use super::*;
	use descent_client::UNIT;

	#[test]
	fn what_can_be_claimed_is_said() {
		let mut shown = Shown {
			account: AccountId::new([1; 32]),
			rewards: RewardsView { accrued: UNIT / 2, claimed: 7 * UNIT },
		};
		let text = show(&Output::new(true), &shown);
		for part in ["to claim  0.5 NRN", "claimed   7 NRN", "descent rewards claim"] {
			assert!(text.contains(part), "{part} in\n{text}");
		}
		let json = serde_json::to_value(&shown).unwrap();
		assert_eq!(
			(json["accrued"].as_str(), json["claimed"].as_str()),
			(Some("500000000000"), Some("7000000000000"))
		);
		shown.rewards.accrued = 0;
		assert!(!show(&Output::new(true), &shown).contains("next"));
	}
}
