//! Reads of what calls cost.

use crate::{Call, Client, Error, Key, Result};
use serde::Deserialize;
use subxt::{dynamic, rpcs::client::rpc_params};

/// The answer of `payment_queryInfo`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FeeView {
	/// Written as text, as it may be beyond 2^53.
	partial_fee: String,
}

impl Client {
	/// The fee of a call at the best block, in the token's smallest unit. The call is signed to measure it,
	/// and sent to nobody but the node, which does not pass it on.
	///
	/// # Errors
	/// Fails if the node can't be asked, or the call can't be encoded.
	pub async fn fee(&self, key: &Key, call: &Call) -> Result<u128> {
		self.fee_of(&self.signed_bytes(key, call).await?).await
	}

	/// The fee of a signed transaction, in hex, at the best block, in the token's smallest unit.
	pub(crate) async fn fee_of(&self, bytes: &str) -> Result<u128> {
		let view: FeeView = self.request("payment_queryInfo", rpc_params![bytes]).await?;
		view.partial_fee.parse().map_err(|_| Error::Answer(format!("a fee of {}", view.partial_fee)))
	}

	/// The deposit that is held of the creator of a group, in the token's smallest unit.
	///
	/// # Errors
	/// Fails if the node can't be asked, or has no groups.
	pub async fn group_deposit(&self) -> Result<u128> {
		let at = self.at(self.best_block().await?.hash).await?;
		let deposit = at.constants().entry(dynamic::constant::<u128>("Groups", "GroupDeposit"));
		deposit.map_err(|error| Error::Answer(error.to_string()))
	}
}
