//! Signing and submitting.

use crate::{failure, Call, Client, Error, Key, Result, Submitted};
use descent_protocol::BlockNumber;
use sp_core::H256;
use subxt::{config::DefaultExtrinsicParamsBuilder, rpcs::client::rpc_params, SubstrateConfig};

/// Number of blocks for which a transaction is valid; a power of two.
pub(crate) const LIFE: BlockNumber = 64;
/// A transaction names a block of its chain from which on it is valid. This many blocks behind the best one,
/// nobody replaces it any more.
const SETTLED: BlockNumber = 8;
/// Number of times that a transaction is signed anew because another process took its nonce.
const ATTEMPTS: u32 = 5;

/// JSON-RPC error codes of `author_submitExtrinsic`.
pub(crate) mod code {
	pub(crate) const INVALID: i32 = 1010;
	pub(crate) const BANNED: i32 = 1012;
	pub(crate) const ALREADY_IMPORTED: i32 = 1013;
	pub(crate) const TOO_LOW_PRIORITY: i32 = 1014;
	pub(crate) const DROPPED: i32 = 1016;
}

/// A signed transaction.
struct Signed {
	bytes: String,
	hash: H256,
	nonce: u64,
	born: BlockNumber,
}

/// The result of sending a transaction.
enum Sent {
	Pooled,
	NonceTaken,
}

impl Client {
	/// Signs a call and brings it into the node's pool.
	///
	/// # Errors
	/// Where the node can't be reached, or does not admit the transaction. What fails in the block shows on
	/// waiting.
	pub async fn submit(&self, key: &Key, call: &Call) -> Result<Submitted> {
		let _turn = self.submitting().lock().await;
		for _ in 0..ATTEMPTS {
			let signed = self.sign(key, call).await?;
			let connection = self.transport().opened();
			match self.send(key, call, &signed).await? {
				Sent::Pooled => {
					tracing::debug!(call = call.0.call_name(), hash = ?signed.hash, nonce = signed.nonce, "submitted");
					let Signed { bytes, hash, nonce, born } = signed;
					let expires = born.saturating_add(LIFE);
					let account = key.signer();
					return Ok(Submitted {
						client: self.clone(),
						bytes,
						hash,
						account,
						nonce,
						born,
						expires,
						connection,
						is_for_another: key.acts_for().is_some(),
					});
				}
				Sent::NonceTaken => tracing::debug!(nonce = signed.nonce, "another process took the nonce"),
			}
		}
		Err(Error::Invalid {
			account: key.signer(),
			reason: "other transactions of the same account kept taking its nonce; submit from one process \
			         at a time"
				.into(),
		})
	}

	/// Returns a call signed with the account's next nonce, in hex.
	pub(crate) async fn signed_bytes(&self, key: &Key, call: &Call) -> Result<String> {
		Ok(self.sign(key, call).await?.bytes)
	}

	/// Signs a call with the account's next nonce, from the best block on. A key that acts for another
	/// account signs the call that makes it.
	async fn sign(&self, key: &Key, call: &Call) -> Result<Signed> {
		let made = key.acts_for().map(|account| Call::for_account(account, call));
		let call = made.as_ref().unwrap_or(call);
		let best = self.best_block().await?;
		let born =
			best.number.saturating_sub(SETTLED).max(self.finalized_block().await?.number.min(best.number));
		let anchor = self.block_hash(born).await?;
		let anchor = anchor.ok_or_else(|| Error::Answer(format!("block {born} has no hash")))?;
		let nonce: u64 =
			self.request("system_accountNextIndex", rpc_params![key.signer().to_string()]).await?;
		let params = DefaultExtrinsicParamsBuilder::<SubstrateConfig>::new()
			.mortal_from_unchecked(LIFE.into(), born.into(), anchor)
			.nonce(nonce)
			.build();
		let mut signable = self
			.at(best.hash)
			.await?
			.tx()
			.create_signable_offline(&call.0, params)
			.map_err(|error| Error::Encoding(error.to_string()))?;
		let signed = signable.sign(key).map_err(|error| Error::Encoding(error.to_string()))?;
		Ok(Signed { bytes: format!("0x{}", hex::encode(signed.encoded())), hash: signed.hash(), nonce, born })
	}

