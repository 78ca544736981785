use anyhow::Result;
use descent_dataset::{DeltaLimits, DeltaReader, Schema, Set};
use sp_core::H256;
use std::{fmt::Debug, path::Path, time::Instant};

/// Reads deltas, which strangers wrote, and builds versions of data sets of them.
pub trait VersionBuilder: Debug + Send + Sync {
	/// Returns the number of rows that the delta in `file` declares.
	///
	/// # Errors
	/// Fails if the file is not a delta, or after `until`.
	fn rows(&self, file: &Path, schema: &Schema, until: Instant) -> Result<u64>;

	/// Builds the version that the delta in `file`, whose content has this digest, makes of `base`, and opens
	/// it. It lies in `folder`, and no file of it takes more than `bytes` while it is built.
	///
	/// # Errors
	/// Fails if the delta does not apply, or after `until`.
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
		Ok(DeltaReader::open(file, schema, &DeltaLimits::default())?.len())
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
		Ok(Set::apply(folder, base, file, digest, schema, &DeltaLimits::default())?)
	}
}
