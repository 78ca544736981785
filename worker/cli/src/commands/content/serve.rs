//! The command `descent content serve`.

use crate::{args::StoreArg, output::Output};
use anyhow::{Context, Result};
use clap::Args;
use descent_console::shutdown;
use serde::Serialize;
use std::net::SocketAddr;

const EXAMPLES: &str = "Example:
  descent content serve --store ~/.descent/content --listen 0.0.0.0:8080

The content is at http://HOST:PORT/ipfs/CID?format=raw. Port 0 takes a free one. Stops on ctrl-c or SIGTERM.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Serve {
	#[command(flatten)]
	store: StoreArg,
	/// Address to listen on
	#[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
	listen: SocketAddr,
}

#[derive(Debug, Serialize)]
struct Ready {
	event: &'static str,
	address: String,
}

impl Serve {
	pub(crate) async fn run(self, output: &Output) -> Result<()> {
		let directory = self.store.store.display().to_string();
		let store = self.store.open().await?;
		let (address, task) = descent_content::serve(self.listen, store, shutdown::requested()?)
			.await
			.with_context(|| format!("listening on {}", self.listen))?;
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