	/// Sends a signed transaction until the node has answered.
	async fn send(&self, key: &Key, call: &Call, signed: &Signed) -> Result<Sent> {
		let mut repeated = false;
		let give_up = tokio::time::Instant::now() + self.options().patience;
		loop {
			let answer = self.request::<H256>("author_submitExtrinsic", rpc_params![&signed.bytes]).await;
			match answer {
				Ok(_) => return Ok(Sent::Pooled),
				Err(error) if error.is_transient() && tokio::time::Instant::now() < give_up => {
					repeated = true;
					// Waits, with the patience of any request, until there is a node again.
					self.best_block().await?;
				}
				Err(Error::Refused { code, message }) => {
					if let Some(number) = error_number(code, &message) {
						let metadata = self.at(self.best_block().await?.hash).await?.metadata();
						if let Some(error) = failure::of_pallet(call.0.pallet_name(), number, &metadata) {
							return Err(Error::Call(error));
						}
					}
					return judge(key, code, message, repeated);
				}
				Err(error) => return Err(error),
			}
		}
	}
}

/// The number of the error with which the call would fail, if that is why the pool refused it.
pub(crate) fn error_number(code: i32, message: &str) -> Option<u8> {
	let (_, number) = message.split_once("Custom error: ").filter(|_| code == code::INVALID)?;
	number.trim().parse().ok()
}

/// The meaning of the pool's refusal. After an attempt whose answer was lost, `Outdated` may mean that the
/// very transaction is in a block already, which waiting for it will show.
fn judge(key: &Key, code: i32, message: String, repeated: bool) -> Result<Sent> {
	let outdated = code == code::INVALID && message.contains("outdated");
	let invalid = |reason: String| Err(Error::Invalid { account: key.signer(), reason });
	match code {
		code::ALREADY_IMPORTED => Ok(Sent::Pooled),
		_ if outdated && repeated => Ok(Sent::Pooled),
		code::TOO_LOW_PRIORITY => Ok(Sent::NonceTaken),
		_ if outdated => Ok(Sent::NonceTaken),
		code::INVALID if message.contains("pay some fees") => {
			invalid("it can't pay the fee; send it some NRN first (descent transfer)".into())
		}
		code::BANNED => invalid("the node has refused it for now; try again in some minutes".into()),
		code::DROPPED => invalid("the node's transaction pool is full; try again in a minute".into()),
		_ => invalid(message),
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn judged(code: i32, message: &str, repeated: bool) -> Result<bool> {
		let key = Key::from_uri("//Alice").unwrap();
		judge(&key, code, message.into(), repeated).map(|sent| matches!(sent, Sent::Pooled))
	}

	#[test]
	fn a_taken_nonce_is_tried_again_but_a_lost_answer_is_not_sent_twice() {
		let outdated = "Invalid Transaction: Transaction is outdated";
		assert_eq!(judged(1010, outdated, false), Ok(false));
		assert_eq!(judged(1010, outdated, true), Ok(true));
		assert_eq!(judged(1013, "Transaction Already Imported", false), Ok(true));
		assert_eq!(judged(1014, "Priority is too low", false), Ok(false));
	}

	#[test]
	fn a_call_that_would_fail_is_refused_with_the_number_of_its_error() {
		assert_eq!(error_number(1010, "Invalid Transaction: Custom error: 12"), Some(12));
		assert_eq!(error_number(1010, "Invalid Transaction: Transaction is outdated"), None);
		assert_eq!(error_number(1016, "Custom error: 12"), None);
	}

	#[test]
	fn refusals_say_what_to_do() {
		let reason = |code, message| judged(code, message, false).unwrap_err().to_string();
		let poor =
			reason(1010, "Invalid Transaction: Inability to pay some fees (e.g. account balance too low)");
		assert!(poor.contains("descent transfer") && poor.contains("5GrwvaEF"), "{poor}");
		assert!(reason(1016, "Immediately Dropped").contains("pool is full"));
		assert!(reason(1010, "Invalid Transaction: bad signature").contains("bad signature"));
	}
}
