//! Delta files as other programs write them: see `fixtures/make.py`.

use descent_dataset::{Column, DeltaLimits, DeltaReader, Dtype, Op, RecordId, Schema};
use std::path::Path;

fn schema() -> Schema {
	let column = |name: &str, dtype, shape: &[u64]| Column {
		name: name.into(),
		dtype,
		shape: shape.to_vec(),
		bound: None,
	};
	Schema { columns: vec![column("x", Dtype::F32, &[2]), column("y", Dtype::U8, &[])] }
}

fn reads(file: &str) {
	let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(file);
	let reader = DeltaReader::open(&path, &schema(), &DeltaLimits::default()).unwrap();
	assert_eq!(reader.len(), 6);
	let rows = reader.collect::<Result<Vec<_>, _>>().unwrap();
	for (number, row) in rows.iter().take(5).enumerate() {
		let label = number as u8 + 1;
		let record = [&f32::from(label).to_le_bytes()[..], &(-2.5f32).to_le_bytes(), &[label]].concat();
		assert_eq!((row.number, row.op()), (number as u64, Op::Add));
		assert_eq!(row.record.as_deref(), Some(record.as_slice()));
	}
	let last = rows.last().unwrap();
	assert_eq!((last.number, last.op(), last.id), (5, Op::Remove, RecordId([7; 32])));
}

#[test]
fn pyarrow_with_fixed_size_lists() {
	reads("pyarrow.parquet");
}

#[test]
fn pyarrow_with_dictionaries_and_pages_of_version_2() {
	reads("dictionary.parquet");
}

#[test]
fn pandas_with_lists() {
	reads("pandas.parquet");
}

#[test]
fn polars_with_arrays() {
	reads("polars.parquet");
}

#[test]
fn duckdb_with_pages_of_version_2() {
	reads("duckdb.parquet");
}
