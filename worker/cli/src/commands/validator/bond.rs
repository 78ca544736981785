//! The commands `descent validator bond`, `unbond` and `withdraw`.

use super::status::next_step;
use crate::{
	args::{Global, Signing},
	commands::submit::{Done, Sender},
	format,
	output::Output,
};
use anyhow::Result;
use clap::Args;
use descent_client::{format_amount, parse_amount, Call};
use descent_protocol::{
	view::{ValidatorRules, ValidatorView},
	BlockNumber,
};
use serde::Serialize;

const BOND_EXAMPLES: &str = "Example:
  descent validator bond 5000 --key-file ~/.descent/key
  descent validator keys --set keys.json --key-file ~/.descent/key

Adds to what you have bonded. The bond stays yours and is held; lies cost a part of it. Validators need \
session keys as well, which descent-node session-keys makes.";

#[derive(Debug, Args)]
#[command(after_help = BOND_EXAMPLES)]
pub(crate) struct Bond {
	/// Amount to add
	#[arg(value_name = "NRN", value_parser = parse_amount)]
	amount: u128,
	#[command(flatten)]
	signing: Signing,
}

const UNBOND_EXAMPLES: &str = "Example:
  descent validator unbond 1000 --key-file ~/.descent/key

What remains is nothing, or what a candidate bonds at least. What is taken out can still be lost to an \
offence until it is free: descent validator withdraw.";

#[derive(Debug, Args)]
#[command(after_help = UNBOND_EXAMPLES)]
pub(crate) struct Unbond {
	/// Amount to take out
	#[arg(value_name = "NRN", value_parser = parse_amount)]
	amount: u128,
	#[command(flatten)]
	signing: Signing,
}

const WITHDRAW_EXAMPLES: &str = "Example:
  descent validator withdraw --key-file ~/.descent/key";

#[derive(Debug, Args)]
#[command(after_help = WITHDRAW_EXAMPLES)]
pub(crate) struct Withdraw {
	#[command(flatten)]
	signing: Signing,
}

/// A change of a bond, and how the account stands after it.
#[derive(Debug, Serialize)]
pub(super) struct Changed {
	pub(super) validator: Option<ValidatorView>,
	#[serde(flatten)]
	pub(super) done: Done,
}

impl Bond {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let sender = Sender::connect(global, &self.signing, output).await?;
		let what = format!("Bonded {}", format_amount(self.amount));
		change(&sender, &Call::bond(self.amount), output, &what).await
	}
}

impl Unbond {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let sender = Sender::connect(global, &self.signing, output).await?;
		let what = format!("Took out {}", format_amount(self.amount));
		let call = Call::unbond(self.amount);
		change(&sender, &call, output, &what).await
	}
}

impl Withdraw {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let sender = Sender::connect(global, &self.signing, output).await?;
		let what = "Withdrew what had come free";
		change(&sender, &Call::withdraw_bond(), output, what).await
	}
}

/// Sends a call that changes how the signer stands as a validator, and prints how it does then.
pub(super) async fn change(sender: &Sender<'_>, call: &Call, output: &Output, what: &str) -> Result<()> {
	let (_, done) = sender.send(call).await?;
	let validator = sender.client.validator(&sender.account()).await?;
	let rules = sender.client.validator_rules().await?;
	let now = done.block;
	let changed = Changed { validator, done };
	output.print(&changed, |_| show(&changed, &rules, now, what))
}

fn show(changed: &Changed, rules: &ValidatorRules, now: BlockNumber, what: &str) -> String {
	let mut text = format!("{what} in block {}.", changed.done.block);
	let Some(validator) = &changed.validator else {
		text.push_str(" Nothing is bonded now.");
		return text;
	};
	text.push_str(&format!(
		" Bond now: {}; {}.",
		format_amount(validator.bond),
		format::standing(validator.standing, now)
	));
	if let Some(next) = validator.unbonding.first() {
		text.push_str(&format!(
			"\n{} can be withdrawn {}: descent validator withdraw",
			format_amount(next.amount),
			format::due(next.free, now)
		));
	}
	if let Some(step) = next_step(validator, rules, now) {
		text.push_str(&format!("\nNext: {step}"));
	}
	text
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::commands::validator::status::tests::{rules, validator};
	use descent_client::UNIT;
	use descent_protocol::view::Unbonding;

	#[test]
	fn what_is_left_to_do_is_said() {
		let done = || Done::at(100);
		let mut view = validator();
		view.keys = None;
		view.unbonding = vec![Unbonding { amount: UNIT, free: 120 }];
		let changed = Changed { validator: Some(view), done: done() };
		let text = show(&changed, &rules(), 100, "Bonded 5 NRN");
		for part in [
			"Bonded 5 NRN in block 100. Bond now: 5000 NRN; waiting.",
			"1 NRN can be withdrawn at block 120, in 20 blocks (1m): descent validator withdraw",
			"Next: make session keys",
		] {
			assert!(text.contains(part), "{part} in\n{text}");
		}
		let json = serde_json::to_value(&changed).unwrap();
		assert_eq!(
			(json["validator"]["bond"].as_str(), json["block"].as_u64()),
			(Some("5000000000000000"), Some(100))
		);
		let changed = Changed { validator: None, done: done() };
		assert!(show(&changed, &rules(), 100, "Withdrew").ends_with("Nothing is bonded now."));
	}
}
