use super::*;
use crate::delta::{DeltaError, DeltaLimits, DeltaReader, DeltaWriter, Problem};
use crate::schema::{Column, Dtype};
use blake2::{digest::consts::U32, Blake2b, Digest};
use tempfile::TempDir;

struct Store {
	folder: TempDir,
	schema: Schema,
	deltas: u8,
}

impl Store {
	fn new() -> Self {
		let column = |name: &str, dtype, shape: &[u64]| Column {
			name: name.into(),
			dtype,
			shape: shape.to_vec(),
			bound: None,
		};
		let schema = Schema { columns: vec![column("x", Dtype::I32, &[2]), column("y", Dtype::U8, &[])] };
		Self { folder: tempfile::tempdir().unwrap(), schema, deltas: 0 }
	}

	fn delta(&mut self, add: &[i32], remove: &[i32]) -> (PathBuf, H256) {
		self.deltas += 1;
		let path = self.folder.path().join(format!("{}.parquet", self.deltas));
		let mut writer = DeltaWriter::create(&path, &self.schema).unwrap();
		for n in add {
			writer.add(&record(*n)).unwrap();
		}
		remove.iter().for_each(|n| writer.remove(RecordId::of(&record(*n))).unwrap());
		writer.finish().unwrap();
		(path, H256::repeat_byte(self.deltas))
	}

	fn apply(&mut self, base: Option<&Set>, add: &[i32], remove: &[i32]) -> Result<Set, DeltaError> {
		let (path, digest) = self.delta(add, remove);
		let checked = check(self.folder.path(), base, &path, &self.schema, &DeltaLimits::default());
		let set = Set::apply(self.folder.path(), base, &path, digest, &self.schema, &DeltaLimits::default());
		match (&checked, &set) {
			(Ok(summary), Ok(set)) => {
				assert_eq!(
					(summary.added, summary.removed, summary.records),
					(add.len() as u64, remove.len() as u64, set.len())
				)
			}
			(Err(a), Err(b)) => assert_eq!(a.to_string(), b.to_string()),
			other => panic!("{other:?}"),
		}
		set
	}
}

fn record(n: i32) -> Vec<u8> {
	[&n.to_le_bytes()[..], &(-n).to_le_bytes(), &[n as u8]].concat()
}

fn contents(set: &Set) -> Vec<i32> {
	let mut bytes = Vec::new();
	(0..set.len())
		.map(|index| {
			set.read(index, &mut bytes).unwrap();
			i32::from_le_bytes(bytes[..4].try_into().unwrap())
		})
		.collect()
}

#[test]
fn deltas_make_versions_in_a_defined_order() {
	let mut store = Store::new();
	let first = store.apply(None, &[5, 3, 8, 1], &[]).unwrap();
	assert_eq!(contents(&first), [5, 3, 8, 1]);
	assert_eq!(first.root(), descent_protocol::dataset_root(H256::zero(), H256::repeat_byte(1)));
	let second = store.apply(Some(&first), &[9, 2], &[3, 1]).unwrap();
	assert_eq!(contents(&second), [5, 8, 9, 2]);
	assert_eq!(second.root(), descent_protocol::dataset_root(first.root(), H256::repeat_byte(2)));
	let third = store.apply(Some(&second), &[3], &[5]).unwrap();
	assert_eq!(contents(&third), [8, 9, 2, 3]);
	for set in [&first, &second, &third] {
		set.verify().unwrap();
		for (position, n) in contents(set).into_iter().enumerate() {
			assert_eq!(set.position(RecordId::of(&record(n))).unwrap(), Some(position as u64));
		}
	}
	assert_eq!(third.position(RecordId::of(&record(5))).unwrap(), None);
	assert_eq!(contents(&first), [5, 3, 8, 1], "earlier versions stay");
}

