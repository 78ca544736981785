use anyhow::Result;
use descent_client::{AccountId, Key};

/// A development account, funded at genesis.
#[derive(Clone, Debug)]
pub struct Account {
	uri: String,
	key: Key,
}

impl Account {
	/// The account of a secret URI such as `//Trainer1`.
	///
	/// # Errors
	/// Where it is no secret URI.
	pub fn from_uri(uri: &str) -> Result<Self> {
		Ok(Self { uri: uri.into(), key: Key::from_uri(uri)? })
	}

	/// Its secret URI.
	pub fn uri(&self) -> &str {
		&self.uri
	}

	/// What it signs with.
	pub fn key(&self) -> &Key {
		&self.key
	}

	/// Its id; shows as its address.
	pub fn id(&self) -> AccountId {
		self.key.account()
	}
}
