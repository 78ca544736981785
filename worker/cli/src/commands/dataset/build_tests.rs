use super::{
	super::testing::{Folder, MODEL},
	*,
};
use clap::Parser;

#[derive(Debug, Parser)]
struct Line {
	#[command(flatten)]
	build: Build,
}

fn parse(folder: &Folder, arguments: &str) -> Build {
	let line = format!("build --description @m.json --out @out {arguments}");
	Line::try_parse_from(folder.line(&line)).unwrap_or_else(|error| panic!("{line}: {error}")).build
}

/// Builds `@out` with these arguments.
async fn build_with(folder: &Folder, arguments: &str) -> Result<Vec<u8>> {
	parse(folder, arguments).build(&Output::new(true)).await?;
	Ok(std::fs::read(folder.path("out"))?)
}

/// The result that would be printed.
fn made(folder: &Folder, arguments: &str) -> Made {
	let scratch = tempfile::tempdir().unwrap();
	let made =
		parse(folder, arguments).make(&scratch.path().join("d"), scratch.path(), &ProgressBar::hidden());
	made.unwrap()
}

#[tokio::test]
async fn a_table_becomes_a_file_that_is_always_the_same() {
	let folder = Folder::new();
	folder.table("t.csv", (0..100).chain([5]));
	let bytes = build_with(&folder, "--table @t.csv").await.unwrap();
	assert!(bytes.starts_with(b"PAR1"));
	assert_eq!(folder.names(), ["m.json", "out", "t.csv"], "nothing else is left");
	assert_eq!(build_with(&folder, "--table @t.csv").await.unwrap(), bytes);
	let part = build_with(&folder, "--table @t.csv --from 10 --to 20").await.unwrap();
	assert_ne!(part, bytes);
}

#[tokio::test]
async fn a_failure_leaves_what_was_there() {
	let folder = Folder::new();
	folder.write("out", "before");
	folder.write("t.csv", "x0,x1,y\n1,2,3\n1,2,x\n");
	let error = build_with(&folder, "--table @t.csv").await.unwrap_err();
	assert_eq!(folder.text(&error), "row 1 of t.csv (line 3): column 'y': 'x' is not of type u8");
	assert_eq!(std::fs::read(folder.path("out")).unwrap(), b"before");
	assert_eq!(folder.names(), ["m.json", "out", "t.csv"]);
	folder.table("t.csv", []);
	let error = build_with(&folder, "--table @t.csv").await.unwrap_err();
	assert!(folder.text(&error).contains("nothing to add"));
	let error = build_with(&folder, "--table @t.csv --from 3 --to 3").await.unwrap_err();
	assert!(folder.text(&error).contains("--from must lie before --to"));
}

#[tokio::test]
async fn what_comes_before_is_left_out() {
	let folder = Folder::new();
	folder.table("one.csv", 0..10);
	folder.table("two.csv", 5..15);
	build_with(&folder, "--table @one.csv").await.unwrap();
	std::fs::rename(folder.path("out"), folder.path("first")).unwrap();
	build_with(&folder, "--table @two.csv --after @first").await.unwrap();
	std::fs::rename(folder.path("out"), folder.path("second")).unwrap();
	let second = made(&folder, "--table @two.csv --after @first").built;
	assert_eq!((second.added, second.present), (5, 5));
	folder.table("three.csv", 0..20);
	let third = made(&folder, "--table @three.csv --after @first --after @second").built;
	assert_eq!((third.added, third.present), (5, 15));

	let error =
		build_with(&folder, "--table @three.csv --after @second --after @first --after @second").await;
	assert!(
		folder.text(&error.unwrap_err()).starts_with("second: row 0: "),
		"an impossible order is refused"
	);
	let error = build_with(&folder, "--table @three.csv --after @three.csv").await.unwrap_err();
	assert!(folder.text(&error).starts_with("three.csv: not a readable Parquet file"));
}

#[tokio::test]
async fn an_exported_version_comes_before_as_well() {
	let folder = Folder::new();
	folder.table("one.csv", 0..10);
	build_with(&folder, "--table @one.csv").await.unwrap();
	let schema = folder.schema();
	let (delta, limits) = (folder.path("out"), DeltaLimits::default());
	let digest = Default::default();
	let set =
		descent_dataset::Set::apply(&folder.path("sets"), None, &delta, digest, &schema, &limits).unwrap();
	set.export(&folder.path("version"), |_| ()).unwrap();
	folder.table("two.csv", 8..12);
	let built = made(&folder, "--table @two.csv --after @version").built;
	assert_eq!((built.added, built.present), (2, 2));
}

