use anyhow::Result;
use descent_dataset::{DeltaError, DeltaLimits, DeltaReader, Schema, Set};
use sp_core::H256;
use std::{fmt::Debug, path::Path, time::Instant};

/// Error of a delta that is itself at fault: every machine that reads it finds the same.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct FaultyDelta(pub String);

/// Reads deltas, which strangers wrote, and builds versions of data sets of them.
pub trait VersionBuilder: Debug + Send + Sync {
	/// Returns the number of rows that the delta in `file` declares.
	///
	/// # Errors
	/// Fails with [`FaultyDelta`] if the file is not a delta, and otherwise after `until` or if this machine
	/// is at fault.
	fn rows(&self, file: &Path, schema: &Schema, until: Instant) -> Result<u64>;

	/// Builds the version that the delta in `file`, whose content has this digest, makes of `base`, and opens
	/// it. It lies in `folder`, and no file of it takes more than `bytes` while it is built.
	///
	/// # Errors
	/// Fails with [`FaultyDelta`] if the delta does not apply, and otherwise after `until` or if this machine
	/// is at fault.
	#[allow(clippy::too_many_arguments, reason = "a version is made of all of them")]
	fn build(
		&self,
		folder: &Path,
		base: Option<&Set>,
		file: &Path,
		digest: H256,
		schema: &Schema,
		bytes: u64,
		until: Instant,
	) -> Result<Set>;
}

/// Builds versions in this process, for as long as it takes.
#[derive(Clone, Copy, Debug, Default)]
pub struct InProcess;

impl VersionBuilder for InProcess {
	fn rows(&self, file: &Path, schema: &Schema, _: Instant) -> Result<u64> {
		Ok(DeltaReader::open(file, schema, &DeltaLimits::default()).map_err(blamed)?.len())
	}

	fn build(
		&self,
		folder: &Path,
		base: Option<&Set>,
		file: &Path,
		digest: H256,
		schema: &Schema,
		_: u64,
		_: Instant,
	) -> Result<Set> {
		Set::apply(folder, base, file, digest, schema, &DeltaLimits::default()).map_err(blamed)
	}
}

/// Returns a delta's error, or this machine's.
fn blamed(error: DeltaError) -> anyhow::Error {
	if error.is_invalid() {
		FaultyDelta(error.to_string()).into()
	} else {
		error.into()
	}
}
