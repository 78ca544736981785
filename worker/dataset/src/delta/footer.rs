//! The footer of a Parquet file, which gives the positions of everything else.

use super::error::DeltaError;
use parquet::basic::Compression;
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader};
use std::fs::File;
use std::os::unix::fs::FileExt;

/// Longest footer of a delta, in bytes.
const FOOTER_BYTES: u64 = 1 << 20;
/// Stack size in bytes of the thread that decodes a schema. Decoding is recursive, one level per six bytes of
/// a footer made for it, so a footer of [`FOOTER_BYTES`] needs at most this stack. For other files it is only
/// mapped, not touched.
const FOOTER_STACK: usize = 1 << 30;
/// Most nested levels of a schema. A list has three: group, group, value. A few more are allowed, so that
/// lists of lists are refused by the check that names the column.
const SCHEMA_DEPTH: usize = 8;

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
			remedy:
				"drop the file's key-value metadata (pyarrow: table.replace_schema_metadata(None)), or write \
			         larger row groups",
		});
	}
	let start =
		(length - 8).checked_sub(footer).ok_or_else(|| DeltaError::malformed("its footer is cut off"))?;
	let mut bytes = vec![0; usize::try_from(footer).unwrap_or(0)];
	file.read_exact_at(&mut bytes, start)?;
	std::thread::Builder::new()
		.stack_size(FOOTER_STACK)
		.spawn(move || {
			let metadata = ParquetMetaDataReader::decode_metadata(&bytes).map_err(DeltaError::malformed)?;
			let schema = metadata.file_metadata().schema_descr();
			// This check has a loop, so that a refused schema is dropped on this thread's stack.
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
				return Err(DeltaError::malformed("its schema has more columns or levels than any delta's"));
			}
			Ok(metadata)
		})?
		.join()
		.unwrap_or_else(|_| Err(DeltaError::malformed("its footer cannot be decoded")))
}

/// Refuses column chunks that overlap, and compressions whose decoder takes as much memory as its input asks
/// for.
pub(super) fn check_chunks(metadata: &ParquetMetaData, file_bytes: u64) -> Result<(), DeltaError> {
	let mut total = 0u64;
	for chunk in metadata.row_groups().iter().flat_map(|group| group.columns()) {
		match chunk.compression() {
			Compression::UNCOMPRESSED | Compression::SNAPPY | Compression::ZSTD(_) | Compression::LZ4_RAW => {
			}
			other => {
				return Err(DeltaError::malformed(format_args!(
					"compression {other} is not supported; write with zstd, Snappy, LZ4_RAW or none"
				)))
			}
		}
		total = total.saturating_add(u64::try_from(chunk.compressed_size()).unwrap_or(u64::MAX));
	}
	if total > file_bytes {
		return Err(DeltaError::malformed("its columns are longer than the file"));
	}
	Ok(())
}
