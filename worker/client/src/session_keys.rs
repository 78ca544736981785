//! The session keys of a validator: those that the chain knows, and those that its node has made.

use crate::{Client, Error, Result};
use serde::Deserialize;
use sp_core::{crypto::AccountId32, Bytes, H256};
use sp_crypto_hashing::{twox_128, twox_64};
use std::str::FromStr;
use subxt::rpcs::client::rpc_params;

/// Bytes of a session's public keys: three of 32.
const KEYS_LENGTH: usize = 96;

/// The public keys that a validator's node signs with, and the proof that they are its own.
/// `descent-node session-keys` makes them, and prints them as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionKeys {
	/// The validator's account, for which the proof is made.
	pub owner: AccountId32,
	/// Authors blocks, sr25519.
	pub babe: H256,
	/// Votes on finality, ed25519.
	pub grandpa: H256,
	/// Signs what is measured and checked, sr25519.
	pub evaluator: H256,
	/// Signatures of the owner's account with each of them.
	pub proof: Bytes,
}

impl FromStr for SessionKeys {
	type Err = serde_json::Error;

	/// Reads what `descent-node session-keys` has printed.
	fn from_str(json: &str) -> std::result::Result<Self, Self::Err> {
		serde_json::from_str(json)
	}
}

/// The key in the chain's storage of the session keys that an account has set.
fn next_keys(account: &AccountId32) -> String {
	let account: &[u8] = account.as_ref();
	let key = [&twox_128(b"Session")[..], &twox_128(b"NextKeys")[..], &twox_64(account)[..], account];
	format!("0x{}", hex::encode(key.concat()))
}

impl Client {
	/// Reads the public session keys that an account has set, be it a validator or not yet: babe, grandpa and
	/// evaluator; `None` if it has set none.
	///
	/// # Errors
	/// Fails if the node can't be asked, or its keys are not these three.
	pub async fn session_keys(&self, account: &AccountId32) -> Result<Option<[H256; 3]>> {
		let answer: Option<String> =
			self.request("state_getStorage", rpc_params![next_keys(account)]).await?;
		let Some(keys) = answer else {
			return Ok(None);
		};
		let bytes = hex::decode(keys.strip_prefix("0x").unwrap_or(&keys)).unwrap_or_default();
		let parts: Vec<H256> = bytes.chunks_exact(32).map(H256::from_slice).collect();
		let parts = <[H256; 3]>::try_from(parts).ok().filter(|_| bytes.len() == KEYS_LENGTH);
		parts.map(Some).ok_or_else(|| Error::Answer(format!("session keys {keys}")))
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn keys_are_stored_where_the_session_pallet_keeps_them() {
		let key = next_keys(&AccountId32::new([7; 32]));
		// The first two parts as in any Substrate chain's metadata.
		assert!(
			key.starts_with("0xcec5070d609dd3497f72bde07fc96ba04c014e6bf8b8c2c011e7290b85696bb3"),
			"{key}"
		);
		assert!(key.ends_with(&"07".repeat(32)) && key.len() == 2 + 2 * (16 + 16 + 8 + 32), "{key}");
	}

	#[test]
	fn made_keys_are_read() {
		let owner = AccountId32::new([9; 32]);
		let [babe, grandpa, evaluator] = [1, 2, 3].map(H256::repeat_byte);
		let made = |proof: &str| {
			serde_json::json!({
				"owner": owner, "babe": babe, "grandpa": grandpa, "evaluator": evaluator, "proof": proof,
			})
			.to_string()
		};
		let read: SessionKeys = made("0x0405").parse().unwrap();
		let proof = Bytes(vec![4, 5]);
		assert_eq!(read, SessionKeys { owner: owner.clone(), babe, grandpa, evaluator, proof });
		for other in ["", "{}", &made("4z"), &made("0x04").replace("babe", "aura"), &made("0x")[1..]] {
			assert!(other.parse::<SessionKeys>().is_err(), "{other}");
		}
	}
}
