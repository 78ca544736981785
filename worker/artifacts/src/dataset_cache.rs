//! Data sets on disk, built from deltas once and used until their room is needed.

use crate::disk::create_directory;
use anyhow::{bail, ensure, Context, Result};
use blake2::{digest::consts::U32, Blake2b, Digest};
use descent_dataset::{DeltaLimits, DeltaReader, Schema, Set, SetError};
use descent_protocol::{dataset_root, evaluation::DeltaSource};
use sp_core::H256;
use std::{
	collections::HashMap,
	ffi::OsString,
	fs,
	path::{Path, PathBuf},
	sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak},
	time::{Instant, SystemTime},
};

/// The versions of data sets that are on disk, at most so many bytes of them. Several threads build side by side.
#[derive(Debug)]
pub struct DatasetCache {
	directory: PathBuf,
	max_bytes: u64,
	state: Mutex<State>,
	/// Something is no longer being built.
	changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
	used: HashMap<PathBuf, SystemTime>,
	/// Versions that somebody reads.
	open: HashMap<PathBuf, Weak<Set>>,
	/// Versions that are being built, and the room that each of them needs.
	building: HashMap<PathBuf, u64>,
}

impl State {
	/// Whether a version is read or just coming into being.
	fn is_busy(&self, version: &Path) -> bool {
		let read = self.open.get(version).is_some_and(|set| set.strong_count() > 0);
		read || self.building.contains_key(version)
	}

	/// The version as others read it already, or else this one.
	fn share(&mut self, set: Set) -> Arc<Set> {
		let folder = set.folder().to_owned();
		self.used.insert(folder.clone(), SystemTime::now());
		if let Some(set) = self.open.get(&folder).and_then(Weak::upgrade) {
			return set;
		}
		let set = Arc::new(set);
		self.open.retain(|_, open| open.strong_count() > 0);
		self.open.insert(folder, Arc::downgrade(&set));
		set
	}
}

/// A version that is being built, until this is dropped.
struct BuildGuard<'a> {
	sets: &'a DatasetCache,
	version: PathBuf,
}

impl Drop for BuildGuard<'_> {
	fn drop(&mut self) {
		self.sets.lock().building.remove(&self.version);
		self.sets.changed.notify_all();
	}
}

impl DatasetCache {
	/// Opens the directory, and removes what a process that was killed was building.
	pub fn open(directory: &Path, max_bytes: u64) -> Result<Self> {
		create_directory(directory)?;
		for folder in folders(directory)? {
			for version in folders(&folder)? {
				if is_unfinished(&version) {
					fs::remove_dir_all(&version)
						.with_context(|| format!("cannot remove {}", version.display()))?;
				}
			}
		}
		Ok(Self { directory: directory.into(), max_bytes, state: Mutex::default(), changed: Condvar::new() })
	}

	/// The data set that `deltas` make, the oldest first. `file` brings a delta's file where it is needed. Where another thread
	/// builds what is needed, this waits for it, at the latest until `until`.
	pub fn build<F: AsRef<Path>>(
		&self,
		schema: &Schema,
		deltas: &[DeltaSource],
		until: Instant,
		mut file: impl FnMut(&DeltaSource) -> Result<F>,
	) -> Result<Arc<Set>> {
		let shelf = self.directory.join(hex::encode(Blake2b::<U32>::digest(serde_json::to_vec(schema)?)));
		create_directory(&shelf)?;
		let mut passed = None;
		loop {
			let (set, done) = self.latest(&shelf, schema, deltas)?;
			let Some(source) = deltas.get(done) else {
				return set.context("the group's data set has no delta");
			};
			let base = set.as_deref();
			let root = dataset_root(base.map_or(H256::zero(), Set::root), source.delta.digest);
			// Where another thread is building it, there is nothing to do but to look again.
			let Some(site) = self.claim(shelf.join(hex::encode(root)), until)? else {
				continue;
			};
			let file = file(source)?;
			let path = file.as_ref();
			self.make_room(&site, schema, base, path)?;
			let limits = DeltaLimits::default();
			let next = Set::apply(&shelf, base, path, source.delta.digest, schema, &limits);
			let next =
				next.with_context(|| format!("delta {done} ({:?}) does not apply", source.delta.digest))?;
			let next = self.lock().share(next);
			drop((site, set));
			// Versions on the way to the wanted one are of no use to anybody.
			if let Some(passed) = passed.replace(next.clone()) {
				self.forget(passed)?;
			}
			if done + 1 == deltas.len() {
				return Ok(next);
			}
		}
	}

