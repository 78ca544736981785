//! Requesters of hidden test sets, through the program `descent`.

use crate::{binaries::Binary, launch::Launch, Account, Network, Process};
use anyhow::{Context, Result};
use descent_protocol::{ContentRef, RoundIndex};
use descent_test_sets::{seal, Manifest, SealedSet, Secret};
use serde::Deserialize;
use sp_core::H256;
use std::{
	fs::{self, File},
	path::{Path, PathBuf},
};

/// Content of the file of [`seal_garbage`], which is no delta.
const GARBAGE: &[u8] = b"a requester that measures nothing";

/// A requester's folder of sealed test sets, and the process that releases their keys.
pub struct Requester {
	/// Process that releases the keys.
	pub process: Process,
	folder: PathBuf,
}

/// A key that was sent, or was about to be.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
pub struct SentKey {
	/// Place of its set in the series.
	pub set: u16,
	/// The round that it was sent for; `None` if its set was given up.
	pub round: Option<RoundIndex>,
}

#[derive(Deserialize)]
struct Journal {
	sent: Vec<SentKey>,
}

impl Requester {
	/// Returns the keys that were sent, as the folder tells. It outlives the process.
	///
	/// # Errors
	/// Fails if the file cannot be read.
	pub fn sent(&self) -> Result<Vec<SentKey>> {
		let path = self.folder.join("released.json");
		let journal = fs::read(&path).with_context(|| format!("{} cannot be read", path.display()))?;
		let Journal { sent } = serde_json::from_slice(&journal)?;
		Ok(sent)
	}
}

impl Network {
	/// Seals test sets of a model into a folder.
	///
	/// # Errors
	/// Fails if the program refuses a set.
	pub async fn seal_test_sets(&self, sets: &[PathBuf], model: &Path, folder: &Path) -> Result<()> {
		let mut arguments = vec!["test-set", "seal", "--model", text(model)?, "--out", text(folder)?];
		for set in sets {
			arguments.push(text(set)?);
		}
		self.descent(&Account::from_uri("//Alice")?, &arguments).await.map(drop)
	}

	/// Opens a series of the sealed test sets in a folder, for the next group of the requester that names it.
	/// The gateway, which was started before, serves them.
	///
	/// # Errors
	/// Fails if the chain refuses the series, or the gateway was not started.
	pub async fn open_test_sets(&self, requester: &Account, folder: &Path) -> Result<H256> {
		let (store, provider) = (self.store(), self.started_provider()?);
		let arguments =
			["test-set", "open", text(folder)?, "--provider", &provider, "--store", text(&store)?];
		let opened = self.descent(requester, &arguments).await?;
		serde_json::from_value(opened["series"].clone()).context("the program printed no series")
	}

	/// Starts the process that releases the keys of the series in a folder. It asks the node at an address.
	///
	/// # Errors
	/// Fails if it cannot be started.
	pub fn start_requester(&self, name: &str, folder: &Path, node: &str) -> Result<Requester> {
		let launch = Launch::new(name, Binary::Cli.path()?, self.logs())
			.args(["--node", node, "--json", "test-set", "release"])
			.arg(folder);
		Ok(Requester { process: Process::spawn(launch)?, folder: folder.into() })
	}
}

/// Makes a folder of one sealed set as [`Network::seal_test_sets`] does, of a file that it would refuse: it
/// is no delta. The manifest is right, and so is the key.
///
/// # Errors
/// Fails if the folder cannot be written.
pub fn seal_garbage(folder: &Path) -> Result<()> {
	let sets = folder.join("sets");
	fs::create_dir_all(&sets)?;
	let mut secret = Secret::generate(1)?;
	let key = secret.key(0).context("a series has a first set")?;
	let file = sets.join("000.sealed");
	let size = seal(&mut &*GARBAGE, &mut File::create(&file)?, &key, &mut |_| ())?;
	let sealed = descent_content::address(File::open(&file)?)?;
	let manifest = Manifest { sets: vec![SealedSet { sealed, size }] }.to_bytes();
	fs::write(folder.join("manifest.json"), &manifest)?;
	secret.set_manifest(ContentRef::raw(&manifest).context("the manifest is too long")?);
	secret.create(&folder.join("secret.json"))?;
	Ok(())
}

fn text(path: &Path) -> Result<&str> {
	path.to_str().context("a path is not UTF-8")
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn garbage_opens_with_its_key() {
		let folder = tempfile::tempdir().unwrap();
		seal_garbage(folder.path()).unwrap();
		let secret = Secret::read(&folder.path().join("secret.json")).unwrap();
		let manifest = fs::read(folder.path().join("manifest.json")).unwrap();
		assert_eq!(secret.manifest(), ContentRef::raw(&manifest));
		let [set] = Manifest::parse(&manifest).unwrap().sets.try_into().unwrap();
		let mut sealed = File::open(folder.path().join("sets/000.sealed")).unwrap();
		let mut opened = Vec::new();
		descent_test_sets::open(&mut sealed, &mut opened, &secret.key(0).unwrap(), set.size).unwrap();
		assert_eq!(opened, GARBAGE);
	}
}
