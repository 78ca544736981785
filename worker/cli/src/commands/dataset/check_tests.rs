use super::super::testing::{Folder, MODEL};
use super::*;

fn check(folder: &Folder, name: &str, after: &str) -> Result<Checked> {
	use clap::Parser;
	#[derive(Parser)]
	struct Line {
		#[command(flatten)]
		check: Check,
	}
	let scratch = tempfile::tempdir().unwrap();
	let line = folder.line(&format!("check @{name} --description @m.json {after}"));
	Line::try_parse_from(line).unwrap().check.check(scratch.path())
}

#[test]
fn a_valid_delta_is_counted() {
	let folder = Folder::new();
	folder.delta("first", &[1, 2, 3], &[]);
	folder.delta("second", &[4], &[2, 3]);
	let first = check(&folder, "first", "").unwrap();
	assert_eq!((first.summary.added, first.summary.records), (3, 3));
	let bytes = std::fs::read(folder.path("first")).unwrap();
	assert_eq!(first.reference.content, descent_protocol::ContentRef::raw(&bytes).unwrap());
	let second = check(&folder, "second", "--after @first").unwrap();
	let summary = second.summary;
	assert_eq!((summary.added, summary.removed, summary.records), (1, 2, 2));
	folder.delta("third", &[2], &[4]);
	assert_eq!(check(&folder, "third", "--after @first --after @second").unwrap().summary.records, 2);
	assert!(show(&Output::new(true), &second).contains("a data set of 2 records"));
}

#[test]
fn every_fault_is_named() {
	let folder = Folder::new();
	folder.delta("first", &[1, 2, 3], &[]);
	let refused = |name: &str, after: &str| folder.text(&check(&folder, name, after).unwrap_err());
	folder.delta("again", &[7, 2], &[]);
	let error = refused("again", "--after @first");
	assert!(error.starts_with("again is not valid: row 1: ") && error.contains("already"), "{error}");
	folder.delta("gone", &[], &[1, 9]);
	let error = refused("gone", "--after @first");
	assert!(
		error.starts_with("gone is not valid: row 1: ") && error.contains("not in the data set"),
		"{error}"
	);
	assert!(refused("gone", "").contains("row 0: "));
	folder.delta("all", &[], &[1, 2, 3]);
	assert!(refused("all", "--after @first").starts_with("all is not valid: "), "no record would be left");
	folder.delta("nothing", &[], &[]);
	assert!(refused("nothing", "").starts_with("nothing is not valid: "));

	let good = std::fs::read(folder.path("first")).unwrap();
	folder.write("cut", &good[..good.len() / 2]);
	assert!(refused("cut", "").contains("not a readable Parquet file"));
	folder.table("table.csv", 0..3);
	assert!(refused("table.csv", "").contains("not a readable Parquet file"));
	// the version of a data set is no delta
	let set = descent_dataset::Set::apply(
		&folder.path("sets"),
		None,
		&folder.path("first"),
		Default::default(),
		&folder.schema(),
		&DeltaLimits::default(),
	);
	set.unwrap().export(&folder.path("version"), |_| ()).unwrap();
	assert!(refused("version", "").contains("column 'op' is missing"));
	assert!(check(&folder, "again", "--after @version").is_err());

	let narrow = MODEL.replace("\"shape\":[2]", "\"shape\":[3]");
	folder.write("m.json", narrow);
	assert!(refused("first", "").contains("row 0: column 'x' holds 2 values; its shape has 3"));
	folder
		.write("m.json", MODEL.replace("\"classes\":10", "\"classes\":3").replace("\"out\":10", "\"out\":3"));
	assert!(refused("first", "").contains("row 2: column 'y' holds 3, which is outside 0..3"));
	folder.write("m.json", MODEL.replace("\"column\":\"x\"", "\"column\":\"z\""));
	assert!(refused("first", "").contains("unknown column 'x'"));
	folder.write("m.json", MODEL.replace("f32", "i32"));
	assert!(refused("first", "").contains("column 'x' must hold"));
	folder.write("m.json", "{}");
	assert!(refused("first", "").contains("m.json is no model description"));
	assert!(refused("missing", "").contains("missing"));
}
