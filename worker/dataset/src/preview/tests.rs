use super::*;
use crate::delta::DeltaWriter;
use crate::schema::{Column, Dtype, RecordId, Schema};
use crate::set::Set;
use crate::DeltaLimits;
use sp_core::H256;

fn column(dtype: Dtype, shape: &[u64], bound: Option<u64>) -> Column {
	Column { name: "x".into(), dtype, shape: shape.to_vec(), bound }
}

fn schema() -> Schema {
	Schema {
		columns: vec![
			column(Dtype::U8, &[2, 2], None),
			Column { name: "y".into(), ..column(Dtype::U8, &[], Some(10)) },
		],
	}
}

fn record(n: u8) -> Vec<u8> {
	vec![n, n, 0, 255, n % 10]
}

#[test]
fn a_sample_is_drawn_by_its_seed_from_the_additions() {
	let folder = tempfile::tempdir().unwrap();
	let path = folder.path().join("d.parquet");
	let mut writer = DeltaWriter::create(&path, &schema()).unwrap();
	for n in 0..100u8 {
		if n % 10 == 0 {
			writer.remove(RecordId::of(&record(200 + n / 10))).unwrap();
		}
		writer.add(&record(n)).unwrap();
	}
	writer.finish().unwrap();
	let mut rows = 0;
	let draw =
		|seed: u8, count| DeltaSample::draw(&path, &schema(), H256([seed; 32]), count, |_| ()).unwrap();
	let one = DeltaSample::draw(&path, &schema(), H256([1; 32]), 7, |done| rows = done).unwrap();
	assert_eq!((one.added, one.removed, one.records.len()), (100, 10, 7));
	assert!(rows > 110, "{rows}");
	assert_eq!(one, draw(1, 7));
	assert_ne!(one.records, draw(2, 7).records);
	for sampled in &one.records {
		assert_eq!(sampled.id, RecordId::of(&sampled.record));
		let n = u64::from(sampled.record[0]);
		assert_eq!(sampled.place, n + n / 10 + 1, "the row of the file");
	}
	assert_eq!(draw(1, 1000).records.len(), 100);
	std::fs::write(&path, "PAR1").unwrap();
	assert!(DeltaSample::draw(&path, &schema(), H256::zero(), 7, |_| ()).is_err());
}

#[test]
fn a_set_is_sampled_by_positions() {
	let folder = tempfile::tempdir().unwrap();
	let path = folder.path().join("d.parquet");
	let mut writer = DeltaWriter::create(&path, &schema()).unwrap();
	for n in 0..50u8 {
		writer.add(&record(n)).unwrap();
	}
	writer.finish().unwrap();
	let limits = DeltaLimits::default();
	let set = Set::apply(folder.path(), None, &path, H256::zero(), &schema(), &limits).unwrap();
	let drawn = set.sample(H256([1; 32]), 5).unwrap();
	assert_eq!(drawn.len(), 5);
	assert!(drawn.iter().all(|sampled| u64::from(sampled.record[0]) == sampled.place));
}

#[test]
fn values_are_short_as_text_and_whole_as_json() {
	let floats = column(Dtype::F32, &[3], None);
	let bytes: Vec<u8> = [0.5f32, -1.0 / 3.0, 1e-9].iter().flat_map(|value| value.to_le_bytes()).collect();
	assert_eq!(floats.text(&bytes, 8), "0.5 -0.3333 1.000e-9");
	assert_eq!(floats.text(&bytes, 2), "0.5 -0.3333 … (3 values)");
	assert_eq!(floats.numbers(&bytes)[0], 0.5);
	let tokens = column(Dtype::I64, &[2], Some(9));
	let bytes: Vec<u8> = [7i64, 8].iter().flat_map(|value| value.to_le_bytes()).collect();
	assert_eq!((tokens.text(&bytes, 8), tokens.numbers(&bytes)), ("7 8".into(), vec![7.into(), 8.into()]));
}

