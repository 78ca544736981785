//! The command `descent content get`.

use crate::{args::Providers, content_ref::Reference, download::Download, output::Output};
use anyhow::Result;
use clap::Args;
use descent_content::{BlockId, FetchError};
use serde::Serialize;
use std::path::PathBuf;

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
		let bar = output.byte_bar(self.size, "fetching");
		let providers = self.providers.providers;
		// The user names the providers, not a stranger.
		let download = Download { content, providers, allow_private: true };
		download.to_file(&self.out, &bar).await.map_err(|error| match error.downcast_ref() {
			Some(FetchError::Invalid { .. }) => {
				error.context("this is not what the reference says; is --size right?")
			}
			_ => error,
		})?;
		let got = Got { file: self.out, reference: content.into() };
		output.print(&got, |_| format!("{} bytes in {}", self.size, got.file.display()))
	}
}
