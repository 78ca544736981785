//! Access to a Parquet file that bounds the allocations of the decoder.
//!
//! A Parquet file can declare, and with a good compressor also hold, far more than its own length. The
//! decoder trusts page headers, so their lengths are checked before anything is read or decompressed.

use super::error::DeltaError;
use super::limits::DeltaLimits;
use bytes::buf::Reader;
use bytes::{Buf, Bytes};
use parquet::errors::{ParquetError, Result};
use parquet::file::reader::{ChunkReader, Length};
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::FileExt;
use std::sync::{Arc, Mutex, PoisonError};

/// Longest page header in bytes: a few dozen bytes, and statistics, which hold values.
const HEADER_BYTES: u64 = 16 * 1024;

/// A file whose pages have at most `page_bytes` bytes.
pub(super) struct BoundedFile {
	file: File,
	length: u64,
	page_bytes: u64,
	fault: Arc<Fault>,
}

/// First fault that the decoder would report as a broken file: a failure of the machine, or too large a page.
#[derive(Default)]
struct Fault(Mutex<Option<DeltaError>>);

impl Fault {
	/// Keeps the first error.
	fn keep(&self, error: DeltaError) -> String {
		let reason = error.to_string();
		let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
		kept.get_or_insert(error);
		reason
	}
}

fn page_too_large(found: u64, limit: u64) -> DeltaError {
	DeltaError::TooLarge {
		what: "bytes in a page",
		found,
		limit,
		remedy: "write smaller pages (pyarrow: data_page_size)",
	}
}

impl BoundedFile {
	pub(super) fn new(file: File, limits: &DeltaLimits) -> std::io::Result<Self> {
		let length = file.metadata()?.len();
		Ok(Self { file, length, page_bytes: limits.page_bytes, fault: Arc::default() })
	}

	/// Returns the error that made the decoder fail.
	pub(super) fn decode_error(&self, error: impl std::fmt::Display) -> DeltaError {
		let fault = self.fault.0.lock().unwrap_or_else(PoisonError::into_inner).take();
		fault.unwrap_or_else(|| DeltaError::malformed(error))
	}

	/// Fails with an error that the decoder itself would not report.
	pub(super) fn refuse(&self, error: DeltaError) -> ParquetError {
		ParquetError::General(self.fault.keep(error))
	}

	fn read(&self, start: u64, length: u64) -> Result<Bytes> {
		if start.checked_add(length).is_none_or(|end| end > self.length) {
			return Err(ParquetError::EOF("a page reaches beyond the end of the file".into()));
		}
		let mut bytes = vec![0; usize::try_from(length)?];
		self.file.read_exact_at(&mut bytes, start).map_err(|fault| self.refuse(fault.into()))?;
		Ok(bytes.into())
	}
}

impl Length for BoundedFile {
	fn len(&self) -> u64 {
		self.length
	}
}

impl ChunkReader for BoundedFile {
	type T = Header;

	/// Called for page headers only, and after a header that has been peeked at, where nothing is read.
	fn get_read(&self, start: u64) -> Result<Self::T> {
		let bytes = self.read(start, HEADER_BYTES.min(self.length.saturating_sub(start)))?;
		Ok(Header {
			bytes: bytes.reader(),
			page_bytes: self.page_bytes,
			fault: self.fault.clone(),
			checked: false,
		})
	}

	fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
		// Incompressible data gets a little longer.
		let limit = self.page_bytes.saturating_add(self.page_bytes / 4).saturating_add(1024);
		if length as u64 > limit {
			return Err(self.refuse(page_too_large(length as u64, limit)));
		}
		self.read(start, length as u64)
	}
}

/// A page header on its way to the decoder. It is checked when the first byte is read.
pub(super) struct Header {
	bytes: Reader<Bytes>,
	page_bytes: u64,
	fault: Arc<Fault>,
	checked: bool,
}

impl Read for Header {
	fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
		if !self.checked {
			let error = match decompressed_bytes(self.bytes.get_ref()) {
				Some(bytes) if bytes <= self.page_bytes => None,
				Some(bytes) => Some(page_too_large(bytes, self.page_bytes)),
				None => Some(DeltaError::malformed("a page header is malformed")),
			};
			if let Some(error) = error {
				return Err(std::io::Error::other(self.fault.keep(error)));
			}
			self.checked = true;
		}
		self.bytes.read(into)
	}
}

/// Returns the decompressed length in a page header: field 2 of a Thrift compact struct whose field 1 is the
/// page type, both `i32`, as parquet.thrift defines and every writer encodes it.
fn decompressed_bytes(header: &[u8]) -> Option<u64> {
	const NEXT_FIELD_I32: u8 = 0x15;
	let mut bytes = header.iter().copied();
	let mut field = || {
		(bytes.next()? == NEXT_FIELD_I32).then_some(())?;
		let mut zigzag = 0u64;
		for shift in (0..35).step_by(7) {
			let byte = bytes.next()?;
			zigzag |= u64::from(byte & 0x7f) << shift;
			if byte & 0x80 == 0 {
				// Negative values have the lowest bit set.
				return (zigzag & 1 == 0).then_some(zigzag >> 1);
			}
		}
		None
	};
	field()?;
	field()
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn the_decompressed_length_is_the_header_s_second_field() {
		assert_eq!(decompressed_bytes(&[0x15, 0, 0x15, 20, 0x15, 8]), Some(10));
		assert_eq!(decompressed_bytes(&[0x15, 4, 0x15, 0x80, 0x80, 0x80, 0x80, 8, 0x15]), Some(1 << 30));
		assert_eq!(decompressed_bytes(&[0x15, 0, 0x15, 1]), None, "negative");
		assert_eq!(decompressed_bytes(&[0x15, 0, 0x25, 20]), None, "field 2 left out");
		assert_eq!(decompressed_bytes(&[0x15, 0, 0x15, 0x80]), None, "cut off");
		assert_eq!(decompressed_bytes(&[]), None);
	}
}