#[test]
fn only_columns_with_the_shape_of_pictures_are_pictures() {
	for shape in [&[1, 28, 28][..], &[3, 8, 9], &[28, 28]] {
		assert!(Picture::of(&column(Dtype::U8, shape, None)).is_some(), "{shape:?}");
	}
	for shape in [&[][..], &[784], &[2, 28, 28], &[28, 1], &[1, 3, 28, 28], &[1 << 20, 2]] {
		assert!(Picture::of(&column(Dtype::U8, shape, None)).is_none(), "{shape:?}");
	}
	assert!(Picture::of(&column(Dtype::I64, &[8, 8], Some(100))).is_none(), "tokens");
}

#[test]
fn a_sheet_has_each_picture_above_its_caption() {
	let column = column(Dtype::U8, &[2, 2], None);
	let picture = Picture::of(&column).unwrap();
	let values = [255, 0, 0, 128];
	let cell = |caption: &str, is_marked| Cell { values: &values, caption: caption.into(), is_marked };
	let png = picture.sheet(&column, &[cell("1", false), cell("8", true)]).unwrap();
	let sheet = image::load_from_memory(&png).unwrap().to_rgb8();
	// Pictures of 2 by 2 are enlarged 28 times, and a gap of 4 lies around them.
	assert_eq!(sheet.dimensions(), (2 * 60 + 4, 56 + 10 + 8 + 4));
	assert_eq!(sheet.get_pixel(4, 4).0, [255; 3]);
	assert_eq!(sheet.get_pixel(4 + 28, 4).0, [0; 3]);
	assert_eq!(sheet.get_pixel(60 + 59, 4 + 55).0, [128; 3]);
	assert_eq!(sheet.get_pixel(64, 64).0, [255, 110, 90], "the left upper corner of an 8, set off");
	assert_eq!(sheet.get_pixel(4, 64).0, [32, 32, 40], "beside the top of a 1");
	assert!(matches!(picture.sheet(&column, &[]), Err(SheetError::Empty)));
}

#[test]
fn a_sheet_is_bounded() {
	let column = column(Dtype::U8, &[1 << 12, 1 << 12], None);
	let values = vec![0; 1 << 24];
	let cells = vec![Cell { values: &values, caption: "0".into(), is_marked: false }; 5];
	let error = Picture::of(&column).unwrap().sheet(&column, &cells).unwrap_err();
	assert!(error.to_string().ends_with("ask for fewer records"), "{error}");
}

#[test]
fn floats_reach_from_black_to_white() {
	let column = column(Dtype::F32, &[1, 2, 2], None);
	let values: Vec<u8> = [-1.0f32, 3.0, 1.0, 1.0].iter().flat_map(|value| value.to_le_bytes()).collect();
	let cells = [Cell { values: &values, caption: String::new(), is_marked: false }];
	let png = Picture::of(&column).unwrap().sheet(&column, &cells).unwrap();
	let sheet = image::load_from_memory(&png).unwrap().to_rgb8();
	let level = |x: u32, y: u32| sheet.get_pixel(4 + x, 4 + y).0[0];
	assert_eq!((level(0, 0), level(28, 0), level(0, 28)), (0, 255, 128));
}

#[test]
fn tokens_are_text_where_a_vocabulary_is_known() {
	let tokens = column(Dtype::I32, &[4], Some(1000));
	let bytes: Vec<u8> = [72i32, 105, 300, 10].iter().flat_map(|value| value.to_le_bytes()).collect();
	assert_eq!(Vocabulary::Bytes.text(&tokens, &bytes), "Hi<300>\n");
	let vocabulary = r#"{"Hello": 72, "Ġworld": 105, "Ċ": 10, "Ã©": 300}"#.as_bytes();
	let vocabulary = Vocabulary::parse(vocabulary).unwrap();
	assert_eq!(vocabulary.text(&tokens, &bytes), "Hello worldé\n");
	let vocabulary = r#"{"model": {"type": "BPE", "vocab": {"▁a": 72, "b": 105}}}"#.as_bytes();
	assert_eq!(Vocabulary::parse(vocabulary).unwrap().text(&tokens, &bytes), " ab<300><10>");
	for wrong in ["[]", "{}", r#"{"a": "b"}"#, "no"] {
		assert!(Vocabulary::parse(wrong.as_bytes()).is_err(), "{wrong}");
	}
}
