//! The command `descent content push`.

use crate::{
	args,
	content_ref::{open, Reference},
	output::{plain, Output},
	parse,
	table::table,
};
use anyhow::{bail, Context, Result};
use clap::Args;
use descent_content::{BlockId, Pusher, Store};
use descent_protocol::ContentRef;
use indicatif::ProgressBar;
use serde::Serialize;
use std::{
	path::{Path, PathBuf},
	sync::Arc,
};

const EXAMPLES: &str = "Examples:
  descent content push delta.parquet --to http://gateway.example.org:8080 --key-file proposer.key
  descent content push --to http://gateway.example.org:8080 --key-file proposer.key
  descent content push --remove bafk2bz.. --to http://gateway.example.org:8080 --key-file proposer.key

The gateway's operator names your account with `descent content serve --accept-from`. Name the gateway as \
the --provider of what you propose. The answer lists what the account has there.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Push {
	/// Files to push; without one, the command lists what is there
	#[arg(value_name = "FILE")]
	files: Vec<PathBuf>,
	/// Base address of the gateway
	#[arg(long, value_name = "URL", value_parser = parse::provider)]
	to: String,
	/// Remove the content with this CID, which the account pushed; may be given more than once
	#[arg(long, value_name = "CID")]
	remove: Vec<BlockId>,
	/// File with the secret URI of the account; without it, DESCENT_SURI
	#[arg(long, value_name = "FILE")]
	key_file: Option<PathBuf>,
}

#[derive(Debug, Serialize)]
struct Listing {
	/// Content of this account at the gateway.
	content: Vec<Reference>,
	/// Most bytes that the account may have there.
	max_bytes: u64,
}

impl Push {
	pub(crate) async fn run(self, output: &Output) -> Result<()> {
		let key = args::key(self.key_file.as_deref())?;
		let account = key.account().into();
		let pusher = Pusher::new(&self.to, account, Arc::new(move |text: &str| key.sign_text(text)))?;
		for id in &self.remove {
			let there = pusher.list().await?.content;
			let Some(content) = there.iter().find(|content| BlockId::from(*content) == *id) else {
				bail!("{} has no content {id} of this account", pusher.url());
			};
			pusher.remove(content).await?;
		}
		for file in &self.files {
			push(&pusher, file, output).await.with_context(|| format!("pushing {}", file.display()))?;
		}
		let listed = pusher.list().await?;
		let content = listed.content.into_iter().map(Reference::from).collect();
		let listing = Listing { content, max_bytes: listed.max_bytes };
		output.print(&listing, |output| listing.text(output))
	}
}

impl Listing {
	fn text(&self, output: &Output) -> String {
		let used: u64 = self.content.iter().map(|reference| reference.content.size).sum();
		let rows: Vec<_> = self
			.content
			.iter()
			.map(|reference| [reference.content.size.to_string(), reference.content.cid()])
			.collect();
		let room = format!("{used} of {} bytes are taken.", self.max_bytes);
		match rows.is_empty() {
			true => format!("This account has no content there; {room}"),
			false => format!("{}\n{room}", table(output, ["bytes", "cid"], &rows)),
		}
	}
}

/// Pushes a file by way of a store beside the others of the system's temporary folder.
async fn push(pusher: &Pusher, file: &Path, output: &Output) -> Result<()> {
	let size = open(file)?.metadata()?.len();
	let bar = output.byte_bar(size, &plain(&file.display().to_string()));
	let folder = tempfile::tempdir()?;
	let (path, source) = (folder.path().to_owned(), file.to_owned());
	let imported = tokio::task::spawn_blocking(move || -> Result<(Store, ContentRef)> {
		let store = Store::open(path, u64::MAX)?;
		let content = store.import(open(&source)?)?;
		Ok((store, content))
	});
	let (store, content) = imported.await??;
	let sent: ProgressBar = bar.clone();
	pusher.push(&store, &content, move |bytes| sent.inc(bytes)).await?;
	bar.finish_and_clear();
	Ok(())
}
