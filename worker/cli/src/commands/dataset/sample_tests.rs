use super::super::testing::Folder;
use super::*;
use clap::Parser;
use serde_json::Value;

/// Pictures of two by two pixels.
const PICTURES: &str = r#"{"descent":1,"name":"m","inputs":[{"column":"x","dtype":"u8","shape":[1,2,2]}],
	"target":{"column":"y","dtype":"u8","shape":[],"classes":10},
	"layers":[{"type":"flatten"},{"type":"linear","out":10}],"loss":"cross_entropy"}"#;
/// Four tokens and a class.
const TOKENS: &str = r#"{"descent":1,"name":"m","inputs":[{"column":"x","dtype":"i64","shape":[4]}],
	"target":{"column":"y","dtype":"u8","shape":[],"classes":10},
	"layers":[{"type":"embedding","vocabulary":300,"dim":2},{"type":"flatten"},{"type":"linear","out":10}],
	"loss":"cross_entropy"}"#;

#[derive(Debug, Parser)]
struct Line {
	#[command(flatten)]
	sample: Sample,
}

async fn run(folder: &Folder, line: &str) -> Result<()> {
	let line = Line::try_parse_from(folder.line(&format!("sample {line}"))).unwrap();
	let global = Global { nodes: vec!["nowhere".into()], network: None, json: true };
	line.sample.run(&global, &Output::new(true)).await
}

/// A delta of these records for a description, which is written as `m.json`.
fn delta(folder: &Folder, description: &str, records: &[Vec<u8>]) {
	folder.write("m.json", description);
	let mut writer = descent_dataset::DeltaWriter::create(&folder.path("d"), &folder.schema()).unwrap();
	for record in records {
		writer.add(record).unwrap();
	}
	writer.finish().unwrap();
}

fn looked(folder: &Folder, vocabulary: Option<&Vocabulary>) -> Vec<Looked> {
	let schema = folder.schema();
	let drawn = DeltaSample::draw(&folder.path("d"), &schema, seeded(7), 20, |_| ()).unwrap();
	let mut records = drawn.records;
	sheet::sort(&schema, &mut records);
	sheet::look(&schema, &records, vocabulary)
}

#[tokio::test]
async fn pictures_of_a_local_file_are_on_a_sheet() {
	let folder = Folder::new();
	let records: Vec<_> = (0..30u8).map(|n| vec![n, 0, 255, n, n % 3]).collect();
	delta(&folder, PICTURES, &records);
	assert!(looked(&folder, None).iter().all(|record| record.values == "a picture"));
	run(&folder, "--file @d --description @m.json --png @p.png --records 6 --seed 3").await.unwrap();
	let png = std::fs::read(folder.path("p.png")).unwrap();
	assert!(png.starts_with(b"\x89PNG"));
	assert_eq!(folder.names(), ["d", "m.json", "p.png"], "no draft is left");
	run(&folder, "--file @d --description @m.json --png @again.png --records 6 --seed 3").await.unwrap();
	assert_eq!(std::fs::read(folder.path("again.png")).unwrap(), png, "a seed draws the same");
	run(&folder, "--file @d --description @m.json --png @other.png --records 6 --seed 4").await.unwrap();
	assert_ne!(std::fs::read(folder.path("other.png")).unwrap(), png);
}

#[tokio::test]
async fn what_can_t_be_shown_says_what_to_do() {
	let folder = Folder::new();
	folder.delta("d", &[1, 2, 3], &[]);
	folder.write("junk", "PAR1");
	folder.write("v.json", "[]");
	for (line, part) in [
		("--file @d --description @m.json --png @p.png", "leave out --png"),
		("--file @junk --description @m.json", "junk is not a delta for this model"),
		("--file @no --description @m.json", "no is not a delta for this model"),
		("--file @d --description @m.json --vocabulary @v.json", "v.json is no vocabulary"),
		("--file @d --description @m.json --vocabulary @no", "opening no"),
	] {
		let error = folder.text(&run(&folder, line).await.unwrap_err());
		assert!(error.contains(part), "{line}: {error}");
		assert!(!folder.names().contains(&"p.png".into()));
	}
}

#[test]
fn records_are_ordered_by_their_labels() {
	let folder = Folder::new();
	folder.delta("d", &[21, 3, 12, 1], &[]);
	let looked = looked(&folder, None);
	let order: Vec<_> = looked.iter().map(|record| (record.label.as_str(), record.place)).collect();
	assert_eq!(order, [("1", 0), ("1", 3), ("2", 2), ("3", 1)]);
	assert_eq!(looked[0].values, "21 22");
	assert_eq!(looked[0].target, [Value::from(1)]);
	let drawn = Drawn {
		group: None,
		proposal: Some(3),
		version: None,
		file: None,
		added: 4,
		removed: 2,
		seed: 7,
		png: Some("p.png".into()),
		records: looked,
	};
	let text = show(&Output::new(true), &drawn);
	for part in ["proposal 3 adds 4 records and removes 2; 4 of them", "the seed 7", "in p.png", "21 22"] {
		assert!(text.contains(part), "{part} in\n{text}");
	}
	let json = serde_json::to_value(drawn).unwrap();
	assert_eq!(json["records"][0]["input"][0], 21.0);
	assert_eq!(json["records"][0]["id"].as_str().unwrap().len(), 64);
}

#[test]
fn tokens_are_text_with_a_vocabulary_and_strangers_do_not_steer_the_terminal() {
	let folder = Folder::new();
	let record: Vec<u8> =
		[72i64, 27, 91, 105].iter().flat_map(|token| token.to_le_bytes()).chain([1]).collect();
	delta(&folder, TOKENS, &[record]);
	assert_eq!(looked(&folder, None)[0].values, "72 27 91 105");
	let text = looked(&folder, Some(&Vocabulary::Bytes));
	assert_eq!(text[0].values, "H\u{fffd}[i");
}
