//! Reading deltas in processes of their own.

use super::{in_child, unexpected, EvaluationPool, Failure, JobLimits, Mode, Worker, Workers};
use crate::child::{Answer, BaseSet, DeltaJob, Request};
use anyhow::{ensure, Context, Result};
use descent_artifacts::{FaultyDelta, InProcess, VersionBuilder};
use descent_dataset::{DeltaLimits, Schema, Set, Summary};
use descent_protocol::{dataset_root, DeltaFault, DeltaVerdict};
use sp_core::H256;
use std::{fs, path::Path, sync::Arc, time::Instant};

/// Bytes of memory for reading a delta, whatever its size: decompressed pages, and rows that are sorted.
const MEMORY: u64 = 2 << 30;
/// Bytes of the largest scratch file of a check: the ids and positions of a billion rows.
const CHECK_FILE: u64 = 64 << 30;

/// Result of checking a delta.
#[derive(Debug)]
pub enum DeltaCheck {
	/// It applies.
	Valid(Summary),
	/// It is at fault, with the reason in words.
	Invalid(DeltaFault, String),
}

impl EvaluationPool {
	/// Checks that a delta applies to `base`, at the latest until `until`. `scratch` is for what this process
	/// writes if it has no others.
	///
	/// # Errors
	/// Fails if this machine is at fault. A delta at which two processes crash is malformed.
	pub fn check_delta(
		&self,
		scratch: &Path,
		base: Option<&Set>,
		file: &Path,
		schema: &Schema,
		until: Instant,
	) -> Result<DeltaCheck> {
		let Some(readers) = self.readers() else {
			let checked = descent_dataset::check(scratch, base, file, schema, &DeltaLimits::default());
			return match checked {
				Ok(summary) => Ok(DeltaCheck::Valid(summary)),
				Err(error) => match error.fault() {
					Some(fault) => Ok(DeltaCheck::Invalid(fault, error.to_string())),
					None => Err(error.into()),
				},
			};
		};
		let request = || Ok(Request::Check(job(base, file, schema)?));
		let limits = JobLimits { memory: MEMORY, file: CHECK_FILE, until };
		match in_child(readers, limits, request, |_, answer| Ok(answer)) {
			Ok(Answer::Checked { added, removed, records, rows }) => {
				Ok(DeltaCheck::Valid(Summary { added, removed, records, rows }))
			}
			Ok(Answer::Faulty(DeltaVerdict::Invalid(fault), reason)) => {
				Ok(DeltaCheck::Invalid(fault, reason))
			}
			Ok(other) => Err(unexpected(other)),
			Err(Failure::Crashes(reason)) => {
				Ok(DeltaCheck::Invalid(DeltaFault::Malformed, format!("two processes crashed: {reason}")))
			}
			Err(Failure::Other(error)) => Err(error),
		}
	}

	fn readers(&self) -> Option<&Arc<Workers>> {
		match &self.mode {
			Mode::InProcess => None,
			Mode::Children(children) => children.readers.as_ref(),
		}
	}
}

impl VersionBuilder for EvaluationPool {
	fn rows(&self, file: &Path, schema: &Schema, until: Instant) -> Result<u64> {
		let Some(readers) = self.readers() else {
			return InProcess.rows(file, schema, until);
		};
		let request = || Ok(Request::Count(job(None, file, schema)?));
		let limits = JobLimits { memory: MEMORY, file: 0, until };
		match answer(in_child(readers, limits, request, |_, answer| Ok(answer)))? {
			Answer::Counted(rows) => Ok(rows),
			other => Err(unexpected(other)),
		}
	}

	fn build(
		&self,
		folder: &Path,
		base: Option<&Set>,
		file: &Path,
		digest: H256,
		schema: &Schema,
		bytes: u64,
		until: Instant,
	) -> Result<Set> {
		let Some(readers) = self.readers() else {
			return InProcess.build(folder, base, file, digest, schema, bytes, until);
		};
		let root = dataset_root(base.map_or(H256::zero(), Set::root), digest);
		let request = || Ok(Request::Build { delta: job(base, file, schema)?, digest });
		let limits = JobLimits { memory: MEMORY, file: bytes, until };
		let publish = |worker: &Worker, answer: Answer| {
			if matches!(answer, Answer::Built) {
				publish(&worker.writable(), folder, root)?;
			}
			Ok(answer)
		};
		match answer(in_child(readers, limits, request, publish))? {
			Answer::Built => {}
			other => return Err(unexpected(other)),
		}
		Set::open(folder, root, schema)?
			.with_context(|| format!("version {root:?} is not where it was built"))
	}
}

/// Returns an answer, and the fault of a delta as an error. A delta at which two processes crash is at fault.
fn answer(result: Result<Answer, Failure>) -> Result<Answer> {
	match result {
		Ok(Answer::Faulty(_, reason)) => Err(FaultyDelta(reason).into()),
		Ok(answer) => Ok(answer),
		Err(Failure::Crashes(reason)) => {
			Err(FaultyDelta(format!("two processes crashed reading it: {reason}")).into())
		}
		Err(Failure::Other(error)) => Err(error),
	}
}

/// Moves a version that a child has built into the folder of all versions.
fn publish(writable: &Path, folder: &Path, root: H256) -> Result<()> {
	let name = hex::encode(root);
	let (built, place) = (writable.join(&name), folder.join(&name));
	ensure!(fs::symlink_metadata(&built)?.is_dir(), "the process built no version");
	fs::rename(&built, &place).with_context(|| {
		format!("cannot move {} to {}: both have to be on one disk", built.display(), place.display())
	})?;
	fs::File::open(folder)?.sync_all()?;
	Ok(())
}

fn job(base: Option<&Set>, file: &Path, schema: &Schema) -> Result<DeltaJob> {
	let file = std::path::absolute(file)?;
	let base = base.map(|base| {
		let mut set = BaseSet::from(base);
		set.folder = std::path::absolute(&set.folder)?;
		anyhow::Ok(set)
	});
	Ok(DeltaJob { file, base: base.transpose()?, schema: schema.clone() })
}
