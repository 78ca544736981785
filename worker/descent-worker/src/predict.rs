//! `descent-worker predict`: answers of a model to a table, images, tokens or text.

use crate::predictor::{Encoded, ModelArg, Prediction, Predictor};
use anyhow::{bail, ensure, Context, Result};
use clap::{Args, ValueEnum};
use descent_dataset::{open_table, ColumnNames, Source, Step, TableColumns};
use serde::Serialize;
use serde_json::Value;
use std::{
	fs::File,
	io::{self, BufRead, BufReader, BufWriter, Read, Write},
	path::{Path, PathBuf},
};

const EXAMPLES: &str = "Examples:
  descent-worker predict --model mnist --table digits.csv --out classes.csv
  descent-worker predict --model gpt --text prompts.txt --format json

A table is CSV or Parquet with the columns of the input, as `descent dataset build --table` takes them. \
--images is a picture or a folder of pictures, answered in the order of their names. --tokens is a file \
with one input a line, in JSON: [3, 1, 4]. --text is one input a line, for models whose tokens are bytes. \
The answers are computed as evaluations are, by the same kernels in f64.";

/// Number of inputs that are computed at a time.
const BATCH: usize = 256;
/// Bytes of the longest line of tokens or text.
const MAX_LINE: u64 = 16 << 20;

/// Predict with a checkpoint, without a chain.
#[derive(Args, Clone, Debug)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Options {
	#[command(flatten)]
	model: ModelArg,
	#[command(flatten)]
	input: InputArg,
	/// Columns of a table that hold the input, as a,b or pixel0..pixel783; those of the description's name if
	/// absent.
	#[arg(long, value_name = "NAMES", requires = "table")]
	input_columns: Option<ColumnNames>,
	/// File to write; standard output if absent.
	#[arg(long, value_name = "FILE")]
	out: Option<PathBuf>,
	/// Form of the answers.
	#[arg(long, value_enum, default_value = "csv")]
	format: Format,
	/// Write the probability of every class, too.
	#[arg(long)]
	probabilities: bool,
	/// Most inputs that are read.
	#[arg(long, value_name = "N", default_value_t = 10_000_000)]
	limit: u64,
}

#[derive(Args, Clone, Debug)]
#[group(required = true, multiple = false)]
struct InputArg {
	/// Table of inputs, CSV or Parquet.
	#[arg(long, value_name = "FILE")]
	table: Option<PathBuf>,
	/// Inputs in JSON, one a line.
	#[arg(long, value_name = "FILE")]
	tokens: Option<PathBuf>,
	/// A PNG or JPEG image, or a folder of them, in the order of their names.
	#[arg(long, value_name = "PATH")]
	images: Option<PathBuf>,
	/// Texts, one a line.
	#[arg(long, value_name = "FILE")]
	text: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
enum Format {
	/// A table with a header.
	Csv,
	/// A JSON document a line.
	Json,
}

/// Predicts and writes the answers in the order of the inputs.
pub(crate) fn run(options: Options) -> Result<()> {
	let predictor = options.model.load()?;
	let mut inputs = Inputs::open(&options, &predictor)?;
	match &options.out {
		None => predict(&options, &predictor, &mut inputs, io::stdout().lock()),
		Some(path) => {
			let file = File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
			predict(&options, &predictor, &mut inputs, file)
		}
	}
}

fn predict(options: &Options, predictor: &Predictor, inputs: &mut Inputs, out: impl Write) -> Result<()> {
	let mut writer = Writer { out: BufWriter::new(out), format: options.format, next: 0 };
	loop {
		let mut batch = Vec::new();
		while batch.len() < BATCH {
			let Some(input) = inputs.next(predictor)? else { break };
			batch.push(input);
			ensure!(
				inputs.read <= options.limit,
				"there are more than {} inputs; see --limit",
				options.limit
			);
		}
		if batch.is_empty() {
			return Ok(writer.out.flush()?);
		}
		for answer in predictor.predict(&batch, options.probabilities)? {
			writer.write(&answer)?;
		}
	}
}

/// Inputs, read one by one.
struct Inputs {
	kind: Kind,
	/// Number of inputs that were read.
	read: u64,
}

enum Kind {
	Table(Box<dyn Source>),
	Images(std::vec::IntoIter<PathBuf>),
	Tokens(BufReader<File>),
	Text(BufReader<File>),
}

impl Inputs {
	fn open(options: &Options, predictor: &Predictor) -> Result<Self> {
		let lines = |path: &PathBuf| -> Result<_> {
			Ok(BufReader::new(File::open(path).with_context(|| format!("cannot read {}", path.display()))?))
		};
		let kind = match &options.input {
			InputArg { table: Some(path), .. } => {
				let columns = TableColumns { input: options.input_columns.clone(), target: None };
				Kind::Table(open_table(path, &predictor.schema(), &columns)?)
			}
			InputArg { images: Some(path), .. } => Kind::Images(images(path)?.into_iter()),
			InputArg { tokens: Some(path), .. } => Kind::Tokens(lines(path)?),
			InputArg { text: Some(path), .. } => Kind::Text(lines(path)?),
			InputArg { .. } => bail!("name the inputs: --table, --images, --tokens or --text"),
		};
		Ok(Self { kind, read: 0 })
	}

