//! The command `descent content check`.

use crate::{args::StoreArg, output::Output, table::table};
use anyhow::{ensure, Result};
use clap::Args;
use descent_content::{Checked, Damage};
use descent_protocol::ContentRef;
use serde::Serialize;

const EXAMPLES: &str = "Examples:
  descent content check --store ~/.descent/content
  descent content check --store ~/.descent/content --json

Every byte is read, on all cores. Damaged content counts as absent afterwards, and the next fetch \
brings back what is damaged of it. Ends with status 1 if anything is.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Check {
	#[command(flatten)]
	store: StoreArg,
}

/// Outcome of a check.
#[derive(Debug, Serialize)]
struct Report {
	/// Number of contents that are whole and intact.
	intact: usize,
	/// Number of contents that are here in part.
	parts: usize,
	/// Number of bytes that were read.
	bytes: u64,
	damaged: Vec<Damaged>,
}

#[derive(Debug, Serialize)]
struct Damaged {
	cid: String,
	size: u64,
	/// Number of damaged blocks.
	blocks: u64,
}

impl From<Checked> for Report {
	fn from(checked: Checked) -> Self {
		let damaged = |Damage { content, blocks }: Damage| {
			let ContentRef { size, .. } = content;
			Damaged { cid: content.cid(), size, blocks }
		};
		Self {
			intact: checked.intact.len(),
			parts: checked.parts.len(),
			bytes: checked.bytes,
			damaged: checked.damaged.into_iter().map(damaged).collect(),
		}
	}
}

impl Check {
	pub(crate) async fn run(self, output: &Output) -> Result<()> {
		let store = self.store.open().await?;
		let bar = output.byte_bar(store.used_bytes(), "checking");
		let shown = bar.clone();
		let check = move || store.check(|done, _| shown.set_position(done));
		let report = Report::from(tokio::task::spawn_blocking(check).await??);
		bar.finish_and_clear();
		output.print(&report, |output| report.text(output))?;
		let damaged = report.damaged.len();
		ensure!(damaged == 0, "{damaged} contents are damaged: fetch or add them again");
		Ok(())
	}
}

impl Report {
	fn text(&self, output: &Output) -> String {
		let Self { intact, parts, bytes, damaged } = self;
		let summary =
			format!("{intact} contents are intact, {parts} are here in part; {bytes} bytes were read");
		if damaged.is_empty() {
			return summary;
		}
		let rows: Vec<_> = damaged
			.iter()
			.map(|damaged| [damaged.blocks.to_string(), damaged.size.to_string(), damaged.cid.clone()])
			.collect();
		format!("{}\n{summary}", table(output, ["damaged blocks", "bytes", "cid"], &rows))
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use descent_content::Store;
	use std::fs;

	#[tokio::test]
	async fn damage_is_told_and_ends_with_an_error() {
		let folder = tempfile::tempdir().unwrap();
		let path = folder.path().join("store");
		let store = Store::open(&path, 1 << 20).unwrap();
		let contents = [&b"one"[..], b"two"].map(|bytes| store.import(bytes).unwrap());
		drop(store);
		let check = || Check { store: StoreArg { store: path.clone(), store_limit: 1 << 20 } };
		let output = Output::new(true);
		check().run(&output).await.unwrap();
		fs::write(path.join("content").join(contents[0].cid()), b"eno").unwrap();
		let error = check().run(&output).await.unwrap_err();
		assert_eq!(error.to_string(), "1 contents are damaged: fetch or add them again");
		check().run(&output).await.unwrap();
		let store = Store::open(&path, 1 << 20).unwrap();
		assert_eq!(store.pins(), [contents[1]]);
	}
}