#[test]
fn a_set_never_becomes_empty() {
	let mut store = Store::new();
	let refused = store.apply(None, &[], &[]);
	assert!(matches!(refused, Err(DeltaError::NoRows)), "{refused:?}");
	let first = store.apply(None, &[1], &[]).unwrap();
	let refused = store.apply(Some(&first), &[], &[1]);
	assert!(matches!(refused, Err(DeltaError::NoRecords)), "{refused:?}");
	let refused = store.apply(Some(&first), &[], &[]);
	assert!(matches!(refused, Err(DeltaError::NoRows)), "{refused:?}");
	assert_eq!(contents(&store.apply(Some(&first), &[2], &[1]).unwrap()), [2]);
}

#[test]
fn rows_are_summed_up_in_their_order() {
	let mut store = Store::new();
	let base = store.apply(None, &[1, 2], &[]).unwrap();
	let mut rows = |add: &[i32]| {
		let (path, _) = store.delta(add, &[1]);
		let limits = DeltaLimits::default();
		let summary = check(store.folder.path(), Some(&base), &path, &store.schema, &limits);
		summary.unwrap().rows
	};
	let row = |op: u8, n| [&[op][..], &RecordId::of(&record(n)).0].concat();
	let expected = [row(0, 3), row(0, 4), row(1, 1)].concat();
	assert_eq!(rows(&[3, 4]).as_bytes(), Blake2b::<U32>::digest(&expected).as_slice());
	assert_ne!(rows(&[4, 3]), rows(&[3, 4]));
}

#[test]
fn versions_differ_in_what_deltas_did() {
	let mut store = Store::new();
	let first = store.apply(None, &[5, 3, 8, 1], &[]).unwrap();
	let second = store.apply(Some(&first), &[9, 2], &[3]).unwrap();
	let third = store.apply(Some(&second), &[3], &[9, 8]).unwrap();
	let differences = |a: &Set, b: &Set| a.diff(b).collect::<Result<Vec<_>, _>>().unwrap();
	assert_eq!(differences(&first, &first), []);
	// 3 went and came back, so it is in both
	let id = |n| RecordId::of(&record(n));
	let mut expected =
		vec![Changed::Added { id: id(2), position: 2 }, Changed::Removed { id: id(8), position: 2 }];
	let key = |changed: &Changed| match changed {
		Changed::Added { id, .. } | Changed::Removed { id, .. } => *id,
	};
	expected.sort_by_key(key);
	assert_eq!(differences(&first, &third), expected);
	let reversed: Vec<_> = expected
		.into_iter()
		.map(|changed| match changed {
			Changed::Added { id, position } => Changed::Removed { id, position },
			Changed::Removed { id, position } => Changed::Added { id, position },
		})
		.collect();
	assert_eq!(differences(&third, &first), reversed);
}

#[test]
fn an_exported_set_holds_every_record() {
	let mut store = Store::new();
	let numbers: Vec<i32> = (0..9000).collect();
	let set = store.apply(None, &numbers, &[]).unwrap();
	let path = store.folder.path().join("set.parquet");
	let mut written = 0;
	set.export(&path, |records| written = records).unwrap();
	assert_eq!(written, 9000);
	// to be a delta it lacks but the operations
	let error = DeltaReader::open(&path, &store.schema, &DeltaLimits::default()).err().unwrap();
	assert!(matches!(&error, DeltaError::MissingColumn(name) if name == "op"), "{error}");
}

#[test]
fn deltas_that_do_not_apply_are_refused_and_leave_nothing() {
	let mut store = Store::new();
	let base = store.apply(None, &[1, 2], &[]).unwrap();
	let before = std::fs::read_dir(store.folder.path()).unwrap().count();
	let id = |n| RecordId::of(&record(n));
	for (add, remove, row, expected) in [
		(vec![3, 2], vec![], 1, Problem::Duplicate(id(2))),
		(vec![], vec![1, 7], 1, Problem::Absent(id(7))),
		(vec![], vec![3], 0, Problem::Absent(id(3))),
	] {
		match store.apply(Some(&base), &add, &remove) {
			Err(DeltaError::Row { row: at, problem }) => assert_eq!((at, problem), (row, expected)),
			other => panic!("{other:?}"),
		}
	}
	let deltas = 3;
	assert_eq!(std::fs::read_dir(store.folder.path()).unwrap().count(), before + deltas);
}