	/// Reads the next input. Returns `None` at the end.
	fn next(&mut self, predictor: &Predictor) -> Result<Option<Encoded>> {
		let read = self.read;
		let encoded = match &mut self.kind {
			Kind::Table(source) => {
				let mut record = Vec::new();
				match source.read(&mut record)? {
					Step::End => return Ok(None),
					_ => predictor
						.check(record)
						.with_context(|| format!("{} cannot be used", source.position())),
				}
			}
			Kind::Images(images) => match images.next() {
				None => return Ok(None),
				Some(path) => predictor.encode_image(&path),
			},
			Kind::Tokens(lines) => match line(lines)? {
				None => return Ok(None),
				Some(text) => serde_json::from_str::<Value>(&text)
					.context("it is not JSON")
					.and_then(|value| predictor.encode(&value))
					.with_context(|| format!("line {} cannot be used", read + 1)),
			},
			Kind::Text(lines) => match line(lines)? {
				None => return Ok(None),
				Some(text) => {
					predictor.encode_text(&text).with_context(|| format!("line {} cannot be used", read + 1))
				}
			},
		}?;
		self.read += 1;
		Ok(Some(encoded))
	}
}

/// Returns an image, or the images of a folder. Hidden files and folders do not count.
fn images(path: &Path) -> Result<Vec<PathBuf>> {
	if !path.is_dir() {
		return Ok(vec![path.into()]);
	}
	let entries = std::fs::read_dir(path).with_context(|| format!("cannot read {}", path.display()))?;
	let paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
	let hidden =
		|path: &PathBuf| path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
	let mut images: Vec<_> = paths.into_iter().filter(|path| path.is_file() && !hidden(path)).collect();
	images.sort_unstable();
	Ok(images)
}

/// Reads a line of bounded length without its end. Returns `None` at the end of the file.
fn line(lines: &mut BufReader<File>) -> Result<Option<String>> {
	let mut text = String::new();
	let count = lines.by_ref().take(MAX_LINE).read_line(&mut text).context("the inputs cannot be read")?;
	ensure!((count as u64) < MAX_LINE, "a line has more than {MAX_LINE} bytes");
	Ok((count > 0).then(|| text.trim_end_matches(['\n', '\r']).to_owned()))
}

struct Writer<W: Write> {
	out: BufWriter<W>,
	format: Format,
	/// Number of the next input.
	next: u64,
}

/// An answer and the number of its input, from 0.
#[derive(Serialize)]
struct Row<'a> {
	record: u64,
	#[serde(flatten)]
	answer: &'a Prediction,
}

impl<W: Write> Writer<W> {
	fn write(&mut self, answer: &Prediction) -> Result<()> {
		let record = self.next;
		self.next += 1;
		if self.format == Format::Json {
			serde_json::to_writer(&mut self.out, &Row { record, answer })?;
			return Ok(writeln!(self.out)?);
		}
		let columns = columns(answer);
		if record == 0 {
			let names: Vec<_> = columns.iter().map(|(name, _)| name.as_str()).collect();
			writeln!(self.out, "record,{}", names.join(","))?;
		}
		let values: Vec<_> = columns.into_iter().map(|(_, value)| value).collect();
		Ok(writeln!(self.out, "{record},{}", values.join(","))?)
	}
}

