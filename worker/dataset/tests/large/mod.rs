//! Large deltas, made up, and what checking and applying them takes.

use descent_dataset::{check, Column, DeltaError, DeltaLimits, DeltaWriter, Dtype, RecordId, Schema, Set};
use serde::{Deserialize, Serialize};
use sp_core::H256;
use std::path::{Path, PathBuf};
use std::time::Instant;

pub(crate) type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// A delta of records that nothing compresses.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Large {
	/// Values of one record, besides its target.
	pub values: u64,
	/// Their type.
	pub dtype: Dtype,
	/// Values of its target; 0 for a single label.
	pub target: u64,
	/// Records to add, from this number on.
	pub from: u64,
	/// How many.
	pub add: u64,
	/// Every second record from 0 on is removed, so many of them.
	pub remove: u64,
}

/// What a process is to do with a delta, alone in its memory.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Task {
	pub large: Large,
	pub store: PathBuf,
	pub base: H256,
	pub delta: PathBuf,
	/// Apply it; otherwise check it.
	pub apply: bool,
}

/// What it took.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Taken {
	pub seconds: f64,
	/// The most memory that the process ever had, in MiB.
	pub peak: f64,
	/// The version that was made.
	pub root: H256,
}

impl Large {
	pub(crate) fn schema(&self) -> Schema {
		let column = |name: &str, dtype, shape| Column { name: name.into(), dtype, shape, bound: None };
		let target = Some(self.target).filter(|target| *target > 0).into_iter().collect();
		Schema { columns: vec![column("x", self.dtype, vec![self.values]), column("y", Dtype::U8, target)] }
	}

	/// The bytes of a record: noise, as finite floats.
	fn record(&self, number: u64, record: &mut [u8]) {
		let mut state = (number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
		for bytes in record.chunks_mut(8) {
			state ^= state << 13;
			state ^= state >> 7;
			state ^= state << 17;
			let finite = state & 0x3fff_ffff_3fff_ffff;
			bytes.copy_from_slice(&finite.to_le_bytes()[..bytes.len()]);
		}
	}

	/// Writes the delta; its rows.
	pub(crate) fn write(&self, path: &Path) -> Result<u64, DeltaError> {
		let schema = self.schema();
		let mut writer = DeltaWriter::streaming(path, &schema)?;
		let mut record = vec![0; schema.record_bytes()];
		for number in 0..self.remove {
			self.record(2 * number, &mut record);
			writer.remove(RecordId::of(&record))?;
		}
		for number in self.from..self.from + self.add {
			self.record(number, &mut record);
			writer.add(&record)?;
		}
		writer.finish()
	}
}

impl Task {
	/// Does it in this process.
	pub(crate) fn run(&self) -> Outcome<Taken> {
		let (schema, limits) = (self.large.schema(), DeltaLimits::default());
		let base = Set::open(&self.store, self.base, &schema)?;
		let started = Instant::now();
		let root = if self.apply {
			let digest = H256::repeat_byte(7);
			Set::apply(&self.store, base.as_ref(), &self.delta, digest, &schema, &limits)?.root()
		} else {
			let summary = check(&self.store, base.as_ref(), &self.delta, &schema, &limits)?;
			assert_eq!((summary.added, summary.removed), (self.large.add, self.large.remove));
			self.base
		};
		Ok(Taken { seconds: started.elapsed().as_secs_f64(), peak: peak()?, root })
	}
}

/// The most memory that this process ever had, in MiB.
fn peak() -> Outcome<f64> {
	let status = std::fs::read_to_string("/proc/self/status")?;
	let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
	let kib = line.and_then(|line| line.split_whitespace().next());
	Ok(kib.ok_or("no VmHWM in /proc/self/status")?.parse::<f64>()? / 1024.0)
}