#[test]
fn a_version_that_is_there_is_not_built_again() {
	let mut store = Store::new();
	let (path, digest) = store.delta(&[1], &[]);
	let limits = DeltaLimits::default();
	let first = Set::apply(store.folder.path(), None, &path, digest, &store.schema, &limits).unwrap();
	std::fs::remove_file(&path).unwrap();
	let again = Set::apply(store.folder.path(), None, &path, digest, &store.schema, &limits).unwrap();
	assert_eq!(first.root(), again.root());
}

#[test]
fn gathers_columns_in_the_asked_order() {
	let mut store = Store::new();
	let set = store.apply(None, &[1, 2, 3], &[]).unwrap();
	let batch = set.gather(&[2, 0, 2]).unwrap();
	assert_eq!(batch.len, 3);
	assert_eq!(batch.columns[1].bytes, [3, 1, 3]);
	assert_eq!(batch.columns[0].bytes[..4], 3i32.to_le_bytes());
	assert_eq!(batch.columns[0].bytes.len(), 24);
	assert!(matches!(set.gather(&[3]), Err(SetError::NoRecord { index: 3, len: 3 })));
	let bytes = [record(3), record(1), record(3)].concat();
	assert_eq!(Batch::from_records(&store.schema, &bytes), Some(batch));
	assert_eq!(Batch::from_records(&store.schema, &bytes[1..]), None);
}

#[test]
fn damage_is_noticed() {
	let mut store = Store::new();
	let set = store.apply(None, &[1, 2, 3], &[]).unwrap();
	let reopen = || Set::open(store.folder.path(), set.root(), &store.schema);
	let records = set.folder().join(RECORDS);
	let mut bytes = std::fs::read(&records).unwrap();
	bytes[0] ^= 1;
	std::fs::write(&records, &bytes).unwrap();
	assert!(matches!(reopen().unwrap().unwrap().verify(), Err(SetError::Damaged { .. })));
	std::fs::write(&records, &bytes[1..]).unwrap();
	assert!(matches!(reopen(), Err(SetError::Damaged { .. })));
	std::fs::remove_file(&records).unwrap();
	assert!(matches!(reopen(), Err(SetError::Damaged { .. })));
	bytes[0] ^= 1;
	std::fs::write(&records, &bytes).unwrap();
	reopen().unwrap().unwrap().verify().unwrap();
	let index = set.folder().join(INDEX);
	let bytes = std::fs::read(&index).unwrap();
	let turned: Vec<u8> = bytes.chunks(40).rev().flatten().copied().collect();
	std::fs::write(&index, turned).unwrap();
	let set = reopen().unwrap().unwrap();
	let error = set.verify().unwrap_err().to_string();
	assert!(error.contains("out of order"), "{error}");
	assert!(set.diff(&set).any(|entry| entry.is_err()));
	std::fs::write(&index, &bytes[1..]).unwrap();
	assert!(matches!(reopen(), Err(SetError::Damaged { .. })));
	let mut other = store.schema.clone();
	other.columns.pop();
	assert!(matches!(Set::open(store.folder.path(), set.root(), &other), Err(SetError::OtherSchema)));
	std::fs::remove_file(set.folder().join(SET)).unwrap();
	assert!(matches!(reopen(), Err(SetError::Damaged { .. })));
	assert!(Set::open(store.folder.path(), H256::zero(), &store.schema).unwrap().is_none());
}

#[test]
fn leftovers_are_swept() {
	let mut store = Store::new();
	let set = store.apply(None, &[1], &[]).unwrap();
	let leftover = store.folder.path().join(".building-x");
	std::fs::create_dir(&leftover).unwrap();
	std::fs::write(leftover.join(RECORDS), b"half").unwrap();
	Set::sweep(store.folder.path()).unwrap();
	assert!(!leftover.exists());
	set.verify().unwrap();
	Set::sweep(&store.folder.path().join("absent")).unwrap();
}
