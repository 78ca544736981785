//! The evaluator's address: from the command line into the off-chain local storage, where the runtime's
//! off-chain worker reads it.

use descent_protocol::{evaluation::EVALUATOR_STORAGE_KEY, is_loopback};
use sp_core::offchain::{OffchainStorage, STORAGE_PREFIX};
use std::{fmt, str::FromStr};
use url::Url;

/// Base address of an evaluator, without a slash at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EvaluatorUrl {
	text: String,
	loopback: bool,
}

impl EvaluatorUrl {
	/// The longest address.
	const MAX_LENGTH: usize = 256;

	/// Refuses an evaluator on another machine unless `remote_ok`.
	pub(crate) fn check(&self, remote_ok: bool) -> Result<(), String> {
		if self.loopback || remote_ok {
			return Ok(());
		}
		Err(format!(
			"the evaluator {self} is not on this machine, and whoever answers in its place decides what this \
			 validator signs: run `descent-worker evaluate` beside the node and give its address, e.g. \
			 --evaluator-url http://127.0.0.1:9977, or accept the risk with --evaluator-remote-ok"
		))
	}

	/// Puts the address where the off-chain worker reads it.
	pub(crate) fn store(&self, storage: &mut impl OffchainStorage) {
		storage.set(STORAGE_PREFIX, EVALUATOR_STORAGE_KEY, self.text.as_bytes());
	}
}

impl fmt::Display for EvaluatorUrl {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		f.write_str(&self.text)
	}
}

impl FromStr for EvaluatorUrl {
	type Err = String;

	fn from_str(text: &str) -> Result<Self, String> {
		if text.len() > Self::MAX_LENGTH {
			return Err(format!("an address has at most {} bytes", Self::MAX_LENGTH));
		}
		let url =
			Url::parse(text).map_err(|error| format!("{error}; give one like http://127.0.0.1:9977"))?;
		if url.scheme() != "http" {
			return Err("it must begin with http://, which is all that the off-chain worker speaks".into());
		}
		if !url.username().is_empty() || url.password().is_some() {
			return Err("user names and passwords in an address are not supported".into());
		}
		if url.query().is_some() || url.fragment().is_some() {
			return Err("it must be a base address, without query (?) and fragment (#)".into());
		}
		let loopback = is_loopback(url.host_str().ok_or("it names no host")?);
		Ok(Self { text: url.as_str().trim_end_matches('/').to_string(), loopback })
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use sp_core::offchain::storage::InMemOffchainStorage;

	#[test]
	fn loopback_addresses_are_accepted() {
		for address in
			["http://127.0.0.1:9977", "http://127.1.2.3:9977/", "http://localhost:9977", "http://[::1]:9977"]
		{
			let url: EvaluatorUrl = address.parse().unwrap();
			assert_eq!(url.check(false), Ok(()), "{address}");
			assert!(!url.to_string().ends_with('/'));
		}
	}

	#[test]
	fn other_machines_are_refused_unless_accepted() {
		for address in [
			"http://10.0.0.1:9977",
			"http://evaluator.example",
			"http://localhost.example:9977",
			"http://127.0.0.1.example:9977",
			"http://0.0.0.0:9977",
			"http://[::]:9977",
			"http://2130706434.example",
		] {
			let url: EvaluatorUrl = address.parse().unwrap();
			assert!(url.check(false).unwrap_err().contains("--evaluator-remote-ok"), "{address}");
			assert_eq!(url.check(true), Ok(()));
		}
	}

	#[test]
	fn malformed_addresses_are_refused() {
		for address in [
			"",
			"127.0.0.1:9977",
			"localhost",
			"ftp://127.0.0.1",
			"https://127.0.0.1",
			"file:///etc/passwd",
			"http://",
			"http://user:secret@127.0.0.1",
			"http://evil@127.0.0.1",
			"http://127.0.0.1/?next=1",
			"http://127.0.0.1/#here",
			"http://127.0.0.1:99999",
		] {
			assert!(address.parse::<EvaluatorUrl>().is_err(), "{address}");
		}
		assert!(format!("http://127.0.0.1/{}", "x".repeat(300)).parse::<EvaluatorUrl>().is_err());
	}

	#[test]
	fn the_off_chain_worker_reads_the_bytes() {
		let mut storage = InMemOffchainStorage::default();
		"http://127.0.0.1:7/".parse::<EvaluatorUrl>().unwrap().store(&mut storage);
		assert_eq!(storage.get(STORAGE_PREFIX, EVALUATOR_STORAGE_KEY), Some(b"http://127.0.0.1:7".to_vec()));
	}
}
