use super::*;
use crate::schema::{Column, Dtype, RecordId, Schema, ValueError};
use arrow_array::builder::{BinaryBuilder, FixedSizeBinaryBuilder, Float32Builder, ListBuilder};
use arrow_array::{ArrayRef, BinaryArray, Float64Array, Int64Array, RecordBatch, StringArray, UInt8Array};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::properties::WriterProperties;
use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;
use tempfile::TempDir;

fn schema() -> Schema {
	let column = |name: &str, dtype, shape: &[u64], bound| Column {
		name: name.into(),
		dtype,
		shape: shape.to_vec(),
		bound,
	};
	Schema {
		columns: vec![
			column("x", Dtype::F32, &[2], None),
			column("y", Dtype::U8, &[], Some(10)),
		],
	}
}

fn record(x: f32, y: u8) -> Vec<u8> {
	[&x.to_le_bytes()[..], &0.5f32.to_le_bytes(), &[y]].concat()
}

/// A file under construction: good unless a test changes a column.
struct Draft {
	op: ArrayRef,
	id: ArrayRef,
	x: ArrayRef,
	y: ArrayRef,
	folder: TempDir,
	properties: WriterProperties,
}

fn ids(ids: &[[u8; 32]]) -> ArrayRef {
	let mut builder = FixedSizeBinaryBuilder::new(32);
	ids.iter().for_each(|id| builder.append_value(id).unwrap());
	Arc::new(builder.finish())
}

fn lists(rows: &[Option<&[Option<f32>]>]) -> ArrayRef {
	let mut builder = ListBuilder::new(Float32Builder::new());
	for row in rows {
		match row {
			Some(values) => builder.append_value(values.iter().copied()),
			None => builder.append_null(),
		}
	}
	Arc::new(builder.finish())
}

impl Draft {
	/// Three additions and a removal.
	fn new() -> Self {
		let id = |x, y| RecordId::of(&record(x, y)).0;
		let half = Some(0.5);
		Self {
			op: Arc::new(StringArray::from(vec!["add", "add", "add", "remove"])),
			id: ids(&[id(0.0, 0), id(1.0, 1), id(2.0, 2), [9; 32]]),
			x: lists(&[
				Some(&[Some(0.0), half]),
				Some(&[Some(1.0), half]),
				Some(&[Some(2.0), half]),
				None,
			]),
			y: Arc::new(UInt8Array::from(vec![Some(0), Some(1), Some(2), None])),
			folder: tempfile::tempdir().unwrap(),
			properties: WriterProperties::builder()
				.set_compression(Compression::ZSTD(ZstdLevel::default()))
				.build(),
		}
	}

	fn write(&self, columns: Vec<(&str, ArrayRef)>) -> PathBuf {
		let path = self.folder.path().join("delta.parquet");
		let batch =
			RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(n, a)| (n, a, true))).unwrap();
		let file = File::create(&path).unwrap();
		let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(self.properties.clone())).unwrap();
		writer.write(&batch).unwrap();
		writer.close().unwrap();
		path
	}

	fn file(&self) -> PathBuf {
		self.write(vec![
			("op", self.op.clone()),
			("id", self.id.clone()),
			("x", self.x.clone()),
			("y", self.y.clone()),
		])
	}

	fn read(&self) -> Result<Vec<Row>, DeltaError> {
		read(&self.file(), &DeltaLimits::default())
	}

	fn problem(&self) -> (u64, Problem) {
		match self.read() {
			Err(DeltaError::Row { row, problem }) => (row, problem),
			other => panic!("{other:?}"),
		}
	}
}

fn read(path: &std::path::Path, limits: &DeltaLimits) -> Result<Vec<Row>, DeltaError> {
	DeltaReader::open(path, &schema(), limits)?.collect()
}

#[test]
fn a_good_file_is_read() {
	let rows = Draft::new().read().unwrap();
	assert_eq!(rows.len(), 4);
	assert_eq!(rows[1].record, Some(record(1.0, 1)));
	assert_eq!(
		rows[3],
		Row {
			number: 3,
			id: RecordId([9; 32]),
			record: None
		}
	);
}

#[test]
fn what_is_written_is_read() {
	let folder = tempfile::tempdir().unwrap();
	let path = folder.path().join("delta.parquet");
	let mut writer = DeltaWriter::create(&path, &schema()).unwrap();
	let records: Vec<_> = (0..10_000u16)
		.map(|n| record(f32::from(n), (n % 10) as u8))
		.collect();
	for record in &records {
		writer.add(record).unwrap();
	}
	writer.remove(RecordId([1; 32])).unwrap();
	assert!(!path.exists(), "not before it is complete");
	assert_eq!(writer.finish().unwrap(), 10_001);
	let rows = read(&path, &DeltaLimits::default()).unwrap();
	assert!(rows
		.iter()
		.zip(&records)
		.all(|(row, record)| row.record.as_ref() == Some(record)));
	assert_eq!(rows[10_000].op(), Op::Remove);
}

