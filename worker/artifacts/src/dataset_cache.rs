//! Data sets on disk, built from deltas once and kept until their room is needed.

use crate::{
	dataset_log::sources,
	disk::create_directory,
	version_folders::{is_unfinished, remove, size, subfolders, sweep},
	InProcess, VersionBuilder,
};
use anyhow::{bail, ensure, Context, Result};
use descent_dataset::{RecordId, Schema, Set, SetError};
use descent_protocol::{dataset_root, evaluation::DeltaSource, view::LogEntryView};
use sp_core::H256;
use std::{
	collections::HashMap,
	fs,
	path::{Path, PathBuf},
	sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak},
	time::{Instant, SystemTime},
};

/// Versions of data sets on disk, in a bounded number of bytes. Several threads build side by side; no other
/// process may use the directory.
#[derive(Debug)]
pub struct DatasetCache {
	directory: PathBuf,
	max_bytes: u64,
	state: Mutex<State>,
	/// Notified when a build ends.
	changed: Condvar,
	builder: Arc<dyn VersionBuilder>,
}

#[derive(Debug, Default)]
struct State {
	used: HashMap<PathBuf, SystemTime>,
	/// Versions that are being read.
	open: HashMap<PathBuf, Weak<Set>>,
	/// Versions that are being built, and the bytes that each of them needs.
	building: HashMap<PathBuf, u64>,
}

impl State {
	/// Returns true if a version is being read or built.
	fn is_busy(&self, version: &Path) -> bool {
		let read = self.open.get(version).is_some_and(|set| set.strong_count() > 0);
		read || self.building.contains_key(version)
	}

	/// Returns the copy of a version that other threads read already, or else this one.
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

/// Claim of one thread to build a version, given up when it is dropped.
struct BuildGuard<'a> {
	cache: &'a DatasetCache,
	version: PathBuf,
}

impl Drop for BuildGuard<'_> {
	fn drop(&mut self) {
		self.cache.lock().building.remove(&self.version);
		self.cache.changed.notify_all();
	}
}

impl DatasetCache {
	/// Opens the directory, and removes the versions that a killed process left unfinished.
	pub fn open(directory: &Path, max_bytes: u64) -> Result<Self> {
		create_directory(directory)?;
		sweep(directory)?;
		Ok(Self {
			directory: directory.into(),
			max_bytes,
			state: Mutex::default(),
			changed: Condvar::new(),
			builder: Arc::new(InProcess),
		})
	}

	/// Has deltas read by `builder` from now on.
	pub fn set_builder(&mut self, builder: Arc<dyn VersionBuilder>) {
		self.builder = builder;
	}

	/// Returns the data set that `deltas` make, the oldest first. `file` returns the file of a delta where it
	/// is needed. If another thread builds a version that is needed, this waits for it, at the latest until
	/// `until`.
	pub fn build<F: AsRef<Path>>(
		&self,
		schema: &Schema,
		deltas: &[DeltaSource],
		until: Instant,
		mut file: impl FnMut(&DeltaSource) -> Result<F>,
	) -> Result<Arc<Set>> {
		self.grow(schema, &digests(deltas), until, |number| file(&deltas[number]), |_, _| Ok(()))
	}

	/// Returns the version that a whole log makes, as [`Self::build`] does, and compares the length of each
	/// version that it builds with the log.
	pub fn build_log<F: AsRef<Path>>(
		&self,
		schema: &Schema,
		log: &[LogEntryView],
		until: Instant,
		mut file: impl FnMut(&LogEntryView) -> Result<F>,
	) -> Result<Arc<Set>> {
		let check = |number: usize, set: &Set| {
			let LogEntryView { version, root, report, .. } = &log[number];
			let records = report.map_or(set.len(), |report| report.records);
			ensure!(
				set.root() == *root && set.len() == records,
				"version {version} is not the one in the log: it has {} records and the root {:?}",
				set.len(),
				set.root()
			);
			Ok(())
		};
		self.grow(schema, &digests(&sources(log)), until, |number| file(&log[number]), check)
	}

	/// Returns the bytes of disk that are needed at most to build a data set of the one delta in `file`.
	pub(crate) fn needed(&self, schema: &Schema, file: &Path, until: Instant) -> Result<u64> {
		Ok(Set::disk_bytes(schema, 0, self.builder.rows(file, schema, until)?))
	}

	/// Reads the longest part of `deltas` that is on disk as a whole and returns its number of deltas.
	/// Versions that are damaged are removed.
	pub fn verify(&self, schema: &Schema, deltas: &[DeltaSource]) -> Result<usize> {
		let (_, done) = self.latest(&self.folder(schema)?, schema, &digests(deltas), Set::verify)?;
		Ok(done)
	}

