use crate::content::Reference;
use descent_protocol::{hash_chain_link, test_set_key, ContentRef, MAX_TEST_SETS};
use rand::{rngs::OsRng, TryRngCore};
use serde::{Deserialize, Serialize};
use sp_core::H256;
use std::{
	fmt,
	fs::File,
	io::{self, ErrorKind, Read, Write},
	os::unix::fs::PermissionsExt,
	path::{Path, PathBuf},
};
use tempfile::NamedTempFile;
use zeroize::Zeroizing;

/// The version of the format.
const VERSION: u32 = 1;
/// Length of the longest secret file that is read, in bytes.
const LARGEST_FILE: u64 = 4096;
/// The rights of a file that others than its owner have.
const OF_OTHERS: u32 = 0o077;

/// A reason that there is no secret.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
	/// The file can't be read or written.
	#[error("the secret {path}: {source}", path = path.display())]
	File {
		/// The file.
		path: PathBuf,
		/// The failure.
		source: io::Error,
	},
	/// The file for a new secret exists, and may hold one.
	#[error("{path} exists, and a secret is never overwritten: name another folder", path = .0.display())]
	Exists(PathBuf),
	/// Others than the owner can read the file.
	#[error(
		"others can read the secret {path}: run chmod 600 {path}, and seal the sets anew if somebody may \
		 have read it",
		path = .0.display()
	)]
	Exposed(PathBuf),
	/// The file holds something else. The error does not repeat it.
	#[error("{path} is no secret of test sets, or is damaged", path = .0.display())]
	Damaged(PathBuf),
	/// No series has so many sets.
	#[error("a series has 1 to {MAX_TEST_SETS} sets, and not {0}")]
	Number(usize),
	/// The system gave no random bytes.
	#[error("the system's random generator failed: {0}")]
	Random(String),
}

/// The secret of a series of test sets: the last value of its hash chain, from which all keys are computed.
/// Printing it does not show the value, and its memory is overwritten when it is dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
	last: Zeroizing<[u8; 32]>,
	sets: u16,
	manifest: Option<ContentRef>,
}

impl fmt::Debug for Secret {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		f.debug_struct("Secret")
			.field("sets", &self.sets)
			.field("manifest", &self.manifest)
			.finish_non_exhaustive()
	}
}

/// The file of a secret.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
	descent_test_set_secret: u32,
	last: String,
	sets: u16,
	manifest: Option<Reference>,
}

/// The file of a secret as it is written.
#[derive(Serialize)]
struct Written<'a> {
	descent_test_set_secret: u32,
	last: &'a str,
	sets: u16,
	manifest: Option<Reference>,
}

impl Secret {
	/// Draws the secret of a series with so many sets.
	///
	/// # Errors
	/// [`SecretError::Number`] for no sets or more than [`MAX_TEST_SETS`], [`SecretError::Random`].
	pub fn generate(sets: usize) -> Result<Self, SecretError> {
		let number = u16::try_from(sets).ok().filter(|sets| (1..=MAX_TEST_SETS).contains(sets));
		let number = number.ok_or(SecretError::Number(sets))?;
		let mut last = Zeroizing::new([0u8; 32]);
		OsRng.try_fill_bytes(&mut last[..]).map_err(|error| SecretError::Random(error.to_string()))?;
		Ok(Self { last, sets: number, manifest: None })
	}

	/// Number of sets.
	pub fn sets(&self) -> u16 {
		self.sets
	}

	/// The manifest of the sealed sets; `None` until all are sealed.
	pub fn manifest(&self) -> Option<ContentRef> {
		self.manifest
	}

	/// Notes the manifest, once all sets are sealed.
	pub fn set_manifest(&mut self, manifest: ContentRef) {
		self.manifest = Some(manifest);
	}

	/// The first value of the hash chain, which the chain is told when the series is opened.
	pub fn anchor(&self) -> H256 {
		self.before_last(self.sets)
	}

	/// The value of the hash chain that releases the key of a set. `None` if there is no such set.
	pub fn value(&self, index: u16) -> Option<H256> {
		let behind = self.sets.checked_sub(index)?.checked_sub(1)?;
		Some(self.before_last(behind))
	}

