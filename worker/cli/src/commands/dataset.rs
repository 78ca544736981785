use crate::{
	content_ref::{open, Reference},
	output::Output,
};
use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use descent_data::Description;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// The longest description that is read, in bytes; what it may hold is bounded further.
pub(crate) const DESCRIPTION_LIMIT: u64 = 1 << 20;

#[derive(Debug, Subcommand)]
pub enum DatasetCommand {
	/// Make a delta file of images and labels in the IDX format, as MNIST comes in
	Mnist(Mnist),
}

#[derive(Debug, Args)]
#[command(
	after_help = "Example: the first 10000 records of MNIST\n  descent dataset mnist --images train-images-idx3-ubyte.gz \
--labels train-labels-idx1-ubyte.gz --from 0 --to 10000 --description mnist.json --out train.parquet\n\nThe files may be compressed \
with gzip. Records that occur twice are added once."
)]
pub struct Mnist {
	/// IDX file with the images
	#[arg(long, value_name = "FILE")]
	images: PathBuf,
	/// IDX file with the labels
	#[arg(long, value_name = "FILE")]
	labels: PathBuf,
	/// First record, from 0
	#[arg(long, value_name = "I")]
	from: u64,
	/// Record to stop before
	#[arg(long, value_name = "J")]
	to: u64,
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
	records: u64,
	reference: Reference,
}

impl DatasetCommand {
	pub async fn run(self, output: &Output) -> Result<()> {
		let Self::Mnist(command) = self;
		let spinner = output.spinner("converting");
		let made = tokio::task::spawn_blocking(move || command.convert()).await??;
		spinner.finish_and_clear();
		output.print(&made, |_| {
			format!(
				"{} records in {}\n{}",
				made.records,
				made.file.display(),
				made.reference
			)
		})
	}
}

impl Mnist {
	fn convert(self) -> Result<Made> {
		let description = read_description(&self.description)?;
		let records = descent_data::convert(
			&self.images,
			&self.labels,
			self.from..self.to,
			&description,
			&self.out,
		)?;
		let reference = descent_content::address(open(&self.out)?)?.into();
		Ok(Made {
			file: self.out,
			records,
			reference,
		})
	}
}

/// Reads and checks a model description.
fn read_description(file: &Path) -> Result<Description> {
	let size = open(file)?.metadata()?.len();
	anyhow::ensure!(
		size <= DESCRIPTION_LIMIT,
		"{} is too long for a model description",
		file.display()
	);
	let json = std::fs::read(file).with_context(|| format!("reading {}", file.display()))?;
	Description::parse(&json).with_context(|| format!("{} is no model description", file.display()))
}