#[test]
fn lists_of_many_pages_are_read() {
	let column = |name: &str, dtype, shape: &[u64]| Column {
		name: name.into(),
		dtype,
		shape: shape.to_vec(),
		bound: None,
	};
	let schema = Schema {
		columns: vec![column("x", Dtype::U8, &[28, 28]), column("y", Dtype::I32, &[])],
	};
	let folder = tempfile::tempdir().unwrap();
	let path = folder.path().join("delta.parquet");
	let mut writer = DeltaWriter::create(&path, &schema).unwrap();
	let records: Vec<_> = (0..10_000u32)
		.map(|n| {
			let pixels = (0..784u32).map(|p| (n.wrapping_mul(2_654_435_761).wrapping_add(p * p) >> 7) as u8);
			pixels.chain(n.to_le_bytes()).collect::<Vec<u8>>()
		})
		.collect();
	for record in &records {
		writer.add(record).unwrap();
	}
	writer.finish().unwrap();
	let rows: Result<Vec<_>, _> = DeltaReader::open(&path, &schema, &DeltaLimits::default())
		.unwrap()
		.collect();
	assert!(rows
		.unwrap()
		.into_iter()
		.map(|row| row.record.unwrap())
		.eq(records));
}

#[test]
fn the_writer_refuses_what_the_reader_would() {
	let folder = tempfile::tempdir().unwrap();
	let mut writer = DeltaWriter::create(&folder.path().join("d"), &schema()).unwrap();
	writer.add(&record(1.0, 1)).unwrap();
	let problem = |result: Result<RecordId, DeltaError>| match result {
		Err(DeltaError::Row { row: 1, problem }) => problem,
		other => panic!("{other:?}"),
	};
	assert!(matches!(
		problem(writer.add(&record(1.0, 1))),
		Problem::Repeated(_)
	));
	assert!(matches!(
		problem(writer.add(&record(f32::NAN, 1))),
		Problem::Value { .. }
	));
	assert!(matches!(problem(writer.add(&[0; 3])), Problem::Shape { .. }));
}

#[test]
fn wrong_rows_are_named() {
	let mut draft = Draft::new();
	draft.id = ids(&[[0; 32]; 4]);
	assert!(matches!(draft.problem(), (0, Problem::WrongId { found: RecordId(id), .. }) if id == [0; 32]));

	let mut draft = Draft::new();
	draft.op = Arc::new(StringArray::from(vec!["add", "insert", "add", "remove"]));
	assert_eq!(draft.problem(), (1, Problem::UnknownOp("insert".into())));
	draft.op = Arc::new(StringArray::from(vec![
		Some("add"),
		None,
		Some("add"),
		Some("remove"),
	]));
	assert_eq!(draft.problem(), (1, Problem::UnknownOp("null".into())));
	draft.op = Arc::new(StringArray::from(vec!["add", "add", "remove", "remove"]));
	assert_eq!(draft.problem(), (2, Problem::NotNull("x".into())));
	draft.op = Arc::new(StringArray::from(vec!["add", "add", "add", "add"]));
	assert_eq!(draft.problem(), (3, Problem::Null("x".into())));

	let mut draft = Draft::new();
	draft.y = Arc::new(UInt8Array::from(vec![Some(0), Some(1), Some(10), None]));
	let problem = ValueError::OutOfBound { value: 10, bound: 10 };
	assert_eq!(
		draft.problem(),
		(
			2,
			Problem::Value {
				column: "y".into(),
				problem
			}
		)
	);
	draft.y = Arc::new(UInt8Array::from(vec![None, Some(1), Some(2), None]));
	assert_eq!(draft.problem(), (0, Problem::Null("y".into())));

	let mut draft = Draft::new();
	let good: &[_] = &[Some(0.0), Some(0.5)];
	draft.x = lists(&[Some(good), Some(&[Some(1.0)]), None, None]);
	assert_eq!(
		draft.problem(),
		(
			1,
			Problem::Shape {
				column: "x".into(),
				expected: 2,
				found: 1
			}
		)
	);
	draft.x = lists(&[Some(good), Some(&[Some(1.0), Some(0.5), Some(1.0)]), None, None]);
	assert_eq!(
		draft.problem(),
		(
			1,
			Problem::Shape {
				column: "x".into(),
				expected: 2,
				found: 3
			}
		)
	);
	draft.x = lists(&[Some(good), Some(&[Some(1.0), None]), None, None]);
	assert_eq!(draft.problem(), (1, Problem::Null("x".into())));
	draft.x = lists(&[Some(good), Some(&[Some(f32::INFINITY), Some(0.5)]), None, None]);
	assert_eq!(
		draft.problem(),
		(
			1,
			Problem::Value {
				column: "x".into(),
				problem: ValueError::NotFinite
			}
		)
	);

	let mut draft = Draft::new();
	draft.id = Arc::new(BinaryArray::from(vec![Some(&b"short"[..]), None, None, None]));
	assert_eq!(draft.problem(), (0, Problem::IdLength(5)));
}

