//! The command `descent content prune`.

use crate::{args::StoreArg, output::Output};
use anyhow::Result;
use clap::Args;
use descent_content::Store;
use serde::Serialize;

const EXAMPLES: &str = "Example:
  descent content prune --store ~/.descent/content

Content that is whole stays. No other process may have the store open.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Prune {
	#[command(flatten)]
	store: StoreArg,
}

#[derive(Debug, Serialize)]
struct Pruned {
	/// Number of bytes that are free again.
	freed: u64,
	/// Number of bytes that the store has now.
	used: u64,
}

impl Prune {
	pub(crate) async fn run(self, output: &Output) -> Result<()> {
		let StoreArg { store, store_limit } = self.store;
		let prune = move || -> Result<_> {
			let store = Store::open(store, store_limit)?;
			Ok(Pruned { freed: store.gc()?, used: store.used_bytes() })
		};
		let pruned = tokio::task::spawn_blocking(prune).await??;
		let Pruned { freed, used } = pruned;
		output.print(&pruned, |_| format!("{freed} bytes are free again; the store has {used} bytes"))
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use std::fs;

	#[tokio::test]
	async fn only_what_is_whole_stays() {
		let folder = tempfile::tempdir().unwrap();
		let path = folder.path().join("store");
		let content = Store::open(&path, 1 << 20).unwrap().import(&b"whole"[..]).unwrap();
		let part = path.join("parts").join(format!("{}-4", content.cid()));
		fs::write(&part, b"part").unwrap();
		let store = StoreArg { store: path.clone(), store_limit: 1 << 20 };
		Prune { store }.run(&Output::new(true)).await.unwrap();
		assert!(!part.exists());
		assert_eq!(Store::open(&path, 1 << 20).unwrap().pins(), [content]);
	}
}
