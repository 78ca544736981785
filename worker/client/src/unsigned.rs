//! Submitting of calls that nobody signs.

use crate::{
	failure,
	submit::{code, error_number, LIFE},
	Block, Call, Client, Error, Result,
};
use descent_protocol::BlockNumber;
use sp_core::H256;
use subxt::{
	config::DefaultExtrinsicParamsBuilder,
	rpcs::client::rpc_params,
	utils::{AccountId32, MultiSignature},
	SubstrateConfig,
};
use tokio::time::Instant;

/// The fewest blocks that a transaction can ask for.
const SHORTEST_LIFE: BlockNumber = 4;

impl Client {
	/// Brings a call that carries its own proof into the node's pool, without a signature and without a fee.
	/// Pools give it up after `life` blocks, which are rounded down to a power of two from 4 to 64. Whoever
	/// has seen it can send it again later, as nobody has signed for how long it is valid. Returns the hash
	/// of the transaction.
	///
	/// A node that has such a call in its pool already is content. Whether a block holds it shows in the
	/// state that it changes.
	///
	/// # Errors
	/// Where the node can't be reached, or does not admit the call: [`Error::Call`] with the pallet's error,
	/// or [`Error::Refused`].
	pub async fn submit_unsigned(&self, call: &Call, life: BlockNumber) -> Result<H256> {
		let best = self.best_block().await?;
		let (bytes, hash) = self.general(call, best, life).await?;
		let give_up = Instant::now() + self.options().patience;
		loop {
			let answer = self.request::<H256>("author_submitExtrinsic", rpc_params![&bytes]).await;
			match answer {
				Ok(_) => break,
				Err(error) if error.is_transient() && Instant::now() < give_up => {
					// Waits, with the patience of any request, until there is a node again.
					self.best_block().await?;
				}
				Err(Error::Refused { code, .. }) if is_pooled(code) => break,
				Err(Error::Refused { code, message }) => {
					let metadata = self.at(best.hash).await?.metadata();
					let number = error_number(code, &message);
					let failed =
						number.and_then(|number| failure::of_pallet(call.0.pallet_name(), number, &metadata));
					return Err(failed.map_or(Error::Refused { code, message }, Error::Call));
				}
				Err(error) => return Err(error),
			}
		}
		tracing::debug!(call = call.0.call_name(), ?hash, "submitted");
		Ok(hash)
	}

	/// A general transaction of the call, in hex, and its hash.
	async fn general(&self, call: &Call, best: Block, life: BlockNumber) -> Result<(String, H256)> {
		// The hash of the block is not part of the bytes, so that it does not matter if the block is
		// replaced.
		let params = DefaultExtrinsicParamsBuilder::<SubstrateConfig>::new()
			.mortal_from_unchecked(period(life).into(), best.number.into(), best.hash)
			.nonce(0)
			.build();
		let failed = |error: subxt::error::ExtrinsicError| Error::Encoding(error.to_string());
		let at = self.at(best.hash).await?;
		let mut general = at.tx().create_v5_signable_offline(&call.0, params).map_err(failed)?;
		// The chain has no extension that takes a signature, so that none becomes part of the transaction.
		let (nobody, nothing) = (AccountId32([0; 32]), MultiSignature::Sr25519([0; 64]));
		let general = general.sign_with_account_and_signature(&nobody, &nothing).map_err(failed)?;
		Ok((format!("0x{}", hex::encode(general.encoded())), general.hash()))
	}
}

/// The largest number of blocks that a transaction can ask for, up to `life`.
fn period(life: BlockNumber) -> BlockNumber {
	let life = life.clamp(SHORTEST_LIFE, LIFE);
	1 << life.ilog2()
}

/// Returns true for a refusal that means that the pool has the call.
fn is_pooled(code: i32) -> bool {
	matches!(code, code::ALREADY_IMPORTED | code::TOO_LOW_PRIORITY)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_life_is_a_power_of_two_and_no_longer_than_asked_for() {
		let lives = [0, 3, 4, 5, 7, 8, 31, 32, 63, 64, 65, u32::MAX].map(period);
		assert_eq!(lives, [4, 4, 4, 4, 4, 8, 16, 32, 32, 64, 64, 64]);
	}

	#[test]
	fn what_the_pool_has_need_not_be_sent() {
		assert!(is_pooled(1013) && is_pooled(1014));
		assert!(!is_pooled(1010) && !is_pooled(1012) && !is_pooled(1016));
	}
}