/// Describes a language model of four tokens out of so many.
fn language_model(dtype: &str, tokens: u32) -> String {
	let column =
		|name: &str, more: &str| format!(r#"{{"column":"{name}","dtype":"{dtype}","shape":[4]{more}}}"#);
	let (input, target) = (column("x", ""), column("y", &format!(r#","classes":{tokens}"#)));
	format!(
		r#"{{"descent":1,"name":"tokens","inputs":[{input}],"target":{target},"layers":[
		{{"type":"embedding","vocabulary":{tokens},"dim":2}},{{"type":"linear","out":{tokens}}}],
		"loss":"cross_entropy"}}"#
	)
}

#[test]
fn a_text_becomes_windows() {
	let folder = Folder::new();
	folder.write("m.json", language_model("u8", 256));
	folder.write("t.txt", "to be, or not to be");
	assert_eq!(made(&folder, "--text @t.txt").built.added, 4);
	let overlapping = made(&folder, "--text @t.txt --stride 1").built;
	assert_eq!((overlapping.added, overlapping.repeated), (14, 1));
}

#[test]
fn a_tokenizer_makes_the_tokens_of_a_text() {
	let folder = Folder::new();
	folder.write("m.json", language_model("u16", 300));
	// "low lower low" is low, a blank, low, e, r, a blank and low.
	folder.write("t.txt", "low lower low");
	folder.write("tokenizer.json", super::super::tokenizer::PAIRS);
	assert_eq!(made(&folder, "--text @t.txt --tokenizer @tokenizer.json --stride 1").built.added, 3);
	folder.write("m.json", language_model("u8", 8));
	let scratch = tempfile::tempdir().unwrap();
	let build = parse(&folder, "--text @t.txt --tokenizer @tokenizer.json");
	let made = build.make(&scratch.path().join("d"), scratch.path(), &ProgressBar::hidden());
	let error = made.map(|_| ()).unwrap_err().to_string();
	assert!(error.contains("those of the tokenizer, below 9, and the description has 8"), "{error}");
}

#[test]
fn two_versions_make_additions_and_removals() {
	let folder = Folder::new();
	folder.table("one.csv", 0..10);
	folder.table("two.csv", 7..12);
	let made = made(&folder, "--old @one.csv --new @two.csv");
	assert_eq!((made.built.added, made.built.removed), (2, 7));
	let text = show(&Output::new(true), &made);
	assert!(text.contains("adds     2 records") && !text.contains("left out"), "{text}");
	let json = serde_json::to_value(&made).unwrap();
	assert_eq!(json["added"], 2);
	assert!(json["reference"]["cid"].as_str().unwrap().starts_with("bafk"));
}

/// A grey image of one pixel, as PNG: signature, header, data and end.
const PIXEL: &[u8] =
	b"\x89PNG\x0d\x0a\x1a\x0a\x00\x00\x00\x0dIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x00\x00\
	\x00\x00:~\x9bU\x00\x00\x00\x0aIDATx\x9cc`\x07\x00\x00\x09\x00\x08 #\xc3\x8c\x00\x00\x00\
	\x00IEND\xaeB`\x82";

#[test]
fn classes_are_printed_with_their_labels() {
	let folder = Folder::new();
	let images = MODEL.replace("f32", "u8").replace("[2]", "[1,1]");
	folder
		.write("m.json", images.replace("[{\"type\":\"linear", "[{\"type\":\"flatten\"},{\"type\":\"linear"));
	for class in ["dog", "cat"] {
		std::fs::create_dir_all(folder.path("set").join(class)).unwrap();
		folder.write(&format!("set/{class}/1.png"), PIXEL);
	}
	let labels = |arguments: &str| {
		let made = made(&folder, &format!("--folder @set {arguments}"));
		let text = show(&Output::new(true), &made);
		let lines = text.lines().skip_while(|line| !line.starts_with("labels")).take(2);
		let lines: Vec<_> = lines.map(|line| line.trim_start_matches("labels").trim().to_string()).collect();
		(serde_json::to_value(&made).unwrap()["classes"].clone(), lines)
	};
	let (json, lines) = labels("");
	assert_eq!(lines, ["0 cat (1 images)", "1 dog (1 images)"]);
	assert_eq!(json[1], serde_json::json!({"label": 1, "name": "dog", "images": 1}));
	let expected = ["0 dog (1 images)", "2 cat (1 images)"];
	assert_eq!(labels("--classes dog,owl,cat").1, expected);
	let names = folder.write("names", "dog\nowl\ncat\n");
	let mut build = parse(&folder, "--folder @set");
	build.classes = Some(format!("@{}", names.display()));
	let scratch = tempfile::tempdir().unwrap();
	let made = build.make(&scratch.path().join("d"), scratch.path(), &ProgressBar::hidden()).unwrap();
	assert_eq!(listed(&made.classes), expected.join("\n"));
}

#[tokio::test]
async fn lists_of_classes_are_checked() {
	let folder = Folder::new();
	for (list, reason) in
		[("a,a", "--classes: the class 'a' is named twice"), ("a,,b", "class 1 has no name")]
	{
		let error = build_with(&folder, &format!("--folder @set --classes {list}")).await.unwrap_err();
		assert!(folder.text(&error).contains(reason), "{error:#}");
	}
	let text =
		listed(&(0..102).map(|label| Class { label, name: "n".into(), images: 1 }).collect::<Vec<_>>());
	assert!(text.ends_with("99 n (1 images)\nand 2 more: see --json"), "{text}");
}

#[test]
fn there_is_one_source() {
	for arguments in [
		"",
		"--table t --folder f",
		"--images i",
		"--labels l",
		"--old t",
		"--new t",
		"--old t --new u --from 1",
		"--table t --input-columns a..b",
		"--table t --classes a,b",
		"--table t --input-columns",
		"--table t --text u",
		"--table t --stride 2",
		"--text t --stride 0",
	] {
		let line = format!("build --description d --out o {arguments}");
		let error = Line::try_parse_from(line.split_whitespace()).expect_err(&line);
		assert_eq!(error.exit_code(), 2, "{line}");
	}
}
