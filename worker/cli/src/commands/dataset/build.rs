//! The command `descent dataset build`.

use super::{
	base::Base,
	blocking::{measure, until_stopped, Draft},
	tokenizer::Loaded,
};
use crate::{
	content_ref::{open, Reference},
	description,
	output::Output,
	table::fields,
};
use anyhow::{anyhow, ensure, Context, Result};
use clap::{value_parser, ArgGroup, Args};
use descent_dataset::{
	build, open_table, Built, Class, ClassNames, ColumnNames, DeltaLimits, Idx, Images, Open, Records,
	Schema, Source, TableColumns, Text, Tokenizer, Versions,
};
use indicatif::ProgressBar;
use serde::Serialize;
use std::{
	io::Read,
	path::{Path, PathBuf},
};

/// Most bytes of a file of class names.
const LIST_BYTES: u64 = 64 << 20;
/// Most classes that are printed with their labels.
const SHOWN_CLASSES: usize = 100;

const EXAMPLES: &str = "Examples:
  descent dataset build --table train.csv --input-columns pixel0..pixel783 --target-column label \
    --description mnist.json --out train.parquet
  descent dataset build --images train-images-idx3-ubyte.gz --labels train-labels-idx1-ubyte.gz --from 0 \
    --to 10000 --description mnist.json --out train.parquet
  descent dataset build --folder photos --description photos.json --out photos.parquet
  descent dataset build --folder more --classes cat,dog,owl --after photos.parquet --description photos.json \
    --out more.parquet
  descent dataset build --text shakespeare.txt --description bytes.json --out train.parquet
  descent dataset build --text wiki.txt --tokenizer tokenizer.json --description gpt.json --out train.parquet
  descent dataset build --old version1.csv --new version2.csv --after train.parquet --description \
    mnist.json --out delta.parquet

A folder of images has one folder for each class, or a file labels.csv with the columns file and label. \
The labels of the classes are printed: their positions in --classes, or in the order of their names. A \
Parquet table may hold images as Hugging Face does, as PNG or JPEG in a column of its own. A text is cut \
into windows of tokens, and the target is the token that follows each of them: tokens are those of \
--tokenizer, or the text's bytes. Columns of a table that are not named are found by the description's \
names. Nothing is rounded: a value that the description's type cannot hold is an error. The same source \
makes the same file. Additions that the data set of --after has already, and removals of what it lacks, \
are left out.";

#[derive(Debug, Args)]
#[command(
	group(ArgGroup::new("source").required(true).args(["table", "images", "folder", "text", "new"])),
	after_help = EXAMPLES
)]
pub(crate) struct Build {
	/// CSV file with a header, or Parquet table
	#[arg(long, value_name = "FILE")]
	table: Option<PathBuf>,
	/// IDX file with the inputs, as MNIST comes in; may be compressed with gzip
	#[arg(long, value_name = "FILE", requires = "labels")]
	images: Option<PathBuf>,
	/// IDX file with the targets
	#[arg(long, value_name = "FILE", requires = "images")]
	labels: Option<PathBuf>,
	/// Folder of PNG and JPEG images
	#[arg(long, value_name = "DIR")]
	folder: Option<PathBuf>,
	/// Classes of --folder in the order of their labels, as a,b,c, or @FILE with one name a line
	#[arg(long, value_name = "NAMES", conflicts_with_all = ["table", "images", "text", "new"])]
	classes: Option<String>,
	/// Text to cut into windows as long as the description's input
	#[arg(long, value_name = "FILE")]
	text: Option<PathBuf>,
	/// Tokenizer of --text, a tokenizer.json of Hugging Face; each byte is a token if absent
	#[arg(long, value_name = "FILE", requires = "text")]
	tokenizer: Option<PathBuf>,
	/// Tokens from the begin of a window of --text to that of the next one; the length of a window if absent
	#[arg(long, value_name = "N", value_parser = value_parser!(u64).range(1..),
		conflicts_with_all = ["table", "images", "folder", "new"])]
	stride: Option<u64>,
	/// Table as it was: its records that --new lacks are removed
	#[arg(long, value_name = "FILE", requires = "new")]
	old: Option<PathBuf>,
	/// Table as it is to be: its records that --old lacks are added
	#[arg(long, value_name = "FILE", requires = "old")]
	new: Option<PathBuf>,
	/// Columns of a table that hold the input, as a,b,c or pixel0..pixel783
	#[arg(long, value_name = "COLUMNS")]
	input_columns: Option<ColumnNames>,
	/// Column of a table that holds the target
	#[arg(long, value_name = "COLUMN")]
	target_column: Option<ColumnNames>,
	/// First record of the source to take, from 0
	#[arg(long, value_name = "I", conflicts_with = "new")]
	from: Option<u64>,
	/// Record of the source to stop before
	#[arg(long, value_name = "J", conflicts_with = "new")]
	to: Option<u64>,
	#[command(flatten)]
	after: Base,
	/// Model description that names the columns
	#[arg(long, value_name = "FILE")]
	description: PathBuf,
	/// Delta file to write
	#[arg(long, value_name = "FILE")]
	out: PathBuf,
}

#[derive(Debug, Serialize)]
struct Made {
	file: PathBuf,
	#[serde(flatten)]
	built: Built,
	/// Classes of a folder of images, by label.
	#[serde(skip_serializing_if = "Vec::is_empty")]
	classes: Vec<Class>,
	reference: Reference,
}

