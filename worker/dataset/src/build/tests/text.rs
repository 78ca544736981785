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
	let records = folder.records(Text::open(&path, &schema, None, None).unwrap(), &schema).unwrap();
	assert_eq!(records, [b"to bo be", b"e, o, or", b"r no not", b"t to to "].map(Vec::from));
	let known = Text::open(&path, &schema, None, None).unwrap().records();
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
		let source = || Text::open(&path, &schema, Some(stride), None).unwrap();
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
	let records = folder.records(Text::open(&path, &schema, None, None).unwrap(), &schema).unwrap();
	let words = [255i32, 0, 1, 2].map(i32::to_le_bytes).concat();
	assert_eq!(records, [[words, vec![0xfe]].concat()]);
}

#[test]
fn descriptions_of_other_models_and_short_files_are_refused() {
	let folder = Folder::new();
	let path = folder.write("t.txt", TEXT);
	let refused = |schema: &Schema| folder.refused(Text::open(&path, schema, None, None), schema);
	assert!(refused(&points()).contains("have to be integers"));
	assert!(refused(&pictures(Dtype::U8, &[1, 2, 2])).contains("a shape [T]"));
	assert!(refused(&schema(Dtype::U8, &[3])).contains("a shape [T]"));
	let mut few = schema(Dtype::U8, &[4]);
	few.columns[1].bound = Some(100);
	assert!(refused(&few).contains("the description has 100 of them"));
	let short = folder.write("s.txt", b"to b");
	let schema = schema(Dtype::U8, &[4]);
	let reason = folder.refused(Text::open(&short, &schema, None, None), &schema);
	assert_eq!(reason, "s.txt: it has 4 bytes, and a record needs 5");
	let absent = folder.refused(Text::open(&folder.path("no"), &schema, None, None), &schema);
	assert!(absent.starts_with("reading no failed"), "{absent}");
}

/// Makes a token of each word with the blank behind it: the number of its letters.
struct Words;

impl Tokenizer for Words {
	fn vocabulary(&self) -> u64 {
		1000
	}

	fn encode(&self, text: &str) -> Result<Vec<u32>, String> {
		Ok(text
			.split_inclusive([' ', '\n'])
			.map(|word| word.trim_end().chars().count().min(999) as u32)
			.collect())
	}
}

fn words(target: &[u64]) -> Schema {
	let column = |name, shape| column(name, Dtype::U16, shape, Some(1000));
	Schema { columns: vec![column("x", &[4]), column("y", target)] }
}

#[test]
fn a_tokenizer_makes_the_tokens() {
	let folder = Folder::new();
	let path = folder.write("t.txt", TEXT);
	let schema = words(&[]);
	let records = |stride| {
		let text = Text::open(&path, &schema, stride, Some(Box::new(Words))).unwrap();
		assert_eq!(text.records(), None, "nobody knows before");
		folder.records(text, &schema).unwrap()
	};
	let record = |tokens: [u16; 5]| tokens.map(u16::to_le_bytes).concat();
	assert_eq!(records(None), [record([2, 3, 2, 3, 2])]);
	assert_eq!(records(Some(1)), [record([2, 3, 2, 3, 2]), record([3, 2, 3, 2, 2])]);
}

#[test]
fn a_long_text_is_encoded_in_pieces() {
	let folder = Folder::new();
	// Lines of 1 to 40 words of 1 to 9 letters, and one line of five MiB whose letters have two bytes.
	let line = |number: usize| {
		let words: Vec<_> =
			(0..number % 40 + 1).map(|word| "w".repeat((number * 7 + word) % 9 + 1)).collect();
		words.join(" ") + "\n"
	};
	let mut text: String = (0..30_000).map(line).collect();
	text += &format!("{}\nend\n", "ä".repeat(2_700_000));
	assert!(text.len() > 7 << 20);
	let path = folder.write("t.txt", &text);
	let schema = words(&[4]);
	let source = || Text::open(&path, &schema, None, Some(Box::new(Words))).unwrap();
	let mut records = Vec::new();
	let (mut source, mut record) = (source(), Vec::new());
	while source.read(&mut record).unwrap() == Step::Add {
		records.extend_from_slice(&record[..8]);
	}
	let found: Vec<_> = records.as_chunks().0.iter().map(|word| u16::from_le_bytes(*word)).collect();
	let lines: String = (0..30_000).map(line).collect();
	let whole: Vec<_> = Words.encode(&lines).unwrap().into_iter().map(|token| token as u16).collect();
	assert!(whole.len() > 500_000);
	assert_eq!(found[..whole.len()], whole, "pieces end where words do");
}

#[test]
fn text_that_no_tokenizer_takes_is_refused() {
	let folder = Folder::new();
	let path = folder.write("t.txt", b"to be\nor not \xff to be");
	let schema = words(&[]);
	let text = Text::open(&path, &schema, None, Some(Box::new(Words)));
	let reason = folder.refused(text, &schema);
	assert!(reason.contains("byte 13 is not UTF-8"), "{reason}");
	let mut few = words(&[]);
	few.columns[0].bound = Some(999);
	let reason = folder.refused(Text::open(&path, &few, None, Some(Box::new(Words))), &few);
	assert!(reason.contains("those of the tokenizer, below 1000, and the description has 999"), "{reason}");
}
