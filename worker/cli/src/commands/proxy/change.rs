//! The commands `descent proxy add` and `descent proxy remove`.

use crate::{
	args::{Global, Signing},
	commands::submit::{submit, Done, Sender},
	output::Output,
};
use anyhow::{bail, ensure, Result};
use clap::Args;
use descent_client::{parse_account, AccountId, Call, Proxy, ProxyKind};
use serde::Serialize;

const ADD_EXAMPLES: &str = "Examples:
  descent proxy add 5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty --kind validation --key-file cold.key
  descent validator keys --set keys.json --proxy-for 5Grw.. --key-file operator.key

Kinds:
  any         all calls
  training    groups, rounds, custody and data sets, and the claim of rewards
  validation  bonds and session keys
  governance  votes in the technical committee
  rejection   rejection of calls that others have announced to make for the account

The proxy signs with its own key and pays the fees. A deposit of yours is held until it is removed.";

/// Arguments of `descent proxy add`.
#[derive(Debug, Args)]
#[command(after_help = ADD_EXAMPLES)]
pub(crate) struct Add {
	/// Address of the account that may act for yours
	#[arg(value_name = "ACCOUNT", value_parser = parse_account)]
	account: AccountId,
	/// Calls that it may make
	#[arg(long, value_name = "KIND")]
	kind: ProxyKind,
	#[command(flatten)]
	signing: Signing,
}

impl Add {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let Self { account, kind, signing } = self;
		submit(global, &signing, output, &Call::add_proxy(&account, kind), |block| {
			format!("{account} may make {} for yours from block {block} on.", calls(kind))
		})
		.await
	}
}

const REMOVE_EXAMPLES: &str = "Examples:
  descent proxy remove 5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty --key-file cold.key
  descent proxy remove 5FHn.. --kind training --key-file cold.key";

/// Arguments of `descent proxy remove`.
#[derive(Debug, Args)]
#[command(after_help = REMOVE_EXAMPLES)]
pub(crate) struct Remove {
	/// Address of the account that acts for yours
	#[arg(value_name = "ACCOUNT", value_parser = parse_account)]
	account: AccountId,
	/// Calls that it may no longer make; all that it may, unless given
	#[arg(long, value_name = "KIND")]
	kind: Option<ProxyKind>,
	#[command(flatten)]
	signing: Signing,
}

/// Proxies that were removed.
#[derive(Debug, Serialize)]
struct Removed {
	removed: Vec<Proxy>,
	#[serde(flatten)]
	done: Done,
}

impl Remove {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let Self { account, kind, signing } = self;
		let sender = Sender::connect(global, &signing, output).await?;
		let (proxies, _) = sender.client.proxies(&sender.account()).await?;
		let removed = chosen(proxies, &account, kind)?;
		let remove = |proxy: &Proxy| Call::remove_proxy(&proxy.account, proxy.kind, proxy.delay);
		let calls: Vec<_> = removed.iter().map(remove).collect();
		let call = match &calls[..] {
			[call] => call.clone(),
			calls => Call::batch_all(calls),
		};
		let (_, done) = sender.send(&call).await?;
		let removed = Removed { removed, done };
		output.print(&removed, |_| {
			let kinds: Vec<_> = removed.removed.iter().map(|proxy| proxy.kind.to_string()).collect();
			format!(
				"{account} acts for yours no longer ({}), from block {} on.",
				kinds.join(", "),
				removed.done.block
			)
		})
	}
}

/// Returns the proxies of this account and kind.
fn chosen(proxies: Vec<Proxy>, account: &AccountId, kind: Option<ProxyKind>) -> Result<Vec<Proxy>> {
	let known = !proxies.is_empty();
	let is_meant = |proxy: &Proxy| proxy.account == *account && kind.is_none_or(|kind| proxy.kind == kind);
	let chosen: Vec<_> = proxies.into_iter().filter(is_meant).collect();
	if !known {
		bail!("nobody acts for your account");
	}
	ensure!(
		!chosen.is_empty(),
		"{account} does not act for yours in this way: descent proxy list says who does"
	);
	Ok(chosen)
}

/// Names the calls that a kind of proxy makes.
fn calls(kind: ProxyKind) -> String {
	match kind {
		ProxyKind::Any => "all calls".into(),
		kind => format!("calls of the kind {kind}"),
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn the_proxies_that_are_meant_are_removed() {
		let account = |byte| AccountId::new([byte; 32]);
		let proxy = |byte, kind| Proxy { account: account(byte), kind, delay: 0 };
		let all = || {
			vec![
				proxy(1, ProxyKind::Training),
				proxy(1, ProxyKind::Validation),
				proxy(2, ProxyKind::Training),
			]
		};
		assert_eq!(chosen(all(), &account(1), None).unwrap(), all()[..2]);
		assert_eq!(chosen(all(), &account(1), Some(ProxyKind::Validation)).unwrap(), all()[1..2]);
		assert!(chosen(all(), &account(2), Some(ProxyKind::Any)).is_err());
		assert!(chosen(vec![], &account(2), None).unwrap_err().to_string().contains("nobody acts"));
	}
}
