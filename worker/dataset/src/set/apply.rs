//! Checks and applies deltas.

use super::changes::{Changes, Scratch, Summary};
use super::index::{Index, DAMAGED};
use super::removed::Removed;
use super::{Header, Set, SetError, INDEX, RECORDS, SET};
use crate::delta::{DeltaError, DeltaLimits};
use crate::schema::Schema;
use crate::sort::RUN;
use sp_core::H256;
use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;

/// Prefix of the folders of unfinished versions.
const BUILDING: &str = ".building-";
/// Number of bytes on disk for one row of a delta while it is sorted: its id, and its position twice.
const SORTED_ROW: u64 = 64;
/// Number of bytes of the index for one record.
const INDEXED: u64 = 40;

/// Reads a delta and checks that it applies to `base`, where `None` is the empty set. It writes only nameless
/// files in the folder `scratch`, up to 64 bytes per row, which are gone when it returns.
///
/// The result depends on the file and the base alone. If several rows are wrong, the error is about the first
/// one.
///
/// # Errors
/// See [`DeltaError`].
pub fn check(
	scratch: &Path,
	base: Option<&Set>,
	delta: &Path,
	schema: &Schema,
	limits: &DeltaLimits,
) -> Result<Summary, DeltaError> {
	let scratch = Scratch { folder: scratch, run: RUN };
	Ok(Changes::read(base, delta, scratch, schema, limits, |_| Ok(()))?.summary)
}

fn failed(error: SetError) -> DeltaError {
	match error {
		SetError::Io(e) => DeltaError::Io(e),
		other => DeltaError::Io(io::Error::other(other)),
	}
}

impl Set {
	/// Applies a delta to `base`, where `None` is the empty set, and opens the resulting version.
	///
	/// The version's root is [`descent_protocol::dataset_root`] of the base's root and `digest`, the digest
	/// of the delta's content reference, which the caller has checked. It needs up to [`Set::disk_bytes`] of
	/// disk. If the version exists already, it is opened and the delta is not read.
	///
	/// # Errors
	/// Those of [`check`].
	pub fn apply(
		store: &Path,
		base: Option<&Set>,
		delta: &Path,
		digest: H256,
		schema: &Schema,
		limits: &DeltaLimits,
	) -> Result<Set, DeltaError> {
		let root = descent_protocol::dataset_root(base.map_or(H256::zero(), Set::root), digest);
		if let Some(set) = Set::open(store, root, schema).map_err(failed)? {
			return Ok(set);
		}
		Self::build(store, base, delta, root, schema, limits, RUN)
	}

	/// Returns the most bytes of disk that are needed while a delta of `rows` rows is applied to a version of
	/// `base` records. The finished version takes less.
	pub fn disk_bytes(schema: &Schema, base: u64, rows: u64) -> u64 {
		let width = (schema.record_bytes() as u64).saturating_add(INDEXED);
		// Additions are on disk twice.
		let records = base.saturating_add(rows.saturating_mul(2));
		width.saturating_mul(records).saturating_add(rows.saturating_mul(SORTED_ROW))
	}

	pub(super) fn build(
		store: &Path,
		base: Option<&Set>,
		delta: &Path,
		root: H256,
		schema: &Schema,
		limits: &DeltaLimits,
		run: usize,
	) -> Result<Set, DeltaError> {
		std::fs::create_dir_all(store)?;
		let folder = tempfile::Builder::new().prefix(BUILDING).tempdir_in(store)?;
		let mut sink = BufWriter::with_capacity(1 << 20, tempfile::tempfile_in(store)?);
		let scratch = Scratch { folder: store, run };
		let changes = Changes::read(base, delta, scratch, schema, limits, |record| sink.write_all(record))?;
		let mut added = sink.into_inner().map_err(|e| e.into_error())?;
		let mut removed = Removed::new(&changes.removed, store)?;
		let summary = changes.summary;

		let mut records = File::create(folder.path().join(RECORDS))?;
		if let Some(base) = base {
			copy_kept(base, &removed, &mut records)?;
		}
		added.seek(SeekFrom::Start(0))?;
		io::copy(&mut added, &mut records)?;
		drop(added);
		records.sync_all()?;
		let kept = summary.records - summary.added;
		let entries = changes.added()?.map(|entry| entry.map(|(id, order)| (id, kept + order)));
		let index = File::create(folder.path().join(INDEX))?;
		Index::write(base.map(|base| &base.index), &mut removed, entries, index)?;
		let header = Header { root, len: summary.records, schema: schema.clone() };
		let mut file = File::create(folder.path().join(SET))?;
		file.write_all(&serde_json::to_vec(&header).map_err(io::Error::other)?)?;
		file.sync_all()?;
		File::open(folder.path())?.sync_all()?;

		let name = store.join(hex::encode(root));
		let built = folder.keep();
		if let Err(error) = std::fs::rename(&built, &name) {
			std::fs::remove_dir_all(&built)?;
			// Another process may have built the same version in the meantime.
			if !name.is_dir() {
				return Err(error.into());
			}
		}
		File::open(store)?.sync_all()?;
		tracing::debug!(?root, added = summary.added, removed = summary.removed, "data set version built");
		Set::open(store, root, schema)
			.map_err(failed)?
			.ok_or_else(|| io::Error::other("the data set version vanished while it was built").into())
	}

	/// Removes the unfinished versions in the folder `store`: the folders whose names begin with a dot. It
	/// must be called only while no other process uses `store`, for example when a service starts.
	pub fn sweep(store: &Path) -> io::Result<()> {
		let entries = match std::fs::read_dir(store) {
			Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
			entries => entries?,
		};
		for entry in entries {
			let entry = entry?;
			let is_unfinished = entry.file_name().to_string_lossy().starts_with('.');
			if is_unfinished && entry.file_type()?.is_dir() {
				std::fs::remove_dir_all(entry.path())?;
			}
		}
		Ok(())
	}
}

/// Copies the base's records between the removed positions.
fn copy_kept(base: &Set, removed: &Removed, out: &mut File) -> io::Result<()> {
	let width = base.schema.record_bytes() as u64;
	// Opened anew, because clones share their position with other readers.
	let mut source = File::open(base.folder.join(RECORDS))?;
	let damaged = || io::Error::new(io::ErrorKind::InvalidData, DAMAGED);
	let mut start = 0;
	for end in removed.iter().chain([Ok(base.len)]) {
		let end = end?;
		source.seek(SeekFrom::Start(start * width))?;
		let wanted = end.checked_sub(start).ok_or_else(damaged)? * width;
		let copied = io::copy(&mut Read::by_ref(&mut source).take(wanted), out)?;
		if copied != wanted {
			return Err(damaged());
		}
		start = end + 1;
	}
	Ok(())
}
