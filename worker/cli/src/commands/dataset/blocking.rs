//! Work that blocks for long, and the files that it writes.

use anyhow::{bail, Context, Result};
use descent_artifacts::on_thread;
use descent_console::shutdown;
use indicatif::{ProgressBar, ProgressStyle};
use std::future::Future;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Does work on a thread of its own until it ends or the process is asked to stop. The thread is left behind
/// then, so keep unfinished files in a [`TempDir`] of the caller.
pub(super) async fn until_stopped<T: Send + 'static>(
	work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
	or_stopped(on_thread(work)).await?
}

/// Waits for a future. Fails if the process is asked to stop before it ends.
pub(super) async fn or_stopped<T>(wait: impl Future<Output = T>) -> Result<T> {
	let stop = shutdown::requested()?;
	tokio::select! {
		result = wait => Ok(result),
		() = stop => bail!("stopped; nothing was written"),
	}
}

/// Turns a spinner into a bar of `total` steps, which shows the share of them that is done.
pub(super) fn measure(spinner: &ProgressBar, total: u64) {
	spinner.disable_steady_tick();
	spinner.set_length(total);
	if let Ok(style) = ProgressStyle::with_template("{msg} [{bar:30}] {percent}% {eta}") {
		spinner.set_style(style);
	}
}

/// A file that is written in a temporary folder beside its destination.
pub(super) struct Draft {
	folder: TempDir,
	out: PathBuf,
}

impl Draft {
	/// Creates a draft of the file `out`, removed when dropped unless it is finished.
	pub(super) fn new(out: &Path) -> Result<Self> {
		let parent = out.parent().filter(|parent| !parent.as_os_str().is_empty());
		let parent = parent.unwrap_or(Path::new("."));
		anyhow::ensure!(out.file_name().is_some() && !out.is_dir(), "{} is no name of a file", out.display());
		let folder = tempfile::Builder::new().prefix(".descent-").tempdir_in(parent);
		Ok(Self {
			folder: folder.with_context(|| format!("writing to {}", parent.display()))?,
			out: out.into(),
		})
	}

	/// The path to write to.
	pub(super) fn path(&self) -> PathBuf {
		self.folder.path().join("draft")
	}

	/// A folder for temporary files.
	pub(super) fn scratch(&self) -> &Path {
		self.folder.path()
	}

	/// Moves the file to its destination, replacing a file that is there.
	pub(super) fn finish(self) -> Result<()> {
		std::fs::rename(self.path(), &self.out).with_context(|| format!("writing {}", self.out.display()))
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_draft_replaces_the_file_or_vanishes() {
		let folder = tempfile::tempdir().unwrap();
		let out = folder.path().join("out");
		std::fs::write(&out, "before").unwrap();
		let draft = Draft::new(&out).unwrap();
		std::fs::write(draft.path(), "half").unwrap();
		drop(draft);
		assert_eq!(std::fs::read(&out).unwrap(), b"before");
		let draft = Draft::new(&out).unwrap();
		std::fs::write(draft.path(), "whole").unwrap();
		draft.finish().unwrap();
		assert_eq!(std::fs::read(&out).unwrap(), b"whole");
		assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
		assert!(Draft::new(folder.path()).is_err());
		assert!(Draft::new(&folder.path().join("no/out")).is_err());
	}

	#[tokio::test]
	async fn the_result_or_the_failure_comes_back() {
		assert_eq!(until_stopped(|| Ok(7)).await.unwrap(), 7);
		let failed: Result<()> = until_stopped(|| bail!("no")).await;
		assert_eq!(failed.unwrap_err().to_string(), "no");
		let panicked: Result<()> = until_stopped(|| panic!("of the test's own making")).await;
		assert!(panicked.is_err());
	}
}