	/// The site of a version that nobody else builds. Otherwise waits for a change, at the latest until `until`.
	fn claim(&self, version: PathBuf, until: Instant) -> Result<Option<BuildGuard<'_>>> {
		let mut state = self.lock();
		if !state.building.contains_key(&version) {
			state.building.insert(version.clone(), 0);
			return Ok(Some(BuildGuard { sets: self, version }));
		}
		let left = until.saturating_duration_since(Instant::now());
		ensure!(!left.is_zero(), "the data set was not built in time");
		let waited = self.changed.wait_timeout(state, left);
		drop(waited.unwrap_or_else(PoisonError::into_inner));
		Ok(None)
	}

	/// Removes a version unless somebody else needs it.
	fn forget(&self, set: Arc<Set>) -> Result<()> {
		let folder = set.folder().to_owned();
		let mut state = self.lock();
		drop(set);
		if !state.is_busy(&folder) {
			remove(&folder)?;
			state.used.remove(&folder);
		}
		Ok(())
	}

	/// Removes the versions used longest ago until what `path` makes of `base` has room.
	fn make_room(&self, site: &BuildGuard, schema: &Schema, base: Option<&Set>, path: &Path) -> Result<()> {
		let rows = DeltaReader::open(path, schema, &DeltaLimits::default())
			.context("a delta of the data set cannot be read")?
			.len();
		let needed = Set::disk_bytes(schema, base.map_or(0, Set::len), rows);
		ensure!(
			needed <= self.max_bytes,
			"the data set needs {needed} bytes on disk, but only {} are allowed: raise --max-data",
			self.max_bytes
		);
		let mut state = self.lock();
		let mut versions = Vec::new();
		for shelf in folders(&self.directory)? {
			for version in folders(&shelf)?.into_iter().filter(|version| !is_unfinished(version)) {
				let written = fs::metadata(&version)?.modified()?;
				let used = state.used.get(&version).copied().unwrap_or(written);
				versions.push((used, size(&version)?, version));
			}
		}
		let there = versions.iter().map(|(_, bytes, _)| *bytes);
		let reserved = state.building.values().copied();
		let mut total = there.chain(reserved).fold(needed, u64::saturating_add);
		versions.sort();
		for (_, bytes, version) in versions {
			if total <= self.max_bytes {
				break;
			}
			if !state.is_busy(&version) {
				remove(&version)?;
				state.used.remove(&version);
				total = total.saturating_sub(bytes);
			}
		}
		ensure!(
			total <= self.max_bytes,
			"the data set and those in use need {total} bytes on disk, but only {} are allowed: raise --max-data",
			self.max_bytes
		);
		state.building.insert(site.version.clone(), needed);
		Ok(())
	}

	/// The version with most of the deltas that is on disk, and how many of them it has.
	fn latest(
		&self,
		shelf: &Path,
		schema: &Schema,
		deltas: &[DeltaSource],
	) -> Result<(Option<Arc<Set>>, usize)> {
		let mut roots = Vec::with_capacity(deltas.len());
		let mut root = H256::zero();
		for source in deltas {
			root = dataset_root(root, source.delta.digest);
			roots.push(root);
		}
		// Nobody removes a version between finding and sharing it.
		let mut state = self.lock();
		for (position, root) in roots.iter().enumerate().rev() {
			match Set::open(shelf, *root, schema) {
				Ok(None) => {}
				Ok(Some(set)) => return Ok((Some(state.share(set)), position + 1)),
				Err(SetError::Damaged { folder, reason }) => {
					tracing::warn!(folder = %folder.display(), "building a damaged data set again: {reason}");
					state.open.remove(&folder);
					remove(&folder)?;
				}
				Err(error) => bail!(error),
			}
		}
		Ok((None, 0))
	}

	fn lock(&self) -> MutexGuard<'_, State> {
		// every critical section leaves the state valid at each step
		self.state.lock().unwrap_or_else(PoisonError::into_inner)
	}
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
#[path = "dataset_cache_tests.rs"]
mod tests;
