//! The command `descent dataset check`.

use super::{base::Base, blocking::until_stopped};
use crate::{
	content_ref::{open, Reference},
	description,
	output::Output,
	table::fields,
};
use anyhow::{Context, Result};
use clap::Args;
use descent_dataset::{DeltaLimits, Summary};
use serde::Serialize;
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "Examples:
  descent dataset check train.parquet --description mnist.json
  descent dataset check more.parquet --after train.parquet --description mnist.json

This is what validators check. A first delta is checked on the empty data set; a later one on the version \
that the files of --after make, in their order: the deltas of the group's log, or one version that descent \
dataset checkout wrote. Whether a delta is valid depends on that version. What is built meanwhile is kept \
in the folder for temporary files, TMPDIR.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Check {
	/// Delta file
	#[arg(value_name = "DELTA")]
	delta: PathBuf,
	#[command(flatten)]
	after: Base,
	/// Model description that names the columns
	#[arg(long, value_name = "FILE")]
	description: PathBuf,
}

#[derive(Debug, Serialize)]
struct Checked {
	file: PathBuf,
	#[serde(flatten)]
	summary: Summary,
	reference: Reference,
}

impl Check {
	pub(crate) async fn run(self, output: &Output) -> Result<()> {
		let scratch = tempfile::tempdir().context("there is no folder for temporary files; set TMPDIR")?;
		let folder = scratch.path().to_path_buf();
		let spinner = output.spinner("checking");
		let checked = until_stopped(move || self.check(&folder)).await;
		spinner.finish_and_clear();
		let checked = checked?;
		output.print(&checked, |output| show(output, &checked))
	}

	fn check(self, scratch: &Path) -> Result<Checked> {
		let schema = description::read(&self.description)?.schema();
		let reference = descent_content::address(open(&self.delta)?)?.into();
		let base = self.after.set(scratch, &schema)?;
		let limits = DeltaLimits::default();
		let summary = descent_dataset::check(scratch, base.as_ref(), &self.delta, &schema, &limits)
			.with_context(|| format!("{} is not valid", self.delta.display()))?;
		Ok(Checked { file: self.delta, summary, reference })
	}
}

fn show(output: &Output, checked: &Checked) -> String {
	let Summary { added, removed, records, .. } = checked.summary;
	let pairs = [
		("file", checked.file.display().to_string()),
		("adds", format!("{added} records")),
		("removes", format!("{removed} records")),
		("makes", format!("a data set of {records} records")),
		("bytes", checked.reference.content.size.to_string()),
		("content", checked.reference.to_string()),
	];
	fields(output, &pairs)
}

#[cfg(test)]
#[path = "check_tests.rs"]
mod tests;
