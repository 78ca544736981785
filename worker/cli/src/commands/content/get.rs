//! The command `descent content get`.

use crate::{args::Providers, content_ref::Reference, output::Output};
use anyhow::{Context, Result};
use clap::Args;
use descent_content::{BlockId, FetchError, FetchLimits, Fetcher, Store};
use serde::Serialize;
use std::{
	ffi::OsString,
	path::{Path, PathBuf},
};

const EXAMPLES: &str = "Example:
  descent content get bafk2bz.. --size 1234 --provider http://127.0.0.1:8080 --out model.json

Blocks that have arrived are kept in OUT.descent-part until the whole content has: run the same command \
again to go on after a failure.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Get {
	/// CID of the content
	#[arg(value_name = "CID")]
	cid: BlockId,
	/// Size of the content in bytes, which is a part of every reference
	#[arg(long, value_name = "N")]
	size: u64,
	#[command(flatten)]
	providers: Providers,
	/// File to write
	#[arg(long, value_name = "FILE")]
	out: PathBuf,
}

#[derive(Debug, Serialize)]
struct Got {
	file: PathBuf,
	#[serde(flatten)]
	reference: Reference,
}

impl Get {
	pub(crate) async fn run(self, output: &Output) -> Result<()> {
		let content = self.cid.content(self.size);
		let mut part = OsString::from(&self.out);
		part.push(".descent-part");
		let part = PathBuf::from(part);
		// The inner nodes of the tree take some 50 bytes for each MiB.
		let room = self.size.saturating_add(self.size / 1024).saturating_add(1 << 20);
		let store = {
			let part = part.clone();
			tokio::task::spawn_blocking(move || Store::open(part, room)).await??
		};
		// The user names the providers, not a stranger.
		let limits =
			FetchLimits { max_content_bytes: self.size, allow_private: true, ..FetchLimits::default() };
		let fetcher = Fetcher::new(store.clone(), limits)?;
		let bar = output.byte_bar(self.size, "fetching");
		let providers = &self.providers.providers;
		let fetched = fetcher.fetch(&content, providers, |progress| bar.set_position(progress.done));
		let fetched = fetched.await;
		bar.finish_and_clear();
		drop(fetcher);
		if let Err(error @ FetchError::Invalid { .. }) = fetched {
			drop(store);
			remove(&part)?;
			return Err(error).context("this is not what the reference says; is --size right?");
		}
		fetched?;
		let out = self.out.clone();
		tokio::task::spawn_blocking(move || -> Result<()> {
			store.export_to(&content, out)?;
			drop(store);
			remove(&part)
		})
		.await??;
		let got = Got { file: self.out, reference: content.into() };
		output.print(&got, |_| format!("{} bytes in {}", self.size, got.file.display()))
	}
}

fn remove(part: &Path) -> Result<()> {
	std::fs::remove_dir_all(part).with_context(|| format!("removing {}", part.display()))
}