#[test]
fn rows_before_the_wrong_one_are_handed_out() {
	let mut draft = Draft::new();
	draft.op = Arc::new(StringArray::from(vec!["add", "add", "insert", "remove"]));
	let mut reader = DeltaReader::open(&draft.file(), &schema(), &DeltaLimits::default()).unwrap();
	assert!(reader.next().unwrap().is_ok() && reader.next().unwrap().is_ok());
	assert!(reader.next().unwrap().is_err());
	assert!(reader.next().is_none());
}

#[test]
fn wrong_columns_are_named() {
	let draft = Draft::new();
	let columns = || {
		vec![
			("op", draft.op.clone()),
			("id", draft.id.clone()),
			("x", draft.x.clone()),
			("y", draft.y.clone()),
		]
	};
	let outcome = |columns| read(&draft.write(columns), &DeltaLimits::default()).unwrap_err();
	let mut more = columns();
	more.push(("__index_level_0__", draft.y.clone()));
	assert!(matches!(outcome(more), DeltaError::UnknownColumn(name) if name == "__index_level_0__"));
	let mut fewer = columns();
	fewer.pop();
	assert!(matches!(outcome(fewer), DeltaError::MissingColumn(name) if name == "y"));
	let other: [(usize, ArrayRef); 4] = [
		(3, Arc::new(Int64Array::from(vec![0; 4]))),
		(2, Arc::new(Float64Array::from(vec![0.0; 4]))),
		(2, draft.y.clone()),
		(0, Arc::new(Int64Array::from(vec![0; 4]))),
	];
	for (position, array) in other {
		let mut wrong = columns();
		wrong[position].1 = array;
		assert!(matches!(outcome(wrong), DeltaError::WrongType { .. }));
	}
}

#[test]
fn limits_hold() {
	let draft = Draft::new();
	let path = &draft.file();
	let what = |limits| match read(path, &limits) {
		Err(DeltaError::TooLarge { what, .. }) => what,
		other => panic!("{other:?}"),
	};
	let limits = DeltaLimits::default;
	assert_eq!(
		what(DeltaLimits {
			file_bytes: 100,
			..limits()
		}),
		"bytes"
	);
	assert_eq!(what(DeltaLimits { rows: 3, ..limits() }), "rows");
	assert_eq!(
		what(DeltaLimits {
			row_group_values: 7,
			..limits()
		}),
		"values in a row group"
	);
	let error = read(
		path,
		&DeltaLimits {
			page_bytes: 8,
			..limits()
		},
	)
	.unwrap_err();
	assert!(error.to_string().contains("a page decompresses to"), "{error}");
}

#[test]
fn a_row_that_swells_is_refused() {
	// four million equal values take a few hundred bytes of file
	let mut draft = Draft::new();
	let many = vec![Some(0.5); 4 << 20];
	draft.x = lists(&[Some(&many), None, None, None]);
	let path = draft.file();
	assert!(path.metadata().unwrap().len() < 100_000);
	let error = read(&path, &DeltaLimits::default()).unwrap_err();
	assert!(error.to_string().contains("more values than its rows"), "{error}");
}

#[test]
fn strings_that_swell_are_refused() {
	let long = "a".repeat(1 << 20);
	let mut draft = Draft::new();
	draft.op = Arc::new(StringArray::from(vec![long.as_str(); 4]));
	assert!(draft.read().unwrap_err().to_string().contains("too long"));
	// each string written as "the one before, whole": no page is large, and the strings are
	let mut id = BinaryBuilder::new();
	(0..4).for_each(|_| id.append_value([3; 32]));
	draft = Draft::new();
	draft.id = Arc::new(id.finish());
	draft.properties = WriterProperties::builder()
		.set_dictionary_enabled(false)
		.set_column_encoding("id".into(), Encoding::DELTA_BYTE_ARRAY)
		.build();
	assert!(draft.read().unwrap_err().to_string().contains("encoded plainly"));
}

#[test]
fn broken_files_are_refused_and_never_panic() {
	let draft = Draft::new();
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
			matches!(
				read(&path, &DeltaLimits::default()),
				Err(DeltaError::Malformed(_))
			),
			"cut at {cut}"
		);
	}
	// what a flipped byte makes of the file may still be valid, but must come back
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
		let expected = if depth == 200_000 {
			"bytes of metadata"
		} else {
			"columns or levels"
		};
		assert!(error.to_string().contains(expected), "{error}");
	}
}

/// A footer whose schema nests `depth` groups, in Thrift's compact encoding: the decoder is recursive.
fn deep_footer(depth: u32) -> Vec<u8> {
	let mut footer = vec![0x15, 2, 0x19, 0xfc];
	let mut count = depth + 1;
	while count >= 0x80 {
		footer.push((count & 0x7f) as u8 | 0x80);
		count >>= 7;
	}
	footer.push(count as u8);
	// repetition required, no name, one child
	(0..depth).for_each(|_| footer.extend([0x35, 0, 0x18, 0, 0x15, 2, 0]));
	// type int32, repetition required, no name
	footer.extend([0x15, 2, 0x25, 0, 0x18, 0, 0]);
	// no rows, no row groups
	footer.extend([0x16, 0, 0x19, 0x0c, 0]);
	footer
}
