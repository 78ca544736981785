//! The command `descent validator gateway`.

use crate::{
	args::{Global, Signing},
	commands::submit::{Done, Sender},
	output::Output,
	parse,
	table::fields,
};
use anyhow::Result;
use clap::Args;
use descent_client::{AccountId, Call};
use serde::Serialize;

const EXAMPLES: &str = "Examples:
  descent validator gateway --key-file ~/.descent/key
  descent validator gateway http://203.0.113.7:8081 --key-file ~/.descent/key
  descent validator gateway --none --key-file ~/.descent/key

The address is the one at which your evaluator serves to other validators what it has fetched and checked \
for a round: descent-worker evaluate --share ADDRESS --share-url URL. Trainers then upload a checkpoint a \
few times, and not once for each validator. The chain forgets the address with your bond.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Gateway {
	/// Base address of your gateway; without it, the one on the chain is shown
	#[arg(value_name = "URL", value_parser = parse::provider, conflicts_with = "none")]
	url: Option<String>,
	/// Take your address back
	#[arg(long)]
	none: bool,
	#[command(flatten)]
	signing: Signing,
}

/// The gateway of a validator.
#[derive(Debug, Serialize)]
struct Shown {
	account: AccountId,
	gateway: Option<String>,
	#[serde(flatten, skip_serializing_if = "Option::is_none")]
	done: Option<Done>,
}

impl Gateway {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let sender = Sender::connect(global, &self.signing, output).await?;
		let account = sender.account();
		let done = match (&self.url, self.none) {
			(None, false) => None,
			(url, _) => Some(sender.send(&Call::set_gateway(url.as_deref())).await?.1),
		};
		let gateway = match done {
			Some(_) => self.url,
			None => sender.client.gateway(&account).await?,
		};
		let shown = Shown { account, gateway, done };
		output.print(&shown, |output| show(output, &shown))
	}
}

fn show(output: &Output, shown: &Shown) -> String {
	let gateway = match (&shown.gateway, &shown.done) {
		(Some(url), _) => url.clone(),
		(None, Some(_)) => "none".into(),
		(None, None) => "none; name yours: descent validator gateway URL".into(),
	};
	let mut pairs = vec![("account", shown.account.to_string()), ("gateway", gateway)];
	pairs.extend(shown.done.as_ref().map(|done| ("in block", done.block.to_string())));
	fields(output, &pairs)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_gateway_is_shown_with_the_block_that_set_it() {
		let account = AccountId::new([1; 32]);
		let mut shown = Shown { account, gateway: None, done: None };
		assert!(show(&Output::new(true), &shown).contains("descent validator gateway URL"));
		let json = serde_json::to_value(&shown).unwrap();
		assert!(json["gateway"].is_null() && json.get("block").is_none(), "{json}");
		shown.gateway = Some("http://a:8081".into());
		shown.done = Some(Done::at(9));
		let text = show(&Output::new(true), &shown);
		assert!(text.contains("http://a:8081") && text.contains("9"), "{text}");
		assert_eq!(serde_json::to_value(&shown).unwrap()["block"].as_u64(), Some(9));
	}
}
