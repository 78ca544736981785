//! The command `descent test-set seal`.

use super::{
	folder::Folder,
	sealing::{self, Sealed},
};
use crate::{output::Output, table::fields};
use anyhow::Result;
use clap::Args;
use std::path::PathBuf;

const EXAMPLES: &str = "Examples:
  descent test-set seal week1.parquet week2.parquet week3.parquet --model mnist.json --out series
  descent test-set seal weeks/*.parquet --model mnist.json --out series --json

Each set is a delta file that only adds records, as descent dataset build makes it. The keys are released in \
the order of the sets, one a round. DIR/secret.json holds what all keys come from: back it up, and show it \
to nobody. Whoever reads it can measure on the sets before the others. A command that was stopped goes on \
where it was when it is run again.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Seal {
	/// Test sets, 1 to 256 delta files
	#[arg(value_name = "SET", required = true)]
	sets: Vec<PathBuf>,
	/// Model description that names the columns
	#[arg(long, value_name = "FILE")]
	model: PathBuf,
	/// Folder to write the sealed sets, the manifest and the secret to
	#[arg(long, value_name = "DIR")]
	out: PathBuf,
}

impl Seal {
	pub(crate) async fn run(self, output: &Output) -> Result<()> {
		let shown = *output;
		// A process that is stopped here goes on with the same keys later.
		let work = move || sealing::seal(&Folder::new(self.out), &self.sets, &self.model, &shown);
		let sealed = tokio::task::spawn_blocking(work).await??;
		output.print(&sealed, |output| show(output, &sealed))
	}
}

fn show(output: &Output, sealed: &Sealed) -> String {
	let folder = sealed.folder.display();
	let next = [
		format!("keep {} to yourself, and have a copy of it elsewhere", sealed.secret.display()),
		format!("descent test-set open {folder} --provider URL --store STORE --key-file KEY"),
	];
	let pairs = [
		("sets", sealed.sets.to_string()),
		("bytes", sealed.bytes.to_string()),
		("manifest", sealed.manifest.to_string()),
		("in", format!("{folder}/manifest.json and {folder}/sets")),
		("next", next.join("\n")),
	];
	fields(output, &pairs)
}
