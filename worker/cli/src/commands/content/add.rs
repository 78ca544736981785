//! The command `descent content add`.

use crate::{
	args::StoreArg,
	content_ref::{open, Reference},
	output::{plain, Output},
	table::table,
};
use anyhow::{Context, Result};
use clap::Args;
use descent_content::Store;
use indicatif::ProgressBar;
use serde::Serialize;
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "Example:
  descent content add --store ~/.descent/content model.json train.parquet";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Add {
	#[command(flatten)]
	store: StoreArg,
	/// Files to add
	#[arg(value_name = "FILE", required = true)]
	files: Vec<PathBuf>,
}

#[derive(Debug, Serialize)]
struct Added {
	file: PathBuf,
	#[serde(flatten)]
	reference: Reference,
}

impl Add {
	pub(crate) async fn run(self, output: &Output) -> Result<()> {
		let store = self.store.open().await?;
		let mut added = Vec::new();
		for file in self.files {
			let size = open(&file)?.metadata()?.len();
			let bar = output.byte_bar(size, &plain(&file.display().to_string()));
			let store = store.clone();
			added.push(tokio::task::spawn_blocking(move || import(&store, file, &bar)).await??);
		}
		output.print(&added, |output| {
			let rows: Vec<_> = added
				.iter()
				.map(|added| {
					let size = added.reference.content.size.to_string();
					[plain(&added.file.display().to_string()), size, added.reference.content.cid()]
				})
				.collect();
			table(output, ["file", "bytes", "cid"], &rows)
		})
	}
}

fn import(store: &Store, file: PathBuf, bar: &ProgressBar) -> Result<Added> {
	let content = store.import(bar.wrap_read(open(&file)?)).with_context(|| adding(&file))?;
	bar.finish_and_clear();
	Ok(Added { file, reference: content.into() })
}

fn adding(file: &Path) -> String {
	format!("adding {}", file.display())
}