	/// The key that seals a set. `None` if there is no such set.
	pub fn key(&self, index: u16) -> Option<H256> {
		self.value(index).map(test_set_key)
	}

	/// The value so many links before the last one.
	fn before_last(&self, links: u16) -> H256 {
		(0..links).fold(H256(*self.last), |value, _| hash_chain_link(value))
	}

	/// Reads a secret from its file.
	///
	/// # Errors
	/// [`SecretError::Exposed`] for a file that others than its owner can read, [`SecretError::Damaged`] for
	/// one that holds no secret, [`SecretError::File`].
	pub fn read(path: &Path) -> Result<Self, SecretError> {
		let failed = |source| SecretError::File { path: path.into(), source };
		let damaged = || SecretError::Damaged(path.into());
		let file = File::open(path).map_err(failed)?;
		let metadata = file.metadata().map_err(failed)?;
		if metadata.permissions().mode() & OF_OTHERS != 0 {
			return Err(SecretError::Exposed(path.into()));
		}
		if !metadata.is_file() || metadata.len() > LARGEST_FILE {
			return Err(damaged());
		}
		let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(LARGEST_FILE).unwrap_or_default()));
		file.take(LARGEST_FILE).read_to_end(&mut bytes).map_err(failed)?;
		Self::parse(&bytes).ok_or_else(damaged)
	}

	fn parse(bytes: &[u8]) -> Option<Self> {
		let stored: Stored = serde_json::from_slice(bytes).ok()?;
		let text = Zeroizing::new(stored.last);
		let mut last = Zeroizing::new([0u8; 32]);
		hex::decode_to_slice(text.strip_prefix("0x")?, &mut last[..]).ok()?;
		let is_valid =
			stored.descent_test_set_secret == VERSION && (1..=MAX_TEST_SETS).contains(&stored.sets);
		let manifest = match stored.manifest {
			None => None,
			Some(manifest) => Some(manifest.content()?),
		};
		is_valid.then_some(Self { last, sets: stored.sets, manifest })
	}

	/// Writes the secret to a new file that only its owner can read, at any time.
	///
	/// # Errors
	/// [`SecretError::Exists`]: a secret is never overwritten; [`SecretError::File`].
	pub fn create(&self, path: &Path) -> Result<(), SecretError> {
		let created = self.draft(path).and_then(|draft| Ok(draft.persist_noclobber(path)?));
		created.and_then(|_| sync(path)).map_err(|source| match source.kind() {
			ErrorKind::AlreadyExists => SecretError::Exists(path.into()),
			_ => SecretError::File { path: path.into(), source },
		})
	}

	/// Writes the secret in place of its file, which has no manifest yet.
	///
	/// # Errors
	/// [`SecretError::Exists`] where the file holds another secret, and those of [`Self::read`].
	pub fn update(&self, path: &Path) -> Result<(), SecretError> {
		if Self::read(path)?.last != self.last {
			return Err(SecretError::Exists(path.into()));
		}
		let written = self.draft(path).and_then(|draft| Ok(draft.persist(path)?));
		written.and_then(|_| sync(path)).map_err(|source| SecretError::File { path: path.into(), source })
	}

	/// The secret in a file beside its own, which only its owner can read, and which is whole before it has
	/// the name.
	fn draft(&self, path: &Path) -> io::Result<NamedTempFile> {
		let mut draft = NamedTempFile::new_in(folder(path))?;
		let text = Zeroizing::new(format!("0x{}", *Zeroizing::new(hex::encode(*self.last))));
		let written = Written {
			descent_test_set_secret: VERSION,
			last: &text,
			sets: self.sets,
			manifest: self.manifest.as_ref().map(Reference::from),
		};
		let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(LARGEST_FILE).unwrap_or_default()));
		serde_json::to_writer(&mut *bytes, &written)?;
		draft.write_all(&bytes)?;
		draft.as_file().sync_all()?;
		Ok(draft)
	}
}

/// The folder of a file.
fn folder(path: &Path) -> &Path {
	let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
	parent.unwrap_or(Path::new("."))
}

/// Has the name of a file on disk.
fn sync(path: &Path) -> io::Result<()> {
	File::open(folder(path))?.sync_all()
}

#[cfg(test)]
#[path = "secret_tests.rs"]
mod tests;
