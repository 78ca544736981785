//! Access to a Parquet file that bounds what its pages can make the decoder allocate.
//!
//! A Parquet file can declare, and with a good compressor also hold, far more than its own length. The
//! decoder trusts page headers, so they are checked on the way in: the decompressed length before anything is
//! decompressed, and the number of values against the row group's.

use super::error::{DeltaError, DeltaLimits};
use bytes::buf::Reader;
use bytes::{Buf, Bytes};
use parquet::arrow::arrow_reader::RowGroups;
use parquet::basic::{Encoding, Type};
use parquet::column::page::{Page, PageIterator, PageMetadata, PageReader};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader, RowGroupMetaData};
use parquet::file::reader::{ChunkReader, Length};
use parquet::file::serialized_reader::SerializedPageReader;
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::FileExt;
use std::sync::{Arc, Mutex, PoisonError};

/// A footer larger than this is no delta's.
const FOOTER_BYTES: u64 = 1 << 20;
/// The schema is decoded recursively, one level per six bytes of a footer made for it, so that a footer of
/// [`FOOTER_BYTES`] needs at most a stack of this size. It is only mapped, not touched, for other files.
const FOOTER_STACK: usize = 1 << 30;
/// Longest page header: a few dozen bytes and statistics, which hold values.
const HEADER_BYTES: u64 = 16 * 1024;
/// Nested levels of a column's schema: a list is group, group, value.
const SCHEMA_DEPTH: usize = 4;
/// Longest string or id.
const STRING_BYTES: usize = 64;

/// Reads the file's footer.
pub(super) fn metadata(file: &File, columns: usize) -> std::result::Result<ParquetMetaData, DeltaError> {
	let length = file.metadata()?.len();
	let mut tail = [0; 8];
	if length < 12 {
		return Err(DeltaError::malformed(format_args!("it has {length} bytes")));
	}
	file.read_exact_at(&mut tail, length - 8)?;
	let footer = u64::from(u32::from_le_bytes([tail[0], tail[1], tail[2], tail[3]]));
	if &tail[4..] != b"PAR1" {
		return Err(DeltaError::malformed("it does not end with PAR1"));
	}
	if footer > FOOTER_BYTES {
		return Err(DeltaError::TooLarge {
			what: "bytes of metadata",
			found: footer,
			limit: FOOTER_BYTES,
			remedy: "write larger row groups",
		});
	}
	let start = (length - 8)
		.checked_sub(footer)
		.ok_or_else(|| DeltaError::malformed("its footer is cut off"))?;
	let mut bytes = vec![0; usize::try_from(footer).unwrap_or(0)];
	file.read_exact_at(&mut bytes, start)?;
	std::thread::Builder::new()
		.stack_size(FOOTER_STACK)
		.spawn(move || {
			let metadata = ParquetMetaDataReader::decode_metadata(&bytes).map_err(DeltaError::malformed)?;
			let schema = metadata.file_metadata().schema_descr();
			// an own check with a loop: what is refused here is also dropped on this thread's stack
			let mut level = vec![schema.root_schema()];
			let mut depth = 0;
			while !level.is_empty() {
				depth += 1;
				level = level
					.into_iter()
					.filter(|t| t.is_group())
					.flat_map(|t| t.get_fields())
					.map(|t| &**t)
					.collect();
			}
			if depth > SCHEMA_DEPTH || schema.num_columns() > columns.saturating_add(64) {
				return Err(DeltaError::malformed(
					"its schema has more columns or levels than any delta's",
				));
			}
			Ok(metadata)
		})?
		.join()
		.unwrap_or_else(|_| Err(DeltaError::malformed("its footer cannot be decoded")))
}

/// The file, refusing pages that would decompress to more than `page_bytes`.
pub(super) struct BoundedFile {
	file: File,
	length: u64,
	page_bytes: u64,
	/// A failure of the machine, which the decoder would report as one of the file.
	fault: Mutex<Option<std::io::Error>>,
}

