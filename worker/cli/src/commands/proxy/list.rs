//! The command `descent proxy list`.

use crate::{args::AccountArg, args::Global, output::Output, table::table};
use anyhow::Result;
use clap::Args;
use descent_client::{format_amount, AccountId, Proxy};
use serde::Serialize;

const EXAMPLES: &str = "Examples:
  descent proxy list
  descent proxy list 5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY --json";

/// Arguments of `descent proxy list`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct List {
	#[command(flatten)]
	account: AccountArg,
}

/// The proxies of an account.
#[derive(Debug, Serialize)]
struct Shown {
	account: AccountId,
	proxies: Vec<Proxy>,
	/// The deposit that is held for them, as a text, in the token's smallest unit.
	deposit: String,
}

impl List {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let account = self.account.account()?;
		let (proxies, deposit) = global.connect().await?.proxies(&account).await?;
		let shown = Shown { account, proxies, deposit: deposit.to_string() };
		output.print(&shown, |output| show(output, &shown, deposit))
	}
}

fn show(output: &Output, shown: &Shown, deposit: u128) -> String {
	if shown.proxies.is_empty() {
		return format!("Nobody acts for {}.", shown.account);
	}
	let row = |proxy: &Proxy| {
		let delay = match proxy.delay {
			0 => "at once".into(),
			blocks => format!("{blocks} blocks after it is announced"),
		};
		[proxy.account.to_string(), proxy.kind.to_string(), delay]
	};
	let rows: Vec<_> = shown.proxies.iter().map(row).collect();
	let table = table(output, ["proxy", "calls", "made"], &rows);
	format!("{table}\n\n{} are held of {} for them.", format_amount(deposit), shown.account)
}