impl Build {
	pub(crate) async fn run(self, output: &Output) -> Result<()> {
		let made = self.build(output).await?;
		output.print(&made, |output| show(output, &made))
	}

	async fn build(self, output: &Output) -> Result<Made> {
		let draft = Draft::new(&self.out)?;
		let (path, scratch) = (draft.path(), draft.scratch().to_path_buf());
		let bar = output.spinner("building");
		let made = {
			let bar = bar.clone();
			until_stopped(move || self.make(&path, &scratch, &bar)).await
		};
		bar.finish_and_clear();
		let made = made?;
		draft.finish()?;
		Ok(made)
	}

	fn make(self, delta: &Path, scratch: &Path, bar: &ProgressBar) -> Result<Made> {
		ensure!(self.to.is_none_or(|to| self.from.unwrap_or(0) < to), "--from must lie before --to");
		let schema = description::read(&self.description)?.schema();
		let base = self.after.set(scratch, &schema)?;
		let (source, classes) = self.source(&schema, scratch)?;
		measure(bar, 0);
		let mut source: Box<dyn Source> = match (self.from, self.to) {
			(None, None) => source,
			(from, to) => Box::new(Records::new(source, from.unwrap_or(0), to)?),
		};
		let limits = DeltaLimits::default();
		let built = build(&mut source, &schema, base.as_ref(), &limits, delta, |progress| {
			if bar.length() != Some(progress.total) {
				bar.set_length(progress.total);
			}
			bar.set_position(progress.done);
		})?;
		let reference = descent_content::address(open(delta)?)?.into();
		Ok(Made { file: self.out, built, classes, reference })
	}

	/// Opens the source. Returns the classes as well, if it is a folder of them.
	fn source(&self, schema: &Schema, scratch: &Path) -> Result<(Box<dyn Source>, Vec<Class>)> {
		let columns = TableColumns { input: self.input_columns.clone(), target: self.target_column.clone() };
		let source: Box<dyn Source> = if let Some(table) = &self.table {
			open_table(table, schema, &columns)?
		} else if let (Some(images), Some(labels)) = (&self.images, &self.labels) {
			Box::new(Idx::open(images, labels, schema)?)
		} else if let Some(text) = &self.text {
			let tokenizer = self.tokenizer.as_deref().map(Loaded::read).transpose()?;
			let tokenizer = tokenizer.map(|tokenizer| -> Box<dyn Tokenizer> { Box::new(tokenizer) });
			Box::new(Text::open(text, schema, self.stride, tokenizer)?)
		} else if let Some(folder) = &self.folder {
			let list = self.classes.as_deref().map(class_names).transpose()?;
			let images = Images::open(folder, schema, list.as_ref())?;
			let classes = images.classes().to_vec();
			return Ok((Box::new(images), classes));
		} else {
			let version = |file: &Option<PathBuf>| -> Open {
				let (file, schema, columns) =
					(file.clone().unwrap_or_default(), schema.clone(), columns.clone());
				Box::new(move || open_table(&file, &schema, &columns))
			};
			Box::new(Versions::open(version(&self.old), version(&self.new), scratch)?)
		};
		Ok((source, Vec::new()))
	}
}

/// Returns the names in the value of `--classes`: a list, or the lines of a file.
fn class_names(value: &str) -> Result<ClassNames> {
	let names = match value.strip_prefix('@') {
		None => value.parse(),
		Some(file) => {
			let mut text = String::new();
			let read = open(Path::new(file))?.take(LIST_BYTES + 1).read_to_string(&mut text);
			let bytes = read.with_context(|| format!("{file} is no text in UTF-8"))?;
			ensure!(bytes as u64 <= LIST_BYTES, "{file} has more than {LIST_BYTES} bytes");
			ClassNames::from_lines(&text)
		}
	};
	names.map_err(|reason| anyhow!("--classes: {reason}"))
}

/// Returns the classes with their labels, a line each, and the last lines left out if they are many.
fn listed(classes: &[Class]) -> String {
	let line = |class: &Class| format!("{} {} ({} images)", class.label, class.name, class.images);
	let mut lines: Vec<_> = classes.iter().take(SHOWN_CLASSES).map(line).collect();
	if let Some(more) = classes.len().checked_sub(SHOWN_CLASSES).filter(|more| *more > 0) {
		lines.push(format!("and {more} more: see --json"));
	}
	lines.join("\n")
}

fn show(output: &Output, made: &Made) -> String {
	let Built { added, removed, repeated, present, absent } = made.built;
	let mut pairs = vec![
		("file", made.file.display().to_string()),
		("adds", format!("{added} records")),
		("removes", format!("{removed} records")),
	];
	let left_out = [
		(repeated, "that the source repeats"),
		(present, "that the data set has already"),
		(absent, "to remove that the data set does not have"),
	];
	let left_out: Vec<_> = left_out
		.iter()
		.filter(|(count, _)| *count > 0)
		.map(|(count, why)| format!("{count} {why}"))
		.collect();
	if !left_out.is_empty() {
		pairs.push(("left out", left_out.join("\n")));
	}
	if !made.classes.is_empty() {
		pairs.push(("labels", listed(&made.classes)));
	}
	pairs.push(("bytes", made.reference.content.size.to_string()));
	pairs.push(("content", made.reference.to_string()));
	fields(output, &pairs)
}

#[cfg(test)]
#[path = "build_tests.rs"]
mod tests;
