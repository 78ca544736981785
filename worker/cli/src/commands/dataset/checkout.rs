//! The command `descent dataset checkout`.

use super::{
	blocking::{measure, until_stopped, Draft},
	data::{self, DataArg},
};
use crate::{args::Global, output::Output, positional::GroupArg, table::fields};
use anyhow::Result;
use clap::Args;
use descent_protocol::GroupId;
use serde::Serialize;
use std::path::PathBuf;

const EXAMPLES: &str = "Examples:
  descent dataset checkout 0 --out train.parquet
  descent dataset checkout 0 --at 3 --out third.parquet

The file has the column id and the description's, a row for each record, in the data set's order. Nobody \
is trusted: every delta is checked against the log on chain, and every record against its id. Deltas and \
the version are kept, and only what is missing is fetched and applied. One checkout at a time can use a \
folder.";

#[derive(Debug, Args)]
#[command(
	// --version is an old name of --at, the version of the data set
	disable_version_flag = true,
	after_help = EXAMPLES
)]
pub(crate) struct Checkout {
	#[command(flatten)]
	group: GroupArg,
	/// Version to write, from 1; the newest one in the log unless given
	#[arg(
		long = "at",
		alias = "version",
		value_name = "V",
		value_parser = clap::value_parser!(u32).range(1..)
	)]
	version: Option<u32>,
	/// Parquet file to write
	#[arg(long, value_name = "FILE")]
	out: PathBuf,
	#[command(flatten)]
	data: DataArg,
}

#[derive(Debug, Serialize)]
struct CheckedOut {
	file: PathBuf,
	group: GroupId,
	version: u32,
	root: String,
	records: u64,
}

impl Checkout {
	pub(crate) async fn run(self, global: &Global, output: &Output) -> Result<()> {
		let draft = Draft::new(&self.out)?;
		let client = global.connect().await?;
		let group = self.group.id(global).await?;
		let dataset = data::open(&client, group, &self.data, output).await?;
		let version = self.version.unwrap_or(dataset.newest());
		let set = data::version(&dataset, version, output).await?;
		let checked_out = CheckedOut {
			file: self.out,
			group,
			version,
			root: format!("{:?}", set.root()),
			records: set.len(),
		};
		let bar = output.spinner("writing");
		measure(&bar, set.len());
		let path = draft.path();
		let written = {
			let bar = bar.clone();
			until_stopped(move || Ok(set.export(&path, |records| bar.set_position(records))?)).await
		};
		bar.finish_and_clear();
		written?;
		draft.finish()?;
		output.print(&checked_out, |output| show(output, &checked_out))
	}
}

fn show(output: &Output, checked_out: &CheckedOut) -> String {
	let pairs = [
		("file", checked_out.file.display().to_string()),
		("group", checked_out.group.to_string()),
		("version", checked_out.version.to_string()),
		("root", checked_out.root.clone()),
		("records", checked_out.records.to_string()),
	];
	fields(output, &pairs)
}
