//! The command `descent dataset build`.

use super::{
	base::Base,
	blocking::{measure, until_stopped, Draft},
};
use crate::{
	content_ref::{open, Reference},
	description,
	output::Output,
	table::fields,
};
use anyhow::{ensure, Result};
use clap::{ArgGroup, Args};
use descent_dataset::{
	build, open_table, BuildError, Built, ColumnNames, DeltaLimits, Idx, Images, Open, Records, Schema,
	Source, TableColumns, Versions,
};
use indicatif::ProgressBar;
use serde::Serialize;
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "Examples:
  descent dataset build --table train.csv --input-columns pixel0..pixel783 --target-column label \
    --description mnist.json --out train.parquet
  descent dataset build --images train-images-idx3-ubyte.gz --labels train-labels-idx1-ubyte.gz --from 0 \
    --to 10000 --description mnist.json --out train.parquet
  descent dataset build --folder photos --description photos.json --out photos.parquet
  descent dataset build --old version1.csv --new version2.csv --after train.parquet --description \
    mnist.json --out delta.parquet

A folder of images has one folder for each class, labelled by their order, or a file labels.csv with the \
columns file and label. Columns of a table that are not named are found by the description's names. \
Nothing is rounded: a value that the description's type cannot hold is an error. The same source makes the \
same file. Additions that the data set of --after has already, and removals of what it lacks, are left \
out.";

#[derive(Debug, Args)]
#[command(
	group(ArgGroup::new("source").required(true).args(["table", "images", "folder", "new"])),
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
		let source = self.source(&schema, scratch)?;
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
		Ok(Made { file: self.out, built, reference: descent_content::address(open(delta)?)?.into() })
	}

	fn source(&self, schema: &Schema, scratch: &Path) -> Result<Box<dyn Source>, BuildError> {
		let columns = TableColumns { input: self.input_columns.clone(), target: self.target_column.clone() };
		if let Some(table) = &self.table {
			return open_table(table, schema, &columns);
		}
		if let (Some(images), Some(labels)) = (&self.images, &self.labels) {
			return Ok(Box::new(Idx::open(images, labels, schema)?));
		}
		if let Some(folder) = &self.folder {
			return Ok(Box::new(Images::open(folder, schema)?));
		}
		let version = |file: &Option<PathBuf>| -> Open {
			let (file, schema, columns) = (file.clone().unwrap_or_default(), schema.clone(), columns.clone());
			Box::new(move || open_table(&file, &schema, &columns))
		};
		Ok(Box::new(Versions::open(version(&self.old), version(&self.new), scratch)?))
	}
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
	pairs.push(("bytes", made.reference.content.size.to_string()));
	pairs.push(("content", made.reference.to_string()));
	fields(output, &pairs)
}

#[cfg(test)]
#[path = "build_tests.rs"]
mod tests;
