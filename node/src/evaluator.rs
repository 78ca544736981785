//! The evaluators' addresses: from the command line into the off-chain local storage, where the runtime's
//! off-chain worker reads them.

use descent_protocol::{
	evaluation::{EVALUATORS_STORAGE_KEY, EVALUATOR_STORAGE_KEY, MAX_EVALUATORS},
	is_loopback,
};
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
}

/// The evaluators of a node, at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Evaluators(Vec<EvaluatorUrl>);

impl Evaluators {
	/// Refuses more evaluators than a node can have, one that is named twice, and one on another machine
	/// unless `remote_ok`.
	pub(crate) fn new(urls: &[EvaluatorUrl], remote_ok: bool) -> Result<Self, String> {
		if urls.is_empty() || urls.len() > MAX_EVALUATORS.into() {
			return Err(format!(
				"a node has 1 to {MAX_EVALUATORS} evaluators: give --evaluator-url so often"
			));
		}
		for (place, url) in urls.iter().enumerate() {
			url.check(remote_ok)?;
			if urls.iter().take(place).any(|other| other == url) {
				return Err(format!("the evaluator {url} is named twice: give each --evaluator-url once"));
			}
		}
		Ok(Self(urls.to_vec()))
	}

	/// Puts the addresses where the off-chain worker reads them: the first one where any runtime does, and
	/// all of several where only a runtime that knows of several looks.
	pub(crate) fn store(&self, storage: &mut impl OffchainStorage) {
		let texts: Vec<_> = self.0.iter().map(|url| url.text.as_str()).collect();
		if let Some(first) = texts.first() {
			storage.set(STORAGE_PREFIX, EVALUATOR_STORAGE_KEY, first.as_bytes());
		}
		match texts.len() {
			0 | 1 => storage.remove(STORAGE_PREFIX, EVALUATORS_STORAGE_KEY),
			_ => storage.set(STORAGE_PREFIX, EVALUATORS_STORAGE_KEY, texts.join("\n").as_bytes()),
		}
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

	fn evaluators(addresses: &[&str]) -> Result<Evaluators, String> {
		let urls: Vec<_> = addresses.iter().map(|address| address.parse().unwrap()).collect();
		Evaluators::new(&urls, false)
	}

	#[test]
	fn the_off_chain_worker_reads_the_bytes() {
		let mut storage = InMemOffchainStorage::default();
		let mut stored = |addresses: &[&str]| {
			evaluators(addresses).unwrap().store(&mut storage);
			[EVALUATOR_STORAGE_KEY, EVALUATORS_STORAGE_KEY].map(|key| storage.get(STORAGE_PREFIX, key))
		};
		let first = || Some(b"http://127.0.0.1:7".to_vec());
		assert_eq!(stored(&["http://127.0.0.1:7/"]), [first(), None]);
		let both = Some(b"http://127.0.0.1:7\nhttp://127.0.0.1:8".to_vec());
		assert_eq!(stored(&["http://127.0.0.1:7/", "http://127.0.0.1:8"]), [first(), both]);
		assert_eq!(stored(&["http://127.0.0.1:7"]), [first(), None], "the second is forgotten");
	}

	#[test]
	fn a_node_has_few_evaluators_and_each_of_them_once() {
		let addresses: Vec<_> = (1..=9).map(|port| format!("http://127.0.0.1:{port}")).collect();
		let addresses: Vec<_> = addresses.iter().map(String::as_str).collect();
		assert!(evaluators(&addresses[..8]).is_ok());
		assert!(evaluators(&addresses).unwrap_err().contains("1 to 8"));
		assert!(evaluators(&["http://127.0.0.1:7", "http://127.0.0.1:7/"]).unwrap_err().contains("twice"));
		let remote = evaluators(&["http://127.0.0.1:7", "http://10.0.0.1:7"]);
		assert!(remote.unwrap_err().contains("http://10.0.0.1:7"), "each of them is checked");
	}
}
