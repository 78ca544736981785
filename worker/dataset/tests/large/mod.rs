//! Generates large deltas, and measures checking and applying them.

use descent_dataset::{check, Column, DeltaError, DeltaLimits, DeltaWriter, Dtype, RecordId, Schema, Set};
use serde::{Deserialize, Serialize};
use sp_core::H256;
use std::path::{Path, PathBuf};
use std::time::Instant;

pub(crate) type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// A delta of incompressible records.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Large {
	/// Number of values of one record, besides its target.
	pub values: u64,
	/// Type of the values.
	pub dtype: Dtype,
	/// Number of values of the target; 0 for a single label.
	pub target: u64,
	/// Number of the first record to add.
	pub from: u64,
	/// Number of records to add.
	pub add: u64,
	/// Number of records to remove: every second one from 0 on.
	pub remove: u64,
}

/// Task of a process that checks or applies one delta alone in its memory.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Task {
	pub large: Large,
	pub store: PathBuf,
	pub base: H256,
	pub delta: PathBuf,
	pub job: Job,
}

/// What a measuring process does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Job {
	/// Checks the delta.
	Check,
	/// Applies the delta.
	Apply,
	/// Gathers records of the base, two at a time: the first and the last one, again and again.
	Gather,
}

/// Measurements of a task.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Taken {
	pub seconds: f64,
	/// Peak memory of the process, in MiB.
	pub peak: f64,
	/// Root of the resulting version.
	pub root: H256,
}

impl Large {
	pub(crate) fn schema(&self) -> Schema {
		let column = |name: &str, dtype, shape| Column { name: name.into(), dtype, shape, bound: None };
		let target = Some(self.target).filter(|target| *target > 0).into_iter().collect();
		Schema { columns: vec![column("x", self.dtype, vec![self.values]), column("y", Dtype::U8, target)] }
	}

	/// Fills in the bytes of a record: noise, as finite floats.
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

	/// Writes the delta and returns the number of its rows.
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
	/// Runs the task in this process.
	pub(crate) fn run(&self) -> Outcome<Taken> {
		let (schema, limits) = (self.large.schema(), DeltaLimits::default());
		let base = Set::open(&self.store, self.base, &schema)?;
		let started = Instant::now();
		let root = match self.job {
			Job::Apply => {
				let digest = H256::repeat_byte(7);
				Set::apply(&self.store, base.as_ref(), &self.delta, digest, &schema, &limits)?.root()
			}
			Job::Check => {
				let summary = check(&self.store, base.as_ref(), &self.delta, &schema, &limits)?;
				assert_eq!((summary.added, summary.removed), (self.large.add, self.large.remove));
				self.base
			}
			Job::Gather => {
				let base = base.ok_or("there is no such version")?;
				let mut record = vec![0; schema.record_bytes()];
				for _ in 0..8 {
					let batch = base.gather(&[0, base.len() - 1])?;
					for (position, number) in [(0, self.large.from), (1, self.large.from + base.len() - 1)] {
						self.large.record(number, &mut record);
						let width = batch.columns[0].bytes.len() / 2;
						assert_eq!(batch.columns[0].bytes[position * width..][..width], record[..width]);
					}
				}
				self.base
			}
		};
		Ok(Taken { seconds: started.elapsed().as_secs_f64(), peak: peak()?, root })
	}
}

/// Peak memory of this process, in MiB.
fn peak() -> Outcome<f64> {
	let status = std::fs::read_to_string("/proc/self/status")?;
	let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
	let kib = line.and_then(|line| line.split_whitespace().next());
	Ok(kib.ok_or("no VmHWM in /proc/self/status")?.parse::<f64>()? / 1024.0)
}
