use super::*;
use proptest::prelude::*;
use std::collections::BTreeSet;

fn csv(rows: &[u8]) -> String {
	let mut text = "x0,x1,y\n".to_string();
	rows.iter().for_each(|n| text.push_str(&format!("{n},-{n}.5,{}\n", n % 10)));
	text
}

fn record(n: u8) -> Vec<u8> {
	point(n.into(), -f32::from(n) - 0.5, n % 10)
}

fn opener(path: PathBuf) -> Open {
	Box::new(move || open_table(&path, &points(), &TableColumns::default()))
}

fn versions(folder: &Folder, old: &[u8], new: &[u8]) -> Result<Versions, BuildError> {
	let old = folder.write("old.csv", csv(old));
	let new = folder.write("new.csv", csv(new));
	Versions::open(opener(old), opener(new), folder.0.path())
}

fn contents(set: &Set) -> Vec<Vec<u8>> {
	let read = |index| {
		let mut record = Vec::new();
		set.read(index, &mut record).unwrap();
		record
	};
	(0..set.len()).map(read).collect()
}

#[test]
fn additions_come_first_and_each_in_its_table_s_order() {
	let folder = Folder::new();
	let source = versions(&folder, &[5, 1, 4, 1, 2, 5], &[9, 2, 8, 4, 9, 7]).unwrap();
	let built = folder.make(source, &points(), None).unwrap();
	assert_eq!((built.added, built.removed, built.repeated), (3, 2, 3));
	let rows: Vec<_> = DeltaReader::open(&folder.path("delta"), &points(), &DeltaLimits::default())
		.unwrap()
		.map(|row| row.unwrap())
		.map(|row| (row.op(), row.id))
		.collect();
	let row = |op, n| (op, RecordId::of(&record(n)));
	let (add, remove) = ([9, 8, 7], [5, 1]);
	let expected = add.map(|n| row(Op::Add, n)).into_iter();
	assert_eq!(rows, expected.chain(remove.map(|n| row(Op::Remove, n))).collect::<Vec<_>>());
}

#[test]
fn two_equal_versions_make_no_delta() {
	let folder = Folder::new();
	let same = versions(&folder, &[1, 2, 3, 1], &[3, 2, 1]);
	assert!(folder.refused(same, &points()).contains("nothing to add or to remove"));
}

#[test]
fn a_fault_in_either_version_is_found() {
	let folder = Folder::new();
	let good = folder.write("good.csv", csv(&[1, 2]));
	let bad = folder.write("bad.csv", "x0,x1,y\n1,2,3\n1,2,x\n");
	let expected = "row 1 of bad.csv (line 3): column 'y': 'x' is not of type u8";
	for (old, new) in [(&good, &bad), (&bad, &good)] {
		let source = Versions::open(opener(old.clone()), opener(new.clone()), folder.0.path());
		assert_eq!(folder.refused(source, &points()), expected);
	}
	let missing = folder.path("missing.csv");
	for (old, new) in [(&good, &missing), (&missing, &good)] {
		let source = Versions::open(opener(old.clone()), opener(new.clone()), folder.0.path());
		assert!(folder.refused(source, &points()).contains("missing.csv"));
	}
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(64))]
	#[test]
	fn applied_to_the_old_version_it_makes_the_new_one(
		old in prop::collection::vec(any::<u8>(), 1..40),
		new in prop::collection::vec(any::<u8>(), 1..40),
	) {
		let folder = Folder::new();
		let schema = points();
		let first = folder.write("old.csv", csv(&old));
		folder.make(open_table(&first, &schema, &TableColumns::default()).unwrap(), &schema, None).unwrap();
		let base = folder.set(&folder.path("delta"), None, &schema);
		let wanted: BTreeSet<_> = new.iter().map(|n| record(*n)).collect();
		match folder.make(versions(&folder, &old, &new).unwrap(), &schema, Some(&base)) {
			Ok(built) => {
				let set = folder.set(&folder.path("delta"), Some(&base), &schema);
				prop_assert_eq!(set.len(), wanted.len() as u64);
				prop_assert_eq!(contents(&set).into_iter().collect::<BTreeSet<_>>(), wanted);
				prop_assert_eq!((built.present, built.absent), (0, 0));
				prop_assert_eq!(base.len() + built.added - built.removed, set.len());
			}
			Err(BuildError::Nothing) => {
				let had: BTreeSet<_> = old.iter().map(|n| record(*n)).collect();
				prop_assert_eq!(had, wanted);
			}
			Err(error) => panic!("{error}"),
		}
	}
}
