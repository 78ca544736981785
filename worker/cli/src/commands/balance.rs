//! The command `descent balance`.

use crate::{
	args::{AccountArg, Global},
	output::Output,
	table::fields,
};
use anyhow::Result;
use clap::Args;
use descent_client::{format_amount, AccountId, Balance as Amounts};
use serde::Serialize;

const EXAMPLES: &str = "Examples:
  descent balance --key-file ~/.descent/key
  descent balance 5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY

In JSON, amounts are in the smallest unit (10^-12 NRN), as strings.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Balance {
	#[command(flatten)]
	account: AccountArg,
}

#[derive(Debug, Serialize)]
struct Shown {
	account: AccountId,
	free: String,
	held: String,
}

impl Shown {
	fn new(account: AccountId, amounts: Amounts) -> Self {
		Self { account, free: amounts.free.to_string(), held: amounts.held.to_string() }
	}
}

impl Balance {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let account = self.account.account()?;
		let amounts = global.connect().await?.balance(&account).await?;
		output.print(&Shown::new(account, amounts), |output| {
			fields(output, &[("free", format_amount(amounts.free)), ("held", format_amount(amounts.held))])
		})
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn amounts_are_strings() {
		let shown = Shown::new(AccountId::new([0; 32]), Amounts { free: u128::MAX, held: 1 });
		let json = serde_json::to_value(&shown).unwrap();
		assert_eq!(json["free"], "340282366920938463463374607431768211455");
		assert_eq!(json["held"], "1");
	}
}
