//! Applying a delta.

use super::index::Index;
use super::{Header, Set, SetError, INDEX, RECORDS, SET};
use crate::delta::{DeltaError, DeltaLimits, DeltaReader, Problem};
use crate::schema::{RecordId, Schema};
use serde::Serialize;
use sp_core::H256;
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;

/// Prefix of the folders of versions that are being built.
const BUILDING: &str = ".building-";

/// What a delta does to a data set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
	/// Records that it adds.
	pub added: u64,
	/// Records that it removes.
	pub removed: u64,
}

/// Where the delta's ids go.
#[derive(Default)]
struct Changes {
	/// Ids of the delta; the order of additions, or the base's position of a removal.
	ids: HashMap<RecordId, Change>,
	added: u64,
	removed: u64,
}

enum Change {
	Add(u64),
	Remove(u64),
}

/// Reads a delta and checks that it applies to `base` (`None`: the empty set); writes nothing.
pub fn check(
	base: Option<&Set>,
	delta: &Path,
	schema: &Schema,
	limits: &DeltaLimits,
) -> Result<Summary, DeltaError> {
	let changes = read(base, delta, schema, limits, |_| Ok(()))?;
	Ok(Summary {
		added: changes.added,
		removed: changes.removed,
	})
}

fn read(
	base: Option<&Set>,
	delta: &Path,
	schema: &Schema,
	limits: &DeltaLimits,
	mut add: impl FnMut(&[u8]) -> std::io::Result<()>,
) -> Result<Changes, DeltaError> {
	if base.is_some_and(|base| base.schema != *schema) {
		return Err(failed(SetError::OtherSchema));
	}
	let mut changes = Changes::default();
	for row in DeltaReader::open(delta, schema, limits)? {
		let row = row?;
		let id = row.id;
		let refuse = |problem| {
			Err(DeltaError::Row {
				row: row.number,
				problem,
			})
		};
		if changes.ids.contains_key(&id) {
			return refuse(Problem::Repeated(id));
		}
		let position = base.map_or(Ok(None), |base| base.index.find(id))?;
		let change = match (&row.record, position) {
			(Some(_), Some(_)) => return refuse(Problem::Duplicate(id)),
			(None, None) => return refuse(Problem::Absent(id)),
			(Some(record), None) => {
				add(record)?;
				changes.added += 1;
				Change::Add(changes.added - 1)
			}
			(None, Some(position)) => {
				changes.removed += 1;
				Change::Remove(position)
			}
		};
		changes.ids.insert(id, change);
	}
	Ok(changes)
}

fn failed(error: SetError) -> DeltaError {
	match error {
		SetError::Io(e) => DeltaError::Io(e),
		other => DeltaError::Io(std::io::Error::other(other)),
	}
}

impl Set {
	/// Applies a delta to `base` (`None`: the empty set) and opens the version that results, whose root is
	/// [`descent_protocol::dataset_root`] of the base's root and `digest`, the digest of the delta's content
	/// reference, which the caller has checked. Needs disk for one more copy of the set. A version that is
	/// there already is opened, and the delta not read.
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
		std::fs::create_dir_all(store)?;
		let folder = tempfile::Builder::new().prefix(BUILDING).tempdir_in(store)?;
		let added = tempfile::tempfile_in(store)?;
		let mut sink = BufWriter::with_capacity(1 << 20, added);
		let changes = read(base, delta, schema, limits, |record| sink.write_all(record))?;
		let mut added = sink.into_inner().map_err(|e| e.into_error())?;

		let mut removed: Vec<u64> = changes
			.ids
			.values()
			.filter_map(|change| match change {
				Change::Remove(position) => Some(*position),
				Change::Add(_) => None,
			})
			.collect();
		removed.sort_unstable();
		let kept = base.map_or(0, Set::len) - changes.removed;
		let mut entries: Vec<_> = changes
			.ids
			.iter()
			.filter_map(|(id, change)| match change {
				Change::Add(order) => Some((*id, kept + order)),
				Change::Remove(_) => None,
			})
			.collect();
		entries.sort_unstable();

		let mut records = File::create(folder.path().join(RECORDS))?;
		if let Some(base) = base {
			copy_kept(base, &removed, &mut records)?;
		}
		added.seek(SeekFrom::Start(0))?;
		std::io::copy(&mut added, &mut records)?;
		records.sync_all()?;
		let index = File::create(folder.path().join(INDEX))?;
		Index::write(base.map(|base| &base.index), &removed, &entries, index)?;
		let header = Header {
			root,
			len: kept + changes.added,
			schema: schema.clone(),
		};
		let mut file = File::create(folder.path().join(SET))?;
		file.write_all(&serde_json::to_vec(&header).map_err(std::io::Error::other)?)?;
		file.sync_all()?;
		File::open(folder.path())?.sync_all()?;

		let name = store.join(hex::encode(root));
		let built = folder.keep();
		if let Err(error) = std::fs::rename(&built, &name) {
			std::fs::remove_dir_all(&built)?;
			// another process may have built the same version meanwhile
			if !name.is_dir() {
				return Err(error.into());
			}
		}
		File::open(store)?.sync_all()?;
		tracing::debug!(
			?root,
			added = changes.added,
			removed = changes.removed,
			"data set version built"
		);
		Set::open(store, root, schema)
			.map_err(failed)?
			.ok_or_else(|| std::io::Error::other("the data set version vanished while it was built").into())
	}
}

impl Set {
	/// Removes what versions that were never finished have left under `store`. To be called while no other
	/// process builds there, as when a service starts.
	pub fn sweep(store: &Path) -> std::io::Result<()> {
		let entries = match std::fs::read_dir(store) {
			Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
			entries => entries?,
		};
		for entry in entries {
			let entry = entry?;
			if entry.file_name().to_string_lossy().starts_with(BUILDING) {
				std::fs::remove_dir_all(entry.path())?;
			}
		}
		Ok(())
	}
}

/// Copies the base's records between the removed positions, which are ascending.
fn copy_kept(base: &Set, removed: &[u64], out: &mut File) -> std::io::Result<()> {
	let width = base.schema.record_bytes() as u64;
	// a file of its own: clones would share the position with other readers
	let mut source = File::open(base.folder.join(RECORDS))?;
	let mut start = 0;
	for end in removed.iter().copied().chain([base.len]) {
		source.seek(SeekFrom::Start(start * width))?;
		let wanted = (end - start) * width;
		let copied = std::io::copy(&mut Read::by_ref(&mut source).take(wanted), out)?;
		if copied != wanted {
			return Err(std::io::Error::other(
				"the base version is shorter than it should be",
			));
		}
		start = end + 1;
	}
	Ok(())
}
