//! Files made to exhaust memory, stack or time.

use super::*;
use arrow_array::builder::BinaryBuilder;
use parquet::basic::{Encoding, GzipLevel};

#[test]
fn limits_hold() {
	let draft = Draft::new();
	let path = &draft.file();
	let what = |limits| match read(path, &limits) {
		Err(DeltaError::TooLarge { what, .. }) => what,
		other => panic!("{other:?}"),
	};
	let limits = DeltaLimits::default;
	assert_eq!(what(DeltaLimits { file_bytes: 100, ..limits() }), "bytes");
	assert_eq!(what(DeltaLimits { rows: 3, ..limits() }), "rows");
	assert_eq!(what(DeltaLimits { page_bytes: 8, ..limits() }), "bytes in a page");
	assert_eq!(
		what(DeltaLimits { pages_bytes: 100, ..limits() }),
		"bytes in the pages and dictionaries of its columns"
	);
	assert_eq!(what(DeltaLimits { record_bytes: 26, ..limits() }), "bytes of records");
	assert!(read(path, &DeltaLimits { record_bytes: 27, ..limits() }).is_ok());
}

/// Bytes of a Parquet file of four rows whose footer tells another number, from -64 to 63.
fn with_rows(path: &std::path::Path, rows: i8) -> Vec<u8> {
	let mut bytes = std::fs::read(path).unwrap();
	// In Thrift's compact protocol: the third field, a zigzag number, before the list of row groups.
	let told = [0x16, 4 << 1, 0x19];
	let places: Vec<_> = (0..bytes.len() - told.len()).filter(|&at| bytes[at..].starts_with(&told)).collect();
	let [place] = places[..] else { panic!("{places:?}") };
	bytes[place + 1] = u8::from_ne_bytes(((rows << 1) ^ (rows >> 7)).to_ne_bytes());
	bytes
}

#[test]
fn a_footer_with_another_number_of_rows_is_refused() {
	let draft = Draft::new();
	let path = draft.file();
	for (rows, is_sound) in [(4, true), (3, false), (5, false), (0, false), (-4, false)] {
		let bytes = with_rows(&path, rows);
		let other = path.with_file_name("other.parquet");
		std::fs::write(&other, bytes).unwrap();
		let told = read(&other, &DeltaLimits::default());
		assert_eq!(told.is_ok(), is_sound, "{rows}: {told:?}");
	}
}

#[test]
fn a_row_that_swells_is_refused() {
	// Four million equal values take a few hundred bytes of file.
	let mut draft = Draft::new();
	let many = vec![Some(0.5); 4 << 20];
	draft.x = lists(&[Some(&many), None, None, None]);
	let path = draft.file();
	assert!(path.metadata().unwrap().len() < 100_000);
	let error = read(&path, &DeltaLimits::default()).unwrap_err();
	assert!(error.to_string().contains("more values than its"), "{error}");
}

#[test]
fn a_file_has_room_for_the_ids_of_its_rows() {
	// Equal rows take no space and are not a delta.
	let mut draft = Draft::new();
	let many = 1 << 16;
	draft.op = Arc::new(StringArray::from(vec!["remove"; many]));
	draft.id = ids(&vec![[7; 32]; many]);
	draft.x = lists(&vec![None; many]);
	draft.y = Arc::new(UInt8Array::from(vec![None; many]));
	let error = draft.read().unwrap_err();
	assert!(matches!(error, DeltaError::TooLarge { what: "rows", .. }), "{error}");
}

#[test]
fn compressions_without_a_bound_are_refused() {
	for compression in [Compression::GZIP(GzipLevel::default()), Compression::LZ4] {
		let mut draft = Draft::new();
		draft.properties = WriterProperties::builder().set_compression(compression).build();
		let error = draft.read().unwrap_err();
		assert!(error.to_string().contains("is not supported"), "{error}");
	}
	for compression in [Compression::SNAPPY, Compression::LZ4_RAW, Compression::UNCOMPRESSED] {
		let mut draft = Draft::new();
		draft.properties = WriterProperties::builder().set_compression(compression).build();
		draft.read().unwrap();
	}
}

