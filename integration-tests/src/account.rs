use anyhow::Result;
use descent_client::{AccountId, Key};

/// A development account, funded at genesis.
#[derive(Clone, Debug)]
pub struct Account {
	uri: String,
	key: Key,
}

impl Account {
	/// Returns the account of a secret URI such as `//Trainer1`.
	///
	/// # Errors
	/// Fails if it is not a secret URI.
	pub fn from_uri(uri: &str) -> Result<Self> {
		Ok(Self { uri: uri.into(), key: Key::from_uri(uri)? })
	}

	/// Secret URI of the account.
	pub fn uri(&self) -> &str {
		&self.uri
	}

	/// Key that the account signs with.
	pub fn key(&self) -> &Key {
		&self.key
	}

	/// Id of the account, which displays as its address.
	pub fn id(&self) -> AccountId {
		self.key.account()
	}
}
