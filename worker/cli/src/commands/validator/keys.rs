//! The command `descent validator keys`.

use crate::{
	args::{Global, Signing},
	commands::submit::{Done, Sender},
	output::Output,
	table::fields,
};
use anyhow::{ensure, Context, Result};
use clap::Args;
use descent_client::{AccountId, Call, Client, H256};
use descent_protocol::view::ValidatorStanding;
use serde::Serialize;

const EXAMPLES: &str = "Examples:
  descent validator keys --key-file ~/.descent/key
  descent validator keys --set --key-file ~/.descent/key

Run it where the validator's node runs: only a node on loopback is asked for keys, and only one that was \
started with --rpc-methods unsafe makes them where its RPC is open to others. With --set, the node makes \
new keys and proves that it has them, and the chain takes them from the session after the next on, or two \
sessions after the account has become a candidate. The node needs no restart.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Keys {
	/// Have the node make new keys, and set them
	#[arg(long)]
	set: bool,
	#[command(flatten)]
	signing: Signing,
}

/// Session keys, and whether the node that was asked has their secrets.
#[derive(Debug, Serialize)]
struct Shown {
	babe: H256,
	grandpa: H256,
	evaluator: H256,
	#[serde(skip_serializing_if = "Option::is_none")]
	in_node: Option<bool>,
	/// True if the account is a candidate, or validates.
	candidate: bool,
	#[serde(flatten, skip_serializing_if = "Option::is_none")]
	done: Option<Done>,
}

impl Keys {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let sender = Sender::connect(global, &self.signing, output).await?;
		let shown = if self.set { set(&sender).await? } else { read(&sender, output).await? };
		output.print(&shown, |output| show(output, &shown))
	}
}

/// Has the node make keys and sets them.
async fn set(sender: &Sender<'_>) -> Result<Shown> {
	ensure!(!sender.is_dry(), "there is no dry run of --set: the node would have to make the keys");
	let keys = sender.client.rotate_keys(&sender.account()).await?;
	let (_, done) = sender.send(&Call::set_keys(&keys)).await?;
	let candidate = is_candidate(&sender.client, &sender.account()).await?;
	Ok(Shown {
		babe: H256(keys.babe),
		grandpa: H256(keys.grandpa),
		evaluator: H256(keys.evaluator),
		in_node: Some(true),
		candidate,
		done: Some(done),
	})
}

/// Returns true if the keys of an account count, or will.
async fn is_candidate(client: &Client, account: &AccountId) -> Result<bool> {
	let validator = client.validator(account).await?;
	Ok(validator
		.is_some_and(|validator| validator.is_candidate || validator.standing == ValidatorStanding::Active))
}

/// The keys that the chain knows, of accounts without a bond as well.
async fn read(sender: &Sender<'_>, output: &Output) -> Result<Shown> {
	let (client, account) = (&sender.client, sender.account());
	let keys = client.session_keys(&account).await?;
	let keys = keys.with_context(|| {
		format!(
			"the chain knows no session keys of {account}: descent validator keys --set, where your node runs"
		)
	})?;
	let in_node = match client.has_keys(&keys.map(|key| key.0)).await {
		Ok(has) => Some(has),
		Err(error) => {
			output.note(&format!("whether the node has these keys is not checked: {error}"));
			None
		}
	};
	let [babe, grandpa, evaluator] = keys;
	let candidate = is_candidate(client, &account).await?;
	Ok(Shown { babe, grandpa, evaluator, in_node, candidate, done: None })
}

fn show(output: &Output, shown: &Shown) -> String {
	let mut pairs = vec![
		("babe", format!("{:?}", shown.babe)),
		("grandpa", format!("{:?}", shown.grandpa)),
		("evaluator", format!("{:?}", shown.evaluator)),
	];
	match shown.in_node {
		Some(true) => pairs.push(("in this node", "yes".into())),
		Some(false) => pairs.push((
			"in this node",
			"no: it can't validate with them; make new ones: descent validator keys --set".into(),
		)),
		None => {}
	}
	if let Some(done) = &shown.done {
		pairs.push(("in block", done.block.to_string()));
	}
	match (shown.candidate, &shown.done) {
		(true, Some(_)) => pairs.push(("used", "from the session after the next on".into())),
		(true, None) => {}
		(false, _) => pairs.push((
			"used",
			"once the account is a candidate, two sessions later: descent validator bond NRN, and descent \
			 validator status says what is missing"
				.into(),
		)),
	}
	fields(output, &pairs)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn keys_that_the_node_does_not_have_are_told_of() {
		let mut shown = Shown {
			babe: H256::repeat_byte(1),
			grandpa: H256::repeat_byte(2),
			evaluator: H256::repeat_byte(3),
			in_node: Some(false),
			candidate: true,
			done: None,
		};
		let text = show(&Output::new(true), &shown);
		assert!(text.contains("grandpa       0x0202") && text.contains("no: it can't validate"), "{text}");
		let json = serde_json::to_value(&shown).unwrap();
		assert_eq!(json["babe"].as_str(), Some(&*format!("0x{}", "01".repeat(32))));
		assert!(json.get("block").is_none());
		shown.in_node = Some(true);
		shown.done = Some(Done::at(9));
		assert!(show(&Output::new(true), &shown).contains("in block      9"));
		assert_eq!(serde_json::to_value(&shown).unwrap()["block"].as_u64(), Some(9));
	}

	#[test]
	fn keys_that_were_set_before_the_bond_are_told_to_wait_for_it() {
		let [babe, grandpa, evaluator] = [1, 2, 3].map(H256::repeat_byte);
		let mut shown = Shown {
			babe,
			grandpa,
			evaluator,
			in_node: Some(true),
			candidate: false,
			done: Some(Done::at(9)),
		};
		let text = show(&Output::new(true), &shown);
		assert!(text.contains("descent validator bond") && !text.contains("session after"), "{text}");
		shown.candidate = true;
		let text = show(&Output::new(true), &shown);
		assert!(!text.contains("descent validator bond") && text.contains("session after"), "{text}");
	}
}
