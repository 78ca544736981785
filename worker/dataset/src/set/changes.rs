//! The effect of a delta on a data set, computed in memory that depends on the size of neither.

use super::{Set, SetError};
use crate::delta::{DeltaError, DeltaLimits, DeltaReader, Problem};
use crate::schema::{RecordId, Schema};
use crate::sort::{Sorted, Sorter};
use serde::Serialize;
use sp_core::H256;
use std::io;
use std::path::Path;

/// Effect of a delta on a data set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
	/// Number of records that the delta adds.
	pub added: u64,
	/// Number of records that the delta removes.
	pub removed: u64,
	/// Number of records after the delta.
	pub records: u64,
	/// Digest of the rows, whatever file they are in: blake2b-256 over one byte (0 add, 1 remove) and the 32
	/// bytes of the id for every row, in the order of the file.
	pub rows: H256,
}

/// A row in the sorter: its id, its number, and the order among the additions, or [`REMOVAL`].
type Change = [u8; 48];
const REMOVAL: u64 = u64::MAX;

fn encode(id: RecordId, row: u64, order: u64) -> Change {
	let mut change = [0; 48];
	change[..32].copy_from_slice(&id.0);
	change[32..40].copy_from_slice(&row.to_be_bytes());
	change[40..].copy_from_slice(&order.to_be_bytes());
	change
}

fn decode(change: &Change) -> (RecordId, u64, u64) {
	let mut id = [0; 32];
	let (mut row, mut order) = ([0; 8], [0; 8]);
	id.copy_from_slice(&change[..32]);
	row.copy_from_slice(&change[32..40]);
	order.copy_from_slice(&change[40..]);
	(RecordId(id), u64::from_be_bytes(row), u64::from_be_bytes(order))
}

/// Folder for scratch files, and the number of entries that are sorted in memory.
#[derive(Clone, Copy)]
pub(super) struct Scratch<'a> {
	pub(super) folder: &'a Path,
	pub(super) run: usize,
}

/// Changes of a delta that applies.
pub(super) struct Changes {
	ids: Sorted<48>,
	/// Positions of the removed records in the base, big-endian.
	pub(super) removed: Sorted<8>,
	pub(super) summary: Summary,
}

impl Changes {
	/// Reads a delta that applies to `base`, where `None` is the empty set. `add` gets the records to add, in
	/// the order of the rows.
	///
	/// If several rows are wrong, the error is about the first one. A fault of the row itself comes before
	/// one in relation to other rows or the base. Rows after the first unreadable one do not count.
	pub(super) fn read(
		base: Option<&Set>,
		delta: &Path,
		scratch: Scratch<'_>,
		schema: &Schema,
		limits: &DeltaLimits,
		mut add: impl FnMut(&[u8]) -> io::Result<()>,
	) -> Result<Self, DeltaError> {
		if base.is_some_and(|base| base.schema != *schema) {
			return Err(DeltaError::Io(io::Error::other(SetError::OtherSchema)));
		}
		let mut ids = Sorter::new(scratch.folder, scratch.run);
		let mut summary = Summary::default();
		// One hash over all rows is bulk hashing, so this is not `blake2`: see `scripts/bench hash`.
		let mut rows = blake2b_simd::Params::new().hash_length(32).to_state();
		let mut stopped = None;
		for row in DeltaReader::open(delta, schema, limits)? {
			let row = match row {
				Ok(row) => row,
				Err(error @ DeltaError::Io(_)) => return Err(error),
				Err(error) => {
					stopped = Some(error);
					break;
				}
			};
			let order = match &row.record {
				Some(record) => {
					add(record)?;
					summary.added += 1;
					summary.added - 1
				}
				None => {
					summary.removed += 1;
					REMOVAL
				}
			};
			rows.update(&[u8::from(order == REMOVAL)]).update(&row.id.0);
			ids.push(encode(row.id, row.number, order))?;
		}
		let ids = ids.finish()?;
		let removed = compare(base, &ids, scratch)?;
		if let Some(error) = stopped {
			return Err(error);
		}
		if ids.len() == 0 {
			return Err(DeltaError::NoRows);
		}
		summary.records = base.map_or(0, Set::len) - summary.removed + summary.added;
		if summary.records == 0 {
			return Err(DeltaError::NoRecords);
		}
		summary.rows = H256::from_slice(rows.finalize().as_bytes());
		Ok(Self { ids, removed, summary })
	}

	/// Returns the ids of the added records, ascending, with their order among the additions.
	pub(super) fn added(&self) -> io::Result<impl Iterator<Item = io::Result<(RecordId, u64)>> + '_> {
		let addition = |change: io::Result<Change>| match change.map(|change| decode(&change)) {
			Ok((_, _, REMOVAL)) => None,
			Ok((id, _, order)) => Some(Ok((id, order))),
			Err(error) => Some(Err(error)),
		};
		Ok(self.ids.iter()?.filter_map(addition))
	}
}

/// Returns the positions that are removed, or an error for the first row whose id is repeated or does not fit
/// the base.
fn compare(base: Option<&Set>, ids: &Sorted<48>, scratch: Scratch<'_>) -> Result<Sorted<8>, DeltaError> {
	let mut finder = base.map(|base| base.index.finder(ids.len()));
	let mut removed = Sorter::new(scratch.folder, scratch.run);
	let mut first: Option<(u64, Problem)> = None;
	let mut previous = None;
	for change in ids.iter()? {
		let (id, row, order) = decode(&change?);
		let problem = if previous.replace(id) == Some(id) {
			Some(Problem::Repeated(id))
		} else {
			let position = finder.as_mut().map_or(Ok(None), |finder| finder.find(id))?;
			match (order, position) {
				(REMOVAL, None) => Some(Problem::Absent(id)),
				(REMOVAL, Some(position)) => {
					removed.push(position.to_be_bytes())?;
					None
				}
				(_, Some(_)) => Some(Problem::Duplicate(id)),
				(_, None) => None,
			}
		};
		if let Some(problem) = problem {
			if first.as_ref().is_none_or(|(earlier, _)| row < *earlier) {
				first = Some((row, problem));
			}
		}
	}
	match first {
		Some((row, problem)) => Err(DeltaError::Row { row, problem }),
		None => Ok(removed.finish()?),
	}
}