#[test]
fn strings_that_swell_are_refused() {
	let long = "a".repeat(1 << 20);
	let mut draft = Draft::new();
	draft.op = Arc::new(StringArray::from(vec![long.as_str(); 4]));
	assert!(draft.read().unwrap_err().to_string().contains("too long"));
	// The same in the encodings of Parquet's version 2, where they are stored once.
	for encoding in [Encoding::DELTA_BYTE_ARRAY, Encoding::DELTA_LENGTH_BYTE_ARRAY] {
		draft.properties = WriterProperties::builder()
			.set_dictionary_enabled(false)
			.set_column_encoding("op".into(), encoding)
			.build();
		let error = draft.read().unwrap_err().to_string();
		assert!(error.contains("column 'op' holds strings that are too long"), "{error}");
	}
}

#[test]
fn pages_of_version_2_are_read() {
	use parquet::file::properties::WriterVersion;
	let draft = || {
		let mut draft = Draft::new();
		let rows = read(&draft.file(), &DeltaLimits::default()).unwrap();
		let mut id = BinaryBuilder::new();
		rows.iter().for_each(|row| id.append_value(row.id.0));
		draft.id = Arc::new(id.finish());
		(draft, rows)
	};
	let strings = [Encoding::PLAIN, Encoding::DELTA_LENGTH_BYTE_ARRAY, Encoding::DELTA_BYTE_ARRAY];
	for version in [WriterVersion::PARQUET_1_0, WriterVersion::PARQUET_2_0] {
		for (op, id) in strings.iter().flat_map(|op| strings.iter().map(move |id| (*op, *id))) {
			let (mut draft, rows) = draft();
			draft.properties = WriterProperties::builder()
				.set_writer_version(version)
				.set_dictionary_enabled(false)
				.set_column_encoding("op".into(), op)
				.set_column_encoding("id".into(), id)
				.set_column_encoding("y".into(), Encoding::DELTA_BINARY_PACKED)
				.build();
			assert_eq!(draft.read().unwrap(), rows, "{version:?} {op} {id}");
		}
	}
}

/// A page of ids of a fixed length that declares lengths for 2^34 of them.
#[test]
fn lengths_that_swell_are_refused() {
	let mut draft = Draft::new();
	draft.properties = WriterProperties::builder()
		.set_compression(Compression::UNCOMPRESSED)
		.set_dictionary_enabled(false)
		.set_column_encoding("id".into(), Encoding::DELTA_BYTE_ARRAY)
		.build();
	let path = draft.file();
	draft.read().unwrap();
	let mut bytes = std::fs::read(&path).unwrap();
	// Blocks of 128 lengths in 4 parts, four lengths, the first of them 0: of what each id shares.
	let header = [0x80, 1, 4, 4, 0];
	let at = bytes.windows(header.len()).position(|window| window == header).unwrap();
	bytes[at + 3] = 5;
	std::fs::write(&path, &bytes).unwrap();
	let error = read(&path, &DeltaLimits::default()).unwrap_err().to_string();
	assert!(error.contains("column 'id' holds lengths of more strings than its page has values"), "{error}");
	// The block size and the number behind it: 2^34 - 1 lengths.
	bytes[at..at + 8].copy_from_slice(&[0x80, 1, 4, 0xff, 0xff, 0xff, 0xff, 0x3f]);
	std::fs::write(&path, &bytes).unwrap();
	let error = read(&path, &DeltaLimits::default()).unwrap_err().to_string();
	assert!(error.contains("column 'id' holds lengths"), "{error}");
}

