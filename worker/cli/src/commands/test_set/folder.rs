//! The folder of a series: the sealed sets and their manifest, the secret, and what was done with them.

use anyhow::{bail, ensure, Context, Result};
use descent_client::{AccountId, H256};
use descent_content::address;
use descent_protocol::ContentRef;
use descent_test_sets::{Manifest, Secret, MAX_MANIFEST_BYTES};
use serde::{de::DeserializeOwned, Deserialize, Serialize};
use std::{
	fs::{self, File, TryLockError},
	io::{ErrorKind, Write},
	path::{Path, PathBuf},
};

/// The folder of a series.
#[derive(Clone, Debug)]
pub(super) struct Folder(PathBuf);

/// The series that the sets of a folder were opened as.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Opened {
	/// Hash of the first block of its chain.
	pub(super) genesis: H256,
	pub(super) series: H256,
	pub(super) requester: AccountId,
}

/// The sealed sets of a folder, as they are published.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Published {
	pub(super) manifest: ContentRef,
	pub(super) anchor: H256,
	pub(super) sealed: Vec<ContentRef>,
}

impl Folder {
	pub(super) fn new(path: impl Into<PathBuf>) -> Self {
		Self(path.into())
	}

	pub(super) fn path(&self) -> &Path {
		&self.0
	}

	/// The values that the keys come from.
	pub(super) fn secret(&self) -> PathBuf {
		self.0.join("secret.json")
	}

	pub(super) fn manifest(&self) -> PathBuf {
		self.0.join("manifest.json")
	}

	/// The folder of the sealed sets.
	pub(super) fn sets(&self) -> PathBuf {
		self.0.join("sets")
	}

	pub(super) fn sealed(&self, number: usize) -> PathBuf {
		self.sets().join(format!("{number:03}.sealed"))
	}

	/// The sets that are sealed so far.
	pub(super) fn progress(&self) -> PathBuf {
		self.0.join("sealing.json")
	}

	/// The series that the sets were opened as.
	pub(super) fn opened(&self) -> PathBuf {
		self.0.join("series.json")
	}

	/// The values that were sent.
	pub(super) fn journal(&self) -> PathBuf {
		self.0.join("released.json")
	}

	/// Keeps other processes from the folder for as long as the file is open.
	///
	/// # Errors
	/// Fails if there is no such folder, or another process has it.
	pub(super) fn lock(&self) -> Result<File> {
		let path = self.0.join(".lock");
		let options = File::options().create(true).truncate(false).write(true).open(&path);
		let file = options.with_context(|| format!("opening {}", path.display()))?;
		match file.try_lock() {
			Ok(()) => Ok(file),
			Err(TryLockError::WouldBlock) => {
				bail!("another process works on {}: one folder takes one at a time", self.0.display())
			}
			Err(TryLockError::Error(error)) => {
				Err(error).with_context(|| format!("locking {}", path.display()))
			}
		}
	}

	/// The sealed sets, checked against the manifest and the secret. `each` tells the content of a file.
	///
	/// # Errors
	/// Fails if not all sets are sealed, or a file was changed.
	pub(super) fn published(&self, mut each: impl FnMut(&Path) -> Result<ContentRef>) -> Result<Published> {
		let secret = Secret::read(&self.secret())?;
		let unfinished = || {
			let shown = self.0.display();
			format!("the sets in {shown} are not all sealed: run descent test-set seal --out {shown} again")
		};
		let manifest = secret.manifest().with_context(unfinished)?;
		let path = self.manifest();
		let found = each(&path)?;
		ensure!(found == manifest, "{} is not the manifest that was made of these sets", path.display());
		let length = fs::metadata(&path)?.len();
		ensure!(length <= MAX_MANIFEST_BYTES, "{} is too long for a manifest", path.display());
		let sets = Manifest::parse(&fs::read(&path)?)?.sets;
		ensure!(sets.len() == usize::from(secret.sets()), "the secret is of another number of sets");
		for (number, set) in sets.iter().enumerate() {
			let path = self.sealed(number);
			let found = each(&path)?;
			ensure!(found == set.sealed, "{} is not the file that was sealed", path.display());
		}
		let sealed = sets.iter().map(|set| set.sealed).collect();
		Ok(Published { manifest, anchor: secret.anchor(), sealed })
	}
}

/// The content of a file, with the file's name if that fails.
pub(super) fn content(path: &Path) -> Result<ContentRef> {
	let named = || format!("reading {}", path.display());
	address(File::open(path).with_context(named)?).with_context(named)
}

/// Reads a JSON file; `None` if there is none.
pub(super) fn read<T: DeserializeOwned>(path: &Path) -> Result<Option<T>> {
	let named = || format!("reading {}", path.display());
	match fs::read(path) {
		Ok(bytes) => serde_json::from_slice(&bytes).with_context(named).map(Some),
		Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
		Err(error) => Err(error).with_context(named),
	}
}

/// Writes a JSON file in place of the one that is there. The file is whole at any time, and on disk when this
/// returns.
pub(super) fn write<T: Serialize>(path: &Path, value: &T) -> Result<()> {
	write_bytes(path, &serde_json::to_vec(value)?)
}

/// Writes a file as [`write()`] does.
pub(super) fn write_bytes(path: &Path, bytes: &[u8]) -> Result<()> {
	let named = || format!("writing {}", path.display());
	let part = part(path);
	let mut file = File::create(&part).with_context(named)?;
	file.write_all(bytes).with_context(named)?;
	file.sync_all().with_context(named)?;
	rename(&part, path)
}

/// The name of a file that is not complete.
pub(super) fn part(path: &Path) -> PathBuf {
	path.with_added_extension("part")
}

/// Gives a complete file its name, and has the name on disk.
pub(super) fn rename(part: &Path, path: &Path) -> Result<()> {
	let renamed = fs::rename(part, path).and_then(|()| {
		let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
		File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
	});
	renamed.with_context(|| format!("writing {}", path.display()))
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn files_are_replaced_as_a_whole() {
		let folder = tempfile::tempdir().unwrap();
		let path = folder.path().join("a.json");
		assert_eq!(read::<u32>(&path).unwrap(), None);
		write(&path, &7).unwrap();
		write(&path, &8).unwrap();
		assert_eq!(read::<u32>(&path).unwrap(), Some(8));
		assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
		fs::write(&path, "x").unwrap();
		let error = read::<u32>(&path).unwrap_err();
		assert!(error.to_string().contains("a.json"), "{error}");
	}

	#[test]
	fn one_process_has_the_folder() {
		let directory = tempfile::tempdir().unwrap();
		let folder = Folder::new(directory.path());
		let held = folder.lock().unwrap();
		let error = folder.lock().unwrap_err();
		assert!(error.to_string().contains("another process"), "{error}");
		drop(held);
		folder.lock().unwrap();
		assert!(Folder::new(directory.path().join("absent")).lock().is_err());
	}
}
