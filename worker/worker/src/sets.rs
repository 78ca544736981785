//! Data sets on disk, built from deltas once and used until their room is needed.

use crate::disk::create_directory;
use anyhow::{bail, ensure, Context, Result};
use descent_data::{DeltaLimits, DeltaReader, Schema, Set, SetError};
use descent_protocol::ContentRef;
use sp_core::H256;
use sp_crypto_hashing::blake2_256;
use std::{
	collections::HashMap,
	ffi::OsString,
	fs,
	path::{Path, PathBuf},
	sync::Arc,
	time::SystemTime,
};

/// Bytes of a set's index per record.
const INDEX_ENTRY: u64 = 40;

/// The versions of data sets that are on disk, at most so many bytes of them.
#[derive(Debug)]
pub struct Sets {
	directory: PathBuf,
	max_bytes: u64,
	used: HashMap<PathBuf, SystemTime>,
}

impl Sets {
	/// Opens the directory, and removes what a process that was killed was building.
	pub fn open(directory: &Path, max_bytes: u64) -> Result<Self> {
		create_directory(directory)?;
		for folder in folders(directory)? {
			for version in folders(&folder)? {
				if is_unfinished(&version) {
					remove(&version)?;
				}
			}
		}
		Ok(Self {
			directory: directory.into(),
			max_bytes,
			used: HashMap::new(),
		})
	}

	/// The data set that `deltas` make, the oldest first. `file` brings a delta's file where it is needed.
	pub fn build(
		&mut self,
		schema: &Schema,
		deltas: &[ContentRef],
		mut file: impl FnMut(&ContentRef) -> Result<tempfile::TempPath>,
	) -> Result<Arc<Set>> {
		let shelf = self
			.directory
			.join(hex::encode(blake2_256(&serde_json::to_vec(schema)?)));
		create_directory(&shelf)?;
		let (mut set, done) = latest(&shelf, schema, deltas)?;
		for (number, delta) in deltas.iter().enumerate().skip(done) {
			let path = file(delta)?;
			self.make_room(schema, set.as_ref(), &path)?;
			let next = Set::apply(
				&shelf,
				set.as_ref(),
				&path,
				delta.digest,
				schema,
				&DeltaLimits::default(),
			);
			let next = next.with_context(|| format!("delta {number} ({:?}) does not apply", delta.digest))?;
			// Versions on the way to the wanted one are of no use to anybody.
			if let Some(previous) = set.replace(next).filter(|_| number > done) {
				remove(previous.folder())?;
			}
		}
		let set = set.context("the group's data set has no delta")?;
		self.used.insert(set.folder().into(), SystemTime::now());
		Ok(Arc::new(set))
	}

	/// Removes the versions used longest ago until what `delta` makes of `base` has room.
	fn make_room(&mut self, schema: &Schema, base: Option<&Set>, delta: &Path) -> Result<()> {
		let limits = DeltaLimits::default();
		let rows = DeltaReader::open(delta, schema, &limits)
			.context("a delta of the data set cannot be read")?
			.len();
		let records = rows.saturating_add(base.map_or(0, Set::len));
		let width = (schema.record_bytes() as u64).saturating_add(INDEX_ENTRY);
		// while it is built, the added records lie there twice
		let needed = records.saturating_add(rows).saturating_mul(width);
		ensure!(
			needed <= self.max_bytes,
			"the data set needs {needed} bytes on disk, but only {} are allowed: raise --max-data",
			self.max_bytes
		);
		let mut versions = Vec::new();
		for shelf in folders(&self.directory)? {
			for version in folders(&shelf)? {
				let written = fs::metadata(&version)?.modified()?;
				let used = self.used.get(&version).copied().unwrap_or(written);
				versions.push((used, size(&version)?, version));
			}
		}
		let mut total = versions.iter().map(|(_, bytes, _)| *bytes).sum::<u64>();
		versions.sort();
		for (_, bytes, version) in versions {
			if total.saturating_add(needed) <= self.max_bytes {
				return Ok(());
			}
			if base.is_none_or(|base| base.folder() != version) {
				remove(&version)?;
				self.used.remove(&version);
				total = total.saturating_sub(bytes);
			}
		}
		ensure!(
			total.saturating_add(needed) <= self.max_bytes,
			"the data set and its last version need {} bytes on disk, but only {} are allowed: raise --max-data",
			total.saturating_add(needed),
			self.max_bytes
		);
		Ok(())
	}
}

/// The version with most of the deltas that is on disk, and how many of them it has.
fn latest(shelf: &Path, schema: &Schema, deltas: &[ContentRef]) -> Result<(Option<Set>, usize)> {
	let mut roots = Vec::with_capacity(deltas.len());
	let mut root = H256::zero();
	for delta in deltas {
		root = descent_protocol::dataset_root(root, delta.digest);
		roots.push(root);
	}
	for (position, root) in roots.iter().enumerate().rev() {
		match Set::open(shelf, *root, schema) {
			Ok(None) => {}
			Ok(set) => return Ok((set, position + 1)),
			Err(SetError::Damaged { folder, reason }) => {
				tracing::warn!(folder = %folder.display(), "building a damaged data set again: {reason}");
				remove(&folder)?;
			}
			Err(error) => bail!(error),
		}
	}
	Ok((None, 0))
}

fn is_unfinished(version: &Path) -> bool {
	let name = version.file_name().and_then(|name| name.to_str());
	name.is_none_or(|name| name.starts_with('.'))
}

fn folders(directory: &Path) -> Result<Vec<PathBuf>> {
	let entries = fs::read_dir(directory).with_context(|| format!("cannot read {}", directory.display()))?;
	let mut folders = Vec::new();
	for entry in entries {
		let entry = entry?;
		if entry.file_type()?.is_dir() {
			folders.push(entry.path());
		}
	}
	Ok(folders)
}

fn size(folder: &Path) -> Result<u64> {
	let mut bytes = 0;
	for entry in fs::read_dir(folder)? {
		bytes += entry?.metadata()?.len();
	}
	Ok(bytes)
}

/// Removes a version. It loses its name first: where the process is killed meanwhile, what is left is no version that
/// lacks a file, but something unfinished.
fn remove(folder: &Path) -> Result<()> {
	let failed = || format!("cannot remove {}", folder.display());
	let name = folder.file_name().with_context(failed)?;
	let mut hidden = OsString::from(".");
	hidden.push(name);
	let hidden = folder.with_file_name(hidden);
	if hidden.exists() {
		fs::remove_dir_all(&hidden).with_context(failed)?;
	}
	fs::rename(folder, &hidden).with_context(failed)?;
	fs::remove_dir_all(&hidden).with_context(failed)
}

#[cfg(test)]
#[path = "sets_tests.rs"]
mod tests;
