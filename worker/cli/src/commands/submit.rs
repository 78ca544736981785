//! Waiting for a transaction.

use crate::{args::Signing, hints::advised, output::Output};
use anyhow::Result;
use descent_client::{Call, Client, Included, Key, Submitted};
use serde::Serialize;

/// A transaction that was carried out.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Done {
	/// The transaction's hash.
	pub transaction: String,
	/// Number of the block that holds it.
	pub block: u32,
	/// Hash of that block.
	pub block_hash: String,
	/// Whether that block was final when this was printed.
	pub finalized: bool,
}

impl Done {
	fn new(included: &Included, finalized: bool) -> Self {
		Self {
			transaction: format!("{:?}", included.transaction),
			block: included.block.number,
			block_hash: format!("{:?}", included.block.hash),
			finalized,
		}
	}
}

/// Signs a call, sends it and waits as long as the signer asked for.
pub(super) async fn send(
	client: &Client,
	key: &Key,
	call: &Call,
	signing: &Signing,
	output: &Output,
) -> Result<(Included, Done)> {
	let submitted = client.submit(key, call).await?;
	wait(submitted, signing, output).await
}

/// Waits as long as the signer asked for.
pub(super) async fn wait(
	submitted: Submitted,
	signing: &Signing,
	output: &Output,
) -> Result<(Included, Done)> {
	let spinner = output.spinner("waiting for a block");
	let included = submitted.in_best_block().await.map_err(advised)?;
	let included = if signing.finalized {
		spinner.set_message(format!("in block {}, waiting for it to be final", included.block.number));
		submitted.finalized().await.map_err(advised)?
	} else {
		included
	};
	spinner.finish_and_clear();
	let done = Done::new(&included, signing.finalized);
	Ok((included, done))
}
