//! Requests that only a node's operator makes.

use crate::{Client, Error, Result};
use descent_protocol::is_loopback;
use serde::{Deserialize, Serialize};
use sp_core::{crypto::AccountId32, H256};
use sp_crypto_hashing::{twox_128, twox_64};
use subxt::rpcs::client::rpc_params;

/// Bytes of a session's public keys: three of 32.
const KEYS_LENGTH: usize = 96;

/// The public keys that a validator's node signs with, and the proof that they are its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionKeys {
	/// Authors blocks, sr25519.
	pub babe: [u8; 32],
	/// Votes on finality, ed25519.
	pub grandpa: [u8; 32],
	/// Signs what is measured and checked, sr25519.
	pub evaluator: [u8; 32],
	/// Signatures of the owner's account with each of them.
	pub proof: Vec<u8>,
}

/// Bytes as `0x` and hex digits.
fn hexadecimal(bytes: &[u8]) -> String {
	format!("0x{}", hex::encode(bytes))
}

#[derive(Debug, Deserialize, Serialize)]
struct Generated {
	keys: String,
	#[serde(default)]
	proof: Option<String>,
}

impl TryFrom<Generated> for SessionKeys {
	type Error = Error;

	fn try_from(generated: Generated) -> Result<Self> {
		let unreadable = || Error::Answer(format!("session keys {generated:?}"));
		let bytes = |text: &str| hex::decode(text.strip_prefix("0x").unwrap_or(text)).ok();
		let keys = bytes(&generated.keys).filter(|keys| keys.len() == KEYS_LENGTH);
		let keys = keys.ok_or_else(unreadable)?;
		let mut parts = keys.chunks_exact(32).filter_map(|part| <[u8; 32]>::try_from(part).ok());
		let mut next = || parts.next().ok_or_else(unreadable);
		let (babe, grandpa, evaluator) = (next()?, next()?, next()?);
		let proof = generated.proof.as_deref().and_then(bytes);
		let proof = proof.ok_or_else(unreadable)?;
		Ok(Self { babe, grandpa, evaluator, proof })
	}
}

/// The key in the chain's storage of the session keys that an account has set.
fn next_keys(account: &AccountId32) -> String {
	let account: &[u8] = account.as_ref();
	let key = [&twox_128(b"Session")[..], &twox_128(b"NextKeys")[..], &twox_64(account)[..], account];
	hexadecimal(&key.concat())
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

	/// Has the node make new session keys, which it keeps and signs with as soon as the chain knows them
	/// ([`crate::Call::set_keys`]), and prove that they belong to `owner`, the validator's account.
	///
	/// # Errors
	/// [`Error::NotLocal`] for any node but one on this machine: anybody that reads along, or answers in its
	/// place, would decide which keys the validator signs with. [`Error::SeveralNodes`] for a client of more
	/// than one. [`Error::Locked`] where the node does not do
	/// this for its callers.
	pub async fn rotate_keys(&self, owner: &AccountId32) -> Result<SessionKeys> {
		let owner = hexadecimal(owner.as_ref());
		let generated: Generated = self.operate("author_rotateKeysWithOwner", rpc_params![owner]).await?;
		generated.try_into()
	}

	/// Returns true if the node can sign with these keys: the public keys of babe, grandpa and evaluator.
	///
	/// # Errors
	/// See [`Self::rotate_keys`].
	pub async fn has_keys(&self, keys: &[[u8; 32]; 3]) -> Result<bool> {
		let keys = hexadecimal(&keys.concat());
		self.operate("author_hasSessionKeys", rpc_params![keys]).await
	}

	async fn operate<T: serde::de::DeserializeOwned>(
		&self,
		method: &str,
		params: subxt::rpcs::client::RpcParams,
	) -> Result<T> {
		if self.transport().nodes() > 1 {
			return Err(Error::SeveralNodes);
		}
		if !is_local(self.url()) {
			return Err(Error::NotLocal(self.url().into()));
		}
		self.request(method, params).await.map_err(|error| match error {
			Error::Unsupported { url, .. } => Error::Locked(url),
			error => error,
		})
	}
}

/// Returns true if a node's address is one of this machine. No name service decides on it, except for
/// `localhost`.
fn is_local(url: &str) -> bool {
	let rest = url.strip_prefix("ws://").or_else(|| url.strip_prefix("wss://"));
	rest.and_then(|rest| rest.split(['/', '?', '#']).next()).is_some_and(is_loopback)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn only_this_machine_is_local() {
		for url in [
			"ws://127.0.0.1:9944",
			"ws://127.8.8.8",
			"wss://localhost:9944/x",
			"ws://LOCALHOST",
			"ws://[::1]:9944",
		] {
			assert!(is_local(url), "{url}");
		}
		for url in [
			"ws://10.0.0.1:9944",
			"ws://127.0.0.1.example.com",
			"ws://127.0.0.1@example.com",
			"ws://localhost.example.com:9944",
			"ws://localhost@example.com",
			"ws://[::2]:9944",
			"ws://[::1",
			"http://127.0.0.1",
			"ws://",
			"",
		] {
			assert!(!is_local(url), "{url}");
		}
	}

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
	fn keys_come_in_their_order() {
		let keys = [[1u8; 32], [2; 32], [3; 32]];
		let generated = Generated { keys: hexadecimal(&keys.concat()), proof: Some("0x0405".into()) };
		let expected = SessionKeys { babe: keys[0], grandpa: keys[1], evaluator: keys[2], proof: vec![4, 5] };
		assert_eq!(SessionKeys::try_from(generated), Ok(expected));
		for (keys, proof) in [
			(hexadecimal(&keys.concat()), None),
			(hexadecimal(&[1; 95]), Some("0x04".into())),
			(hexadecimal(&[1; 97]), Some("0x04".into())),
			("0xzz".into(), Some("0x04".into())),
			(hexadecimal(&keys.concat()), Some("0x0".into())),
		] {
			let generated = Generated { keys, proof };
			assert!(matches!(SessionKeys::try_from(generated), Err(Error::Answer(_))));
		}
	}
}
