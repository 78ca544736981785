use super::*;

const GOOD: &str = "id,x1,y,x0\n1,2.5,3,-1\n2,\"0.25\",9,1e-3\r\n\n3,2.5,3,-1.0\n";

fn open(folder: &Folder, text: &str) -> Result<Box<dyn Source>, BuildError> {
	open_table(&folder.write("t.csv", text), &points(), &TableColumns::default())
}

#[test]
fn columns_are_found_whatever_their_order() {
	let folder = Folder::new();
	let records = folder.records(open(&folder, GOOD).unwrap(), &points()).unwrap();
	assert_eq!(records, [point(-1.0, 2.5, 3), point(1e-3, 0.25, 9)], "the third is the first again");
	assert_eq!(
		folder.make(open(&folder, GOOD).unwrap(), &points(), None).unwrap(),
		Built { added: 2, repeated: 1, ..Built::default() }
	);
}

#[test]
fn columns_can_be_named() {
	let folder = Folder::new();
	let path = folder.write("t.csv", "\u{feff}pixel0,pixel1,class\n1,2,3\n");
	let columns = TableColumns { input: "pixel0..pixel1".parse().ok(), target: "class".parse().ok() };
	let source = open_table(&path, &points(), &columns).unwrap();
	assert_eq!(folder.records(source, &points()).unwrap(), [point(1.0, 2.0, 3)]);
}

#[test]
fn a_wrong_cell_is_named_with_row_line_and_column() {
	let folder = Folder::new();
	let refused = |text: &str| folder.refused(open(&folder, text), &points());
	let head = "x0,x1,y\n0,0,1\n\"1\",0,1\n";
	assert_eq!(
		refused(&format!("{head}0,abc,1\n")),
		"row 2 of t.csv (line 4): column 'x1': 'abc' is not of type f32"
	);
	assert_eq!(
		refused(&format!("{head}0,0,1.0\n")),
		"row 2 of t.csv (line 4): column 'y': '1.0' is not of type u8"
	);
	assert_eq!(
		refused(&format!("{head}0,,1\n")),
		"row 2 of t.csv (line 4): column 'x1': '' is not of type f32"
	);
	assert!(refused(&format!("{head}0,{},1\n", "9".repeat(4000))).len() < 120);
	assert_eq!(
		refused(&format!("{head}0,0,10\n")),
		"row 2 of t.csv (line 4): column 'y' holds 10, which is outside 0..10"
	);
	assert_eq!(refused(&format!("{head}0,0\n")), "row 2 of t.csv (line 4): it has 2 cells, the header 3");
	assert!(refused(&format!("{head}0,\u{1b}[2J,1\n")).contains("\\u{1b}"));
}

#[test]
fn a_file_without_records_or_columns_is_refused() {
	let folder = Folder::new();
	let refused = |text: &str| folder.refused(open(&folder, text), &points());
	assert!(refused("").contains("t.csv: it is empty"));
	assert!(refused("x0,x1,y\n").contains("nothing to add"));
	assert_eq!(refused("x0,x1\n1,2\n"), "t.csv: column 'y' is missing; there are: x0, x1");
	assert!(refused("x0,x1,y,y\n1,2,3,3\n").contains("two columns 'y'"));
	let none = open_table(&folder.path("none"), &points(), &TableColumns::default());
	assert!(folder.refused(none, &points()).contains("reading none failed"));
}

#[test]
fn what_is_no_text_is_told() {
	let folder = Folder::new();
	let refused = |bytes: &[u8]| {
		let table = open_table(&folder.write("t.csv", bytes), &points(), &TableColumns::default());
		folder.refused(table, &points())
	};
	let wide: Vec<u8> = GOOD.encode_utf16().flat_map(u16::to_le_bytes).collect();
	assert!(refused(&wide).starts_with("t.csv: it holds NUL bytes, as UTF-16"));
	assert!(refused(&[&[0xff, 0xfe], wide.as_slice()].concat()).starts_with("t.csv: it is UTF-16; save it"));
	let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
	std::io::Write::write_all(&mut gzip, GOOD.as_bytes()).unwrap();
	assert!(refused(&gzip.finish().unwrap()).starts_with("t.csv: it is compressed with gzip; unpack it"));
	assert!(refused(b"\x28\xb5\x2f\xfd\x04").contains("zstd"));
	assert!(refused(b"PK\x03\x04\x14").contains("save the sheet as CSV"));
}

#[test]
fn forms_of_numbers_are_those_of_the_book() {
	let folder = Folder::new();
	let text = "x0,x1,y\n+3,1.,03\n.5,1e-60,+3\n0.0,1,1\n-0.0,1,1\n";
	let records = folder.records(open(&folder, text).unwrap(), &points()).unwrap();
	let expected = [point(3.0, 1.0, 3), point(0.5, 0.0, 3), point(0.0, 1.0, 1), point(-0.0, 1.0, 1)];
	assert_eq!(records, expected, "0.0 and -0.0 are two records");
}

#[test]
fn a_quote_that_is_never_closed_does_not_take_all_memory() {
	let folder = Folder::new();
	let mut text = "x0,x1,y\n1,2,3\n\"".to_string();
	text.push_str(&"0,0,0\n".repeat(12 << 20));
	let error = folder.refused(open(&folder, &text), &points());
	assert!(error.contains("is a quote not closed?"), "{error}");
}