impl BoundedFile {
	pub(super) fn new(file: File, limits: &DeltaLimits) -> std::io::Result<Self> {
		let length = file.metadata()?.len();
		Ok(Self {
			file,
			length,
			page_bytes: limits.page_bytes,
			fault: Mutex::new(None),
		})
	}

	/// What made the decoder fail.
	pub(super) fn blame(&self, error: impl std::fmt::Display) -> DeltaError {
		let fault = self.fault.lock().unwrap_or_else(PoisonError::into_inner).take();
		fault.map_or_else(|| DeltaError::malformed(error), DeltaError::Io)
	}

	fn read(&self, start: u64, length: u64) -> Result<Bytes> {
		if start.checked_add(length).is_none_or(|end| end > self.length) {
			return Err(ParquetError::EOF(
				"a page reaches beyond the end of the file".into(),
			));
		}
		let mut bytes = vec![0; usize::try_from(length)?];
		self.file.read_exact_at(&mut bytes, start).map_err(|fault| {
			let reason = fault.to_string();
			*self.fault.lock().unwrap_or_else(PoisonError::into_inner) = Some(fault);
			ParquetError::General(reason)
		})?;
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

	/// Called for page headers only, and behind a header that has been peeked at, where nothing is read.
	fn get_read(&self, start: u64) -> Result<Self::T> {
		let bytes = self.read(start, HEADER_BYTES.min(self.length.saturating_sub(start)))?;
		Ok(Header {
			bytes: bytes.reader(),
			page_bytes: self.page_bytes,
			checked: false,
		})
	}

	fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
		self.read(start, length as u64)
	}
}

/// A page header on its way to the decoder, checked when the first byte is read.
pub(super) struct Header {
	bytes: Reader<Bytes>,
	page_bytes: u64,
	checked: bool,
}

impl Read for Header {
	fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
		if !self.checked {
			match decompressed_bytes(self.bytes.get_ref()) {
				Some(bytes) if bytes <= self.page_bytes => self.checked = true,
				Some(bytes) => {
					return Err(std::io::Error::other(format!(
						"a page decompresses to {bytes} bytes; at most {} are allowed; write smaller pages",
						self.page_bytes
					)))
				}
				None => return Err(std::io::Error::other("a page header is malformed")),
			}
		}
		self.bytes.read(into)
	}
}

/// The decompressed length in a page header: field 2 of a Thrift compact struct whose field 1 is the page
/// type, both `i32`, as parquet.thrift defines and every writer lays out.
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
				// negative values have the lowest bit set
				return (zigzag & 1 == 0).then_some(zigzag >> 1);
			}
		}
		None
	};
	field()?;
	field()
}

/// One row group of the file, as the Arrow decoder wants it.
pub(super) struct Group {
	pub(super) file: Arc<BoundedFile>,
	pub(super) metadata: Arc<ParquetMetaData>,
	pub(super) index: usize,
	/// Values that one row of each leaf column may have.
	pub(super) values_per_row: Vec<u64>,
}

impl RowGroups for Group {
	fn num_rows(&self) -> usize {
		usize::try_from(self.metadata.row_group(self.index).num_rows()).unwrap_or(0)
	}

	fn column_chunks(&self, column: usize) -> Result<Box<dyn PageIterator>> {
		let group = self.metadata.row_group(self.index);
		let rows = u64::try_from(group.num_rows())?;
		let chunk = group.column(column);
		let reader = SerializedPageReader::new(self.file.clone(), chunk, self.num_rows(), None)?;
		let per_row = self.values_per_row.get(column).copied().unwrap_or(0);
		let strings = chunk.column_type() == Type::BYTE_ARRAY;
		Ok(Box::new(Once(Some(Ok(Box::new(BoundedPages {
			reader,
			// twice as many and a few, so that a row of a wrong length is met by the check that names it
			values: rows.saturating_mul(per_row.saturating_mul(2).saturating_add(16)),
			// a string of the longest kind with its length, levels and headers of the pages
			string_bytes: strings.then(|| {
				rows.saturating_mul(STRING_BYTES as u64 + 8)
					.saturating_add(64 * 1024)
			}),
		}))))))
	}

