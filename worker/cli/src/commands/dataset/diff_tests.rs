use super::super::testing::{record, Folder};
use super::*;
use descent_dataset::{build, open_table, DeltaLimits, RecordId, TableColumns, Versions};

#[test]
fn what_is_not_common_is_counted_and_listed() {
	let folder = Folder::new();
	let schema = crate::description::read(&folder.path("m.json")).unwrap().schema();
	let limits = DeltaLimits::default();
	let (old, new) = (folder.table("old", 0..5), folder.table("new", 3..9));
	let delta = folder.path("delta");
	let open = |path: std::path::PathBuf| -> descent_dataset::Open {
		let schema = schema.clone();
		Box::new(move || open_table(&path, &schema, &TableColumns::default()))
	};
	build(&mut open(old.clone())().unwrap(), &schema, None, &limits, &delta, |_| ()).unwrap();
	let store = folder.path("sets");
	let first = Set::apply(&store, None, &delta, [1; 32].into(), &schema, &limits).unwrap();
	let mut versions = Versions::open(open(old), open(new), &folder.path("")).unwrap();
	build(&mut versions, &schema, Some(&first), &limits, &delta, |_| ()).unwrap();
	let second = Set::apply(&store, Some(&first), &delta, [2; 32].into(), &schema, &limits).unwrap();

	let blank =
		|ids: bool| Difference { from: 1, to: 2, ids: ids.then(Ids::default), ..Difference::default() };
	let counted = compare(&first, &second, blank(false)).unwrap();
	assert_eq!((counted.added, counted.removed), (4, 3));
	assert_eq!(show(&counted), "from version 1 to version 2: 4 records added, 3 removed");
	assert!(serde_json::to_value(&counted).unwrap().get("ids").is_none());
	let listed = compare(&first, &second, blank(true)).unwrap();
	let ids = listed.ids.as_ref().unwrap();
	let sorted = |numbers: std::ops::Range<u8>| {
		let mut ids: Vec<_> = numbers.map(|n| RecordId::of(&record(n)).to_string()).collect();
		ids.sort();
		ids
	};
	assert_eq!((&ids.added, &ids.removed), (&sorted(5..9), &sorted(0..3)));
	let text = show(&listed);
	let order: Vec<_> = text.lines().skip(1).map(|line| &line[2..]).collect();
	assert!(order.len() == 7 && order.is_sorted(), "{text}");
	let back = compare(&second, &first, blank(true)).unwrap();
	assert_eq!(back.ids.unwrap().added, ids.removed);
	for id in &ids.added {
		assert!(text.contains(&format!("\n+ {id}")), "{id} in\n{text}");
	}
	assert_eq!(compare(&first, &first, blank(false)).unwrap().added, 0);
}
