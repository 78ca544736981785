//! Download of content into a file.

use anyhow::{Context, Result};
use descent_content::{FetchError, FetchLimits, Fetcher, Store};
use descent_protocol::ContentRef;
use indicatif::ProgressBar;
use std::{
	ffi::OsString,
	path::{Path, PathBuf},
};

/// Content, and where it is served.
#[derive(Clone, Debug)]
pub(crate) struct Download {
	/// The content.
	pub content: ContentRef,
	/// Gateways that may have it, the likeliest first.
	pub providers: Vec<String>,
	/// Asks providers on this machine and in private networks, too.
	pub allow_private: bool,
}

impl Download {
	/// Fetches the content into a file, checking every block, and shows how much has arrived. The file
	/// appears when it is complete. What has come is kept beside it, in `OUT.descent-part`, until then.
	///
	/// # Errors
	/// Fails with a [`FetchError`] if nobody serves it or it is malformed, and if it can't be written.
	pub(crate) async fn to_file(&self, out: &Path, bar: &ProgressBar) -> Result<()> {
		let part = part(out);
		let size = self.content.size;
		// The inner nodes of the tree take some 50 bytes for each MiB.
		let room = size.saturating_add(size / 1024).saturating_add(1 << 20);
		let store = {
			let part = part.clone();
			tokio::task::spawn_blocking(move || Store::open(part, room)).await??
		};
		let limits = FetchLimits {
			max_content_bytes: size,
			allow_private: self.allow_private,
			..FetchLimits::default()
		};
		let fetcher = Fetcher::new(store.clone(), limits)?;
		let fetch = fetcher.fetch(&self.content, &self.providers, |progress| bar.set_position(progress.done));
		let fetched = fetch.await;
		bar.finish_and_clear();
		drop(fetcher);
		if let Err(FetchError::Invalid { .. }) = fetched {
			drop(store);
			remove(&part)?;
			return Ok(fetched?);
		}
		fetched?;
		let (out, content) = (out.to_path_buf(), self.content);
		tokio::task::spawn_blocking(move || -> Result<()> {
			store.move_to(&content, out)?;
			drop(store);
			remove(&part)
		})
		.await?
	}
}

/// The folder for the blocks of a file that is not complete.
fn part(out: &Path) -> PathBuf {
	let mut part = OsString::from(out);
	part.push(".descent-part");
	part.into()
}

fn remove(part: &Path) -> Result<()> {
	std::fs::remove_dir_all(part).with_context(|| format!("removing {}", part.display()))
}

#[cfg(test)]
mod tests {
	use super::*;

	#[tokio::test]
	async fn content_arrives_from_the_provider_that_has_it() {
		let folder = tempfile::tempdir().unwrap();
		let store = Store::open(folder.path().join("store"), 1 << 20).unwrap();
		let content = store.import(&b"weights"[..]).unwrap();
		let local = "127.0.0.1:0".parse().unwrap();
		let (address, _task) = descent_content::serve(local, store, std::future::pending()).await.unwrap();
		let providers = vec!["http://127.0.0.1:1".into(), format!("http://{address}")];
		let download = Download { content, providers, allow_private: true };
		let out = folder.path().join("model.safetensors");
		download.to_file(&out, &ProgressBar::hidden()).await.unwrap();
		assert_eq!(std::fs::read(&out).unwrap(), b"weights");
		assert!(!part(&out).exists());
		let public = Download { allow_private: false, ..download };
		assert!(public.to_file(&out, &ProgressBar::hidden()).await.is_err());
	}
}
