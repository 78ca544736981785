//! Sending of transactions.

use super::dry_run;
use crate::{
	args::{Global, Signing},
	hints::hinted,
	output::Output,
};
use anyhow::Result;
use descent_client::{AccountId, Call, Client, Error, Included, Key};
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
	/// True if that block was final when this was printed.
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

#[cfg(test)]
impl Done {
	/// A transaction of a test, in this block.
	pub(super) fn at(block: u32) -> Self {
		Self { transaction: "0x00".into(), block, block_hash: "0x01".into(), finalized: false }
	}
}

/// An account that sends transactions, and its connection to a node.
pub(super) struct Sender<'a> {
	pub client: Client,
	key: Key,
	signing: &'a Signing,
	output: &'a Output,
}

impl<'a> Sender<'a> {
	/// Reads the key and connects to the node.
	///
	/// # Errors
	/// Where there is no key, or the node can't be reached.
	pub(super) async fn connect(global: &Global, signing: &'a Signing, output: &'a Output) -> Result<Self> {
		let key = signing.key()?;
		Ok(Self { client: global.connect().await?, key, signing, output })
	}

	/// Reads the key, where a node was reached before.
	///
	/// # Errors
	/// Fails if there is no key.
	pub(super) fn new(client: Client, signing: &'a Signing, output: &'a Output) -> Result<Self> {
		Ok(Self { client, key: signing.key()?, signing, output })
	}

	/// The account that the calls are made for: the key's, or the one whose proxy that is.
	pub(super) fn account(&self) -> AccountId {
		self.key.account()
	}

	/// True if nothing is to be sent.
	pub(super) fn is_dry(&self) -> bool {
		self.signing.dry_run
	}

	/// The fee of a call, in the token's smallest unit.
	pub(super) async fn fee(&self, call: &Call) -> Result<u128> {
		Ok(self.client.fee(&self.key, call).await?)
	}

	/// Signs a call, sends it and waits as long as the signer asked for. A failure says what to do about it.
	///
	/// # Errors
	/// Fails if the transaction is not admitted, or fails in its block; where nothing is to be sent, with
	/// [`dry_run::Ended`] after what would be sent is printed, or the error with which it would fail.
	pub(super) async fn send(&self, call: &Call) -> Result<(Included, Done)> {
		if self.is_dry() {
			return Err(dry_run::show(&self.client, &self.key, call, self.output).await?);
		}
		self.try_send(call).await.map_err(hinted)
	}

	/// Signs a call, sends it and waits as [`Self::send`] does.
	///
	/// # Errors
	/// Those of [`Self::send`], without a hint.
	pub(super) async fn try_send(&self, call: &Call) -> Result<(Included, Done), Error> {
		let included = self.carry_out(call).await?;
		let done = Done::new(&included, self.signing.finalized);
		Ok((included, done))
	}

	/// Signs a call, sends it and waits as [`Self::try_send`] does.
	///
	/// # Errors
	/// Those of [`Self::try_send`].
	pub(super) async fn carry_out(&self, call: &Call) -> Result<Included, Error> {
		let submitted = self.client.submit(&self.key, call).await?;
		let spinner = self.output.spinner("waiting for a block");
		let mut included = submitted.in_best_block().await?;
		if self.signing.finalized {
			spinner.set_message(format!("in block {}, waiting for it to be final", included.block.number));
			included = submitted.finalized().await?;
		}
		spinner.finish_and_clear();
		Ok(included)
	}
}

/// Signs a call, sends it, waits, and prints the sentence that `sentence` makes of the block's number.
pub(super) async fn submit(
	global: &Global,
	signing: &Signing,
	output: &Output,
	call: &Call,
	sentence: impl FnOnce(u32) -> String,
) -> Result<()> {
	let sender = Sender::connect(global, signing, output).await?;
	let (_, done) = sender.send(call).await?;
	output.print(&done, |_| sentence(done.block))
}