/// The columns of an answer in a table, and their values.
fn columns(answer: &Prediction) -> Vec<(String, String)> {
	let mut columns = Vec::new();
	columns.extend(answer.class.map(|class| ("class".into(), class.to_string())));
	columns.extend(answer.probability.map(|value| ("probability".into(), value.to_string())));
	let numbered = |name: &'static str, values: &[f64]| -> Vec<(String, String)> {
		values.iter().enumerate().map(|(at, value)| (format!("{name}{at}"), value.to_string())).collect()
	};
	columns.extend(numbered("probability", &answer.probabilities));
	columns.extend(numbered("value", &answer.values));
	columns
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::predictor::tests::larger;
	use clap::Parser;

	#[derive(Parser)]
	struct Line {
		#[command(flatten)]
		options: Options,
	}

	fn predicted(folder: &Path, input: &str, more: &str) -> Result<String> {
		let line = format!("predict --model m {input} {more}");
		let options = Line::try_parse_from(line.split_whitespace())?.options;
		let options = Options { input: resolved(folder, options.input), ..options };
		let predictor = larger();
		let mut out = Vec::new();
		predict(&options, &predictor, &mut Inputs::open(&options, &predictor)?, &mut out)?;
		Ok(String::from_utf8(out)?)
	}

	fn resolved(folder: &Path, input: InputArg) -> InputArg {
		let inside = |path: Option<PathBuf>| path.map(|path| folder.join(path));
		InputArg {
			table: inside(input.table),
			images: inside(input.images),
			tokens: inside(input.tokens),
			text: inside(input.text),
		}
	}

	#[test]
	fn a_table_is_answered_row_by_row() {
		let folder = tempfile::tempdir().unwrap();
		std::fs::write(folder.path().join("t"), "a,x1,x0\n9,5,1\n9,0,0.5\n").unwrap();
		let text = predicted(folder.path(), "--table t", "").unwrap();
		let rows: Vec<_> = text.lines().map(|line| line.split(',').take(2).collect::<Vec<_>>()).collect();
		assert_eq!(rows, [["record", "class"], ["0", "1"], ["1", "0"]]);
		let other = predicted(folder.path(), "--table t", "--input-columns a,x0 --probabilities").unwrap();
		assert!(
			other.starts_with("record,class,probability,probability0,probability1\n0,0,0.999"),
			"{other}"
		);
	}

	#[test]
	fn lines_of_json_are_answered_in_json() {
		let folder = tempfile::tempdir().unwrap();
		std::fs::write(folder.path().join("j"), "[1, 2]\n[[3], [2]]").unwrap();
		let text = predicted(folder.path(), "--tokens j", "--format json").unwrap();
		let rows: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
		assert_eq!((&rows[0]["class"], &rows[1]["class"]), (&1.into(), &0.into()));
		assert_eq!(rows[1]["record"], 1);
	}

	#[test]
	fn the_images_of_a_folder_are_answered_in_order() {
		let folder = tempfile::tempdir().unwrap();
		for name in ["b.png", "a.png", ".hidden"] {
			std::fs::write(folder.path().join(name), "").unwrap();
		}
		std::fs::create_dir(folder.path().join("c")).unwrap();
		let found = images(folder.path()).unwrap();
		assert_eq!(found, ["a.png", "b.png"].map(|name| folder.path().join(name)));
		assert_eq!(images(&found[1]).unwrap(), [found[1].clone()]);
	}

	#[test]
	fn what_is_wrong_or_too_much_is_named() {
		let folder = tempfile::tempdir().unwrap();
		std::fs::write(folder.path().join("j"), "[1, 2]\n[3]\n").unwrap();
		let error = |input, more| format!("{:#}", predicted(folder.path(), input, more).unwrap_err());
		assert!(error("--tokens j", "").contains("line 2 cannot be used"));
		assert!(error("--tokens j", "--limit 0").contains("more than 0 inputs"));
		assert!(error("--text j", "").contains("tokenizer"));
		assert!(error("--images j", "").contains("takes no images, but [2]"));
		assert!(error("--tokens j --text j", "").contains("cannot be used with"));
	}
}
