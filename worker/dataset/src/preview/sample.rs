//! Draws records from deltas and data sets.

use crate::delta::{DeltaError, DeltaLimits, DeltaReader};
use crate::schema::{RecordId, Schema};
use crate::set::{Set, SetError};
use sp_core::H256;
use std::path::Path;

/// Most canonical bytes of the records of a sample, which are in memory.
const MAX_BYTES: usize = 256 << 20;

/// A record that was drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sampled {
	/// Number of its row in the delta, or its position in the data set; from 0.
	pub place: u64,
	/// Its id.
	pub id: RecordId,
	/// Its canonical bytes.
	pub record: Vec<u8>,
}

/// Additions that were drawn from a delta.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeltaSample {
	/// Number of additions in the delta.
	pub added: u64,
	/// Number of removals in the delta.
	pub removed: u64,
	/// The drawn additions, in the order of their rows.
	pub records: Vec<Sampled>,
}

impl DeltaSample {
	/// Returns the most records that a sample may have, as they are in memory.
	pub fn most(schema: &Schema) -> u32 {
		u32::try_from(MAX_BYTES / schema.record_bytes().max(1)).unwrap_or(u32::MAX)
	}

	/// Draws at most `count` additions of a delta by a seed, as [`descent_protocol::sample`] draws them. The
	/// file is read twice; `progress` gets the number of rows read so far, of twice as many as there are.
	///
	/// # Errors
	/// See [`DeltaError`]. Each row is checked by itself.
	pub fn draw(
		delta: &Path,
		schema: &Schema,
		seed: H256,
		count: u32,
		mut progress: impl FnMut(u64),
	) -> Result<Self, DeltaError> {
		let limits = DeltaLimits::default();
		let (mut added, mut removed) = (0u64, 0u64);
		for row in DeltaReader::open(delta, schema, &limits)? {
			if row?.record.is_some() {
				added += 1;
			} else {
				removed += 1;
			}
			progress(added + removed);
		}
		let drawn = descent_protocol::sample(seed, added, count.min(Self::most(schema)));
		let mut drawn = drawn.into_iter().peekable();
		let (mut records, mut number) = (Vec::new(), 0);
		for row in DeltaReader::open(delta, schema, &limits)? {
			let row = row?;
			progress(added + removed + row.number);
			let Some(record) = row.record else { continue };
			if drawn.next_if_eq(&number).is_some() {
				records.push(Sampled { place: row.number, id: row.id, record });
			}
			number += 1;
			if drawn.peek().is_none() {
				break;
			}
		}
		Ok(Self { added, removed, records })
	}
}

impl Set {
	/// Draws at most `count` records by a seed, as [`descent_protocol::sample`] draws them.
	pub fn sample(&self, seed: H256, count: u32) -> Result<Vec<Sampled>, SetError> {
		let drawn = descent_protocol::sample(seed, self.len(), count.min(DeltaSample::most(self.schema())));
		let read = |place: u64| {
			let mut record = Vec::new();
			self.read(place, &mut record)?;
			Ok(Sampled { place, id: RecordId::of(&record), record })
		};
		drawn.into_iter().map(read).collect()
	}
}