#[test]
fn lengths_of_strings_count_as_memory() {
	let mut draft = Draft::new();
	draft.op = Arc::new(StringArray::from(vec!["add"; 4096]));
	draft.id = ids(&vec![[7; 32]; 4096]);
	draft.x = lists(&vec![Some(&[Some(0.0), Some(0.5)][..]); 4096]);
	draft.y = Arc::new(UInt8Array::from(vec![Some(0); 4096]));
	let refused = |draft: &mut Draft, pages_bytes| {
		draft.properties = WriterProperties::builder()
			.set_dictionary_enabled(false)
			.set_column_encoding("op".into(), Encoding::DELTA_BYTE_ARRAY)
			.build();
		read(&draft.file(), &DeltaLimits { pages_bytes, ..DeltaLimits::default() }).unwrap_err().to_string()
	};
	// The pages hold 128 KiB of ids, 32 of values, 16 of labels, and hardly any of text, whose lengths take
	// 32.
	let error = refused(&mut draft, 220 << 10);
	assert!(error.starts_with("row 0: the id is"), "{error}");
	let error = refused(&mut draft, 195 << 10);
	assert!(error.contains("bytes in the pages and dictionaries"), "{error}");
}

#[test]
fn broken_files_are_refused_and_never_panic() {
	let mut draft = Draft::new();
	broken(&draft);
	draft.properties = WriterProperties::builder()
		.set_dictionary_enabled(false)
		.set_column_encoding("op".into(), Encoding::DELTA_LENGTH_BYTE_ARRAY)
		.set_column_encoding("id".into(), Encoding::DELTA_BYTE_ARRAY)
		.set_column_encoding("y".into(), Encoding::DELTA_BINARY_PACKED)
		.build();
	broken(&draft);
}

fn broken(draft: &Draft) {
	let path = draft.file();
	let good = std::fs::read(&path).unwrap();
	let mut random = 0x9e37_79b9_7f4a_7c15u64;
	let mut next = move || {
		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		random
	};
	for cut in [0, 3, 11, 12, good.len() / 2, good.len() - 1] {
		std::fs::write(&path, &good[..cut]).unwrap();
		assert!(
			matches!(read(&path, &DeltaLimits::default()), Err(DeltaError::Malformed(_))),
			"cut at {cut}"
		);
	}
	// A file with flipped bytes may still be valid, but reading it must return.
	for _ in 0..3000 {
		let mut bad = good.clone();
		for _ in 0..=next() % 3 {
			let at = next() as usize % bad.len();
			bad[at] = next() as u8;
		}
		std::fs::write(&path, &bad).unwrap();
		drop(read(&path, &DeltaLimits::default()));
	}
}

#[test]
fn a_deep_schema_is_refused() {
	for depth in [100, 10_000, 140_000, 200_000] {
		let footer = deep_footer(depth);
		let mut file = b"PAR1".to_vec();
		file.extend(&footer);
		file.extend((footer.len() as u32).to_le_bytes());
		file.extend(b"PAR1");
		let folder = tempfile::tempdir().unwrap();
		let path = folder.path().join("deep");
		std::fs::write(&path, &file).unwrap();
		let error = read(&path, &DeltaLimits::default()).unwrap_err();
		let expected = if depth == 200_000 { "bytes of metadata" } else { "columns or levels" };
		assert!(error.to_string().contains(expected), "{error}");
	}
}

/// Returns a footer whose schema nests `depth` groups, in Thrift's compact encoding: the decoder is
/// recursive.
fn deep_footer(depth: u32) -> Vec<u8> {
	let mut footer = vec![0x15, 2, 0x19, 0xfc];
	let mut count = depth + 1;
	while count >= 0x80 {
		footer.push((count & 0x7f) as u8 | 0x80);
		count >>= 7;
	}
	footer.push(count as u8);
	// Repetition required, no name, one child.
	(0..depth).for_each(|_| footer.extend([0x35, 0, 0x18, 0, 0x15, 2, 0]));
	// Type int32, repetition required, no name.
	footer.extend([0x15, 2, 0x25, 0, 0x18, 0, 0]);
	// No rows, no row groups.
	footer.extend([0x16, 0, 0x19, 0x0c, 0]);
	footer
}

#[test]
fn columns_that_share_their_bytes_are_refused() {
	let draft = Draft::new();
	let file = File::open(draft.file()).unwrap();
	let length = file.metadata().unwrap().len();
	let metadata = footer::metadata(&file, 4).unwrap();
	footer::check_chunks(&metadata, length).unwrap();
	let error = footer::check_chunks(&metadata, length / 10).unwrap_err();
	assert!(error.to_string().contains("longer than the file"), "{error}");
}