	fn row_groups(&self) -> Box<dyn Iterator<Item = &RowGroupMetaData> + '_> {
		Box::new(std::iter::once(self.metadata.row_group(self.index)))
	}

	fn metadata(&self) -> &ParquetMetaData {
		&self.metadata
	}
}

struct Once(Option<Result<Box<dyn PageReader>>>);

impl Iterator for Once {
	type Item = Result<Box<dyn PageReader>>;

	fn next(&mut self) -> Option<Self::Item> {
		self.0.take()
	}
}

impl PageIterator for Once {}

/// Pages of one column chunk that together hold no more values than the row group's rows can.
struct BoundedPages {
	reader: SerializedPageReader<BoundedFile>,
	/// Values that may still come.
	values: u64,
	/// For strings: bytes that may still come.
	string_bytes: Option<u64>,
}

impl BoundedPages {
	fn check(&mut self, page: &Page) -> Result<()> {
		let refuse = |reason: &str| Err(ParquetError::General(reason.into()));
		if page.is_data_page() {
			match self.values.checked_sub(u64::from(page.num_values())) {
				Some(left) => self.values = left,
				None => return refuse("a column holds more values than its rows and shape allow"),
			}
		}
		let Some(left) = self.string_bytes else {
			return Ok(());
		};
		// of the encodings for strings only these hold each string at full length
		let allowed = [
			Encoding::PLAIN,
			Encoding::RLE_DICTIONARY,
			Encoding::PLAIN_DICTIONARY,
		];
		if !allowed.contains(&page.encoding()) {
			return refuse("strings must be encoded plainly or with a dictionary");
		}
		match left.checked_sub(page.buffer().len() as u64) {
			Some(left) => self.string_bytes = Some(left),
			None => return refuse("a column's strings are too long"),
		}
		if page.is_dictionary_page() {
			let mut rest: &[u8] = page.buffer();
			while let Some((length, tail)) = rest.split_first_chunk::<4>() {
				let length = usize::try_from(u32::from_le_bytes(*length)).unwrap_or(usize::MAX);
				if length > STRING_BYTES || length > tail.len() {
					return refuse("a column's strings are too long");
				}
				rest = &tail[length..];
			}
		}
		Ok(())
	}
}

impl PageReader for BoundedPages {
	fn get_next_page(&mut self) -> Result<Option<Page>> {
		let page = self.reader.get_next_page()?;
		if let Some(page) = &page {
			self.check(page)?;
		}
		Ok(page)
	}

	fn peek_next_page(&mut self) -> Result<Option<PageMetadata>> {
		self.reader.peek_next_page()
	}

	fn skip_next_page(&mut self) -> Result<()> {
		self.reader.skip_next_page()
	}

	fn at_record_boundary(&mut self) -> Result<bool> {
		self.reader.at_record_boundary()
	}
}

impl Iterator for BoundedPages {
	type Item = Result<Page>;

	fn next(&mut self) -> Option<Self::Item> {
		self.get_next_page().transpose()
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn the_decompressed_length_is_the_header_s_second_field() {
		assert_eq!(decompressed_bytes(&[0x15, 0, 0x15, 20, 0x15, 8]), Some(10));
		assert_eq!(
			decompressed_bytes(&[0x15, 4, 0x15, 0x80, 0x80, 0x80, 0x80, 8, 0x15]),
			Some(1 << 30)
		);
		assert_eq!(decompressed_bytes(&[0x15, 0, 0x15, 1]), None, "negative");
		assert_eq!(decompressed_bytes(&[0x15, 0, 0x25, 20]), None, "field 2 left out");
		assert_eq!(decompressed_bytes(&[0x15, 0, 0x15, 0x80]), None, "cut off");
		assert_eq!(decompressed_bytes(&[]), None);
	}
}
