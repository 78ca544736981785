//! The command `descent validator keys`.

use crate::{
	args::{Global, Signing},
	commands::submit::{Done, Sender},
	keystore::{self, Place},
	output::Output,
	table::fields,
};
use anyhow::{bail, ensure, Context, Result};
use clap::Args;
use descent_client::{AccountId, Call, Client, SessionKeys, H256};
use descent_protocol::view::ValidatorStanding;
use serde::Serialize;
use std::{
	fs::File,
	io::{self, Read},
	path::{Path, PathBuf},
};

const EXAMPLES: &str = "Examples:
  descent validator keys --key-file ~/.descent/key
  descent-node session-keys --chain chain.json --base-path /var/lib/descent/node --owner 5Grw.. >keys.json
  descent validator keys --set keys.json --key-file ~/.descent/key

Where the node runs, descent-node makes new keys in its keystore, and proves that it has them. The command \
here can be given on another machine. The chain takes the keys from the session after the next on, or two \
sessions after the account has become a candidate. The node needs no restart.";

/// Most bytes of a file with session keys.
const LARGEST: u64 = 4096;

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Keys {
	/// Set the keys that `descent-node session-keys` has printed into this file; - reads standard input
	#[arg(long, value_name = "FILE")]
	set: Option<PathBuf>,
	/// Directory of the node's data, its --base-path, in whose keystore the keys are looked for;
	/// ~/.local/share/descent/node if it is there and none is given
	#[arg(long, value_name = "DIR")]
	data: Option<PathBuf>,
	#[command(flatten)]
	signing: Signing,
}

/// Session keys, and whether the node on this machine has their secrets.
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
		let made = self.set.as_deref().map(|file| made(&sender, file)).transpose()?;
		let keys = match &made {
			Some(made) => [made.babe, made.grandpa, made.evaluator],
			None => read(&sender).await?,
		};
		let in_node = self.in_node(&keys, output);
		let done = match &made {
			Some(made) => {
				if let Some(data) = self.data.as_ref().filter(|_| in_node != Some(true)) {
					bail!(
						"the keystore in {} does not have these keys, so that nothing was sent: give \
						 descent-node session-keys the --chain and --base-path of the node",
						data.display()
					);
				}
				Some(sender.send(&Call::set_keys(made)).await?.1)
			}
			None => None,
		};
		let candidate = is_candidate(&sender.client, &sender.account()).await?;
		let [babe, grandpa, evaluator] = keys;
		let shown = Shown { babe, grandpa, evaluator, in_node, candidate, done };
		output.print(&shown, |output| show(output, &shown))
	}

	/// Looks for the keys in the node's keystore; `None` if none is on this machine.
	fn in_node(&self, keys: &[H256; 3], output: &Output) -> Option<bool> {
		let folder = self.data.clone().or_else(keystore::default_folder);
		match keystore::look(folder.as_slice(), keys) {
			Ok(Place::Here(_)) => Some(true),
			Ok(Place::Elsewhere) => Some(false),
			Ok(Place::NoKeystore) => {
				if let Some(data) = &self.data {
					output.note(&format!("no keystore of a node is in {}", data.display()));
				}
				None
			}
			Err(error) => {
				output.note(&format!("the node's keystore may not be looked at: {error}"));
				None
			}
		}
	}
}

/// The keys of a file, if they are the sender's.
fn made(sender: &Sender<'_>, file: &Path) -> Result<SessionKeys> {
	let made: SessionKeys = text(file)?
		.parse()
		.with_context(|| format!("{} is not what `descent-node session-keys` prints", file.display()))?;
	let account = sender.account();
	ensure!(
		made.owner == account,
		"these keys were made for {}, and the chain takes them from no other account: make some with \
		 descent-node session-keys --owner {account}",
		made.owner
	);
	Ok(made)
}

/// Reads a file, or standard input for `-`.
fn text(file: &Path) -> Result<String> {
	let mut text = String::new();
	match file == Path::new("-") {
		true => io::stdin().take(LARGEST).read_to_string(&mut text),
		false => File::open(file).and_then(|opened| opened.take(LARGEST).read_to_string(&mut text)),
	}
	.with_context(|| format!("{} can't be read", file.display()))?;
	Ok(text)
}

/// Returns true if the keys of an account count, or will.
async fn is_candidate(client: &Client, account: &AccountId) -> Result<bool> {
	let validator = client.validator(account).await?;
	Ok(validator
		.is_some_and(|validator| validator.is_candidate || validator.standing == ValidatorStanding::Active))
}

/// The keys that the chain knows, of accounts without a bond as well.
async fn read(sender: &Sender<'_>) -> Result<[H256; 3]> {
	let account = sender.account();
	let keys = sender.client.session_keys(&account).await?;
	keys.with_context(|| {
		format!(
			"the chain knows no session keys of {account}: have its node make some with descent-node \
			 session-keys, then set them with descent validator keys --set FILE"
		)
	})
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
			"no: it can't validate with them; make new ones: descent-node session-keys".into(),
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
