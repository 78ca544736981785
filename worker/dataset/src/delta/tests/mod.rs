mod hostile;

use super::*;
use crate::schema::{Column, Dtype, RecordId, Schema, ValueError};
use arrow_array::builder::{FixedSizeBinaryBuilder, Float32Builder, ListBuilder};
use arrow_array::{ArrayRef, BinaryArray, Float64Array, Int64Array, RecordBatch, StringArray, UInt8Array};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
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
	Schema { columns: vec![column("x", Dtype::F32, &[2], None), column("y", Dtype::U8, &[], Some(10))] }
}

fn record(x: f32, y: u8) -> Vec<u8> {
	[&x.to_le_bytes()[..], &0.5f32.to_le_bytes(), &[y]].concat()
}

/// A file under construction. It is valid unless a test changes a column.
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
	/// Starts with three additions and a removal.
	fn new() -> Self {
		let id = |x, y| RecordId::of(&record(x, y)).0;
		let half = Some(0.5);
		Self {
			op: Arc::new(StringArray::from(vec!["add", "add", "add", "remove"])),
			id: ids(&[id(0.0, 0), id(1.0, 1), id(2.0, 2), [9; 32]]),
			x: lists(&[Some(&[Some(0.0), half]), Some(&[Some(1.0), half]), Some(&[Some(2.0), half]), None]),
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
	assert_eq!(rows[3], Row { number: 3, id: RecordId([9; 32]), record: None });
}

#[test]
fn what_is_written_is_read() {
	let folder = tempfile::tempdir().unwrap();
	let path = folder.path().join("delta.parquet");
	let mut writer = DeltaWriter::create(&path, &schema()).unwrap();
	let records: Vec<_> = (0..10_000u16).map(|n| record(f32::from(n), (n % 10) as u8)).collect();
	for record in &records {
		writer.add(record).unwrap();
	}
	writer.remove(RecordId([1; 32])).unwrap();
	assert!(!path.exists(), "not before it is complete");
	assert_eq!(writer.finish().unwrap(), 10_001);
	let rows = read(&path, &DeltaLimits::default()).unwrap();
	assert!(rows.iter().zip(&records).all(|(row, record)| row.record.as_ref() == Some(record)));
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
	let schema = Schema { columns: vec![column("x", Dtype::U8, &[28, 28]), column("y", Dtype::I32, &[])] };
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
	let rows: Result<Vec<_>, _> =
		DeltaReader::open(&path, &schema, &DeltaLimits::default()).unwrap().collect();
	assert!(rows.unwrap().into_iter().map(|row| row.record.unwrap()).eq(records));
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
	assert!(matches!(problem(writer.add(&record(1.0, 1))), Problem::Repeated(_)));
	assert!(matches!(problem(writer.add(&record(f32::NAN, 1))), Problem::Value { .. }));
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
	draft.op = Arc::new(StringArray::from(vec![Some("add"), None, Some("add"), Some("remove")]));
	assert_eq!(draft.problem(), (1, Problem::UnknownOp("null".into())));
	draft.op = Arc::new(StringArray::from(vec!["add", "add", "remove", "remove"]));
	assert_eq!(draft.problem(), (2, Problem::NotNull("x".into())));
	draft.op = Arc::new(StringArray::from(vec!["add", "add", "add", "add"]));
	assert_eq!(draft.problem(), (3, Problem::Null("x".into())));

	let mut draft = Draft::new();
	draft.y = Arc::new(UInt8Array::from(vec![Some(0), Some(1), Some(10), None]));
	let problem = ValueError::OutOfBound { value: 10, bound: 10 };
	assert_eq!(draft.problem(), (2, Problem::Value { column: "y".into(), problem }));
	draft.y = Arc::new(UInt8Array::from(vec![None, Some(1), Some(2), None]));
	assert_eq!(draft.problem(), (0, Problem::Null("y".into())));

	let mut draft = Draft::new();
	let good: &[_] = &[Some(0.0), Some(0.5)];
	draft.x = lists(&[Some(good), Some(&[Some(1.0)]), None, None]);
	assert_eq!(draft.problem(), (1, Problem::Shape { column: "x".into(), expected: 2, found: 1 }));
	draft.x = lists(&[Some(good), Some(&[Some(1.0), Some(0.5), Some(1.0)]), None, None]);
	assert_eq!(draft.problem(), (1, Problem::Shape { column: "x".into(), expected: 2, found: 3 }));
	draft.x = lists(&[Some(good), Some(&[Some(1.0), None]), None, None]);
	assert_eq!(draft.problem(), (1, Problem::Null("x".into())));
	draft.x = lists(&[Some(good), Some(&[Some(f32::INFINITY), Some(0.5)]), None, None]);
	assert_eq!(draft.problem(), (1, Problem::Value { column: "x".into(), problem: ValueError::NotFinite }));

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
fn the_streaming_writer_finds_repeated_ids_at_the_end() {
	let folder = tempfile::tempdir().unwrap();
	let path = folder.path().join("d");
	let mut writer = DeltaWriter::streaming(&path, &schema()).unwrap();
	for y in [1, 2, 3, 1, 2] {
		writer.add(&record(1.0, y)).unwrap();
	}
	let refused = writer.finish();
	assert!(
		matches!(
			&refused,
			Err(DeltaError::Row { row: 3, problem: Problem::Repeated(id) })
				if *id == RecordId::of(&record(1.0, 1))
		),
		"{refused:?}"
	);
	assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
	let mut writer = DeltaWriter::streaming(&path, &schema()).unwrap();
	writer.add(&record(1.0, 1)).unwrap();
	writer.remove(RecordId([1; 32])).unwrap();
	assert_eq!(writer.finish().unwrap(), 2);
	assert_eq!(read(&path, &DeltaLimits::default()).unwrap().len(), 2);
}
