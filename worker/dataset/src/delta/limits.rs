//! Bounds on reading a delta file.

use super::error::DeltaError;

/// Shortest row in bytes: each id is a hash and takes 32 bytes, and this is half of that.
const ROW_BYTES: u64 = 16;
/// Number of bytes of records that even the smallest file may hold: 64 MiB.
const FREE_BYTES: u64 = 64 << 20;

/// Bounds on the resources of reading one delta file. Memory does not depend on the number of rows. Time and
/// disk are proportional to the file and its records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeltaLimits {
	/// Longest file, in bytes.
	pub file_bytes: u64,
	/// Most rows of the file.
	pub rows: u64,
	/// Most canonical bytes of all additions together.
	pub record_bytes: u64,
	/// Most canonical bytes of all additions per byte of the file, beyond the first 64 MiB.
	pub expansion: u64,
	/// Longest decompressed page, in bytes.
	pub page_bytes: u64,
	/// Most bytes of decompressed pages that are in memory at a time: of each column a page and a dictionary.
	pub pages_bytes: u64,
}

impl Default for DeltaLimits {
	fn default() -> Self {
		Self {
			file_bytes: descent_protocol::MAX_DELTA_SIZE,
			rows: 1 << 30,
			record_bytes: 64 << 30,
			expansion: 1024,
			page_bytes: 64 << 20,
			pages_bytes: 128 << 20,
		}
	}
}

impl DeltaLimits {
	pub(super) fn check_file(&self, bytes: u64) -> Result<(), DeltaError> {
		at_most("bytes", bytes, self.file_bytes, "split it")
	}

	/// Checks the number of rows that a file of `file_bytes` bytes declares.
	pub(super) fn check_rows(&self, rows: u64, file_bytes: u64) -> Result<(), DeltaError> {
		at_most("rows", rows, self.rows, "split it")?;
		let remedy = "a file of this length cannot hold the ids of more";
		at_most("rows", rows, file_bytes / ROW_BYTES, remedy)
	}

	/// Returns the most canonical bytes that the additions of a file of `file_bytes` bytes may have.
	pub(super) fn records(&self, file_bytes: u64) -> u64 {
		file_bytes.saturating_mul(self.expansion).saturating_add(FREE_BYTES).min(self.record_bytes)
	}
}

pub(super) fn at_most(
	what: &'static str,
	found: u64,
	limit: u64,
	remedy: &'static str,
) -> Result<(), DeltaError> {
	if found <= limit {
		return Ok(());
	}
	Err(DeltaError::TooLarge { what, found, limit, remedy })
}
