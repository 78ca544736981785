//! How much of a delta file is read.

use super::error::DeltaError;

/// The shortest that a row can be: ids are hashes, so each of them takes 32 bytes, and this is half of that.
const ROW_BYTES: u64 = 16;
/// Bytes of records that even the smallest file may hold.
const FREE_BYTES: u64 = 64 << 20;

/// Bounds on what reading one delta file may take. Memory does not depend on the number of rows; time and disk
/// are in proportion to the file and the records that come out of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeltaLimits {
	/// Length of the file in bytes.
	pub file_bytes: u64,
	/// Rows of the file.
	pub rows: u64,
	/// Canonical bytes of all additions together.
	pub record_bytes: u64,
	/// Canonical bytes of all additions for each byte of the file, beyond the first 64 MiB.
	pub expansion: u64,
	/// Length of one decompressed page in bytes.
	pub page_bytes: u64,
	/// Length of the decompressed pages that are in memory at a time, of each column a page and a dictionary.
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

	/// Checks the rows that a file of so many bytes declares.
	pub(super) fn check_rows(&self, rows: u64, file_bytes: u64) -> Result<(), DeltaError> {
		at_most("rows", rows, self.rows, "split it")?;
		let remedy = "a file of this length cannot hold the ids of more";
		at_most("rows", rows, file_bytes / ROW_BYTES, remedy)
	}

	/// Canonical bytes that the additions of a file of so many bytes may have.
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
