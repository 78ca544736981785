use super::*;

const TEXT: &[u8] = b"to be, or not to be";

fn schema(dtype: Dtype, target: &[u64]) -> Schema {
	Schema { columns: vec![column("x", dtype, &[4], Some(256)), column("y", Dtype::U8, target, Some(256))] }
}

#[test]
fn windows_are_followed_by_the_next_bytes() {
	let folder = Folder::new();
	let path = folder.write("t.txt", TEXT);
	let schema = schema(Dtype::U8, &[4]);
	let records = folder.records(Text::open(&path, &schema, None).unwrap(), &schema).unwrap();
	assert_eq!(records, [b"to bo be", b"e, o, or", b"r no not", b"t to to "].map(Vec::from));
	let known = Text::open(&path, &schema, None).unwrap().records();
	assert_eq!(known, Some(4));
}

#[test]
fn windows_overlap_or_leave_gaps_as_the_stride_says() {
	let folder = Folder::new();
	// No window is there twice.
	let text: Vec<u8> = (0..19).collect();
	let path = folder.write("t.txt", &text);
	let schema = schema(Dtype::U8, &[]);
	for (stride, count) in [(1, 15), (2, 8), (3, 5), (5, 3), (7, 3), (14, 2), (15, 1), (1_000_000, 1)] {
		let source = || Text::open(&path, &schema, Some(stride)).unwrap();
		let records = folder.records(source(), &schema).unwrap();
		assert_eq!((records.len(), source().records()), (count, Some(count as u64)), "{stride}");
		for (number, record) in records.iter().enumerate() {
			let start = number * stride as usize;
			assert_eq!(record, &text[start..start + 5], "{stride}");
		}
	}
}

#[test]
fn tokens_have_the_dtype_of_the_description() {
	let folder = Folder::new();
	let path = folder.write("t.txt", [0xff, 0, 1, 2, 0xfe]);
	let schema = schema(Dtype::I32, &[]);
	let records = folder.records(Text::open(&path, &schema, None).unwrap(), &schema).unwrap();
	let words = [255i32, 0, 1, 2].map(i32::to_le_bytes).concat();
	assert_eq!(records, [[words, vec![0xfe]].concat()]);
}

#[test]
fn descriptions_of_other_models_and_short_files_are_refused() {
	let folder = Folder::new();
	let path = folder.write("t.txt", TEXT);
	let refused = |schema: &Schema| folder.refused(Text::open(&path, schema, None), schema);
	assert!(refused(&points()).contains("have to be integers"));
	assert!(refused(&pictures(Dtype::U8, &[1, 2, 2])).contains("a shape [T]"));
	assert!(refused(&schema(Dtype::U8, &[3])).contains("a shape [T]"));
	let mut few = schema(Dtype::U8, &[4]);
	few.columns[1].bound = Some(100);
	assert!(refused(&few).contains("the description has 100 of them"));
	let short = folder.write("s.txt", b"to b");
	let schema = schema(Dtype::U8, &[4]);
	let reason = folder.refused(Text::open(&short, &schema, None), &schema);
	assert_eq!(reason, "s.txt: it has 4 bytes, and a record needs 5");
	let absent = folder.refused(Text::open(&folder.path("no"), &schema, None), &schema);
	assert!(absent.starts_with("reading no failed"), "{absent}");
}
