//! Compares deltas with a model in memory. Runs are so short that everything goes through the scratch files.

use super::changes::{Changes, Scratch, Summary};
use super::*;
use crate::delta::{DeltaError, DeltaLimits, Problem};
use crate::schema::{Column, Dtype};
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;
use std::collections::{HashMap, HashSet};

fn schema() -> Schema {
	Schema { columns: vec![Column { name: "y".into(), dtype: Dtype::U8, shape: Vec::new(), bound: None }] }
}

fn id(record: u8) -> RecordId {
	RecordId::of(&[record])
}

/// A row: true for a removal, and the record.
type Row = (bool, u8);

/// Returns the records after applying the rows, or the first row that is wrong.
fn model(base: &[u8], rows: &[Row]) -> Result<Vec<u8>, (u64, Problem)> {
	let positions: HashMap<u8, usize> = base.iter().enumerate().map(|(p, r)| (*r, p)).collect();
	let mut seen = HashSet::new();
	for (number, (remove, record)) in rows.iter().enumerate() {
		let problem = match (seen.insert(*record), remove, positions.contains_key(record)) {
			(false, _, _) => Problem::Repeated(id(*record)),
			(_, false, true) => Problem::Duplicate(id(*record)),
			(_, true, false) => Problem::Absent(id(*record)),
			_ => continue,
		};
		return Err((number as u64, problem));
	}
	let kept = base.iter().filter(|record| !seen.contains(record));
	let added = rows.iter().filter(|(remove, _)| !remove).map(|(_, record)| record);
	Ok(kept.chain(added).copied().collect())
}

struct Store {
	folder: tempfile::TempDir,
	run: usize,
}

impl Store {
	/// Writes rows, including some that a [`DeltaWriter`] would refuse.
	fn write(&self, rows: &[Row]) -> PathBuf {
		let path = self.folder.path().join("delta.parquet");
		let mut table = crate::table::Table::create(&path, &schema(), true).unwrap();
		for (remove, record) in rows {
			let bytes = [*record];
			table.push(id(*record), (!remove).then_some(&bytes[..])).unwrap();
		}
		table.finish().unwrap();
		path
	}

	fn check(&self, base: Option<&Set>, delta: &Path) -> Result<Summary, DeltaError> {
		let scratch = Scratch { folder: self.folder.path(), run: self.run };
		let limits = DeltaLimits::default();
		Changes::read(base, delta, scratch, &schema(), &limits, |_| Ok(())).map(|changes| changes.summary)
	}

	fn apply(&self, base: Option<&Set>, rows: &[Row], number: u8) -> Result<Set, DeltaError> {
		let (path, root) = (self.write(rows), H256::repeat_byte(number));
		let checked = self.check(base, &path);
		let limits = DeltaLimits::default();
		let set = Set::build(self.folder.path(), base, &path, root, &schema(), &limits, self.run);
		match (checked, set) {
			(Ok(summary), Ok(set)) => {
				assert_eq!(summary.records, set.len());
				Ok(set)
			}
			(Err(checked), Err(applied)) => {
				assert_eq!(checked.to_string(), applied.to_string());
				Err(applied)
			}
			other => panic!("{other:?}"),
		}
	}
}

fn holds(set: &Set, expected: &[u8]) -> TestCaseResult {
	set.verify().unwrap();
	prop_assert_eq!(set.len(), expected.len() as u64);
	let mut record = Vec::new();
	for (position, byte) in expected.iter().enumerate() {
		set.read(position as u64, &mut record).unwrap();
		prop_assert_eq!(&record, &[*byte]);
	}
	Ok(())
}

/// Returns distinct records, at least one.
fn records() -> impl Strategy<Value = Vec<u8>> {
	prop::collection::hash_set(any::<u8>(), 1..120).prop_map(|set| {
		let mut records: Vec<u8> = set.into_iter().collect();
		records.sort_by_key(|record| record.wrapping_mul(77));
		records
	})
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(64))]

	#[test]
	fn whatever_the_rows_the_outcome_is_the_model_s(
		base in records(),
		rows in prop::collection::vec((any::<bool>(), 0u8..100), 0..12),
		run in 1usize..9,
	) {
		let store = Store { folder: tempfile::tempdir().unwrap(), run };
		let additions: Vec<Row> = base.iter().map(|record| (false, *record)).collect();
		let set = store.apply(None, &additions, 1).unwrap();
		holds(&set, &base)?;
		match (model(&base, &rows), store.apply(Some(&set), &rows, 2)) {
			(Ok(_), Err(DeltaError::NoRows)) => prop_assert!(rows.is_empty()),
			(Ok(expected), Err(DeltaError::NoRecords)) => prop_assert!(expected.is_empty()),
			(Ok(expected), Ok(next)) => holds(&next, &expected)?,
			(Err((row, problem)), Err(DeltaError::Row { row: found_row, problem: found })) => {
				prop_assert_eq!((found_row, found), (row, problem));
			}
			other => prop_assert!(false, "{other:?}"),
		}
		let left = std::fs::read_dir(store.folder.path()).unwrap().count();
		prop_assert!(left <= 3, "versions and the delta only");
	}

	#[test]
	fn a_delta_and_its_inverse_leave_what_was_there(
		base in records(),
		picked in prop::collection::hash_map(any::<u8>(), any::<u16>(), 1..60),
		run in 1usize..9,
	) {
		let store = Store { folder: tempfile::tempdir().unwrap(), run };
		let additions: Vec<Row> = base.iter().map(|record| (false, *record)).collect();
		let first = store.apply(None, &additions, 1).unwrap();
		let mut rows: Vec<(u16, Row)> = picked
			.into_iter()
			.map(|(record, order)| (order, (base.contains(&record), record)))
			.collect();
		rows.sort();
		let rows: Vec<Row> = rows.into_iter().map(|(_, row)| row).collect();
		let inverse: Vec<Row> = rows.iter().map(|(remove, record)| (!remove, *record)).collect();
		prop_assume!(!model(&base, &rows).unwrap().is_empty());
		let second = store.apply(Some(&first), &rows, 2).unwrap();
		holds(&second, &model(&base, &rows).unwrap())?;
		let third = store.apply(Some(&second), &inverse, 3).unwrap();
		prop_assert_eq!(first.diff(&third).count(), 0);
		prop_assert_eq!(first.diff(&second).count(), rows.len());
		let (ours, theirs): (HashSet<_>, HashSet<_>) = (
			first.ids().map(|entry| entry.unwrap().0).collect(),
			third.ids().map(|entry| entry.unwrap().0).collect(),
		);
		prop_assert_eq!(ours, theirs);
	}
}