	fn grow<F: AsRef<Path>>(
		&self,
		schema: &Schema,
		digests: &[H256],
		until: Instant,
		mut file: impl FnMut(usize) -> Result<F>,
		check: impl Fn(usize, &Set) -> Result<()>,
	) -> Result<Arc<Set>> {
		let folder = self.folder(schema)?;
		create_directory(&folder)?;
		let mut passed = None;
		loop {
			let (base, done) = self.latest(&folder, schema, digests, |_| Ok(()))?;
			let Some(digest) = digests.get(done) else {
				return base.context("a data set without deltas has no version");
			};
			let root = dataset_root(base.as_deref().map_or(H256::zero(), Set::root), *digest);
			// If another thread is building it, there is nothing to do but to look again.
			let Some(guard) = self.claim(folder.join(hex::encode(root)), until)? else {
				continue;
			};
			let file = file(done)?;
			let rows = self.builder.rows(file.as_ref(), schema, until);
			let rows = rows.context("a delta of the data set cannot be read")?;
			let needed = self.make_room(&guard, schema, base.as_deref(), rows)?;
			let (base_set, file) = (base.as_deref(), file.as_ref());
			let next = self
				.builder
				.build(&folder, base_set, file, *digest, schema, needed, until)
				.with_context(|| format!("version {} cannot be built", done + 1))?;
			check(done, &next)?;
			let next = self.lock().share(next);
			drop((guard, base));
			// Nothing but the wanted version is needed of those built here.
			if let Some(passed) = passed.replace(next.clone()) {
				self.forget(passed)?;
			}
			if done + 1 == digests.len() {
				return Ok(next);
			}
		}
	}

	fn folder(&self, schema: &Schema) -> Result<PathBuf> {
		Ok(self.directory.join(RecordId::of(&serde_json::to_vec(schema)?).to_string()))
	}

	/// Claims a version that no other thread builds. Otherwise waits for a change, at the latest until
	/// `until`.
	fn claim(&self, version: PathBuf, until: Instant) -> Result<Option<BuildGuard<'_>>> {
		let mut state = self.lock();
		if !state.building.contains_key(&version) {
			state.building.insert(version.clone(), 0);
			return Ok(Some(BuildGuard { cache: self, version }));
		}
		let left = until.saturating_duration_since(Instant::now());
		ensure!(!left.is_zero(), "the data set was not built in time");
		let waited = self.changed.wait_timeout(state, left);
		drop(waited.unwrap_or_else(PoisonError::into_inner));
		Ok(None)
	}

	/// Removes a version unless another thread needs it.
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

	/// Removes the versions used longest ago until a delta of `rows` rows, applied to `base`, has room.
	/// Returns the bytes that it needs.
	fn make_room(&self, guard: &BuildGuard, schema: &Schema, base: Option<&Set>, rows: u64) -> Result<u64> {
		let needed = Set::disk_bytes(schema, base.map_or(0, Set::len), rows);
		ensure!(
			needed <= self.max_bytes,
			"the data set needs {needed} bytes on disk, but only {} are allowed: raise --max-data",
			self.max_bytes
		);
		let mut state = self.lock();
		let mut versions = Vec::new();
		for folder in subfolders(&self.directory)? {
			for version in subfolders(&folder)?.into_iter().filter(|version| !is_unfinished(version)) {
				let written = fs::metadata(&version)?.modified()?;
				let used = state.used.get(&version).copied().unwrap_or(written);
				versions.push((used, size(&version)?, version));
			}
		}
		let on_disk = versions.iter().map(|(_, bytes, _)| *bytes);
		let reserved = state.building.values().copied();
		let mut total = on_disk.chain(reserved).fold(needed, u64::saturating_add);
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
			"the data set and those in use need {total} bytes on disk, but only {} are allowed: \
			 raise --max-data",
			self.max_bytes
		);
		state.building.insert(guard.version.clone(), needed);
		Ok(needed)
	}

	/// Finds the version on disk that has most of the deltas and passes `check`, and its number of deltas.
	fn latest(
		&self,
		folder: &Path,
		schema: &Schema,
		digests: &[H256],
		check: impl Fn(&Set) -> Result<(), SetError>,
	) -> Result<(Option<Arc<Set>>, usize)> {
		let mut roots = Vec::with_capacity(digests.len());
		let mut root = H256::zero();
		for digest in digests {
			root = dataset_root(root, *digest);
			roots.push(root);
		}
		// The lock keeps other threads from removing a version between finding and sharing it.
		let mut state = self.lock();
		for (position, root) in roots.iter().enumerate().rev() {
			let opened = Set::open(folder, *root, schema);
			match opened.and_then(|set| set.as_ref().map_or(Ok(()), &check).map(|()| set)) {
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

fn digests(deltas: &[DeltaSource]) -> Vec<H256> {
	deltas.iter().map(|source| source.delta.digest).collect()
}

#[cfg(test)]
#[path = "dataset_cache_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "dataset_cache_log_tests.rs"]
mod log_tests;
