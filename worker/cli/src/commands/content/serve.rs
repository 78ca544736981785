//! The command `descent content serve`.

use crate::{args::StoreArg, output::Output, parse};
use anyhow::{Context, Result};
use clap::Args;
use descent_client::{parse_account, verify_text, AccountId};
use descent_console::shutdown;
use descent_content::{PushPolicy, Store};
use serde::Serialize;
use std::net::SocketAddr;

const EXAMPLES: &str = "Examples:
  descent content serve --store ~/.descent/content --listen 0.0.0.0:8080
  descent content serve --store ~/.descent/gateway --listen 0.0.0.0:8080 --accept-from 5DAAn..

The content is at http://HOST:PORT/ipfs/CID?format=raw. Port 0 takes a free one. Stops on ctrl-c or SIGTERM.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Serve {
	#[command(flatten)]
	store: StoreArg,
	/// Address to listen on
	#[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
	listen: SocketAddr,
	/// Accept content from this account, which sends it with `descent content push` or `descent-worker train
	/// --push-to`; may be given more than once. No other process may have the store open
	#[arg(long, value_name = "ACCOUNT", value_parser = parse_account)]
	accept_from: Vec<AccountId>,
	/// Most content that each of these accounts may have here at one time
	#[arg(
		long,
		value_name = "BYTES",
		default_value = "8G",
		value_parser = parse::bytes,
		requires = "accept_from"
	)]
	room: u64,
}

#[derive(Debug, Serialize)]
struct Ready {
	event: &'static str,
	address: String,
}

impl Serve {
	pub(crate) async fn run(self, output: &Output) -> Result<()> {
		let directory = self.store.store.display().to_string();
		let shutdown = shutdown::requested()?;
		let served = if self.accept_from.is_empty() {
			descent_content::serve(self.listen, self.store.open().await?, shutdown).await
		} else {
			let accounts = self.accept_from.iter().map(|account| *account.as_ref()).collect();
			let policy = PushPolicy { accounts, max_bytes: self.room, verify: verify_text };
			let StoreArg { store, store_limit } = self.store;
			let store = tokio::task::spawn_blocking(move || Store::open(store, store_limit)).await??;
			descent_content::serve_with_pushes(self.listen, store, &policy, shutdown).await
		};
		let (address, task) = served.with_context(|| format!("listening on {}", self.listen))?;
		let ready = Ready { event: "ready", address: format!("http://{address}") };
		output.print(&ready, |_| format!("Serving {directory} on {}", ready.address))?;
		task.await??;
		Ok(())
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn the_ready_line_is_a_contract() {
		let ready = Ready { event: "ready", address: "http://127.0.0.1:1".into() };
		assert_eq!(
			serde_json::to_string(&ready).unwrap(),
			r#"{"event":"ready","address":"http://127.0.0.1:1"}"#
		);
	}
}
