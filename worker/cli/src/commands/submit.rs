//! Waiting for a transaction.

use crate::{advice::advised, args::Signing, output::Output};
use anyhow::Result;
use descent_client::{Call, Client, Error, Included, Key};
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
	pub(super) fn new(included: &Included, finalized: bool) -> Self {
		Self {
			transaction: format!("{:?}", included.transaction),
			block: included.block.number,
			block_hash: format!("{:?}", included.block.hash),
			finalized,
		}
	}
}

/// Signs a call, sends it and waits as long as the signer asked for. A failure says what to do about it.
pub(super) async fn send(
	client: &Client,
	key: &Key,
	call: &Call,
	signing: &Signing,
	output: &Output,
) -> Result<(Included, Done)> {
	let included = carry_out(client, key, call, signing, output).await.map_err(advised)?;
	let done = Done::new(&included, signing.finalized);
	Ok((included, done))
}

/// Signs a call, sends it and waits as long as the signer asked for.
pub(super) async fn carry_out(
	client: &Client,
	key: &Key,
	call: &Call,
	signing: &Signing,
	output: &Output,
) -> Result<Included, Error> {
	let submitted = client.submit(key, call).await?;
	let spinner = output.spinner("waiting for a block");
	let mut included = submitted.in_best_block().await?;
	if signing.finalized {
		spinner.set_message(format!("in block {}, waiting for it to be final", included.block.number));
		included = submitted.finalized().await?;
	}
	spinner.finish_and_clear();
	Ok(included)
}
