//! The command `descent governance apply`.

use super::code;
use crate::{
	args::{Global, Signing},
	commands::submit::{Done, Sender},
	hints::failed,
	output::Output,
};
use anyhow::{bail, ensure, Result};
use clap::Args;
use descent_client::{Call, H256};
use descent_protocol::view::GovernanceView;
use serde::Serialize;
use std::path::PathBuf;

const EXAMPLES: &str = "Example:
  descent governance apply --wasm descent_runtime.compact.compressed.wasm --key-file ~/.descent/key

Anybody may, free of charge, once a motion has authorized this very code: descent governance propose \
upgrade.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Apply {
	/// The new runtime's code
	#[arg(long, value_name = "FILE")]
	wasm: PathBuf,
	#[command(flatten)]
	signing: Signing,
}

#[derive(Debug, Serialize)]
struct Applied {
	code_hash: H256,
	#[serde(flatten)]
	done: Done,
}

impl Apply {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let sender = Sender::connect(global, &self.signing, output).await?;
		let wasm = self.wasm;
		let code = tokio::task::spawn_blocking(move || code::read(&wasm)).await??;
		let code_hash = code::hash(&code);
		check(&sender.client.governance().await?, code_hash)?;
		let call = Call::apply_authorized_upgrade(&code);
		let (included, done) = sender.send(&call).await?;
		if let Some(error) = included.failed {
			return Err(failed(error).context("the code was refused, and its authorization is gone"));
		}
		let applied = Applied { code_hash, done };
		output.print(&applied, |_| {
			format!("The runtime {code_hash:?} comes in with the block after block {}.", applied.done.block)
		})
	}
}

/// Refuses code that was not authorized.
fn check(governance: &GovernanceView, code_hash: H256) -> Result<()> {
	let Some(authorized) = governance.authorized_upgrade else {
		bail!("no upgrade is authorized: descent governance propose upgrade, then vote and close");
	};
	ensure!(
		authorized == code_hash,
		"the code {authorized:?} is authorized, this file is {code_hash:?}: give the file that was proposed"
	);
	Ok(())
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::commands::governance::motion::tests::governance;

	#[test]
	fn only_what_was_authorized_is_sent() {
		let mut governance = governance();
		let hash = H256::repeat_byte(1);
		let error = check(&governance, hash).unwrap_err().to_string();
		assert!(error.starts_with("no upgrade is authorized"), "{error}");
		governance.authorized_upgrade = Some(H256::repeat_byte(2));
		let error = check(&governance, hash).unwrap_err().to_string();
		assert!(error.contains("this file is 0x0101"), "{error}");
		governance.authorized_upgrade = Some(hash);
		assert!(check(&governance, hash).is_ok());
	}
}
