//! Checkpoints that show that an evaluation is what it should be, and checkpoints that try to bend it.

mod attacks;
mod models;

use crate::{evaluate_with, record_values, Checkpoint, Engine, EvaluationError, EvaluationRules};
use descent_dataset::Batch;
use descent_protocol::Metric;
use sp_core::{Blake2Hasher, Hasher, H256};
use tch::{Cuda, Device};

pub use attacks::attacks;
pub use models::{description, initial, records, MODELS};

/// Digest of the values of the built-in models, see [`digest`].
const EXPECTED: &str = "345c1fb3f16aa056218e2218de18c4631ce714a9cc1af5d867baf4dbf77881e3";

/// A checkpoint and the records that it is evaluated on.
#[derive(Clone, Debug)]
pub struct Case {
	/// Its name.
	pub name: &'static str,
	/// The checkpoint.
	pub checkpoint: Checkpoint,
	/// The records.
	pub records: Batch,
}

/// Reasons for which evaluations of this machine cannot be trusted.
#[derive(Debug, thiserror::Error)]
pub enum SelfTestError {
	/// The arithmetic is another one.
	#[error(
		"this machine computes evaluations otherwise than all others: the self-test has the digest \
		 {found:?}, and it must be {EXPECTED}. Use a release that was built for this processor by an \
		 unchanged compiler; do not run a validator with this program"
	)]
	Differs {
		/// The digest of this machine.
		found: H256,
	},
	/// An evaluation failed.
	#[error("the self-test of evaluations failed: {0}")]
	Failed(#[from] EvaluationError),
}

/// Compares the values of the built-in models, bit by bit, with those that every machine must have.
///
/// # Errors
/// See [`SelfTestError`].
pub fn check() -> Result<(), SelfTestError> {
	let found = digest(Engine::Kernels)?;
	match hex::encode(found) == EXPECTED {
		true => Ok(()),
		false => Err(SelfTestError::Differs { found }),
	}
}

/// Returns true if an engine has the scores and the transcripts of the kernels for the built-in models, under
/// the rules of several rounds.
///
/// # Errors
/// See [`EvaluationError`].
pub fn agrees(engine: Engine) -> Result<bool, EvaluationError> {
	for seed in 1..=8 {
		let rules = EvaluationRules::of_round(Metric::Loss, H256::repeat_byte(seed));
		for case in initial(seed.into(), 300) {
			let run = |engine| evaluate_with(engine, &case.checkpoint, &case.records, &rules, || false);
			let (ours, theirs) = (run(Engine::Kernels)?, run(engine)?);
			if (ours.score, ours.transcript) != (theirs.score, theirs.transcript) {
				return Ok(false);
			}
		}
	}
	Ok(true)
}

/// Checks that libtorch finds the GPU with this number, and that it has the scores of the kernels.
///
/// # Errors
/// Fails, in words, if it is not there, does not work, or has others.
pub fn check_gpu(number: usize) -> Result<(), String> {
	let count = if Cuda::is_available() { Cuda::device_count() } else { 0 };
	if !i64::try_from(number).is_ok_and(|number| number < count) {
		return Err(format!("there is no cuda:{number}: {count} usable GPUs were found"));
	}
	match agrees(Engine::Libtorch(Device::Cuda(number))) {
		Ok(true) => Ok(()),
		Ok(false) => Err(format!("cuda:{number} has other scores than the kernels")),
		Err(error) => Err(format!("cuda:{number} does not evaluate: {error}")),
	}
}

/// Returns the blake2b-256 of the values in f64, little endian, of each record of each built-in model.
///
/// # Errors
/// See [`EvaluationError`].
pub fn digest(engine: Engine) -> Result<H256, EvaluationError> {
	let mut bytes = Vec::new();
	for case in initial(1, 40) {
		for value in record_values(engine, &case.checkpoint, &case.records, Metric::Loss)? {
			bytes.extend(value.to_le_bytes());
		}
	}
	Ok(Blake2Hasher::hash(&bytes))
}
