use super::*;

fn open(folder: &Folder, text: &str) -> Box<dyn Source> {
	open_table(&folder.write("t.csv", text), &points(), &TableColumns::default()).unwrap()
}

#[test]
fn the_same_source_makes_the_same_bytes() {
	let rows: String = (0..5000).map(|n| format!("{n},{},{}\n", n % 97, n % 10)).collect();
	let text = format!("x0,x1,y\n{rows}");
	let folder = Folder::new();
	let bytes = || {
		folder.make(open(&folder, &text), &points(), None).unwrap();
		std::fs::read(folder.path("delta")).unwrap()
	};
	assert_eq!(bytes(), bytes());
}

#[test]
fn what_the_data_set_has_is_left_out() {
	let folder = Folder::new();
	let schema = points();
	folder.make(open(&folder, "x0,x1,y\n1,1,1\n2,2,2\n"), &schema, None).unwrap();
	let base = folder.set(&folder.path("delta"), None, &schema);
	let text = "x0,x1,y\n2,2,2\n3,3,3\n2,2,2\n3,3,3\n";
	let built = folder.make(open(&folder, text), &schema, Some(&base)).unwrap();
	assert_eq!(built, Built { added: 1, present: 2, repeated: 1, ..Built::default() });
	assert_eq!(folder.set(&folder.path("delta"), Some(&base), &schema).len(), 3);
	std::fs::remove_file(folder.path("delta")).unwrap();
	let nothing = folder.make(open(&folder, "x0,x1,y\n1,1,1\n"), &schema, Some(&base));
	assert!(matches!(nothing, Err(BuildError::Nothing)));
	assert!(!folder.path("delta").exists());
}

#[test]
fn what_the_data_set_lacks_is_not_removed() {
	let folder = Folder::new();
	let schema = points();
	folder.make(open(&folder, "x0,x1,y\n1,1,1\n2,2,2\n"), &schema, None).unwrap();
	let base = folder.set(&folder.path("delta"), None, &schema);
	let versions = |old: &str, new: &str| {
		let opener = |name: &str, text: &str| -> Open {
			let path = folder.write(name, text);
			Box::new(move || open_table(&path, &points(), &TableColumns::default()))
		};
		Versions::open(opener("old", old), opener("new", new), folder.0.path()).unwrap()
	};
	let source = versions("x0,x1,y\n1,1,1\n5,5,5\n", "x0,x1,y\n4,4,4\n");
	let built = folder.make(source, &schema, Some(&base)).unwrap();
	assert_eq!(built, Built { added: 1, removed: 1, absent: 1, ..Built::default() });
	assert_eq!(folder.set(&folder.path("delta"), Some(&base), &schema).len(), 2);
	// Without the base, no removed record is known to be there.
	let blind = folder.make(versions("x0,x1,y\n1,1,1\n", "x0,x1,y\n4,4,4\n"), &schema, None);
	assert_eq!(blind.unwrap().removed, 1);
}

#[test]
fn what_was_there_stays_until_the_delta_is_complete() {
	let folder = Folder::new();
	let out = folder.write("delta", "what was there before");
	let mut seen = Vec::new();
	let mut source = open(&folder, "x0,x1,y\n1,1,1\n2,2,x\n");
	let limits = DeltaLimits::default();
	let result = build(&mut source, &points(), None, &limits, &out, |progress| {
		seen.push(progress);
		assert_eq!(std::fs::read(&out).unwrap(), b"what was there before");
	});
	assert!(matches!(result, Err(BuildError::Record { .. })));
	assert!(seen.len() == 2 && seen[0].done < seen[1].done && seen[1].done < seen[1].total);
	assert_eq!(std::fs::read_dir(folder.0.path()).unwrap().count(), 2);
	folder.make(open(&folder, "x0,x1,y\n1,1,1\n"), &points(), None).unwrap();
	assert!(std::fs::read(&out).unwrap().starts_with(b"PAR1"));
}

#[test]
fn a_delta_has_only_so_many_rows() {
	let folder = Folder::new();
	let mut source = open(&folder, "x0,x1,y\n1,1,1\n2,2,2\n");
	let limits = DeltaLimits { rows: 1, ..DeltaLimits::default() };
	let result = build(&mut source, &points(), None, &limits, &folder.path("delta"), |_| ());
	assert!(matches!(result, Err(BuildError::TooManyRows { limit: 1 })));
	assert!(!folder.path("delta").exists());
}

#[test]
fn a_range_reads_no_further() {
	let folder = Folder::new();
	let text = "x0,x1,y\n1,1,1\n2,2,2\n3,3,3\nbroken,,\n";
	let part = Records::new(open(&folder, text), 1, Some(3)).unwrap();
	let records = folder.records(part, &points()).unwrap();
	assert_eq!(records, [point(2.0, 2.0, 2), point(3.0, 3.0, 3)]);
	std::fs::remove_file(folder.path("delta")).unwrap();
	let short = Records::new(open(&folder, "x0,x1,y\n1,1,1\n"), 0, Some(2));
	assert_eq!(folder.refused(short, &points()), "records 0..2 were asked for, but there are 1");
	let rest = |start| Records::new(open(&folder, "x0,x1,y\n1,1,1\n2,2,2\n"), start, None);
	assert_eq!(folder.refused(rest(3), &points()), "records 3.. were asked for, but there are 2");
	assert!(folder.refused(rest(2), &points()).contains("nothing to add"));
	assert_eq!(folder.records(rest(1).unwrap(), &points()).unwrap(), [point(2.0, 2.0, 2)]);
}
